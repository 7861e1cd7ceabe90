// Package pykeras runs a model in the user's own Keras, in a Python process, for
// comparison. The script is embedded and goes to Python by standard input: no
// shell is involved and nothing is left on disk.
package pykeras

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/scripts"
)

// Request says what to run.
type Request struct {
	Python  string // the interpreter: a name or a path
	Model   string // the Keras file
	Weights string // of an architecture, else empty
	Keras   string // "keras" or "tf_keras"; empty: the one the file needs
	Layers  bool   // also every layer's outputs for the first case
	Double  bool   // also the outputs in float64, where Keras can make them
	Unsafe  bool   // let Keras run the Python code in the file

	Progress func(line string) // told what Python says; may be nil
}

// Answer is what Keras computed.
type Answer struct {
	Package  string // "keras" or "tf_keras"
	Version  string
	Stateful bool     // the cases were successive calls
	Notes    []string // what could not be done
	Cases    []ir.Case
	Layers   []Layer
}

// Layer is what a layer gave, in the order in which Keras ran the layers.
type Layer struct {
	Name    string // path below the outermost model
	Class   string
	Calls   [][]*ir.Tensor // by call: its outputs
	Calls64 [][]*ir.Tensor // the same in float64; nil when unknown
}

// about is the script's description of a run.
type about struct {
	Keras    string       `json:"keras"`
	Version  string       `json:"version"`
	Stateful bool         `json:"stateful"`
	Notes    []string     `json:"notes"`
	Layers   []layerNames `json:"layers"`
	Layers64 []layerNames `json:"layers64"`
}

type layerNames struct {
	Layer string     `json:"layer"`
	Class string     `json:"class"`
	Calls [][]string `json:"calls"`
}

// Run computes the cases' outputs in Keras; m is the same model here and cases
// holds its inputs. It is stopped, and leaves nothing, when ctx ends.
func Run(ctx context.Context, r Request, m *ir.Model, cases [][]*ir.Tensor) (*Answer, error) {
	dir, err := os.MkdirTemp("", "kerasgo-verify-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	in, out, layers, meta := filepath.Join(dir, "in.npz"), filepath.Join(dir, "out.npz"), filepath.Join(dir, "layers.npz"), filepath.Join(dir, "about.json")
	if err := writeInputs(in, cases); err != nil {
		return nil, err
	}
	args := []string{"-", "--inputs", in, "-o", out, "--about", meta}
	for _, opt := range []struct {
		on   bool
		args []string
	}{
		{r.Double, []string{"--float64"}},
		{r.Layers, []string{"--layers", layers}},
		{r.Unsafe, []string{"--unsafe"}},
		{r.Weights != "", []string{"--weights", r.Weights}},
		{r.Keras != "", []string{"--keras", r.Keras}},
	} {
		if opt.on {
			args = append(args, opt.args...)
		}
	}
	if err := python(ctx, r, append(args, "--", r.Model)); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(meta)
	if err != nil {
		return nil, err
	}
	var said about
	if err := json.Unmarshal(b, &said); err != nil {
		return nil, fmt.Errorf("%s gave no answer that can be read: %w", r.Python, err)
	}
	a := &Answer{Package: said.Keras, Version: said.Version, Stateful: said.Stateful, Notes: said.Notes}
	if err := readCases(a, out, m); err != nil {
		return nil, err
	}
	if r.Layers {
		err = readLayers(a, layers, said)
	}
	return a, err
}

func writeInputs(path string, cases [][]*ir.Tensor) error {
	var arrays []npz.Array
	for i, c := range cases {
		prefix := ""
		if i > 0 {
			prefix = fmt.Sprintf("v%d_", i)
		}
		for j, t := range c {
			arrays = append(arrays, npz.Array{Name: fmt.Sprintf("%sin%d", prefix, j), Tensor: t})
		}
	}
	var buf bytes.Buffer
	if err := npz.Write(&buf, arrays); err != nil {
		return err
	}
	return os.WriteFile(path, buf.Bytes(), 0o600)
}

// python runs the script; the error says what Python said.
func python(ctx context.Context, r Request, args []string) error {
	cmd := exec.CommandContext(ctx, r.Python, args...)
	cmd.Stdin = bytes.NewReader(scripts.Golden)
	cmd.Env = append(os.Environ(), "TF_CPP_MIN_LOG_LEVEL=3", "PYTHONIOENCODING=utf-8", "PYTHONDONTWRITEBYTECODE=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 2 * time.Second
	said := &lines{each: r.Progress}
	cmd.Stderr = said
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return ir.Errorf(ir.ErrUsage, "--python %s: there is no such program; give the Python that has your Keras, such as --python /path/to/venv/bin/python", r.Python)
	}
	if text := said.failure(); text != "" {
		return fmt.Errorf("%s: %s", r.Python, text)
	}
	return fmt.Errorf("%s: %w", r.Python, err)
}

// lines keeps what Python says on standard error.
type lines struct {
	each func(string)
	all  []string
	rest []byte
}

// maxLines bounds what is kept; the end tells why a run failed.
const maxLines = 200

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		l.rest = rest
		l.all = append(l.all, string(line))
		if len(l.all) > maxLines {
			l.all = l.all[1:]
		}
		if l.each != nil {
			l.each(string(line))
		}
	}
}

// failure is the script's own last words, or else the end of a traceback.
func (l *lines) failure() string {
	all := l.all
	if len(l.rest) > 0 {
		all = append(all, string(l.rest))
	}
	const own = "golden.py: "
	for i := len(all) - 1; i >= 0; i-- {
		if text, ok := strings.CutPrefix(all[i], own); ok && !strings.HasPrefix(text, "note: ") {
			return strings.Join(append([]string{text}, all[i+1:]...), "\n")
		}
	}
	return strings.Join(all[max(0, len(all)-5):], "\n")
}

func readCases(a *Answer, path string, m *ir.Model) error {
	z, err := npz.Open(path, npz.Limits{})
	if err != nil {
		return err
	}
	defer z.Close()
	if a.Cases, err = parity.Cases(z, m); err != nil {
		return fmt.Errorf("what %s %s computed does not fit the model: %w", a.Package, a.Version, err)
	}
	for i := range a.Cases {
		a.Cases[i].Name = fmt.Sprintf("case %d", i)
	}
	return nil
}

func readLayers(a *Answer, path string, said about) error {
	z, err := npz.Open(path, npz.Limits{})
	if err != nil {
		return err
	}
	defer z.Close()
	read := func(calls [][]string) (out [][]*ir.Tensor, err error) {
		for _, names := range calls {
			var row []*ir.Tensor
			for _, n := range names {
				t, err := z.Tensor(n)
				if err != nil {
					return nil, err
				}
				row = append(row, t)
			}
			out = append(out, row)
		}
		return out, nil
	}
	for i, n := range said.Layers {
		l := Layer{Name: n.Layer, Class: n.Class}
		if l.Calls, err = read(n.Calls); err != nil {
			return err
		}
		if i < len(said.Layers64) && said.Layers64[i].Layer == n.Layer {
			if l.Calls64, err = read(said.Layers64[i].Calls); err != nil {
				return err
			}
		}
		a.Layers = append(a.Layers, l)
	}
	return nil
}
