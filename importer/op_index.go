package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var indexOps = []opRow{
	{name: "get_item", class: "GetItem", params: "x key", lower: opGetItem, note: "slices, integers, None, ..., integer tensors"},
	{name: "take", class: "Take", params: "x indices axis", lower: opTake},
	{name: "take_along_axis", class: "TakeAlongAxis", params: "x indices axis", lower: opTakeAlongAxis},
	{name: "gather", params: "x indices axis batch_dims", lower: opGather, note: "TensorFlow's"},
	{name: "gather_nd", params: "x indices batch_dims", lower: opGatherND, note: "TensorFlow's"},
	{name: "slice", class: "Slice", params: "inputs start_indices shape", lower: opSlice},
	{name: "slice_update", class: "SliceUpdate", params: "inputs start_indices updates", lower: opSliceUpdate},
	{name: "strided_slice", params: "x begin end strides begin_mask end_mask ellipsis_mask new_axis_mask shrink_axis_mask", lower: opStridedSlice, note: "TensorFlow's"},
	{name: "scatter", class: "Scatter", params: "indices values shape", lower: opScatter},
	{name: "scatter_update", class: "ScatterUpdate", params: "inputs indices updates reduction", lower: opScatterUpdate},
}

func opGetItem(o *opCall) []Value { return outputs(o.getItem(o.tensor("x"), o.args["key"])) }

// asIndices makes an integer tensor of an argument.
func (o *opCall) asIndices(name string) ir.ValueID {
	x := o.asTensor(name, o.args[name], ir.Invalid)
	if d := o.Type(x).DType; d != ir.Int32 && d != ir.Int64 {
		x = o.Cast(x, ir.Int32)
	}
	return x
}

func opTake(o *opCall) []Value {
	x, axis := o.alongAxis(o.tensor("x"))
	return outputs(o.Add(&ir.Gather{Axis: axis, Wrap: true}, x, o.asIndices("indices")))
}

// opTakeAlongAxis broadcasts the axes that are not indexed, when one is 1.
func opTakeAlongAxis(o *opCall) []Value {
	x, ids := o.tensor("x"), o.asIndices("indices")
	if !o.given("axis") {
		return outputs(o.Add(&ir.GatherAlong{}, o.flat(x), o.flat(ids)))
	}
	axis := o.axis("axis", o.Rank(x))
	if o.err != nil || !o.WantRank(ids, o.Rank(x)) {
		return nil
	}
	toX, toIDs := o.dimensionsOf(x), o.dimensionsOf(ids)
	widen := [2]bool{}
	for i := range toX {
		switch a, b := o.Dim(x, i), o.Dim(ids, i); {
		case i == axis || a == b:
		case a == ir.Known(1):
			toX[i], widen[0] = toIDs[i], true
		case b == ir.Known(1):
			toIDs[i], widen[1] = toX[i], true
		}
	}
	if widen[0] {
		x = o.broadcastTo("x", x, toX)
	}
	if widen[1] {
		ids = o.broadcastTo("indices", ids, toIDs)
	}
	return outputs(o.Add(&ir.GatherAlong{Axis: axis}, x, ids))
}

// opGather is tf.gather; its batch_dims lead both x and the indices.
func opGather(o *opCall) []Value {
	x, ids := o.tensor("x"), o.asIndices("indices")
	batch := o.whole("batch_dims", 0)
	if batch < 0 {
		batch += o.Rank(ids)
	}
	axis := o.axis("axis", o.Rank(x), batch)
	if batch == 0 {
		return outputs(o.Add(&ir.Gather{Axis: axis}, x, ids))
	}
	one := batch == o.Rank(ids) // index for each batch element
	if one {
		ids = o.ExpandDims(ids, -1)
	}
	if batch != o.Rank(ids)-1 || axis != batch || o.err != nil {
		o.bad("batch_dims", "0, or all axes of the indices but one, before the axis")
		return nil
	}
	dims := o.dimensionsOf(ids) // one index for all elements behind the axis
	for i := axis + 1; i < o.Rank(x); i++ {
		ids = o.ExpandDims(ids, -1)
		dims = append(dims, o.dimensionsOf(x)[i])
	}
	if axis+1 < o.Rank(x) {
		ids = o.broadcastTo("indices", ids, dims)
	}
	y := o.Add(&ir.GatherAlong{Axis: axis}, x, ids)
	if one {
		y = o.Squeeze(y, axis)
	}
	return outputs(y)
}

// opGatherND looks up by the position among the merged leading axes.
func opGatherND(o *opCall) []Value {
	x, ids := o.tensor("x"), o.asIndices("indices")
	if batch := o.whole("batch_dims", 0); batch != 0 {
		if o.err != nil || batch < 0 || batch >= o.Rank(ids) || batch >= o.Rank(x) {
			o.bad("batch_dims", "a number of axes that x and the indices share")
			return nil
		}
		ids = o.concat(-1, append(o.places(ids, batch), ids)...)
	}
	k := o.Size(ids, -1)
	if o.err != nil || k < 1 || k > o.Rank(x) {
		o.bad("indices", "positions in x")
		return nil
	}
	at := o.takeLast(ids, 0)
	for i := 1; i < k; i++ {
		at = o.Binary("add", o.Binary("mul", at, o.Scalar(float64(o.Size(x, i)), o.Type(ids).DType)), o.takeLast(ids, i))
	}
	dims := []ir.Extent{ir.Size(-1)}
	for i := k; i < o.Rank(x); i++ {
		dims = append(dims, ir.DimOf(0, i))
	}
	return outputs(o.Add(&ir.Gather{}, o.Reshape(x, dims), at))
}

// places are for each row of x its index along each of the first axes.
func (o *opCall) places(x ir.ValueID, axes int) []ir.ValueID {
	var out []ir.ValueID
	dims := o.dimensionsOf(x)
	dims[len(dims)-1] = knownDimension(1)
	for axis := range axes {
		at := o.Cast(o.Add(&ir.Range{Axis: axis, DType: ir.Int32}, x), o.Type(x).DType)
		for range len(dims) - 1 - axis {
			at = o.ExpandDims(at, -1)
		}
		out = append(out, o.broadcastTo("indices", at, slices.Clone(dims)))
	}
	return out
}

// takeLast is x[..., i].
func (l *Layer) takeLast(x ir.ValueID, i int) ir.ValueID {
	return l.Squeeze(l.Add(&ir.Slice{Axes: []ir.AxisSlice{between(-1, i, i+1)}}, x), -1)
}

func opSlice(o *opCall) []Value {
	x := o.tensor("inputs")
	start, shape := o.shapeArg("start_indices"), o.shapeArg("shape")
	if o.err != nil || len(start) != o.Rank(x) || len(shape) != o.Rank(x) {
		o.bad("start_indices", "a number for each axis")
		return nil
	}
	var key []any
	for i := range start {
		from := start[i]
		if !from.known || from.n < 0 {
			o.bad("start_indices", "known numbers")
			return nil
		}
		s := sliceValue{start: int64(from.n)}
		switch n := shape[i]; {
		case n.known && n.n >= 0:
			s.stop = int64(from.n + n.n)
		case n.known || n.of == ir.None || n.of == x && n.axis == i: // the rest
		case from.n == 0:
			x = o.Add(&ir.Gather{Axis: i}, x, o.Add(&ir.Range{Axis: n.axis, DType: ir.Int32}, n.of))
			s = sliceValue{}
		default:
			o.bad("shape", "known numbers")
			return nil
		}
		key = append(key, s)
	}
	return outputs(o.getItem(x, key))
}

// opSliceUpdate repeats the border of the update to the shape of the inputs.
func opSliceUpdate(o *opCall) []Value {
	in := o.promote(false, "inputs", "updates")
	x, up := in[0], in[1]
	start := o.wholes("start_indices", o.Rank(x))
	if o.err != nil || !o.WantRank(up, o.Rank(x)) {
		return nil
	}
	inside := ir.None
	num := func(n int) ir.ValueID { return o.Scalar(float64(n), ir.Int32) }
	for i := range start {
		if o.Dim(x, i) == o.Dim(up, i) && start[i] == 0 {
			continue
		}
		n := o.Size(up, i)
		if d := o.Dim(x, i); start[i] < 0 || d.IsKnown() && start[i]+n > d.Size {
			o.Fail(ir.ErrShape, "start_indices", "an update of %v at %v is not inside %v", o.Shape(up), start, o.Shape(x))
			return nil
		}
		if n == 0 {
			return outputs(x)
		}
		at := o.Binary("sub", o.Add(&ir.Range{Axis: i, DType: ir.Int32}, x), num(start[i]))
		here := o.Binary("and", o.Binary("ge", at, num(0)), o.Binary("lt", at, num(n)))
		for range o.Rank(x) - 1 - i {
			here = o.ExpandDims(here, -1)
		}
		inside = o.and(inside, here)
		clipped := o.Unary(ir.Func{Name: "clip", B: ir.Float(n - 1)}, at)
		up = o.Add(&ir.Gather{Axis: i}, up, clipped)
	}
	if inside == ir.None {
		return outputs(up)
	}
	return outputs(o.where(inside, up, x))
}

func opScatter(o *opCall) []Value {
	up := o.tensor("values")
	zeros := o.broadcastTo("shape", o.Scalar(0, o.Type(up).DType), o.shapeArg("shape"))
	return outputs(o.Add(&ir.Scatter{Fn: "add"}, zeros, o.asIndices("indices"), up))
}

func opScatterUpdate(o *opCall) []Value {
	in := o.promote(false, "inputs", "updates")
	if o.text("reduction", "") == "sub" && o.tf {
		in[1], o.args["reduction"] = o.Unary(ir.Func{Name: "neg"}, in[1]), "add"
	}
	fn, ok := map[string]string{"": "set", "add": "add", "max": "max", "min": "min", "mul": "mul"}[o.text("reduction", "")]
	if !ok {
		o.bad("reduction", "None, add, max, min or mul")
	}
	return outputs(o.Add(&ir.Scatter{Fn: fn}, in[0], o.asIndices("indices"), in[1]))
}

func lowestFloat(dt ir.DType) float64 {
	switch dt {
	case ir.Float16:
		return -65504
	case ir.BFloat16:
		return -3.3895313892515355e38
	}
	return -3.4028234663852886e38
}
