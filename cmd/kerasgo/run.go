package main

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/internal/safefile"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

func (a *app) runCmd() *cobra.Command {
	var src modelFlags
	var input, output string
	var threads int
	var force bool
	cmd := &cobra.Command{
		Use:   "run MODEL --input IN.npz",
		Short: "Run a model on arrays from an npz",
		Long: `Run a model on arrays from an npz. Its arrays are named after the model's
inputs, or in0, in1, … by position. The outputs go to --output under the names of
the model's outputs, and also as out0, out1, …; without --output they are printed.`,
		Example: `  kerasgo run model.h5 --input in.npz --output out.npz`,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error {
			if input == "" {
				return ir.Errorf(ir.ErrUsage, "run needs --input IN.npz")
			}
			m, p, err := a.compile(v[0], src, runtime.WithThreads(threads))
			if err != nil {
				return err
			}
			defer p.Close()
			in, err := a.readInputs(input, m)
			if err != nil {
				return err
			}
			out, err := p.NewSession().RunContext(cmd.Context(), in...)
			if err != nil {
				return err
			}
			if output == "" {
				return a.printOutputs(m, out)
			}
			var arrays []npz.Array
			for i, t := range out {
				arrays = append(arrays, npz.Array{Name: fmt.Sprintf("out%d", i), Tensor: t.ToIR()})
			}
			var buf bytes.Buffer
			if err := npz.Write(&buf, arrays); err != nil {
				return err
			}
			if output == "-" {
				_, err := a.out.Write(buf.Bytes())
				return err
			}
			return safefile.Write(cmd.Context(), output, force, func(w io.Writer) error {
				_, err := w.Write(buf.Bytes())
				return err
			})
		},
	}
	src.add(cmd)
	cmd.Flags().StringVarP(&input, "input", "i", "", `npz with the inputs ("-" is standard input)`)
	cmd.Flags().StringVarP(&output, "output", "o", "", `npz to write ("-" is standard output)`)
	cmd.Flags().IntVar(&threads, "threads", 0, "threads (default: all cores)")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite the output")
	return cmd
}

// readInputs reads the model's inputs, by name or as in0, in1, ….
func (a *app) readInputs(name string, m *ir.Model) ([]*runtime.Tensor, error) {
	var z *npz.Archive
	var err error
	if name == "-" {
		var b []byte
		if b, err = io.ReadAll(io.LimitReader(a.in, maxStdin)); err == nil {
			z, err = npz.ReadBytes(b, npz.Limits{})
		}
	} else {
		z, err = npz.Open(name, npz.Limits{})
	}
	if err != nil {
		return nil, err
	}
	defer z.Close()
	tensors, err := parity.Inputs(z, m)
	if err != nil {
		return nil, err
	}
	in := make([]*runtime.Tensor, len(tensors))
	for i, t := range tensors {
		in[i] = runtime.FromIR(t)
	}
	return in, nil
}

// printOutputs prints the outputs for a person, or as JSON.
func (a *app) printOutputs(m *ir.Model, out []*runtime.Tensor) error {
	type printed struct {
		Name  string `json:"name"`
		DType string `json:"dtype"`
		Shape []int  `json:"shape"`
		Data  any    `json:"data"`
	}
	var all []printed
	for i, t := range out {
		all = append(all, printed{m.Outputs[i].Name, t.DType().String(), t.Shape(), flat(t)})
	}
	if a.json {
		return a.printJSON(all)
	}
	for _, o := range all {
		fmt.Fprintf(a.out, "%s %s%v\n%v\n", o.Name, o.DType, o.Shape, o.Data)
	}
	return nil
}

// flat returns a tensor's elements as a slice of its own type.
func flat(t *runtime.Tensor) any {
	switch t.DType() {
	case ir.Float32:
		return runtime.Data[float32](t)
	case ir.Int32:
		return runtime.Data[int32](t)
	case ir.Int64:
		return runtime.Data[int64](t)
	case ir.Bool:
		return runtime.Data[bool](t)
	}
	return runtime.Data[string](t)
}
