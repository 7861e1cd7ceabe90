package exporter

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// weight is input i as the data of a variable, from the constant id, which is
// perhaps cast. A cast of float32 to the half precision that the layer computes in
// is what the mixed policies of Keras do; mixed is true then.
func (n *node) weight(i int) (t *ir.Tensor, id ir.ValueID, mixed, ok bool) {
	var casts []ir.DType
	id = n.Inputs[i]
	for n.m.Const(id) == nil {
		maker := n.makers[id]
		if maker == nil || maker.Op.Kind() != "Cast" {
			return nil, id, false, false
		}
		casts = append(casts, maker.Op.(*ir.Cast).To)
		id = maker.Inputs[0]
	}
	t = n.m.Const(id)
	if !t.DType.IsFloat() {
		return nil, id, false, false
	}
	if c := n.typ(0).DType; c.Size() == 2 && len(casts) == 1 && casts[0] == c && t.DType == ir.Float32 {
		return t, id, true, true
	}
	for _, d := range slices.Backward(casts) {
		if !d.IsFloat() {
			return nil, id, false, false
		}
		t = converted(t, d)
	}
	return stored(t), id, false, true
}

// weights are inputs that must all be constants, or absent where optional, in
// the form of a layer's variables, and the policy of that layer.
func (n *node) weights(names []string, required int, inputs ...int) (v variables, dtype any, ok bool) {
	compute := n.typ(0).DType
	anyMixed, all := false, true
	for k, i := range inputs {
		if !n.has(i) {
			if k < required {
				return v, nil, false
			}
			continue
		}
		t, id, mixed, ok := n.weight(i)
		if !ok {
			return v, nil, false
		}
		anyMixed, all = anyMixed || mixed, all && mixed
		v.names, v.tensors = append(v.names, names[k]), append(v.tensors, t)
		v.from = append(v.from, id)
	}
	if anyMixed != all {
		return v, nil, false
	}
	if anyMixed {
		return v, "mixed_" + compute.String(), true
	}
	return v, compute, true
}

// activated gives the output of a layer whose activation is act: in its config
// when it has a name, else as what follows it.
func (n *node) activated(l *layer, act ir.Func) {
	if name, ok := activationName(act); ok {
		l.config["activation"] = name
		n.set(l.output(0))
		return
	}
	l.config["activation"] = "linear"
	if r, ok := n.apply(act, l.output(0), n.out()); ok {
		n.set(r)
	}
}

// withBias adds a bias and a residual and applies an activation to y, for what no
// layer does.
func (n *node) withBias(y ref, act ir.Func) {
	for _, i := range []int{2, 3} {
		if n.has(i) {
			y = n.like("numpy", "Add", nil, y, n.arg(i))
		}
	}
	if r, ok := n.apply(act, y, n.out()); ok {
		n.set(r)
	}
}

func writeDense(n *node) {
	act := n.Op.(*ir.Dense).Act
	v, dtype, ok := n.weights([]string{"kernel", "bias"}, 1, 1, 2)
	if !ok || len(n.typ(0).Shape) < 2 || n.has(3) {
		n.withBias(n.like("numpy", "Matmul", nil, n.arg(0), n.arg(1)), act)
		return
	}
	l := n.layer("Dense", object{"units": v.tensors[0].Shape[1], "use_bias": n.has(2)}, dtype, n.out(), n.tensor(0))
	l.weights = []variables{v}
	n.activated(l, act)
}

func writeMatMul(n *node) {
	op := n.Op.(*ir.MatMul)
	arg := func(i int, swap bool) any {
		if swap {
			return n.swapped(n.tensor(i))
		}
		return n.arg(i)
	}
	y := n.like("numpy", "Matmul", nil, arg(0, op.TransA), arg(1, op.TransB))
	if op.Scale != 0 {
		y = n.like("numpy", "Multiply", nil, y, scalar(float64(op.Scale), n.out().DType))
	}
	n.set(y)
}

func writeEinsum(n *node) {
	args := make([]any, len(n.Inputs))
	for i := range args {
		args[i] = n.arg(i)
	}
	n.set(n.like("numpy", "Einsum", object{"subscripts": n.Op.(*ir.Einsum).Equation}, args...))
}
