package importer

import (
	"io"
	"io/fs"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Option changes how a model is imported.
type Option func(*options)

type options struct {
	weights     string
	limits      Limits
	layers      map[string]LayerFunc
	lambdas     map[string]string
	dataFormat  string
	keras1      string
	ignoreMasks bool
}

// WithWeights names the file with the weights of a JSON or YAML architecture: a
// legacy .h5, a .weights.h5, a .weights.json with its shards, or an .npz.
func WithWeights(path string) Option { return func(o *options) { o.weights = path } }

// WithLimits sets other limits on what a file may ask for. Fields that are zero keep
// their defaults.
func WithLimits(l Limits) Option { return func(o *options) { o.limits = l } }

// WithLayer says how to lower the layers of a class of your own to the graph. The
// class is its name, or the name it was registered with ("package>Name"). It may
// also be the name of one of Keras's classes, which f then replaces. The masks of
// the outputs are those that f sets.
func WithLayer(class string, f LayerFunc) Option {
	return func(o *options) { o.layers[class] = f }
}

// WithLambda says what the Lambda layer with this name computes, as an expression of
// its input x, such as "x / 255". The package documentation describes expressions.
func WithLambda(name, expr string) Option {
	return func(o *options) { o.lambdas[name] = expr }
}

// WithIgnoreMasks imports the model as if no layer made a mask: every time step is
// computed, whatever mask_zero and Masking say.
func WithIgnoreMasks() Option { return func(o *options) { o.ignoreMasks = true } }

// WithDataFormat says what layers without a data_format mean: "channels_first" or
// "channels_last". Without this option it is what Keras assumes.
func WithDataFormat(format string) Option { return func(o *options) { o.dataFormat = format } }

// WithKeras1Backend says which backend a Keras 1 file was trained with,
// "theano" or "tensorflow": Theano's convolutions flip their kernels, and the
// file does not tell.
func WithKeras1Backend(backend string) Option { return func(o *options) { o.keras1 = backend } }

func newOptions(opts []Option) *options {
	o := &options{layers: map[string]LayerFunc{}, lambdas: map[string]string{}}
	for _, f := range opts {
		f(o)
	}
	o.limits = o.limits.withDefaults()
	return o
}

// Load reads a Keras model from a file, or from the directory of an unpacked .keras.
// The content of the file decides how it is read, not its name.
//
// The weights are in a mapping of the file where possible, which lives as long as
// they do. The file may be replaced or removed meanwhile, but not truncated or
// changed in place.
//
// If the model cannot be imported, the error names all the reasons at once, with
// their layers; errors.Is tells their kinds apart. Errors are of type *ir.Error,
// except those of the file system.
func Load(path string, opts ...Option) (*ir.Model, error) {
	o := newOptions(opts)
	a, err := openModel(path, o.limits)
	if err != nil {
		return nil, err
	}
	return o.load(a, func() (*archive, error) { return openModel(o.weights, o.limits) })
}

// LoadFS is Load for a file of a file system, such as an embed.FS. WithWeights then
// names a file of the same file system.
func LoadFS(fsys fs.FS, name string, opts ...Option) (*ir.Model, error) {
	o := newOptions(opts)
	a, err := openModelFS(fsys, name, o.limits)
	if err != nil {
		return nil, err
	}
	return o.load(a, func() (*archive, error) { return openModelFS(fsys, o.weights, o.limits) })
}

// LoadReaderAt is Load for the first size bytes of r. The weights are copied into
// memory, each when it is needed.
func LoadReaderAt(r io.ReaderAt, size int64, opts ...Option) (*ir.Model, error) {
	o := newOptions(opts)
	a, err := readArchive(&blob{name: "", r: r, size: size}, o.limits)
	if err != nil {
		return nil, err
	}
	return o.load(a, func() (*archive, error) { return openModel(o.weights, o.limits) })
}

// LoadBytes is Load for a file in memory. The weights may be parts of b, which must
// not be changed afterwards.
func LoadBytes(b []byte, opts ...Option) (*ir.Model, error) {
	o := newOptions(opts)
	a, err := readArchive(bytesBlob("", b, nil), o.limits)
	if err != nil {
		return nil, err
	}
	return o.load(a, func() (*archive, error) { return openModel(o.weights, o.limits) })
}

// check refuses options that mean nothing.
func (o *options) check() error {
	if f := o.dataFormat; f != "" && f != "channels_first" && f != "channels_last" {
		return ir.Errorf(ir.ErrUsage, "importer.WithDataFormat (--data-format): %q is neither channels_first nor channels_last", f)
	}
	if b := o.keras1; b != "" && b != "theano" && b != "tensorflow" {
		return ir.Errorf(ir.ErrUsage, "importer.WithKeras1Backend (--keras1-backend): %q is neither theano nor tensorflow", b)
	}
	for class, f := range o.layers {
		if f == nil {
			return ir.Errorf(ir.ErrUsage, "importer.WithLayer(%q): the LayerFunc is nil", class)
		}
	}
	return nil
}

// complete checks the options and joins an architecture with its weights file.
func (o *options) complete(a *archive, open func() (*archive, error)) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.weights == "" {
		return nil
	}
	if a.arch == nil {
		return &ir.Error{Kind: ir.ErrUsage, File: a.name, Text: "holds weights only; give the architecture as the model and this file as its weights"}
	}
	w, err := open()
	if err != nil {
		return err
	}
	if w.weights == nil {
		return &ir.Error{Kind: ir.ErrUsage, File: w.name, Text: "is given as the weights but holds none"}
	}
	a.weights = w.weights
	a.format += "+" + w.format
	if a.version == "" {
		a.version = w.version
	}
	if a.backend == "" {
		a.backend = w.backend
	}
	return nil
}

func (o *options) load(a *archive, open func() (*archive, error)) (*ir.Model, error) {
	if err := o.complete(a, open); err != nil {
		return nil, err
	}
	if a.arch == nil {
		return nil, weightsOnly(a)
	}
	if a.weights == nil {
		return nil, &ir.Error{Kind: ir.ErrUsage, File: a.name, Text: "is an architecture without weights; give the weights file too (importer.WithWeights, --weights)"}
	}
	b, err := build(a, o)
	if err != nil {
		return nil, inFile(err, a.name)
	}
	if err := problem(b.errs, a.name); err != nil {
		return nil, err
	}
	if err := b.unused(); err != nil {
		return nil, inFile(err, a.name)
	}
	if err := b.m.Validate(); err != nil {
		return nil, inFile(err, a.name)
	}
	return b.m, nil
}

// weightsOnly is the error for weights without an architecture.
func weightsOnly(a *archive) error {
	var groups []string
	switch w := a.weights.(type) {
	case *legacyWeights:
		for _, g := range w.groups {
			groups = append(groups, g.name)
		}
	case *pathWeights:
		for _, p := range sortedKeys(w.groups) {
			if p != "" && len(w.groups[p].vars) > 0 {
				groups = append(groups, p)
			}
		}
	}
	if len(groups) > 40 {
		groups = append(groups[:40], "…")
	}
	return &ir.Error{Kind: ir.ErrUsage, File: a.name, Text: "holds weights only, no architecture; give the JSON architecture (model.to_json()) as the model and this file as its weights (--weights). " +
		"It has weights for: " + strings.Join(groups, ", ")}
}

// unused is the error for weights no layer asked for.
func (b *builder) unused() error {
	var names []string
	n := 0
	for _, w := range b.file.weights.all() {
		if w.used || ignoredVariable(w) {
			continue
		}
		if n++; n <= 20 {
			names = append(names, w.path)
		}
	}
	if n == 0 {
		return nil
	}
	if n > len(names) {
		names = append(names, "…")
	}
	e := ir.Errorf(ir.ErrUnusedWeight, "%d weights of the file belong to no layer of the model, which would compute something else than Keras does: %s. "+
		"If the model is meant to be a part of what was saved, load the weights into it in Keras, by name, and save the model", n, strings.Join(names, ", "))
	return e
}

// ignoredVariable tells state that changes nothing at inference: seeds of
// random layers.
func ignoredVariable(w *stored) bool {
	return strings.Contains(w.path, "seed_generator") || strings.HasPrefix(w.name, "StateVar")
}
