package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// maxPadMoves bounds the regions that padding is made of.
const maxPadMoves = 1 << 12

func preparePad(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Pad)
	return &executor{bind: func(b *binding) (step, error) {
		moves := []move{{shape: b.in[0].shape, from: contiguous(b.in[0].shape), to: contiguous(b.out[0].shape)}}
		if op.Mode == "constant" {
			value, err := constantBuffer(b.out[0], float64(op.Value))
			if err != nil {
				return nil, err
			}
			for axis, stride := range moves[0].to {
				moves[0].toAt += op.Before[axis] * stride
			}
			moves = append(moves, borders(b.in[0].shape, b.out[0].shape, op.Before, op.After)...)
			return bindMoves(b, b.out[0], []*buffer{b.in[0], value}, moves...)
		}
		for axis := range b.in[0].shape {
			if len(moves) > maxPadMoves {
				return nil, ir.Errorf(ir.ErrUnsupported, "%s padding of %d axes", op.Mode, len(op.Before))
			}
			moves = mirrored(moves, axis, op.Before[axis], op.After[axis], op.Mode)
		}
		return bindMoves(b, b.out[0], b.in, moves...)
	}}, nil
}

// constantBuffer holds one element of o's kind.
func constantBuffer(o *buffer, v float64) (*buffer, error) {
	c := &buffer{kind: o.kind, dtype: o.dtype}
	switch o.kind {
	case ir.Float32:
		c.f32 = []float32{float32(v)}
	case ir.Int32:
		c.i32 = []int32{int32(v)}
	case ir.Int64:
		c.i64 = []int64{int64(v)}
	case ir.Bool:
		c.b = []bool{v != 0}
	default:
		return nil, badKind("constant padding", o.kind)
	}
	return c, nil
}

// borders are the slabs around the input within the output: those before and
// after the first axis, then those of the second beside the input, and so on.
func borders(in, out, before, after []int) []move {
	var moves []move
	strides := contiguous(out)
	shape := slices.Clone(out)
	at := 0
	for axis := range in {
		for _, side := range []struct{ n, at int }{{before[axis], 0}, {after[axis], before[axis] + in[axis]}} {
			if side.n == 0 {
				continue
			}
			s := slices.Clone(shape)
			s[axis] = side.n
			moves = append(moves, move{source: 1, shape: s, to: strides, from: make([]int, len(out)), toAt: at + side.at*strides[axis]})
		}
		shape[axis] = in[axis]
		at += before[axis] * strides[axis]
	}
	return moves
}

// mirrored adds to each move the parts of it that lie before and after it on an
// axis: its elements reflected, or its outermost ones repeated.
func mirrored(moves []move, axis, before, after int, mode string) []move {
	var all []move
	for _, m := range moves {
		n, from, to := m.shape[axis], m.from[axis], m.to[axis]
		part := func(size, first, by, at int) {
			if size == 0 {
				return
			}
			p := m
			p.shape, p.from = slices.Clone(m.shape), slices.Clone(m.from)
			p.shape[axis], p.from[axis] = size, by*from
			p.fromAt += first * from
			p.toAt += at * to
			all = append(all, p)
		}
		skip := 0 // reflect leaves out the outermost element
		if mode == "reflect" {
			skip = 1
		}
		switch mode {
		case "edge":
			part(before, 0, 0, 0)
			part(after, n-1, 0, before+n)
		default:
			part(before, before-1+skip, -1, 0)
			part(after, n-1-skip, -1, before+n)
		}
		part(n, 0, 1, before)
	}
	return all
}
