package ir

import "slices"

// Linalg factors, inverts or solves with the matrices that the last two axes
// hold; the axes before count them. Sums are made in float64. By Fn:
//
//	cholesky    a = L·Lᵀ: L. Only the lower triangle is read; a matrix that is not
//	            positive definite is an error of the run.
//	inverse     the inverse; a singular matrix is an error of the run.
//	lu          a with its rows in another order is L·U: both in one matrix, L's
//	            diagonal of ones left out; int32 which row of it each row of a is;
//	            1 or -1, whether that order is even.
//	qr          a = Q·R, by Householder: Q [m, k], R [k, n], k the lesser of m and
//	            n or, when Full, m.
//	solve       x in a·x = b; inputs a, b. Singular as inverse.
//	triangular  solve with a's lower, or when Upper its upper, triangle.
//	svd         a = U·diag(s)·Vᵀ: U [m, k], s [k] descending, V [n, k], or, when
//	            Full, U [m, m] and V [n, n]. Signs are those that Eigen's JacobiSVD
//	            gives.
//	eigh        a = V·diag(s)·Vᵀ of symmetric a, of which the lower triangle is
//	            read: s ascending, V. Signs are those of Eigen's
//	            SelfAdjointEigenSolver.
type Linalg struct {
	Fn    string `json:"fn"` // one of LinalgFuncs
	Full  bool   `json:"full,omitempty"`
	Upper bool   `json:"upper,omitempty"`
}

// LinalgFuncs are the functions of Linalg.
var LinalgFuncs = []string{"cholesky", "inverse", "lu", "qr", "solve", "triangular", "svd", "eigh"}

func (*Linalg) Kind() string { return "Linalg" }

func (o *Linalg) Infer(in []Type) ([]Type, error) {
	inputs := 1
	if o.Fn == "solve" || o.Fn == "triangular" {
		inputs = 2
	}
	if err := arity(in, inputs, inputs); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0, 1); err != nil {
		return nil, err
	}
	if !slices.Contains(LinalgFuncs, o.Fn) {
		return nil, Errorf(ErrUnsupported, "function %q of matrices is not known", o.Fn)
	}
	s := in[0].Shape
	if len(s) < 2 {
		return nil, Errorf(ErrShape, "input %v holds no matrices", s)
	}
	batch, m, n := s[:len(s)-2], s[len(s)-2], s[len(s)-1]
	if !m.IsKnown() || !n.IsKnown() {
		return nil, Errorf(ErrShape, "matrices of %v by %v: their sizes must be known", m, n)
	}
	of := func(t DType, dims ...Dim) Type { return Type{t, slices.Concat(batch, Shape(dims))} }
	dt := in[0].DType
	k := Known(min(m.Size, n.Size))
	switch o.Fn {
	case "qr":
		if o.Full {
			k = m
		}
		return []Type{of(dt, m, k), of(dt, k, n)}, nil
	case "svd":
		if o.Full {
			return []Type{of(dt, m, m), of(dt, k), of(dt, n, n)}, nil
		}
		return []Type{of(dt, m, k), of(dt, k), of(dt, n, k)}, nil
	}
	if m != n {
		return nil, Errorf(ErrShape, "%s of matrices of %v by %v", o.Fn, m, n)
	}
	switch o.Fn {
	case "eigh":
		return []Type{of(dt, n), in[0]}, nil
	case "lu":
		return []Type{in[0], of(Int32, n), of(dt)}, nil
	case "solve", "triangular":
		b := in[1]
		if b.DType != dt {
			return nil, Errorf(ErrDType, "a is %v, b is %v", dt, b.DType)
		}
		if r := len(b.Shape); r != len(s) || b.Shape[r-2] != n || !slices.Equal(b.Shape[:r-2], batch) {
			return nil, Errorf(ErrShape, "a is %v, b is %v", s, b.Shape)
		}
		return []Type{b}, nil
	}
	return in[:1:1], nil
}
