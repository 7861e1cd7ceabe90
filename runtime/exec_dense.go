package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareDense(c *compiler, n *ir.Node) (*executor, error) {
	act := activation(n.Op.(*ir.Dense).Act)
	m := prepareMatrix(c, n, 1, 2)
	e := &executor{}
	if has(n, 3) {
		e.inplace = []int{3}
	}
	e.scratch = func(in, _ []ir.Type) int {
		return roundUp(m.scratch(in[1].Shape[0].Size, in[1].Shape[1].Size)) + m.quarters.scratch(exampleRows(in[0].Shape))
	}
	e.bind = func(b *binding) (step, error) {
		k, cols := b.types[1].Shape[0].Size, b.types[1].Shape[1].Size
		w, bias, before := m.bind(b, b.scratch, k, cols)
		rows := rowsOf(b.types[0].Shape)
		g := &kernel.FastGemm{Gemm: kernel.Gemm{M: rows, N: cols, K: k, LDA: k, B: w, Bias: bias, LDC: cols, LDR: cols, Act: act}}
		m.quarters.bind(g, exampleRows(b.types[0].Shape), b.scratch[roundUp(m.scratch(k, cols)):])
		b.weights, b.next = w, &g.Next
		b.flops(2, max(rows, 2), cols, k) // a single row waits for the weights
		x, y := b.in[0], b.out[0]
		var residual *buffer
		if len(b.in) > 3 {
			residual = b.in[3]
		}
		return func(x2 *exec) error {
			if before != nil {
				before()
			}
			g.A, g.C = x.f32, y.f32
			if residual != nil {
				g.R = residual.f32
			}
			g.Run(x2.pool)
			return nil
		}, nil
	}
	return e, nil
}

// exampleRows is rowsOf without the batch, with an open dimension taken as 1.
func exampleRows(s ir.Shape) int {
	n := 1
	for _, d := range s[min(1, len(s)):max(1, len(s)-1)] {
		if d.IsKnown() {
			n = mulLimit(n, d.Size)
		}
	}
	return n
}

// rowsOf is the product of all dimensions but the last.
func rowsOf(s ir.Shape) int {
	n := 1
	for _, d := range s[:len(s)-1] {
		n *= d.Size
	}
	return n
}
