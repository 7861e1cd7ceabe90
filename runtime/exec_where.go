package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareWhere(c *compiler, n *ir.Node) (*executor, error) {
	return &executor{inplace: []int{1, 2}, bind: func(b *binding) (step, error) {
		return bindWhere(b, b.out[0], b.in[0], b.in[1], b.in[2])
	}}, nil
}

// bindWhere makes the step dst = cond ? a : b with broadcasting.
func bindWhere(bd *binding, dst, cond, a, b *buffer) (step, error) {
	switch dst.kind {
	case ir.Float32:
		return whereStep[float32](bd, dst, cond, a, b)
	case ir.Int32:
		return whereStep[int32](bd, dst, cond, a, b)
	case ir.Int64:
		return whereStep[int64](bd, dst, cond, a, b)
	case ir.Bool:
		return whereStep[bool](bd, dst, cond, a, b)
	}
	return whereStep[string](bd, dst, cond, a, b)
}

func whereStep[T Element](bd *binding, dst, cond, a, b *buffer) (step, error) {
	w, err := newWalk(dst.shape, cond.shape, a.shape, b.shape)
	if err != nil {
		return nil, err
	}
	out, pa, pb := slot[T](dst), slot[T](a), slot[T](b)
	return newSpread(bd, w.total, 1+5/float64(max(w.n, 1)), 64, func(_, lo, hi int) {
		all, x, y, pick := *out, *pa, *pb, cond.b
		w.each(lo, hi, func(o, n int, at [3]int) {
			where(all[o:o+n], pick[at[0]:], x[at[1]:], y[at[2]:], w.step)
		})
	}).step, nil
}

func where[T Element](dst []T, pick []bool, a, b []T, step [3]int) {
	if step[0] == 0 {
		src, s := b, step[2]
		if pick[0] {
			src, s = a, step[1]
		}
		for i := range dst {
			dst[i] = src[i*s]
		}
		return
	}
	for i := range dst {
		if pick[i] {
			dst[i] = a[i*step[1]]
		} else {
			dst[i] = b[i*step[2]]
		}
	}
}
