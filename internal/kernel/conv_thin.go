package kernel

import (
	"time"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// A convolution to few channels, as the last of a network that makes images, leaves most of a panel empty. Its results
// are dot products along the input channels instead.

const thinColumns = 4 // the most channels

// thinRows is how many rows are worked on together, for 1 to 4 channels. Keep it in step with gen.
var thinRows = [thinColumns + 1]int{0, 8, 6, 4, 3}

// isThin reports whether a convolution is made of dot products. It looks at what packing knows.
func (g *ConvGeom) isThin() bool {
	return g.Groups == 1 && g.Cout >= 1 && g.Cout <= thinColumns && g.Cin%Lane == 0 && g.Cin > 0 && volume(g.Kernel) > 1
}

// thinArgs describes groups of thinRows rows × n columns, each the sum over taps of a dot product of length k:
//
//	y[i][j] = bias[i][j] + Σ_t Σ_p row(t, i)[p] · w[t][p/8][j][p%8] + r[i][j]
//
// with the rows of tileArgs. y and r are dense, bias repeats for the rows of a group. Assembly reads this struct as 8-byte
// words: keep the order in step with gen.
type thinArgs struct {
	a      unsafe.Pointer
	zero   unsafe.Pointer // k zeros
	off    *int32         // in floats
	pitch  int            // in entries
	taps   int
	k      int // a multiple of 8
	w      unsafe.Pointer
	bias   unsafe.Pointer
	y      unsafe.Pointer
	r      unsafe.Pointer // nil: none
	groups int
}

// packThin packs a Keras kernel [taps][Cin][n] for thinArgs.
func packThin(dst []float32, g *ConvGeom, kernel, scale []float32) {
	n := g.Cout
	for p := range volume(g.Kernel) * g.Cin {
		for j := range n {
			v := kernel[p*n+j]
			if scale != nil {
				v *= scale[j]
			}
			dst[(p/Lane*n+j)*Lane+p%Lane] = v
		}
	}
}

// thinGeneric computes rows one by one.
func thinGeneric(a *thinArgs, rows, n int) {
	for i := range rows {
		var sums [thinColumns][Lane]float32
		for t := range a.taps {
			off := *(*int32)(unsafe.Add(unsafe.Pointer(a.off), (t*a.pitch+i)*4))
			row := tileRow(a.zero, 0, a.k)
			if off >= 0 {
				row = tileRow(a.a, int(off), a.k)
			}
			w := tileRow(a.w, t*a.k*n, a.k*n)
			for p, v := range row {
				for j := range n {
					sums[j][p%Lane] += v * w[(p/Lane*n+j)*Lane+p%Lane]
				}
			}
		}
		for j := range n {
			s := &sums[j]
			v := ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7])) + *(*float32)(unsafe.Add(a.bias, j*4))
			if a.r != nil {
				v += *(*float32)(unsafe.Add(a.r, (i*n+j)*4))
			}
			*(*float32)(unsafe.Add(a.y, (i*n+j)*4)) = v
		}
	}
}

// thinChunk is how many rows a chunk has: whole groups, of any number of columns.
const thinChunk = 24 * 16

// runThin is Run for a plan of dot products.
func (c *Conv) runThin(p *workers.Pool) {
	pl := c.Plan
	flops := 2 * float64(c.N*pl.rows) * float64(pl.taps*pl.k*pl.Geom.Cout)
	if !p.Worth(time.Duration(flops / flopsPerMicro * 1000)) {
		p = nil
	}
	c.phase = (*Conv).thinChunkRows
	p.Run(c, c.N*ceilDiv(pl.rows, thinChunk))
	c.phase = nil
}

// thinChunkRows computes the rows of a chunk.
func (c *Conv) thinChunkRows(chunk int) {
	pl := c.Plan
	n := pl.Geom.Cout
	chunks := ceilDiv(pl.rows, thinChunk)
	image, first := chunk/chunks, chunk%chunks*thinChunk
	rows := min(thinChunk, pl.rows-first)
	var bias [thinColumns * 8]float32
	if c.Bias != nil {
		for i := range thinRows[n] {
			copy(bias[i*n:], c.Bias[:n])
		}
	}
	at := (image*pl.rows + first) * n
	src := slicePtr(c.src, image*c.srcSize)
	a := thinArgs{
		a: src, zero: src, off: &pl.off[first], pitch: pl.rows, taps: pl.taps, k: pl.k, w: slicePtr(c.W, 0),
		bias: unsafe.Pointer(&bias[0]), y: slicePtr(c.Y, at),
	}
	if pl.zero != nil {
		a.zero = unsafe.Pointer(&pl.zero[0])
	}
	if c.R != nil {
		a.r = slicePtr(c.R, at)
	}
	done := 0
	if a.groups = rows / thinRows[n]; a.groups > 0 && thin(&a, n) {
		done = rows / thinRows[n] * thinRows[n]
	}
	if done < rows {
		a.off, a.y = &pl.off[first+done], slicePtr(c.Y, at+done*n)
		if c.R != nil {
			a.r = slicePtr(c.R, at+done*n)
		}
		thinGeneric(&a, rows-done, n)
	}
	y := c.Y[at:][:rows*n]
	c.Act.Apply(y, y)
}
