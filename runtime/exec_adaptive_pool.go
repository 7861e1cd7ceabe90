package runtime

import (
	"cmp"
	"math"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareAdaptivePool(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.AdaptivePool)
	return &executor{bind: func(b *binding) (step, error) {
		x, y := b.in[0], b.out[0]
		if elems(y.shape) == 0 { // an axis may then have any number of windows
			return noop, nil
		}
		rank := len(op.Size)
		p := &adaptivePool{in: volume3(x.shape[1 : 1+rank]), out: volume3(op.Size), channels: x.shape[1+rank]}
		for i := range p.from {
			p.from[i], p.to[i] = adaptiveWindows(p.in[i], p.out[i])
		}
		if x.kind != ir.Float32 {
			return func(*exec) error {
				adaptiveMax(p, 0, len(y.i32)/p.channels, x.i32, y.i32, math.MinInt32)
				adaptiveMax(p, 0, len(y.i64)/p.channels, x.i64, y.i64, math.MinInt64)
				return nil
			}, nil
		}
		windows := x.shape[0] * elems(op.Size)
		ns := float64(p.taps()) * float64(p.channels) / float64(elems(op.Size))
		return newSpread(b, windows, ns, 1, func(_, lo, hi int) {
			if op.Avg {
				p.mean(lo, hi, x.f32, y.f32)
			} else {
				adaptiveMax(p, lo, hi, x.f32, y.f32, -math.MaxFloat32)
			}
		}).step, nil
	}}, nil
}

// adaptivePool is an AdaptivePool of known shape, of three axes.
type adaptivePool struct {
	in, out  [3]int
	channels int
	from, to [3][]int // of each window, by axis
}

// adaptiveWindows computes in float32, as Keras does.
func adaptiveWindows(n, windows int) (from, to []int) {
	from, to = make([]int, windows), make([]int, windows)
	for i := range windows {
		start := math.Floor(float64(float32(i) * float32(n) / float32(windows)))
		end := math.Ceil(float64(float32(i+1) * float32(n) / float32(windows)))
		from[i] = min(int(start), n-1)
		to[i] = max(min(int(end), n), from[i]+1)
	}
	return from, to
}

// taps is how many elements of a channel all windows have together.
func (p *adaptivePool) taps() int {
	taps := 1
	for i := range p.from {
		n := 0
		for j, from := range p.from[i] {
			n += p.to[i][j] - from
		}
		taps = mulLimit(taps, n)
	}
	return taps
}

// rows calls f for each row of window i, counted through all images: with where
// it begins in the input and how many pixels it has.
func (p *adaptivePool) rows(i int, f func(at, pixels int)) {
	a := i / p.out[2]
	b := a / p.out[1]
	x, y, z, image := i%p.out[2], a%p.out[1], b%p.out[0], b/p.out[0]
	for d := p.from[0][z]; d < p.to[0][z]; d++ {
		for h := p.from[1][y]; h < p.to[1][y]; h++ {
			f((((image*p.in[0]+d)*p.in[1]+h)*p.in[2]+p.from[2][x])*p.channels, p.to[2][x]-p.from[2][x])
		}
	}
}

func (p *adaptivePool) mean(lo, hi int, x, y []float32) {
	for i := lo; i < hi; i++ {
		sum, taps := y[i*p.channels:][:p.channels], 0
		clear(sum)
		p.rows(i, func(at, pixels int) {
			kernel.AddRows(sum, x[at:], pixels, p.channels)
			taps += pixels
		})
		kernel.MulScalar(sum, sum, 1/float32(taps))
	}
}

// adaptiveMax gives lowest where there is nothing above it, NaN included.
func adaptiveMax[T cmp.Ordered](p *adaptivePool, lo, hi int, x, y []T, lowest T) {
	for i := lo; i < hi; i++ {
		best := y[i*p.channels:][:p.channels]
		for c := range best {
			best[c] = lowest
		}
		p.rows(i, func(at, pixels int) {
			for k := range pixels {
				for c, v := range x[at+k*p.channels:][:p.channels] {
					if v > best[c] {
						best[c] = v
					}
				}
			}
		})
	}
}
