package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareBroadcast(c *compiler, n *ir.Node) (*executor, error) {
	return &executor{bind: func(b *binding) (step, error) {
		out, in := b.out[0].shape, b.in[0].shape
		m := move{shape: out, to: contiguous(out), from: make([]int, len(out))}
		strides := contiguous(in)
		for i, d := range in {
			if d != 1 {
				m.from[len(out)-len(in)+i] = strides[i]
			}
		}
		return bindMoves(b, b.out[0], b.in, m)
	}}, nil
}

func prepareTile(c *compiler, n *ir.Node) (*executor, error) {
	reps := n.Op.(*ir.Tile).Reps
	return &executor{bind: func(b *binding) (step, error) {
		in := b.in[0].shape
		strides := contiguous(in)
		m := move{}
		for i, d := range in {
			m.shape = append(m.shape, reps[i], d)
			m.from = append(m.from, 0, strides[i])
		}
		m.to = contiguous(m.shape)
		return bindMoves(b, b.out[0], b.in, m)
	}}, nil
}

func prepareRepeat(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Repeat)
	axis, err := ir.NormAxis(op.Axis, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	return &executor{bind: func(b *binding) (step, error) {
		in := b.in[0].shape
		outer, inner := elems(in[:axis+1]), elems(in[axis+1:])
		m := move{shape: []int{outer, op.N, inner}, from: []int{inner, 0, 1}}
		m.to = contiguous(m.shape)
		return bindMoves(b, b.out[0], b.in, m)
	}}, nil
}
