package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareTranspose(c *compiler, n *ir.Node) (*executor, error) {
	perm := n.Op.(*ir.Transpose).Perm
	if keepsOrder(perm, c.model.Type(n.Inputs[0]).Shape) {
		return &executor{view: true}, nil
	}
	return &executor{bind: func(b *binding) (step, error) {
		return bindMoves(b, b.out[0], b.in, transposition(b.in[0].shape, perm))
	}}, nil
}

// keepsOrder reports whether only axes of size 1 change places.
func keepsOrder(perm []int, shape ir.Shape) bool {
	last := -1
	for _, p := range perm {
		if shape[p] == ir.Known(1) {
			continue
		}
		if p < last {
			return false
		}
		last = p
	}
	return true
}

// transposition is the move from a tensor of shape to one whose axis i is its
// axis perm[i].
func transposition(shape, perm []int) move {
	m := move{}
	strides := contiguous(shape)
	for _, p := range perm {
		m.shape = append(m.shape, shape[p])
		m.from = append(m.from, strides[p])
	}
	m.to = contiguous(m.shape)
	return m
}

// inverse is the move back.
func (m move) inverse() move {
	m.to, m.from = m.from, m.to
	m.toAt, m.fromAt = m.fromAt, m.toAt
	return m
}
