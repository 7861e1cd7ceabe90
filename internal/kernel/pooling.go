package kernel

import (
	"math"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// Pooling computes the maximum or the average over windows, channels last. As TensorFlow's on CPUs, a maximum leaves NaN
// out and is no less than the least finite number. Padding takes no part: the average divides
// by the number of positions inside the input, as TensorFlow does. Like a Gemm, it belongs to one goroutine at a time
// and should outlive a call.
type Pooling struct {
	Plan    *WindowPlan
	Average bool // else the maximum
	N       int
	X       []float32 // [N][In...][Cin]
	Y       []float32 // [N][Out...][Cin]; must not overlap X

	rowGroup, rowChunks int
}

// Run computes Y. The result does not depend on p.
func (d *Pooling) Run(p *workers.Pool) {
	g := &d.Plan.Geom
	checkLen("X", len(d.X), d.N*g.inFloats())
	checkLen("Y", len(d.Y), d.N*volume(g.Out)*g.Cin)
	micros := float64(volume(g.Kernel)) * float64(g.Out[2]*g.Cin) / 15_000
	d.rowGroup, d.rowChunks, p = rowGrid(d.Plan.rows(), d.N, micros, p)
	p.Run(d, d.N*d.rowChunks)
}

// RunChunk is for the pool.
func (d *Pooling) RunChunk(_, chunk int) {
	g := &d.Plan.Geom
	image := chunk / d.rowChunks
	row0 := chunk % d.rowChunks * d.rowGroup
	row1 := min(d.Plan.rows(), row0+d.rowGroup)
	x := d.X[image*g.inFloats():]
	y := d.Y[image*volume(g.Out)*g.Cin:]
	a := windowArgs{channels: g.Cin}
	for row := row0; row < row1; row++ {
		for ox := 0; ox < g.Out[2]; {
			r := d.Plan.next(row, ox)
			ox += r.n
			if len(r.taps) == 0 {
				d.empty(y[r.out*g.Cin:][:r.n*g.Cin])
				continue
			}
			a.x, a.xstride = slicePtr(x, r.in), r.stride
			a.taps, a.ntaps = unsafe.SliceData(r.taps), len(r.taps)
			a.y, a.pixels = slicePtr(y, r.out*g.Cin), r.n
			if d.Average {
				a.scale = 1 / float32(len(r.taps))
				avgPoolRun(&a)
			} else {
				a.lo = -math.MaxFloat32
				maxPoolRun(&a)
			}
		}
	}
}

// empty fills outputs whose window lies in the padding alone.
func (d *Pooling) empty(y []float32) {
	v := float32(math.Inf(-1))
	if d.Average {
		v = float32(math.NaN())
	}
	for i := range y {
		y[i] = v
	}
}

func maxPoolGeneric(a *windowArgs) {
	taps := unsafe.Slice(a.taps, a.ntaps)
	for i := range a.pixels {
		out := tileRow(a.y, i*a.channels, a.channels)
		for c := range out {
			out[c] = a.lo
		}
		for _, t := range taps {
			for c, v := range tileRow(a.x, i*a.xstride+int(t.x), a.channels) {
				if v > out[c] {
					out[c] = v
				}
			}
		}
	}
}

func avgPoolGeneric(a *windowArgs) {
	taps := unsafe.Slice(a.taps, a.ntaps)
	for i := range a.pixels {
		out := tileRow(a.y, i*a.channels, a.channels)
		copy(out, tileRow(a.x, i*a.xstride, a.channels))
		for _, t := range taps[1:] {
			for c, v := range tileRow(a.x, i*a.xstride+int(t.x), a.channels) {
				out[c] += v
			}
		}
		for c := range out {
			out[c] *= a.scale
		}
	}
}
