package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// prepareLinalg goes through the matrices one after the other, in float64.
func prepareLinalg(_ *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Linalg)
	return &executor{bind: func(b *binding) (step, error) {
		shape := b.in[0].shape
		rank := len(shape)
		count := elems(shape[:rank-2])
		a := newGrid(shape[rank-2], shape[rank-1])
		out := func(i int) func(int, []float64) { // stores matrix number i
			if i >= len(b.out) || b.out[i] == nil {
				return func(int, []float64) {}
			}
			dst := slot[float32](b.out[i])
			return func(at int, v []float64) {
				for k, x := range v {
					(*dst)[at*len(v)+k] = float32(x)
				}
			}
		}
		src := slot[float32](b.in[0])
		each := func(f func(at int) error) step {
			return func(x *exec) error {
				for at := range count {
					if x.stopped() {
						return nil // the run says why
					}
					a.load(*src, at)
					if err := f(at); err != nil {
						return err
					}
				}
				return nil
			}
		}
		singular := func(at int) error {
			return ir.Errorf(ir.ErrUsage, "matrix %d of the input is not invertible", at)
		}
		first, second, third := out(0), out(1), out(2)
		switch op.Fn {
		case "cholesky":
			return each(func(at int) error {
				if !a.cholesky() {
					return ir.Errorf(ir.ErrUsage, "matrix %d of the input is not positive definite", at)
				}
				first(at, a.v)
				return nil
			}), nil
		case "inverse":
			x, rows := newGrid(a.rows, a.rows), make([]int, a.rows)
			return each(func(at int) error {
				x.identity()
				if _, ok := a.lu(rows); !ok || !a.solveLU(rows, x) {
					return singular(at)
				}
				first(at, x.v)
				return nil
			}), nil
		case "lu":
			rows, signs := make([]int, a.rows), make([]float64, 1)
			var places *[]int32
			if len(b.out) > 1 && b.out[1] != nil {
				places = slot[int32](b.out[1])
			}
			return each(func(at int) error {
				signs[0], _ = a.lu(rows)
				first(at, a.v)
				third(at, signs)
				if places != nil {
					for place, row := range rows {
						(*places)[at*len(rows)+row] = int32(place)
					}
				}
				return nil
			}), nil
		case "qr":
			k := min(a.rows, a.cols)
			if op.Full {
				k = a.rows
			}
			q := newGrid(a.rows, k)
			return each(func(at int) error {
				a.qr(q)
				first(at, q.v)
				second(at, a.v[:k*a.cols])
				return nil
			}), nil
		case "eigh":
			e, n := newSymmetric(a.rows), a.rows
			values, vectors := store32(b, 0), store32(b, 1)
			return func(x *exec) error {
				for at := range count {
					if x.stopped() {
						return nil
					}
					e.run((*src)[at*n*n : (at+1)*n*n])
					values(at, e.values)
					vectors(at, e.vectors)
				}
				return nil
			}, nil
		case "svd":
			k := min(a.rows, a.cols)
			u, s, v := newGrid(a.rows, k), make([]float64, k), newGrid(a.cols, k)
			if op.Full {
				u, v = newGrid(a.rows, a.rows), newGrid(a.cols, a.cols)
			}
			return each(func(at int) error {
				a.svd(u, s, v)
				first(at, u.v)
				second(at, s)
				third(at, v.v)
				return nil
			}), nil
		}
		right := b.in[1].shape
		x, rows := newGrid(a.rows, right[len(right)-1]), make([]int, a.rows)
		rhs := slot[float32](b.in[1])
		return each(func(at int) error {
			x.load(*rhs, at)
			ok := true
			if op.Fn == "triangular" {
				ok = a.solveTriangle(op.Upper, false, x)
			} else if _, ok = a.lu(rows); ok {
				ok = a.solveLU(rows, x)
			}
			if !ok {
				return singular(at)
			}
			first(at, x.v)
			return nil
		}), nil
	}}, nil
}

// store32 stores matrix number at of output i, if it is wanted.
func store32(b *binding, i int) func(at int, v []float32) {
	if i >= len(b.out) || b.out[i] == nil {
		return func(int, []float32) {}
	}
	dst := slot[float32](b.out[i])
	return func(at int, v []float32) { copy((*dst)[at*len(v):], v) }
}

// grid is a matrix of float64, row by row.
type grid struct {
	rows, cols int
	v          []float64
	temp       []float64 // of a row or column
	spare      []*grid   // see scratch
}

func newGrid(rows, cols int) *grid {
	return &grid{rows: rows, cols: cols, v: make([]float64, rows*cols), temp: make([]float64, max(rows, cols))}
}

// scratch is number i of the zero matrices that a method works with. They are
// made once: a method asks for the same sizes each time.
func (g *grid) scratch(i, rows, cols int) *grid {
	if i == len(g.spare) {
		g.spare = append(g.spare, newGrid(rows, cols))
	}
	clear(g.spare[i].v)
	return g.spare[i]
}

func (g *grid) row(i int) []float64 { return g.v[i*g.cols : (i+1)*g.cols] }

// load takes matrix number at of those that follow one another in x.
func (g *grid) load(x []float32, at int) {
	x = x[at*len(g.v):]
	for i := range g.v {
		g.v[i] = float64(x[i])
	}
}

func (g *grid) identity() {
	clear(g.v)
	for i := range min(g.rows, g.cols) {
		g.v[i*g.cols+i] = 1
	}
}

// axpy adds f times x to y.
func axpy64(f float64, x, y []float64) {
	for i, v := range x {
		y[i] += f * v
	}
}

func dot64(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// cholesky becomes the lower factor; false if there is none.
func (g *grid) cholesky() bool {
	for i := range g.rows {
		row := g.row(i)
		for j := range i {
			row[j] = (row[j] - dot64(row[:j], g.row(j)[:j])) / g.row(j)[j]
		}
		d := row[i] - dot64(row[:i], row[:i])
		if !(d > 0) {
			return false
		}
		row[i] = math.Sqrt(d)
		clear(row[i+1:])
	}
	return true
}

// lu becomes both factors, with the largest pivots: row i was rows[i]. It
// returns the sign of that order, and false when a pivot is 0.
func (g *grid) lu(rows []int) (sign float64, ok bool) {
	sign, ok = 1, true
	for i := range rows {
		rows[i] = i
	}
	for k := range g.rows {
		best := k
		for i := k + 1; i < g.rows; i++ {
			if math.Abs(g.row(i)[k]) > math.Abs(g.row(best)[k]) {
				best = i
			}
		}
		pivot := g.row(k)
		if best != k {
			other := g.row(best)
			for j := range pivot {
				pivot[j], other[j] = other[j], pivot[j]
			}
			rows[k], rows[best], sign = rows[best], rows[k], -sign
		}
		if pivot[k] == 0 {
			ok = false
			continue
		}
		for i := k + 1; i < g.rows; i++ {
			row := g.row(i)
			row[k] /= pivot[k]
			axpy64(-row[k], pivot[k+1:], row[k+1:])
		}
	}
	return sign, ok
}

// solveLU turns the right sides x into solutions.
func (g *grid) solveLU(rows []int, x *grid) bool {
	moved := x.scratch(0, x.rows, x.cols)
	for i, r := range rows {
		copy(moved.row(i), x.row(r))
	}
	copy(x.v, moved.v)
	return g.solveTriangle(false, true, x) && g.solveTriangle(true, false, x)
}

// solveTriangle is solveLU for one triangle, whose diagonal counts as ones when
// unit.
func (g *grid) solveTriangle(upper, unit bool, x *grid) bool {
	for k := range g.rows {
		i, from, to := k, 0, k
		if upper {
			i = g.rows - 1 - k
			from, to = i+1, g.rows
		}
		row, y := g.row(i), x.row(i)
		for j := from; j < to; j++ {
			axpy64(-row[j], x.row(j), y)
		}
		if unit {
			continue
		}
		if row[i] == 0 {
			return false
		}
		for c := range y {
			y[c] /= row[i]
		}
	}
	return true
}

// qr becomes R; q becomes the orthogonal factor. Signs are those of LAPACK and
// Eigen: R's diagonal has the opposite sign of what was there, unless there was
// nothing to remove below it.
func (g *grid) qr(q *grid) {
	n := min(g.rows, g.cols)
	vectors, factors := g.scratch(0, n, g.rows), g.scratch(1, 1, n).v
	for k := range n {
		v, tail := vectors.row(k), 0.0
		for i := k; i < g.rows; i++ {
			v[i] = g.row(i)[k]
			if i > k {
				tail += v[i] * v[i]
			}
		}
		if tail == 0 {
			continue
		}
		beta := -math.Copysign(math.Sqrt(v[k]*v[k]+tail), v[k])
		factors[k] = (beta - v[k]) / beta
		for i := k + 1; i < g.rows; i++ {
			v[i] /= v[k] - beta
		}
		v[k] = 1
		g.reflect(v, k, factors[k])
		for i := k + 1; i < g.rows; i++ {
			g.row(i)[k] = 0
		}
	}
	q.identity()
	for k := n - 1; k >= 0; k-- {
		q.reflect(vectors.row(k), k, factors[k])
	}
}

// reflect subtracts f·v·(vᵀ·g); v begins at from.
func (g *grid) reflect(v []float64, from int, f float64) {
	if f == 0 {
		return
	}
	sums := g.temp[:g.cols]
	clear(sums)
	for i := from; i < g.rows; i++ {
		axpy64(v[i], g.row(i), sums)
	}
	for i := from; i < g.rows; i++ {
		axpy64(-f*v[i], sums, g.row(i))
	}
}
