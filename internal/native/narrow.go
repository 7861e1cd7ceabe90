package native

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// kernel is an input of a node that holds a weight matrix. Axis is what its
// int8 scales run along: the channels that share no sum.
type kernel struct {
	input, axis int
}

// kernelsOf lists the inputs of an op that a narrow dtype is meant for. Biases,
// norms and tables that are added stay as they are: they are small, and their
// errors are not averaged away.
func kernelsOf(op ir.Op) []kernel {
	switch o := op.(type) {
	case *ir.Dense, *ir.Conv, *ir.ConvLSTM:
		return []kernel{{1, -1}}
	case *ir.ConvTranspose, *ir.DepthwiseConv:
		return []kernel{{1, -2}}
	case *ir.LSTM, *ir.GRU, *ir.SimpleRNN:
		return []kernel{{1, -1}, {2, -1}}
	case *ir.MatMul, *ir.Einsum:
		return []kernel{{0, -1}, {1, -1}}
	case *ir.Gather:
		return []kernel{{0, o.Axis}}
	}
	return nil
}

// kernelAxes gives the constants to narrow, each with its axis. A constant that
// is only moved before it is a kernel counts, with its last axis.
func kernelAxes(m *ir.Model) map[ir.ValueID]int {
	axes := map[ir.ValueID]int{}
	mark := func(id ir.ValueID, axis int) {
		if id == ir.None {
			return
		}
		if _, ok := axes[id]; !ok {
			axes[id] = axis
		}
	}
	for i := range slices.Backward(m.Nodes) {
		n := &m.Nodes[i]
		for _, k := range kernelsOf(n.Op) {
			if k.input < len(n.Inputs) {
				mark(n.Inputs[k.input], k.axis)
			}
		}
		switch n.Op.(type) {
		case *ir.Reshape, *ir.Transpose, *ir.Slice, *ir.Cast:
			if _, ok := axes[n.Outputs[0]]; ok {
				mark(n.Inputs[0], -1)
			}
		}
	}
	out := map[ir.ValueID]int{}
	for id, axis := range axes {
		t := m.Const(id)
		if t == nil || t.DType != ir.Float32 || len(t.Shape) < 2 {
			continue
		}
		if a, err := ir.NormAxis(axis, len(t.Shape)); err == nil {
			out[id] = a
		}
	}
	return out
}

// channels views a tensor of the shape as [outer, shape[axis], inner].
func channels(shape []int, axis int) (n, inner int) {
	inner = 1
	for _, d := range shape[axis+1:] {
		inner *= d
	}
	return shape[axis], inner
}

// scales returns the symmetric int8 scale of every channel. ok is false when
// the values are not all finite or a scale is too small to be divided by.
func scales(t *ir.Tensor, axis int) (s []float32, ok bool) {
	n, inner := channels(t.Shape, axis)
	s = make([]float32, n)
	for i, v := range t.Float32s() {
		c := i / inner % n
		a := float32(math.Abs(float64(v)))
		if !(a <= math.MaxFloat32) {
			return nil, false
		}
		s[c] = max(s[c], a)
	}
	for c, largest := range s {
		s[c] = largest / 127
		if largest > 0 && s[c] < 0x1p-126 {
			return nil, false
		}
	}
	return s, true
}

// quantize gives the int8 of v for a scale.
func quantize(v, scale float32) int8 {
	if scale == 0 {
		return 0
	}
	return int8(min(max(math.RoundToEven(float64(v)/float64(scale)), -127), 127))
}

// dequantize is the inverse, into float32.
func dequantize(q *ir.Tensor, scale []float32, axis int) *ir.Tensor {
	n, inner := channels(q.Shape, axis)
	out := make([]float32, len(q.Data))
	for i, b := range q.Data {
		out[i] = float32(int8(b)) * scale[i/inner%n]
	}
	return ir.NewFloat32(out, q.Shape...)
}

// fitsFloat16 reports whether no finite value becomes infinite.
func fitsFloat16(t *ir.Tensor) bool {
	for _, v := range t.Float32s() {
		if a := math.Abs(float64(v)); a >= 65520 && a <= math.MaxFloat32 {
			return false
		}
	}
	return true
}
