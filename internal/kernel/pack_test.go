package kernel

import "testing"

// Packing with factors is packing what has been multiplied before.
func TestPackScaled(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(31)
		for _, s := range [][2]int{{1, 1}, {3, 16}, {33, 40}, {70, 64}, {128, 17}} {
			cin, cout := s[0], s[1]
			g := Geom2D([2]int{8, 8}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{8, 8}, cin, cout, 1)
			w, scale := alignedRand(r, 9*cin*cout), alignedRand(r, cout)
			scaled := make([]float32, len(w))
			for i, v := range w {
				scaled[i] = v * scale[i%cout]
			}
			got, want := alignedRand(r, PackedConvFloats(g)), make([]float32, PackedConvFloats(g))
			PackConvScaled(got, g, w, scale)
			PackConv(want, g, scaled)
			sameBits(t, "conv", got, want)
			got, want = alignedRand(r, PackedWinogradFloats(g, winoTile)), make([]float32, PackedWinogradFloats(g, winoTile))
			PackWinogradScaled(got, g, winoTile, w, scale)
			PackWinograd(want, g, winoTile, scaled)
			for i, v := range got {
				if d := v - want[i]; d > 2e-6 || d < -2e-6 {
					t.Fatalf("%v: winograd weight %d is %v, want %v", s, i, v, want[i])
				}
			}
		}
	})
}
