package importer

import "github.com/kerasgo/kerasgo/ir"

var uniqueOps = []opRow{
	{name: "unique", class: "Unique", params: "x sorted return_index return_inverse return_counts axis size fill_value", lower: opUnique, note: "of all elements, with a size"},
	{name: "argpartition", class: "Argpartition", params: "x kth axis", lower: opArgpartition, note: "of one axis, as Keras has it on TensorFlow"},
}

// opUnique numbers the runs of equal elements in order. What has a number beyond
// the size is put at an end that is cut off.
func opUnique(o *opCall) []Value {
	x := o.tensor("x")
	if !o.given("size") {
		o.bad("size", "a number of elements: else the data decide it")
		return nil
	}
	if o.given("axis") || !o.flag("sorted", true) {
		o.bad("axis", "None, and sorted true")
	}
	size := o.size("size")
	sorted := o.AddN(&ir.Sort{Axis: 0}, o.flat(x))
	if len(sorted) != 2 || !o.Allows("size", size) {
		return nil
	}
	all, from := sorted[0], sorted[1]
	dt, one := o.Type(all).DType, o.Scalar(1, ir.Int32)
	begins := o.Binary("ne", all, o.rollAxis(all, 1, 0))
	place := o.Add(&ir.Range{DType: ir.Int32}, all)
	begins = o.Binary("or", begins, o.Binary("eq", place, o.Scalar(0, ir.Int32)))
	number := o.Binary("sub", o.Add(&ir.Cumulative{Fn: "sum"}, o.Cast(begins, ir.Int32)), one)
	at := o.ExpandDims(o.Binary("min", number, o.Scalar(float64(size), ir.Int32)), -1)
	collect := func(fn string, fill ir.ValueID, v ir.ValueID) ir.ValueID {
		base := o.broadcastTo("size", fill, []dimension{knownDimension(size + 1)})
		return o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(0, 0, size)}}, o.Add(&ir.Scatter{Fn: fn}, base, at, v))
	}
	out := []ir.ValueID{collect("set", o.Scalar(o.num("fill_value", 0), dt), all)}
	ones := o.broadcastTo("x", one, o.dimensionsOf(all))
	counts := collect("add", o.Scalar(0, ir.Int32), ones)
	if o.flag("return_index", false) {
		first := collect("min", o.Scalar(1<<31-1, ir.Int32), from)
		out = append(out, o.where(o.Binary("gt", counts, o.Scalar(0, ir.Int32)), first, one)) // 1 where Keras pads
	}
	if o.flag("return_inverse", false) {
		back := o.Add(&ir.Scatter{Fn: "set"}, place, o.ExpandDims(from, -1), number)
		out = append(out, o.reshapeLike(back, x))
	}
	if o.flag("return_counts", false) {
		out = append(out, counts)
	}
	return outputs(out...)
}

// opArgpartition takes the smallest of the whole parts, and then the largest of
// the rest, where zeros stand for those that are taken.
func opArgpartition(o *opCall) []Value {
	x := o.Cast(o.tensor("x"), ir.Int32)
	if !o.WantRank(x, 1) {
		return nil
	}
	n, kth := o.Size(x, 0), o.whole("kth")
	kth = min(max(kth, 0), n-1)
	largest := func(v ir.ValueID, count int) ir.ValueID {
		order := o.AddN(&ir.Sort{Descending: true}, v)
		if len(order) != 2 {
			return ir.None
		}
		return o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(0, 0, count)}}, order[1])
	}
	bottom := largest(o.Unary(ir.Func{Name: "neg"}, x), kth+1)
	if o.err != nil {
		return nil
	}
	zeros := o.broadcastTo("x", o.Scalar(0, ir.Int32), o.dimensionsOf(bottom))
	rest := o.Add(&ir.Scatter{Fn: "set"}, x, o.ExpandDims(bottom, -1), zeros)
	return outputs(o.concat(0, bottom, largest(rest, n-kth-1)))
}
