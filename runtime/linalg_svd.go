package runtime

import "math"

// turn is a rotation of two rows or columns: a becomes c·a + s·b, b becomes
// c·b - s·a.
type turn struct{ c, s float64 }

func (t turn) inverse() turn { return turn{t.c, -t.s} }

func (t turn) rows(g *grid, p, q int) {
	x, y := g.row(p), g.row(q)
	for i, a := range x {
		b := y[i]
		x[i], y[i] = t.c*a+t.s*b, t.c*b-t.s*a
	}
}

func (t turn) columns(g *grid, p, q int) {
	for i := range g.rows {
		row := g.row(i)
		a, b := row[p], row[q]
		row[p], row[q] = t.c*a+t.s*b, t.c*b-t.s*a
	}
}

// svd takes g apart: u [m, k or m], s [k] descending, v [n, k or n]. It is by
// Jacobi's rotations of rows and columns, as in Eigen, which decides the signs:
// rectangular matrices are first made square by QR with pivots.
func (g *grid) svd(u *grid, s []float64, v *grid) {
	k := len(s)
	w := g.scratch(0, k, k)
	scale := 0.0
	for _, x := range g.v {
		scale = max(scale, math.Abs(x))
	}
	if scale == 0 {
		scale = 1
	}
	switch {
	case g.rows > g.cols:
		tall := g.scratch(1, g.rows, g.cols)
		for i, x := range g.v {
			tall.v[i] = x / scale
		}
		tall.pivotedQR(w, false, u, v)
	case g.rows < g.cols:
		tall := g.scratch(1, g.cols, g.rows)
		for i := range g.rows {
			for j, x := range g.row(i) {
				tall.row(j)[i] = x / scale
			}
		}
		tall.pivotedQR(w, true, v, u)
	default:
		for i, x := range g.v {
			w.v[i] = x / scale
		}
		u.identity()
		v.identity()
	}
	w.diagonalize(u, v)
	for i := range s {
		x := w.row(i)[i]
		s[i] = math.Abs(x) * scale
		if x < 0 {
			u.negate(i)
		}
	}
	for i := range s {
		best := i
		for j := i + 1; j < k; j++ {
			if s[j] > s[best] {
				best = j
			}
		}
		if best != i {
			s[i], s[best] = s[best], s[i]
			u.exchange(i, best)
			v.exchange(i, best)
		}
	}
}

func (g *grid) negate(column int) {
	for i := range g.rows {
		g.row(i)[column] = -g.row(i)[column]
	}
}

func (g *grid) exchange(p, q int) {
	for i := range g.rows {
		row := g.row(i)
		row[p], row[q] = row[q], row[p]
	}
}

// mostSweeps is far above what Jacobi's method needs to converge.
const mostSweeps = 64

// diagonalize turns pairs of rows and columns of a square g until nothing is left
// beside the diagonal; u and v take the same turns.
func (g *grid) diagonalize(u, v *grid) {
	const precision, least = 0x1p-51, 0x1p-1022
	largest := 0.0
	for i := range g.rows {
		largest = max(largest, math.Abs(g.row(i)[i]))
	}
	for range mostSweeps {
		done := true
		for p := 1; p < g.rows; p++ {
			for q := range p {
				threshold := max(least, precision*largest)
				if !(math.Abs(g.row(p)[q]) > threshold || math.Abs(g.row(q)[p]) > threshold) {
					continue
				}
				done = false
				left, right := turns(g.row(p)[p], g.row(p)[q], g.row(q)[p], g.row(q)[q])
				left.rows(g, p, q)
				left.columns(u, p, q)
				right.inverse().columns(g, p, q)
				right.inverse().columns(v, p, q)
				largest = max(largest, math.Abs(g.row(p)[p]), math.Abs(g.row(q)[q]))
			}
		}
		if done {
			return
		}
	}
}

// turns are those of rows and columns that make [a b; c d] diagonal: one that
// makes it symmetric, then Jacobi's.
func turns(a, b, c, d float64) (left, right turn) {
	even := turn{1, 0}
	if sum, difference := a+d, c-b; math.Abs(difference) >= 0x1p-1022 {
		u := sum / difference
		length := math.Sqrt(1 + u*u)
		even = turn{u / length, 1 / length}
	}
	x, y, z := even.c*a+even.s*c, even.c*b+even.s*d, even.c*d-even.s*b
	right = turn{1, 0}
	if twice := 2 * math.Abs(y); twice >= 0x1p-1022 {
		tau := (x - z) / twice
		w := math.Sqrt(tau*tau + 1)
		t := 1 / (tau - w)
		if tau > 0 {
			t = 1 / (tau + w)
		}
		n := 1 / math.Sqrt(t*t+1)
		right = turn{n, -math.Copysign(1, t) * math.Copysign(1, y) * math.Abs(t) * n}
	}
	return turn{even.c*right.c + even.s*right.s, even.s*right.c - even.c*right.s}, right
}

// pivotedQR takes g, of no fewer rows than columns, apart: the column with the
// largest rest comes first. r becomes R, or its transpose; q the orthogonal
// factor; order has a 1 where a column went.
func (g *grid) pivotedQR(r *grid, transposed bool, q, order *grid) {
	n := g.cols
	taus := g.scratch(0, 1, n).v
	direct, updated := g.scratch(1, 1, n).v, g.scratch(2, 1, n).v
	norm := func(j, from int) float64 {
		sum := 0.0
		for i := from; i < g.rows; i++ {
			sum += g.row(i)[j] * g.row(i)[j]
		}
		return math.Sqrt(sum)
	}
	order.identity()
	for j := range n {
		direct[j] = norm(j, 0)
		updated[j] = direct[j]
	}
	for k := range n {
		best := k
		for j := k + 1; j < n; j++ {
			if updated[j] > updated[best] {
				best = j
			}
		}
		if best != k {
			g.exchange(k, best)
			order.exchange(k, best)
			direct[k], direct[best] = direct[best], direct[k]
			updated[k], updated[best] = updated[best], updated[k]
		}
		first, tail := g.row(k)[k], norm(k, k+1)
		if tail*tail <= 0x1p-1022 {
			continue // nothing below
		}
		beta := -math.Copysign(math.Hypot(first, tail), first)
		taus[k] = (beta - first) / beta
		for i := k + 1; i < g.rows; i++ {
			g.row(i)[k] /= first - beta
		}
		g.row(k)[k] = beta
		g.mirror(g, k, taus[k], k+1)
		for j := k + 1; j < n; j++ {
			if updated[j] == 0 {
				continue
			}
			t := math.Abs(g.row(k)[j]) / updated[j]
			t = max(0, (1+t)*(1-t))
			if share := updated[j] / direct[j]; t*share*share <= 0x1p-26 {
				direct[j] = norm(j, k+1)
				updated[j] = direct[j]
			} else {
				updated[j] *= math.Sqrt(t)
			}
		}
	}
	for i := range n {
		for j := i; j < n; j++ {
			if transposed {
				r.row(j)[i] = g.row(i)[j]
			} else {
				r.row(i)[j] = g.row(i)[j]
			}
		}
	}
	q.identity()
	for k := n - 1; k >= 0; k-- {
		g.mirror(q, k, taus[k], 0)
	}
}

// mirror reflects the columns of x, from a first one on, by the vector that lies
// below the diagonal in column k of g, with a 1 before it.
func (g *grid) mirror(x *grid, k int, tau float64, from int) {
	if tau == 0 {
		return
	}
	for j := from; j < x.cols; j++ {
		sum := x.row(k)[j]
		for i := k + 1; i < g.rows; i++ {
			sum += g.row(i)[k] * x.row(i)[j]
		}
		sum *= tau
		x.row(k)[j] -= sum
		for i := k + 1; i < g.rows; i++ {
			x.row(i)[j] -= sum * g.row(i)[k]
		}
	}
}
