package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareScatter(c *compiler, n *ir.Node) (*executor, error) {
	fn := n.Op.(*ir.Scatter).Fn
	return &executor{inplace: []int{0}, bind: func(b *binding) (step, error) {
		if b.in[1].kind == ir.Int64 {
			return scatterBy[int64](b, fn)
		}
		return scatterBy[int32](b, fn)
	}}, nil
}

func scatterBy[I int32 | int64](b *binding, fn string) (step, error) {
	switch b.out[0].kind {
	case ir.Float32:
		return scatterStep[I](b, floatJoin(fn))
	case ir.Int32:
		return scatterStep[I](b, intJoin[int32](fn))
	case ir.Int64:
		return scatterStep[I](b, intJoin[int64](fn))
	case ir.Bool:
		return scatterStep[I](b, func(_, v bool) bool { return v })
	}
	return scatterStep[I](b, func(_, v string) string { return v })
}

func floatJoin(fn string) func(a, b float32) float32 {
	switch fn {
	case "add":
		return func(a, b float32) float32 { return a + b }
	case "sub":
		return func(a, b float32) float32 { return a - b }
	case "mul":
		return func(a, b float32) float32 { return a * b }
	case "max":
		return func(a, b float32) float32 { return max(a, b) }
	case "min":
		return func(a, b float32) float32 { return min(a, b) }
	}
	return func(_, b float32) float32 { return b }
}

func intJoin[T int32 | int64](fn string) func(a, b T) T {
	if fn == "set" {
		return func(_, b T) T { return b }
	}
	return intPair[T](fn)
}

func scatterStep[I int32 | int64, T Element](b *binding, join func(a, b T) T) (step, error) {
	shape, ids := b.in[0].shape, b.in[1].shape
	k := ids[len(ids)-1]
	inner, rows := elems(shape[k:]), elems(ids[:len(ids)-1])
	if elems(b.in[2].shape) != rows*inner {
		return nil, ir.Errorf(ir.ErrShape, "updates %v for indices %v of %v", b.in[2].shape, ids, shape)
	}
	strides := contiguous(shape)
	in, indices, updates, out := slot[T](b.in[0]), slot[I](b.in[1]), slot[T](b.in[2]), slot[T](b.out[0])
	return func(*exec) error {
		dst, at, up := *out, *indices, *updates
		copy(dst, *in)
		for r := range rows {
			to := 0
			for j := range k {
				i := int64(at[r*k+j])
				if i < 0 || i >= int64(shape[j]) {
					return ir.Errorf(ir.ErrUsage, "index %d (element %d of the indices) is not in [0, %d)", i, r*k+j, shape[j])
				}
				to += int(i) * strides[j]
			}
			for j := range inner {
				dst[to+j] = join(dst[to+j], up[r*inner+j])
			}
		}
		return nil
	}, nil
}
