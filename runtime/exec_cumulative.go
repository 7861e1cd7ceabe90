package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareCumulative(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Cumulative)
	axis, err := ir.NormAxis(op.Axis, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	return &executor{inplace: []int{0}, bind: func(b *binding) (step, error) {
		f := foldAxes(b.in[0].shape, []int{axis})
		switch b.in[0].kind {
		case ir.Float32:
			return cumulate[float32, float64](b, op, f), nil
		case ir.Int32:
			return cumulate[int32, int32](b, op, f), nil
		case ir.Int64:
			return cumulate[int64, int64](b, op, f), nil
		}
		return nil, badKind("cumulative "+op.Fn, b.in[0].kind)
	}}, nil
}

// cumulate sums elements of type T in the wider type A.
func cumulate[T, A float32 | float64 | int32 | int64](b *binding, op *ir.Cumulative, f folding) step {
	in, out := slot[T](b.in[0]), slot[T](b.out[0])
	join := func(a, v A) A { return a + v }
	first := A(0)
	switch op.Fn {
	case "prod":
		first, join = 1, func(a, v A) A { return a * v }
	case "max":
		join = func(a, v A) A { return max(a, v) }
	case "min":
		join = func(a, v A) A { return min(a, v) }
	}
	fromFirst := op.Fn == "max" || op.Fn == "min"
	return newSpread(b, f.outer*f.inner, 2+2*float64(f.n), 16, func(_, lo, hi int) {
		x, dst := *in, *out
		for i := lo; i < hi; i++ {
			at, by := i/f.inner*f.n*f.inner+i%f.inner, f.inner
			if op.Reverse {
				at, by = at+(f.n-1)*f.inner, -by
			}
			sum := first
			for k := range f.n {
				v := A(x[at])
				if k == 0 && fromFirst {
					sum = v
				}
				next := join(sum, v)
				if op.Exclusive {
					dst[at] = T(sum)
				} else {
					dst[at] = T(next)
				}
				sum = next
				at += by
			}
		}
	}).step
}
