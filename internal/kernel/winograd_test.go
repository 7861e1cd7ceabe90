package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kerasgo/kerasgo/internal/workers"
)

func TestWinograd(t *testing.T) {
	pools := []*workers.Pool{nil, testPool(t, 2), testPool(t, 3)}
	eachLevel(t, func(t *testing.T) {
		r := newRand(40)
		for range 60 {
			pad := [2]int{r.IntN(3), r.IntN(3)}
			in := [2]int{3 + r.IntN(20), 3 + r.IntN(20)}
			out := [2]int{in[0] + pad[0] - 2 + r.IntN(3), in[1] + pad[1] - 2 + r.IntN(3)}
			g := Geom2D(in, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, pad, out, 8*(1+r.IntN(5)), 8*(1+r.IntN(5)), 1)
			testWinograd(t, r, g, []int{winoTile, smallTile}[r.IntN(2)], 1+r.IntN(3), pools)
		}
		for range 60 { // taps in a row
			taps, d := 2+r.IntN(4), 1+r.IntN(4)
			if r.IntN(8) == 0 {
				d = 1 + r.IntN(80)
			}
			in, pad := [2]int{1 + r.IntN(3), 1 + r.IntN(60)}, [2]int{0, r.IntN(taps * d)}
			out := [2]int{in[0], in[1] + pad[1] - (taps-1)*d + r.IntN((taps-1)*d+1)}
			if out[1] < 1 {
				continue
			}
			g := Geom2D(in, [2]int{1, taps}, [2]int{1, 1}, [2]int{1 + r.IntN(2), d}, pad, out, 8+r.IntN(40), 8+r.IntN(70), 1)
			testWinograd(t, r, g, lineTile(&g), 1+r.IntN(3), pools)
		}
		for range 8 { // few tiles, of which threads share the columns
			cout := 64 + 8*r.IntN(8)
			testWinograd(t, r, Geom2D([2]int{13, 13}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{}, [2]int{11, 11}, 32, cout, 1), winoTile, 1, pools)
		}
		testWinograd(t, r, Geom2D([2]int{28, 28}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{28, 28}, 64, 64, 1), winoTile, 1, pools)
		testWinograd(t, r, Geom2D([2]int{7, 7}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{7, 7}, 512, 256, 1), smallTile, 1, pools)
	})
}

// testWinograd compares with the direct convolution: the error is measured against the size of the outputs, as the
// transforms mix all values of a tile.
func testWinograd(t *testing.T, r *rand.Rand, g ConvGeom, tile, n int, pools []*workers.Pool) {
	t.Helper()
	acts := []Activation{{}, {Kind: Relu}, {Kind: Relu6}, {Kind: Silu}}
	x, w := guardedRand(r, n*g.inFloats()), guardedRand(r, volume(g.Kernel)*g.Cin*g.Cout)
	direct := &Conv{Plan: NewConvPlan(g), N: n, X: x, W: make([]float32, PackedConvFloats(g)), Y: make([]float32, n*g.outFloats()), Act: acts[r.IntN(len(acts))]}
	PackConv(direct.W, g, w)
	fast := &Winograd{Plan: NewWinogradPlan(g, tile), N: n, X: x, W: newGuarded(PackedWinogradFloats(g, tile)).s, Act: direct.Act}
	PackWinograd(fast.W, g, tile, w)
	if r.IntN(2) == 0 {
		bias := guardedRand(r, g.Cout)
		direct.Bias, fast.Bias = make([]float32, PackedConvBiasFloats(g)), newGuarded(PackedConvBiasFloats(g)).s
		PackConvBias(direct.Bias, g, bias)
		PackConvBias(fast.Bias, g, bias)
	}
	residual := r.IntN(2) == 0
	if residual {
		direct.R = guardedRand(r, n*g.outFloats())
	}
	direct.Run(nil, make([]float32, direct.Plan.ScratchFloats(n)))
	scale := 3 * math.Sqrt(float64(volume(g.Kernel)*g.Cin))
	what := fmt.Sprintf("%+v n=%d %+v residual=%v", g, n, direct.Act, residual)
	var first []float32
	for i, p := range pools {
		y, scratch := newGuarded(n*g.outFloats()), newGuarded(fast.Plan.ScratchFloats(p.Threads()))
		fast.Y, fast.R = y.s, direct.R
		if residual && i > 0 {
			copy(y.s, direct.R)
			fast.R = y.s
		}
		fast.Run(p, scratch.s)
		y.check(t, what)
		scratch.check(t, what)
		if first == nil {
			first = y.s
		}
		sameBits(t, what, y.s, first)
		for j, v := range y.s {
			if d := math.Abs(float64(v - direct.Y[j])); !(d <= 4e-6*scale) {
				t.Fatalf("%s: [%d] = %v, direct %v", what, j, v, direct.Y[j])
			}
		}
	}
}

// TestWinogradIsExactOnSmallIntegers holds the transforms to the definition: with these points all products are exact
// but for those of the weights, whose error is below half a unit here.
func TestWinogradIsExactOnSmallIntegers(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(41)
		g := Geom2D([2]int{8, 8}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{8, 8}, 8, 8, 1)
		x, w := make([]float32, g.inFloats()), make([]float32, 9*64)
		for i := range x {
			x[i] = float32(r.IntN(7) - 3)
		}
		for i := range w {
			w[i] = float32(r.IntN(7) - 3)
		}
		direct := &Conv{Plan: NewConvPlan(g), N: 1, X: x, W: make([]float32, PackedConvFloats(g)), Y: make([]float32, g.outFloats())}
		PackConv(direct.W, g, w)
		direct.Run(nil, make([]float32, direct.Plan.ScratchFloats(1)))
		for tile, most := range map[int]float64{winoTile: 1e-3, smallTile: 0} {
			fast := &Winograd{Plan: NewWinogradPlan(g, tile), N: 1, X: x, W: make([]float32, PackedWinogradFloats(g, tile)), Y: make([]float32, g.outFloats())}
			PackWinograd(fast.W, g, tile, w)
			fast.Run(nil, make([]float32, fast.Plan.ScratchFloats(1)))
			for i, v := range fast.Y {
				if math.Round(float64(v)) != float64(direct.Y[i]) || math.Abs(float64(v-direct.Y[i])) > most {
					t.Fatalf("tiles of %d: [%d] = %v, want %v", tile, i, v, direct.Y[i])
				}
			}
		}
	})
}

func TestWinogradTile(t *testing.T) {
	for _, c := range []struct {
		hw, cin, cout int
		want          int
	}{
		{128, 16, 16, 4}, {56, 64, 64, 4}, {14, 256, 256, 4}, {14, 512, 512, 4}, {7, 512, 512, 2}, {56, 3, 64, 0}, {56, 8, 8, 0}, {3, 64, 64, 0},
	} {
		g := Geom2D([2]int{c.hw, c.hw}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{c.hw, c.hw}, c.cin, c.cout, 1)
		if got := WinogradTile(g); got != c.want {
			t.Errorf("%d×%d, %d to %d channels: %v, want %v", c.hw, c.hw, c.cin, c.cout, got, c.want)
		}
	}
	for _, c := range []struct{ taps, channels, want int }{{2, 128, 5}, {3, 64, 4}, {4, 64, 3}, {5, 128, 2}, {6, 128, 0}, {3, 16, 0}, {1, 128, 0}} {
		g := Geom2D([2]int{1, 500}, [2]int{1, c.taps}, [2]int{1, 1}, [2]int{1, 1}, [2]int{}, [2]int{1, 501 - c.taps}, c.channels, c.channels, 1)
		if got := WinogradTile(g); got != c.want {
			t.Errorf("%d taps, %d channels: %v, want %v", c.taps, c.channels, got, c.want)
		}
	}
	g := Geom2D([2]int{56, 56}, [2]int{3, 3}, [2]int{2, 2}, [2]int{1, 1}, [2]int{1, 1}, [2]int{28, 28}, 64, 64, 1)
	if WinogradTile(g) != 0 {
		t.Error("stride 2 pays")
	}
}

func TestWinogradAllocatesNothing(t *testing.T) {
	g := Geom2D([2]int{9, 9}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{9, 9}, 8, 8, 1)
	for _, tile := range []int{winoTile, smallTile} {
		c := &Winograd{Plan: NewWinogradPlan(g, tile), N: 1, X: make([]float32, g.inFloats()), W: make([]float32, PackedWinogradFloats(g, tile)), Y: make([]float32, g.outFloats())}
		scratch := make([]float32, c.Plan.ScratchFloats(1))
		if n := testing.AllocsPerRun(20, func() { c.Run(nil, scratch) }); n != 0 {
			t.Errorf("allocates %v times", n)
		}
	}
}

func BenchmarkWinograd(b *testing.B) {
	pool := testPool(b, 2)
	for _, s := range []struct{ hw, cin, cout, tile int }{{56, 64, 64, 4}, {28, 128, 128, 4}, {14, 256, 256, 4}, {7, 512, 512, 4}, {7, 512, 512, 2}} {
		for _, p := range []*workers.Pool{nil, pool} {
			b.Run(fmt.Sprintf("%dx%d/%d-%d/tile=%d/threads=%d", s.hw, s.hw, s.cin, s.cout, s.tile, p.Threads()), func(b *testing.B) {
				r := newRand(1)
				g := Geom2D([2]int{s.hw, s.hw}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{s.hw, s.hw}, s.cin, s.cout, 1)
				c := &Winograd{Plan: NewWinogradPlan(g, s.tile), N: 1, X: alignedRand(r, g.inFloats()), W: alignedRand(r, PackedWinogradFloats(g, s.tile)), Y: make([]float32, g.outFloats())}
				scratch := alignedRand(r, c.Plan.ScratchFloats(p.Threads()))
				best(b, 2*float64(s.hw*s.hw*9*s.cin*s.cout), func() { c.Run(p, scratch) })
			})
		}
	}
}
