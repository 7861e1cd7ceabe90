package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// best times f in short batches and reports the best one, which a busy machine disturbs least; flops are of one call.
func best(b *testing.B, flops float64, f func()) {
	reps := 1
	for {
		start := time.Now()
		for range reps {
			f()
		}
		if time.Since(start) > 20*time.Microsecond {
			break
		}
		reps *= 2
	}
	least := math.Inf(1)
	for b.Loop() {
		start := time.Now()
		for range reps {
			f()
		}
		least = min(least, float64(time.Since(start).Nanoseconds())/float64(reps))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(least, "best-ns")
	if flops > 0 {
		b.ReportMetric(flops/least, "GFLOPS")
	}
}

// alignedRand is aligned to a cache line, as weights and arenas are.
func alignedRand(r *rand.Rand, n int) []float32 {
	s := make([]float32, n+16)
	skip := -int(uintptr(unsafe.Pointer(&s[0]))/4) & 15
	s = s[skip : skip+n]
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

// BenchmarkPeak is a product whose operands stay in the first-level cache: what the multiply-add units can do.
func BenchmarkPeak(b *testing.B) {
	const m, n, k = 24, 32, 192
	r := newRand(1)
	g := &Gemm{M: m, N: n, K: k, A: alignedRand(r, m*k), LDA: k, B: alignedRand(r, n*k), C: alignedRand(r, m*n), LDC: n}
	best(b, 2*m*n*k, func() { g.Run(nil) })
}

func BenchmarkGemm(b *testing.B) {
	pool := testPool(b, 2)
	for _, s := range [][3]int{
		{49, 512, 512}, {49, 1024, 512}, {49, 2048, 512}, {49, 512, 2048}, {3136, 64, 256}, {3136, 256, 64},
		{196, 1024, 256}, {128, 768, 768}, {128, 3072, 768}, {196, 2304, 256}, {12544, 32, 24}, {1, 1024, 1024}, {4, 1024, 1024}, {1, 64, 64}, {1, 784, 128},
	} {
		m, k, n := s[0], s[1], s[2]
		for _, p := range []*workers.Pool{nil, pool} {
			b.Run(fmt.Sprintf("%dx%dx%d/threads=%d", m, k, n, p.Threads()), func(b *testing.B) {
				r := newRand(1)
				g := &Gemm{M: m, N: n, K: k, A: alignedRand(r, m*k), LDA: k, B: alignedRand(r, PackedBFloats(k, n)), C: make([]float32, m*n), LDC: n}
				best(b, 2*float64(m)*float64(n)*float64(k), func() { g.Run(p) })
			})
		}
	}
}

func BenchmarkMatMul(b *testing.B) {
	for _, trans := range []bool{false, true} {
		b.Run(fmt.Sprintf("12x128x64x128/trans=%v", trans), func(b *testing.B) {
			r := newRand(1)
			m := &MatMul{Batch: [2]int{1, 12}, M: 128, N: 128, K: 64, TransB: trans, LDA: 768, LDB: 768, LDC: 128, SA: [2]int{0, 64}, SB: [2]int{0, 64}, SC: [2]int{0, 128 * 128}}
			if !trans {
				m.N, m.K, m.LDA, m.LDC, m.SA[1], m.SC[1] = 64, 128, 128, 768, 128*128, 64
			}
			m.A, m.B, m.C = alignedRand(r, 12*128*128), alignedRand(r, 12*128*128), make([]float32, 12*128*128)
			scratch := make([]float32, m.ScratchFloats(1))
			best(b, 12*2*128*128*64, func() { m.Run(nil, scratch) })
		})
	}
}

func BenchmarkActivation(b *testing.B) {
	r := newRand(1)
	x := alignedRand(r, 4096)
	y := make([]float32, len(x))
	for _, a := range activationCases() {
		b.Run(fmt.Sprint(a.Kind), func(b *testing.B) {
			best(b, 0, func() { a.Apply(y, x) })
		})
	}
}

func BenchmarkRNN(b *testing.B) {
	pool := testPool(b, 2)
	for _, cell := range []Cell{LSTM, GRU, GRUResetBefore, SimpleRNN} {
		for _, s := range [][3]int{{32, 1, 32}, {64, 1, 100}, {128, 1, 100}, {256, 1, 100}, {64, 32, 100}, {128, 32, 100}} {
			units, batch, steps := s[0], s[1], s[2]
			for _, p := range []*workers.Pool{nil, pool} {
				b.Run(fmt.Sprintf("cell=%d/units=%d/batch=%d/threads=%d", cell, units, batch, p.Threads()), func(b *testing.B) {
					r := newRand(1)
					cols := RNNCols(units, cell.Gates())
					rnn := &RNN{
						Cell: cell, Units: units, Batch: batch, Steps: steps, X: alignedRand(r, batch*steps*cols), XStep: cols, XBatch: steps * cols,
						U: alignedRand(r, PackedRecurrentFloats(units, cell.Gates())), UBias: make([]float32, RNNCols(units, 1)), H: make([]float32, batch*units), C: make([]float32, batch*units),
						Y: make([]float32, batch*steps*units), YStep: units, YBatch: steps * units, Act: Activation{Kind: Tanh}, RecurrentAct: Activation{Kind: Sigmoid},
					}
					scratch := make([]float32, rnn.ScratchFloats(p.Threads()))
					best(b, 2*float64(cell.Gates()*units*units*batch*steps), func() { rnn.Run(p, scratch) })
				})
				b.Run(fmt.Sprintf("cell=%d/units=%d/batch=%d/threads=%d/projects", cell, units, batch, p.Threads()), func(b *testing.B) {
					r := newRand(1)
					rnn := &RNN{
						Cell: cell, Units: units, Batch: batch, Steps: steps,
						Input: &RNNInput{X: alignedRand(r, batch*steps*units), Size: units, Step: units, Batch: steps * units, W: alignedRand(r, PackedRNNInputFloats(units, units, cell.Gates()))},
						U:     alignedRand(r, PackedRecurrentFloats(units, cell.Gates())), UBias: make([]float32, RNNCols(units, 1)), H: make([]float32, batch*units), C: make([]float32, batch*units),
						Y: make([]float32, batch*steps*units), YStep: units, YBatch: steps * units, Act: Activation{Kind: Tanh}, RecurrentAct: Activation{Kind: Sigmoid},
					}
					scratch := make([]float32, rnn.ScratchFloats(p.Threads()))
					best(b, 4*float64(cell.Gates()*units*units*batch*steps), func() { rnn.Run(p, scratch) })
				})
			}
		}
	}
}

func BenchmarkConv(b *testing.B) {
	for _, s := range []struct{ hw, k, stride, cin, cout int }{
		{56, 3, 1, 64, 64}, {28, 3, 1, 128, 128}, {14, 3, 1, 256, 256}, {7, 3, 1, 512, 512}, {112, 7, 2, 3, 64}, {112, 3, 2, 3, 32}, {26, 3, 1, 1, 32},
	} {
		b.Run(fmt.Sprintf("%dx%d/%dx%d/s%d/%d-%d", s.hw, s.hw, s.k, s.k, s.stride, s.cin, s.cout), func(b *testing.B) {
			r := newRand(1)
			g := Geom2D([2]int{s.hw * s.stride, s.hw * s.stride}, [2]int{s.k, s.k}, [2]int{s.stride, s.stride}, [2]int{1, 1}, [2]int{s.k/2 - (s.stride - 1), s.k/2 - (s.stride - 1)}, [2]int{s.hw, s.hw}, s.cin, s.cout, 1)
			c := &Conv{Plan: NewConvPlan(g), N: 1, X: alignedRand(r, g.inFloats()), W: alignedRand(r, PackedConvFloats(g)), Y: make([]float32, g.outFloats())}
			scratch := make([]float32, c.Plan.ScratchFloats(1))
			best(b, 2*float64(s.hw*s.hw*s.k*s.k*s.cin*s.cout), func() { c.Run(nil, scratch) })
		})
	}
}

func BenchmarkWindow(b *testing.B) {
	for _, s := range []struct{ hw, k, stride, c int }{{112, 3, 1, 32}, {56, 3, 1, 144}, {56, 3, 2, 96}, {14, 3, 1, 576}, {7, 3, 1, 960}, {28, 5, 1, 120}} {
		r := newRand(1)
		g := Geom2D([2]int{s.hw * s.stride, s.hw * s.stride}, [2]int{s.k, s.k}, [2]int{s.stride, s.stride}, [2]int{1, 1}, [2]int{(s.k - s.stride + 1) / 2, (s.k - s.stride + 1) / 2}, [2]int{s.hw, s.hw}, s.c, s.c, 1)
		plan := NewWindowPlan(g)
		x, y, w := alignedRand(r, g.inFloats()), make([]float32, g.outFloats()), alignedRand(r, s.k*s.k*s.c)
		name := fmt.Sprintf("%dx%dx%d/k%d/s%d", s.hw, s.hw, s.c, s.k, s.stride)
		flops := 2 * float64(s.hw*s.hw*s.k*s.k*s.c)
		b.Run("depthwise/"+name, func(b *testing.B) {
			d := &Depthwise{Plan: plan, N: 1, X: x, W: w, Y: y, Act: Activation{Kind: Relu6}}
			best(b, flops, func() { d.Run(nil) })
		})
		b.Run("max/"+name, func(b *testing.B) {
			d := &Pooling{Plan: plan, N: 1, X: x, Y: y}
			best(b, flops, func() { d.Run(nil) })
		})
	}
}

func BenchmarkPack(b *testing.B) {
	r := newRand(1)
	w := alignedRand(r, 9*256*256)
	dst := make([]float32, 36*256*256)
	g := Geom2D([2]int{14, 14}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{14, 14}, 256, 256, 1)
	b.Run("winograd", func(b *testing.B) { best(b, 0, func() { PackWinograd(dst, g, winoTile, w) }) })
	b.Run("conv", func(b *testing.B) { best(b, 0, func() { PackConv(dst, g, w) }) })
	b.Run("recurrent", func(b *testing.B) { best(b, 0, func() { PackRecurrent(dst, 256, 4, w) }) })
}
