package kernel

import (
	"time"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/cpu"
	"github.com/kerasgo/kerasgo/internal/workers"
)

// Gemm computes C = act(A·B + bias + R) for row-major matrices and a packed B.
//
// A Gemm belongs to one goroutine at a time. Keep it where it lives longer than a call (in the session's plan): Run
// hands it to the pool, so one on the stack would be moved to the heap.
type Gemm struct {
	M, N, K int
	A       []float32 // [M][K], row stride LDA
	LDA     int
	B       []float32 // PackB
	Bias    []float32 // PackBias; nil: none
	C       []float32 // [M][N], row stride LDC; must not overlap A
	LDC     int
	R       []float32 // added before the activation, row stride LDR; may be C itself, to accumulate; nil: none
	LDR     int
	Act     Activation
	Next    []float32 // what is wanted next, as a hint: the weights of the product that follows

	back bool       // this time from the last columns to the first
	ldb  int        // rows of a panel of B, of which K are wanted; 0: K
	then matrixPart // the B of the product that follows, as a hint
	grid tileGrid
}

var zeroFloats [4096]float32

// Run computes C. The result does not depend on p.
func (g *Gemm) Run(p *workers.Pool) {
	if g.M <= 0 || g.N <= 0 {
		return
	}
	g.check()
	g.grid.update(g.M, g.N, g.K, sumUnit, 1, p)
	// Few rows wait for B: where it is larger than the cache, each run begins with what the last one has left there.
	g.back = !g.back && g.grid.base < aheadRows
	g.grid.start(g, p)
}

func (g *Gemm) check() {
	checkLen("A", len(g.A), (g.M-1)*g.LDA+g.K)
	checkLen("B", len(g.B), (ceilDiv(g.N, Panel)-1)*g.panelRows()*Panel+g.K*Panel)
	checkLen("C", len(g.C), (g.M-1)*g.LDC+g.N)
	if g.Bias != nil {
		checkLen("Bias", len(g.Bias), PackedBiasFloats(g.N))
	}
	if g.R != nil {
		checkLen("R", len(g.R), (g.M-1)*g.LDR+g.N)
	}
}

// runHere is Run without a pool: g may be on the stack.
func (g *Gemm) runHere() {
	g.check()
	g.grid.update(g.M, g.N, g.K, sumUnit, 1, nil)
	for i := range g.grid.chunks {
		g.RunChunk(0, i)
	}
}

// matrixPart is some panels of a packed matrix, or some of their rows.
type matrixPart struct {
	b      []float32
	panels int
	ldb    int // rows of a panel, of which K of the product are wanted
}

// ahead is m while the last panels of g are worked on.
func (m *matrixPart) ahead(g *Gemm, panels int) aheadStream {
	if g.grid.base < aheadRows {
		return aheadStream{}
	}
	return newAheadStream(m.b, m.panels, g.K*Panel*4, m.ldb*Panel*4, g.grid.tiles*panels*tileFetches(1, min(g.K, g.grid.piece)))
}

// panelRows is from panel to panel of B.
func (g *Gemm) panelRows() int {
	if g.ldb == 0 {
		return g.K
	}
	return g.ldb
}

func checkLen(name string, have, want int) {
	if have < want {
		panic("kernel: " + name + " is too short")
	}
}

// RunChunk is for the pool.
func (g *Gemm) RunChunk(_, chunk int) {
	if g.back {
		chunk = g.grid.backwards(chunk)
	}
	t0, t1, p0, p1, _ := g.grid.chunk(chunk)
	for k0, k1 := 0, 0; ; k0 = k1 {
		k1 = min(g.K, k0+g.grid.piece)
		s := g.grid.ahead(g.B, g.panelRows(), p0, p1, k0, k1, t1-t0)
		if k1 == g.K && p1 == g.grid.panels {
			if g.then.b != nil && t1-t0 == g.grid.tiles {
				s = g.then.ahead(g, p1-p0)
			} else {
				s = g.grid.aheadNext(g.Next, p1-p0, k1-k0, t0, t1)
			}
		}
		g.block(t0, t1, p0*Panel, min(g.N, p1*Panel), k0, k1, &s)
		if k1 == g.K {
			return
		}
	}
}

// Where streams is true, a matrix of at most streamFloats, which the caches are likely to hold, comes to one thread fastest
// as a single stream that is fetched ahead. A larger one, from memory, comes faster as two. Zen 4 takes a quarter longer
// when it is told to fetch ahead.
const streamFloats = 2 << 20 / 4

var streams = cpu.AMDFamily() == cpu.Zen5

// block adds the products of k0 to k1 in the columns j0 to j1.
func (g *Gemm) block(t0, t1, j0, j1, k0, k1 int, s *aheadStream) {
	lda := g.LDA
	if lda > 1<<28 {
		panic("kernel: row stride is too large")
	}
	var off [maxTileRows]int32
	for i := range off {
		off[i] = int32(i * lda)
	}
	n, ldb := j1-j0, g.panelRows()
	var a tileArgs // field by field: a literal would be made elsewhere and copied
	a.off, a.taps, a.k = &off[0], min(1, k1-k0), k1-k0
	a.b, a.skip, a.n, a.ldc = slicePtr(g.B, j0*ldb+k0*Panel), (ldb-(k1-k0))*Panel*4, n, g.LDC
	a.stream = streams && g.M == 1 && g.grid.key.threads == 1 && g.K*g.N <= streamFloats
	post := false
	if k1 == g.K {
		var clamps bool
		a.mode, a.lo, a.hi, clamps = g.Act.clamp()
		post = !clamps
	}
	bias, r := g.Bias, g.R
	a.ldr = g.LDR
	if k0 > 0 {
		bias, r, a.ldr = nil, g.C, g.LDC
	}
	for t := t0; t < t1; {
		m0, rows, tiles := g.grid.run(t, t1, n, post)
		t += tiles
		a.rows, a.tiles, a.nextA = rows, tiles, rows*lda
		a.a = slicePtr(g.A, m0*lda+k0)
		a.zero = a.a
		a.c = slicePtr(g.C, m0*g.LDC+j0)
		if r != nil {
			a.r = slicePtr(r, m0*a.ldr+j0)
		}
		s.next(&a)
		tileBias(&a, bias, j0)
		if post {
			g.Act.applyRows(g.C[m0*g.LDC+j0:], rows*tiles, n, g.LDC)
		}
	}
}

// tileBias runs the tiles with bias[j0:], or with no bias when it is nil.
func tileBias(a *tileArgs, bias []float32, j0 int) {
	if bias != nil {
		a.bias = slicePtr(bias, j0)
		tile(a)
		return
	}
	a.bias = unsafe.Pointer(&zeroFloats[0])
	if a.n <= len(zeroFloats) {
		tile(a)
		return
	}
	for j := 0; j < a.n; j += len(zeroFloats) {
		s := *a
		s.n = min(len(zeroFloats), a.n-j)
		s.b = unsafe.Add(a.b, j*a.taps*a.k*4+j/Panel*a.skip)
		s.c = unsafe.Add(a.c, j*4)
		if a.r != nil {
			s.r = unsafe.Add(a.r, j*4)
		}
		tile(&s)
	}
}

func slicePtr(s []float32, i int) unsafe.Pointer {
	if i >= len(s) {
		return unsafe.Pointer(unsafe.SliceData(s))
	}
	return unsafe.Pointer(&s[i])
}

// tileGrid splits a result of images × M × N into chunks: a range of row tiles by a range of panels of one image. How
// the rows fall into tiles depends on M alone, so every sum has one order whatever the chunks are.
type tileGrid struct {
	key         gridKey
	panels      int
	tiles       int // per image
	piece       int // of the sums, which are made piece after piece
	base, extra int // rows of a tile; the first extra tiles have one more
	tileChunks  int // per image
	panelGroup  int
	panelChunks int
	chunks      int
	time        time.Duration
}

type gridKey struct {
	m, n, k, images int
	unit            int // of the pieces
	maxRows         int
	threads         int // 1 when it does not pay
}

const (
	flopsPerMicro = 50_000 // of one core, roughly
	chunkMicros   = 50     // assembly cannot be preempted: the longest chunk

	// With longer sums than longSum and several tiles, rows of A leave the first-level cache and panels of B the
	// second before they are wanted again. The sums are then made in pieces of about sumPiece, kept in C.
	longSum  = 1536
	sumPiece = 1024
	sumUnit  = 4
)

// update works out the split, unless it is that of the last call. Pieces of the sums are multiples of unit.
func (g *tileGrid) update(m, n, k, unit, images int, p *workers.Pool) {
	key := gridKey{m: m, n: n, k: k, unit: unit, images: images, maxRows: tileRows(n), threads: p.Threads()}
	same := key
	same.threads = g.key.threads
	if same != g.key {
		flops := 2 * float64(max(m, 2)) * float64(n) * float64(max(k, 8)) * float64(images) // a single row waits for B
		g.time = time.Duration(flops / flopsPerMicro * 1000)
	}
	if key.threads > 1 && !p.Worth(g.time) {
		key.threads = 1
	}
	if key != g.key {
		g.split(key)
	}
}

func (g *tileGrid) split(key gridKey) {
	g.key = key
	g.panels, g.tiles = ceilDiv(key.n, Panel), ceilDiv(key.m, key.maxRows)
	g.base, g.extra = key.m/g.tiles, key.m%g.tiles
	g.piece = max(1, key.k)
	if key.k > longSum && g.tiles > 2 {
		g.piece = roundUp(ceilDiv(key.k, ceilDiv(key.k, sumPiece)), key.unit)
	}
	group := cpu.L2Bytes / 3 / (g.piece * Panel * 4)
	if g.tiles == 1 && key.threads == 1 { // B is read once: two halves are enough to go backwards
		group = max(group, min(ceilDiv(g.panels, 2), callFlops/(2*max(key.m, 2)*g.piece*Panel)))
	}
	g.panelGroup = groupPanels(g.panels, group)
	g.tileChunks = 1
	if key.threads > 1 {
		micros := float64(g.time.Nanoseconds()) / 1000
		want := max(min(micros/chunkMicros, 4000), min(float64(4*key.threads), micros/1.5))
		if have := float64(key.images * ceilDiv(g.panels, g.panelGroup)); have < want {
			need := int(want/have) + 1
			g.tileChunks = min(need, g.tiles)
			if need = ceilDiv(need, g.tileChunks); need > 1 {
				g.panelGroup = groupPanels(g.panels, g.panelGroup/need)
			}
		}
	}
	g.panelChunks = ceilDiv(g.panels, g.panelGroup)
	g.chunks = key.images * g.panelChunks * g.tileChunks
}

// groupPanels divides panels into groups of about as many, at most most: of whole strips, if they are more than one.
func groupPanels(panels, most int) int {
	strip := stripPanels()
	most = max(strip, most/strip*strip)
	return roundUp(ceilDiv(panels, ceilDiv(panels, most)), strip)
}

func (g *tileGrid) start(t workers.Task, p *workers.Pool) {
	if g.key.threads == 1 {
		p = nil
	}
	p.Run(t, g.chunks)
}

// chunk returns the tiles [t0, t1) and panels [p0, p1) of image.
func (g *tileGrid) chunk(c int) (t0, t1, p0, p1, image int) {
	if g.chunks == 1 {
		return 0, g.tiles, 0, g.panels, 0
	}
	image, c = c/(g.panelChunks*g.tileChunks), c%(g.panelChunks*g.tileChunks)
	// The halves of the chunks, which a pool gives to different threads, share the rows or the columns, whichever are more.
	first, tiles := 0, g.tileChunks
	if half := (tiles + 1) / 2; half < tiles && g.key.m > g.key.n {
		if c < half*g.panelChunks {
			tiles = half
		} else {
			c -= half * g.panelChunks
			first, tiles = half, tiles-half
		}
	}
	t, p := first+c%tiles, c/tiles
	p0 = p * g.panelGroup
	p1 = min(g.panels, p0+g.panelGroup)
	return t * g.tiles / g.tileChunks, (t + 1) * g.tiles / g.tileChunks, p0, p1, image
}

// backwards is the chunk to do in place of c to go from the last one to the first, or so in both halves.
func (g *tileGrid) backwards(c int) int {
	middle := g.chunks
	if g.key.threads > 1 {
		middle = (g.chunks + 1) / 2
	}
	if c < middle {
		return middle - 1 - c
	}
	return g.chunks - 1 - (c - middle)
}

// rows returns the rows [m0, m1) of tile t: M spread evenly.
func (g *tileGrid) rows(t int) (m0, m1 int) {
	m0 = t*g.base + min(t, g.extra)
	m1 = m0 + g.base
	if t < g.extra {
		m1++
	}
	return m0, m1
}

// RowsAlike reports whether a row of a product of inner length k comes out the same to the bit however many rows there
// are, if m at least. Tiles of few rows spread their sums over more accumulators, and long sums are made in pieces.
func RowsAlike(m, k int) bool { return m >= 8 && k <= longSum }

const (
	callFlops = 2 << 20 // of one call of assembly, which cannot be preempted
	postCells = 4 << 10 // results of one call that an activation then finds in the first-level cache
)

// run returns the first row of tile t, and how many of the tiles [t, t1) with equally many rows one call should do, for
// n columns, with or without an activation afterwards.
func (g *tileGrid) run(t, t1, n int, post bool) (m0, rows, tiles int) {
	m0, m1 := g.rows(t)
	rows = m1 - m0
	if t < g.extra {
		t1 = min(t1, g.extra)
	}
	if t1-t == 1 {
		return m0, rows, 1
	}
	most := callFlops / (2 * rows * n * min(max(1, g.key.k), g.piece))
	if post {
		most = min(most, postCells/(rows*n))
	}
	return m0, rows, min(t1-t, max(1, most))
}
