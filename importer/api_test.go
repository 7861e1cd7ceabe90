package importer_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
)

// TestWaysToLoad reads the same files by path, file system, ReaderAt and bytes.
func TestWaysToLoad(t *testing.T) {
	for _, name := range []string{"keras2/seed_bilstm.h5", "keras2/seed_bilstm.keras", "keras3/seed_bilstm.h5", "keras3/seed_bilstm.keras", "keras3/container_keras_dir_rnn_keras3.dir"} {
		p := suite.Path(t, name)
		want, err := importer.Load(p)
		if err != nil {
			t.Fatal(err)
		}
		same := func(how string, m *ir.Model, err error) {
			t.Helper()
			if err != nil {
				t.Errorf("%s, %s: %v", name, how, err)
				return
			}
			if d := cmp.Diff(graph(want), graph(m)); d != "" {
				t.Errorf("%s, %s: %s", name, how, d)
			}
		}
		m, err := importer.LoadFS(os.DirFS(suite.Path(t, "")), name)
		same("fs.FS", m, err)
		inspected := func(how string, r *importer.Report, err error) {
			t.Helper()
			if err != nil || len(r.Problems) > 0 {
				t.Errorf("%s, %s: %v, %+v", name, how, err, r)
				return
			}
			same(how, r.Model, nil)
		}
		r, err := importer.Inspect(p)
		inspected("Inspect", r, err)
		r, err = importer.InspectFS(os.DirFS(suite.Path(t, "")), name)
		inspected("InspectFS", r, err)
		if strings.HasSuffix(name, ".dir") {
			continue
		}
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		m, err = importer.LoadBytes(data)
		same("bytes", m, err)
		m, err = importer.LoadReaderAt(bytes.NewReader(data), int64(len(data)))
		same("ReaderAt", m, err)
		r, err = importer.InspectReaderAt(bytes.NewReader(data), int64(len(data)))
		inspected("InspectReaderAt", r, err)
	}
	if _, err := importer.Load(filepath.Join(t.TempDir(), "absent.h5")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
}

// graph is the printed form, and the data of the constants.
func graph(m *ir.Model) []string {
	out := []string{m.String()}
	for _, v := range m.Values {
		if v.Const != nil {
			out = append(out, string(v.Const.Data))
		}
	}
	return out
}

// TestWeightsAliasTheMapping: importing copies no weights, and the mapping
// lives as long as they are used.
func TestWeightsAliasTheMapping(t *testing.T) {
	m, err := importer.Load(suite.Path(t, "keras3/seed_stacked.keras"))
	if err != nil {
		t.Fatal(err)
	}
	var data [][]byte
	var owners []any
	for _, v := range m.Values {
		if v.Const != nil && len(v.Const.Shape) > 1 {
			if v.Const.Owner == nil {
				t.Errorf("%s is a copy", v.Name)
			}
			data, owners = append(data, v.Const.Data), append(owners, v.Const.Owner)
		}
	}
	runtime.GC()
	sum := 0
	for _, b := range data {
		for _, x := range b {
			sum += int(x)
		}
	}
	runtime.KeepAlive(owners)
	if sum == 0 {
		t.Error("no data")
	}
}

// TestCustomLayer imports a model with a class that Keras does not have.
func TestCustomLayer(t *testing.T) {
	arch := []byte(`{"class_name": "Sequential", "keras_version": "2.4.0", "config": {"name": "s", "layers": [
		{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 4]}},
		{"class_name": "Mine>Scale", "config": {"name": "scale", "factor": 2.5}}]}}`)
	if r, err := importer.InspectBytes(arch); err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Text, "WithLayer") {
		t.Fatalf("without it: %v, %+v", err, r)
	}
	scale := func(l *importer.Layer, c *importer.Call) []importer.Value {
		x := c.Single(l)
		x.ID = l.Binary("mul", x.ID, l.Scalar(l.Float("factor"), l.Type(x.ID).DType))
		return []importer.Value{x}
	}
	for _, name := range []string{"Scale", "Mine>Scale"} {
		r, err := importer.InspectBytes(arch, importer.WithLayer(name, scale))
		if err != nil || len(r.Problems) != 0 || r.Outputs[0].Shape.String() != "[batch, 4]" {
			t.Errorf("%s: %v, %+v", name, err, r)
		}
	}
}

// TestSupportedLayers has each class once, with its mask rule's notes.
func TestSupportedLayers(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range importer.SupportedLayers() {
		if seen[l.Class] {
			t.Errorf("%s is listed twice", l.Class)
		}
		seen[l.Class] = true
	}
	for _, want := range []string{"Dense", "LSTM", "Bidirectional", "Sequential"} {
		if !seen[want] {
			t.Errorf("%s is not listed", want)
		}
	}
}

// TestNoNotes: what today's Keras writes for every layer is nothing to tell of.
func TestNoNotes(t *testing.T) {
	r, err := importer.Inspect(suite.Path(t, "keras3/seed_dropout.keras")) // Embedding, LSTM, Dropout, Dense
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Notes) > 0 {
		t.Errorf("notes %q, want none", r.Notes)
	}
}

// TestDependencies: importing needs neither the runtime nor the native format.
func TestDependencies(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go tool")
	}
	out, err := exec.Command(goTool, "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		for _, no := range []string{"kerasgo/runtime", "kerasgo/convert", "kerasgo/internal/kernel", "kerasgo/internal/native"} {
			if strings.HasSuffix(dep, no) {
				t.Errorf("importer depends on %s", dep)
			}
		}
	}
}
