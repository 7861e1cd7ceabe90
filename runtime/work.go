package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// parallelFlops is the number of floating-point operations that take about
// 20 µs on one core.
const parallelFlops = 1_000_000

// Steps of sharedFlops or more are worth sharing with workers that are awake; it
// takes several of them to be worth waking workers for.
const (
	sharedFlops       = parallelFlops / 8
	parallelSumOfThem = 2 * parallelFlops
)

// flops says how much work a step has, as the product of sizes.
func (b *binding) flops(sizes ...int) {
	n := 1
	for _, s := range sizes {
		n = mulLimit(n, s)
	}
	b.parallel = b.parallel || n >= parallelFlops
	if n >= sharedFlops {
		b.shared = min(b.shared+n, parallelSumOfThem)
	}
}

// bytes says how much memory a step that hardly computes reads and writes.
func (b *binding) bytes(n int) { b.parallel = b.parallel || n >= 1<<18 }

// result is the type of output 0.
func (b *binding) result() []ir.Type {
	return []ir.Type{{DType: b.out[0].dtype, Shape: ir.Dims(b.out[0].shape...)}}
}

// maxScratch is more floats than there is memory; what asks for more is cut to
// it and refused.
const maxScratch = math.MaxInt >> 1 & (1<<48 - 1)
