package importer

import "github.com/kerasgo/kerasgo/ir"

// segmentOps fold the rows of a segment; the number of segments must be known.
var segmentOps = []opRow{
	{name: "segment_sum", class: "SegmentSum", params: "data segment_ids num_segments sorted", lower: segmentOp("add")},
	{name: "segment_max", class: "SegmentMax", params: "data segment_ids num_segments sorted", lower: segmentOp("max")},
	{name: "segment_min", class: "SegmentMin", params: "data segment_ids num_segments sorted", lower: segmentOp("min")},
	{name: "segment_prod", class: "SegmentProd", params: "data segment_ids num_segments sorted", lower: segmentOp("mul")},
	{name: "segment_mean", params: "data segment_ids num_segments", lower: segmentMean(false), note: "TensorFlow's"},
	{name: "segment_sqrt_n", params: "data segment_ids num_segments", lower: segmentMean(true), note: "TensorFlow's"},
	{name: "sorted_segment_max", params: "data segment_ids", lower: sortedSegment("max"), note: "TensorFlow's segment_max"},
	{name: "sorted_segment_min", params: "data segment_ids", lower: sortedSegment("min"), note: "TensorFlow's segment_min"},
}

func segmentOp(fn string) opFunc {
	return func(o *opCall) []Value {
		return outputs(o.segments(fn, o.tensor("data"), o.asIndices("segment_ids")))
	}
}

// segments folds x, whose first axes are those of ids.
func (o *opCall) segments(fn string, x, ids ir.ValueID) ir.ValueID {
	dt := o.Type(x).DType
	if known, ok := o.content(ids); ok && o.tf && !o.given("num_segments") { // TensorFlow's are sorted
		if all := list(known); len(all) > 0 {
			last, _ := asInt(all[len(all)-1])
			o.args["num_segments"] = int64(last + 1)
		}
	}
	if !o.given("num_segments") {
		o.Fail(ir.ErrUnsupported, "num_segments", "is not given: the number of segments would depend on data")
		return ir.None
	}
	empty := 0.0
	switch lowest := dt.IsFloat(); {
	case fn == "mul":
		empty = 1
	case fn == "max" && lowest:
		empty = lowestFloat(dt)
	case fn == "min" && lowest:
		empty = -lowestFloat(dt)
	case fn != "add":
		o.Fail(ir.ErrUnsupported, "data", "%s of %v", o.row.name, dt)
		return ir.None
	}
	dims := append([]dimension{knownDimension(o.size("num_segments"))}, o.dimensionsOf(x)[min(o.Rank(ids), o.Rank(x)):]...)
	base := o.broadcastTo("data", o.Scalar(empty, dt), dims)
	return o.Add(&ir.Scatter{Fn: fn}, base, o.ExpandDims(ids, -1), x)
}

// counted is how many rows each segment has, with axes of 1 behind for those of x.
func (o *opCall) counted(x, ids ir.ValueID) ir.ValueID {
	one := o.Scalar(1, o.Type(x).DType)
	n := o.segments("add", o.broadcastTo("segment_ids", one, o.dimensionsOf(ids)), ids)
	for range o.Rank(x) - o.Rank(ids) {
		n = o.ExpandDims(n, -1)
	}
	return n
}

// segmentMean divides the sum by the number of rows, or its root; an empty
// segment's is 0.
func segmentMean(root bool) opFunc {
	return func(o *opCall) []Value {
		x, ids := o.AsFloat(o.tensor("data")), o.asIndices("segment_ids")
		n := o.counted(x, ids)
		n = o.Binary("max", n, o.Scalar(1, o.Type(x).DType))
		if root {
			n = o.Unary(ir.Func{Name: "sqrt"}, n)
		}
		return outputs(o.Binary("div", o.segments("add", x, ids), n))
	}
}

// sortedSegment has 0 for an empty segment.
func sortedSegment(fn string) opFunc {
	return func(o *opCall) []Value {
		x, ids := o.tensor("data"), o.asIndices("segment_ids")
		zero := o.Scalar(0, o.Type(x).DType)
		there := o.Binary("gt", o.counted(x, ids), zero)
		return outputs(o.where(there, o.segments(fn, x, ids), zero))
	}
}
