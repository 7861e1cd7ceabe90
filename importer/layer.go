package importer

import (
	"fmt"

	"github.com/kerasgo/kerasgo/ir"
)

// Value is a tensor of Keras: a value of the graph and the mask that Keras attaches
// to it (bool, usually [batch, time]), or ir.None.
type Value struct {
	ID   ir.ValueID
	Mask ir.ValueID
}

// Call is one call of a layer, with the arguments of its Python method. Args and
// Kwargs are trees ([]any, map[string]any) of Value and of constants: nil, bool,
// int64, float64, string. Single, Tensor, Arg and Mask read them.
type Call struct {
	Args   []any
	Kwargs map[string]any
}

// LayerFunc lowers one call of a layer: it adds nodes to the graph and returns the
// outputs of the layer, flattened in Keras's order. With WithLayer the outputs have
// the masks that the function returns.
//
// A LayerFunc need not check each step. After the first failure of a layer, its
// methods do nothing and return harmless values: ir.None, 0, an empty shape. But it
// must not index a shape whose rank it has not checked; Dim and WantRank are safe.
type LayerFunc func(l *Layer, c *Call) []Value

// Layer is a Keras layer of the model, shared by all its calls.
type Layer struct {
	*Scope // the layer's own weights

	Name   string // path: nested models and wrappers before it
	Class  string
	Origin ir.Origin

	spec     *layerSpec
	cfg      *config
	b        *builder
	row      *row
	model    *modelInst
	children map[string]*Layer
	consts   map[string]ir.ValueID

	read, made, charged int // bytes: of weights, of constants, of those what counts as unpacked

	err     *ir.Error
	failed  bool // err has been reported
	checked bool // unread keys have been reported
	compute ir.DType
	depth   int // of wrappers around it
	// bidirectional: a Bidirectional is around it; see zeroMasked.
	bidirectional bool
	lambda        *lambdaFunc // of a Lambda layer, once it is read
}

// Keras3 reports whether Keras 3 wrote the file, for what changed its meaning then.
func (l *Layer) Keras3() bool { return l.b.d.version.major >= 3 }

// Before reports whether a Keras older than major.minor wrote the file.
func (l *Layer) Before(major, minor int) bool { return l.b.d.version.less(major, minor) }

// Err is the layer's first failure, or nil.
func (l *Layer) Err() error {
	if l.err == nil {
		return nil
	}
	return l.err
}

// Fail records that the layer cannot be imported. Only its first failure is
// reported. Field is the config key or argument that is to blame, or empty.
func (l *Layer) Fail(kind error, field, format string, args ...any) {
	l.fail(&ir.Error{Kind: kind, Field: field, Text: fmt.Sprintf(format, args...)})
}

// Unsupported records that an argument's value is not supported.
func (l *Layer) Unsupported(field string, value any) {
	l.Fail(ir.ErrUnsupported, field, "%s is not supported", show(value))
}

func (l *Layer) fail(err error) {
	if l.err != nil || err == nil {
		return
	}
	var e ir.Error
	if ie, ok := err.(*ir.Error); ok {
		e = *ie
	} else {
		e = ir.Error{Kind: ir.ErrMalformed, Err: err}
	}
	if e.Layer == "" {
		e.Layer, e.Class = l.Name, l.Class
	}
	l.err = &e
}

// Note tells the user what was ignored or assumed for this layer.
func (l *Layer) Note(format string, args ...any) {
	l.b.note(fmt.Sprintf("layer %q (%s): ", l.Name, l.Class) + fmt.Sprintf(format, args...))
}

// ComputeDType is the dtype the layer computes in, by its dtype policy.
func (l *Layer) ComputeDType() ir.DType { return l.compute }

// Add adds a node and returns its first output.
func (l *Layer) Add(op ir.Op, in ...ir.ValueID) ir.ValueID {
	out := l.AddN(op, in...)
	if len(out) == 0 {
		return ir.None
	}
	return out[0]
}

// What a node of the graph takes until it is compiled, and a call of a layer.
// Models that call one another stand for many of them in few bytes.
const (
	nodeMemory = 1 << 10
	callMemory = 256
)

// AddN adds a node and returns all its outputs; nil after a failure.
func (l *Layer) AddN(op ir.Op, in ...ir.ValueID) []ir.ValueID {
	if l.err != nil {
		return nil
	}
	if len(l.b.m.Nodes) >= l.b.lim.Nodes {
		l.fail(exceeded("Nodes", int64(l.b.lim.Nodes), "the graph has more nodes"))
		return nil
	}
	out, err := l.b.m.AddNode(op, l.Origin, in...)
	if err == nil {
		err = l.b.lim.spend(nodeMemory, "the nodes of the graph")
	}
	if err != nil {
		l.fail(err)
		return nil
	}
	if t := l.Type(out[0]); (t.DType.IsInt() || t.DType == ir.Bool) && len(t.Shape) <= 1 || lastFunc(op) != "" {
		l.b.producer[out[0]] = len(l.b.m.Nodes) - 1
	}
	return out
}

// Type is the type of a value; the zero Type for ir.None.
func (l *Layer) Type(id ir.ValueID) ir.Type { return l.b.m.Type(id) }

// Shape is the shape of a value; nil for ir.None.
func (l *Layer) Shape(id ir.ValueID) ir.Shape { return l.b.m.Type(id).Shape }

// Rank is the rank of a value.
func (l *Layer) Rank(id ir.ValueID) int { return len(l.Shape(id)) }

// Dim is one dimension of a value, from the end for a negative axis. An axis
// out of range is a failure.
func (l *Layer) Dim(id ir.ValueID, axis int) ir.Dim {
	s := l.Shape(id)
	a, err := ir.NormAxis(axis, len(s))
	if err != nil {
		l.fail(err)
		return ir.Dim{}
	}
	return s[a]
}

// Size is a dimension that must be known, such as channels.
func (l *Layer) Size(id ir.ValueID, axis int) int {
	d := l.Dim(id, axis)
	if !d.IsKnown() {
		l.Fail(ir.ErrShape, "", "axis %d of its input %v is open; the layer needs its size", axis, l.Shape(id))
		return 0
	}
	return d.Size
}

// WantRank fails unless the value has one of the ranks.
func (l *Layer) WantRank(id ir.ValueID, ranks ...int) bool {
	if l.err != nil {
		return false
	}
	for _, r := range ranks {
		if l.Rank(id) == r {
			return true
		}
	}
	l.Fail(ir.ErrShape, "", "its input has shape %v, wants rank %v", l.Shape(id), ranks)
	return false
}

// Unary applies an elementwise function.
func (l *Layer) Unary(f ir.Func, x ir.ValueID) ir.ValueID {
	if f.Identity() {
		return x
	}
	return l.Add(&ir.Unary{Func: f}, x)
}

// Binary combines two values, broadcasting.
func (l *Layer) Binary(fn string, a, b ir.ValueID) ir.ValueID {
	return l.Add(&ir.Binary{Fn: fn}, a, b)
}

// Cast converts to a dtype; nothing when x has it.
func (l *Layer) Cast(x ir.ValueID, to ir.DType) ir.ValueID {
	if l.Type(x).DType == to {
		return x
	}
	return l.Add(&ir.Cast{To: to}, x)
}

// AsFloat casts to the compute dtype what is not a float.
func (l *Layer) AsFloat(x ir.ValueID) ir.ValueID {
	if l.Type(x).DType.IsFloat() {
		return x
	}
	return l.Cast(x, l.compute)
}

// Reshape reshapes x; DimOf extents may refer to x (0) and to others (1…).
func (l *Layer) Reshape(x ir.ValueID, dims []ir.Extent, others ...ir.ValueID) ir.ValueID {
	return l.Add(&ir.Reshape{Dims: dims}, append([]ir.ValueID{x}, others...)...)
}

// Transpose permutes axes.
func (l *Layer) Transpose(x ir.ValueID, perm ...int) ir.ValueID {
	return l.Add(&ir.Transpose{Perm: perm}, x)
}

// ExpandDims inserts an axis of 1 at axis (of the result).
func (l *Layer) ExpandDims(x ir.ValueID, axis int) ir.ValueID {
	a, err := ir.NormAxis(axis, l.Rank(x)+1)
	if err != nil {
		l.fail(err)
		return ir.None
	}
	dims := make([]ir.Extent, 0, l.Rank(x)+1)
	for i := range l.Rank(x) {
		if i == a {
			dims = append(dims, ir.Size(1))
		}
		dims = append(dims, ir.DimOf(0, i))
	}
	if a == l.Rank(x) {
		dims = append(dims, ir.Size(1))
	}
	return l.Reshape(x, dims)
}

// Squeeze removes an axis of 1.
func (l *Layer) Squeeze(x ir.ValueID, axis int) ir.ValueID {
	a, err := ir.NormAxis(axis, l.Rank(x))
	if err != nil {
		l.fail(err)
		return ir.None
	}
	dims := make([]ir.Extent, 0, l.Rank(x))
	for i := range l.Rank(x) {
		if i != a {
			dims = append(dims, ir.DimOf(0, i))
		}
	}
	return l.Reshape(x, dims)
}

// Const makes a constant, once for each key and layer.
func (l *Layer) Const(key string, make func() *ir.Tensor) ir.ValueID {
	if id, ok := l.consts[key]; ok {
		return id
	}
	if l.err != nil {
		return ir.None
	}
	t := make()
	if t == nil {
		return ir.None
	}
	if err := t.Check(); err != nil {
		l.fail(err)
		return ir.None
	}
	if l.made += len(t.Data); l.made > derivedRatio*l.read+l.charged {
		over := l.made - derivedRatio*l.read - l.charged
		if err := l.b.lim.spend(int64(over), "the constants of the configuration"); err != nil {
			l.fail(err)
			return ir.None
		}
		l.charged += over
	}
	id := l.b.m.AddConst(l.Name+"/"+key, t)
	l.consts[key] = id
	return id
}

// derivedRatio is how many times larger than a layer's weights the constants
// that are made of them may be: 4-bit weights become float32.
const derivedRatio = 8

// Allows reports whether a constant of some elements, the product of sizes, may
// be made; when not, it fails the layer. Whoever makes one of a size that the
// configuration gives asks before.
func (l *Layer) Allows(field string, sizes ...int) bool {
	if l.err != nil {
		return false
	}
	const element = 4
	if exceeds(l.b.lim.ConstantBytes/element, sizes...) {
		e := exceeded("ConstantBytes", l.b.lim.ConstantBytes, "%s wants a constant of %v elements", field, sizes)
		e.Field = field
		l.fail(e)
		return false
	}
	if room := l.b.lim.room(); room > 0 && exceeds((room+int64(derivedRatio*l.read))/element, sizes...) {
		e := exceeded("UnpackedBytes", l.b.lim.unpacked.limit, "%s wants a constant of %v elements", field, sizes)
		e.Field = field
		l.fail(e)
		return false
	}
	return true
}

// Scalar makes a constant of rank 0 in a dtype.
func (l *Layer) Scalar(v float64, dt ir.DType) ir.ValueID {
	if l.err != nil {
		return ir.None
	}
	return l.Const(fmt.Sprintf("scalar/%v/%v", dt, v), func() *ir.Tensor {
		t, err := scalarTensor(v, dt)
		l.fail(err)
		return t
	})
}

// Has tells whether a config key is there with a value other than null.
func (l *Layer) Has(key string) bool { return l.cfg.get(key) != nil }

// one returns the layer's only output.
func one(id ir.ValueID) []Value { return []Value{{ID: id, Mask: ir.None}} }

// Single is the call's first argument, which must be one tensor.
func (c *Call) Single(l *Layer) Value {
	if len(c.Args) > 0 {
		if v, ok := c.Args[0].(Value); ok {
			return v
		}
		if many := values(c.Args[0]); len(many) == 1 {
			return many[0]
		}
	}
	for _, k := range []string{"inputs", "x"} {
		if v, ok := c.Kwargs[k].(Value); ok {
			return v
		}
	}
	l.Fail(ir.ErrMalformed, "inputs", "the layer is called with %d tensors, wants one", len(values(c.Args)))
	return Value{ir.None, ir.None}
}

// Many is the call's first argument as a list of tensors.
func (c *Call) Many(l *Layer) []Value {
	if len(c.Args) > 0 {
		if v := values(c.Args[0]); len(v) > 0 {
			return v
		}
	}
	if v := values(c.Kwargs["inputs"]); len(v) > 0 {
		return v
	}
	l.Fail(ir.ErrMalformed, "inputs", "the layer is called without tensors")
	return nil
}

// Arg is the argument with this name or, if i >= 0, at this position; nil when
// it is not given.
func (c *Call) Arg(i int, name string) any {
	if v, ok := c.Kwargs[name]; ok {
		return v
	}
	if i >= 0 && i < len(c.Args) {
		return c.Args[i]
	}
	return nil
}

// Tensor is Arg for a tensor; ok is false when it is not given.
func (c *Call) Tensor(i int, name string) (v Value, ok bool) {
	v, ok = c.Arg(i, name).(Value)
	return v, ok
}

// Mask is what Keras passes as the mask argument of a layer with one tensor
// argument: the one given, else the one attached to the first tensor.
func (c *Call) Mask() ir.ValueID {
	if m := c.prevMasks(); len(m) > 0 {
		return m[0]
	}
	return ir.None
}

// prevMasks are the masks of the first argument's tensors, or those given.
func (c *Call) prevMasks() []ir.ValueID {
	var out []ir.ValueID
	if m, ok := c.Kwargs["mask"]; ok && m != nil {
		flatten(m, func(v any) {
			if t, ok := v.(Value); ok {
				out = append(out, t.ID)
			} else {
				out = append(out, ir.None)
			}
		})
		return out
	}
	return c.attachedMasks()
}

// attachedMasks are the masks of the first argument's tensors.
func (c *Call) attachedMasks() []ir.ValueID {
	var out []ir.ValueID
	if len(c.Args) > 0 {
		for _, v := range values(c.Args[0]) {
			out = append(out, v.Mask)
		}
	}
	return out
}

// values are the tensors of a tree, in Keras's order.
func values(tree any) []Value {
	var out []Value
	flatten(tree, func(v any) {
		if t, ok := v.(Value); ok {
			out = append(out, t)
		}
	})
	return out
}
