package importer

import (
	"fmt"

	"github.com/kerasgo/kerasgo/ir"
)

// tfCountOps count as TensorFlow does.
var tfCountOps = []opRow{
	{name: "tf_bincount", params: "arr weights minlength maxlength dtype axis binary_output", lower: opTFBincount, note: "TensorFlow's bincount"},
	{name: "histogram_fixed_width", params: "values value_range nbins dtype", lower: opHistogramFixedWidth, note: "TensorFlow's"},
	{name: "histogram_fixed_width_bins", params: "values value_range nbins", lower: opHistogramBins, note: "TensorFlow's"},
	{name: "confusion_matrix", params: "labels predictions num_classes weights dtype", lower: opConfusionMatrix, note: "TensorFlow's, of a known number of classes"},
	{name: "tf_unravel_index", params: "indices dims", lower: opTFUnravelIndex, note: "TensorFlow's unravel_index"},
}

// opTFBincount counts all elements, or those of each row.
func opTFBincount(o *opCall) []Value {
	x := o.asIndices("arr")
	weights := o.optional("weights")
	if axis := o.whole("axis", 0); axis == 0 {
		x = o.flat(x)
		if weights != ir.None {
			weights = o.flat(weights)
		}
	} else if axis != -1 {
		o.bad("axis", "None, 0 or -1")
	}
	op := &ir.Bincount{Depth: o.size("minlength", 0), Binary: o.flag("binary_output", false)}
	switch {
	case !o.given("maxlength"):
		op.Bins = fmt.Sprintf("%s_bins_%d", symbolName(o.Name), len(o.b.m.Nodes))
	case o.size("maxlength") != op.Depth:
		o.bad("maxlength", "None or minlength: else the data decide the size of the result up to a bound")
	}
	if weights != ir.None {
		return outputs(o.Add(op, x, weights))
	}
	return outputs(o.Cast(o.Add(op, x), o.dtype("dtype", ir.Int32)))
}

// rangeOf is the two ends of the argument value_range.
func (o *opCall) rangeOf(dt ir.DType) (lo, hi ir.ValueID) {
	r := o.asTensor("value_range", orDefault(o.args["value_range"], ""), dt)
	if o.err != nil || o.Rank(r) != 1 || o.Dim(r, 0) != ir.Known(2) {
		o.bad("value_range", "two numbers")
		return ir.None, ir.None
	}
	return o.takeLast(r, 0), o.takeLast(r, 1)
}

// opHistogramFixedWidth divides in float64, as TensorFlow does.
func opHistogramFixedWidth(o *opCall) []Value {
	x := o.flat(o.AsFloat(o.tensor("values")))
	lo, hi := o.rangeOf(o.Type(x).DType)
	n := o.size("nbins", 100)
	wide := func(v ir.ValueID) ir.ValueID { return o.Cast(v, ir.Float64) }
	step := o.Binary("div", wide(o.Binary("sub", hi, lo)), o.Scalar(float64(n), ir.Float64))
	bins := o.Binary("div", wide(o.Binary("sub", o.Binary("max", x, lo), lo)), step)
	bins = o.Binary("min", bins, o.Scalar(float64(n-1), ir.Float64))
	return outputs(o.Cast(o.Add(&ir.Bincount{Depth: n}, o.Cast(bins, ir.Int32)), o.dtype("dtype", ir.Int32)))
}

func opHistogramBins(o *opCall) []Value {
	x := o.AsFloat(o.tensor("values"))
	dt := o.Type(x).DType
	lo, hi := o.rangeOf(dt)
	n := o.size("nbins", 100)
	share := o.Binary("div", o.Binary("sub", x, lo), o.Binary("sub", hi, lo))
	bins := o.Unary(ir.Func{Name: "floor"}, o.Binary("mul", o.Scalar(float64(n), dt), share))
	return outputs(o.Cast(o.Unary(ir.Func{Name: "clip", B: ir.Float(n - 1)}, bins), ir.Int32))
}

func opConfusionMatrix(o *opCall) []Value {
	n := o.size("num_classes")
	dt := o.dtype("dtype", ir.Int32)
	pairs := o.concat(-1, o.ExpandDims(o.asIndices("labels"), -1), o.ExpandDims(o.asIndices("predictions"), -1))
	if o.err != nil || !o.WantRank(pairs, 2) {
		return nil
	}
	var count ir.ValueID
	if o.given("weights") {
		count = o.Cast(o.tensor("weights"), dt)
	} else {
		count = o.broadcastTo("labels", o.Scalar(1, dt), o.dimensionsOf(pairs)[:1])
	}
	zeros := o.broadcastTo("num_classes", o.Scalar(0, dt), []dimension{knownDimension(n), knownDimension(n)})
	return outputs(o.Add(&ir.Scatter{Fn: "add"}, zeros, pairs, count))
}

// opTFUnravelIndex has the places of all indices along an axis in a row.
func opTFUnravelIndex(o *opCall) []Value {
	x, dims := o.asIndices("indices"), o.wholes("dims", 0)
	if o.err != nil || len(dims) == 0 || len(dims) > maxParts {
		o.bad("dims", "a list of sizes")
		return nil
	}
	rows := make([]ir.ValueID, len(dims))
	for i := len(dims) - 1; i >= 0; i-- {
		if dims[i] < 1 {
			o.bad("dims", "positive sizes")
			return nil
		}
		n := o.Scalar(float64(dims[i]), o.Type(x).DType)
		rows[i] = o.ExpandDims(o.Binary("mod", x, n), 0)
		x = o.Binary("floordiv", x, n)
	}
	return outputs(o.concat(0, rows...))
}
