package importer

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var reduceOps = []opRow{
	{name: "sum", class: "Sum", params: "x axis keepdims", lower: reduceNumbers("sum")},
	{name: "prod", class: "Prod", params: "x axis keepdims dtype", lower: reduceNumbers("prod")},
	{name: "max", class: "Max", params: "x axis keepdims initial", lower: reduceNumbers("max")},
	{name: "min", class: "Min", params: "x axis keepdims initial", lower: reduceNumbers("min")},
	{name: "amax", class: "Amax", params: "x axis keepdims", lower: reduceNumbers("max")},
	{name: "amin", class: "Amin", params: "x axis keepdims", lower: reduceNumbers("min")},
	{name: "mean", class: "Mean", params: "x axis keepdims", lower: reduceFloats("mean")},
	{name: "var", class: "Var", params: "x axis keepdims", lower: reduceFloats("var")},
	{name: "std", class: "Std", params: "x axis keepdims", lower: reduceFloats("std")},
	{name: "logsumexp", class: "Logsumexp", params: "x axis keepdims", lower: reduceFloats("logsumexp")},
	{name: "any", class: "Any", params: "x axis keepdims", lower: reduceBools("any")},
	{name: "all", class: "All", params: "x axis keepdims", lower: reduceBools("all")},
	{name: "count_nonzero", class: "CountNonzero", params: "x axis keepdims", lower: opCountNonzero},
	{name: "ptp", class: "Ptp", params: "x axis keepdims", lower: opPtp},
	{name: "average", class: "Average", params: "x axis weights", lower: opAverage},
	{name: "argmax", class: "Argmax", params: "x axis keepdims output_type", lower: argOp("argmax")},
	{name: "argmin", class: "Argmin", params: "x axis keepdims output_type", lower: argOp("argmin")},
	{name: "moments", class: "Moments", params: "x axes keepdims", lower: opMoments},
	{name: "norm", class: "Norm", params: "x ord axis keepdims", lower: opNorm, note: "vectors; matrices by fro, 1 and inf"},
	{name: "normalize", class: "Normalize", params: "x axis order epsilon", lower: opNormalize},
	{name: "l2_normalize", params: "x axis epsilon", lower: opL2Normalize, note: "TensorFlow's"},
	{name: "trapezoid", class: "Trapezoid", params: "y x dx axis", lower: opTrapezoid},
}

// reduce folds x over the argument's axes; an empty list of axes is none.
func (o *opCall) reduce(fn string, x ir.ValueID, axis string) ir.ValueID {
	axes := o.axes(axis)
	if axes != nil && len(axes) == 0 || o.Rank(x) == 0 {
		return x
	}
	return o.Add(&ir.Reduce{Fn: fn, Axes: axes, Keep: o.flag("keepdims", false)}, x)
}

// reduceNumbers keeps the dtype, but for sums and products of small integers.
func reduceNumbers(fn string) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("x")
		dt := o.Type(x).DType
		sums := fn == "sum" || fn == "prod"
		switch {
		case dt == ir.Bool && !sums:
			return outputs(o.reduce(map[string]string{"max": "any", "min": "all"}[fn], x, "axis"))
		case o.given("dtype"):
			x = o.Cast(x, o.dtype("dtype", dt))
		case sums && !o.tf && (dt == ir.Bool || dt == ir.Int8 || dt == ir.Int16):
			x = o.Cast(x, ir.Int32)
		case sums && !o.tf && (dt == ir.Uint8 || dt == ir.Uint16):
			x = o.Cast(x, ir.Uint32)
		}
		y := o.reduce(fn, x, "axis")
		if o.given("initial") {
			y = o.Binary(fn, y, o.Cast(o.asTensor("initial", o.args["initial"], o.Type(y).DType), o.Type(y).DType))
		}
		return outputs(y)
	}
}

func reduceFloats(fn string) opFunc {
	return func(o *opCall) []Value { return outputs(o.reduce(fn, o.AsFloat(o.tensor("x")), "axis")) }
}

func reduceBools(fn string) opFunc {
	return func(o *opCall) []Value { return outputs(o.reduce(fn, o.asBool(o.tensor("x")), "axis")) }
}

func opCountNonzero(o *opCall) []Value {
	x := o.tensor("x")
	y := o.reduce("sum", o.Cast(o.asBool(x), ir.Int32), "axis")
	if o.tf {
		y = o.Cast(y, ir.Int64)
	}
	return outputs(y)
}

func opPtp(o *opCall) []Value {
	x := o.tensor("x")
	return outputs(o.Binary("sub", o.reduce("max", x, "axis"), o.reduce("min", x, "axis")))
}

func opAverage(o *opCall) []Value {
	if !o.given("weights") {
		return outputs(o.reduce("mean", o.AsFloat(o.tensor("x")), "axis"))
	}
	in := o.promote(true, "x", "weights")
	x, w := in[0], in[1]
	total := &ir.Reduce{Fn: "sum", Axes: o.axes("axis")}
	if len(total.Axes) == 0 || o.Rank(w) == o.Rank(x) {
		return outputs(o.Binary("div", o.Add(total, o.Binary("mul", x, w)), o.Add(total, w)))
	}
	axis := o.axis("axis", o.Rank(x))
	if !o.WantRank(w, 1) {
		return nil
	}
	shape := slices.Repeat([]ir.Extent{ir.Size(1)}, o.Rank(x))
	shape[axis] = ir.Size(-1)
	sum := o.Add(total, o.Binary("mul", x, o.Reshape(w, shape)))
	return outputs(o.Binary("div", sum, o.Add(&ir.Reduce{Fn: "sum"}, w)))
}

// argOp gives int32, and int64 for TensorFlow's own function.
func argOp(fn string) opFunc {
	return func(o *opCall) []Value {
		y := o.reduce(fn, o.tensor("x"), "axis")
		if o.tf {
			y = o.Cast(y, o.dtype("output_type", ir.Int64))
		}
		return outputs(y)
	}
}

func opMoments(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	return outputs(o.reduce("mean", x, "axes"), o.reduce("var", x, "axes"))
}

func opNorm(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	axes, keep := o.axes("axis"), o.flag("keepdims", false)
	name, _ := o.plain("ord").(string)
	ord := 2.0
	matrix := !o.tf && (len(axes) == 2 || axes == nil && o.Rank(x) == 2)
	switch {
	case matrix && name == "nuc":
		return outputs(o.spectralNorm(x, axes, "sum", keep))
	case name == "fro" || name == "euclidean" || !o.given("ord"):
		return outputs(o.root(x, axes, keep))
	default:
		ord = o.num("ord")
	}
	abs := o.Unary(ir.Func{Name: "abs"}, x)
	fold := func(fn string, x ir.ValueID) ir.ValueID { return o.Add(&ir.Reduce{Fn: fn, Axes: axes, Keep: keep}, x) }
	switch {
	case matrix && math.Abs(ord) == 2:
		fn := "max"
		if ord < 0 {
			fn = "min"
		}
		return outputs(o.spectralNorm(x, axes, fn, keep))
	case matrix:
		return outputs(o.matrixNorm(abs, axes, ord, keep))
	}
	dt := o.Type(x).DType
	switch {
	case ord == 2:
		return outputs(o.root(x, axes, keep))
	case ord == 1:
		return outputs(fold("sum", abs))
	case math.IsInf(ord, 1):
		return outputs(fold("max", abs))
	case math.IsInf(ord, -1):
		return outputs(fold("min", abs))
	case ord == 0:
		return outputs(fold("sum", o.Cast(o.asBool(x), dt)))
	}
	return outputs(o.Binary("pow", fold("sum", o.Binary("pow", abs, o.Scalar(ord, dt))), o.Scalar(1/ord, dt)))
}

// root is the Euclidean norm over axes.
func (l *Layer) root(x ir.ValueID, axes []int, keep bool) ir.ValueID {
	sum := l.Add(&ir.Reduce{Fn: "sum", Axes: axes, Keep: keep}, l.Unary(ir.Func{Name: "square"}, x))
	return l.Unary(ir.Func{Name: "sqrt"}, sum)
}

// spectralNorm folds the singular values.
func (o *opCall) spectralNorm(x ir.ValueID, axes []int, fn string, keep bool) ir.ValueID {
	if axes != nil {
		x = o.moveAxes(x, axes, []int{-2, -1})
	}
	y := o.Add(&ir.Reduce{Fn: fn, Axes: []int{-1}}, o.linalg(&ir.Linalg{Fn: "svd"}, 3, x)[1])
	if !keep || o.err != nil {
		return y
	}
	at := []int{0, 1}
	if axes != nil {
		at, _ = ir.NormAxes(axes, o.Rank(x))
	}
	y = o.ExpandDims(o.ExpandDims(y, slices.Min(at)), slices.Max(at))
	return y
}

// matrixNorm is the largest or smallest sum of columns (ord ±1) or rows (±inf).
func (o *opCall) matrixNorm(abs ir.ValueID, axes []int, ord float64, keep bool) ir.ValueID {
	if axes == nil {
		axes = []int{-2, -1}
	}
	sumAxis, extremeAxis := axes[0], axes[1]
	switch {
	case math.IsInf(ord, 0):
		sumAxis, extremeAxis = extremeAxis, sumAxis
	case math.Abs(ord) != 1:
		o.bad("ord", "fro, nuc, 1, -1, 2, -2, inf or -inf for matrices")
		return ir.None
	}
	fn := "max"
	if ord < 0 {
		fn = "min"
	}
	y := o.Add(&ir.Reduce{Fn: "sum", Axes: []int{sumAxis}, Keep: true}, abs)
	y = o.Add(&ir.Reduce{Fn: fn, Axes: []int{extremeAxis}, Keep: true}, y)
	if !keep {
		y = o.Add(&ir.Reduce{Fn: "sum", Axes: axes}, y)
	}
	return y
}

// opNormalize is x times the inverse of its norm, which is at most 1/epsilon.
func opNormalize(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	dt := o.Type(x).DType
	if o.Rank(x) == 0 {
		x = o.ExpandDims(x, 0)
	}
	axes, order, epsilon := o.wholes("axis", 0, -1), o.num("order", 2), o.num("epsilon", 1e-7)
	abs := o.Unary(ir.Func{Name: "abs"}, x)
	sum := &ir.Reduce{Fn: "sum", Axes: axes, Keep: true}
	if order == 2 {
		inverse := o.Unary(ir.Func{Name: "rsqrt"}, o.Add(sum, o.Unary(ir.Func{Name: "square"}, x)))
		return outputs(o.Binary("mul", x, o.Binary("min", inverse, o.Scalar(1/epsilon, dt))))
	}
	if len(axes) > 1 {
		o.bad("axis", "one axis unless order is 2")
		return nil
	}
	norm := o.Add(sum, o.Binary("pow", abs, o.Scalar(order, dt)))
	if order != 1 {
		norm = o.Binary("pow", norm, o.Scalar(1/order, dt))
	}
	return outputs(o.Binary("div", x, o.Binary("max", norm, o.Scalar(epsilon, dt))))
}

func opL2Normalize(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	sum := o.Add(&ir.Reduce{Fn: "sum", Axes: o.axes("axis"), Keep: true}, o.Unary(ir.Func{Name: "square"}, x))
	floor := o.Scalar(o.num("epsilon", 1e-12), o.Type(x).DType)
	return outputs(o.Binary("mul", x, o.Unary(ir.Func{Name: "rsqrt"}, o.Binary("max", sum, floor))))
}

func opTrapezoid(o *opCall) []Value {
	y := o.AsFloat(o.tensor("y"))
	axis := o.axis("axis", o.Rank(y), -1)
	dt := o.Type(y).DType
	pair := func(x ir.ValueID, axis int) (ir.ValueID, ir.ValueID) {
		first, last := 1, -1
		return o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axis, Start: &first}}}, x), o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axis, End: &last}}}, x)
	}
	a, b := pair(y, axis)
	height := o.Binary("mul", o.Binary("add", a, b), o.Scalar(0.5, dt))
	width := o.Scalar(o.num("dx", 1), dt)
	if o.given("x") {
		x := o.Cast(o.tensor("x"), dt)
		if o.Rank(x) == 1 {
			shape := slices.Repeat([]ir.Extent{ir.Size(1)}, max(1, o.Rank(y)))
			shape[axis] = ir.Size(-1)
			x = o.Reshape(x, shape)
		}
		c, d := pair(x, axis)
		width = o.Binary("sub", c, d)
	}
	return outputs(o.Add(&ir.Reduce{Fn: "sum", Axes: []int{axis}}, o.Binary("mul", height, width)))
}
