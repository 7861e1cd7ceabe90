package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareDepthwiseConv(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.DepthwiseConv)
	k, _ := c.model.Type(n.Inputs[1]).Shape.Ints()
	rank := len(k) - 2
	win := window{k[:rank], op.Strides, op.Dilations, op.Padding}
	multiplier := k[rank+1]
	act := activation(op.Act)
	w, bias := c.plain(n, 1), c.plain(n, 2)
	residual := has(n, 3)
	e := &executor{}
	e.bind = func(b *binding) (step, error) {
		if elems(b.out[0].shape) == 0 { // an axis may then be of any length
			return noop, nil
		}
		g, err := win.geometry(b.in[0].shape, b.out[0].shape, k[rank]*multiplier, k[rank])
		if err != nil {
			return nil, err
		}
		if tapLists(g) > maxTapLists {
			return nil, ir.Errorf(ir.ErrLimit, "a depthwise window of %v over %v overlaps the borders in too many ways", k[:rank], b.in[0].shape)
		}
		d := &kernel.Depthwise{Plan: kernel.NewWindowPlan(g), N: b.in[0].shape[0], Multiplier: multiplier, Act: act}
		if residual {
			d.Act = kernel.Activation{}
		}
		b.flops(4, elems(b.out[0].shape), elems(k[:rank]))
		x, y := b.in[0], b.out[0]
		return func(ex *exec) error {
			d.X, d.Y, d.W, d.Bias = x.f32, y.f32, w.values(b), bias.values(b)
			d.Run(ex.pool)
			if residual {
				kernel.Add(y.f32, y.f32, b.in[3].f32)
				act.Apply(y.f32, y.f32)
			}
			return nil
		}, nil
	}
	return e, nil
}
