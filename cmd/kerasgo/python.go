package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/pykeras"
	"github.com/kerasgo/kerasgo/internal/sample"
	"github.com/kerasgo/kerasgo/ir"
)

// pythonFlags say how to run the user's Keras, and on what.
type pythonFlags struct {
	python string
	source string
	keras  string
	unsafe bool
	sample sample.Options
}

func (f *pythonFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.python, "python", "", "`PYTHON` that has your Keras, such as python3: run the model there and compare")
	cmd.Flags().StringVar(&f.source, "source", "", "Keras `FILE` that a .kgo was made from, for --python")
	cmd.Flags().StringVar(&f.keras, "keras", "", "`MODULE` to import: keras or tf_keras (default: the one the file needs)")
	cmd.Flags().BoolVar(&f.unsafe, "unsafe", false, "let --python run the Python code in the file, such as Lambda layers (safe_mode=False)")
	cmd.Flags().Uint64Var(&f.sample.Seed, "seed", 0, "`SEED` of the generated inputs")
	cmd.Flags().IntSliceVar(&f.sample.Batches, "batches", []int{1, 3}, "batch `SIZES` of the generated inputs")
	cmd.Flags().IntVar(&f.sample.Length, "length", 0, "size `N` of other open dimensions (default: 20, then 13, or what the model accepts)")
}

// pythonCases opens a model, makes inputs up and lets Keras compute the outputs.
func (a *app) pythonCases(ctx context.Context, name string, src modelFlags, f verifyFlags) (*subjectCases, error) {
	py := f.python
	if py.keras != "" && py.keras != "keras" && py.keras != "tf_keras" {
		return nil, ir.Errorf(ir.ErrUsage, "--keras %q: want keras or tf_keras", py.keras)
	}
	for _, n := range py.sample.Batches {
		if n < 1 || n > 1<<16 {
			return nil, ir.Errorf(ir.ErrUsage, "--batches %d: want 1 to 65536", n)
		}
	}
	source := py.source
	if source == "" {
		source = name
		if name == "-" {
			return nil, ir.Errorf(ir.ErrUsage, "Keras cannot read a model from standard input; give a file, or --source FILE")
		}
		if native, err := isNative(name); err != nil {
			return nil, err
		} else if native {
			return nil, ir.Errorf(ir.ErrUsage, "Keras cannot read %s; say which Keras file it was made from: --source FILE", name)
		}
	}
	m, err := a.open(name, src)
	if err != nil {
		return nil, err
	}
	inputs, err := sample.Make(m, py.sample)
	if err != nil {
		return nil, fmt.Errorf("no inputs can be made up, try --length N: %w", err)
	}
	b := a.progress("running Keras", 0, progress.Units{})
	answer, err := pykeras.Run(ctx, pykeras.Request{Python: py.python, Model: source, Weights: src.weights, Keras: py.keras, Layers: f.layers, Double: f.bounds.RTol == 0, Unsafe: py.unsafe}, m, inputs)
	b.end()
	if err != nil {
		return nil, err
	}
	return &subjectCases{
		model: m, cases: answer.Cases, layers: answer.Layers, stateful: answer.Stateful, notes: answer.Notes,
		against: fmt.Sprintf("%s %s, run by %s", answer.Package, answer.Version, py.python),
	}, nil
}
