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
		m := &matrices{binding: b, op: op, src: slot[float32](b.in[0]), a: newGrid(shape[rank-2], shape[rank-1])}
		next := linalgs[op.Fn](m)
		return func(x *exec) error {
			for at := range count {
				if x.stopped() {
					return nil // the run says why
				}
				m.a.load(*m.src, at)
				if err := next(at); err != nil {
					return err
				}
			}
			return nil
		}, nil
	}}, nil
}

// linalgs are the functions of Linalg. Each returns what is called for matrix
// number at, which is then in a.
var linalgs = map[string]func(*matrices) func(at int) error{
	"cholesky":   (*matrices).cholesky,
	"inverse":    (*matrices).inverse,
	"lu":         (*matrices).lu,
	"qr":         (*matrices).qr,
	"eigh":       (*matrices).eigh,
	"svd":        (*matrices).svd,
	"solve":      (*matrices).solve,
	"triangular": (*matrices).triangular,
}

// matrices are those that the last two axes of an input hold.
type matrices struct {
	*binding
	op  *ir.Linalg
	src *[]float32
	a   *grid // the one that is computed with
}

// store returns what writes matrix number at of output i, if it is wanted.
func (m *matrices) store(i int) func(at int, v []float64) {
	if i >= len(m.out) || m.out[i] == nil {
		return func(int, []float64) {}
	}
	dst := slot[float32](m.out[i])
	return func(at int, v []float64) {
		for k, x := range v {
			(*dst)[at*len(v)+k] = float32(x)
		}
	}
}

// store32 is store for results in float32.
func (m *matrices) store32(i int) func(at int, v []float32) {
	if i >= len(m.out) || m.out[i] == nil {
		return func(int, []float32) {}
	}
	dst := slot[float32](m.out[i])
	return func(at int, v []float32) { copy((*dst)[at*len(v):], v) }
}

func singular(at int) error {
	return ir.Errorf(ir.ErrUsage, "matrix %d of the input is not invertible", at)
}

func (m *matrices) cholesky() func(at int) error {
	lower := m.store(0)
	return func(at int) error {
		if !m.a.cholesky() {
			return ir.Errorf(ir.ErrUsage, "matrix %d of the input is not positive definite", at)
		}
		lower(at, m.a.v)
		return nil
	}
}

func (m *matrices) inverse() func(at int) error {
	x, rows, result := newGrid(m.a.rows, m.a.rows), make([]int, m.a.rows), m.store(0)
	return func(at int) error {
		x.identity()
		if _, ok := m.a.lu(rows); !ok || !m.a.solveLU(rows, x) {
			return singular(at)
		}
		result(at, x.v)
		return nil
	}
}

func (m *matrices) lu() func(at int) error {
	rows, signs := make([]int, m.a.rows), make([]float64, 1)
	factors, parity := m.store(0), m.store(2)
	var places *[]int32
	if len(m.out) > 1 && m.out[1] != nil {
		places = slot[int32](m.out[1])
	}
	return func(at int) error {
		signs[0], _ = m.a.lu(rows)
		factors(at, m.a.v)
		parity(at, signs)
		if places != nil {
			for place, row := range rows {
				(*places)[at*len(rows)+row] = int32(place)
			}
		}
		return nil
	}
}

func (m *matrices) qr() func(at int) error {
	k := min(m.a.rows, m.a.cols)
	if m.op.Full {
		k = m.a.rows
	}
	q, storeQ, storeR := newGrid(m.a.rows, k), m.store(0), m.store(1)
	return func(at int) error {
		m.a.qr(q)
		storeQ(at, q.v)
		storeR(at, m.a.v[:k*m.a.cols])
		return nil
	}
}

// eigh computes in float32, in Eigen's steps: see symmetric.
func (m *matrices) eigh() func(at int) error {
	e, n := newSymmetric(m.a.rows), m.a.rows
	values, vectors := m.store32(0), m.store32(1)
	return func(at int) error {
		e.run((*m.src)[at*n*n : (at+1)*n*n])
		values(at, e.values)
		vectors(at, e.vectors)
		return nil
	}
}

func (m *matrices) svd() func(at int) error {
	k := min(m.a.rows, m.a.cols)
	u, s, v := newGrid(m.a.rows, k), make([]float64, k), newGrid(m.a.cols, k)
	if m.op.Full {
		u, v = newGrid(m.a.rows, m.a.rows), newGrid(m.a.cols, m.a.cols)
	}
	storeU, storeS, storeV := m.store(0), m.store(1), m.store(2)
	return func(at int) error {
		m.a.svd(u, s, v)
		storeU(at, u.v)
		storeS(at, s)
		storeV(at, v.v)
		return nil
	}
}

func (m *matrices) solve() func(at int) error {
	rows := make([]int, m.a.rows)
	return m.solveWith(func(x *grid) bool {
		_, ok := m.a.lu(rows)
		return ok && m.a.solveLU(rows, x)
	})
}

func (m *matrices) triangular() func(at int) error {
	return m.solveWith(func(x *grid) bool { return m.a.solveTriangle(m.op.Upper, false, x) })
}

// solveWith loads the right sides, the second input, into x and lets f put the
// solutions in their place.
func (m *matrices) solveWith(f func(x *grid) (ok bool)) func(at int) error {
	right := m.in[1].shape
	x, rhs, result := newGrid(m.a.rows, right[len(right)-1]), slot[float32](m.in[1]), m.store(0)
	return func(at int) error {
		x.load(*rhs, at)
		if !f(x) {
			return singular(at)
		}
		result(at, x.v)
		return nil
	}
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
