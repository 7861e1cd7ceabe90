package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// Models compute shapes with tensors: tf.reshape(x, (tf.shape(x)[0], -1)). Where
// a shape is wanted, such a tensor is traced back to the dimensions it holds.

// dimension is what is known of an element of an integer tensor: its value, or
// that it is a dimension of another value; of is ir.None when neither is known.
type dimension struct {
	known bool
	n     int
	of    ir.ValueID
	axis  int
}

func knownDimension(n int) dimension { return dimension{true, n, ir.None, 0} }

var unknownDimension = dimension{of: ir.None}

const (
	maxShapeTrace = 64  // nodes on the way back
	maxShapeElems = 256 // elements of a tensor that describes a shape
)

// dimensions traces the elements of an integer tensor of rank 0 or 1.
func (l *Layer) dimensions(id ir.ValueID, depth int) ([]dimension, bool) {
	t := l.Type(id)
	if depth > maxShapeTrace || !t.DType.IsInt() && t.DType != ir.Bool || len(t.Shape) > 1 {
		return nil, false
	}
	n, ok := t.Shape.Elems()
	if !ok || n > maxShapeElems {
		return nil, false
	}
	if c := l.b.m.Const(id); c != nil {
		out := make([]dimension, 0, n)
		for _, v := range c.Int64s() {
			out = append(out, knownDimension(int(v)))
		}
		return out, true
	}
	i, ok := l.b.producer[id]
	if !ok {
		return nil, false
	}
	node := l.b.m.Nodes[i]
	in := func(k int) ([]dimension, bool) { return l.dimensions(node.Inputs[k], depth+1) }
	switch op := node.Op.(type) {
	case *ir.ShapeOf:
		return l.dimensionsOf(node.Inputs[0]), true
	case *ir.Reshape, *ir.Cast:
		return in(0)
	case *ir.Slice:
		x, ok := in(0)
		if !ok || len(op.Axes) != 1 {
			return x, ok
		}
		start, count, step := op.Axes[0].Resolve(len(x))
		out := make([]dimension, 0, count)
		for k := range count {
			out = append(out, x[start+k*step])
		}
		return out, true
	case *ir.Concat:
		var out []dimension
		for k := range node.Inputs {
			x, ok := in(k)
			if !ok {
				return nil, false
			}
			out = append(out, x...)
		}
		return out, true
	case *ir.Gather:
		x, okX := in(0)
		at, okAt := in(1)
		if !okX || !okAt {
			return nil, false
		}
		out := make([]dimension, 0, len(at))
		for _, d := range at {
			k := d.n
			if k < 0 {
				k += len(x)
			}
			if !d.known || k < 0 || k >= len(x) {
				return nil, false
			}
			out = append(out, x[k])
		}
		return out, true
	case *ir.Binary:
		a, okA := in(0)
		b, okB := in(1)
		if !okA || !okB {
			return nil, false
		}
		out := make([]dimension, n)
		for k := range out {
			out[k] = l.combine(op.Fn, a[min(k, len(a)-1)], b[min(k, len(b)-1)])
		}
		return out, true
	case *ir.Where:
		yes, okYes := in(1)
		no, okNo := in(2)
		if cond, ok := in(0); ok && okYes && okNo {
			out := make([]dimension, n)
			for k := range out {
				out[k] = choose(cond[min(k, len(cond)-1)], yes[min(k, len(yes)-1)], no[min(k, len(no)-1)])
			}
			return out, true
		}
	case *ir.Broadcast:
		if x, ok := in(0); ok && len(x) == 1 {
			return slices.Repeat(x, n), true
		}
	case *ir.Reduce:
		x, ok := in(0)
		if !ok || op.Fn != "prod" || n != 1 {
			return nil, false
		}
		p := knownDimension(1)
		for _, d := range x {
			p = l.combine("mul", p, d)
		}
		return []dimension{p}, true
	}
	return nil, false
}

// dimensionsOf are the dimensions of a value.
func (l *Layer) dimensionsOf(id ir.ValueID) []dimension {
	var out []dimension
	for i, d := range l.Shape(id) {
		if d.IsKnown() {
			out = append(out, knownDimension(d.Size))
		} else {
			out = append(out, dimension{of: id, axis: i})
		}
	}
	return out
}

// choose is yes or no, by a condition that is 1 or 0.
func choose(cond, yes, no dimension) dimension {
	switch {
	case cond.known && cond.n != 0:
		return yes
	case cond.known:
		return no
	}
	return unknownDimension
}

func truth(b bool) dimension { return knownDimension(boolInt(b)) }

// equal tells whether two dimensions that are open are the same.
func (l *Layer) equal(a, b dimension) bool {
	return !a.known && !b.known && a.of != ir.None && b.of != ir.None && l.Shape(a.of)[a.axis] == l.Shape(b.of)[b.axis]
}

func (l *Layer) combine(fn string, a, b dimension) dimension {
	if l.equal(a, b) && slices.Contains([]string{"sub", "eq", "ne", "gt", "ge", "lt", "le"}, fn) {
		a, b = knownDimension(0), knownDimension(0)
	}
	switch {
	case (fn == "max" || fn == "min") && l.equal(a, b):
		return a
	case a.known && b.known:
		switch fn {
		case "add":
			return knownDimension(a.n + b.n)
		case "sub":
			return knownDimension(a.n - b.n)
		case "mul":
			return knownDimension(a.n * b.n)
		case "max":
			return knownDimension(max(a.n, b.n))
		case "min":
			return knownDimension(min(a.n, b.n))
		case "eq":
			return truth(a.n == b.n)
		case "ne":
			return truth(a.n != b.n)
		case "gt":
			return truth(a.n > b.n)
		case "ge":
			return truth(a.n >= b.n)
		case "lt":
			return truth(a.n < b.n)
		case "le":
			return truth(a.n <= b.n)
		case "floordiv":
			if b.n > 0 && a.n >= 0 {
				return knownDimension(a.n / b.n)
			}
		}
	case fn == "mul" && b.known && b.n == 1, fn == "add" && b.known && b.n == 0, fn == "sub" && b.known && b.n == 0, fn == "floordiv" && b.known && b.n == 1:
		return a
	case fn == "mul" && a.known && a.n == 1, fn == "add" && a.known && a.n == 0:
		return b
	}
	return unknownDimension
}

// content is the value of an integer tensor when it is known: an int64 or a
// list of them.
func (l *Layer) content(id ir.ValueID) (any, bool) {
	dims, ok := l.dimensions(id, 0)
	if !ok {
		return nil, false
	}
	out := make([]any, len(dims))
	for i, d := range dims {
		if !d.known {
			return nil, false
		}
		out[i] = int64(d.n)
	}
	if l.Rank(id) == 0 && len(out) == 1 {
		return out[0], true
	}
	return out, true
}

// shapeArg is an argument that describes a shape, one dimension an element;
// -1 and None are known as -1.
func (o *opCall) shapeArg(name string) []dimension {
	v := o.args[name]
	if a, ok := v.(arrayValue); ok {
		v = a.value
	}
	if t, ok := v.(Value); ok {
		dims, ok := o.dimensions(t.ID, 0)
		if !ok {
			o.bad(name, "a shape that does not depend on data")
		}
		return dims
	}
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	out := make([]dimension, 0, len(items))
	for _, e := range items {
		if a, ok := e.(arrayValue); ok {
			e = a.value
		}
		switch t := e.(type) {
		case nil:
			out = append(out, unknownDimension)
		case Value:
			d, ok := o.dimensions(t.ID, 0)
			if !ok || len(d) != 1 {
				d = []dimension{unknownDimension}
			}
			out = append(out, d[0])
		default:
			n, ok := asInt(e)
			if !ok || n < -1 || n > 1<<31-1 {
				o.bad(name, "a shape")
				return nil
			}
			out = append(out, knownDimension(n))
		}
	}
	return out
}

// extents makes dimensions to extents of an op whose input 0 is x; others are
// its further inputs. One unknown dimension is the rest; several are those that
// x has at their places.
func (o *opCall) extents(name string, dims []dimension, x ir.ValueID) (out []ir.Extent, others []ir.ValueID) {
	open := 0
	for _, d := range dims {
		if d.known && d.n == -1 || !d.known && d.of == ir.None {
			open++
		}
	}
	for i, d := range dims {
		switch {
		case d.known && d.n >= -1:
			out = append(out, ir.Size(d.n))
		case d.known:
			o.bad(name, "a shape")
		case d.of == ir.None && open == 1:
			out = append(out, ir.Size(-1))
		case d.of == ir.None && i < o.Rank(x):
			out = append(out, ir.DimOf(0, i))
		case d.of == ir.None:
			o.bad(name, "at most one open dimension")
		case d.of == x:
			out = append(out, ir.DimOf(0, d.axis))
		default:
			k := slices.Index(others, d.of)
			if k < 0 {
				k = len(others)
				others = append(others, d.of)
			}
			out = append(out, ir.DimOf(1+k, d.axis))
		}
	}
	return out, others
}

// broadcastTo repeats x to a shape of which nothing is left open.
func (o *opCall) broadcastTo(name string, x ir.ValueID, dims []dimension) ir.ValueID {
	for i, d := range dims {
		back := o.Rank(x) - len(dims) + i
		switch {
		case d.known && d.n == -1 && back >= 0: // tf.broadcast_to has no -1; Keras's None
			dims[i] = o.dimensionsOf(x)[back]
		case d.known && d.n < 0, !d.known && d.of == ir.None:
			o.bad(name, "a shape without open dimensions")
			return ir.None
		}
	}
	ext, others := o.extents(name, dims, x)
	return o.Add(&ir.Broadcast{Dims: ext}, append([]ir.ValueID{x}, others...)...)
}
