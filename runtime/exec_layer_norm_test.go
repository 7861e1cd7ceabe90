package runtime

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestLayerNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 1))
	for range 100 {
		shape := pick(r, []int{5}, []int{3, 8}, []int{2, 4, 33}, []int{2, 3, 4, 5}, []int{0, 4}, []int{2, 5, 1, 3}, []int{40, 10})
		var axes []int
		for i := range shape {
			if r.IntN(2) == 0 {
				axes = append(axes, i)
			}
		}
		if len(axes) == 0 {
			axes = []int{len(shape) - 1}
		}
		x := random(r, shape...)
		var inner []int
		for _, a := range axes {
			inner = append(inner, shape[a])
		}
		gamma, gt := maybe(r, random(r, inner...))
		beta, bt := maybe(r, random(r, inner...))
		op := &ir.LayerNorm{Epsilon: 1e-3, RMS: r.IntN(3) == 0}
		for _, a := range axes {
			op.Axes = append(op.Axes, a-r.IntN(2)*len(shape))
		}
		y := newArray(shape...)
		key := func(i []int, in bool) (k []int) {
			for d, v := range i {
				if slices.Contains(axes, d) == in {
					k = append(k, v)
				}
			}
			return k
		}
		each(shape, func(i []int) {
			var v []float64
			each(shape, func(j []int) {
				if slices.Equal(key(i, false), key(j, false)) {
					v = append(v, x.at(j...))
				}
			})
			mean, variance := 0., 0.
			for _, a := range v {
				mean += a / float64(len(v))
			}
			if op.RMS {
				mean = 0
			}
			for _, a := range v {
				variance += (a - mean) * (a - mean) / float64(len(v))
			}
			s := (x.at(i...) - mean) / math.Sqrt(variance+1e-3)
			if gamma != nil {
				s *= gamma.at(key(i, true)...)
			}
			if beta != nil {
				s += beta.at(key(i, true)...)
			}
			y.set(s, i...)
		})
		checkNode(t, op, []*ir.Tensor{x.tensor(), gt, bt}, []*array{y}, 2e-5)
	}
}

func TestBatchNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 1))
	for range 80 {
		shape := pick(r, []int{5, 3}, []int{2, 4, 33}, []int{2, 3, 4, 5}, []int{0, 4}, []int{1, 70, 1000})
		axis := r.IntN(len(shape)-1) + 1
		n := shape[axis]
		x := random(r, shape...)
		gamma, gt := maybe(r, random(r, n))
		beta, bt := maybe(r, random(r, n))
		mean, variance := random(r, n), random(r, n)
		for i := range variance.v {
			variance.v[i] = math.Abs(variance.v[i])
		}
		op := &ir.BatchNorm{Axis: axis - r.IntN(2)*len(shape), Epsilon: 1e-3, Act: pick(r, testActs...)}
		y := newArray(shape...)
		each(shape, func(i []int) {
			c := i[axis]
			s := (x.at(i...) - mean.v[c]) / math.Sqrt(variance.v[c]+1e-3)
			if gamma != nil {
				s *= gamma.v[c]
			}
			if beta != nil {
				s += beta.v[c]
			}
			y.set(s, i...)
		})
		checkNode(t, op, []*ir.Tensor{x.tensor(), gt, bt, mean.tensor(), variance.tensor()}, []*array{apply(op.Act, y)}, 2e-5)
	}
}
