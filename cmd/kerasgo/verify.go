package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	goruntime "runtime"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/cpu"
	"github.com/kerasgo/kerasgo/internal/layertrace"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/internal/report"
	"github.com/kerasgo/kerasgo/internal/safefile"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// verifyFlags are the flags of verify.
type verifyFlags struct {
	golden   string
	python   pythonFlags
	bounds   parity.Options
	threads  int
	stateful bool
	layers   bool
	html     string
	force    bool
}

// verification is the result of verify.
type verification struct {
	Model   string               `json:"model"`
	OK      bool                 `json:"ok"`
	Against string               `json:"against"`
	Outputs []verdict            `json:"outputs"`
	Layers  []layertrace.Finding `json:"layers,omitempty"`
	Notes   []string             `json:"notes,omitempty"`
}

// verdict is the comparison of one output of one case.
type verdict struct {
	Case   string        `json:"case"`
	Output string        `json:"output"`
	Result parity.Result `json:"result"`

	got, want *ir.Tensor
}

func (a *app) verifyCmd() *cobra.Command {
	var src modelFlags
	f := verifyFlags{}
	cmd := &cobra.Command{
		Use:   "verify MODEL",
		Short: "Compare a model's outputs with Keras's",
		Long: `Run a model on inputs whose outputs Keras has computed, and compare.

With --python the model also runs in your own Keras (tf_keras if the file needs it),
on generated inputs: several batch sizes, several lengths where the model leaves them
open, token ids within their tables. Without it, inputs and outputs come from
--golden, an .npz that scripts/golden.py writes, or from the .kgo, if it holds
test cases.

The error that is allowed follows from how far Keras's float32 outputs are from its
float64 outputs, if both are known; otherwise it is 1e-4 of the largest value.
--layers also compares the output of every layer and names the first that differs.
The exit code is 4 if an output differs.`,
		Example: `  kerasgo verify model.h5 --python python3 --layers --html report.html
  kerasgo verify model.h5 --golden golden.npz
  kerasgo verify model.kgo --python venv/bin/python --source model.keras`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error { return a.verify(cmd.Context(), v[0], src, f) },
	}
	src.add(cmd)
	cmd.Flags().StringVar(&f.golden, "golden", "", "`NPZ` with inputs and Keras's outputs")
	f.python.add(cmd)
	cmd.Flags().BoolVar(&f.layers, "layers", false, "also compare every layer and name the first that differs (needs --python)")
	cmd.Flags().StringVar(&f.html, "html", "", "write a report with error plots to `FILE`")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite an existing report")
	cmd.Flags().Float64Var(&f.bounds.RTol, "rtol", 0, "allow errors of `R` times the largest value, instead of the derived bound")
	cmd.Flags().Float64Var(&f.bounds.ATol, "atol", 0, "with --rtol, allow a further absolute error of `A`")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "use at most `N` threads (default: all cores)")
	cmd.Flags().BoolVar(&f.stateful, "stateful", false, "the cases are successive calls of one stateful model")
	return cmd
}

func (a *app) verify(ctx context.Context, name string, src modelFlags, f verifyFlags) error {
	if f.layers && f.python.python == "" {
		return ir.Errorf(ir.ErrUsage, "--layers compares with the layers of a running Keras; give --python PYTHON too")
	}
	if f.golden != "" && f.python.python != "" {
		return ir.Errorf(ir.ErrUsage, "--golden and --python both say what to compare with; give one")
	}
	var s *subjectCases
	var err error
	if f.python.python != "" {
		s, err = a.pythonCases(ctx, name, src, f)
	} else {
		s, err = a.openCases(name, f.golden, src)
	}
	if err != nil {
		return err
	}
	threads := runtime.WithThreads(f.threads)
	r := &verification{Model: name, Against: s.against, Notes: s.notes}
	r.Outputs, err = a.check(ctx, s.model, s.cases, f.bounds, f.stateful || s.stateful, threads)
	if err != nil {
		return err
	}
	if f.layers {
		if r.Layers, err = layertrace.Compare(ctx, s.model, s.cases[0].Inputs, s.layers, f.bounds, threads); err != nil {
			return err
		}
	}
	if f.html != "" {
		if err := a.writeReport(ctx, r, s.model, f); err != nil {
			return err
		}
	}
	if err := a.printVerification(r); err != nil {
		return err
	}
	a.say("%s agrees with %s", name, s.against)
	if f.html != "" {
		a.say("report: %s", f.html)
	}
	switch {
	case f.golden != "" && !isKGO(name):
		a.next("convert %s --golden %s   # the .kgo then carries the proof", name, f.golden)
	default:
		a.next("bench %s", name)
	}
	return nil
}

// check runs the cases and compares every output.
func (a *app) check(ctx context.Context, m *ir.Model, cases []ir.Case, opt parity.Options, stateful bool, opts ...runtime.Option) ([]verdict, error) {
	p, err := runtime.Compile(m, opts...)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	b := a.progress("comparing", int64(len(cases)), progress.Units{})
	defer b.end()
	s := p.NewSession()
	var out []verdict
	for k, c := range cases {
		if !stateful { // batch sizes may differ
			s = p.NewSession()
		}
		got, err := s.RunContext(ctx, forRun(c.Inputs)...)
		if err != nil {
			return nil, err
		}
		for i, port := range m.Outputs {
			var want64 *ir.Tensor
			if c.Outputs64 != nil {
				want64 = c.Outputs64[i]
			}
			opt.DType = m.Type(port.Value).DType
			v := verdict{Case: c.Name, Output: port.Name, got: got[i].ToIR(), want: c.Outputs[i]}
			v.Result = parity.Compare(v.got, v.want, want64, opt)
			out = append(out, v)
		}
		b.set(int64(k + 1))
	}
	return out, nil
}

// printVerification prints the result; the error is an ir.ErrParity if an
// output differs.
func (a *app) printVerification(r *verification) error {
	bad := 0
	for _, v := range r.Outputs {
		if !v.Result.OK {
			bad++
		}
	}
	r.OK = bad == 0
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		a.printLayers(r.Layers)
		for _, v := range r.Outputs {
			a.verdict(v.Result.OK, "%s %s: %v", v.Case, v.Output, v.Result)
			if v.Result.OK && len(v.Result.Worst) > 0 && v.Result.MaxAbs > 0 {
				fmt.Fprintf(a.text(), "     worst at %v: %s, Keras gives %s\n", v.Result.Worst, v.Result.Got, v.Result.Want)
			}
		}
		for _, n := range r.Notes {
			a.say("note: %s", n)
		}
	}
	if bad == 0 {
		return nil
	}
	err := ir.Errorf(ir.ErrParity, "%s: %d of %d outputs differ from %s", r.Model, bad, len(r.Outputs), r.Against)
	if r.Layers == nil {
		return reported{err}
	}
	if i := layertrace.First(r.Layers); i >= 0 {
		err.Text += fmt.Sprintf("; the first layer that differs is %q (%s)", r.Layers[i].Layer, r.Layers[i].Class)
	} else {
		err.Text += "; every layer that was compared, on the first case and without fusion, agrees"
	}
	return reported{err}
}

// printLayers prints a line a layer.
func (a *app) printLayers(layers []layertrace.Finding) {
	first := layertrace.First(layers)
	for i, l := range layers {
		switch {
		case l.Class == "InputLayer":
		case !l.Compared:
			fmt.Fprintf(a.text(), "-    layer %s (%s): not compared: %s\n", l.Layer, l.Class, l.Why)
		case i == first:
			a.verdict(false, "layer %s (%s) is the first that differs: %v", l.Layer, l.Class, l.Result)
		default:
			a.verdict(l.Result.OK, "layer %s (%s): %v", l.Layer, l.Class, l.Result)
		}
	}
}

func (a *app) writeReport(ctx context.Context, r *verification, m *ir.Model, f verifyFlags) error {
	threads := f.threads
	if threads == 0 {
		threads = goruntime.GOMAXPROCS(0)
	}
	page := &report.Report{
		Model:   filepath.Base(r.Model),
		Source:  fmt.Sprintf("%s, Keras %s", m.Source.Format, or(m.Source.KerasVersion, "of unknown version")),
		Against: r.Against,
		Engine:  fmt.Sprintf("kerasgo %s, %v, %d threads", version(), cpu.Active(), threads),
		Layers:  r.Layers,
		Notes:   r.Notes,
	}
	for _, v := range r.Outputs {
		page.Outputs = append(page.Outputs, report.Output{Case: v.Case, Name: v.Output, Result: v.Result, Got: v.got, Want: v.want})
	}
	return safefile.Write(ctx, f.html, f.force, func(w io.Writer) error { return report.Write(w, page) })
}
