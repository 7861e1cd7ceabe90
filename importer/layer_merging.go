package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var mergingLayers = []row{
	{class: "Add", lower: merging(mergeFold("add")), mask: maskOwn},
	{class: "Subtract", lower: merging(lowerSubtract), mask: maskOwn},
	{class: "Multiply", lower: merging(lowerMultiply), mask: maskOwn},
	{class: "Average", lower: merging(lowerAverage), mask: maskOwn},
	{class: "Maximum", lower: merging(lowerExtremum("max")), mask: maskOwn},
	{class: "Minimum", lower: merging(lowerExtremum("min")), mask: maskOwn},
	{class: "Concatenate", lower: lowerConcatenate, mask: maskOwn},
	{class: "Dot", lower: lowerDot, mask: maskOwn},
}

// merging is Keras's Merge: inputs of smaller rank get axes of 1 behind the
// batch until all have the same rank, then broadcast. Such an input has no mask
// within the computation, only for the mask of the output.
func merging(fn func(l *Layer, in []Value) ir.ValueID) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		in := l.sameDType(c.Many(l))
		mask := l.mergedMask(c, len(in))
		rank := 0
		for _, v := range in {
			rank = max(rank, l.Rank(v.ID))
		}
		for i := range in {
			if n := rank - l.Rank(in[i].ID); n > 0 {
				in[i] = Value{l.expandAfterBatch(in[i].ID, n), ir.None}
			}
		}
		if l.err != nil {
			return nil
		}
		return []Value{{fn(l, in), mask}}
	}
}

func (l *Layer) expandAfterBatch(x ir.ValueID, n int) ir.ValueID {
	if l.Rank(x) == 0 {
		l.Fail(ir.ErrShape, "", "merges a scalar with %d axes", n)
		return ir.None
	}
	dims := append([]ir.Extent{ir.DimOf(0, 0)}, slices.Repeat([]ir.Extent{ir.Size(1)}, n)...)
	for i := 1; i < l.Rank(x); i++ {
		dims = append(dims, ir.DimOf(0, i))
	}
	return l.Reshape(x, dims)
}

// mergedMask is Merge.compute_mask. Keras 3: a step is kept if any input keeps
// it, and there is no mask unless every input has one. Keras 2: a step is kept
// if every input that has a mask keeps it.
func (l *Layer) mergedMask(c *Call, n int) ir.ValueID {
	masks := c.prevMasks()
	if len(masks) != n {
		return ir.None
	}
	fn := "and"
	if l.Keras3() {
		if slices.Contains(masks, ir.None) {
			return ir.None
		}
		fn = "or"
	}
	out := ir.None
	for _, m := range masks {
		switch {
		case m == ir.None:
		case out == ir.None:
			out = m
		case out != m:
			out = l.Binary(fn, out, m)
		}
	}
	return out
}

// sameDType casts inputs of different dtypes to one that holds them all.
func (l *Layer) sameDType(in []Value) []Value {
	out := slices.Clone(in)
	if len(in) == 0 {
		return out
	}
	dt := l.Type(in[0].ID).DType
	for _, v := range in[1:] {
		d := l.Type(v.ID).DType
		switch {
		case d == dt:
		case d.IsFloat() && !dt.IsFloat():
			dt = d
		case d.IsFloat() && dt.IsFloat():
			dt = l.compute
		case !dt.IsFloat() && d.Size() > dt.Size() || dt == ir.Bool:
			dt = d
		}
	}
	for i := range out {
		out[i].ID = l.Cast(out[i].ID, dt)
	}
	return out
}

func mergeFold(fn string) func(l *Layer, in []Value) ir.ValueID {
	return func(l *Layer, in []Value) ir.ValueID {
		out := in[0].ID
		for _, v := range in[1:] {
			out = l.Binary(fn, out, v.ID)
		}
		return out
	}
}

func lowerSubtract(l *Layer, in []Value) ir.ValueID {
	if len(in) != 2 {
		l.Fail(ir.ErrMalformed, "inputs", "subtracts %d inputs, wants 2", len(in))
		return ir.None
	}
	return l.Binary("sub", in[0].ID, in[1].ID)
}

func lowerAverage(l *Layer, in []Value) ir.ValueID {
	sum := l.AsFloat(mergeFold("add")(l, in))
	return l.Binary("div", sum, l.Scalar(float64(len(in)), l.Type(sum).DType))
}

// lowerMultiply, in Keras 3, counts masked elements as 1, and gives 0 where all
// inputs are masked.
func lowerMultiply(l *Layer, in []Value) ir.ValueID {
	if !l.Keras3() {
		return mergeFold("mul")(l, in)
	}
	dt := l.Type(in[0].ID).DType
	all := !slices.ContainsFunc(in, func(v Value) bool { return v.Mask == ir.None })
	out, kept := ir.None, ir.None
	for _, v := range in {
		x := v.ID
		if v.Mask != ir.None {
			m := l.ExpandDims(v.Mask, -1)
			x = l.Add(&ir.Where{}, m, x, l.Scalar(1, dt))
			if kept == ir.None {
				kept = m
			} else if all {
				kept = l.Binary("or", kept, m)
			}
		}
		if out == ir.None {
			out = x
		} else {
			out = l.Binary("mul", out, x)
		}
	}
	if all {
		out = l.Add(&ir.Where{}, kept, out, l.Scalar(0, dt))
	}
	return out
}

// lowerExtremum, in Keras 3, ignores masked elements where another input has
// one that is not (Merge._apply_merge_op_and_or_mask).
func lowerExtremum(fn string) func(l *Layer, in []Value) ir.ValueID {
	return func(l *Layer, in []Value) ir.ValueID {
		if !l.Keras3() {
			return mergeFold(fn)(l, in)
		}
		out, outMask := ir.None, ir.None
		for i, v := range in {
			x, mask := v.ID, ir.None
			if v.Mask != ir.None {
				mask = l.ExpandDims(v.Mask, -1)
			}
			if i == 0 {
				out, outMask = x, mask
				continue
			}
			if mask != ir.None {
				x = l.Add(&ir.Where{}, mask, x, out)
			}
			if outMask != ir.None {
				out = l.Add(&ir.Where{}, outMask, out, x)
			}
			if mask != ir.None && outMask != ir.None {
				outMask = l.Binary("or", outMask, mask)
			} else {
				outMask = ir.None
			}
			out = l.Binary(fn, out, x)
		}
		return out
	}
}

func lowerConcatenate(l *Layer, c *Call) []Value {
	in := l.sameDType(c.Many(l))
	if len(in) == 0 {
		return nil
	}
	axis := l.Int("axis", -1)
	ids := make([]ir.ValueID, len(in))
	for i, v := range in {
		ids[i] = v.ID
	}
	a, err := ir.NormAxis(axis, l.Rank(ids[0]))
	if err != nil {
		l.fail(err)
		return nil
	}
	out := l.Add(&ir.Concat{Axis: a}, ids...)
	return []Value{{out, l.concatenatedMask(c, ids, a)}}
}

// concatenatedMask is Concatenate.compute_mask: masks are spread over the
// features, an input without one counts as kept, all are concatenated like the
// inputs, and a step is kept if any of its features is (Keras 3) or all are
// (Keras 2).
func (l *Layer) concatenatedMask(c *Call, ids []ir.ValueID, axis int) ir.ValueID {
	masks := c.prevMasks()
	if len(masks) != len(ids) || !slices.ContainsFunc(masks, func(m ir.ValueID) bool { return m != ir.None }) {
		return ir.None
	}
	rank := l.Rank(ids[0])
	kept := l.Const("kept", func() *ir.Tensor { return ir.NewBool([]bool{true}) })
	ones := func(x ir.ValueID, dims int) ir.ValueID {
		var shape []ir.Extent
		for i := range dims {
			shape = append(shape, ir.DimOf(1, i))
		}
		return l.Add(&ir.Broadcast{Dims: shape}, kept, x)
	}
	usual := rank > 1
	for _, m := range masks {
		usual = usual && (m == ir.None || l.Rank(m) == rank-1)
	}
	if usual && axis == rank-1 {
		if l.Keras3() {
			return l.mergedOr(masks, func(i int) ir.ValueID { return ones(ids[i], rank-1) })
		}
		return l.mergedMask(c, len(ids))
	}
	parts := make([]ir.ValueID, len(ids))
	for i, m := range masks {
		switch {
		case usual && m == ir.None:
			parts[i] = ones(ids[i], rank-1)
		case usual:
			parts[i] = m
		case m == ir.None:
			parts[i] = ones(ids[i], rank)
		case l.Rank(m) < rank:
			parts[i] = l.broadcastLike(l.ExpandDims(m, -1), ids[i])
		default:
			parts[i] = m
		}
	}
	out := l.Add(&ir.Concat{Axis: axis}, parts...)
	if usual {
		return out
	}
	fn := "all"
	if l.Keras3() {
		fn = "any"
	}
	return l.Add(&ir.Reduce{Fn: fn, Axes: []int{-1}}, out)
}

// mergedOr keeps what any mask keeps; one input without a mask keeps everything.
func (l *Layer) mergedOr(masks []ir.ValueID, ones func(i int) ir.ValueID) ir.ValueID {
	if i := slices.Index(masks, ir.None); i >= 0 {
		return ones(i)
	}
	out := masks[0]
	for _, m := range masks[1:] {
		if m != out {
			out = l.Binary("or", out, m)
		}
	}
	return out
}

// lowerDot is Keras's batch_dot: the sum over one axis of each input, for every
// example; the other axes follow one another.
func lowerDot(l *Layer, c *Call) []Value {
	in := l.sameDType(c.Many(l))
	if len(in) != 2 {
		l.Fail(ir.ErrMalformed, "inputs", "multiplies %d inputs, wants 2", len(in))
		return nil
	}
	x, y := l.AsFloat(in[0].ID), l.AsFloat(in[1].ID)
	axes := l.Ints("axes", 2)
	ax, err := ir.NormAxis(axes[0], l.Rank(x))
	l.fail(err)
	ay, err := ir.NormAxis(axes[1], l.Rank(y))
	l.fail(err)
	if l.err == nil && (ax == 0 || ay == 0) {
		l.Fail(ir.ErrShape, "axes", "%v sum over the batch axis", axes)
	}
	if l.err != nil {
		return nil
	}
	if l.Bool("normalize", false) {
		x, y = l.l2Normalize(x, []int{ax}, 1e-7), l.l2Normalize(y, []int{ay}, 1e-7)
	}
	return one(l.batchDot(x, y, ax, ay))
}

func (l *Layer) batchDot(x, y ir.ValueID, ax, ay int) ir.ValueID {
	rx, ry := l.Rank(x), l.Rank(y)
	x2, x1 := l.matrixOf(x, ax) // [batch, m, k] or transposed
	y2, y1 := l.matrixOf(y, ay)
	out := l.Add(&ir.MatMul{TransA: x1, TransB: !y1}, x2, y2)
	if rx == 3 && ry == 3 {
		return out
	}
	dims := []ir.Extent{ir.DimOf(1, 0)}
	for i := 1; i < rx; i++ {
		if i != ax {
			dims = append(dims, ir.DimOf(1, i))
		}
	}
	for i := 1; i < ry; i++ {
		if i != ay {
			dims = append(dims, ir.DimOf(2, i))
		}
	}
	if len(dims) == 1 {
		dims = append(dims, ir.Size(1))
	}
	return l.Reshape(out, dims, x, y)
}

// matrixOf brings x to [batch, rest, axis], or to [batch, axis, rest] when
// axisFirst; the rest is one axis.
func (l *Layer) matrixOf(x ir.ValueID, axis int) (m ir.ValueID, axisFirst bool) {
	rank := l.Rank(x)
	if rank == 3 {
		return x, axis == 1
	}
	if axis != rank-1 {
		perm := []int{}
		for i := range rank {
			if i != axis {
				perm = append(perm, i)
			}
		}
		x = l.Transpose(x, append(perm, axis)...)
	}
	return l.Reshape(x, []ir.Extent{ir.DimOf(0, 0), ir.Size(-1), ir.DimOf(0, rank-1)}), false
}
