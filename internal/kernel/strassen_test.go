package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// fastGemm is a random product by Strassen's algorithm, with rows longer than they need to be.
func fastGemm(seed uint64, m, n, k int, bias, residual, inC bool, act Activation) (g *FastGemm, b []float32, c guarded) {
	r := newRand(seed)
	g = &FastGemm{Gemm: Gemm{M: m, N: n, K: k, LDA: k + 3, LDC: n + 5, LDR: n + 1, Act: act}}
	g.A = guardedRand(r, (m-1)*g.LDA+k)
	b = guardedRand(r, k*n)
	g.B = newGuarded(PackedBFloats(k, n)).s
	PackB(g.B, k, n, b, n)
	g.Sums = newGuarded(PackedSumsFloats(k, n)).s
	PackSums(g.Sums, g.B, k, n)
	g.Scratch = newGuarded(StrassenFloats(m, n, k, 3)).s
	if bias {
		g.Bias = guardedRand(r, PackedBiasFloats(n))
	}
	c = newGuarded((m-1)*g.LDC + n)
	g.C = c.s
	if residual {
		g.R = guardedRand(r, (m-1)*g.LDR+n)
	}
	if inC {
		c.fill(r)
		g.R, g.LDR = g.C, g.LDC
	}
	return g, b, c
}

func TestStrassen(t *testing.T) {
	acts := []Activation{{}, {Kind: Relu}, {Kind: Clamp, P: -0.5, Q: 0.25}, {Kind: Gelu}}
	eachLevel(t, func(t *testing.T) {
		pools := []*workers.Pool{nil, testPool(t, 2), testPool(t, 3)}
		for i, c := range []struct{ m, n, k int }{
			{1, 32, 2}, {2, 32, 4}, {3, 64, 6}, {12, 96, 34}, {13, 160, 128}, {49, 128, 300}, {64, 64, 64}, {257, 32, 18}, {1030, 64, 40}, {48, 32, 3400}, {75, 64, 2064}, {30, 1024, 64},
			{33, 23, 8}, {50, 57, 36}, {51, 90, 64}, {20, 728, 66}, {40, 17, 400},
		} {
			bias, residual, inC := i%2 == 0, i%3 == 0, i%3 == 1
			act := acts[i%len(acts)]
			var first []float32
			var want, scale []float64
			for _, p := range pools {
				g, b, out := fastGemm(uint64(i), c.m, c.n, c.k, bias, residual, inC, act)
				if want == nil {
					want, scale = product(c.m, c.n, c.k, func(i, p int) float32 { return g.A[i*g.LDA+p] }, func(p, j int) float32 { return b[p*c.n+j] }, func(i, j int) (sum, abs float64) {
						if bias {
							sum += float64(g.Bias[j])
						}
						if g.R != nil {
							sum += float64(g.R[i*g.LDR+j])
						}
						return sum, 10
					}, act)
				}
				g.Run(p)
				out.check(t, "C")
				var got []float32
				for i := range c.m {
					got = append(got, g.C[i*g.LDC:][:c.n]...)
				}
				near(t, fmt.Sprint(c), got, want, scale, 3*sumError(c.k+20))
				if first == nil {
					first = got
				} else if !slices.Equal(first, got) {
					t.Errorf("%v: the result depends on the threads", c)
				}
			}
		}
	})
}

// Rows of an example come out the same whatever the others are, and numbers that are not finite stay in their rows.
func TestStrassenKeepsExamplesApart(t *testing.T) {
	const each, n, k = 13, 64, 40
	g, _, _ := fastGemm(3, 3*each, n, k, true, false, false, Activation{})
	g.Each, g.Scratch = each, make([]float32, StrassenFloats(each, n, k, 3))
	g.A[(each+2)*g.LDA+7] = float32(math.NaN())
	g.A[(2*each+12)*g.LDA] = float32(math.Inf(1))
	for _, p := range []*workers.Pool{nil, testPool(t, 2)} {
		g.Run(p)
		got := slices.Clone(g.C)
		g.Gemm.Run(nil)
		for i := range 3 * each {
			row, plain := got[i*g.LDC:][:n], g.C[i*g.LDC:][:n]
			for j, v := range row {
				switch {
				case i == each+2 && v == v, i != each+2 && i != 2*each+12 && (v-v != 0 || math.Abs(float64(v-plain[j])) > 1e-4):
					t.Fatalf("[%d][%d] = %v, plain %v", i, j, v, plain[j])
				}
			}
		}
		one := *g
		one.M, one.A, one.C = each, g.A, make([]float32, each*g.LDC)
		one.Run(p)
		for i := range each {
			sameBits(t, "an example alone", one.C[i*g.LDC:][:n], got[i*g.LDC:][:n])
		}
	}
}

// The error is what RATIONALE says: about twice that of the plain product.
func TestStrassenError(t *testing.T) {
	const m, n, k = 98, 256, 512
	g, b, _ := fastGemm(7, m, n, k, false, false, false, Activation{})
	want, _ := product(m, n, k, func(i, p int) float32 { return g.A[i*g.LDA+p] }, func(p, j int) float32 { return b[p*n+j] }, noInit, Activation{})
	rms := func() float64 {
		sum := 0.0
		for i, w := range want {
			d := float64(g.C[i/n*g.LDC+i%n]) - w
			sum += d * d
		}
		return math.Sqrt(sum / float64(len(want)))
	}
	g.Run(nil)
	fast := rms()
	g.Gemm.Run(nil)
	plain := rms()
	t.Logf("root mean square error %.3g, of the plain product %.3g", fast, plain)
	if fast > 3*plain {
		t.Errorf("error %g, of the plain product %g", fast, plain)
	}
}

func TestStrassenAllocatesNothing(t *testing.T) {
	p := testPool(t, 2)
	g, _, _ := fastGemm(1, 100, 64, 64, true, true, false, Activation{Kind: Relu})
	if n := testing.AllocsPerRun(20, func() { g.Run(p) }); n != 0 {
		t.Errorf("Run allocates %v times", n)
	}
}

func BenchmarkStrassen(b *testing.B) {
	for _, c := range []struct{ m, n, k int }{
		{49, 512, 2048}, {49, 2048, 512}, {196, 256, 1024}, {196, 1024, 256}, {784, 128, 512}, {784, 512, 128}, {128, 768, 768}, {128, 3072, 768}, {128, 768, 3072},
		{128, 256, 256}, {128, 1024, 256}, {64, 512, 784}, {64, 512, 512}, {196, 96, 576}, {196, 576, 96}, {49, 960, 160}, {49, 320, 960}, {49, 1280, 320}, {2560, 512, 128}, {3136, 256, 64}, {3136, 64, 256},
	} {
		for _, fast := range []bool{false, true} {
			b.Run(fmt.Sprintf("%dx%dx%d/%v", c.m, c.k, c.n, fast), func(b *testing.B) {
				g, _, _ := fastGemm(1, c.m, c.n, c.k, true, false, false, Activation{Kind: Relu})
				// As the runtime has them: in whole cache lines.
				g.A, g.B, g.Sums, g.Scratch = alignedFloats(g.A), alignedFloats(g.B), alignedFloats(g.Sums), alignedFloats(g.Scratch)
				g.LDA, g.LDC = g.K, g.N
				if !fast {
					g.Sums = nil
				}
				for b.Loop() {
					g.Run(nil)
				}
				b.ReportMetric(2*float64(c.m*c.n*c.k)/float64(b.Elapsed().Nanoseconds())*float64(b.N), "GFLOP/s")
			})
		}
	}
}

// alignedFloats copies s to the start of a cache line.
func alignedFloats(s []float32) []float32 {
	d := make([]float32, len(s)+Panel)
	d = d[-int(uintptr(unsafe.Pointer(&d[0]))/4)&(Panel-1):][:len(s)]
	copy(d, s)
	return d
}
