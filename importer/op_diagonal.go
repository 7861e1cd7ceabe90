package importer

import (
	"github.com/kerasgo/kerasgo/ir"
)

// diagonalOps are TensorFlow's, of the last two axes; k is the place of the
// diagonal right of the main one.
var diagonalOps = []opRow{
	{name: "diag_part", params: "x k", lower: opDiagPart, note: "TensorFlow's, of one diagonal"},
	{name: "matrix_diag", params: "diagonal k num_rows num_cols padding_value", lower: opMatrixDiag, note: "TensorFlow's linalg.diag, of one diagonal"},
	{name: "set_diag", params: "x diagonal k", lower: opSetDiag, note: "TensorFlow's, of one diagonal"},
}

// diagonal is the argument k, which may be a pair of equal numbers.
func (o *opCall) diagonal() int {
	if k := list(o.plain("k")); len(k) == 2 {
		first, ok := asInt(k[0])
		if last, okLast := asInt(k[1]); ok && okLast && first == last {
			o.args["k"] = k[0]
		}
	}
	return o.whole("k", 0)
}

func opDiagPart(o *opCall) []Value {
	return outputs(o.diagonalOf(o.tensor("x"), o.diagonal(), -2, -1))
}

func opMatrixDiag(o *opCall) []Value {
	d, k := o.tensor("diagonal"), o.diagonal()
	n := o.Size(d, -1)
	rows, cols := o.whole("num_rows", -1), o.whole("num_cols", -1)
	switch least := [2]int{n + max(-k, 0), n + max(k, 0)}; {
	case rows < 0 && cols < 0:
		rows, cols = max(least[0], least[1]), max(least[0], least[1])
	case rows < 0:
		rows = least[0]
	case cols < 0:
		cols = least[1]
	}
	dt := o.Type(d).DType
	padding := o.asTensor("padding_value", orDefault(o.args["padding_value"], int64(0)), dt)
	return outputs(o.onDiagonal(d, rows, cols, k, o.Cast(padding, dt)))
}

func opSetDiag(o *opCall) []Value {
	in := o.promote(false, "x", "diagonal")
	if o.err != nil || !o.WantRank(in[1], o.Rank(in[0])-1) {
		return nil
	}
	return outputs(o.onDiagonal(in[1], o.Size(in[0], -2), o.Size(in[0], -1), o.diagonal(), in[0]))
}

// onDiagonal is a matrix with d on a diagonal, and what rest has elsewhere.
func (o *opCall) onDiagonal(d ir.ValueID, rows, cols, k int, rest ir.ValueID) ir.ValueID {
	n := min(rows+min(k, 0), cols-max(k, 0))
	if o.err == nil && (n < 1 || o.Size(d, -1) != n) {
		o.Fail(ir.ErrShape, "k", "a diagonal of %d elements at %d of matrices of %d×%d", o.Size(d, -1), k, rows, cols)
	}
	if o.err != nil || !o.Allows("diagonal", rows, cols) {
		return ir.None
	}
	at, mask := make([]int32, rows), make([]bool, rows*cols)
	for i := range at {
		at[i] = int32(min(max(i+min(k, 0), 0), n-1))
		if j := i + k; j >= 0 && j < cols {
			mask[i*cols+j] = true
		}
	}
	here := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewBool(mask, rows, cols) })
	each := o.Add(&ir.Gather{Axis: -1}, d, o.constInts(at))
	return o.where(here, o.ExpandDims(each, -1), rest)
}
