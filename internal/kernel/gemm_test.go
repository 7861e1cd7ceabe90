package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// product is the reference: act(a·b + bias + r) with the scale of the sum that rounding errors are measured by.
func product(m, n, k int, a func(i, p int) float32, b func(p, j int) float32, init func(i, j int) (sum, abs float64), act Activation) (want, scale []float64) {
	for i := range m {
		for j := range n {
			s, abs := init(i, j)
			for p := range k {
				v := float64(a(i, p)) * float64(b(p, j))
				s += v
				abs += math.Abs(v)
			}
			w := activate(act, s)
			want = append(want, w)
			// No activation here is steeper than 1.2, and its own error is a few units in the last place.
			scale = append(scale, 1.2*abs+2*math.Abs(w))
		}
	}
	return want, scale
}

func noInit(int, int) (sum, abs float64) { return 0, 0 }

// sumError bounds the relative error of a float32 sum of n terms in any order.
func sumError(n int) float64 { return float64(n+1) * 0x1p-24 }

func testPool(t testing.TB, threads int) *workers.Pool {
	old := runtime.GOMAXPROCS(max(threads, runtime.GOMAXPROCS(0)))
	p := workers.New(threads)
	t.Cleanup(func() { p.Close(); runtime.GOMAXPROCS(old) })
	return p
}

type gemmCase struct {
	m, n, k, lda, ldc, ldr int
	bias, residual, inC    bool
	act                    Activation
}

func randomGemm(r *rand.Rand, most int) gemmCase {
	acts := []Activation{{}, {Kind: Relu}, {Kind: Relu6}, {Kind: Clamp, P: -0.5, Q: 0.25}, {Kind: Sigmoid}, {Kind: Tanh}, {Kind: Gelu}}
	c := gemmCase{m: 1 + r.IntN(most), n: 1 + r.IntN(most), k: r.IntN(most + 1), bias: r.IntN(2) == 0, residual: r.IntN(2) == 0, act: acts[r.IntN(len(acts))]}
	c.lda, c.ldc, c.ldr = c.k+r.IntN(3), c.n+r.IntN(3), c.n+r.IntN(3)
	c.inC = c.residual && r.IntN(3) == 0
	return c
}

func (c gemmCase) run(t *testing.T, r *rand.Rand, p *workers.Pool) {
	t.Helper()
	a := guardedRand(r, (c.m-1)*c.lda+c.k)
	b := guardedRand(r, c.k*c.n)
	out := newGuarded((c.m-1)*c.ldc + c.n)
	g := &Gemm{M: c.m, N: c.n, K: c.k, A: a, LDA: c.lda, LDC: c.ldc, C: out.s, Act: c.act}
	g.B = newGuarded(PackedBFloats(c.k, c.n)).s
	PackB(g.B, c.k, c.n, b, c.n)
	var bias, res []float32
	if c.bias {
		bias = guardedRand(r, c.n)
		g.Bias = newGuarded(PackedBiasFloats(c.n)).s
		PackBias(g.Bias, c.n, bias)
	}
	if c.residual {
		res = guardedRand(r, (c.m-1)*c.ldr+c.n)
		g.R, g.LDR = res, c.ldr
		if c.inC {
			g.R, g.LDR = out.s, c.ldc
			for i := range c.m {
				copy(out.s[i*c.ldc:][:c.n], res[i*c.ldr:])
			}
		}
	}
	g.Run(p)
	what := fmt.Sprintf("%+v", c)
	out.check(t, what)
	want, scale := product(c.m, c.n, c.k,
		func(i, p int) float32 { return a[i*c.lda+p] }, func(p, j int) float32 { return b[p*c.n+j] },
		func(i, j int) (s, abs float64) {
			if bias != nil {
				s = float64(bias[j])
				abs = math.Abs(s)
			}
			if res != nil {
				v := float64(res[i*c.ldr+j])
				s += v
				abs += math.Abs(v)
			}
			return s, abs
		}, c.act)
	for i := range c.m {
		row := out.s[i*c.ldc:]
		near(t, what, row[:c.n], want[i*c.n:(i+1)*c.n], scale[i*c.n:(i+1)*c.n], sumError(c.k+3))
		if i < c.m-1 {
			for _, v := range row[c.n:c.ldc] {
				if math.Float32bits(v) != math.Float32bits(guardValue) {
					t.Fatalf("%s: wrote between rows", what)
				}
			}
		}
	}
}

func TestGemm(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(1)
		for range 1500 {
			randomGemm(r, 40).run(t, r, nil)
		}
		for m := 1; m <= 14; m++ {
			for _, n := range []int{1, 7, 8, 9, 15, 16, 17, 24, 31, 33} {
				for _, k := range []int{1, 2, 3, 4, 5, 8, 19} {
					gemmCase{m: m, n: n, k: k, lda: k, ldc: n, ldr: n, bias: true, residual: m%2 == 0}.run(t, r, nil)
				}
			}
		}
		gemmCase{m: 3, n: 5000, k: 7, lda: 7, ldc: 5000}.run(t, r, nil)
		for _, m := range []int{1, 7, 13} {
			c := gemmCase{m: m, n: 19, k: 2*sumPiece + longSum%sumPiece + 5, bias: true, residual: true, ldr: 20, ldc: 21, act: Activation{Kind: Tanh}}
			c.lda = c.k
			c.run(t, r, nil)
			c.k, c.lda, c.act = longSum+sumPiece+1, longSum+sumPiece+1, Activation{Kind: Relu}
			c.run(t, r, nil)
		}
	})
}

func TestGemmIsTheSameForAnyThreads(t *testing.T) {
	defer func(old bool) { streams = old }(streams)
	pools := []*workers.Pool{nil, testPool(t, 2), testPool(t, 5)}
	eachLevel(t, func(t *testing.T) {
		r := newRand(2)
		for _, c := range []gemmCase{
			{m: 300, n: 200, k: 100}, {m: 1, n: 3000, k: 300}, {m: 2, n: 1000, k: 700}, {m: 2000, n: 16, k: 30},
			{m: 49, n: 512, k: 512}, {m: 7, n: 4100, k: 64, act: Activation{Kind: Tanh}},
			{m: 1, n: 520, k: 784}, {m: 1, n: 40, k: 64},
		} {
			a, b := guardedRand(r, c.m*c.k), guardedRand(r, c.k*c.n)
			packed := make([]float32, PackedBFloats(c.k, c.n))
			PackB(packed, c.k, c.n, b, c.n)
			var first []float32
			for _, p := range pools {
				g := &Gemm{M: c.m, N: c.n, K: c.k, A: a, LDA: c.k, B: packed, C: make([]float32, c.m*c.n), LDC: c.n, Act: c.act}
				for i := range 4 { // few rows go through the weights in turns from both ends
					streams = i >= 2
					clear(g.C)
					g.Run(p)
					if first == nil {
						first = slices.Clone(g.C)
					}
					sameBits(t, fmt.Sprintf("%+v with %d threads", c, p.Threads()), g.C, first)
				}
			}
		}
	})
}

func sameBits(t testing.TB, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: [%d] = %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestGemmSpecialValues(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	eachLevel(t, func(t *testing.T) {
		for _, act := range []Activation{{}, {Kind: Relu}, {Kind: Relu6}, {Kind: Clamp, P: -1, Q: 1}, {Kind: Sigmoid}} {
			for m := 1; m <= 7; m++ {
				for _, v := range []float32{nan, inf, -inf} {
					a := make([]float32, m*3)
					for i := range m {
						a[i*3+1] = v
					}
					b := make([]float32, PackedBFloats(3, 19))
					PackB(b, 3, 19, slicesRepeat(1, 3*19), 19)
					g := &Gemm{M: m, N: 19, K: 3, A: a, LDA: 3, B: b, C: make([]float32, m*19), LDC: 19, Act: act}
					g.Run(nil)
					want := activate(act, float64(v))
					for i, got := range g.C {
						if ulps(got, want) > 2 {
							t.Fatalf("%v of %v, m=%d: [%d] = %v, want %v", act, v, m, i, got, want)
						}
					}
				}
			}
		}
	})
}

func slicesRepeat(v float32, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func TestMatMul(t *testing.T) {
	pools := []*workers.Pool{nil, testPool(t, 3)}
	eachLevel(t, func(t *testing.T) {
		r := newRand(3)
		for i := range 400 {
			most := 40
			if i%40 == 0 {
				most = 200
			}
			m := &MatMul{
				Batch: [2]int{1 + r.IntN(3), 1 + r.IntN(3)}, M: 1 + r.IntN(most), N: 1 + r.IntN(most), K: 1 + r.IntN(most),
				TransA: r.IntN(3) == 0, TransB: r.IntN(2) == 0, Scale: float32(r.IntN(3)) / 2,
			}
			rowsA, colsA, rowsB, colsB := m.M, m.K, m.K, m.N
			if m.TransA {
				rowsA, colsA = colsA, rowsA
			}
			if m.TransB {
				rowsB, colsB = colsB, rowsB
			}
			// Heads are interleaved within a row, as in [time, head, dim].
			h := m.Batch[1]
			m.LDA, m.LDB, m.LDC = colsA*h, colsB*h, m.N*h
			m.SA, m.SB, m.SC = [2]int{rowsA * m.LDA, colsA}, [2]int{rowsB * m.LDB, colsB}, [2]int{m.M * m.LDC, m.N}
			m.A, m.B = guardedRand(r, m.Batch[0]*m.SA[0]), guardedRand(r, m.Batch[0]*m.SB[0])
			var first []float32
			for _, p := range pools {
				out := newGuarded(m.Batch[0] * m.SC[0])
				scratch := newGuarded(m.ScratchFloats(p.Threads()))
				m.C = out.s
				m.Run(p, scratch.s)
				out.check(t, "C")
				scratch.check(t, "scratch")
				if first == nil {
					first = m.C
				}
				sameBits(t, "threads", m.C, first)
			}
			scale := float64(m.Scale)
			if scale == 0 {
				scale = 1
			}
			for b0 := range m.Batch[0] {
				for b1 := range m.Batch[1] {
					a, b := m.A[b0*m.SA[0]+b1*m.SA[1]:], m.B[b0*m.SB[0]+b1*m.SB[1]:]
					want, abs := product(m.M, m.N, m.K, func(i, p int) float32 {
						if m.TransA {
							return a[p*m.LDA+i]
						}
						return a[i*m.LDA+p]
					}, func(p, j int) float32 {
						if m.TransB {
							return b[j*m.LDB+p]
						}
						return b[p*m.LDB+j]
					}, noInit, Activation{})
					for i := range want {
						want[i] *= scale
					}
					for i := range m.M {
						near(t, "MatMul", m.C[b0*m.SC[0]+b1*m.SC[1]+i*m.LDC:][:m.N], want[i*m.N:(i+1)*m.N], abs[i*m.N:(i+1)*m.N], sumError(m.K+2))
					}
				}
			}
		}
	})
}

func TestPackBTrans(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(4)
		for range 200 {
			k, n := r.IntN(40), 1+r.IntN(40)
			b := guardedRand(r, k*n)
			bt := make([]float32, k*n)
			for p := range k {
				for j := range n {
					bt[j*k+p] = b[p*n+j]
				}
			}
			want := make([]float32, PackedBFloats(k, n))
			PackB(want, k, n, b, n)
			got := newGuarded(len(want))
			PackBTrans(got.s, k, n, bt, k)
			got.check(t, "PackBTrans")
			sameBits(t, fmt.Sprint(k, n), got.s, want)
		}
	})
}

func TestGemmAllocatesNothing(t *testing.T) {
	g := &Gemm{M: 5, N: 20, K: 8, A: make([]float32, 40), LDA: 8, B: make([]float32, 256), C: make([]float32, 100), LDC: 20}
	if n := testing.AllocsPerRun(50, func() { g.Run(nil) }); n != 0 {
		t.Errorf("Run allocates %v times", n)
	}
}
