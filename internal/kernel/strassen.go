package kernel

import (
	"sync/atomic"

	"github.com/kerasgo/kerasgo/internal/cpu"
	"github.com/kerasgo/kerasgo/internal/workers"
)

// Strassen's algorithm, in Winograd's form, makes a product from seven products of quarters instead of eight, and
// fifteen sums of quarters. Of these the four of B are packed, so that they cost memory only. With the quarters
//
//	A = [a11 a12; a21 a22]  B = [b11 b12; b21 b22]
//
// it is
//
//	s1 = a21+a22  s2 = s1-a11  s3 = a11-a21  s4 = a12-s2
//	t1 = b12-b11  t2 = b22-t1  t3 = b22-b12  t4 = t2-b21
//	T = a11·b11          C11 = a12·b21 + T
//	T = s2·t2 + T        X = s1·t1 + T       C12 = s4·b22 + X
//	Y = s3·t3            C22 = X + Y         C21 = a22·(-t4) + T + Y
//
// It is used once, not for the products of the quarters again. Errors are about twice those of the plain product, and
// relative to the largest numbers of all rows: so rows of one example are never put together with those of another, and
// rows with numbers that are not finite make the plain product.

const (
	strassenRows  = 512     // that are worked on together at most: their sums should stay near
	strassenLeast = 96      // at least, unless an example has fewer
	strassenSums  = 8 << 10 // about how many of A's sums a chunk makes
)

// FastGemm is a Gemm that uses Strassen's algorithm when it has Sums.
type FastGemm struct {
	Gemm
	Each    int       // rows of an example, of which M are a multiple; 0: M
	Sums    []float32 // PackSums; nil: the plain product
	Scratch []float32 // StrassenFloats

	blocks int        // of an example
	work   []strassen // by worker, made by the first Run
}

// strassenBlocks is in how many blocks the rows of an example are worked on: for two threads, which then share nothing but
// B, an even number if there are rows enough. It does not depend on the threads, since sums do on the rows of a block.
func strassenBlocks(rows int) int {
	if rows < 2*strassenLeast {
		return 1
	}
	return roundUp(ceilDiv(rows, strassenRows), 2)
}

// StrassenPays estimates whether Strassen's algorithm is faster than the plain product, for m rows of an example and a B
// that is packed once. The shorter sums cost as much as 17 steps of k, the sums of quarters of C as 9 columns, and those of
// B are read from memory. It must pay for one thread and for several, which wait for one another more often.
func StrassenPays(m, n, k int) bool {
	return strassenFits(n, k) && m >= 48 && 17/float64(k)+9/float64(n)+2/float64(m) < 0.065
}

// strassenFits reports whether the quarters of the packed B are whole panels.
func strassenFits(n, k int) bool { return n > 0 && k > 0 && ceilDiv(n, Panel)%2 == 0 && k%2 == 0 }

// quarterPanels is the number of panels of a quarter of B with n columns.
func quarterPanels(n int) int { return ceilDiv(n, Panel) / 2 }

// strassenGroup is how many panels of a quarter of C are worked on together: those of a quarter of B should take a part
// of the second-level cache. The groups are even in number, for two threads.
func strassenGroup(n, k int) int {
	panels := quarterPanels(n)
	groups := roundUp(ceilDiv(panels, max(1, cpu.L2Bytes/5/(k/2*Panel*4))), 2)
	return groupPanels(panels, ceilDiv(panels, groups))
}

// StrassenFloats is the length of the scratch for m rows of an example with a pool of threads threads.
func StrassenFloats(m, n, k, threads int) int { return threads * strassenFloats(m, n, k) }

// strassenFloats is that of one thread.
func strassenFloats(m, n, k int) int {
	top := ceilDiv(ceilDiv(m, strassenBlocks(m)), 2)
	return top * (4*(k/2) + 3*strassenGroup(n, k)*Panel)
}

// PackedSumsFloats is the length of the packed sums of the quarters of a k×n matrix.
func PackedSumsFloats(k, n int) int { return 4 * quarterFloats(k, n) }

// quarterFloats is the length of a packed quarter.
func quarterFloats(k, n int) int { return quarterPanels(n) * Panel * (k / 2) }

// PackSums makes t1, t2, t3 and -t4 of a matrix that PackB has packed.
func PackSums(dst, packed []float32, k, n int) {
	half := k / 2 * Panel // floats of a panel of a quarter
	size := quarterFloats(k, n)
	t1, t2, t3, t4 := dst[:size], dst[size:2*size], dst[2*size:3*size], dst[3*size:4*size]
	for at := 0; at < size; at += half {
		left, right := packed[2*at:], packed[2*(size+at):]
		b11, b21, b12, b22 := left[:half], left[half:2*half], right[:half], right[half:2*half]
		Sub(t1[at:at+half], b12, b11)
		Sub(t2[at:at+half], b22, t1[at:at+half])
		Sub(t3[at:at+half], b22, b12)
		Sub(t4[at:at+half], b21, t2[at:at+half])
	}
}

// Run computes C. The result does not depend on p.
func (g *FastGemm) Run(p *workers.Pool) {
	if g.Sums == nil {
		g.Gemm.Run(p)
		return
	}
	if g.M <= 0 {
		return
	}
	g.check()
	threads := p.Threads()
	checkLen("Sums", len(g.Sums), PackedSumsFloats(g.K, g.N))
	checkLen("Scratch", len(g.Scratch), StrassenFloats(g.each(), g.N, g.K, threads))
	if len(g.work) < threads {
		g.work = make([]strassen, threads)
	}
	g.blocks = strassenBlocks(g.each())
	n := g.M / g.each() * g.blocks
	if n%threads == 0 || n >= 4*threads {
		p.Run(g, n)
		return
	}
	for i := range n {
		g.runBlock(&g.work[0], i, g.Scratch, p)
	}
}

// each is the number of rows of an example.
func (g *FastGemm) each() int {
	if g.Each == 0 {
		return g.M
	}
	return g.Each
}

// RunChunk is for the pool: a block for each thread.
func (g *FastGemm) RunChunk(worker, chunk int) {
	n := strassenFloats(g.each(), g.N, g.K)
	g.runBlock(&g.work[worker], chunk, g.Scratch[worker*n:(worker+1)*n], nil)
}

// runBlock computes block i of all examples.
func (g *FastGemm) runBlock(s *strassen, i int, scratch []float32, p *workers.Pool) {
	each := g.each()
	first, b := i/g.blocks*each, i%g.blocks
	from, to := b*each/g.blocks, (b+1)*each/g.blocks
	*s = strassen{FastGemm: g, k: g.K / 2, n: quarterPanels(g.N) * Panel, row: first + from, group: strassenGroup(g.N, g.K), kept: scratch}
	s.run(to-from, p)
	*s = strassen{}
}

// strassen is the product of some rows.
type strassen struct {
	*FastGemm
	k, n        int // of a quarter, whole panels: the last columns on the right may be padding
	row         int // the first row
	top, bottom int // rows of a quarter
	sums        [4][]float32
	kept        []float32 // of each worker
	group       int       // panels of a chunk
	chunkRows   int       // of a chunk, while the sums are made; then 0
	wild        uint32    // not 0: a number of the block is not finite
	plain       Gemm
}

func (s *strassen) run(m int, p *workers.Pool) {
	s.top = ceilDiv(m, 2)
	s.bottom = m - s.top
	for i := range s.sums {
		s.sums[i], s.kept = s.kept[:s.top*s.k], s.kept[s.top*s.k:]
	}
	s.chunkRows = max(1, strassenSums/s.k)
	p.Run(s, ceilDiv(s.top, s.chunkRows))
	s.chunkRows = 0
	if atomic.LoadUint32(&s.wild) != 0 {
		g := &s.plain
		*g = s.Gemm
		g.grid = tileGrid{}
		g.M, g.A, g.C = m, s.A[s.row*s.LDA:], s.C[s.row*s.LDC:]
		if s.R != nil {
			g.R = s.R[s.row*s.LDR:]
		}
		g.Run(p)
		return
	}
	p.Run(s, ceilDiv(s.n/Panel, s.group))
}

// RunChunk is for the pool.
func (s *strassen) RunChunk(worker, chunk int) {
	if s.chunkRows > 0 {
		for i := chunk * s.chunkRows; i < min(s.top, (chunk+1)*s.chunkRows); i++ {
			s.sumRow(i)
		}
		return
	}
	size := s.top * s.group * Panel
	kept := s.kept[worker*3*size:]
	c := strassenColumns{strassen: s, first: chunk * s.group, t: kept[:size], x: kept[size : 2*size], y: kept[2*size : 3*size]}
	c.n = min(s.n-c.first*Panel, s.group*Panel)
	c.run()
}

// sumRow makes s1 to s4 of row i.
func (s *strassen) sumRow(i int) {
	k := s.k
	s1, s2, s3, s4 := s.sums[0][i*k:][:k], s.sums[1][i*k:][:k], s.sums[2][i*k:][:k], s.sums[3][i*k:][:k]
	a11, a12 := s.a(0, 0)[i*s.LDA:][:k], s.a(0, 1)[i*s.LDA:][:k]
	if i >= s.bottom { // of an odd number of rows: a21 and a22 are zero
		clear(s1)
		Sub(s2, s1, a11)
		copy(s3, a11)
		Add(s4, a12, a11)
		s.look(s4)
		return
	}
	a21, a22 := s.a(1, 0)[i*s.LDA:][:k], s.a(1, 1)[i*s.LDA:][:k]
	Add(s1, a21, a22)
	Sub(s2, s1, a11)
	Sub(s3, a11, a21)
	Sub(s4, a12, s2)
	s.look(s4)
}

// look notes whether a number of s4, which a number of each quarter goes into, is not finite.
func (s *strassen) look(s4 []float32) {
	if sum := SumOf(s4); sum-sum != 0 {
		atomic.StoreUint32(&s.wild, 1)
	}
}

// a returns a quarter of A.
func (s *strassen) a(lower, right int) []float32 {
	return s.A[(s.row+lower*s.top)*s.LDA+right*s.k:]
}

// strassenColumns are some columns of the quarters of C.
type strassenColumns struct {
	*strassen
	first   int // panel of a quarter
	n       int
	t, x, y []float32 // [top][n]
}

func (c *strassenColumns) run() {
	k := c.k
	s1, s2, s3, s4 := c.sums[0], c.sums[1], c.sums[2], c.sums[3]
	b11, b21, b22 := c.b(0, 0), c.b(1, 0), c.b(1, 1)
	t1, t2, t3, t4 := c.sum(0), c.sum(1), c.sum(2), c.sum(3)
	c.keep(c.top, c.a(0, 0), c.LDA, b11, b21, c.t, nil)
	c.quarter(0, 0, c.a(0, 1), c.LDA, b21, t2, c.t)
	c.keep(c.top, s2, k, t2, t1, c.t, c.t)
	c.keep(c.top, s1, k, t1, b22, c.x, c.t)
	c.quarter(0, 1, s4, k, b22, t3, c.x)
	if c.bottom == 0 {
		return
	}
	c.keep(c.bottom, s3, k, t3, t4, c.y, nil)
	cells := c.bottom * c.n
	Add(c.t[:cells], c.t[:cells], c.y[:cells])
	Add(c.x[:cells], c.x[:cells], c.y[:cells])
	c.finish(1, 1, c.x)
	next := *c
	next.first += c.group
	next.n = min(c.strassen.n-next.first*Panel, c.group*Panel)
	after := matrixPart{b: c.Next, panels: min(len(c.Next), nextFloats()) / (k * Panel), ldb: k}
	if next.n > 0 {
		after = next.b(0, 0)
	}
	c.quarter(1, 0, c.a(1, 1), c.LDA, t4, after, c.t)
}

// b returns the columns of a quarter of B.
func (c *strassenColumns) b(lower, right int) matrixPart {
	return matrixPart{c.B[((right*c.strassen.n/Panel+c.first)*c.K+lower*c.k)*Panel:], c.n / Panel, c.K}
}

// sum returns the columns of t1, t2, t3 or -t4.
func (c *strassenColumns) sum(i int) matrixPart {
	return matrixPart{c.Sums[i*quarterFloats(c.K, c.N)+c.first*c.k*Panel:], c.n / Panel, c.k}
}

// keep makes to = a·b + r.
func (c *strassenColumns) keep(rows int, a []float32, lda int, b, then matrixPart, to, r []float32) {
	g := Gemm{M: rows, N: c.n, K: c.k, A: a, LDA: lda, B: b.b, ldb: b.ldb, C: to, LDC: c.n, R: r, LDR: c.n, then: then}
	g.runHere()
}

// place returns where the columns of a quarter of C start in a matrix of C's shape, and how many rows and, without padding,
// columns they have.
func (c *strassenColumns) place(lower, right, ld int) (at, rows, cols int) {
	rows = c.top
	if lower > 0 {
		rows = c.bottom
	}
	first := right*c.strassen.n + c.first*Panel
	return (c.row+lower*c.top)*ld + first, rows, min(c.n, c.N-first)
}

// quarter makes a quarter of C: act(a·b + sum + bias + R).
func (c *strassenColumns) quarter(lower, right int, a []float32, lda int, b, then matrixPart, sum []float32) {
	at, rows, cols := c.place(lower, right, c.LDC)
	g := Gemm{
		M: rows, N: cols, K: c.k, A: a, LDA: lda, B: b.b, ldb: b.ldb, R: sum, LDR: c.n, C: c.C[at:], LDC: c.LDC, Act: c.Act, then: then,
	}
	if c.Bias != nil {
		g.Bias = c.Bias[right*c.strassen.n+c.first*Panel:]
	}
	if c.R != nil {
		r, _, _ := c.place(lower, right, c.LDR)
		g.R, g.LDR, g.Act = c.R[r:], c.LDR, Activation{}
	}
	g.runHere()
	if c.R != nil {
		for i := range rows {
			row := g.C[i*c.LDC:][:cols]
			Add(row, row, sum[i*c.n:][:cols])
			c.Act.Apply(row, row)
		}
	}
}

// finish makes a quarter of C: act(sum + bias + R).
func (c *strassenColumns) finish(lower, right int, sum []float32) {
	at, rows, cols := c.place(lower, right, c.LDC)
	if c.Bias != nil {
		bias := c.Bias[right*c.strassen.n+c.first*Panel:][:c.n]
		AddRow(sum[:rows*c.n], sum[:rows*c.n], bias)
	}
	for i := range rows {
		row := sum[i*c.n:][:cols]
		if c.R != nil {
			r, _, _ := c.place(lower, right, c.LDR)
			Add(row, row, c.R[r+i*c.LDR:][:cols])
		}
		c.Act.Apply(c.C[at+i*c.LDC:][:cols], row)
	}
}
