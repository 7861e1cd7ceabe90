package importer

import (
	"github.com/kerasgo/kerasgo/ir"
)

// tfOnlyOps are functions that only TensorFlow has.
var tfOnlyOps = []opRow{
	{name: "boolean_mask", params: "x mask axis", lower: opBooleanMask, note: "TensorFlow's, of a constant mask"},
	{name: "linalg.normalize", params: "x ord axis", lower: opNormalizeTF, note: "TensorFlow's"},
	{name: "xlogy", params: "x y", lower: timesLog("log"), note: "TensorFlow's"},
	{name: "xlog1py", params: "x y", lower: timesLog("log1p"), note: "TensorFlow's"},
	{name: "xdivy", params: "x y", lower: opXDivY, note: "TensorFlow's"},
	{name: "l2_loss", params: "x", lower: opL2Loss, note: "TensorFlow's"},
	{name: "zero_fraction", params: "x", lower: opZeroFraction, note: "TensorFlow's"},
	{name: "xw_plus_b", params: "x weights biases", lower: denseOp(ir.Func{}), note: "TensorFlow 1's"},
	{name: "relu_layer", params: "x weights biases", lower: denseOp(ir.Func{Name: "relu"}), note: "TensorFlow 1's"},
	{name: "identity_n", params: "inputs", lower: opIdentityN, note: "TensorFlow's"},
	{name: "fused_batch_norm", params: "x scale offset mean variance epsilon data_format is_training", lower: opFusedBatchNorm, note: "TensorFlow's"},
	{name: "reverse_sequence", params: "x seq_lengths seq_axis batch_axis", lower: opReverseSequence, note: "TensorFlow's"},
}

// opBooleanMask keeps what a mask of one axis has true.
func opBooleanMask(o *opCall) []Value {
	x := o.tensor("x")
	axis := o.axis("axis", o.Rank(x), 0)
	mask := list(o.plain("mask"))
	if t, ok := o.args["mask"].(Value); o.err == nil && ok && o.b.m.Const(t.ID) == nil {
		o.bad("mask", "a constant: else the data decide the size of the result; use where instead")
	}
	var at []int32
	for i, v := range mask {
		keep, ok := scalarOf(v)
		if !ok {
			o.bad("mask", "booleans along one axis")
			return nil
		}
		if keep != 0 {
			at = append(at, int32(i))
		}
	}
	if o.err == nil && o.Size(x, axis) != len(mask) {
		o.Fail(ir.ErrShape, "mask", "has %d elements for %d of x", len(mask), o.Size(x, axis))
	}
	if o.err != nil {
		return nil
	}
	return outputs(o.Add(&ir.Gather{Axis: axis}, x, o.constInts(at)))
}

// opNormalizeTF also gives the norm.
func opNormalizeTF(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	o.args["keepdims"] = true
	norm := opNorm(o)
	if o.err != nil {
		return nil
	}
	return append(outputs(o.Binary("div", x, norm[0].ID)), norm...)
}

// unlessZero is y, but 0 where x is.
func (o *opCall) unlessZero(x, y ir.ValueID) []Value {
	zero := o.Scalar(0, o.Type(x).DType)
	return outputs(o.where(o.Binary("eq", x, zero), zero, y))
}

func timesLog(fn string) opFunc {
	return func(o *opCall) []Value {
		in := o.promote(true, "x", "y")
		return o.unlessZero(in[0], o.Binary("mul", in[0], o.Unary(ir.Func{Name: fn}, in[1])))
	}
}

func opXDivY(o *opCall) []Value {
	in := o.promote(true, "x", "y")
	return o.unlessZero(in[0], o.Binary("div", in[0], in[1]))
}

func opL2Loss(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	sum := o.Add(&ir.Reduce{Fn: "sum"}, o.Unary(ir.Func{Name: "square"}, x))
	return outputs(o.Binary("mul", sum, o.Scalar(0.5, o.Type(x).DType)))
}

func opZeroFraction(o *opCall) []Value {
	x := o.tensor("x")
	zero := o.Binary("eq", x, o.Scalar(0, o.Type(x).DType))
	return outputs(o.Add(&ir.Reduce{Fn: "mean"}, o.Cast(zero, ir.Float32)))
}

// opReverseSequence turns round the first elements of each row, as many as its
// length.
func opReverseSequence(o *opCall) []Value {
	x := o.tensor("x")
	lengths := o.Cast(o.tensor("seq_lengths"), ir.Int32)
	if o.err != nil || o.Rank(x) < 2 || !o.WantRank(lengths, 1) {
		o.bad("x", "rows")
		return nil
	}
	axis, batch := o.axis("seq_axis", o.Rank(x)), o.axis("batch_axis", o.Rank(x), 0)
	if axis == batch {
		o.bad("seq_axis", "another axis than batch_axis")
		return nil
	}
	x = o.moveAxes(x, []int{batch, axis}, []int{0, 1})
	step := o.ExpandDims(o.Add(&ir.Range{Axis: 1, DType: ir.Int32}, x), 0)
	n := o.ExpandDims(lengths, 1)
	back := o.Binary("sub", o.Binary("sub", n, o.Scalar(1, ir.Int32)), step)
	at := o.where(o.Binary("lt", step, n), back, step)
	dims := o.dimensionsOf(x)
	for range o.Rank(x) - 2 {
		at = o.ExpandDims(at, -1)
	}
	y := o.Add(&ir.GatherAlong{Axis: 1}, x, o.broadcastTo("x", at, dims))
	return outputs(o.moveAxes(y, []int{0, 1}, []int{batch, axis}))
}

func denseOp(f ir.Func) opFunc {
	return func(o *opCall) []Value {
		in := o.promote(true, "x", "weights", "biases")
		return outputs(o.Unary(f, o.Binary("add", o.Add(&ir.Dense{}, in[0], in[1]), in[2])))
	}
}

func opIdentityN(o *opCall) []Value {
	var out []ir.ValueID
	for _, v := range list(o.args["inputs"]) {
		out = append(out, o.asTensor("inputs", v, ir.Invalid))
	}
	return outputs(out...)
}

// opFusedBatchNorm takes the statistics of the whole batch in training, which
// some models do for good.
func opFusedBatchNorm(o *opCall) []Value {
	x, first, epsilon := o.AsFloat(o.tensor("x")), o.channelsFirst(), o.num("epsilon", 1e-3)
	if !o.WantRank(x, 4, 5) {
		return nil
	}
	x = o.channelsLast(x, first)
	scale, offset := o.vector("scale", x), o.vector("offset", x)
	mean, variance := o.vector("mean", x), o.vector("variance", x)
	if o.flag("is_training", true) {
		axes := identityPerm(o.Rank(x) - 1)
		mean, variance = o.Add(&ir.Reduce{Fn: "mean", Axes: axes}, x), o.Add(&ir.Reduce{Fn: "var", Axes: axes}, x)
		root := o.Unary(ir.Func{Name: "rsqrt"}, o.Binary("add", variance, o.Scalar(epsilon, o.Type(x).DType)))
		x = o.Binary("add", o.Binary("mul", o.Binary("sub", x, mean), o.Binary("mul", root, scale)), offset)
	} else if mean == ir.None || variance == ir.None {
		o.bad("mean", "a mean and a variance for each channel")
	} else {
		x = o.Add(&ir.BatchNorm{Axis: -1, Epsilon: ir.Float(epsilon)}, x, scale, offset, mean, variance)
	}
	return outputs(o.channelsBack(x, first), mean, variance)
}
