package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareConcat(c *compiler, n *ir.Node) (*executor, error) {
	if len(n.Inputs) == 1 {
		return &executor{view: true}, nil
	}
	axis, err := ir.NormAxis(n.Op.(*ir.Concat).Axis, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	return &executor{bind: func(b *binding) (step, error) {
		to := contiguous(b.out[0].shape)
		var moves []move
		at := 0
		for i, in := range b.in {
			moves = append(moves, move{source: i, shape: in.shape, to: to, from: contiguous(in.shape), toAt: at * to[axis]})
			at += in.shape[axis]
		}
		return bindMoves(b, b.out[0], b.in, moves...)
	}}, nil
}
