package importer

import (
	"errors"
	"io"
	"io/fs"

	"github.com/kerasgo/kerasgo/ir"
)

// Report describes a file, whether or not it can be imported.
type Report struct {
	File        string       `json:"file"`
	Name        string       `json:"name"`   // of the model
	Source      ir.Source    `json:"source"` // format, versions, dialect
	Inputs      []Tensor     `json:"inputs"`
	Outputs     []Tensor     `json:"outputs"`
	Layers      []ir.Layer   `json:"layers"` // as model.summary() lists them; nil when the model cannot be imported
	Params      int64        `json:"params"`
	Weights     []WeightInfo `json:"weights"` // every array of the file
	WeightBytes int64        `json:"weight_bytes"`
	// Problems are all the reasons why the model cannot be imported, each with what
	// to do about it. There are none if it can be imported.
	Problems []Problem `json:"problems"`
	Notes    []string  `json:"notes"` // what was ignored or assumed

	// Model is the imported model; nil when there are problems, or no weights.
	Model *ir.Model `json:"-"`
}

// Tensor describes an input or output. Open dimensions have names.
type Tensor struct {
	Name  string   `json:"name"`
	DType ir.DType `json:"dtype"`
	Shape ir.Shape `json:"shape"`
}

// WeightInfo describes an array of the file.
type WeightInfo struct {
	Path  string   `json:"path"`
	Shape []int    `json:"shape"`
	DType ir.DType `json:"dtype"` // invalid when no tensor has such elements
	Bytes int64    `json:"bytes"`
	Used  bool     `json:"used"` // by a layer of the model
}

// Inspect describes a file, or the directory of an unpacked .keras, and lists all
// reasons why it cannot be imported. It returns an error only if the file cannot be
// read as one of Keras at all. An architecture without weights is no problem.
func Inspect(path string, opts ...Option) (*Report, error) {
	o := newOptions(opts)
	a, err := openModel(path, o.limits)
	if err != nil {
		return nil, err
	}
	return o.inspect(a, func() (*archive, error) { return openModel(o.weights, o.limits) })
}

// InspectFS is Inspect for a file of a file system, such as an embed.FS.
func InspectFS(fsys fs.FS, name string, opts ...Option) (*Report, error) {
	o := newOptions(opts)
	a, err := openModelFS(fsys, name, o.limits)
	if err != nil {
		return nil, err
	}
	return o.inspect(a, func() (*archive, error) { return openModelFS(fsys, o.weights, o.limits) })
}

// InspectReaderAt is Inspect for the first size bytes of r.
func InspectReaderAt(r io.ReaderAt, size int64, opts ...Option) (*Report, error) {
	o := newOptions(opts)
	a, err := readArchive(&blob{r: r, size: size}, o.limits)
	if err != nil {
		return nil, err
	}
	return o.inspect(a, func() (*archive, error) { return openModel(o.weights, o.limits) })
}

// InspectBytes is Inspect for a file in memory.
func InspectBytes(b []byte, opts ...Option) (*Report, error) {
	o := newOptions(opts)
	a, err := readArchive(bytesBlob("", b, nil), o.limits)
	if err != nil {
		return nil, err
	}
	return o.inspect(a, func() (*archive, error) { return openModel(o.weights, o.limits) })
}

func (o *options) inspect(a *archive, open func() (*archive, error)) (*Report, error) {
	if err := o.complete(a, open); err != nil {
		return nil, err
	}
	r := &Report{File: a.name, Source: ir.Source{Format: a.format, KerasVersion: a.version, Backend: a.backend}}
	if a.arch == nil {
		r.Problems = problems([]error{weightsOnly(a)})
	} else if b, err := build(a, o); err != nil {
		r.fill(b)
		r.Problems = problems([]error{err})
	} else {
		r.fill(b)
		errs := b.errs
		if len(errs) == 0 && a.weights != nil {
			if err := errors.Join(b.unused(), b.m.Validate()); err != nil {
				errs = append(errs, err)
			} else {
				r.Model = b.m
			}
		}
		r.Problems = problems(errs)
		if a.weights == nil {
			r.Notes = append(r.Notes, "this is an architecture without weights; give the weights file to import it")
		}
	}
	if a.weights != nil {
		for _, w := range a.weights.all() {
			n := int64(w.dtype.Size())
			for _, d := range w.shape {
				n *= int64(d)
			}
			r.Weights = append(r.Weights, WeightInfo{w.path, w.shape, w.dtype, n, w.used})
			r.WeightBytes += n
		}
	}
	return r, nil
}

// fill takes what the builder knows.
func (r *Report) fill(b *builder) {
	if b == nil {
		return
	}
	r.Name, r.Source, r.Layers = b.m.Name, b.m.Source, b.m.Layers
	r.Notes = append(r.Notes, b.m.Notes...)
	ports := func(in []ir.Port) []Tensor {
		var out []Tensor
		for _, p := range in {
			t := b.m.Type(p.Value)
			out = append(out, Tensor{p.Name, t.DType, t.Shape})
		}
		return out
	}
	r.Inputs, r.Outputs = ports(b.m.Inputs), ports(b.m.Outputs)
	for _, p := range b.params {
		r.Params += p.all
	}
}
