package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

var linalgOps = []opRow{
	{name: "cholesky", class: "Cholesky", params: "x upper", lower: opCholesky},
	{name: "cholesky_inverse", class: "CholeskyInverse", params: "x upper", lower: opCholeskyInverse},
	{name: "det", class: "Det", params: "x", lower: opDet},
	{name: "slogdet", class: "Slogdet", params: "x", lower: opSlogdet},
	{name: "logdet", class: "Logdet", params: "x", lower: opLogdet},
	{name: "inv", class: "Inv", params: "x", lower: opInv},
	{name: "pinv", class: "Pinv", params: "x rcond", lower: opPinv},
	{name: "lu_factor", class: "LuFactor", params: "x", lower: opLUFactor},
	{name: "qr", class: "Qr", params: "x mode", lower: opQR},
	{name: "svd", class: "SVD", params: "x full_matrices compute_uv", lower: opSVD, note: "U and V of matrices with less than 16 columns"},
	{name: "eigh", class: "Eigh", params: "x", lower: opEigh, note: "rounding may decide the sign of a vector otherwise than in Keras"},
	{name: "matrix_rank", class: "MatrixRank", params: "x tol", lower: opMatrixRank},
	{name: "solve", class: "Solve", params: "a b", lower: opSolve},
	{name: "solve_triangular", class: "SolveTriangular", params: "a b lower", lower: opSolveTriangular},
	{name: "lstsq", class: "Lstsq", params: "a b rcond", lower: opLstsq},
}

// matrices is an argument whose last two axes are matrices.
func (o *opCall) matrices(name string) ir.ValueID {
	x := o.AsFloat(o.tensor(name))
	if o.err == nil && o.Rank(x) < 2 {
		o.Fail(ir.ErrShape, name, "is %v; %s wants matrices", o.Shape(x), o.row.name)
		return ir.None
	}
	return x
}

// linalg is the first n outputs of a function of x.
func (o *opCall) linalg(op *ir.Linalg, n int, in ...ir.ValueID) []ir.ValueID {
	out := o.AddN(op, in...)
	if len(out) < n {
		return []ir.ValueID{ir.None, ir.None, ir.None}
	}
	return out
}

// adjoint exchanges the last two axes.
func (o *opCall) adjoint(x ir.ValueID) ir.ValueID { return o.moveAxes(x, []int{-1}, []int{-2}) }

func opCholesky(o *opCall) []Value {
	y := o.Add(&ir.Linalg{Fn: "cholesky"}, o.matrices("x"))
	if o.flag("upper", false) {
		y = o.adjoint(y)
	}
	return outputs(y)
}

// eyeLike are matrices of ones in the diagonal, as many as x has.
func (o *opCall) eyeLike(x ir.ValueID) ir.ValueID {
	n := o.Size(x, -1)
	if !o.Allows("x", n, n) {
		return ir.None
	}
	v := make([]float32, n*n)
	for i := range n {
		v[i*n+i] = 1
	}
	eye := o.Cast(o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(v, n, n) }), o.Type(x).DType)
	dims := make([]ir.Extent, o.Rank(x))
	for i := range dims {
		dims[i] = ir.DimOf(1, i)
	}
	return o.Add(&ir.Broadcast{Dims: dims}, eye, x)
}

// opCholeskyInverse is the inverse of what x is a factor of.
func opCholeskyInverse(o *opCall) []Value {
	x, upper := o.matrices("x"), o.flag("upper", false)
	inv := o.Add(&ir.Linalg{Fn: "triangular", Upper: upper}, x, o.eyeLike(x))
	return outputs(o.Add(&ir.MatMul{TransA: !upper, TransB: upper}, inv, inv))
}

// pivots are the diagonal of U, and the sign of the order of rows.
func (o *opCall) pivots() (diagonal, sign ir.ValueID) {
	lu := o.linalg(&ir.Linalg{Fn: "lu"}, 3, o.matrices("x"))
	if o.err != nil {
		return ir.None, ir.None
	}
	return o.diagonalOf(lu[0], 0, -2, -1), lu[2]
}

func opDet(o *opCall) []Value {
	d, sign := o.pivots()
	return outputs(o.Binary("mul", sign, o.Add(&ir.Reduce{Fn: "prod", Axes: []int{-1}}, d)))
}

func opSlogdet(o *opCall) []Value {
	d, sign := o.pivots()
	sign = o.Binary("mul", sign, o.Add(&ir.Reduce{Fn: "prod", Axes: []int{-1}}, o.Unary(ir.Func{Name: "sign"}, d)))
	log := o.Unary(ir.Func{Name: "log"}, o.Unary(ir.Func{Name: "abs"}, d))
	return outputs(sign, o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, log))
}

// opLogdet is that of positive definite matrices, by their Cholesky factor.
func opLogdet(o *opCall) []Value {
	l := o.Add(&ir.Linalg{Fn: "cholesky"}, o.matrices("x"))
	if o.err != nil {
		return nil
	}
	sum := o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, o.Unary(ir.Func{Name: "log"}, o.diagonalOf(l, 0, -2, -1)))
	return outputs(o.Binary("mul", sum, o.Scalar(2, o.Type(sum).DType)))
}

func opInv(o *opCall) []Value { return outputs(o.Add(&ir.Linalg{Fn: "inverse"}, o.matrices("x"))) }

func opLUFactor(o *opCall) []Value {
	return outputs(o.linalg(&ir.Linalg{Fn: "lu"}, 3, o.matrices("x"))[:2]...)
}

func opQR(o *opCall) []Value {
	mode := o.text("mode", "reduced")
	if mode != "reduced" && mode != "complete" {
		o.bad("mode", "reduced or complete")
	}
	return outputs(o.linalg(&ir.Linalg{Fn: "qr", Full: mode == "complete"}, 2, o.matrices("x"))[:2]...)
}

// TensorFlow takes larger matrices apart by another method, which gives other
// signs.
const mostJacobiColumns = 15

func opSVD(o *opCall) []Value {
	x := o.matrices("x")
	if !o.flag("compute_uv", true) {
		return outputs(o.linalg(&ir.Linalg{Fn: "svd"}, 3, x)[1])
	}
	if o.err == nil && o.Size(x, -1) > mostJacobiColumns {
		o.Fail(ir.ErrUnsupported, "x", "svd: the signs of U and V are not known for matrices of more than %d columns, %v; with compute_uv=False it is supported", mostJacobiColumns, o.Shape(x))
		return nil
	}
	out := o.linalg(&ir.Linalg{Fn: "svd", Full: o.flag("full_matrices", true)}, 3, x)
	return outputs(out[0], out[1], o.adjoint(out[2]))
}

func opEigh(o *opCall) []Value {
	return outputs(o.linalg(&ir.Linalg{Fn: "eigh"}, 2, o.matrices("x"))[:2]...)
}

// singular is the decomposition of x and, of its singular values, those that are
// kept: above factor times the largest, if not at least.
func (o *opCall) singular(x ir.ValueID, arg string, factor float64, orEqual bool) (u, s, v, kept ir.ValueID) {
	if o.err != nil || o.b.m.Type(x).DType != ir.Float32 {
		o.bad("x", "float32 matrices")
		return ir.None, ir.None, ir.None, ir.None
	}
	out := o.linalg(&ir.Linalg{Fn: "svd"}, 3, x)
	if o.err != nil {
		return ir.None, ir.None, ir.None, ir.None
	}
	cut := o.num(arg, factor*float64(max(o.Size(x, -1), o.Size(x, -2)))*0x1p-23)
	first := o.Add(&ir.Reduce{Fn: "max", Axes: []int{-1}, Keep: true}, out[1])
	compare := "gt"
	if orEqual {
		compare = "ge"
	}
	return out[0], out[1], out[2], o.Binary(compare, out[1], o.Binary("mul", first, o.Scalar(cut, ir.Float32)))
}

// inverseValues are 1/s where kept, else 0.
func (o *opCall) inverseValues(s, kept ir.ValueID) ir.ValueID {
	if o.err != nil {
		return ir.None
	}
	s = o.Add(&ir.Where{}, kept, s, o.Scalar(math.Inf(1), o.Type(s).DType))
	return o.Unary(ir.Func{Name: "reciprocal"}, s)
}

func opPinv(o *opCall) []Value {
	u, s, v, kept := o.singular(o.matrices("x"), "rcond", 10, false)
	if o.err != nil {
		return nil
	}
	v = o.Binary("mul", v, o.ExpandDims(o.inverseValues(s, kept), -2))
	return outputs(o.Add(&ir.MatMul{TransB: true}, v, u))
}

func opMatrixRank(o *opCall) []Value {
	x := o.matrices("x")
	_, s, _, kept := o.singular(x, "", 1, false)
	if o.err == nil && o.given("tol") {
		kept = o.Binary("gt", s, o.Scalar(o.num("tol"), o.Type(s).DType))
	}
	return outputs(o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, o.Cast(kept, ir.Int32)))
}

// solved calls f with b as matrices.
func (o *opCall) solved(f func(a, b ir.ValueID) ir.ValueID) []Value {
	in := o.promote(true, "a", "b")
	a, b := in[0], in[1]
	vector := o.err == nil && o.Rank(b) == o.Rank(a)-1
	if vector {
		b = o.ExpandDims(b, -1)
	}
	y := f(a, b)
	if vector {
		y = o.Squeeze(y, -1)
	}
	return outputs(y)
}

func opSolve(o *opCall) []Value {
	return o.solved(func(a, b ir.ValueID) ir.ValueID { return o.Add(&ir.Linalg{Fn: "solve"}, a, b) })
}

func opSolveTriangular(o *opCall) []Value {
	op := &ir.Linalg{Fn: "triangular", Upper: !o.flag("lower", o.tf)}
	return o.solved(func(a, b ir.ValueID) ir.ValueID { return o.Add(op, a, b) })
}

// opLstsq is the shortest of the x that come closest to a·x = b.
func opLstsq(o *opCall) []Value {
	return o.solved(func(a, b ir.ValueID) ir.ValueID {
		u, s, v, kept := o.singular(a, "rcond", 1, true)
		if o.err != nil {
			return ir.None
		}
		projected := o.Add(&ir.MatMul{TransA: true}, u, b)
		return o.Add(&ir.MatMul{}, v, o.Binary("mul", o.ExpandDims(o.inverseValues(s, kept), -1), projected))
	})
}
