package kernel

import (
	"fmt"
	"testing"
)

func TestRepeat(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(41)
		for range 200 {
			n, m := r.IntN(100), 1+r.IntN(mostRepeats+2)
			if r.IntN(20) == 0 {
				n += 2 * repeatCall / m
			}
			x := guardedRand(r, n)
			got, want := newGuarded(n*m), make([]float32, n*m)
			for i := range want {
				want[i] = x[i/m]
			}
			Repeat(got.s, x, m)
			what := fmt.Sprintf("%d values, %d times", n, m)
			sameBits(t, what, got.s, want)
			got.check(t, what)
		}
	})
}
