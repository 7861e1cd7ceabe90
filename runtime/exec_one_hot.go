package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareOneHot(c *compiler, n *ir.Node) (*executor, error) {
	depth := n.Op.(*ir.OneHot).Depth
	return &executor{bind: func(b *binding) (step, error) {
		if b.in[0].kind == ir.Int64 {
			return oneHotBy[int64](b, depth), nil
		}
		return oneHotBy[int32](b, depth), nil
	}}, nil
}

func oneHotBy[I int32 | int64](b *binding, depth int) step {
	switch b.out[0].kind {
	case ir.Float32:
		return oneHotStep[I, float32](b, depth, 1)
	case ir.Int32:
		return oneHotStep[I, int32](b, depth, 1)
	case ir.Int64:
		return oneHotStep[I, int64](b, depth, 1)
	}
	return oneHotStep[I](b, depth, true)
}

func oneHotStep[I int32 | int64, T Element](b *binding, depth int, on T) step {
	in, out := slot[I](b.in[0]), slot[T](b.out[0])
	return newSpread(b, elems(b.in[0].shape), 3+0.1*float64(depth), 16, func(_, lo, hi int) {
		dst := (*out)[lo*depth : hi*depth]
		clear(dst)
		for k, i := range (*in)[lo:hi] {
			if i >= 0 && int64(i) < int64(depth) {
				dst[k*depth+int(i)] = on
			}
		}
	}).step
}
