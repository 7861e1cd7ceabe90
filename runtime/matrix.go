package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// matrix is the B of a GEMM with its bias. Constants are packed by prepare;
// what the model computes is packed by every run, into scratch.
type matrix struct {
	k, n   int // of computed weights, 0
	w      *weights
	bias   *weights
	hasB   bool
	inputW int // which inputs of the node they are
	inputB int

	quarters *quarters
}

// prepareMatrix takes inputs w [k, n] and b [n] (which may be absent) of n.
func prepareMatrix(c *compiler, node *ir.Node, w, b int) *matrix {
	m := &matrix{inputW: w, inputB: b, hasB: has(node, b)}
	if t := c.take(node, w); t != nil {
		m.k, m.n = t.Shape[0], t.Shape[1]
		m.w = c.pack(node.Inputs[w], "gemm", kernel.PackedBFloats(m.k, m.n), func(dst []float32) {
			base, scale := t.Factors()
			kernel.PackBScaled(dst, m.k, m.n, base.Float32s(), m.n, scale)
		})
		m.quarters = c.quarters(m.w, exampleRows(c.model.Type(node.Inputs[0]).Shape), m.k, m.n)
	}
	if !m.hasB {
		return m
	}
	if t := c.take(node, b); t != nil {
		n := t.Shape[0]
		m.bias = c.pack(node.Inputs[b], "bias", kernel.PackedBiasFloats(n), func(dst []float32) {
			kernel.PackBias(dst, n, t.Float32s())
		})
	}
	return m
}

// scratch is the room for computed weights.
func (m *matrix) scratch(k, n int) int {
	size := 0
	if m.w == nil {
		size += kernel.PackedBFloats(k, n)
	}
	if m.hasB && m.bias == nil {
		size += kernel.PackedBiasFloats(n)
	}
	return size
}

// bind returns the packed weights and bias, and what a run must do first to
// pack them (nil when they are constants).
func (m *matrix) bind(b *binding, scratch []float32, k, n int) (w, bias []float32, before func()) {
	dynW, dynB := m.w == nil, m.hasB && m.bias == nil
	if dynW {
		w, scratch = scratch[:kernel.PackedBFloats(k, n)], scratch[kernel.PackedBFloats(k, n):]
	} else {
		w = m.w.f32
	}
	if dynB {
		bias = scratch[:kernel.PackedBiasFloats(n)]
	} else if m.hasB {
		bias = m.bias.f32
	}
	if !dynW && !dynB {
		return w, bias, nil
	}
	return w, bias, func() {
		if dynW {
			kernel.PackB(w, k, n, b.in[m.inputW].f32, n)
		}
		if dynB {
			kernel.PackBias(bias, n, b.in[m.inputB].f32)
		}
	}
}
