package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareLayerNorm(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.LayerNorm)
	rank := len(c.model.Type(n.Inputs[0]).Shape)
	axes, err := ir.NormAxes(op.Axes, rank)
	if err != nil {
		return nil, err
	}
	gamma, beta := c.plain(n, 1), c.plain(n, 2)
	epsilon := float32(op.Epsilon)
	e := &executor{inplace: []int{0}}
	threads := c.opts.threads
	e.scratch = func(in, _ []ir.Type) int {
		x, _ := in[0].Shape.Ints()
		if trailing(x, axes) {
			return 0
		}
		return mulLimit(threads, groupSize(x, axes))
	}
	e.bind = func(b *binding) (step, error) {
		x, y := b.in[0], b.out[0]
		size := groupSize(x.shape, axes)
		if len(y.f32) == 0 && elems(x.shape) == 0 {
			return noop, nil
		}
		groups := elems(x.shape) / size
		norm := func(dst, src []float32) {
			if op.RMS {
				kernel.RMSNorm(dst, src, size, gamma.values(b), epsilon)
				if beta != nil {
					kernel.AddRow(dst, dst, beta.values(b))
				}
			} else {
				kernel.LayerNorm(dst, src, size, gamma.values(b), beta.values(b), epsilon)
			}
		}
		const perElement = 0.5 // ns
		if trailing(x.shape, axes) {
			return newSpread(b, groups, perElement*float64(size), 1, func(_, lo, hi int) {
				norm(y.f32[lo*size:hi*size], x.f32[lo*size:hi*size])
			}).step, nil
		}
		first, inside := offsets(x.shape, axes)
		return newSpread(b, groups, 6*perElement*float64(size), 1, func(worker, lo, hi int) {
			row := b.scratch[worker*size:][:size]
			for _, at := range first[lo:hi] {
				for i, o := range inside {
					row[i] = x.f32[at+o]
				}
				norm(row, row)
				for i, o := range inside {
					y.f32[at+o] = row[i]
				}
			}
		}).step, nil
	}
	return e, nil
}

// trailing reports whether nothing but axes of one element follows the axes.
func trailing(shape, axes []int) bool {
	began := false
	for i, n := range shape {
		in := slices.Contains(axes, i)
		if began && !in && n != 1 {
			return false
		}
		began = began || in && n != 1
	}
	return true
}

// groupSize is how many elements are normalised together.
func groupSize(shape, axes []int) int {
	n := 1
	for _, a := range axes {
		n *= shape[a]
	}
	return n
}

// offsets lists where every group begins and where its elements are from there.
func offsets(shape, axes []int) (first, inside []int) {
	first, inside = []int{0}, []int{0}
	strides := contiguous(shape)
	for i, n := range shape {
		list := &first
		if slices.Contains(axes, i) {
			list = &inside
		}
		next := make([]int, 0, len(*list)*n)
		for _, o := range *list {
			for k := range n {
				next = append(next, o+k*strides[i])
			}
		}
		*list = next
	}
	return first, inside
}
