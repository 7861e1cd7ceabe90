package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareGather(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Gather)
	axis, err := ir.NormAxis(op.Axis, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	return &executor{bind: func(b *binding) (step, error) {
		g := gather{outer: elems(b.in[0].shape[:axis]), n: b.in[0].shape[axis], inner: elems(b.in[0].shape[axis+1:]), count: elems(b.in[1].shape), wrap: op.Wrap}
		if b.in[1].kind == ir.Int64 {
			return gatherBy[int64](b, g)
		}
		return gatherBy[int32](b, g)
	}}, nil
}

// gather is the look-up of count rows of inner elements among n, outer times.
type gather struct {
	outer, n, inner, count int
	wrap                   bool
}

func gatherBy[I int32 | int64](b *binding, g gather) (step, error) {
	switch b.out[0].kind {
	case ir.Float32:
		if b.in[1].kind == ir.Int32 && g.outer == 1 {
			return gatherRows(b, g), nil
		}
		return gatherStep[I, float32](b, g), nil
	case ir.Int32:
		return gatherStep[I, int32](b, g), nil
	case ir.Int64:
		return gatherStep[I, int64](b, g), nil
	case ir.Bool:
		return gatherStep[I, bool](b, g), nil
	}
	return gatherStep[I, string](b, g), nil
}

// gatherRows is gatherStep for what embeddings do.
func gatherRows(b *binding, g gather) step {
	table, ids, out := b.in[0], b.in[1], b.out[0]
	s := newSpread(b, g.count, gatherNs(4*g.inner), 1, func(_, lo, hi int) {
		kernel.GatherRows(out.f32[lo*g.inner:hi*g.inner], table.f32, ids.i32[lo:hi], g.inner)
	})
	any := gatherStep[int32, float32](b, g)
	return func(x *exec) error {
		if kernel.RowsOf(ids.i32) > int64(g.n) {
			return any(x) // of which some may count from the end
		}
		s.run(x)
		return nil
	}
}

// gatherNs is about how long looking up a row of so many bytes takes.
func gatherNs(size int) float64 { return 2 + float64(size)*0.05 }

func gatherStep[I int32 | int64, T Element](b *binding, g gather) step {
	table, indices, out := slot[T](b.in[0]), slot[I](b.in[1]), slot[T](b.out[0])
	size := max(kindSize(b.out[0].kind), 1)
	s := newSpread(b, g.outer*g.count, 2+gatherNs(g.inner*size), 1, func(_, lo, hi int) {
		t, ids, dst := *table, *indices, *out
		block, k := lo/max(g.count, 1), lo%max(g.count, 1)
		for r := lo; r < hi; r++ {
			i := int(ids[k])
			if i < 0 {
				i += g.n
			}
			at := (block*g.n + i) * g.inner
			if g.inner == 1 {
				dst[r] = t[at]
			} else {
				copy(dst[r*g.inner:(r+1)*g.inner], t[at:at+g.inner])
			}
			if k++; k == g.count {
				k, block = 0, block+1
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

func checkIndices[I int32 | int64](ids []I, g gather) error {
	least := 0
	if g.wrap {
		least = -g.n
	}
	for k, i := range ids {
		if int64(i) < int64(least) || int64(i) >= int64(g.n) {
			return ir.Errorf(ir.ErrUsage, "index %d (element %d of the indices) is not in [%d, %d)", i, k, least, g.n)
		}
	}
	return nil
}
