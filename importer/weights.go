package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// stored is one array of a weights file.
type stored struct {
	path  string
	name  string // last component, without ":0"
	shape []int
	dtype ir.DType
	read  func() (*ir.Tensor, error)
	used  bool

	way     string // path by the names of the model's layers, where the file has others
	byOrder bool   // found by its place and shape only
}

// named is the path by the names of the model's layers.
func (w *stored) named() string {
	if w.way != "" {
		return w.way
	}
	return w.path
}

// weightScope is where the weights of a layer are in the file. The containers
// differ in how they name things, which is all an implementation knows.
type weightScope interface {
	// child is the scope of an attribute; aliases are its names in other versions.
	child(attr string, aliases []string) weightScope
	// layers are the scopes of the layers of the model that this scope is of.
	layers([]*layerSpec) []weightScope
	// next finds the weight asked for and marks it used; dims of -1 fit any size.
	next(name string, dims []int) (*stored, error)
	// stored lists the weights here, used ones included.
	stored() []*stored
}

// Scope is a place where weights are: a layer, or a part of one such as "cell".
type Scope struct {
	l      *Layer
	w      weightScope
	path   string // below the layer, for constants' names
	bound  map[string]ir.ValueID
	tensor map[string]*ir.Tensor
	subs   map[string]*Scope
}

func newScope(l *Layer, w weightScope, path string) *Scope {
	return &Scope{l: l, w: w, path: path, bound: map[string]ir.ValueID{}, tensor: map[string]*ir.Tensor{}, subs: map[string]*Scope{}}
}

// Scope is the scope of an attribute that holds weights: a cell, a sublayer that
// has no configuration of its own. Aliases are the attribute's names in other
// versions of Keras.
func (s *Scope) Scope(attr string, aliases ...string) *Scope {
	if sub, ok := s.subs[attr]; ok {
		return sub
	}
	sub := newScope(s.l, s.w.child(attr, aliases), join(s.path, attr))
	s.subs[attr] = sub
	return sub
}

// Weight is a trainable variable as a constant of the graph, bound once however
// often the layer is called. Ask in the order in which Keras creates the
// variables, with the shape Keras gives them; -1 is any size.
func (s *Scope) Weight(name string, dims ...int) ir.ValueID { return s.weight(name, true, dims) }

// State is Weight for a variable that is never trained, such as a moving mean.
func (s *Scope) State(name string, dims ...int) ir.ValueID { return s.weight(name, false, dims) }

func (s *Scope) weight(name string, trainable bool, dims []int) ir.ValueID {
	if id, ok := s.bound[name]; ok {
		return id
	}
	t := s.load(name, trainable, dims)
	if t == nil {
		return ir.None
	}
	id := s.l.b.m.AddConst(join(join(s.l.Name, s.path), name), t)
	if s.l.castsVariable(t.DType, trainable) {
		id = s.l.Cast(id, s.l.compute)
	}
	s.bound[name] = id
	return id
}

// castsVariable tells whether a variable is used in the compute dtype instead of
// its own. Under a mixed policy Keras casts what is trained; what is not, such
// as a moving mean, it keeps, and so does a layer that casts nothing by itself.
func (l *Layer) castsVariable(d ir.DType, trainable bool) bool {
	if !d.IsFloat() || d == l.compute || l.Class == "ReversibleEmbedding" {
		return false
	}
	return trainable || l.compute == ir.Float32 || l.compute == ir.Float64
}

// Tensor is a trainable variable's data, for a layer that makes its constants
// from it (with Const); nil after a failure.
func (s *Scope) Tensor(name string, dims ...int) *ir.Tensor { return s.data(name, true, dims) }

func (s *Scope) data(name string, trainable bool, dims []int) *ir.Tensor {
	t := s.load(name, trainable, dims)
	if t != nil && t.Data == nil && t.DType != ir.String && t.Elems() > 0 { // no weights: zeros
		if !s.l.Allows(name, t.Shape...) {
			return nil
		}
		t.Data = make([]byte, t.Elems()*t.DType.Size())
	}
	return t
}

func (s *Scope) load(name string, trainable bool, dims []int) *ir.Tensor {
	if t, ok := s.tensor[name]; ok {
		return t
	}
	l := s.l
	if l.err != nil {
		return nil
	}
	for _, d := range dims {
		if d < -1 || d > 1<<31-1 {
			l.Fail(ir.ErrShape, name, "the weight would have shape %v", dims)
			return nil
		}
	}
	w, err := s.w.next(name, dims)
	if err != nil {
		var e *ir.Error
		if errors.As(err, &e) && e.Layer == "" {
			c := *e
			c.Layer, c.Class = l.Name, l.Class
			if c.Field == "" {
				c.Field = join(s.path, name)
			}
			err = &c
		}
		l.fail(err)
		return nil
	}
	if w.byOrder {
		l.Note("the file has no weight named %s here; took the next of its shape, %s", join(s.path, name), w.path)
	}
	t, err := w.read()
	if err != nil {
		e := &ir.Error{Kind: ir.ErrMalformed, Layer: l.Name, Class: l.Class, Field: w.path, Text: "cannot be read", Err: err}
		if inner := new(ir.Error); errors.As(err, &inner) && inner.Kind != nil {
			e.Kind = inner.Kind
		}
		l.fail(e)
		return nil
	}
	s.tensor[name] = t
	l.read += len(t.Data)
	l.b.count(l, t, trainable)
	return t
}

// Asset is a file that the layer saved beside its weights, such as a vocabulary;
// only .keras files have them. The error matches fs.ErrNotExist when there is
// none.
func (s *Scope) Asset(name string) ([]byte, error) {
	p, ok := s.w.(*pathScope)
	if !ok || s.l.b.file.asset == nil {
		return nil, fs.ErrNotExist
	}
	for _, dir := range p.paths {
		b, err := s.l.b.file.asset(join(dir, name))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return b, err
		}
	}
	return nil, fs.ErrNotExist
}

// StoredWeight describes an array in the file.
type StoredWeight struct {
	Name  string // "kernel", or "0" where variables have numbers
	Path  string
	Shape []int
	DType ir.DType
}

// Stored lists the arrays the file has here, in Keras's order, for layers whose
// weights tell how they were saved.
func (s *Scope) Stored() []StoredWeight {
	var out []StoredWeight
	for _, w := range s.w.stored() {
		out = append(out, StoredWeight{w.name, w.path, w.shape, w.dtype})
	}
	return out
}

func fits(shape, dims []int) bool {
	if len(shape) != len(dims) {
		return false
	}
	for i, d := range dims {
		if d >= 0 && d != shape[i] {
			return false
		}
	}
	return true
}

func dimsText(dims []int) string {
	parts := make([]string, len(dims))
	for i, d := range dims {
		parts[i] = fmt.Sprint(d)
		if d < 0 {
			parts[i] = "any"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// missing is the error for a weight that the file does not have.
func missing(name string, dims []int, tried []string, have []*stored) error {
	e := ir.Errorf(ir.ErrMissingWeight, "the file has no weight %q of shape %s; looked in %s", name, dimsText(dims), strings.Join(tried, ", "))
	var cand []string
	for _, w := range have {
		state := ""
		if w.used {
			state = ", taken"
		}
		cand = append(cand, fmt.Sprintf("%s %v%s", w.path, ir.Dims(w.shape...), state))
		if len(cand) == 12 {
			cand = append(cand, "…")
			break
		}
	}
	if len(cand) > 0 {
		e.Text += "; there are " + strings.Join(cand, ", ")
	}
	return e
}

// mismatch is the error for a weight of another shape.
func mismatch(w *stored, dims []int) error {
	return ir.Errorf(ir.ErrShape, "%s has shape %v, the layer's configuration wants %s", w.path, ir.Dims(w.shape...), dimsText(dims))
}

// noWeights stands for the weights of an architecture alone: every weight is
// there, with any shape and no data.
type noWeights struct{}

func (noWeights) child(string, []string) weightScope { return noWeights{} }

func (noWeights) layers(l []*layerSpec) []weightScope {
	out := make([]weightScope, len(l))
	for i := range out {
		out[i] = noWeights{}
	}
	return out
}

func (noWeights) next(name string, dims []int) (*stored, error) {
	shape := slices.Clone(dims)
	for i := range shape {
		shape[i] = max(shape[i], 1)
	}
	return &stored{name: name, shape: shape, read: func() (*ir.Tensor, error) {
		return &ir.Tensor{DType: ir.Float32, Shape: shape}, nil
	}}, nil
}

func (noWeights) stored() []*stored { return nil }

var (
	_ weightScope = noWeights{}
	_ weightScope = (*legacyScope)(nil)
	_ weightScope = (*pathScope)(nil)
)
