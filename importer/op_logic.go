package importer

import "github.com/kerasgo/kerasgo/ir"

var logicOps = []opRow{
	{name: "equal", class: "Equal", params: "x1 x2", lower: compareOp("eq")},
	{name: "not_equal", class: "NotEqual", params: "x1 x2", lower: compareOp("ne")},
	{name: "greater", class: "Greater", params: "x1 x2", lower: compareOp("gt")},
	{name: "greater_equal", class: "GreaterEqual", params: "x1 x2", lower: compareOp("ge")},
	{name: "less", class: "Less", params: "x1 x2", lower: compareOp("lt")},
	{name: "less_equal", class: "LessEqual", params: "x1 x2", lower: compareOp("le")},
	{name: "logical_and", class: "LogicalAnd", params: "x1 x2", lower: logicOp("and")},
	{name: "logical_or", class: "LogicalOr", params: "x1 x2", lower: logicOp("or")},
	{name: "logical_xor", class: "LogicalXor", params: "x1 x2", lower: logicOp("xor")},
	{name: "logical_not", class: "LogicalNot", params: "x", lower: opLogicalNot},
	{name: "where", class: "Where", params: "condition x1 x2", lower: opWhere},
	{name: "select", class: "Select", params: "condlist choicelist default", lower: opSelect},
	{name: "isnan", class: "Isnan", params: "x", lower: testFloats("isnan")},
	{name: "isinf", class: "Isinf", params: "x", lower: testFloats("isinf")},
	{name: "isfinite", class: "Isfinite", params: "x", lower: testFloats("isfinite")},
	{name: "isposinf", class: "Isposinf", params: "x", lower: signedInf("gt")},
	{name: "isneginf", class: "Isneginf", params: "x", lower: signedInf("lt")},
	{name: "isclose", class: "Isclose", params: "x1 x2 rtol atol equal_nan", lower: opIsclose},
	{name: "allclose", class: "AllClose", params: "x1 x2 rtol atol equal_nan", lower: opAllclose},
	{name: "signbit", class: "Signbit", params: "x", lower: opSignbit},
	{name: "isin", class: "IsIn", params: "x1 x2 assume_unique invert", lower: opIsIn},
}

func compareOp(fn string) opFunc {
	return func(o *opCall) []Value {
		x := o.promote(false, "x1", "x2")
		return outputs(o.Binary(fn, x[0], x[1]))
	}
}

func (l *Layer) asBool(x ir.ValueID) ir.ValueID { return l.Cast(x, ir.Bool) }

func logicOp(fn string) opFunc {
	return func(o *opCall) []Value {
		return outputs(o.Binary(fn, o.asBool(o.tensor("x1")), o.asBool(o.tensor("x2"))))
	}
}

func opLogicalNot(o *opCall) []Value {
	return outputs(o.Unary(ir.Func{Name: "not"}, o.asBool(o.tensor("x"))))
}

func opWhere(o *opCall) []Value {
	if !o.given("x1") || !o.given("x2") {
		o.Fail(ir.ErrUnsupported, "x1", "where with a condition only gives as many rows as are true; shapes that depend on data are not supported")
		return nil
	}
	x := o.promote(false, "x1", "x2")
	return outputs(o.where(o.asBool(o.tensor("condition")), x[0], x[1]))
}

// opSelect takes, of several choices, the first whose condition holds.
func opSelect(o *opCall) []Value {
	conds, choices := list(o.args["condlist"]), list(o.args["choicelist"])
	if len(conds) == 0 || len(conds) != len(choices) {
		o.bad("condlist", "as many conditions as choices")
		return nil
	}
	def := o.args["default"]
	if def == nil {
		def = int64(0)
	}
	all := o.promoteAll(append(append([]any{}, choices...), def), false)
	y := all[len(choices)]
	for i := len(choices) - 1; i >= 0; i-- {
		y = o.where(o.asBool(o.asTensor("condlist", conds[i], ir.Invalid)), all[i], y)
	}
	return outputs(y)
}

func testFloats(fn string) opFunc {
	return func(o *opCall) []Value { return outputs(o.Unary(ir.Func{Name: fn}, o.AsFloat(o.tensor("x")))) }
}

func signedInf(fn string) opFunc {
	return func(o *opCall) []Value {
		x := o.AsFloat(o.tensor("x"))
		return outputs(o.Binary("and", o.Unary(ir.Func{Name: "isinf"}, x), o.Binary(fn, x, o.Scalar(0, o.Type(x).DType))))
	}
}

func opIsclose(o *opCall) []Value {
	x := o.promote(false, "x1", "x2")
	dt := o.Type(x[0]).DType
	if !dt.IsFloat() {
		return outputs(o.Binary("eq", x[0], x[1]))
	}
	abs := ir.Func{Name: "abs"}
	bound := o.Binary("add", o.Scalar(o.num("atol", 1e-8), dt), o.Binary("mul", o.Scalar(o.num("rtol", 1e-5), dt), o.Unary(abs, x[1])))
	y := o.Binary("le", o.Unary(abs, o.Binary("sub", x[0], x[1])), bound)
	if o.flag("equal_nan", false) {
		nan := ir.Func{Name: "isnan"}
		y = o.Binary("or", y, o.Binary("and", o.Unary(nan, x[0]), o.Unary(nan, x[1])))
	}
	return outputs(y)
}

func opAllclose(o *opCall) []Value {
	y := opIsclose(o)
	return outputs(o.Add(&ir.Reduce{Fn: "all"}, y[0].ID))
}

// opSignbit tells -0 from 0 by its reciprocal.
func opSignbit(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	zero := o.Scalar(0, o.Type(x).DType)
	negative := o.Binary("lt", x, zero)
	isZero := o.Binary("eq", x, zero)
	return outputs(o.Binary("or", negative, o.Binary("and", isZero, o.Binary("lt", o.Unary(ir.Func{Name: "reciprocal"}, x), zero))))
}

func opIsIn(o *opCall) []Value {
	x := o.promote(false, "x1", "x2")
	flat := o.Reshape(x[1], []ir.Extent{ir.Size(-1)})
	y := o.Add(&ir.Reduce{Fn: "any", Axes: []int{-1}}, o.Binary("eq", o.ExpandDims(x[0], -1), flat))
	if o.flag("invert", false) {
		y = o.Unary(ir.Func{Name: "not"}, y)
	}
	return outputs(y)
}
