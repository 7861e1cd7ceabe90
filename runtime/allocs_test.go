package runtime

import "testing"

// leastAllocs is testing.AllocsPerRun, tried again when it is not zero: it counts
// what other goroutines allocate too.
func leastAllocs(runs int, f func()) float64 {
	n := testing.AllocsPerRun(runs, f)
	for range 2 {
		if n > 0 {
			n = min(n, testing.AllocsPerRun(runs, f))
		}
	}
	return n
}
