package kernel

import "github.com/kerasgo/kerasgo/internal/workers"

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
// It is used once, not for the products of the quarters again. Errors are about twice those of the plain product.

// strassenRows is the most rows that are worked on together: their sums should stay near.
const strassenRows = 256

// FastGemm is a Gemm that uses Strassen's algorithm when it has Sums.
type FastGemm struct {
	Gemm
	Sums    []float32 // PackSums; nil: the plain product
	Scratch []float32 // StrassenFloats

	product Gemm
	rows    strassenTask
}

// StrassenPays estimates whether Strassen's algorithm is faster than the plain product for a B that is packed once. The
// shorter sums cost about 17 steps of k each, the sums of quarters of C as much as 9 columns.
func StrassenPays(m, n, k int) bool {
	return strassenFits(n, k) && m >= 48 && 17*n+9*k < 9*k*n/100
}

// strassenFits reports whether the quarters of B are whole panels.
func strassenFits(n, k int) bool { return n > 0 && k > 0 && n%(2*Panel) == 0 && k%2 == 0 }

// StrassenFloats is the length of the scratch for a product of m rows.
func StrassenFloats(m, n, k int) int {
	h := ceilDiv(min(m, strassenRows), 2)
	return h * (4*(k/2) + 3*(n/2))
}

// PackedSumsFloats is the length of the packed sums of the quarters of a k×n matrix.
func PackedSumsFloats(k, n int) int { return 4 * PackedBFloats(k/2, n/2) }

// PackSums makes t1, t2, t3 and -t4 of a matrix that PackB has packed.
func PackSums(dst, packed []float32, k, n int) {
	half := k / 2 * Panel // floats of a panel of a quarter
	size := PackedBFloats(k/2, n/2)
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
	checkLen("Sums", len(g.Sums), PackedSumsFloats(g.K, g.N))
	checkLen("Scratch", len(g.Scratch), StrassenFloats(g.M, g.N, g.K))
	blocks := ceilDiv(g.M, strassenRows)
	for i := range blocks {
		first := i * g.M / blocks
		g.block(first, (i+1)*g.M/blocks-first, p)
	}
}

// block computes m rows from row first on.
func (g *FastGemm) block(first, m int, p *workers.Pool) {
	top := ceilDiv(m, 2)
	bottom := m - top
	k, n := g.K/2, g.N/2
	mem := g.Scratch
	take := func(floats int) []float32 {
		s := mem[:floats]
		mem = mem[floats:]
		return s
	}
	s1, s2, s3, s4 := take(top*k), take(top*k), take(top*k), take(top*k)
	t, x, y := take(top*n), take(top*n), take(top*n)
	a11, c11 := g.A[first*g.LDA:], g.C[first*g.LDC:]
	a21, c21 := g.A[min(len(g.A), (first+top)*g.LDA):], g.C[min(len(g.C), (first+top)*g.LDC):]
	size := PackedBFloats(k, n)
	b11, b21, b12, b22 := g.B, g.B[k*Panel:], g.B[2*size:], g.B[2*size+k*Panel:]
	_ = b12
	var r11, r21 []float32
	if g.R != nil {
		r11, r21 = g.R[first*g.LDR:], g.R[min(len(g.R), (first+top)*g.LDR):]
	}
	var left, right []float32 // of the bias
	if g.Bias != nil {
		left, right = g.Bias[:n], g.Bias[n:]
	}
	inner := func(rows int, a []float32, lda int, b []float32, ldb int, c, r []float32) {
		g.product = Gemm{M: rows, N: n, K: k, A: a, LDA: lda, B: b, ldb: ldb, C: c, LDC: n, R: r, LDR: n, grid: g.product.grid}
		g.product.Run(p)
	}
	// outer computes a quarter of C, with the sum so far.
	outer := func(rows int, a []float32, lda int, b []float32, ldb int, c, sum, r, bias []float32) {
		q := Gemm{M: rows, N: n, K: k, A: a, LDA: lda, B: b, ldb: ldb, Bias: bias, C: c, LDC: g.LDC, R: sum, LDR: n, Act: g.Act, grid: g.product.grid}
		if r != nil {
			q.R, q.LDR, q.Act = r, g.LDR, Activation{}
		}
		g.product = q
		g.product.Run(p)
		if r != nil {
			g.rows.run(strassenTask{phase: strassenAdd, rows: rows, n: n, c: c, ldc: g.LDC, x: sum, act: g.Act}, p)
		}
	}
	at := func(s []float32, i int) []float32 { return s[min(len(s), i):] }
	half := func(s []float32) []float32 {
		if s == nil {
			return nil
		}
		return at(s, n)
	}
	g.rows.run(strassenTask{phase: strassenSums, rows: top, bottom: bottom, n: k, a1: a11, a2: a21, lda: g.LDA, s: [4][]float32{s1, s2, s3, s4}}, p)
	inner(top, a11, g.LDA, b11, g.K, t, nil)
	outer(top, a11[k:], g.LDA, b21, g.K, c11, t, r11, left)
	inner(top, s2, k, g.Sums[size:], 0, t, t)
	inner(top, s1, k, g.Sums, 0, x, t)
	outer(top, s4, k, b22, g.K, c11[n:], x, half(r11), right)
	if bottom == 0 {
		return
	}
	inner(bottom, s3, k, g.Sums[2*size:], 0, y, nil)
	g.rows.run(strassenTask{
		phase: strassenLast, rows: bottom, n: n, c: c21[n:], ldc: g.LDC, r: half(r21), ldr: g.LDR, x: x, y: y, t: t, bias: right, act: g.Act,
	}, p)
	outer(bottom, a21[k:], g.LDA, g.Sums[3*size:], 0, c21, t, r21, left)
}

// strassenTask makes the sums of quarters, by rows.
type strassenTask struct {
	phase        strassenPhase
	rows, bottom int
	n            int // columns
	a1, a2       []float32
	lda          int
	s            [4][]float32
	c, r         []float32
	ldc, ldr     int
	x, y, t      []float32
	bias         []float32
	act          Activation

	each int // rows of a chunk
}

type strassenPhase int

const (
	strassenSums strassenPhase = iota // s1 to s4
	strassenAdd                       // c = act(c + x)
	strassenLast                      // t += y, c = act(x + y + bias + r)
)

// strassenChunk is about how many numbers of a row's width a chunk works on.
const strassenChunk = 8 << 10

func (s *strassenTask) run(task strassenTask, p *workers.Pool) {
	*s = task
	s.each = max(1, strassenChunk/s.n)
	p.Run(s, ceilDiv(s.rows, s.each))
	*s = strassenTask{}
}

// RunChunk is for the pool.
func (s *strassenTask) RunChunk(_, chunk int) {
	n := s.n
	for i := chunk * s.each; i < min(s.rows, (chunk+1)*s.each); i++ {
		switch s.phase {
		case strassenSums:
			a11, a12 := s.a1[i*s.lda:][:n], s.a1[i*s.lda+n:][:n]
			s1, s2, s3, s4 := s.s[0][i*n:][:n], s.s[1][i*n:][:n], s.s[2][i*n:][:n], s.s[3][i*n:][:n]
			if i >= s.bottom { // of an odd number of rows: a21 and a22 are zero
				clear(s1)
				Sub(s2, s1, a11)
				copy(s3, a11)
				Add(s4, a12, a11)
				continue
			}
			a21, a22 := s.a2[i*s.lda:][:n], s.a2[i*s.lda+n:][:n]
			Add(s1, a21, a22)
			Sub(s2, s1, a11)
			Sub(s3, a11, a21)
			Sub(s4, a12, s2)
		case strassenAdd:
			c := s.c[i*s.ldc:][:n]
			Add(c, c, s.x[i*n:][:n])
			s.act.Apply(c, c)
		case strassenLast:
			c, x, y, t := s.c[i*s.ldc:][:n], s.x[i*n:][:n], s.y[i*n:][:n], s.t[i*n:][:n]
			Add(t, t, y)
			Add(x, x, y)
			if s.bias != nil {
				Add(x, x, s.bias[:n])
			}
			if s.r != nil {
				Add(x, x, s.r[i*s.ldr:][:n])
			}
			s.act.Apply(c, x)
		}
	}
}
