package runtime

import (
	"math"
	"sync"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
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

// quarters is for the matrix value [k, n], packed as w in layout, of a node that
// multiplies it with so many rows at least.
func (c *compiler) quarters(value ir.ValueID, layout string, w *weights, rows, k, n int) *quarters {
	if c.opts.exactProducts || w == nil || !kernel.StrassenPays(math.MaxInt32, n, k) {
		return nil
	}
	q := &quarters{k: k, n: n, threads: c.opts.threads, of: w}
	if kernel.StrassenPays(rows, n, k) {
		q.sums = c.packAfter(value, layout+" sums", kernel.PackedSumsFloats(k, n), q.fill)
	}
	return q
}

func (q *quarters) fill(dst []float32) { kernel.PackSums(dst, q.of.f32, q.k, q.n) }

// scratch is what a product of m rows needs.
func (q *quarters) scratch(m int) int {
	if q == nil || !kernel.StrassenPays(m, q.n, q.k) {
		return 0
	}
	return roundUp(kernel.StrassenFloats(m, q.n, q.k, q.threads))
}

// bind makes g, whose M is set, use Strassen's algorithm if it pays. It returns
// the rest of the scratch.
func (q *quarters) bind(g *kernel.FastGemm, scratch []float32) []float32 {
	n := q.scratch(g.M)
	if n == 0 {
		return scratch
	}
	q.once.Do(func() {
		if q.sums == nil {
			w := &weights{f32: alignedFloats(kernel.PackedSumsFloats(q.k, q.n))}
			q.fill(w.f32)
			q.sums = w
		}
	})
	g.Sums, g.Scratch = q.sums.f32, scratch[:n]
	return scratch[n:]
}
