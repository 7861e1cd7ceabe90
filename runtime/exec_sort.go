package runtime

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

func prepareSort(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Sort)
	axis, err := ir.NormAxis(op.Axis, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	threads := c.opts.threads
	return &executor{bind: func(b *binding) (step, error) {
		f := foldAxes(b.in[0].shape, []int{axis})
		switch b.in[0].kind {
		case ir.Float32:
			return sortStep[float32](b, f, op.Descending, threads), nil
		case ir.Int32:
			return sortStep[int32](b, f, op.Descending, threads), nil
		case ir.Int64:
			return sortStep[int64](b, f, op.Descending, threads), nil
		}
		return nil, badKind("sort", b.in[0].kind)
	}}, nil
}

// sorter sorts one line through an order of its positions.
type sorter[T float32 | int32 | int64] struct {
	line  []T
	order []int32
	cmp   func(a, b int32) int
}

func newSorter[T float32 | int32 | int64](n int, descending bool) *sorter[T] {
	s := &sorter[T]{line: make([]T, n), order: make([]int32, n)}
	s.cmp = func(a, b int32) int {
		x, y := s.line[a], s.line[b]
		switch {
		case x != x || y != y: // NaN last
			return int(b2i(x != x)) - int(b2i(y != y))
		case x == y:
			return 0
		case (x < y) != descending:
			return -1
		}
		return 1
	}
	return s
}

func b2i(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func sortStep[T float32 | int32 | int64](b *binding, f folding, descending bool, threads int) step {
	sorters := make([]*sorter[T], threads)
	for i := range sorters {
		sorters[i] = newSorter[T](f.n, descending)
	}
	in := slot[T](b.in[0])
	var values *[]T
	var places *[]int32
	if b.out[0] != nil {
		values = slot[T](b.out[0])
	}
	if b.out[1] != nil {
		places = slot[int32](b.out[1])
	}
	cost := 20 * float64(f.n) * max(1, math.Log2(float64(f.n)+1))
	return newSpread(b, f.outer*f.inner, cost, 1, func(worker, lo, hi int) {
		s, x := sorters[worker], *in
		for i := lo; i < hi; i++ {
			at := i/f.inner*f.n*f.inner + i%f.inner
			for k := range s.line {
				s.line[k], s.order[k] = x[at+k*f.inner], int32(k)
			}
			slices.SortStableFunc(s.order, s.cmp)
			for k, from := range s.order {
				if values != nil {
					(*values)[at+k*f.inner] = s.line[from]
				}
				if places != nil {
					(*places)[at+k*f.inner] = from
				}
			}
		}
	}).step
}
