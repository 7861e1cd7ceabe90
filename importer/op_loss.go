package importer

import "github.com/kerasgo/kerasgo/ir"

// Losses as operations: of each element, or each row, not their mean.
var lossOps = []opRow{
	{name: "binary_crossentropy", class: "BinaryCrossentropy", params: "target output from_logits", lower: opBinaryCrossentropy},
	{name: "categorical_crossentropy", class: "CategoricalCrossentropy", params: "target output from_logits axis", lower: opCategoricalCrossentropy},
	{name: "sparse_categorical_crossentropy", class: "SparseCategoricalCrossentropy", params: "target output from_logits axis", lower: opSparseCrossentropy},
}

// Probabilities are kept this far from 0 and 1.
const lossEpsilon = 1e-7

// within keeps probabilities away from where their logarithm is infinite.
func (o *opCall) within(p ir.ValueID) ir.ValueID {
	return o.Unary(ir.Func{Name: "clip", A: lossEpsilon, B: 1 - lossEpsilon}, p)
}

func (o *opCall) log(x ir.ValueID) ir.ValueID { return o.Unary(ir.Func{Name: "log"}, x) }

func (o *opCall) negated(x ir.ValueID) []Value { return outputs(o.Unary(ir.Func{Name: "neg"}, x)) }

// logits is what a sigmoid or a softmax took to give p, if it did: Keras on
// TensorFlow goes back to it, so that nothing is lost where p is 0 or 1.
func (o *opCall) logits(p ir.ValueID, fn string) (x ir.ValueID, found bool) {
	if o.flag("from_logits", false) {
		return p, true
	}
	i, ok := o.b.producer[p]
	if !ok || o.err != nil {
		return p, false
	}
	node := o.b.m.Nodes[i]
	if lastFunc(node.Op) != fn {
		return p, false
	}
	switch op := node.Op.(type) {
	case *ir.Unary:
		return node.Inputs[0], true
	case *ir.Softmax:
		if len(node.Inputs) == 1 { // no mask
			return node.Inputs[0], true
		}
	case *ir.Dense:
		return o.Add(&ir.Dense{}, node.Inputs...), true
	case *ir.Conv:
		linear := *op
		linear.Act = ir.Func{}
		return o.Add(&linear, node.Inputs...), true
	}
	return p, false
}

// lastFunc is the function that an op ends with, of those that logits undoes.
func lastFunc(op ir.Op) string {
	name := ""
	switch t := op.(type) {
	case *ir.Unary:
		name = t.Func.Name
	case *ir.Dense:
		name = t.Act.Name
	case *ir.Conv:
		name = t.Act.Name
	case *ir.Softmax:
		if !t.Log {
			return "softmax"
		}
	}
	if name == "sigmoid" {
		return name
	}
	return ""
}

// binaryLogits is max(x, 0) - x·t + log(1 + exp(-|x|)).
func (o *opCall) binaryLogits(t, x ir.ValueID) ir.ValueID {
	y := o.Binary("sub", o.Unary(ir.Func{Name: "relu"}, x), o.Binary("mul", x, t))
	small := o.Unary(ir.Func{Name: "neg"}, o.Unary(ir.Func{Name: "abs"}, x))
	return o.Binary("add", y, o.Unary(ir.Func{Name: "log1p"}, o.Unary(ir.Func{Name: "exp"}, small)))
}

func opBinaryCrossentropy(o *opCall) []Value {
	in := o.promote(true, "target", "output")
	t, x := in[0], in[1]
	if o.err != nil {
		return nil
	}
	if logits, ok := o.logits(x, "sigmoid"); ok {
		return outputs(o.binaryLogits(t, logits))
	}
	one := o.Scalar(1, o.Type(x).DType)
	p := o.within(x)
	yes := o.Binary("mul", t, o.log(p))
	no := o.Binary("mul", o.Binary("sub", one, t), o.log(o.Binary("sub", one, p)))
	return o.negated(o.Binary("add", yes, no))
}

func opCategoricalCrossentropy(o *opCall) []Value {
	in := o.promote(true, "target", "output")
	t, x := in[0], in[1]
	axis := []int{o.axis("axis", o.Rank(x), -1)}
	if logits, ok := o.logits(x, "softmax"); ok {
		x = o.Add(&ir.Softmax{Axes: axis, Log: true}, logits)
	} else {
		x = o.log(o.within(o.Binary("div", x, o.Add(&ir.Reduce{Fn: "sum", Axes: axis, Keep: true}, x))))
	}
	return o.negated(o.Add(&ir.Reduce{Fn: "sum", Axes: axis}, o.Binary("mul", t, x)))
}

func opSparseCrossentropy(o *opCall) []Value {
	t, x := o.tensor("target"), o.AsFloat(o.tensor("output"))
	if o.err == nil && o.axis("axis", o.Rank(x), -1) != o.Rank(x)-1 {
		o.bad("axis", "the last axis")
	}
	if o.err != nil {
		return nil
	}
	if o.Rank(t) == o.Rank(x) && o.Dim(t, -1) == ir.Known(1) {
		t = o.Squeeze(t, -1)
	}
	x, ok := o.logits(x, "softmax")
	if !ok {
		x = o.log(o.within(x))
	}
	x = o.Add(&ir.Softmax{Axes: []int{-1}, Log: true}, x)
	hot := o.Cast(o.Add(&ir.OneHot{Depth: o.Size(x, -1), DType: ir.Float32}, o.Cast(t, ir.Int32)), o.Type(x).DType)
	return o.negated(o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, o.Binary("mul", hot, x)))
}
