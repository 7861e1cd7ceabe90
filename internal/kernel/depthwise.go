package kernel

import (
	"time"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// windowArgs describes pixels positions of a row that have the same taps, for all channels. Assembly reads this struct
// as 8-byte words: keep the order in step with gen.
type windowArgs struct {
	x        unsafe.Pointer // first tap of the first position
	xstride  int            // floats from one position to the next
	taps     *window
	ntaps    int
	w        unsafe.Pointer // [kernel...][channels]; nil for pooling
	bias     unsafe.Pointer // channels
	y        unsafe.Pointer // [pixels][channels]
	pixels   int
	channels int
	mode     clampMode
	lo, hi   float32
	scale    float32 // average pooling: 1/ntaps
	_        float32
}

// Depthwise computes Y = act(depthwise convolution of X + Bias) for N images, channels last: an output of each channel,
// so that with Keras's depth multiplier Cin counts the channels that Repeat makes. Like a Gemm, it belongs to one
// goroutine at a time and should outlive a call.
type Depthwise struct {
	Plan *WindowPlan
	N    int
	X    []float32 // [N][In...][Cin]
	W    []float32 // Keras's kernel [kernel...][Cin]
	Bias []float32 // Cin values; nil: none
	Y    []float32 // [N][Out...][Cin]; must not overlap X
	Act  Activation

	rowGroup, rowChunks int
}

// Run computes Y. The result does not depend on p.
func (d *Depthwise) Run(p *workers.Pool) {
	g := &d.Plan.Geom
	checkLen("X", len(d.X), d.N*g.inFloats())
	checkLen("W", len(d.W), volume(g.Kernel)*g.Cin)
	checkLen("Y", len(d.Y), d.N*volume(g.Out)*g.Cin)
	if d.Bias != nil {
		checkLen("Bias", len(d.Bias), g.Cin)
	}
	flops := float64(volume(g.Kernel)*2) * float64(g.Out[2]*g.Cin)
	d.rowGroup, d.rowChunks, p = rowGrid(d.Plan.rows(), d.N, flops/30_000, p)
	p.Run(d, d.N*d.rowChunks)
}

// rowGrid splits images of rows rows, each micros long, into chunks of group rows. The pool is nil when it does not pay.
func rowGrid(rows, images int, micros float64, p *workers.Pool) (group, chunks int, use *workers.Pool) {
	total := micros * float64(rows*images)
	if !p.Worth(time.Duration(total * 1000)) {
		return max(1, rows), 1, nil
	}
	want := max(total/chunkMicros, min(float64(4*p.Threads()), total/0.7), 1)
	chunks = min(rows, max(1, int(want/float64(images)+0.999)), workers.MaxChunks/max(1, min(images, workers.MaxChunks)))
	chunks = max(1, chunks)
	group = ceilDiv(rows, chunks)
	return group, ceilDiv(rows, group), p
}

// RunChunk is for the pool.
func (d *Depthwise) RunChunk(_, chunk int) {
	g := &d.Plan.Geom
	image := chunk / d.rowChunks
	row0 := chunk % d.rowChunks * d.rowGroup
	row1 := min(d.Plan.rows(), row0+d.rowGroup)
	x := d.X[image*g.inFloats():]
	y := d.Y[image*volume(g.Out)*g.Cin:]
	if d.Plan.sliding.ok && hasSliding() {
		d.slidingRows(x, y, row0, row1)
		return
	}
	a := windowArgs{w: slicePtr(d.W, 0), channels: g.Cin}
	var clamps bool
	a.mode, a.lo, a.hi, clamps = d.Act.clamp()
	for row := row0; row < row1; row++ {
		for ox := 0; ox < g.Out[2]; {
			r := d.Plan.next(row, ox)
			a.x, a.xstride = slicePtr(x, r.in), r.stride
			a.taps, a.ntaps = unsafe.SliceData(r.taps), len(r.taps)
			a.y, a.pixels = slicePtr(y, r.out*g.Cin), r.n
			if d.Bias != nil {
				a.bias = slicePtr(d.Bias, 0)
			}
			depthwiseRun(&a)
			ox += r.n
		}
		if !clamps {
			out := y[row*g.Out[2]*g.Cin:][:g.Out[2]*g.Cin]
			d.Act.Apply(out, out)
		}
	}
}

func depthwiseGeneric(a *windowArgs) {
	taps := unsafe.Slice(a.taps, a.ntaps)
	for i := range a.pixels {
		out := tileRow(a.y, i*a.channels, a.channels)
		if a.bias != nil {
			copy(out, tileRow(a.bias, 0, a.channels))
		} else {
			clear(out)
		}
		for _, t := range taps {
			in := tileRow(a.x, i*a.xstride+int(t.x), a.channels)
			w := tileRow(a.w, int(t.w), a.channels)
			for c := range out {
				out[c] += in[c] * w[c]
			}
		}
		if a.mode != clampNone {
			for c, v := range out {
				out[c] = clamp32(v, a.lo, a.hi)
			}
		}
	}
}
