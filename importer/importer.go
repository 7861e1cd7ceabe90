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

// WithWeights names the weights file of a JSON or YAML architecture: a legacy
// .h5, a .weights.h5, a .weights.json with its shards or an .npz.
func WithWeights(path string) Option { return func(o *options) { o.weights = path } }

// WithLimits replaces the default limits.
func WithLimits(l Limits) Option { return func(o *options) { o.limits = l } }

// WithLayer gives the lowering of a custom layer class, by its class name or
// its registered name ("package>Name"). It also replaces Keras's own class of
// that name. Masks of its outputs are as it sets them.
func WithLayer(class string, f LayerFunc) Option {
	return func(o *options) { o.layers[class] = f }
}

// WithLambda gives the expression that a Lambda layer's Python function stands
// for, by the layer's name.
func WithLambda(name, expr string) Option {
	return func(o *options) { o.lambdas[name] = expr }
}

// WithIgnoreMasks leaves all masks out, as if no layer made one.
func WithIgnoreMasks() Option { return func(o *options) { o.ignoreMasks = true } }

// WithDataFormat sets the meaning of a layer whose data_format is absent or
// null: "channels_first" or "channels_last".
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

// Load reads a Keras model from a file or the directory of an unpacked .keras.
// The kind is told by content. Weights alias the file's mapping, which lives as
// long as the model.
func Load(path string, opts ...Option) (*ir.Model, error) {
	o := newOptions(opts)
	a, err := openModel(path, o.limits)
	if err != nil {
		return nil, err
	}
	return o.load(a, func() (*archive, error) { return openModel(o.weights, o.limits) })
}

// LoadFS is Load from a file system; WithWeights names a file of it.
func LoadFS(fsys fs.FS, name string, opts ...Option) (*ir.Model, error) {
	o := newOptions(opts)
	a, err := openModelFS(fsys, name, o.limits)
	if err != nil {
		return nil, err
	}
	return o.load(a, func() (*archive, error) { return openModelFS(fsys, o.weights, o.limits) })
}

// LoadReaderAt reads a Keras file from its size bytes behind r. Weights are
// copied into memory, each when it is needed.
func LoadReaderAt(r io.ReaderAt, size int64, opts ...Option) (*ir.Model, error) {
	o := newOptions(opts)
	a, err := readArchive(&blob{name: "", r: r, size: size}, o.limits)
	if err != nil {
		return nil, err
	}
	return o.load(a, func() (*archive, error) { return openModel(o.weights, o.limits) })
}

// LoadBytes reads a Keras file from memory, which the model's weights alias and
// which must not change.
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
