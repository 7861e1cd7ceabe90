package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/native"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// maxStdin bounds a model read from standard input.
const maxStdin int64 = 8 << 30

// modelFlags are the flags of every command that takes a MODEL.
type modelFlags struct {
	weights     string
	ignoreMasks bool
	dataFormat  string
	backend     string
	lambdas     map[string]string
	limits      limits
}

func (f *modelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.weights, "weights", "", "weights `FILE` of a JSON or YAML architecture")
	cmd.Flags().BoolVar(&f.ignoreMasks, "ignore-masks", false, "ignore mask_zero and Masking: compute every time step")
	cmd.Flags().StringVar(&f.dataFormat, "data-format", "", "`FORMAT` to assume where the file does not say: channels_first or channels_last")
	cmd.Flags().StringVar(&f.backend, "keras1-backend", "", "`BACKEND` that trained a Keras 1 file: theano or tensorflow")
	f.limits.add(cmd)
	cmd.Flags().VarP(lambdaValue{&f.lambdas}, "lambda", "", "what the Lambda layer NAME computes as an expression of x, such as 'scale=x * 2'; repeatable")
	_ = cmd.RegisterFlagCompletionFunc("data-format", cobra.FixedCompletions([]string{"channels_first", "channels_last"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("keras1-backend", cobra.FixedCompletions([]string{"theano", "tensorflow"}, cobra.ShellCompDirectiveNoFileComp))
}

// lambdaValue is a repeatable flag of NAME=EXPR; expressions may have commas.
type lambdaValue struct{ to *map[string]string }

func (v lambdaValue) String() string { return "" }
func (v lambdaValue) Type() string   { return "NAME=EXPR" }

func (v lambdaValue) Set(s string) error {
	name, expr, ok := strings.Cut(s, "=")
	if !ok || strings.TrimSpace(name) == "" || strings.TrimSpace(expr) == "" {
		return fmt.Errorf("want NAME=EXPR, the layer's name and an expression of x")
	}
	if *v.to == nil {
		*v.to = map[string]string{}
	}
	(*v.to)[strings.TrimSpace(name)] = strings.TrimSpace(expr)
	return nil
}

func (f *modelFlags) options() []importer.Option {
	o := []importer.Option{importer.WithLimits(f.limits.importer)}
	if f.weights != "" {
		o = append(o, importer.WithWeights(f.weights))
	}
	if f.ignoreMasks {
		o = append(o, importer.WithIgnoreMasks())
	}
	if f.dataFormat != "" {
		o = append(o, importer.WithDataFormat(f.dataFormat))
	}
	if f.backend != "" {
		o = append(o, importer.WithKeras1Backend(f.backend))
	}
	for name, expr := range f.lambdas {
		o = append(o, importer.WithLambda(name, expr))
	}
	return o
}

// open reads a model of either kind; "-" is standard input.
func (a *app) open(name string, f modelFlags) (*ir.Model, error) {
	file, b, err := a.openNative(name, f)
	if err != nil {
		return nil, err
	}
	if file != nil {
		return file.Model, nil
	}
	return f.load(name, b)
}

// openNative opens a .kgo. Of any other file it returns nil, and b if it came
// by standard input.
func (a *app) openNative(name string, f modelFlags) (file *convert.File, b []byte, err error) {
	if name == "-" {
		if b, err = a.readAll(); err != nil || !convert.IsNative(b) {
			return nil, b, err
		}
		file, err = convert.OpenBytes(b, f.limits.native()...)
		return file, nil, err
	}
	if native, err := isNative(name); err != nil || !native {
		return nil, nil, err
	}
	file, err = convert.Open(name, f.limits.native()...)
	return file, nil, err
}

// load reads what openNative left.
func (f *modelFlags) load(name string, b []byte) (*ir.Model, error) {
	if name == "-" {
		return importer.LoadBytes(b, f.options()...)
	}
	return importer.Load(name, f.options()...)
}

// openPartly is open, but also takes an architecture without weights: then the
// model has its layers and nothing else, and full is false.
func (a *app) openPartly(name string, f modelFlags) (m *ir.Model, full bool, err error) {
	if name == "-" || isKGO(name) {
		m, err = a.open(name, f)
		return m, true, err
	}
	r, err := importer.Inspect(name, f.options()...)
	if err != nil {
		return nil, false, err
	}
	if r.Model != nil {
		return r.Model, true, nil
	}
	if len(r.Problems) > 0 || r.Layers == nil || len(r.Weights) > 0 {
		m, err = a.open(name, f)
		return m, true, err
	}
	return &ir.Model{Name: r.Name, Source: r.Source, Layers: r.Layers, Notes: r.Notes}, false, nil
}

// readAll reads standard input.
func (a *app) readAll() ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(a.in, maxStdin+1))
	if err == nil && int64(len(b)) > maxStdin {
		err = ir.Errorf(ir.ErrLimit, "standard input is longer than %d bytes", maxStdin)
	}
	return b, err
}

// isNative reports whether a file is a .kgo, by content.
func isNative(name string) (bool, error) { return native.FileIsNative(os.Open(name)) }

// isKGO is isNative where a file that cannot be read is reported later.
func isKGO(name string) bool {
	native, err := isNative(name)
	return err == nil && native
}

// forRun are the tensors as a session takes them.
func forRun(in []*ir.Tensor) []*runtime.Tensor {
	out := make([]*runtime.Tensor, len(in))
	for i, t := range in {
		out[i] = runtime.FromIR(t)
	}
	return out
}

// compile opens and compiles a model.
func (a *app) compile(name string, f modelFlags, opts ...runtime.Option) (*ir.Model, *runtime.Program, error) {
	m, err := a.open(name, f)
	if err != nil {
		return nil, nil, err
	}
	p, err := runtime.Compile(m, append(f.limits.runtime(), opts...)...)
	return m, p, err
}
