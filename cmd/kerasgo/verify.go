package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// verdict is the comparison of one output of one case.
type verdict struct {
	Case   string        `json:"case"`
	Output string        `json:"output"`
	Result parity.Result `json:"result"`
}

func (a *app) verifyCmd() *cobra.Command {
	var src modelFlags
	var golden string
	var opt parity.Options
	var threads int
	var stateful bool
	cmd := &cobra.Command{
		Use:   "verify MODEL --golden NPZ",
		Short: "Prove that the numbers are Keras's",
		Long: `Run a model on inputs whose outputs Keras has computed, and compare.

The cases come from --golden, an npz as scripts/golden.py makes it, or from the
.kgo itself if it carries some. The bound on the error is derived from how far
Keras's own float32 outputs are from its float64 outputs when both are there,
else it is 1e-4 of the largest value. Exit code 4 when an output differs.`,
		Example: `  kerasgo verify model.h5 --golden golden.npz`,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error {
			m, cases, err := a.openCases(v[0], golden, src)
			if err != nil {
				return err
			}
			verdicts, err := check(cmd.Context(), m, cases, opt, stateful, runtime.WithThreads(threads))
			if err != nil {
				return err
			}
			return a.report(verdicts)
		},
	}
	src.add(cmd)
	cmd.Flags().StringVar(&golden, "golden", "", "npz with inputs and Keras's outputs")
	cmd.Flags().Float64Var(&opt.RTol, "rtol", 0, "bound relative to the largest value, instead of the derived one")
	cmd.Flags().IntVar(&threads, "threads", 0, "threads (default: all cores)")
	cmd.Flags().BoolVar(&stateful, "stateful", false, "the cases are successive calls of a stateful model")
	return cmd
}

// openCases opens a model and its test cases. A .kgo's checksum is verified.
func (a *app) openCases(name, golden string, src modelFlags) (*ir.Model, []ir.Case, error) {
	native := false
	if name != "-" {
		var err error
		if native, err = isNative(name); err != nil {
			return nil, nil, err
		}
	}
	if native {
		f, err := convert.Open(name)
		if err != nil {
			return nil, nil, err
		}
		if err := f.VerifyChecksum(); err != nil {
			return nil, nil, err
		}
		if golden == "" {
			if len(f.Cases) == 0 {
				return nil, nil, ir.Errorf(ir.ErrUsage, "%s carries no test cases; give --golden NPZ", name)
			}
			return f.Model, f.Cases, nil
		}
		cases, err := readCases(golden, f.Model)
		return f.Model, cases, err
	}
	if golden == "" {
		return nil, nil, ir.Errorf(ir.ErrUsage, "verify needs --golden NPZ; scripts/golden.py makes one from your model with Keras")
	}
	m, err := a.open(name, src)
	if err != nil {
		return nil, nil, err
	}
	cases, err := readCases(golden, m)
	return m, cases, err
}

// readCases reads the test cases of m from an npz.
func readCases(name string, m *ir.Model) ([]ir.Case, error) {
	z, err := npz.Open(name, npz.Limits{})
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return parity.Cases(z, m)
}

// check runs the cases and compares every output.
func check(ctx context.Context, m *ir.Model, cases []ir.Case, opt parity.Options, stateful bool, opts ...runtime.Option) ([]verdict, error) {
	p, err := runtime.Compile(m, opts...)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	s := p.NewSession()
	var out []verdict
	for _, c := range cases {
		if !stateful {
			s.Reset()
		}
		in := make([]*runtime.Tensor, len(c.Inputs))
		for i, t := range c.Inputs {
			in[i] = runtime.FromIR(t)
		}
		got, err := s.RunContext(ctx, in...)
		if err != nil {
			return nil, err
		}
		for i, port := range m.Outputs {
			var want64 *ir.Tensor
			if c.Outputs64 != nil {
				want64 = c.Outputs64[i]
			}
			opt.DType = m.Type(port.Value).DType
			out = append(out, verdict{c.Name, port.Name, parity.Compare(got[i].ToIR(), c.Outputs[i], want64, opt)})
		}
	}
	return out, nil
}

// report prints the verdicts; it returns an ir.ErrParity if one differs.
func (a *app) report(verdicts []verdict) error {
	bad := 0
	for _, v := range verdicts {
		if !v.Result.OK {
			bad++
		}
	}
	if a.json {
		if err := a.printJSON(verdicts); err != nil {
			return err
		}
	} else {
		for _, v := range verdicts {
			mark := "ok  "
			if !v.Result.OK {
				mark = "FAIL"
			}
			fmt.Fprintf(a.out, "%s %s %s: %v\n", mark, v.Case, v.Output, v.Result)
		}
	}
	if bad > 0 {
		return ir.Errorf(ir.ErrParity, "%d of %d outputs differ from Keras's", bad, len(verdicts))
	}
	return nil
}
