package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareGatherAlong(c *compiler, n *ir.Node) (*executor, error) {
	axis, err := ir.NormAxis(n.Op.(*ir.GatherAlong).Axis, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	return &executor{bind: func(b *binding) (step, error) {
		shape := b.in[0].shape
		g := gather{outer: elems(shape[:axis]), n: shape[axis], inner: elems(shape[axis+1:]), count: b.in[1].shape[axis], wrap: true}
		for i, d := range b.in[1].shape {
			if i != axis && d != shape[i] {
				return nil, ir.Errorf(ir.ErrShape, "indices %v do not fit %v on axis %d", b.in[1].shape, shape, i)
			}
		}
		if b.in[1].kind == ir.Int64 {
			return gatherAlongBy[int64](b, g)
		}
		return gatherAlongBy[int32](b, g)
	}}, nil
}

func gatherAlongBy[I int32 | int64](b *binding, g gather) (step, error) {
	switch b.out[0].kind {
	case ir.Float32:
		return gatherAlongStep[I, float32](b, g), nil
	case ir.Int32:
		return gatherAlongStep[I, int32](b, g), nil
	case ir.Int64:
		return gatherAlongStep[I, int64](b, g), nil
	case ir.Bool:
		return gatherAlongStep[I, bool](b, g), nil
	}
	return gatherAlongStep[I, string](b, g), nil
}

func gatherAlongStep[I int32 | int64, T Element](b *binding, g gather) step {
	table, indices, out := slot[T](b.in[0]), slot[I](b.in[1]), slot[T](b.out[0])
	s := newSpread(b, g.outer*g.count, 2*float64(g.inner), 1, func(_, lo, hi int) {
		t, ids, dst := *table, *indices, *out
		for r := lo; r < hi; r++ {
			block := r / g.count * g.n * g.inner
			for j := range g.inner {
				i := int(ids[r*g.inner+j])
				if i < 0 {
					i += g.n
				}
				dst[r*g.inner+j] = t[block+i*g.inner+j]
			}
		}
	})
	return func(x *exec) error {
		if err := checkIndices(*indices, g); err != nil {
			return err
		}
		s.run(x)
		return nil
	}
}
