package exporter

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

func writeBatchNorm(n *node) {
	op := n.Op.(*ir.BatchNorm)
	v, dtype, ok := n.weights([]string{"gamma", "beta", "moving_mean", "moving_variance"}, 0, 1, 2, 3, 4)
	if !ok {
		n.unsupported("its weights are computed; a layer of Keras 3 holds its own")
		return
	}
	l := n.layer("BatchNormalization", object{"axis": op.Axis, "epsilon": op.Epsilon, "scale": n.has(1), "center": n.has(2)}, dtype, n.out(), n.tensor(0))
	l.weights = []variables{v}
	if r, ok := n.apply(op.Act, l.output(0), n.out()); ok {
		n.set(r)
	}
}

func writeLayerNorm(n *node) {
	op := n.Op.(*ir.LayerNorm)
	rank := len(n.typ(0).Shape)
	axes, err := ir.NormAxes(op.Axes, rank)
	if err != nil {
		n.unsupported("%v", err)
		return
	}
	v, dtype, ok := n.weights([]string{"gamma", "beta"}, 0, 1, 2)
	d := n.out().DType
	if known := !slices.ContainsFunc(axes, func(a int) bool { return !n.typ(0).Shape[a].IsKnown() }); ok && known && axes[0] > 0 {
		switch {
		case !op.RMS:
			l := n.layer("LayerNormalization", object{"axis": axesOf(axes), "epsilon": op.Epsilon, "scale": n.has(1), "center": n.has(2)}, dtype, n.out(), n.tensor(0))
			l.weights = []variables{v}
			n.set(l.output(0))
			return
		case n.has(1) && !n.has(2) && axes[0]+len(axes) == rank:
			v.names[0] = "scale"
			l := n.layer("RMSNormalization", object{"axis": axesOf(axes), "epsilon": op.Epsilon}, dtype, n.out(), n.tensor(0))
			l.weights = []variables{v}
			n.set(l.output(0))
			return
		}
	}
	moment := n.out()
	moment.Shape = moment.Shape.Clone()
	for _, a := range axes {
		moment.Shape[a] = ir.Known(1)
	}
	mean := func(x any) ref {
		return n.op("numpy", "Mean", moment, object{"axis": axesOf(axes), "keepdims": true}, x)
	}
	x := n.tensor(0)
	if !op.RMS {
		x = n.like("numpy", "Subtract", nil, x, mean(x))
	}
	variance := mean(n.like("numpy", "Square", nil, x))
	scale := n.op("math", "Rsqrt", moment, nil, n.op("numpy", "Add", moment, nil, variance, scalar(float64(op.Epsilon), d)))
	y := n.like("numpy", "Multiply", nil, x, scale)
	for i, class := range []string{"Multiply", "Add"} {
		if !n.has(1 + i) {
			continue
		}
		shape := make([]any, rank)
		for a := range shape {
			shape[a] = 1
			if slices.Contains(axes, a) {
				shape[a] = dims(n.typ(0).Shape)[a]
				if shape[a] == nil {
					shape[a] = -1
				}
			}
		}
		w := n.op("numpy", "Reshape", moment, object{"newshape": shape}, n.tensor(1+i))
		y = n.like("numpy", class, nil, y, w)
	}
	n.set(y)
}

func writeSoftmax(n *node) {
	op := n.Op.(*ir.Softmax)
	axes, err := ir.NormAxes(op.Axes, len(n.out().Shape))
	if err != nil {
		n.unsupported("%v", err)
		return
	}
	d := n.out().DType
	switch {
	case !op.Log:
		l := n.layer("Softmax", object{"axis": axesOf(axes)}, d, n.out(), n.tensor(0))
		if n.has(1) {
			l.kwargs["mask"] = n.tensor(1)
		}
		n.set(l.output(0))
	case n.has(1) || len(axes) != 1:
		n.unsupported("Keras 3 has no log_softmax over axes %v with a mask", axes)
	default:
		n.set(n.like("nn", "LogSoftmax", object{"axis": axes[0]}, n.tensor(0)))
	}
}
