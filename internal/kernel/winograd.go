package kernel

import (
	"math"
	"time"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/cpu"
	"github.com/kerasgo/kerasgo/internal/workers"
)

// winoInputArgs describes the input of one tile. Assembly reads this struct as 8-byte words: keep the order in step
// with gen.
type winoInputArgs struct {
	rows        [winoSize]unsafe.Pointer // at the first column that is inside; padding is a row of zeros
	first, last int                      // columns [first, last) of the tile are inside
	pixel       int                      // bytes from one column to the next
	v           unsafe.Pointer           // [36] results, stride bytes apart
	stride      int
	blocks      int // channels/8
}

// winoOutputArgs describes the output of one tile, likewise.
type winoOutputArgs struct {
	m          unsafe.Pointer // [36] products, stride bytes apart
	stride     int
	bias       unsafe.Pointer
	y          unsafe.Pointer
	row, pixel int // bytes from one row, one column, to the next
	rows, cols int // of the tile that are wanted, 1..4
	blocks     int
	r          unsafe.Pointer // laid out like y; nil: none
	lo, hi     float32
}

// Winograd is a Conv of a geometry that WinogradFits, computed with fewer multiplications. Like a Gemm, it belongs to
// one goroutine at a time and should outlive a call.
type Winograd struct {
	Plan *WinogradPlan
	N    int
	X    []float32 // [N][H][W][Cin]
	W    []float32 // PackWinograd
	Bias []float32 // PackConvBias; nil: none
	Y    []float32 // [N][OH][OW][Cout]; must not overlap X
	R    []float32 // like Y, added before the activation, may be Y; nil: none
	Act  Activation
	Next []float32 // as in Gemm

	scratch []float32
	blocks  int // per image
	phase   winoPhase
	current int // block, when its phases are run by the pool
	chunks  int
}

// winoPhase is what a chunk does.
type winoPhase uint8

const (
	winoAll      winoPhase = iota // all of a block
	winoInput                     // the input transform of some tiles of the current block
	winoMultiply                  // the products of some frequencies
	winoOutput                    // the output transform of some tiles
	winoColumns                   // all of a block for some columns of the products, each with the input transform of its own
)

// ScratchFloats is the length of the scratch Run wants with a pool of threads threads.
func (p *WinogradPlan) ScratchFloats(threads int) int { return threads * p.blockFloats() }

func (p *WinogradPlan) blockFloats() int {
	return p.freq*(p.lines(p.Geom.Cin)+p.lines(p.Geom.Cout)) + p.smallFloats()
}

// lines is the distance in floats of two frequencies of a block whose tiles have n channels. It is an odd number of
// cache lines, lest the 36 places of a tile fall on few sets of the cache.
func (p *WinogradPlan) lines(n int) int { return (ceilDiv(p.block*n, 16) | 1) * 16 }

// Run computes Y. The result does not depend on p.
func (c *Winograd) Run(p *workers.Pool, scratch []float32) {
	g := &c.Plan.Geom
	if c.N <= 0 || c.Plan.tiles == 0 {
		return
	}
	checkLen("X", len(c.X), c.N*g.inFloats())
	checkLen("Y", len(c.Y), c.N*g.outFloats())
	checkLen("W", len(c.W), PackedWinogradFloats(*g, c.Plan.tile))
	checkLen("scratch", len(scratch), c.Plan.ScratchFloats(p.Threads()))
	if c.R != nil {
		checkLen("R", len(c.R), c.N*g.outFloats())
	}
	if c.Bias != nil {
		checkLen("Bias", len(c.Bias), g.Cout)
	}
	c.scratch = scratch
	c.blocks = ceilDiv(c.Plan.tiles, c.Plan.block)
	n := c.N * c.blocks
	blockMicros := 2 * float64(c.Plan.freq*c.Plan.block) * float64(g.Cin*g.Cout) / flopsPerMicro
	switch {
	case !p.Worth(time.Duration(blockMicros * float64(n) * 1000)):
		c.phase = winoAll
		var alone *workers.Pool
		alone.Run(c, n)
	case n < p.Threads() && blockMicros < columnMicros && c.splitColumns(p.Threads()):
		c.phase = winoColumns
		p.Run(c, n*c.chunks)
	case n >= 4*p.Threads() || n%p.Threads() == 0:
		c.phase = winoAll
		p.Run(c, n)
	default:
		for c.current = range n {
			tiles := c.tilesOf(c.current)
			for c.phase = winoInput; c.phase <= winoOutput; c.phase++ {
				c.chunks = min(tiles, 4*p.Threads())
				if c.phase == winoMultiply {
					c.chunks = min(c.Plan.freq, 6*p.Threads())
				}
				p.Run(c, c.chunks)
			}
		}
	}
	c.scratch = nil
}

// columnMicros is how short a block must be for the waiting between its phases to cost more than to transform its input
// once for each thread.
const columnMicros = 60

// splitColumns makes chunks of as many columns for so many threads, if that may pay.
func (c *Winograd) splitColumns(threads int) bool {
	g := &c.Plan.Geom
	_, _, _, clamps := c.Act.clamp()
	c.chunks = min(threads, g.Cout/(stripPanels()*Panel))
	return c.chunks > 1 && g.Cin <= g.Cout && clamps && !c.Plan.small()
}

// columns computes a part of the columns of a block.
func (c *Winograd) columns(block, part int, s []float32) {
	g, width := &c.Plan.Geom, stripPanels()*Panel
	strips := ceilDiv(g.Cout, width)
	j0, j1 := part*strips/c.chunks*width, min(g.Cout, (part+1)*strips/c.chunks*width)
	tiles := c.tilesOf(block)
	c.input(block, 0, tiles, s, nil)
	c.multiply(block, 0, c.Plan.freq, j0, j1, s)
	c.output(block, 0, tiles, j0, j1, s, nil)
}

// tilesOf is the number of tiles of a block.
func (c *Winograd) tilesOf(block int) int {
	b := block % c.blocks
	return min(c.Plan.tiles, (b+1)*c.Plan.block) - b*c.Plan.block
}

// RunChunk is for the pool.
func (c *Winograd) RunChunk(worker, chunk int) {
	size, cout := c.Plan.blockFloats(), c.Plan.Geom.Cout
	if c.phase == winoAll {
		s := c.scratch[worker*size : (worker+1)*size]
		room := s[size-c.Plan.smallFloats():]
		c.input(chunk, 0, c.tilesOf(chunk), s, room)
		c.multiply(chunk, 0, c.Plan.freq, 0, cout, s)
		c.output(chunk, 0, c.tilesOf(chunk), 0, cout, s, room)
		return
	}
	if c.phase == winoColumns {
		c.columns(chunk/c.chunks, chunk%c.chunks, c.scratch[worker*size:(worker+1)*size])
		return
	}
	s, room := c.scratch[:size], c.scratch[(worker+1)*size-c.Plan.smallFloats():]
	n := c.Plan.freq
	if c.phase != winoMultiply {
		n = c.tilesOf(c.current)
	}
	from, to := chunk*n/c.chunks, (chunk+1)*n/c.chunks
	switch c.phase {
	case winoInput:
		c.input(c.current, from, to, s, room)
	case winoMultiply:
		c.multiply(c.current, from, to, 0, cout, s)
	case winoOutput:
		c.output(c.current, from, to, 0, cout, s, room)
	}
}

// input transforms tiles [t0, t1) of a block into V, for every product [block][Cin], at the start of s.
func (c *Winograd) input(block, t0, t1 int, s, room []float32) {
	pl := c.Plan
	g := &pl.Geom
	x := c.X[block/c.blocks*g.inFloats():][:g.inFloats()]
	h, w := g.In[1], g.In[2]
	a := winoInputArgs{pixel: g.Cin * 4, stride: pl.lines(g.Cin) * 4, blocks: g.Cin / Lane}
	for t := t0; t < t1; t++ {
		tile := block%c.blocks*pl.block + t
		if pl.line() {
			c.lineInput(x, tile, s[t*g.Cin:])
			continue
		}
		y0 := tile/pl.tilesX*pl.tile - g.Pad[1]
		x0 := tile%pl.tilesX*pl.tile - g.Pad[2]
		if pl.small() {
			c.smallInput(x, y0, x0, s[t*g.Cin:], pl.lines(g.Cin), room)
			continue
		}
		a.first = min(max(0, -x0), winoSize)
		a.last = max(a.first, min(winoSize, w-x0))
		for i := range a.rows {
			if y := y0 + i; y < 0 || y >= h || a.last == a.first {
				a.rows[i] = slicePtr(pl.zero, 0)
			} else {
				a.rows[i] = slicePtr(x, (y*w+x0+a.first)*g.Cin)
			}
		}
		a.v = slicePtr(s, t*g.Cin)
		winoInputRun(&a)
	}
}

// multiply computes columns [j0, j1) of frequencies [f0, f1) of a block's products M, each [block][Cout], behind V in s.
func (c *Winograd) multiply(block, f0, f1, j0, j1 int, s []float32) {
	pl := c.Plan
	g := &pl.Geom
	size := PackedBFloats(g.Cin, g.Cout)
	in, out := pl.lines(g.Cin), pl.lines(g.Cout)
	m := s[pl.freq*pl.lines(g.Cin):]
	tiles := c.tilesOf(block)
	n := ceilDiv(tiles, tileRows(g.Cout))
	var off [maxTileRows]int32
	for i := range off {
		off[i] = int32(i * g.Cin)
	}
	a := tileArgs{off: &off[0], taps: 1, k: g.Cin, ldc: g.Cout}
	base, extra := tiles/n, tiles%n
	// Panels that take a good part of the second-level cache go through all tiles before the next.
	group := min(g.Cout, max(1, cpu.L2Bytes/2/(g.Cin*Panel*4))*Panel)
	for f := f0; f < f1; f++ {
		for j := j0; j < j1; j += group {
			a.n = min(group, j1-j)
			a.b = slicePtr(c.W, f*size+j*g.Cin)
			var after []float32
			switch {
			case j+a.n < j1:
				after = c.W[f*size+(j+a.n)*g.Cin : f*size+j1*g.Cin]
			case f+1 < pl.freq:
				after = c.W[(f+1)*size+j0*g.Cin : (f+1)*size+j1*g.Cin]
			case block+1 < c.N*c.blocks:
				after = c.W[:size]
			default:
				after = c.Next[:min(len(c.Next), nextFloats())]
			}
			ahead := newAheadStream(after, 1, min(4*len(after), cpu.L2Bytes/2), 0, n*a.fetches())
			// First the extra tiles of one more row, then the others.
			for row := 0; row < tiles; {
				a.rows, a.tiles = base, n-extra
				if row == 0 && extra > 0 {
					a.rows, a.tiles = base+1, extra
				}
				a.nextA = a.rows * g.Cin
				a.a = slicePtr(s, f*in+row*g.Cin)
				a.zero = a.a
				a.c = slicePtr(m, f*out+row*g.Cout+j)
				row += a.rows * a.tiles // which the tiles count down
				ahead.next(&a)
				tileBias(&a, nil, 0)
			}
		}
	}
}

// output transforms columns [j0, j1) of tiles [t0, t1) of a block's products into Y: all columns, when tiles are small or
// the activation does not clamp.
func (c *Winograd) output(block, t0, t1, j0, j1 int, s, room []float32) {
	pl := c.Plan
	g := &pl.Geom
	m := s[pl.freq*pl.lines(g.Cin):]
	base := block / c.blocks * g.outFloats()
	a := winoOutputArgs{
		stride: pl.lines(g.Cout) * 4, bias: unsafe.Pointer(&zeroFloats[0]), row: g.Out[2] * g.Cout * 4, pixel: g.Dilation[2] * g.Cout * 4, blocks: (j1 - j0) / Lane,
	}
	if c.Bias != nil {
		a.bias = slicePtr(c.Bias, j0)
	}
	mode, lo, hi, fused := c.Act.clamp()
	if mode == clampNone || !fused {
		lo, hi = float32(math.Inf(-1)), float32(math.Inf(1))
	}
	a.lo, a.hi = lo, hi
	for t := t0; t < t1; t++ {
		tile := block%c.blocks*pl.block + t
		y0, x0 := tile/pl.tilesX*pl.tile, tile%pl.tilesX*pl.tile
		if pl.small() {
			c.smallOutput(m[t*g.Cout:], pl.lines(g.Cout), base, y0, x0, room)
			continue
		}
		a.rows, a.cols = min(winoTile, g.Out[1]-y0), min(winoTile, g.Out[2]-x0)
		if pl.line() {
			if y0, x0, a.cols = pl.linePlace(tile); a.cols == 0 {
				continue
			}
			a.rows = 1
		}
		at := base + (y0*g.Out[2]+x0)*g.Cout
		a.m = slicePtr(m, t*g.Cout+j0)
		if c.R != nil {
			a.r = slicePtr(c.R, at+j0)
		}
		a.y = slicePtr(c.Y, at+j0)
		if pl.line() {
			c.lineOutput(&a, j1-j0, at+j0)
		} else {
			winoOutputRun(&a)
		}
		if !fused {
			c.activate(&a, at)
		}
	}
}

// activate applies the activation to the outputs of a tile that starts at Y[at].
func (c *Winograd) activate(a *winoOutputArgs, at int) {
	n, parts := a.cols*c.Plan.Geom.Cout, 1
	if a.pixel > c.Plan.Geom.Cout*4 { // apart from one another
		n, parts = c.Plan.Geom.Cout, a.cols
	}
	for r := range a.rows {
		for i := range parts {
			v := c.Y[at+(r*a.row+i*a.pixel)/4:][:n]
			c.Act.Apply(v, v)
		}
	}
}

// winoInputLine is Bᵀ·d.
func winoInputLine(d *[winoSize]float32) [winoSize]float32 {
	t0, t1 := d[4]-winoB2*d[2], winoA*(d[3]-winoB2*d[1])
	t2, t3 := d[4]-winoA2*d[2], winoB*(d[3]-winoA2*d[1])
	return [winoSize]float32{
		winoA2*winoB2*d[0] - (winoA2+winoB2)*d[2] + d[4], t0 + t1, t0 - t1, t2 + t3, t2 - t3,
		winoA2*winoB2*d[1] - (winoA2+winoB2)*d[3] + d[5],
	}
}

// winoOutputLine is Aᵀ·m for n outputs.
func winoOutputLine(m *[winoSize]float32, n int) (y [winoSize - 1]float32) {
	s1, d1, s2, d2 := m[1]+m[2], m[1]-m[2], m[3]+m[4], m[3]-m[4]
	y[0] = m[0] + s1 + s2
	a, b := float32(1), float32(1)
	for i := 1; i < n; i++ {
		a, b = a*winoA, b*winoB
		if y[i] = a*d1 + b*d2; i%2 == 0 {
			y[i] = a*s1 + b*s2
		}
	}
	y[n-1] += m[5]
	return y
}

func winoInputGeneric(a *winoInputArgs) {
	pixel, stride := a.pixel/4, a.stride/4
	for c := range a.blocks * Lane {
		var square [winoSize][winoSize]float32 // [row of frequencies][column of the tile]
		for x := a.first; x < a.last; x++ {
			var d [winoSize]float32
			for i, row := range a.rows {
				d[i] = *(*float32)(unsafe.Add(row, ((x-a.first)*pixel+c)*4))
			}
			for i, v := range winoInputLine(&d) {
				square[i][x] = v
			}
		}
		for i := range square {
			for j, v := range winoInputLine(&square[i]) {
				*(*float32)(unsafe.Add(a.v, ((i*winoSize+j)*stride+c)*4)) = v
			}
		}
	}
}

func winoOutputGeneric(a *winoOutputArgs) {
	stride := a.stride / 4
	for c := range a.blocks * Lane {
		var square [winoTile][winoSize]float32
		for j := range winoSize {
			var m [winoSize]float32
			for i := range m {
				m[i] = *(*float32)(unsafe.Add(a.m, ((i*winoSize+j)*stride+c)*4))
			}
			line := winoOutputLine(&m, winoTile)
			for r := range square {
				square[r][j] = line[r]
			}
		}
		for r := range a.rows {
			line := winoOutputLine(&square[r], winoTile)
			a.finish(line[:a.cols], r, c)
		}
	}
}

// finish writes the outputs of a line of row r of the tile and channel c.
func (a *winoOutputArgs) finish(line []float32, r, c int) {
	bias := *(*float32)(unsafe.Add(a.bias, c*4))
	for x, v := range line {
		at := r*a.row + x*a.pixel + c*4
		v += bias
		if a.r != nil {
			v += *(*float32)(unsafe.Add(a.r, at))
		}
		*(*float32)(unsafe.Add(a.y, at)) = clamp32(v, a.lo, a.hi)
	}
}
