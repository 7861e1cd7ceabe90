package runtime

import (
	"math"
	"sync"

	"github.com/kerasgo/kerasgo/internal/kernel"
)

// quarters are the sums of a constant matrix's quarters that Strassen's
// algorithm wants. They are packed when compiled if there are rows enough for it
// whatever the batch is, or else by the first plan with rows enough. The nil
// quarters are those of a matrix that is never multiplied so.
type quarters struct {
	k, n    int
	threads int
	of      *weights
	once    sync.Once
	sums    *weights
}

// quarters is for the matrix [k, n], packed as w, of a node that multiplies it with
// so many rows of an example at least.
func (c *compiler) quarters(w *weights, rows, k, n int) *quarters {
	if c.opts.exactProducts || w == nil || !kernel.StrassenPays(math.MaxInt32, n, k) {
		return nil
	}
	q := &quarters{k: k, n: n, threads: c.opts.threads, of: w}
	if kernel.StrassenPays(rows, n, k) {
		q.sums = w.packNext(kernel.PackedSumsFloats(k, n), q.fill)
	}
	return q
}

func (q *quarters) fill(dst []float32) { kernel.PackSums(dst, q.of.f32, q.k, q.n) }

// scratch is what products of m rows for each example need.
func (q *quarters) scratch(m int) int {
	if q == nil || !kernel.StrassenPays(m, q.n, q.k) {
		return 0
	}
	return roundUp(kernel.StrassenFloats(m, q.n, q.k, q.threads))
}

// bind makes g, which has m rows for each example, use Strassen's algorithm if it
// pays.
func (q *quarters) bind(g *kernel.FastGemm, m int, scratch []float32) {
	n := q.scratch(m)
	if n == 0 {
		return
	}
	q.once.Do(func() {
		if q.sums == nil {
			w := &weights{f32: alignedFloats(kernel.PackedSumsFloats(q.k, q.n))}
			q.fill(w.f32)
			q.sums = w
		}
	})
	g.Each, g.Sums, g.Scratch = m, q.sums.f32, scratch[:n]
}
