package runtime

import "math"

// symmetric takes symmetric matrices apart. It computes in float32, as Eigen does:
// how often a step is repeated, and with it the signs of the vectors, depends on
// the precision.
type symmetric struct {
	n           int
	a, vectors  []float32 // [n, n]
	values, off []float32 // of the tridiagonal matrix
	taus, work  []float32
}

func newSymmetric(n int) *symmetric {
	side := func(k int) []float32 { return make([]float32, k) }
	return &symmetric{n, side(n * n), side(n * n), side(n), side(n), side(n), side(n)}
}

// run takes the lower triangle of a; values come ascending, vectors in columns.
func (e *symmetric) run(a []float32) {
	n := e.n
	scale := float32(0)
	for i := range n {
		for j := range i + 1 {
			scale = max(scale, abs32(a[i*n+j]))
		}
	}
	if scale == 0 {
		scale = 1
	}
	clear(e.a)
	for i := range n {
		for j := range i + 1 {
			e.a[i*n+j] = a[i*n+j] / scale
		}
	}
	e.tridiagonal()
	e.diagonal()
	for i := range e.values {
		e.values[i] *= scale
	}
}

func abs32(x float32) float32 { return float32(math.Abs(float64(x))) }

// tridiagonal mirrors columns until only the diagonal and what lies beside it is
// left; vectors become the product of the mirrors.
func (e *symmetric) tridiagonal() {
	n, a := e.n, e.a
	for k := range n - 1 {
		v := e.work[k+1 : n] // column k below the diagonal
		for i := range v {
			v[i] = a[(k+1+i)*n+k]
		}
		tail := float32(0)
		for _, x := range v[1:] {
			tail += x * x
		}
		first, beta, tau := v[0], v[0], float32(0)
		if tail > 0x1p-126 {
			beta = sqrt32(first*first + tail)
			if first >= 0 {
				beta = -beta
			}
			for i := range v[1:] {
				v[1+i] /= first - beta
			}
			tau = (beta - first) / beta
		} else {
			clear(v[1:])
		}
		v[0] = 1
		w := e.taus[k+1 : n] // what the rest of the matrix makes of v
		for i := range w {
			sum := float32(0)
			for j := range v {
				r, c := max(i, j), min(i, j)
				sum += a[(k+1+r)*n+k+1+c] * (tau * v[j])
			}
			w[i] = sum
		}
		dot := float32(0)
		for i := range w {
			dot += w[i] * v[i]
		}
		for i := range w {
			w[i] += tau * -0.5 * dot * v[i]
		}
		for i := range v {
			for j := range i + 1 {
				a[(k+1+i)*n+k+1+j] -= v[i]*w[j] + w[i]*v[j]
			}
		}
		for i := range v {
			a[(k+1+i)*n+k] = v[i]
		}
		e.off[k], e.taus[k] = beta, tau
	}
	for i := range n {
		e.values[i] = a[i*n+i]
	}
	clear(e.vectors)
	for i := range n {
		e.vectors[i*n+i] = 1
	}
	for k := n - 2; k >= 0; k-- {
		for j := k + 1; j < n; j++ {
			sum := float32(0)
			for i := k + 1; i < n; i++ {
				sum += a[i*n+k] * e.vectors[i*n+j]
			}
			sum *= e.taus[k]
			for i := k + 1; i < n; i++ {
				e.vectors[i*n+j] -= sum * a[i*n+k]
			}
		}
	}
}

// diagonal is the implicit QR method with Wilkinson's shift, then a sort.
func (e *symmetric) diagonal() {
	n := e.n
	const inverse = 1 << 23
	for end, turns := n-1, 0; end > 0 && turns < 30*n; turns++ {
		for i := range end {
			scaled := inverse * e.off[i]
			if abs32(e.off[i]) < 0x1p-126 || scaled*scaled <= abs32(e.values[i])+abs32(e.values[i+1]) {
				e.off[i] = 0
			}
		}
		for end > 0 && e.off[end-1] == 0 {
			end--
		}
		if end == 0 {
			break
		}
		start := end - 1
		for start > 0 && e.off[start-1] != 0 {
			start--
		}
		e.step(start, end)
	}
	for i := range n {
		least := i
		for j := i + 1; j < n; j++ {
			if e.values[j] < e.values[least] {
				least = j
			}
		}
		if least == i {
			continue
		}
		e.values[i], e.values[least] = e.values[least], e.values[i]
		for r := range n {
			row := e.vectors[r*n : (r+1)*n]
			row[i], row[least] = row[least], row[i]
		}
	}
}

func (e *symmetric) step(start, end int) {
	d, off := e.values, e.off
	half, last := (d[end-1]-d[end])*0.5, off[end-1]
	shift := d[end]
	if half == 0 {
		shift -= abs32(last)
	} else if last != 0 {
		h := float32(math.Hypot(float64(half), float64(last)))
		if half < 0 {
			h = -h
		}
		if square := last * last; square == 0 {
			shift -= last / ((half + h) / last)
		} else {
			shift -= square / (half + h)
		}
	}
	x, z := d[start]-shift, off[start]
	for k := start; k < end && z != 0; k++ {
		c, s := givens(x, z)
		sdk, dkp := s*d[k]+c*off[k], s*off[k]+c*d[k+1]
		d[k] = c*(c*d[k]-s*off[k]) - s*(c*off[k]-s*d[k+1])
		d[k+1] = s*sdk + c*dkp
		off[k] = c*sdk - s*dkp
		if k > start {
			off[k-1] = c*off[k-1] - s*z
		}
		x = off[k]
		if k < end-1 {
			z = -s * off[k+1]
			off[k+1] *= c
		}
		for r := range e.n {
			row := e.vectors[r*e.n : (r+1)*e.n]
			a, b := row[k], row[k+1]
			row[k], row[k+1] = c*a-s*b, s*a+c*b
		}
	}
}

// givens is the rotation that takes (p, q) to (r, 0).
func givens(p, q float32) (c, s float32) {
	switch {
	case q == 0:
		return float32(math.Copysign(1, float64(p))), 0
	case p == 0:
		return 0, float32(-math.Copysign(1, float64(q)))
	case abs32(p) > abs32(q):
		t := q / p
		u := float32(math.Copysign(float64(sqrt32(1+t*t)), float64(p)))
		return 1 / u, -t / u
	}
	t := p / q
	u := float32(math.Copysign(float64(sqrt32(1+t*t)), float64(q)))
	return -t * (-1 / u), -1 / u
}
