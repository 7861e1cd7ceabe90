package importer

import "github.com/kerasgo/kerasgo/ir"

// getItem is x[key]. A key is one or a list of integers, slices, None, ... and
// integer tensors.
func (o *opCall) getItem(x ir.ValueID, key any) ir.ValueID {
	items, ok := key.([]any)
	if !ok {
		items = []any{key}
	}
	taken, dots := 0, false
	for _, k := range items {
		switch k.(type) {
		case nil:
		case ellipsis:
			if dots {
				o.Fail(ir.ErrMalformed, "key", "has ... twice")
			}
			dots = true
		default:
			taken++
		}
	}
	rank := o.Rank(x)
	if o.err == nil && taken > rank {
		o.Fail(ir.ErrShape, "key", "%s takes %d axes of %v", showArg(key), taken, o.Shape(x))
	}
	if o.err != nil {
		return ir.None
	}
	const kept, dropped, added = 0, 1, 2
	var fate []int // of the axes of the result, those to be dropped included
	op := &ir.Slice{}
	axis := 0
	for _, k := range items {
		if k == nil {
			fate = append(fate, added)
			continue
		}
		if _, ok := k.(ellipsis); ok {
			for range rank - taken {
				fate = append(fate, kept)
				axis++
			}
			continue
		}
		if n, ok := o.indexNumber(k); ok {
			op.Axes = append(op.Axes, single(axis, n))
			if d := o.Dim(x, axis); d.IsKnown() && (n >= d.Size || n < -d.Size) {
				o.Fail(ir.ErrShape, "key", "index %d is out of range for axis %d of %v", n, axis, o.Shape(x))
			}
			fate = append(fate, dropped)
		} else if s, ok := k.(sliceValue); ok {
			if x, ok = o.sliceAxis(x, axis, s, op); !ok {
				return ir.None
			}
			fate = append(fate, kept)
		} else if t, ok := k.(Value); ok && len(items) == 1 && o.Type(t.ID).DType.IsInt() {
			return o.Add(&ir.Gather{Axis: axis, Wrap: true}, x, t.ID)
		} else if ok && o.Type(t.ID).DType.IsInt() && o.Rank(t.ID) == 0 {
			x = o.Add(&ir.Gather{Axis: axis, Wrap: true}, x, o.Reshape(t.ID, []ir.Extent{ir.Size(1)}))
			fate = append(fate, dropped)
		} else {
			o.Fail(ir.ErrUnsupported, "key", "indexing with %s is not supported", showArg(k))
			return ir.None
		}
		axis++
	}
	if len(op.Axes) > 0 {
		x = o.Add(op, x)
	}
	return o.reshapeBy(x, fate)
}

// reshapeBy drops (1) and adds (2) axes of 1.
func (o *opCall) reshapeBy(x ir.ValueID, fate []int) ir.ValueID {
	var dims []ir.Extent
	axis, changed := 0, false
	for _, f := range fate {
		switch f {
		case 0:
			dims = append(dims, ir.DimOf(0, axis))
			axis++
		case 1:
			axis++
			changed = true
		default:
			dims = append(dims, ir.Size(1))
			changed = true
		}
	}
	for ; axis < o.Rank(x); axis++ {
		dims = append(dims, ir.DimOf(0, axis))
	}
	if !changed {
		return x
	}
	return o.Reshape(x, dims)
}

// single is n:n+1 of an axis; -1 is the last element.
func single(axis, n int) ir.AxisSlice {
	s := ir.AxisSlice{Axis: axis, Start: &n}
	if end := n + 1; end != 0 {
		s.End = &end
	}
	return s
}

// indexNumber is an integer of a key, or the known content of a tensor in it.
func (o *opCall) indexNumber(k any) (int, bool) {
	if a, ok := k.(arrayValue); ok {
		k = a.value
	}
	if t, ok := k.(Value); ok {
		if k, ok = o.content(t.ID); !ok {
			return 0, false
		}
	}
	if d, ok := k.(dimension); ok {
		return d.n, d.known
	}
	n, ok := k.(int64)
	return int(n), ok
}

// sliceAxis adds a slice of an axis to op. A bound that is the open dimension of
// another value is applied to x at once, by looking up.
func (o *opCall) sliceAxis(x ir.ValueID, axis int, s sliceValue, op *ir.Slice) (ir.ValueID, bool) {
	out := ir.AxisSlice{Axis: axis}
	bound := func(v any) (*int, bool) {
		if v == nil {
			return nil, true
		}
		n, ok := o.indexNumber(v)
		return &n, ok
	}
	start, okStart := bound(s.start)
	stop, okStop := bound(s.stop)
	step, okStep := bound(s.step)
	if step != nil {
		out.Step = *step
	}
	if d := o.openBound(s.stop); d.of != ir.None && okStart && okStep && (start == nil || *start == 0) && (out.Step == 0 || out.Step == 1) {
		if d.of == x && d.axis == axis {
			return x, true
		}
		return o.Add(&ir.Gather{Axis: axis}, x, o.Add(&ir.Range{Axis: d.axis, DType: ir.Int32}, d.of)), true
	}
	if !okStart || !okStop || !okStep || step != nil && *step == 0 {
		o.Fail(ir.ErrUnsupported, "key", "slices whose bounds depend on data are not supported")
		return x, false
	}
	out.Start, out.End = start, stop
	if start != nil || stop != nil || out.Step != 0 && out.Step != 1 {
		op.Axes = append(op.Axes, out)
	}
	return x, true
}

// openBound is the dimension that a slice's bound is, if it is an open one.
func (o *opCall) openBound(v any) dimension {
	if d, ok := v.(dimension); ok {
		return d
	}
	if t, ok := v.(Value); ok {
		if d, ok := o.dimensions(t.ID, 0); ok && len(d) == 1 {
			return d[0]
		}
	}
	return unknownDimension
}

// opStridedSlice is TensorFlow's StridedSlice, whose masks are sets of bits.
func opStridedSlice(o *opCall) []Value {
	x := o.tensor("x")
	begin, end := o.bounds("begin"), o.bounds("end")
	strides := o.wholes("strides", 0, make([]int, len(begin))...)
	if len(end) != len(begin) || len(strides) != len(begin) {
		o.bad("begin", "as many numbers as end and strides")
		return nil
	}
	bit := func(name string, i int) bool { return o.whole(name, 0)>>i&1 == 1 }
	var key []any
	for i := range begin {
		switch {
		case bit("ellipsis_mask", i):
			key = append(key, ellipsis{})
		case bit("new_axis_mask", i):
			key = append(key, nil)
		case bit("shrink_axis_mask", i):
			key = append(key, begin[i])
		default:
			s := sliceValue{}
			if !bit("begin_mask", i) {
				s.start = begin[i]
			}
			if !bit("end_mask", i) {
				s.stop = end[i]
			}
			if strides[i] != 0 && strides[i] != 1 {
				s.step = int64(strides[i])
			}
			key = append(key, s)
		}
	}
	return outputs(o.getItem(x, key))
}

// bounds are the elements of a list or tensor of slice bounds.
func (o *opCall) bounds(name string) []dimension {
	v := o.args[name]
	if t, ok := v.(Value); ok {
		d, ok := o.dimensions(t.ID, 0)
		if !ok {
			o.bad(name, "bounds that do not depend on data")
		}
		return d
	}
	if a, ok := v.(arrayValue); ok {
		v = a.value
	}
	var out []dimension
	for _, e := range list(v) {
		d := unknownDimension
		if t, ok := e.(Value); ok {
			if all, ok := o.dimensions(t.ID, 0); ok && len(all) == 1 {
				d = all[0]
			}
		} else if n, ok := asInt(e); ok {
			d = knownDimension(n)
		}
		out = append(out, d)
	}
	return out
}
