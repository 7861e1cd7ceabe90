package kernel

import (
	"math"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/cpu"
)

const maxSlidingKernel = 7

// slidingArgs describes output rows of a depthwise convolution that are computed along the columns. Assembly reads
// this struct as 8-byte words: keep the order in step with gen.
type slidingArgs struct {
	rows   [maxSlidingKernel]unsafe.Pointer // input rows of the first output row; padding is a row of zeros
	w      unsafe.Pointer                   // [k][k][channels]
	bias   unsafe.Pointer                   // channels
	y      unsafe.Pointer                   // [outputs][channels]
	full   int                              // outputs whose last columns are inside the input
	tail   int                              // outputs after those
	pad    int                              // columns of padding on the left
	left   int                              // columns of the input that are left for the tail
	pixel  int                              // bytes of a column: 4·channels
	blocks int                              // of 8 channels
	lo, hi float32
	count  int // output rows; if more than one, their input has no padding
	step   int // bytes from the input of one of them to that of the next
	ystep  int // bytes from one output row to the next
}

// sliding holds what a WindowPlan needs to run a depthwise convolution by columns.
type sliding struct {
	ok   bool
	zero []float32 // a row of zeros
	args slidingArgs
}

// newSliding finds out whether the geometry suits the column kernels: 3×3, 5×5 or 7×7, stride 1 or 2, no dilation.
func newSliding(g *ConvGeom) sliding {
	k, s, w, pad := g.Kernel[2], g.Stride[2], g.In[2], g.Pad[2]
	first := k - s // columns before those that complete the first output
	if g.Kernel != [3]int{1, k, k} || k != 3 && k != 5 && k != 7 || s != 1 && s != 2 || g.Dilation[1] != 1 || g.Dilation[2] != 1 ||
		g.In[0] != 1 || g.Out[0] != 1 || g.Pad[0] != 0 || g.Cin < 8 || g.Cin > len(zeroFloats) || pad > first || w+pad < first {
		return sliding{}
	}
	full := 0
	if w+pad >= k {
		full = min(g.Out[2], (w+pad-k)/s+1)
	}
	return sliding{
		ok: true, zero: make([]float32, w*g.Cin),
		args: slidingArgs{
			full: full, tail: g.Out[2] - full, pad: pad, left: max(0, w+pad-first-s*full),
			pixel: g.Cin * 4,
		},
	}
}

// run computes all channels: vectors of them, and a last vector that begins before the end of the others where they are
// no whole number.
func (a *slidingArgs) run(g *ConvGeom) {
	each := min(g.Cin/8, slidingBlocks())
	a.blocks = g.Cin / 8 / each * each
	slidingRows(a, g.Kernel[2], g.Stride[2])
	if rest := g.Cin - a.blocks*8; rest > 0 {
		last := *a
		last.blocks = each
		last.skip((g.Cin - each*8) * 4)
		slidingRows(&last, g.Kernel[2], g.Stride[2])
	}
}

// skip moves on by a number of bytes of every column.
func (a *slidingArgs) skip(bytes int) {
	for i, row := range a.rows {
		if row != nil {
			a.rows[i] = unsafe.Add(row, bytes)
		}
	}
	a.w, a.bias, a.y = unsafe.Add(a.w, bytes), unsafe.Add(a.bias, bytes), unsafe.Add(a.y, bytes)
}

// slidingRows computes the output rows [row0, row1) of an image from x to y.
func (d *Depthwise) slidingRows(x, y []float32, row0, row1 int) {
	g := &d.Plan.Geom
	a := d.Plan.sliding.args
	a.w = slicePtr(d.W, 0)
	a.bias = unsafe.Pointer(&zeroFloats[0])
	if d.Bias != nil {
		a.bias = slicePtr(d.Bias, 0)
	}
	mode, lo, hi, clamps := d.Act.clamp()
	if mode == clampNone {
		lo, hi = float32(math.Inf(-1)), float32(math.Inf(1))
	}
	a.lo, a.hi = lo, hi
	in, out := g.In[2]*g.Cin, g.Out[2]*g.Cin
	a.step, a.ystep = g.Stride[1]*in*4, out*4
	most := max(1, cpu.L2Bytes/2/max(1, a.step)) // what they share should still be near
	for row := row0; row < row1; row += a.count {
		top := row*g.Stride[1] - g.Pad[1]
		a.count = 1
		if top >= 0 {
			inside := (g.In[1]-top-g.Kernel[1])/g.Stride[1] + 1
			a.count = min(max(1, inside), row1-row, most)
		}
		for k := range g.Kernel[1] {
			iy := top + k
			if iy < 0 || iy >= g.In[1] {
				a.rows[k] = slicePtr(d.Plan.sliding.zero, 0)
			} else {
				a.rows[k] = slicePtr(x, iy*in)
			}
		}
		a.y = slicePtr(y, row*out)
		a.run(g)
		if !clamps {
			r := y[row*out:][:a.count*out]
			d.Act.Apply(r, r)
		}
	}
}
