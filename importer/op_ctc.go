package importer

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var ctcOps = []opRow{
	{name: "ctc_loss", class: "CTCLoss", params: "target output target_length output_length mask_index", lower: opCTCLoss, note: "of a known number of steps"},
	{name: "ctc_decode", class: "CTCDecode", params: "inputs sequence_lengths strategy beam_width top_paths merge_repeated mask_index", lower: opCTCDecode, note: "greedy and by beam search"},
}

// blank is the class that stands for no label, of those on the last axis of x.
func (o *opCall) blank(x ir.ValueID) int {
	n := o.Size(x, -1)
	i := o.whole("mask_index", 0)
	if v, there := o.args["mask_index"]; there && v == nil {
		i = -1
	}
	if i < 0 {
		i += n
	}
	if o.err == nil && (i < 0 || i >= n) {
		o.Fail(ir.ErrShape, "mask_index", "is %s of %d classes", show(o.args["mask_index"]), n)
	}
	return i
}

// opCTCDecode takes the likeliest class of every step, without what repeats and
// without blanks; -1 fills the rest.
func opCTCDecode(o *opCall) []Value {
	x, lengths := o.AsFloat(o.tensor("inputs")), o.Cast(o.tensor("sequence_lengths"), ir.Int32)
	strategy := o.text("strategy", "greedy")
	if strategy != "greedy" && strategy != "beam_search" {
		o.bad("strategy", "greedy or beam_search")
	}
	if !o.WantRank(x, 3) || !o.WantRank(lengths, 1) {
		return nil
	}
	if strategy == "beam_search" {
		if o.given("mask_index") && o.whole("mask_index") == -1 {
			o.bad("mask_index", "the class by its number: for -1 Keras searches among twice as many classes") // inputs[..., -1 : 0] is empty
		}
		return outputs(o.AddN(&ir.CTCBeam{Width: o.size("beam_width", 100), Paths: o.size("top_paths", 1), Blank: o.blank(x)}, x, lengths)...)
	}
	num := func(v int) ir.ValueID { return o.Scalar(float64(v), ir.Int32) }
	best := o.Cast(o.Add(&ir.Reduce{Fn: "argmax", Axes: []int{2}}, x), ir.Int32)
	step := o.ExpandDims(o.Add(&ir.Range{Axis: 1, DType: ir.Int32}, x), 0)
	given := o.Binary("lt", step, o.ExpandDims(lengths, 1))
	keep := o.Binary("and", given, o.Binary("ne", best, num(o.blank(x))))
	if o.flag("merge_repeated", true) && o.err == nil {
		pad := o.Add(&ir.Pad{Mode: "constant", Value: -1, Before: []int{0, 1}, After: []int{0, 0}}, best)
		end := -1
		before := o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: 1, End: &end}}}, pad)
		keep = o.Binary("and", keep, o.Binary("ne", best, before))
	}
	// What is kept comes first when steps are sorted with the others behind all.
	places := o.AddN(&ir.Sort{Axis: 1}, o.where(keep, step, o.Binary("add", step, num(1<<30))))
	if len(places) != 2 {
		return nil
	}
	labels := o.Add(&ir.GatherAlong{Axis: 1}, best, places[1])
	count := o.Add(&ir.Reduce{Fn: "sum", Axes: []int{1}, Keep: true}, o.Cast(keep, ir.Int32))
	labels = o.where(o.Binary("lt", step, count), labels, num(-1))
	dt := o.Type(x).DType
	top := o.where(given, o.Add(&ir.Reduce{Fn: "max", Axes: []int{2}}, x), o.Scalar(0, dt))
	score := o.Unary(ir.Func{Name: "neg"}, o.Add(&ir.Reduce{Fn: "sum", Axes: []int{1}, Keep: true}, top))
	return outputs(o.ExpandDims(labels, 0), score)
}

// never stands for the logarithm of 0, so that sums of it stay numbers.
const never = -1e30

// opCTCLoss is -log of the probability that the output spells the target: of all
// ways to put blanks between labels and to repeat both, step by step.
func opCTCLoss(o *opCall) []Value {
	target, x := o.Cast(o.tensor("target"), ir.Int32), o.AsFloat(o.tensor("output"))
	labels, lengths := o.Cast(o.tensor("target_length"), ir.Int32), o.Cast(o.tensor("output_length"), ir.Int32)
	if !o.WantRank(target, 2) || !o.WantRank(x, 3) || !o.WantRank(labels, 1) || !o.WantRank(lengths, 1) {
		return nil
	}
	steps, width, blank := o.Size(x, 1), o.Size(target, 1), o.blank(x)
	if o.err != nil || steps < 1 || width < 1 || !o.Allows("target", steps, 2*width+1) {
		o.bad("output", "steps")
		return nil
	}
	states, dt := 2*width+1, o.Type(x).DType
	lp := o.Add(&ir.Softmax{Axes: []int{2}, Log: true}, x)
	// The classes of the states: blank, first label, blank, second label, ...
	blanks := o.Binary("add", o.Binary("mul", target, o.Scalar(0, ir.Int32)), o.Scalar(float64(blank), ir.Int32))
	classes := o.Reshape(o.concat(2, o.ExpandDims(blanks, 2), o.ExpandDims(target, 2)), []ir.Extent{ir.DimOf(0, 0), ir.Size(2 * width)})
	classes = o.concat(1, classes, o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(1, 0, 1)}}, blanks))
	odd := make([]bool, states)
	first := make([]float32, states)
	for s := range states {
		odd[s] = s%2 == 1
		if s > 1 {
			first[s] = never
		}
	}
	isLabel := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewBool(odd, 1, states) })
	zero := o.Scalar(never, dt)
	shift := func(v ir.ValueID, by int, value float64) ir.ValueID {
		v = o.Add(&ir.Pad{Mode: "constant", Value: ir.Float(value), Before: []int{0, by}, After: []int{0, 0}}, v)
		return o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(1, 0, states)}}, v)
	}
	// A label may follow another one directly, if it is not the same.
	jumps := o.Binary("and", isLabel, o.Binary("ne", classes, shift(classes, 2, -1)))
	dims := []ir.Extent{ir.DimOf(1, 0), ir.DimOf(1, 1), ir.Size(states)}
	emitted := o.Add(&ir.GatherAlong{Axis: 2}, lp, o.Add(&ir.Broadcast{Dims: dims}, o.ExpandDims(classes, 1), lp))
	at := func(t int) ir.ValueID {
		return o.Squeeze(o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(1, t, t+1)}}, emitted), 1)
	}
	start := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(first, 1, states) })
	alpha := o.Binary("add", at(0), o.Cast(start, dt))
	until := o.ExpandDims(lengths, 1)
	for t := 1; t < steps && o.err == nil; t++ {
		sum := o.Binary("logaddexp", alpha, shift(alpha, 1, never))
		sum = o.Binary("logaddexp", sum, o.where(jumps, shift(alpha, 2, never), zero))
		next := o.Binary("add", sum, at(t))
		alpha = o.where(o.Binary("lt", o.Scalar(float64(t), ir.Int32), until), next, alpha)
	}
	// It ends with the last label, or with a blank behind it.
	places := make([]int32, states)
	for s := range places {
		places[s] = int32(s)
	}
	place := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewInt32(slices.Clone(places), 1, states) })
	last := o.Binary("mul", o.ExpandDims(labels, 1), o.Scalar(2, ir.Int32))
	pick := func(state ir.ValueID) ir.ValueID {
		return o.Add(&ir.Reduce{Fn: "max", Axes: []int{1}}, o.where(o.Binary("eq", place, state), alpha, zero))
	}
	total := o.Binary("logaddexp", pick(last), pick(o.Binary("sub", last, o.Scalar(1, ir.Int32))))
	loss := o.Unary(ir.Func{Name: "neg"}, total)
	return outputs(o.where(o.Binary("ge", loss, o.Scalar(-never/10, dt)), o.Scalar(math.Inf(1), dt), loss))
}
