package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

var elementwiseOps = []opRow{
	{name: "negative", class: "Negative", params: "x", lower: mapNumbers("neg")},
	{name: "absolute", class: "Absolute", params: "x", lower: mapNumbers("abs")},
	{name: "abs", class: "Abs", params: "x", lower: mapNumbers("abs")},
	{name: "fabs", class: "Fabs", params: "x", lower: mapFloats("abs")},
	{name: "sign", class: "Sign", params: "x", lower: mapNumbers("sign")},
	{name: "square", class: "Square", params: "x", lower: mapNumbers("square")},
	{name: "floor", class: "Floor", params: "x", lower: mapFloats("floor")},
	{name: "ceil", class: "Ceil", params: "x", lower: mapFloats("ceil")},
	{name: "trunc", class: "Trunc", params: "x", lower: mapNumbers("trunc")},
	{name: "round", class: "Round", params: "x decimals", lower: opRound},
	{name: "sqrt", class: "Sqrt", params: "x", lower: mapFloats("sqrt")},
	{name: "rsqrt", class: "Rsqrt", params: "x", lower: mapFloats("rsqrt")},
	{name: "reciprocal", class: "Reciprocal", params: "x", lower: mapFloats("reciprocal")},
	{name: "cbrt", class: "Cbrt", params: "x", lower: opCbrt},
	{name: "exp", class: "Exp", params: "x", lower: mapFloats("exp")},
	{name: "exp2", class: "Exp2", params: "x", lower: opExp2},
	{name: "expm1", class: "Expm1", params: "x", lower: mapFloats("expm1")},
	{name: "log", class: "Log", params: "x", lower: mapFloats("log")},
	{name: "log1p", class: "Log1p", params: "x", lower: mapFloats("log1p")},
	{name: "log2", class: "Log2", params: "x", lower: mapFloats("log2")},
	{name: "log10", class: "Log10", params: "x", lower: mapFloats("log10")},
	{name: "sin", class: "Sin", params: "x", lower: mapFloats("sin")},
	{name: "cos", class: "Cos", params: "x", lower: mapFloats("cos")},
	{name: "tan", class: "Tan", params: "x", lower: mapFloats("tan")},
	{name: "arcsin", class: "Arcsin", params: "x", lower: mapFloats("asin")},
	{name: "arccos", class: "Arccos", params: "x", lower: mapFloats("acos")},
	{name: "arctan", class: "Arctan", params: "x", lower: mapFloats("atan")},
	{name: "sinh", class: "Sinh", params: "x", lower: mapFloats("sinh")},
	{name: "cosh", class: "Cosh", params: "x", lower: mapFloats("cosh")},
	{name: "tanh", class: "Tanh", params: "x", lower: mapFloats("tanh")},
	{name: "arcsinh", class: "Arcsinh", params: "x", lower: mapFloats("asinh")},
	{name: "arccosh", class: "Arccosh", params: "x", lower: mapFloats("acosh")},
	{name: "arctanh", class: "Arctanh", params: "x", lower: mapFloats("atanh")},
	{name: "erf", class: "Erf", params: "x", lower: mapFloats("erf")},
	{name: "erfc", class: "Erfc", params: "x", lower: mapFloats("erfc")},
	{name: "erfinv", class: "Erfinv", params: "x", lower: mapFloats("erfinv")},
	{name: "lgamma", params: "x", lower: mapFloats("lgamma"), note: "TensorFlow's"},
	{name: "i0", class: "I0", params: "x", lower: mapFloats("i0")},
	{name: "deg2rad", class: "Deg2rad", params: "x", lower: mapFloats("deg2rad")},
	{name: "rad2deg", class: "Rad2deg", params: "x", lower: mapFloats("rad2deg")},
	{name: "sinc", class: "Sinc", params: "x", lower: opSinc},
	{name: "heaviside", class: "Heaviside", params: "x1 x2", lower: opHeaviside},
	{name: "nan_to_num", class: "NanToNum", params: "x nan posinf neginf", lower: opNanToNum},
	{name: "clip", class: "Clip", params: "x x_min x_max", lower: opClip},
	{name: "cast", class: "Cast", params: "x dtype", lower: opCast},
	{name: "saturate_cast", class: "SaturateCast", params: "x dtype", lower: opSaturateCast},
	{name: "convert_to_tensor", class: "ConvertToTensor", params: "x dtype", lower: opCast},
	{name: "array", class: "Array", params: "x dtype", lower: opCast},
	{name: "copy", class: "Copy", params: "x", lower: opIdentity},
	{name: "identity", params: "x", lower: opIdentity},
	{name: "stop_gradient", class: "StopGradient", params: "variable", lower: opStopGradient},
}

// mapNumbers applies a function in the tensor's own dtype.
func mapNumbers(fn string) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("x")
		if o.Type(x).DType == ir.Bool {
			x = o.Cast(x, ir.Int32)
		}
		return outputs(o.Unary(ir.Func{Name: fn}, x))
	}
}

// mapFloats applies a function to floats.
func mapFloats(fn string) opFunc {
	return func(o *opCall) []Value { return outputs(o.Unary(ir.Func{Name: fn}, o.AsFloat(o.tensor("x")))) }
}

func opIdentity(o *opCall) []Value { return outputs(o.tensor("x")) }

func opStopGradient(o *opCall) []Value { return outputs(o.tensor("variable")) }

func opRound(o *opCall) []Value {
	x, decimals := o.tensor("x"), o.whole("decimals", 0)
	dt := o.Type(x).DType
	if decimals == 0 || dt.IsInt() && decimals > 0 {
		return outputs(o.Unary(ir.Func{Name: "round"}, x))
	}
	x = o.AsFloat(x)
	factor := o.Scalar(math.Pow(10, float64(decimals)), o.Type(x).DType)
	y := o.Unary(ir.Func{Name: "round"}, o.Binary("mul", x, factor))
	return outputs(o.Cast(o.Binary("div", y, factor), dt))
}

func opCbrt(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	root := o.Binary("pow", o.Unary(ir.Func{Name: "abs"}, x), o.Scalar(1.0/3, o.Type(x).DType))
	return outputs(o.Binary("mul", o.Unary(ir.Func{Name: "sign"}, x), root))
}

func opExp2(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	return outputs(o.Binary("pow", o.Scalar(2, o.Type(x).DType), x))
}

func opSinc(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	dt := o.Type(x).DType
	px := o.Binary("mul", x, o.Scalar(math.Pi, dt))
	y := o.Binary("div", o.Unary(ir.Func{Name: "sin"}, px), px)
	return outputs(o.where(o.Binary("eq", x, o.Scalar(0, dt)), o.Scalar(1, dt), y))
}

func opHeaviside(o *opCall) []Value {
	x := o.promote(true, "x1", "x2")
	dt := o.Type(x[0]).DType
	zero := o.Scalar(0, dt)
	y := o.where(o.Binary("gt", x[0], zero), o.Scalar(1, dt), x[1])
	return outputs(o.where(o.Binary("lt", x[0], zero), zero, y))
}

func (l *Layer) where(cond, a, b ir.ValueID) ir.ValueID { return l.Add(&ir.Where{}, cond, a, b) }

func opNanToNum(o *opCall) []Value {
	x := o.tensor("x")
	dt := o.Type(x).DType
	if !dt.IsFloat() {
		return outputs(x)
	}
	largest := map[ir.DType]float64{ir.Float16: 65504, ir.BFloat16: 3.3895313892515355e38, ir.Float64: math.MaxFloat64, ir.Float32: math.MaxFloat32}[dt]
	zero := o.Scalar(0, dt)
	inf := o.Unary(ir.Func{Name: "isinf"}, x)
	y := o.where(o.Unary(ir.Func{Name: "isnan"}, x), o.Scalar(o.num("nan", 0), dt), x)
	y = o.where(o.Binary("and", inf, o.Binary("gt", x, zero)), o.Scalar(o.num("posinf", largest), dt), y)
	y = o.where(o.Binary("and", inf, o.Binary("lt", x, zero)), o.Scalar(o.num("neginf", -largest), dt), y)
	return outputs(y)
}

// opClip clips to numbers or to tensors.
func opClip(o *opCall) []Value {
	lo, okLo := scalarOf(o.args["x_min"])
	hi, okHi := scalarOf(o.args["x_max"])
	if x, ok := o.args["x"].(Value); ok && okLo && okHi {
		dt := o.Type(x.ID).DType
		if dt.IsFloat() || dt.IsInt() && lo == math.Trunc(lo) && hi == math.Trunc(hi) {
			return outputs(o.Unary(ir.Func{Name: "clip", A: ir.Float(lo), B: ir.Float(hi)}, x.ID))
		}
	}
	in := o.promote(false, "x", "x_min", "x_max")
	return outputs(o.Binary("min", o.Binary("max", in[0], in[1]), in[2]))
}

func opCast(o *opCall) []Value {
	x := o.tensor("x")
	if isComplexDType(o.args["dtype"]) {
		re, im := o.parts(o.AsFloat(x))
		return o.complexValue(re, im)
	}
	return outputs(o.Cast(x, o.dtype("dtype", o.Type(x).DType)))
}

func opSaturateCast(o *opCall) []Value {
	x := o.tensor("x")
	return outputs(o.saturateCast(x, o.dtype("dtype", o.Type(x).DType)))
}

func (o *opCall) saturateCast(x ir.ValueID, dt ir.DType) ir.ValueID {
	switch {
	case dt == o.Type(x).DType || dt == ir.Bool || dt.IsFloat():
		return o.Cast(x, dt)
	case o.Type(x).DType.IsFloat():
		return o.saturate(x, dt)
	}
	lo, hi := integerRange(dt)
	return o.Cast(o.Unary(ir.Func{Name: "clip", A: ir.Float(lo), B: ir.Float(hi)}, x), dt)
}
