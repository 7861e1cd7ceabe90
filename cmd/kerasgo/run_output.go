package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/printable"
	"github.com/kerasgo/kerasgo/internal/safefile"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// outputFlags say where a run's outputs go and how they look.
type outputFlags struct {
	path   string
	format string
	force  bool
	top    int
	labels string
}

// outputFormats are what --output-format may say.
var outputFormats = []string{"npz", "npy", "json", "text"}

func (f *outputFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.path, "output", "o", "", "`FILE` to write: .npz, .npy or .json (\"-\" is standard output; default: print)")
	cmd.Flags().StringVar(&f.format, "output-format", "", "`FORMAT` of the output: npz, npy, json or text (default: by the extension, else npz)")
	cmd.Flags().IntVar(&f.top, "top", 0, "print only the `N` largest values of each example")
	cmd.Flags().StringVar(&f.labels, "labels", "", "`FILE` with the names of the classes, one a line or as JSON; implies --top 1")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite an existing output")
	_ = cmd.RegisterFlagCompletionFunc("output-format", cobra.FixedCompletions(outputFormats, cobra.ShellCompDirectiveNoFileComp))
}

func (f *outputFlags) check() error {
	if f.labels != "" && f.top == 0 {
		f.top = 1
	}
	if f.top < 0 {
		return ir.Errorf(ir.ErrUsage, "--top %d: want a number above 0", f.top)
	}
	if f.format == "" && f.path != "" {
		f.format = strings.ToLower(strings.TrimPrefix(filepath.Ext(f.path), "."))
		if f.format == "" || f.path == "-" {
			f.format = "npz"
		}
	}
	if f.format != "" && !slices.Contains(outputFormats, f.format) {
		return ir.Errorf(ir.ErrUsage, "--output %s: want a name that ends in .npz, .npy or .json, or --output-format", f.path)
	}
	return nil
}

// writeOutputs prints the outputs or writes them to a file.
func (a *app) writeOutputs(ctx context.Context, m *ir.Model, out []*runtime.Tensor, f outputFlags) error {
	var labels []string
	if f.labels != "" {
		var err error
		if labels, err = readLabels(f.labels); err != nil {
			return err
		}
	}
	var buf bytes.Buffer
	var err error
	switch {
	case f.format == "npz":
		var arrays []npz.Array
		for i, t := range out {
			arrays = append(arrays, npz.Array{Name: fmt.Sprintf("out%d", i), Tensor: t.ToIR()})
		}
		err = npz.Write(&buf, arrays)
	case f.format == "npy":
		if len(out) != 1 {
			return ir.Errorf(ir.ErrUsage, "an .npy holds one array, the model has %d outputs; write an .npz", len(out))
		}
		err = npz.WriteNPY(&buf, out[0].ToIR())
	case f.format == "json", f.format == "" && a.json:
		err = jsonOutputs(&buf, m, out, f.top, labels)
	case f.top > 0:
		err = a.topTable(printable.Writer(&buf), m, out, f.top, labels)
	default:
		printOutputs(printable.Writer(&buf), m, out)
	}
	if err != nil {
		return err
	}
	if f.path == "" || f.path == "-" {
		_, err := a.out.Write(buf.Bytes())
		return err
	}
	return safefile.Write(ctx, f.path, f.force, func(w io.Writer) error {
		_, err := w.Write(buf.Bytes())
		return err
	})
}

// printOutputs prints a line for each output and one for each of its rows.
func printOutputs(w io.Writer, m *ir.Model, out []*runtime.Tensor) {
	for i, t := range out {
		fmt.Fprintf(w, "%s %v%v\n", m.Outputs[i].Name, t.DType(), ir.Dims(t.Shape()...))
		all := elements(t)
		row := max(1, len(all))
		if s := t.Shape(); len(s) > 1 {
			row = max(1, s[len(s)-1])
		}
		for at := 0; at < len(all); at += row {
			fmt.Fprintln(w, strings.Join(all[at:min(at+row, len(all))], " "))
		}
	}
}

// elements is each element as text.
func elements(t *runtime.Tensor) []string {
	var out []string
	switch t.DType() {
	case ir.Float32:
		for _, v := range runtime.Data[float32](t) {
			out = append(out, fmt.Sprint(v))
		}
	case ir.Int32:
		for _, v := range runtime.Data[int32](t) {
			out = append(out, fmt.Sprint(v))
		}
	case ir.Int64:
		for _, v := range runtime.Data[int64](t) {
			out = append(out, fmt.Sprint(v))
		}
	case ir.Bool:
		for _, v := range runtime.Data[bool](t) {
			out = append(out, fmt.Sprint(v))
		}
	default:
		for _, v := range runtime.Data[string](t) {
			out = append(out, fmt.Sprintf("%q", v))
		}
	}
	return out
}

// jsonOutput is an output as JSON; Data are nested lists. What JSON has no
// number for, NaN and the infinities, is null.
type jsonOutput struct {
	Name  string          `json:"name"`
	DType string          `json:"dtype"`
	Shape []int           `json:"shape"`
	Data  json.RawMessage `json:"data"`
	Top   [][]ranked      `json:"top,omitempty"`
}

func jsonOutputs(w io.Writer, m *ir.Model, out []*runtime.Tensor, top int, labels []string) error {
	list := make([]jsonOutput, len(out))
	for i, t := range out {
		all := elements(t)
		if t.DType() == ir.Float32 {
			for k, v := range runtime.Data[float32](t) {
				if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
					all[k] = "null"
				}
			}
		}
		if t.DType() == ir.String {
			for k, v := range runtime.Data[string](t) {
				b, err := json.Marshal(v)
				if err != nil {
					return err
				}
				all[k] = string(b)
			}
		}
		list[i] = jsonOutput{Name: m.Outputs[i].Name, DType: t.DType().String(), Shape: t.Shape(), Data: nested(all, t.Shape())}
		if top > 0 {
			var err error
			if list[i].Top, err = topOf(t, m.Outputs[i].Name, top, labels); err != nil {
				return err
			}
		}
	}
	b, err := json.Marshal(list)
	if err == nil {
		_, err = w.Write(append(b, '\n'))
	}
	return err
}

// nested writes elements as lists of lists.
func nested(all []string, shape []int) []byte {
	if len(shape) == 0 {
		return []byte(all[0])
	}
	out := []byte{'['}
	step := len(all) / max(1, shape[0])
	for i := range shape[0] {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, nested(all[i*step:(i+1)*step], shape[1:])...)
	}
	return append(out, ']')
}
