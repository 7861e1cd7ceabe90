package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/internal/kernel"
)

const (
	// reduceTile is how many columns are reduced together.
	reduceTile = 256
	// reduceScratch is the scratch of one thread.
	reduceScratch = 3 * reduceTile
	// sumBlock is how many numbers are summed one after another; the sums of
	// blocks are summed pairwise, so that rounding errors do not grow with n.
	sumBlock = 1024
	// rowBlock is the least number of rows that are summed one after another,
	// column by column.
	rowBlock = 64
)

// floatReduction folds the lines of src, seen as f, with fn. work holds
// reduceScratch values for each thread.
func floatReduction(b *binding, fn string, src *buffer, f folding, work []float32) step {
	out := b.out[0]
	ns := 0.15
	if fn == "logsumexp" {
		ns = 1
	}
	scratch := func(worker int) []float32 { return work[worker*reduceScratch:][:reduceScratch] }
	if f.inner == 1 {
		fold := rowReduction(fn)
		return newSpread(b, f.outer, 10+ns*float64(f.n), 1, func(worker, lo, hi int) {
			x, y, tmp := src.f32, out.f32, scratch(worker)
			for i := lo; i < hi; i++ {
				y[i] = fold(x[i*f.n:(i+1)*f.n], tmp)
			}
		}).step
	}
	fold := colReduction(fn)
	tiles := (f.inner + reduceTile - 1) / reduceTile
	return newSpread(b, f.outer*tiles, ns*float64(f.n*min(f.inner, reduceTile)), 1, func(worker, lo, hi int) {
		x, y, tmp := src.f32, out.f32, scratch(worker)
		for t := lo; t < hi; t++ {
			o, j := t/tiles, t%tiles*reduceTile
			w := min(reduceTile, f.inner-j)
			fold(y[o*f.inner+j:][:w], columns{x, o*f.n*f.inner + j, f.n, f.inner, w}, tmp)
		}
	}).step
}

// rowReduction folds x; tmp has reduceScratch values.
func rowReduction(fn string) func(x, tmp []float32) float32 {
	switch fn {
	case "sum":
		return func(x, _ []float32) float32 { return sumPairwise(x) }
	case "mean":
		return func(x, _ []float32) float32 { return sumPairwise(x) / float32(len(x)) }
	case "max":
		return func(x, _ []float32) float32 { return kernel.MaxOf(x) }
	case "min":
		return func(x, _ []float32) float32 { return kernel.MinOf(x) }
	case "var":
		return func(x, _ []float32) float32 { return variance(x) }
	case "std":
		return func(x, _ []float32) float32 { return sqrt32(variance(x)) }
	case "prod":
		return func(x, _ []float32) float32 {
			p := float32(1)
			for _, v := range x {
				p *= v
			}
			return p
		}
	}
	return logSumExp
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func sumPairwise(x []float32) float32 {
	if len(x) <= sumBlock {
		return kernel.SumOf(x)
	}
	h := halfBlocks(len(x))
	return sumPairwise(x[:h]) + sumPairwise(x[h:])
}

// halfBlocks is about half of n, in whole blocks.
func halfBlocks(n int) int { return (n/2 + sumBlock - 1) / sumBlock * sumBlock }

func variance(x []float32) float32 {
	n := float32(len(x))
	return sumSquares(x, sumPairwise(x)/n) / n
}

// sumSquares is Σ(x-mean)², pairwise.
func sumSquares(x []float32, mean float32) float32 {
	if len(x) == 0 {
		return 0
	}
	if len(x) <= sumBlock {
		return kernel.VarianceOf(x, mean) * float32(len(x))
	}
	h := halfBlocks(len(x))
	return sumSquares(x[:h], mean) + sumSquares(x[h:], mean)
}

// finiteOr0 is the number that exponents are shifted by: the largest, unless it
// is infinite or NaN.
func finiteOr0(x float32) float32 {
	if x-x != 0 {
		return 0
	}
	return x
}

var expAct = kernel.Activation{Kind: kernel.Exp}

func logSumExp(x, tmp []float32) float32 {
	shift := finiteOr0(kernel.MaxOf(x))
	sum := 0.0
	for len(x) > 0 {
		n := min(len(x), reduceTile)
		kernel.SubScalar(tmp[:n], x[:n], shift)
		expAct.Apply(tmp[:n], tmp[:n])
		sum += float64(kernel.SumOf(tmp[:n]))
		x = x[n:]
	}
	return float32(math.Log(sum)) + shift
}

// columns are w adjacent columns of n rows.
type columns struct {
	x      []float32
	at     int
	n      int
	stride int // from a row to the next
	w      int
}

func (c columns) row(i int) []float32 { return c.from(i)[:c.w] }

// from is what begins with row i.
func (c columns) from(i int) []float32 { return c.x[c.at+i*c.stride:] }

// colReduction folds each column into dst; tmp has reduceScratch values.
func colReduction(fn string) func(dst []float32, c columns, tmp []float32) {
	switch fn {
	case "sum":
		return sumColumns
	case "mean":
		return func(dst []float32, c columns, tmp []float32) {
			sumColumns(dst, c, tmp)
			kernel.DivScalar(dst, dst, float32(c.n))
		}
	case "max":
		return func(dst []float32, c columns, _ []float32) {
			joinColumns(dst, c, float32(math.Inf(-1)), kernel.MaxRows)
		}
	case "min":
		return func(dst []float32, c columns, _ []float32) {
			joinColumns(dst, c, float32(math.Inf(1)), kernel.MinRows)
		}
	case "prod":
		return func(dst []float32, c columns, _ []float32) { joinColumns(dst, c, 1, mulRows) }
	case "var":
		return varColumns
	case "std":
		return func(dst []float32, c columns, tmp []float32) {
			varColumns(dst, c, tmp)
			kernel.Activation{Kind: kernel.Sqrt}.Apply(dst, dst)
		}
	}
	return logSumExpColumns
}

// joinColumns folds the rows with join; init is the result of none.
func joinColumns(dst []float32, c columns, init float32, join func(dst, x []float32, rows, stride int)) {
	for i := range dst {
		dst[i] = init
	}
	if c.n > 0 {
		join(dst, c.from(0), c.n, c.stride)
	}
}

func mulRows(dst, x []float32, rows, stride int) {
	for i := range rows {
		kernel.Mul(dst, dst, x[i*stride:][:len(dst)])
	}
}

// sumRows folds add, which adds rows to dst, over n rows in blocks, each summed in
// part first. There are as many blocks as rows in one, so that errors grow with the
// root of n.
func sumRows(dst, part []float32, n int, add func(dst []float32, from, to int)) {
	clear(dst)
	if n <= rowBlock {
		add(dst, 0, n)
		return
	}
	block := max(rowBlock, int(math.Sqrt(float64(n))))
	for i := 0; i < n; i += block {
		clear(part)
		add(part, i, min(i+block, n))
		kernel.Add(dst, dst, part)
	}
}

func sumColumns(dst []float32, c columns, tmp []float32) {
	sumRows(dst, tmp[:c.w], c.n, func(part []float32, from, to int) {
		if from < to {
			kernel.AddRows(part, c.from(from), to-from, c.stride)
		}
	})
}

func varColumns(dst []float32, c columns, tmp []float32) {
	mean := tmp[2*reduceTile:][:c.w]
	sumColumns(mean, c, tmp)
	kernel.DivScalar(mean, mean, float32(c.n))
	d := tmp[reduceTile:][:c.w]
	sumRows(dst, tmp[:c.w], c.n, func(part []float32, from, to int) {
		for i := from; i < to; i++ {
			kernel.Sub(d, c.row(i), mean)
			kernel.FMA(part, d, d, part)
		}
	})
	kernel.DivScalar(dst, dst, float32(c.n))
}

func logSumExpColumns(dst []float32, c columns, tmp []float32) {
	shift := tmp[2*reduceTile:][:c.w]
	joinColumns(shift, c, float32(math.Inf(-1)), kernel.MaxRows)
	for i, v := range shift {
		shift[i] = finiteOr0(v)
	}
	e := tmp[reduceTile:][:c.w]
	sumRows(dst, tmp[:c.w], c.n, func(part []float32, from, to int) {
		for i := from; i < to; i++ {
			kernel.Sub(e, c.row(i), shift)
			expAct.Apply(e, e)
			kernel.Add(part, part, e)
		}
	})
	kernel.Activation{Kind: kernel.Log}.Apply(dst, dst)
	kernel.Add(dst, dst, shift)
}
