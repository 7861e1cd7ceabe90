package kernel

import (
	"math"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// Conv computes Y = act(conv(X, W) + bias + R) for N images, channels last. There is no im2col buffer. Like a Gemm, it
// belongs to one goroutine at a time and should outlive a call.
type Conv struct {
	Plan *ConvPlan
	N    int
	X    []float32 // [N][In...][Cin]
	W    []float32 // PackConv
	Bias []float32 // PackConvBias; nil: none
	Y    []float32 // [N][Out...][Cout]; must not overlap X
	R    []float32 // like Y, added before the activation, may be Y; nil: none
	Act  Activation
	Next []float32 // as in Gemm

	// Product is the product that a pointwise convolution is. Run fills it in but for Sums and Scratch.
	Product FastGemm

	grid    tileGrid
	src     []float32
	srcSize int
	group   int

	phase    func(c *Conv, chunk int) // what a chunk does; nil: a block of the product
	copyRows int                      // of a chunk
}

// copyFloats is about how much of a padded copy a chunk makes.
const copyFloats = 8 << 10

// ScratchFloats is the length of the scratch Run wants for n images.
func (p *ConvPlan) ScratchFloats(n int) int {
	if p.pointwise && !p.plain && StrassenPays(math.MaxInt32, p.Geom.Cout, p.Geom.Cin) {
		return n * p.rows * p.Geom.Cin
	}
	return n * volume(p.copied) * p.Geom.Cin
}

// Run computes Y. The result does not depend on p.
func (c *Conv) Run(p *workers.Pool, scratch []float32) {
	pl := c.Plan
	g := &pl.Geom
	if c.N <= 0 || pl.rows == 0 || g.Cout == 0 {
		return
	}
	checkLen("X", len(c.X), c.N*g.inFloats())
	checkLen("Y", len(c.Y), c.N*g.outFloats())
	checkLen("W", len(c.W), PackedConvFloats(*g))
	if c.R != nil {
		checkLen("R", len(c.R), c.N*g.outFloats())
	}
	if c.Bias != nil {
		checkLen("Bias", len(c.Bias), PackedConvBiasFloats(*g))
	}
	if pl.plain || c.Product.Sums != nil {
		m := &c.Product
		m.M, m.N, m.K, m.A, m.LDA, m.B, m.Bias = pl.Rows(c.N), g.Cout, g.Cin, c.X, g.Cin, c.W, c.Bias
		m.C, m.LDC, m.R, m.LDR, m.Act, m.Next = c.Y, g.Cout, c.R, g.Cout, c.Act, c.Next
		if !pl.plain {
			m.A = scratch[:m.M*m.K]
			c.copy((*Conv).gatherRows, pl.rows, m.K, p)
		}
		m.Run(p)
		return
	}
	c.src, c.srcSize = c.X, g.inFloats()
	if n := volume(pl.copied) * g.Cin; n > 0 {
		checkLen("scratch", len(scratch), c.N*n)
		c.src, c.srcSize = scratch, n
		c.copy((*Conv).padRows, pl.copied[0]*pl.copied[1], pl.copied[2]*g.Cin, p)
	}
	if g.isThin() {
		c.runThin(p)
		c.src = nil
		return
	}
	c.grid.update(pl.rows, g.Cout/g.Groups, pl.taps*pl.k, pl.k, c.N, p)
	for c.group = range g.Groups {
		c.grid.start(c, p)
	}
	c.src = nil
}

// RunChunk is for the pool.
func (c *Conv) RunChunk(_, chunk int) {
	if c.phase != nil {
		c.phase(c, chunk)
		return
	}
	t0, t1, p0, p1, image := c.grid.chunk(chunk)
	for k0, k1 := 0, 0; ; k0 = k1 {
		k1 = min(c.grid.key.k, k0+c.grid.piece)
		c.block(t0, t1, p0, p1, k0, k1, image)
		if k1 == c.grid.key.k {
			return
		}
	}
}

// block adds the products of k0 to k1, whole taps, in the panels p0 to p1.
func (c *Conv) block(t0, t1, p0, p1, k0, k1, image int) {
	pl := c.Plan
	g := &pl.Geom
	nGroup := g.Cout / g.Groups
	j0 := p0 * Panel
	n := min(nGroup, p1*Panel) - j0
	kt := pl.taps * pl.k
	src := slicePtr(c.src, image*c.srcSize+c.group*(g.Cin/g.Groups))
	w := c.W[c.group*PackedBFloats(kt, nGroup):]
	var a tileArgs // field by field: a literal would be made elsewhere and copied
	a.pitch, a.k = pl.rows, pl.k
	a.b, a.skip, a.n = slicePtr(w, j0*kt+k0*Panel), (kt-(k1-k0))*Panel*4, n
	a.ldc, a.ldr = g.Cout, g.Cout
	first := 0
	if pl.k > 0 {
		first, a.taps = k0/pl.k, (k1-k0)/pl.k
	}
	a.zero = src
	if pl.zero != nil {
		a.zero = unsafe.Pointer(&pl.zero[0])
	} else if a.taps > 0 {
		a.uniform = 1
	}
	var bias []float32
	r := c.R
	if k0 > 0 {
		r = c.Y
	} else if c.Bias != nil {
		bias = c.Bias[c.group*PackedBiasFloats(nGroup):]
	}
	post := false
	if k1 == kt {
		var clamps bool
		a.mode, a.lo, a.hi, clamps = c.Act.clamp()
		post = !clamps
	}
	s := c.grid.ahead(w, kt, p0, p1, k0, k1, t1-t0)
	if k1 == kt && p1 == c.grid.panels && c.group == g.Groups-1 && image == c.N-1 {
		s = c.grid.aheadNext(c.Next, p1-p0, k1-k0, t0, t1)
	}
	for t := t0; t < t1; {
		m0, rows, tiles := c.grid.run(t, t1, n, post)
		t += tiles
		a.rows, a.tiles, a.nextO = rows, tiles, rows
		a.off = &pl.off[first*pl.rows+m0]
		at := (image*pl.rows+m0)*g.Cout + c.group*nGroup + j0
		a.a = src
		a.c = slicePtr(c.Y, at)
		if r != nil {
			a.r = slicePtr(r, at)
		}
		s.next(&a)
		tileBias(&a, bias, j0)
		if post {
			c.Act.applyRows(c.Y[at:], rows*tiles, n, g.Cout)
		}
	}
}

// copy runs f for the chunks of so many rows of floats of every image.
func (c *Conv) copy(f func(c *Conv, chunk int), rows, floats int, p *workers.Pool) {
	c.copyRows = max(1, copyFloats/max(1, floats))
	c.phase = f
	p.Run(c, c.N*ceilDiv(rows, c.copyRows))
	c.phase = nil
}

// gatherRows copies the positions that a pointwise convolution with strides reads to the rows of its product.
func (c *Conv) gatherRows(chunk int) {
	pl := c.Plan
	k := pl.Geom.Cin
	chunks := ceilDiv(pl.rows, c.copyRows)
	image, first := chunk/chunks, chunk%chunks*c.copyRows
	dst := c.Product.A[image*pl.rows*k:]
	src := c.X[image*pl.Geom.inFloats():]
	for i := first; i < min(pl.rows, first+c.copyRows); i++ {
		copy(dst[i*k:][:k], src[pl.off[i]:])
	}
}

// padRows copies some rows of an image into their padded place in the scratch.
func (c *Conv) padRows(chunk int) {
	pl := c.Plan
	g := &pl.Geom
	height := pl.copied[0] * pl.copied[1]
	chunks := ceilDiv(height, c.copyRows)
	image, first := chunk/chunks, chunk%chunks*c.copyRows
	dst := c.src[image*c.srcSize : (image+1)*c.srcSize]
	src := c.X[image*g.inFloats() : (image+1)*g.inFloats()]
	rowIn, rowOut := g.In[2]*g.Cin, pl.copied[2]*g.Cin
	left := g.Pad[2] * g.Cin
	for i := first; i < min(height, first+c.copyRows); i++ {
		iz, iy := i/pl.copied[1]-g.Pad[0], i%pl.copied[1]-g.Pad[1]
		row := dst[i*rowOut:][:rowOut]
		if iz < 0 || iz >= g.In[0] || iy < 0 || iy >= g.In[1] {
			clear(row)
			continue
		}
		clear(row[:left])
		n := copy(row[left:], src[(iz*g.In[1]+iy)*rowIn:][:rowIn])
		clear(row[left+n:])
	}
}
