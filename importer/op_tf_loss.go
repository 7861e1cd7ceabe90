package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// tfLossOps are losses of TensorFlow and of Keras 2 that keras.ops has not, or
// computes otherwise.
var tfLossOps = []opRow{
	{name: "backend_binary_crossentropy", params: "target output from_logits", lower: opBackendBinary, note: "keras.backend's binary_crossentropy"},
	{name: "backend_sparse_categorical_crossentropy", params: "target output from_logits axis", lower: opBackendSparse, note: "keras.backend's sparse_categorical_crossentropy"},
	{name: "binary_focal_crossentropy", params: "target output apply_class_balancing alpha gamma from_logits", lower: opBinaryFocal, note: "keras.backend's"},
	{name: "weighted_cross_entropy_with_logits", params: "labels logits pos_weight", lower: opWeightedCrossentropy, note: "TensorFlow's"},
	{name: "log_poisson_loss", params: "targets log_input compute_full_loss", lower: opLogPoisson, note: "TensorFlow's"},
}

// backendBinary adds the epsilon twice, as Keras 2 does.
func (o *opCall) backendBinary(t, x ir.ValueID) ir.ValueID {
	if logits, ok := o.logits(x, "sigmoid"); ok {
		return o.binaryLogits(t, logits)
	}
	dt := o.Type(x).DType
	one, p := o.Scalar(1, dt), o.within(x)
	log := func(p ir.ValueID) ir.ValueID { return o.log(o.Binary("add", p, o.Scalar(lossEpsilon, dt))) }
	yes := o.Binary("mul", t, log(p))
	no := o.Binary("mul", o.Binary("sub", one, t), log(o.Binary("sub", one, p)))
	return o.Unary(ir.Func{Name: "neg"}, o.Binary("add", yes, no))
}

func opBackendBinary(o *opCall) []Value {
	in := o.promote(true, "target", "output")
	return outputs(o.backendBinary(in[0], in[1]))
}

// opBackendSparse takes targets of as many axes as the output, and moves the
// classes to the end.
func opBackendSparse(o *opCall) []Value {
	t, x := o.tensor("target"), o.AsFloat(o.tensor("output"))
	if o.err != nil {
		return nil
	}
	axis := o.axis("axis", o.Rank(x), -1)
	x, found := o.logits(x, "softmax")
	x = o.moveAxes(x, []int{axis}, []int{-1})
	if rank := o.Rank(x) - 1; o.err == nil && o.Rank(t) != rank {
		dims := extents(1, 0, rank)
		t = o.Reshape(t, dims, x)
	}
	return opSparseCrossentropy(o.with(object{"target": Value{t, ir.None}, "output": Value{x, ir.None}, "from_logits": found}))
}

func opBinaryFocal(o *opCall) []Value {
	in := o.promote(true, "target", "output")
	t, x := in[0], in[1]
	dt := o.Type(x).DType
	one, p := o.Scalar(1, dt), x
	if o.flag("from_logits", false) {
		p = o.Unary(ir.Func{Name: "sigmoid"}, x)
	}
	not := func(v ir.ValueID) ir.ValueID { return o.Binary("sub", one, v) }
	right := o.Binary("add", o.Binary("mul", t, p), o.Binary("mul", not(t), not(p)))
	loss := o.Binary("mul", o.Binary("pow", not(right), o.Scalar(o.num("gamma", 2), dt)), o.backendBinary(t, x))
	if o.flag("apply_class_balancing", false) {
		alpha := o.num("alpha", 0.25)
		weight := o.Binary("add", o.Binary("mul", t, o.Scalar(alpha, dt)), o.Binary("mul", not(t), o.Scalar(1-alpha, dt)))
		loss = o.Binary("mul", weight, loss)
	}
	return outputs(loss)
}

// opWeightedCrossentropy is (1 - t)·x + (1 + (w - 1)·t)·(log(1 + exp(-|x|)) + max(-x, 0)).
func opWeightedCrossentropy(o *opCall) []Value {
	in := o.promote(true, "labels", "logits", "pos_weight")
	t, x, w := in[0], in[1], in[2]
	neg := ir.Func{Name: "neg"}
	one := o.Scalar(1, o.Type(x).DType)
	weight := o.Binary("add", one, o.Binary("mul", o.Binary("sub", w, one), t))
	small := o.Unary(ir.Func{Name: "exp"}, o.Unary(neg, o.Unary(ir.Func{Name: "abs"}, x)))
	log := o.Binary("add", o.Unary(ir.Func{Name: "log1p"}, small), o.Unary(ir.Func{Name: "relu"}, o.Unary(neg, x)))
	return outputs(o.Binary("add", o.Binary("mul", o.Binary("sub", one, t), x), o.Binary("mul", weight, log)))
}

// opLogPoisson may add Stirling's approximation of log(t!), of targets above 1.
func opLogPoisson(o *opCall) []Value {
	in := o.promote(true, "targets", "log_input")
	t, x := in[0], in[1]
	y := o.Binary("sub", o.Unary(ir.Func{Name: "exp"}, x), o.Binary("mul", x, t))
	if !o.flag("compute_full_loss", false) {
		return outputs(y)
	}
	num := func(v float64) ir.ValueID { return o.Scalar(v, o.Type(t).DType) }
	log := o.Binary("sub", o.Binary("mul", t, o.log(t)), t)
	log = o.Binary("add", log, o.Binary("mul", num(0.5), o.log(o.Binary("mul", num(2*math.Pi), t))))
	few := o.Binary("and", o.Binary("ge", t, num(0)), o.Binary("le", t, num(1)))
	return outputs(o.Binary("add", y, o.where(few, num(0), log)))
}
