package importer

import (
	"fmt"

	"github.com/kerasgo/kerasgo/ir"
)

var statisticsOps = []opRow{
	{name: "corrcoef", class: "Corrcoef", params: "x", lower: opCorrcoef},
	{name: "correlate", class: "Correlate", params: "x1 x2 mode", lower: opCorrelate},
	{name: "bincount", class: "Bincount", params: "x weights minlength sparse", lower: opBincount},
	{name: "unravel_index", class: "UnravelIndex", params: "indices shape", lower: opUnravelIndex},
}

// opCorrcoef correlates the rows of x.
func opCorrcoef(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	if !o.WantRank(x, 2) {
		return nil
	}
	dt := o.Type(x).DType
	last := []int{-1}
	x = o.Binary("sub", x, o.Add(&ir.Reduce{Fn: "mean", Axes: last, Keep: true}, x))
	n := o.Cast(o.extentOf(x, 1), dt)
	n = o.Binary("sub", n, o.Scalar(1, dt))
	covariance := o.Binary("div", o.Add(&ir.MatMul{TransB: true}, x, x), n)
	deviation := o.Unary(ir.Func{Name: "sqrt"}, o.Binary("div", o.Add(&ir.Reduce{Fn: "sum", Axes: last}, o.Unary(ir.Func{Name: "square"}, x)), n))
	both := o.Binary("mul", o.ExpandDims(deviation, 1), o.ExpandDims(deviation, 0))
	return outputs(o.Unary(ir.Func{Name: "clip", A: -1, B: 1}, o.Binary("div", covariance, both)))
}

// opCorrelate slides x2 over x1, both of one axis.
func opCorrelate(o *opCall) []Value {
	in := o.promote(true, "x1", "x2")
	if !o.WantRank(in[0], 1) || !o.WantRank(in[1], 1) {
		return nil
	}
	n, m := o.Size(in[0], 0), o.Size(in[1], 0)
	if o.err != nil || m < 1 || n < 1 {
		o.bad("x2", "elements")
		return nil
	}
	op, from, length := &ir.Conv{Strides: []int{1}, Dilations: []int{1}}, 0, n-m+1
	switch o.text("mode", "valid") {
	case "valid":
	case "same":
		length = max(n, m)
		from = (n + m - 1 - length) / 2
		op.Padding = ir.Padding{Before: []int{m - 1}, After: []int{m - 1}}
	case "full":
		length = n + m - 1
		op.Padding = ir.Padding{Before: []int{m - 1}, After: []int{m - 1}}
	default:
		o.bad("mode", "valid, same or full")
		return nil
	}
	x := o.Reshape(in[0], []ir.Extent{ir.Size(1), ir.Size(n), ir.Size(1)})
	y := o.Add(op, x, o.Reshape(in[1], []ir.Extent{ir.Size(m), ir.Size(1), ir.Size(1)}))
	y = o.Reshape(y, []ir.Extent{ir.Size(-1)})
	return outputs(o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(0, from, from+length)}}, y))
}

// opBincount counts as far as the largest element.
func opBincount(o *opCall) []Value {
	x := o.tensor("x")
	if d := o.Type(x).DType; d != ir.Int32 && d != ir.Int64 {
		x = o.Cast(x, ir.Int32)
	}
	if o.given("weights") {
		o.bad("weights", "none: Keras cannot save a model that has them")
	}
	if o.flag("sparse", false) {
		o.Note("its output is sparse in Keras; here it is dense")
	}
	op := &ir.Bincount{Depth: o.size("minlength", 0), Bins: fmt.Sprintf("%s_bins_%d", symbolName(o.Name), len(o.b.m.Nodes))}
	return outputs(o.Cast(o.Add(op, x), ir.Int32))
}

// opUnravelIndex is the place, axis by axis, of each index. Keras divides by the
// first axis first unless the indices have one axis.
func opUnravelIndex(o *opCall) []Value {
	x, shape := o.tensor("indices"), o.wholes("shape", 0)
	dt := o.Type(x).DType
	if o.err == nil && !dt.IsInt() {
		o.bad("indices", "integers")
	}
	out := make([]ir.ValueID, len(shape))
	for i := range shape {
		size := shape[i]
		if o.err == nil && o.Rank(x) == 1 {
			size = shape[len(shape)-1-i]
		}
		if size < 1 {
			o.bad("shape", "positive sizes")
			return nil
		}
		n := o.Scalar(float64(size), dt)
		out[len(shape)-1-i] = o.Binary("mod", x, n)
		x = o.Binary("floordiv", x, n)
	}
	return outputs(out...)
}
