package kernel

import "testing"

func TestTranspose(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(38)
		for range 300 {
			rows, cols := 1+r.IntN(70), 1+r.IntN(90)
			ldd, lds := cols+r.IntN(5), rows+r.IntN(5)
			src := guardedRand(r, (cols-1)*lds+rows)
			got := newGuarded((rows-1)*ldd + cols)
			want := append([]float32{}, got.s...)
			if !Transpose(got.s, src, rows, cols, ldd, lds) {
				continue // no kernel
			}
			transposeGeneric(want, src, rows, cols, ldd, lds)
			sameBits(t, "transpose", got.s, want)
			got.check(t, "transpose")
		}
	})
}
