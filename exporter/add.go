package exporter

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// addends are the class and arguments of the operation that adds a and b. Keras 3
// on TensorFlow adds a vector, whatever axes of length 1 it has besides, along the
// last axis when that is as long, else along axis 1
// (keras/src/backend/tensorflow/numpy.py, add), so not every sum can be an Add.
func (n *node) addends(typ ir.Type, a, b any) (class string, args []any) {
	switch {
	case addsPlainly(shapeOf(a), shapeOf(b)):
		return "Add", []any{a, b}
	case addsPlainly(shapeOf(b), shapeOf(a)):
		return "Add", []any{b, a}
	}
	minus := n.op("numpy", "Subtract", ir.Type{DType: typ.DType, Shape: shapeOf(b)}, nil, scalar(math.Copysign(0, -1), typ.DType), b)
	return "Subtract", []any{a, minus}
}

func shapeOf(v any) ir.Shape {
	if t, ok := v.(*ir.Tensor); ok {
		return t.Type().Shape
	}
	return v.(ref).typ.Shape
}

// addsPlainly reports whether Keras's a + b is NumPy's, whatever the open
// dimensions are.
func addsPlainly(a, b ir.Shape) bool {
	if len(a) < 2 || a.Equal(b) {
		return true
	}
	long := 0 // axes of b that are longer than 1 for certain
	for _, d := range b {
		if d.IsKnown() && d.Size > 1 {
			long++
		}
	}
	for i, d := range b {
		only := long == 0 && !d.IsKnown() || long == 1 && d.IsKnown() && d.Size > 1 // may be the one longer than 1
		if only && !alongAxis(a, d, len(b)-i, len(b)) {
			return false
		}
	}
	return true
}

// alongAxis reports whether Keras adds a vector of d elements to a as NumPy does:
// in a shape of some rank, along the axis that is the fromEnd-th from the end.
func alongAxis(a ir.Shape, d ir.Dim, fromEnd, rank int) bool {
	last, second := a[len(a)-1], a[1]
	differs := func(e ir.Dim) bool { return e.IsKnown() && d.IsKnown() && e != d }
	switch {
	case rank > len(a):
	case fromEnd == 1 && last == d:
		return true
	case fromEnd == len(a)-1:
		return differs(last)
	}
	return differs(last) && differs(second)
}
