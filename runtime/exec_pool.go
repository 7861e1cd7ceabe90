package runtime

import (
	"cmp"
	"math"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func preparePool(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Pool)
	win := window{op.Size, op.Strides, nil, op.Padding}
	return &executor{bind: func(b *binding) (step, error) {
		x, y := b.in[0], b.out[0]
		if elems(y.shape) == 0 { // an axis may then be of any length
			return noop, nil
		}
		g, err := win.geometry(x.shape, y.shape, x.shape[len(x.shape)-1], 1)
		if err != nil {
			return nil, err
		}
		batch := x.shape[0]
		if x.kind != ir.Float32 {
			return func(*exec) error {
				maxPool(&g, batch, x.i32, y.i32, math.MinInt32)
				maxPool(&g, batch, x.i64, y.i64, math.MinInt64)
				return nil
			}, nil
		}
		if tapLists(g) > maxTapLists {
			return func(*exec) error {
				if op.Avg {
					avgPool(&g, batch, x.f32, y.f32)
				} else {
					maxPool(&g, batch, x.f32, y.f32, float32(math.Inf(-1)))
				}
				return nil
			}, nil
		}
		p := &kernel.Pooling{Plan: kernel.NewWindowPlan(g), Average: op.Avg, N: batch}
		b.flops(4, elems(y.shape), elems(op.Size))
		return func(ex *exec) error {
			p.X, p.Y = x.f32, y.f32
			p.Run(ex.pool)
			return nil
		}, nil
	}}, nil
}

// maxPool is for integers, and for windows whose taps are too many to list. x
// and y are empty when the values have another element type. Windows that lie in
// the padding alone give lowest.
func maxPool[T cmp.Ordered](g *kernel.ConvGeom, batch int, x, y []T, lowest T) {
	for i := range y {
		y[i] = lowest
	}
	eachWindow(g, batch, len(y), func(out, first, _ int) {
		copy(y[out:out+g.Cin], x[first:first+g.Cin])
	}, func(out, in int) {
		for c, v := range x[in : in+g.Cin] {
			y[out+c] = max(y[out+c], v)
		}
	})
}

func avgPool(g *kernel.ConvGeom, batch int, x, y []float32) {
	for i := range y {
		y[i] = float32(math.NaN())
	}
	last, n := -1, 1
	finish := func() {
		if last >= 0 {
			kernel.MulScalar(y[last:last+g.Cin], y[last:last+g.Cin], 1/float32(n))
		}
	}
	eachWindow(g, batch, len(y), func(out, first, count int) {
		finish()
		last, n = out, count
		copy(y[out:out+g.Cin], x[first:first+g.Cin])
	}, func(out, in int) {
		kernel.Add(y[out:out+g.Cin], y[out:out+g.Cin], x[in:in+g.Cin])
	})
	finish()
}

// eachWindow calls begin with the first element inside every window, and how
// many there are, then more with each of the others.
func eachWindow(g *kernel.ConvGeom, batch, size int, begin func(out, first, count int), more func(out, in int)) {
	if size == 0 {
		return
	}
	inside := func(d, o int) (lo, hi int) {
		start := o*g.Stride[d] - g.Pad[d]
		return max(start, 0), min(start+g.Kernel[d], g.In[d])
	}
	out := 0
	for b := range batch {
		for oz := range g.Out[0] {
			z0, z1 := inside(0, oz)
			for oy := range g.Out[1] {
				y0, y1 := inside(1, oy)
				for ox := range g.Out[2] {
					x0, x1 := inside(2, ox)
					count := (z1 - z0) * (y1 - y0) * (x1 - x0)
					first := true
					for z := z0; z < z1; z++ {
						for y := y0; y < y1; y++ {
							for x := x0; x < x1; x++ {
								in := (((b*g.In[0]+z)*g.In[1]+y)*g.In[2] + x) * g.Cin
								if first {
									begin(out, in, count)
									first = false
								} else {
									more(out, in)
								}
							}
						}
					}
					out += g.Cin
				}
			}
		}
	}
}
