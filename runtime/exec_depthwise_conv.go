package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareDepthwiseConv(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.DepthwiseConv)
	k, _ := c.model.Type(n.Inputs[1]).Shape.Ints()
	rank := len(k) - 2
	win := window{k[:rank], op.Strides, op.Dilations, op.Padding}
	multiplier := k[rank+1]
	channels := k[rank] * multiplier
	act := activation(op.Act)
	w, bias := c.plain(n, 1), c.plain(n, 2)
	residual := has(n, 3)
	e := &executor{}
	if multiplier > 1 {
		e.scratch = func(in, _ []ir.Type) int {
			x, _ := in[0].Shape.Ints()
			return mulLimit(elems(x), multiplier)
		}
	}
	e.bind = func(b *binding) (step, error) {
		if elems(b.out[0].shape) == 0 { // an axis may then be of any length
			return noop, nil
		}
		repeated := slices.Clone(b.in[0].shape)
		repeated[len(repeated)-1] = channels
		g, err := win.geometry(repeated, b.out[0].shape, channels, channels)
		if err != nil {
			return nil, err
		}
		if tapLists(g) > maxTapLists {
			return nil, ir.Errorf(ir.ErrLimit, "a depthwise window of %v over %v overlaps the borders in too many ways", k[:rank], b.in[0].shape)
		}
		d := &kernel.Depthwise{Plan: kernel.NewWindowPlan(g), N: b.in[0].shape[0], Act: act}
		if residual {
			d.Act = kernel.Activation{}
		}
		b.flops(4, elems(b.out[0].shape), elems(k[:rank]))
		x, y := b.in[0], b.out[0]
		var repeat *spread
		if multiplier > 1 {
			repeat = newSpread(b, elems(x.shape), float64(multiplier)/4, 8, func(_, lo, hi int) {
				kernel.Repeat(b.scratch[lo*multiplier:hi*multiplier], x.f32[lo:hi], multiplier)
			})
		}
		return func(ex *exec) error {
			d.X, d.Y, d.W, d.Bias = x.f32, y.f32, w.values(b), bias.values(b)
			if repeat != nil {
				repeat.run(ex)
				d.X = b.scratch
			}
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
