package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/ir"
)

// prepareScaledConv runs a 1×1 convolution whose input channels are scaled first:
// each image has a kernel of its own, the model's times the image's scale.
func prepareScaledConv(c *compiler, n *ir.Node) (*executor, error) {
	const residual, scale = 3, 4
	g := c.chainGemm(n, 1, activation(n.Op.(*passes.ScaledConv).Conv.Act))
	e := &executor{scratch: func(_, _ []ir.Type) int { return kernel.PackedBFloats(g.k, g.n) }}
	if has(n, residual) {
		e.inplace = []int{residual}
	}
	e.bind = func(b *binding) (step, error) {
		x, y, s := b.in[0], b.out[0], b.in[scale]
		batch, rows := x.shape[0], x.shape[1]*x.shape[2]
		b.flops(2, batch, rows, g.k, g.n)
		gemm := g.gemm(rows, nil, nil, nil)
		gemm.B = b.scratch[:kernel.PackedBFloats(g.k, g.n)]
		in, out := rows*g.k, rows*g.n
		return func(ex *exec) error {
			for i := range batch {
				scaleRows(gemm.B, g.w.f32, s.f32[i*g.k:][:g.k])
				gemm.A, gemm.C = x.f32[i*in:][:in], y.f32[i*out:][:out]
				if g.residual > 0 {
					gemm.R, gemm.LDR = b.in[residual].f32[i*out:][:out], g.n
				}
				gemm.Run(ex.pool)
			}
			return nil
		}, nil
	}
	return e, nil
}

// scaleRows multiplies the rows of a packed matrix by scale.
func scaleRows(dst, packed, scale []float32) {
	for at := 0; at < len(dst); at += len(scale) * kernel.Panel {
		for k, s := range scale {
			row := at + k*kernel.Panel
			kernel.MulScalar(dst[row:row+kernel.Panel], packed[row:row+kernel.Panel], s)
		}
	}
}
