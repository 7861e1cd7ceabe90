package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// nmsOps select boxes.
var nmsOps = []opRow{
	{name: "image.combined_non_max_suppression", params: "boxes scores max_output_size_per_class max_total_size iou_threshold score_threshold pad_per_class clip_boxes", lower: opCombinedNMS, note: "TensorFlow's"},
	{name: "image.non_max_suppression_padded", params: "boxes scores max_output_size iou_threshold score_threshold pad_to_max_output_size", lower: opPaddedNMS, note: "TensorFlow's, with pad_to_max_output_size"},
}

// nms selects boxes [batch, n, 4] by their scores [batch, n].
func (o *opCall) nms(boxes, scores ir.ValueID, most int) (at, count ir.ValueID) {
	overlap, least := float32(o.num("iou_threshold", 0.5)), float32(o.num("score_threshold", math.Inf(-1)))
	out := o.AddN(&ir.NMS{Most: most, Overlap: ir.Float(overlap), Score: ir.Float(least)}, boxes, scores)
	if len(out) != 2 {
		return ir.None, ir.None
	}
	return out[0], out[1]
}

// opPaddedNMS gives the places of the boxes and how many they are.
func opPaddedNMS(o *opCall) []Value {
	boxes, scores := o.Cast(o.tensor("boxes"), ir.Float32), o.Cast(o.tensor("scores"), ir.Float32)
	if !o.flag("pad_to_max_output_size", false) {
		o.bad("pad_to_max_output_size", "true: else the data decide the size of the result")
	}
	if !o.WantRank(boxes, 2, 3) || !o.WantRank(scores, o.Rank(boxes)-1) {
		return nil
	}
	single := o.Rank(boxes) == 2
	if single {
		boxes, scores = o.ExpandDims(boxes, 0), o.ExpandDims(scores, 0)
	}
	at, count := o.nms(boxes, scores, o.size("max_output_size"))
	if single {
		at, count = o.Squeeze(at, 0), o.Squeeze(count, 0)
	}
	return outputs(at, count)
}

// opCombinedNMS selects boxes [batch, n, classes or 1, 4] of each class, and of
// these the ones with the highest scores.
func opCombinedNMS(o *opCall) []Value {
	boxes, scores := o.Cast(o.tensor("boxes"), ir.Float32), o.Cast(o.tensor("scores"), ir.Float32)
	each, total := o.size("max_output_size_per_class"), o.size("max_total_size")
	if !o.WantRank(boxes, 4) || !o.WantRank(scores, 3) {
		return nil
	}
	n := o.Size(scores, 2)
	if o.flag("pad_per_class", false) {
		total = min(total, each*n)
	}
	if o.err == nil && (each < 1 || each > 1<<16 || n < 1 || total > 1<<20) {
		o.bad("max_output_size_per_class", "sizes of at least 1, and within limits")
	}
	if !o.Allows("max_output_size_per_class", each, n) || !o.Allows("max_total_size", total, 4) {
		return nil
	}
	boxes, scores = o.Transpose(boxes, 0, 2, 1, 3), o.Transpose(scores, 0, 2, 1)
	if o.Dim(boxes, 1) == ir.Known(1) {
		boxes = o.Add(&ir.Broadcast{Dims: []ir.Extent{ir.DimOf(0, 0), ir.Size(n), ir.DimOf(0, 2), ir.Size(4)}}, boxes)
	}
	perClass := func(x ir.ValueID, more ...ir.Extent) ir.ValueID {
		return o.Reshape(x, append([]ir.Extent{ir.Size(-1), ir.DimOf(0, 2)}, more...))
	}
	rows, rowScores := perClass(boxes, ir.Size(4)), perClass(scores)
	at, count := o.nms(rows, rowScores, each)
	if o.err != nil {
		return nil
	}
	zero, none := o.Scalar(0, ir.Float32), o.Scalar(math.Inf(-1), ir.Float32)
	there := o.Binary("lt", o.Add(&ir.Range{Axis: 1, DType: ir.Int32}, at), o.ExpandDims(count, 1))
	perExample := func(x ir.ValueID, more ...ir.Extent) ir.ValueID { // all classes in a row
		return o.Reshape(x, append([]ir.Extent{ir.DimOf(1, 0), ir.Size(n * each)}, more...), scores)
	}
	best := perExample(o.where(there, o.Add(&ir.GatherAlong{Axis: 1}, rowScores, at), none))
	sorted := o.AddN(&ir.Sort{Axis: 1, Descending: true}, best)
	if len(sorted) != 2 {
		return nil
	}
	take := &ir.Slice{Axes: []ir.AxisSlice{between(1, 0, min(total, n*each))}}
	first, places := o.Add(take, sorted[0]), o.Add(take, sorted[1])
	corners := func(x ir.ValueID) ir.ValueID { // an index for each number of a box
		return o.Add(&ir.Repeat{Axis: -1, N: 4}, o.ExpandDims(x, -1))
	}
	chosen := perExample(o.Add(&ir.GatherAlong{Axis: 1}, rows, corners(at)), ir.Size(4))
	chosen = o.Add(&ir.GatherAlong{Axis: 1}, chosen, corners(places))
	if o.flag("clip_boxes", true) {
		chosen = o.Unary(ir.Func{Name: "clip", B: 1}, chosen)
	}
	classes := o.Cast(o.Binary("floordiv", places, o.Scalar(float64(each), ir.Int32)), ir.Float32)
	valid := o.Binary("gt", first, none)
	pad := func(x ir.ValueID) ir.ValueID {
		after := make([]int, o.Rank(x))
		if len(after) > 1 {
			after[1] = max(0, total-n*each)
		}
		return o.Add(&ir.Pad{Mode: "constant", Before: make([]int, len(after)), After: after}, x)
	}
	amount := o.Add(&ir.Reduce{Fn: "sum", Axes: []int{1}}, o.Cast(valid, ir.Int32))
	return outputs(pad(o.where(o.ExpandDims(valid, -1), chosen, zero)), pad(o.where(valid, first, zero)), pad(o.where(valid, classes, zero)), amount)
}
