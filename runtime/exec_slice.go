package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

func prepareSlice(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Slice)
	if len(op.Axes) == 0 {
		return &executor{view: true}, nil
	}
	return &executor{bind: func(b *binding) (step, error) {
		m := move{shape: slices.Clone(b.in[0].shape), from: contiguous(b.in[0].shape)}
		for _, a := range op.Axes {
			axis, err := ir.NormAxis(a.Axis, len(m.shape))
			if err != nil {
				return nil, err
			}
			start, count, by := a.Resolve(m.shape[axis])
			m.fromAt += start * m.from[axis]
			m.from[axis] *= by
			m.shape[axis] = count
		}
		m.to = contiguous(m.shape)
		return bindMoves(b, b.out[0], b.in, m)
	}}, nil
}

func prepareFlip(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Flip)
	return &executor{bind: func(b *binding) (step, error) {
		m := move{shape: b.in[0].shape, to: contiguous(b.in[0].shape), from: contiguous(b.in[0].shape)}
		for _, a := range op.Axes {
			axis, err := ir.NormAxis(a, len(m.shape))
			if err != nil {
				return nil, err
			}
			m.fromAt += (m.shape[axis] - 1) * m.from[axis]
			m.from[axis] = -m.from[axis]
		}
		return bindMoves(b, b.out[0], b.in, m)
	}}, nil
}
