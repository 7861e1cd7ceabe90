package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareHistory(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.History)
	axis, err := ir.NormAxis(op.Axis, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	return &executor{bind: func(b *binding) (step, error) {
		x, y := b.in[0], b.out[0]
		size := 1 // of what is kept and of x together
		for i, d := range x.shape {
			if i == axis {
				d += op.Steps
			}
			size = mulLimit(size, d)
		}
		if size > int(c.opts.maxMemory/8) {
			return nil, ir.Errorf(ir.ErrLimit, "a history of %d steps of %v needs more memory than the limit; see runtime.WithMaxMemory (--limit MaxMemory=N)", op.Steps, x.shape)
		}
		if y == nil { // only the state is wanted
			y = &buffer{kind: x.kind, dtype: x.dtype, shape: append([]int{}, x.shape...)}
			y.shape[axis] += op.Steps
			y.setMemory(alignedBytes(elems(y.shape)*kindSize(y.kind)), elems(y.shape))
		}
		kept := append([]int{}, x.shape...)
		kept[axis] = op.Steps
		st, err := b.session.state(slotName(op, 0), x.kind, float64(op.Value), kept...)
		if err != nil {
			return nil, err
		}
		to, from := contiguous(y.shape), contiguous(kept)
		join, err := bindMoves(b, y, []*buffer{&st.buffer, x},
			move{source: 0, shape: kept, to: to, from: from},
			move{source: 1, shape: x.shape, to: to, from: contiguous(x.shape), toAt: op.Steps * to[axis]})
		if err != nil {
			return nil, err
		}
		keep, err := bindMoves(b, &st.buffer, []*buffer{y}, move{shape: kept, to: from, from: to, fromAt: x.shape[axis] * to[axis]})
		if err != nil {
			return nil, err
		}
		return func(ex *exec) error {
			if err := join(ex); err != nil {
				return err
			}
			return keep(ex)
		}, nil
	}}, nil
}
