package importer

import "github.com/kerasgo/kerasgo/ir"

// tfLinalgOps give matrices as TensorFlow's functions do.
var tfLinalgOps = []opRow{
	{name: "tf_qr", params: "x full_matrices", lower: opTFQR, note: "TensorFlow's qr"},
	{name: "tf_svd", params: "x full_matrices compute_uv", lower: opTFSVD, note: "TensorFlow's svd, of matrices with less than 16 columns"},
	{name: "eigvalsh", params: "x", lower: opEigvalsh, note: "TensorFlow's"},
	{name: "cholesky_solve", params: "chol rhs", lower: opCholeskySolve, note: "TensorFlow's"},
}

func opTFQR(o *opCall) []Value {
	mode := "reduced"
	if o.flag("full_matrices", false) {
		mode = "complete"
	}
	return opQR(o.with(object{"x": o.args["x"], "mode": mode}))
}

// opTFSVD has the singular values first, and V as it is.
func opTFSVD(o *opCall) []Value {
	y := opSVD(o.with(object{"x": o.args["x"], "full_matrices": o.flag("full_matrices", false), "compute_uv": o.args["compute_uv"]}))
	if len(y) != 3 || o.err != nil {
		return y
	}
	return outputs(y[1].ID, y[0].ID, o.adjoint(y[2].ID))
}

func opEigvalsh(o *opCall) []Value {
	return outputs(o.linalg(&ir.Linalg{Fn: "eigh"}, 2, o.matrices("x"))[0])
}

// opCholeskySolve takes the factor of the matrix.
func opCholeskySolve(o *opCall) []Value {
	in := o.promote(true, "chol", "rhs")
	y := o.Add(&ir.Linalg{Fn: "triangular"}, in[0], in[1])
	if o.err != nil {
		return nil
	}
	return outputs(o.Add(&ir.Linalg{Fn: "triangular", Upper: true}, o.adjoint(in[0]), y))
}
