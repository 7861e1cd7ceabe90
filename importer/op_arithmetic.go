package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

var arithmeticOps = []opRow{
	{name: "add", class: "Add", params: "x1 x2", lower: pairOp("add", "or")},
	{name: "subtract", class: "Subtract", params: "x1 x2", lower: pairOp("sub", "")},
	{name: "multiply", class: "Multiply", params: "x1 x2", lower: pairOp("mul", "and")},
	{name: "maximum", class: "Maximum", params: "x1 x2", lower: pairOp("max", "or")},
	{name: "minimum", class: "Minimum", params: "x1 x2", lower: pairOp("min", "and")},
	{name: "fmax", class: "Fmax", params: "x1 x2", lower: ignoringNaN("max")},
	{name: "fmin", class: "Fmin", params: "x1 x2", lower: ignoringNaN("min")},
	{name: "divide", class: "Divide", params: "x1 x2", lower: floatPairOp("div")},
	{name: "true_divide", class: "TrueDivide", params: "x1 x2", lower: floatPairOp("div")},
	{name: "divide_no_nan", class: "DivideNoNan", params: "x1 x2", lower: floatPairOp("divnonan")},
	{name: "floor_divide", class: "FloorDivide", params: "x1 x2", lower: pairOp("floordiv", "")},
	{name: "mod", class: "Mod", params: "x1 x2", lower: pairOp("mod", "")},
	{name: "fmod", class: "Fmod", params: "x1 x2", lower: opFmod},
	{name: "power", class: "Power", params: "x1 x2", lower: opPower},
	{name: "arctan2", class: "Arctan2", params: "x1 x2", lower: floatPairOp("atan2")},
	{name: "squared_difference", params: "x1 x2", lower: pairOp("squared_difference", ""), note: "TensorFlow's"},
	{name: "multiply_no_nan", params: "x1 x2", lower: opMultiplyNoNan, note: "TensorFlow's"},
	{name: "hypot", class: "Hypot", params: "x1 x2", lower: opHypot},
	{name: "logaddexp", class: "Logaddexp", params: "x1 x2", lower: floatPairOp("logaddexp")},
	{name: "logaddexp2", class: "Logaddexp2", params: "x1 x2", lower: opLogaddexp2},
	{name: "ldexp", class: "Ldexp", params: "x1 x2", lower: opLdexp},
	{name: "add_n", params: "inputs", lower: opAddN, note: "TensorFlow's"},
	{name: "gcd", class: "Gcd", params: "x1 x2", lower: opGCD},
	{name: "lcm", class: "Lcm", params: "x1 x2", lower: opLCM},
	{name: "nextafter", class: "Nextafter", params: "x1 x2", lower: opNextafter},
	{name: "bitwise_and", class: "BitwiseAnd", params: "x y", lower: bitOp("bitand", "and")},
	{name: "bitwise_or", class: "BitwiseOr", params: "x y", lower: bitOp("bitor", "or")},
	{name: "bitwise_xor", class: "BitwiseXor", params: "x y", lower: bitOp("bitxor", "xor")},
	{name: "bitwise_not", class: "BitwiseNot", params: "x", lower: opBitwiseNot},
	{name: "bitwise_invert", class: "BitwiseInvert", params: "x", lower: opBitwiseNot},
	{name: "left_shift", class: "LeftShift", params: "x y", lower: bitOp("shl", "")},
	{name: "bitwise_left_shift", class: "BitwiseLeftShift", params: "x y", lower: bitOp("shl", "")},
	{name: "right_shift", class: "RightShift", params: "x y", lower: bitOp("shr", "")},
	{name: "bitwise_right_shift", class: "BitwiseRightShift", params: "x y", lower: bitOp("shr", "")},
}

// pairOp combines two operands; bools by onBool or, when that is empty, as int32.
func pairOp(fn, onBool string) opFunc {
	return func(o *opCall) []Value {
		x := o.promote(false, "x1", "x2")
		switch o.Type(x[0]).DType {
		case ir.String:
			if fn == "add" {
				return opJoinTexts(o.with(object{"inputs": []any{o.args["x1"], o.args["x2"]}}))
			}
		case ir.Bool:
			if onBool != "" {
				return outputs(o.Binary(onBool, x[0], x[1]))
			}
			x[0], x[1] = o.Cast(x[0], ir.Int32), o.Cast(x[1], ir.Int32)
		}
		return outputs(o.Binary(fn, x[0], x[1]))
	}
}

func floatPairOp(fn string) opFunc {
	return func(o *opCall) []Value {
		x := o.promote(true, "x1", "x2")
		return outputs(o.Binary(fn, x[0], x[1]))
	}
}

func ignoringNaN(fn string) opFunc {
	return func(o *opCall) []Value {
		x := o.promote(false, "x1", "x2")
		y := o.Binary(fn, x[0], x[1])
		if !o.Type(y).DType.IsFloat() {
			return outputs(y)
		}
		y = o.where(o.Unary(ir.Func{Name: "isnan"}, x[1]), x[0], y)
		return outputs(o.where(o.Unary(ir.Func{Name: "isnan"}, x[0]), x[1], y))
	}
}

// opFmod is the remainder of absolute values with the sign of x1.
func opFmod(o *opCall) []Value {
	x := o.promote(false, "x1", "x2")
	abs := ir.Func{Name: "abs"}
	r := o.Binary("mod", o.Unary(abs, x[0]), o.Unary(abs, x[1]))
	return outputs(o.Binary("mul", o.Unary(ir.Func{Name: "sign"}, x[0]), r))
}

func opPower(o *opCall) []Value {
	x, isTensor := o.args["x1"].(Value)
	if n, ok := scalarOf(o.args["x2"]); ok && isTensor && o.Type(x.ID).DType.IsFloat() {
		switch n {
		case 1:
			return outputs(x.ID)
		case 2:
			return outputs(o.Unary(ir.Func{Name: "square"}, x.ID))
		}
	}
	return pairOp("pow", "")(o)
}

func opMultiplyNoNan(o *opCall) []Value {
	x := o.promote(true, "x1", "x2")
	zero := o.Scalar(0, o.Type(x[0]).DType)
	return outputs(o.where(o.Binary("eq", x[1], zero), zero, o.Binary("mul", x[0], x[1])))
}

func opHypot(o *opCall) []Value {
	x := o.promote(true, "x1", "x2")
	abs := ir.Func{Name: "abs"}
	a, b := o.Unary(abs, x[0]), o.Unary(abs, x[1])
	large, small := o.Binary("max", a, b), o.Binary("min", a, b)
	ratio := o.Unary(ir.Func{Name: "square"}, o.Binary("divnonan", small, large))
	root := o.Unary(ir.Func{Name: "sqrt"}, o.Binary("add", ratio, o.Scalar(1, o.Type(ratio).DType)))
	return outputs(o.Binary("mul", large, root))
}

func opLogaddexp2(o *opCall) []Value {
	x := o.promote(true, "x1", "x2")
	ln2 := o.Scalar(math.Ln2, o.Type(x[0]).DType)
	return outputs(o.Binary("div", o.Binary("logaddexp", o.Binary("mul", x[0], ln2), o.Binary("mul", x[1], ln2)), ln2))
}

func opLdexp(o *opCall) []Value {
	x := o.promote(true, "x1", "x2")
	return outputs(o.Binary("mul", x[0], o.Binary("pow", o.Scalar(2, o.Type(x[0]).DType), x[1])))
}

func opAddN(o *opCall) []Value {
	in := o.tensors("inputs")
	if len(in) == 0 {
		return nil
	}
	sum := in[0]
	for _, x := range in[1:] {
		sum = o.Binary("add", sum, x)
	}
	return outputs(sum)
}

func bitOp(fn, onBool string) opFunc {
	return func(o *opCall) []Value {
		x := o.promote(false, "x", "y")
		if o.Type(x[0]).DType == ir.Bool && onBool != "" {
			return outputs(o.Binary(onBool, x[0], x[1]))
		}
		return outputs(o.Binary(fn, x[0], x[1]))
	}
}

func opBitwiseNot(o *opCall) []Value {
	x := o.tensor("x")
	if o.Type(x).DType == ir.Bool {
		return outputs(o.Unary(ir.Func{Name: "not"}, x))
	}
	return outputs(o.Binary("bitxor", x, o.Scalar(-1, o.Type(x).DType)))
}

func opGCD(o *opCall) []Value {
	x := o.promote(false, "x1", "x2")
	return outputs(o.Binary("gcd", x[0], x[1]))
}

// opLCM is 0 where both are.
func opLCM(o *opCall) []Value {
	x := o.promote(false, "x1", "x2")
	if o.err != nil {
		return nil
	}
	divisor := o.Binary("gcd", x[0], x[1])
	one := o.Scalar(1, o.Type(divisor).DType)
	divisor = o.where(o.Binary("eq", divisor, o.Scalar(0, o.Type(divisor).DType)), one, divisor)
	y := o.Binary("mul", o.Binary("floordiv", x[0], divisor), x[1])
	return outputs(o.Unary(ir.Func{Name: "abs"}, y))
}

// opNextafter is what remains of the next float64 when it is rounded back to
// float32, as Keras does: x1.
func opNextafter(o *opCall) []Value {
	x := o.promote(true, "x1", "x2")
	if o.err == nil && o.Type(x[0]).DType == ir.Float64 {
		o.bad("x1", "float32: the next float64 is not computed")
	}
	y := o.where(o.Binary("eq", x[1], x[1]), x[0], x[1])
	return outputs(o.where(o.Binary("eq", x[0], x[1]), x[1], y))
}
