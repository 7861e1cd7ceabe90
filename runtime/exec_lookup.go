package runtime

import (
	"sort"

	"github.com/kerasgo/kerasgo/ir"
)

// prepareLookup makes a table of the keys, which must be constant.
func prepareLookup(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Lookup)
	keys := c.take(n, 1)
	if keys == nil {
		return nil, ir.Errorf(ir.ErrUnsupported, "looks values up among keys that are not constant")
	}
	if keys.DType == ir.String {
		return tableLookup(op, keys.Strings), nil
	}
	return tableLookup(op, keys.Int64s()), nil
}

func tableLookup[K int64 | string](op *ir.Lookup, keys []K) *executor {
	table := make(map[K]int64, len(keys))
	for i, k := range keys {
		if _, ok := table[k]; !ok {
			table[k] = op.First + int64(i)
		}
	}
	return &executor{bind: func(b *binding) (step, error) {
		in, out := slotOf[K](b.in[0]), slot[int64](b.out[0])
		missing := op.Missing
		s := newSpread(b, elems(b.out[0].shape), 30, 8, func(_, lo, hi int) {
			dst := (*out)[lo:hi]
			for i, x := range (*in)[lo:hi] {
				v, ok := table[x]
				if !ok {
					v = missing
				}
				dst[i] = v
			}
		})
		if !op.Strict {
			return s.step, nil
		}
		return func(x *exec) error {
			for i, v := range *in {
				if _, ok := table[v]; !ok {
					return ir.Errorf(ir.ErrUsage, "element %d of the input, %v, is not in the vocabulary, and the layer has no index for others (num_oov_indices=0)", i, quoted(v))
				}
			}
			return s.step(x)
		}, nil
	}}
}

func quoted(v any) any {
	if s, ok := v.(string); ok {
		if len(s) > 80 {
			s = s[:80] + "…"
		}
		return `"` + s + `"`
	}
	return v
}

// slotOf is slot for the types of keys.
func slotOf[K int64 | string](b *buffer) *[]K {
	var zero K
	var p any = &b.str
	if _, ok := any(zero).(int64); ok {
		p = &b.i64
	}
	return p.(*[]K)
}

func prepareBucketize(c *compiler, n *ir.Node) (*executor, error) {
	return &executor{inplace: []int{0}, bind: func(b *binding) (step, error) {
		switch b.in[0].kind {
		case ir.Float32:
			return bucketizeStep[float32](b), nil
		case ir.Int32:
			return bucketizeStep[int32](b), nil
		case ir.Int64:
			return bucketizeStep[int64](b), nil
		}
		return nil, badKind("bucketize", b.in[0].kind)
	}}, nil
}

func bucketizeStep[T float32 | int32 | int64](b *binding) step {
	in, bounds, out := slot[T](b.in[0]), b.in[1], slot[int32](b.out[0])
	return newSpread(b, elems(b.out[0].shape), 10, 16, func(_, lo, hi int) {
		edges := bounds.f32
		for i := lo; i < hi; i++ {
			x := float32((*in)[i])
			(*out)[i] = int32(sort.Search(len(edges), func(k int) bool { return x < edges[k] }))
		}
	}).step
}

func prepareBincount(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Bincount)
	return &executor{bind: func(b *binding) (step, error) {
		if b.in[0].kind == ir.Int64 {
			return bincountBy[int64](b, op), nil
		}
		return bincountBy[int32](b, op), nil
	}}, nil
}

func bincountBy[I int32 | int64](b *binding, op *ir.Bincount) step {
	if b.out[0].kind == ir.Float32 {
		return bincountStep[I, float32](b, op)
	}
	return bincountStep[I, int64](b, op)
}

func bincountStep[I int32 | int64, T float32 | int64](b *binding, op *ir.Bincount) step {
	in, out := slot[I](b.in[0]), slot[T](b.out[0])
	n := b.in[0].shape[len(b.in[0].shape)-1]
	depth := b.out[0].shape[len(b.out[0].shape)-1]
	var weights *[]T
	if len(b.in) > 1 && b.in[1] != nil {
		weights = slot[T](b.in[1])
	}
	count := newSpread(b, elems(b.in[0].shape[:len(b.in[0].shape)-1]), 0.3*float64(depth)+2*float64(n), 1, func(_, lo, hi int) {
		for r := lo; r < hi; r++ {
			dst := (*out)[r*depth : (r+1)*depth]
			clear(dst)
			for k, i := range (*in)[r*n : (r+1)*n] {
				switch {
				case i < 0 || int64(i) >= int64(depth):
				case weights != nil:
					dst[i] += (*weights)[r*n+k]
				case op.Binary:
					dst[i] = 1
				default:
					dst[i]++
				}
			}
		}
	}).step
	if op.Bins == "" {
		return count
	}
	return func(x *exec) error {
		most := op.Depth
		for _, i := range *in {
			if int64(i) >= 1<<31-1 {
				return ir.Errorf(ir.ErrLimit, "cannot count as far as %d", i)
			}
			most = max(most, int(i)+1)
		}
		if most != depth {
			return &sizeError{op.Bins, most}
		}
		return count(x)
	}
}
