package importer

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// complexOps make and take complex tensors, which are tensors of the graph with a
// last axis of real and imaginary part. Of all that is marked in builder.complex;
// other operations refuse it.
var complexOps = []opRow{
	{name: "view_as_complex", class: "ViewAsComplex", params: "x", lower: opViewAsComplex},
	{name: "view_as_real", class: "ViewAsReal", params: "x", lower: opViewAsReal, complex: true},
	{name: "polar", class: "Polar", params: "abs_ angle", lower: opPolar},
	{name: "real", class: "Real", params: "x", lower: opReal, complex: true},
	{name: "imag", class: "Imag", params: "x", lower: opImag, complex: true},
	{name: "angle", class: "Angle", params: "x", lower: opAngle, complex: true},
	{name: "isreal", class: "Isreal", params: "x", lower: opIsreal, complex: true},
	{name: "conjugate", class: "Conjugate", params: "x", lower: opConjugate, complex: true},
	{name: "conj", class: "Conj", params: "x", lower: opConjugate, complex: true},
}

// onComplex are operations that have another meaning for complex tensors.
var onComplex = map[string]opFunc{
	"absolute": complexAbs, "abs": complexAbs, "negative": complexSum("sub", true),
	"cast": complexCast, "add": complexSum("add", false), "subtract": complexSum("sub", false), "multiply": complexProduct,
}

func (o *opCall) isComplex(id ir.ValueID) bool { return slices.Contains(o.b.complex, id) }

// anyComplex tells whether a tree of arguments has a complex tensor.
func (b *builder) anyComplex(args any) bool {
	return slices.ContainsFunc(values(args), func(v Value) bool { return v.ID != ir.None && slices.Contains(b.complex, v.ID) })
}

// complexValue makes one of two parts.
func (o *opCall) complexValue(re, im ir.ValueID) []Value {
	return o.asComplex(o.concat(-1, o.ExpandDims(re, -1), o.ExpandDims(im, -1)))
}

func (o *opCall) asComplex(x ir.ValueID) []Value {
	if o.err != nil {
		return nil
	}
	o.b.complex = append(o.b.complex, x)
	return outputs(x)
}

// parts are the real and imaginary part of a tensor; that of a real one is 0.
func (o *opCall) parts(x ir.ValueID) (re, im ir.ValueID) {
	if o.isComplex(x) {
		return o.takeLast(x, 0), o.takeLast(x, 1)
	}
	return x, o.Binary("mul", x, o.Scalar(0, o.Type(x).DType))
}

func opViewAsComplex(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	if o.err == nil && o.Dim(x, -1) != ir.Known(2) {
		o.Fail(ir.ErrShape, "x", "is %v, wants a last axis of two parts", o.Shape(x))
	}
	if o.err != nil {
		return nil
	}
	return o.asComplex(o.Binary("add", x, o.Scalar(0, o.Type(x).DType))) // x itself stays real
}

func opViewAsReal(o *opCall) []Value {
	x := o.tensor("x")
	if o.isComplex(x) {
		return outputs(o.Binary("add", x, o.Scalar(0, o.Type(x).DType)))
	}
	re, im := o.parts(o.AsFloat(x))
	return outputs(o.concat(-1, o.ExpandDims(re, -1), o.ExpandDims(im, -1)))
}

func opPolar(o *opCall) []Value {
	in := o.promote(true, "abs_", "angle")
	part := func(fn string) ir.ValueID { return o.Binary("mul", in[0], o.Unary(ir.Func{Name: fn}, in[1])) }
	return o.complexValue(part("cos"), part("sin"))
}

func opReal(o *opCall) []Value {
	re, _ := o.parts(o.tensor("x"))
	return outputs(re)
}

func opImag(o *opCall) []Value {
	x := o.tensor("x")
	if o.isComplex(x) {
		return outputs(o.takeLast(x, 1))
	}
	zero := o.Scalar(0, o.Type(x).DType)
	return outputs(o.where(o.Binary("eq", x, x), zero, zero))
}

// opAngle is 0 or π for a real tensor.
func opAngle(o *opCall) []Value {
	x := o.tensor("x")
	if o.isComplex(x) {
		re, im := o.parts(x)
		return outputs(o.Binary("atan2", im, re))
	}
	x = o.AsFloat(x)
	dt := o.Type(x).DType
	return outputs(o.where(o.Binary("lt", x, o.Scalar(0, dt)), o.Scalar(math.Pi, dt), o.Scalar(0, dt)))
}

func opIsreal(o *opCall) []Value {
	x := o.tensor("x")
	if o.isComplex(x) {
		_, im := o.parts(x)
		return outputs(o.Binary("eq", im, o.Scalar(0, o.Type(im).DType)))
	}
	yes := o.Scalar(1, ir.Bool)
	return outputs(o.where(o.Binary("eq", x, x), yes, yes))
}

func opConjugate(o *opCall) []Value {
	x := o.tensor("x")
	if !o.isComplex(x) {
		return outputs(x)
	}
	re, im := o.parts(x)
	return o.complexValue(re, o.Unary(ir.Func{Name: "neg"}, im))
}

// complexCast to a real dtype takes the real part.
func complexCast(o *opCall) []Value {
	x := o.tensor("x")
	if isComplexDType(o.args["dtype"]) {
		return outputs(x)
	}
	re, _ := o.parts(x)
	return outputs(o.Cast(re, o.dtype("dtype", o.Type(re).DType)))
}

func isComplexDType(v any) bool { return v == "complex64" || v == "complex128" }

func complexAbs(o *opCall) []Value {
	squares := o.Unary(ir.Func{Name: "square"}, o.tensor("x"))
	return outputs(o.Unary(ir.Func{Name: "sqrt"}, o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, squares)))
}

// complexSum adds or subtracts part by part; negated is 0 - x.
func complexSum(fn string, negated bool) opFunc {
	return func(o *opCall) []Value {
		if negated {
			return o.asComplex(o.Unary(ir.Func{Name: "neg"}, o.tensor("x")))
		}
		ar, ai := o.parts(o.AsFloat(o.tensor("x1")))
		br, bi := o.parts(o.AsFloat(o.tensor("x2")))
		return o.complexValue(o.Binary(fn, ar, br), o.Binary(fn, ai, bi))
	}
}

func complexProduct(o *opCall) []Value {
	ar, ai := o.parts(o.AsFloat(o.tensor("x1")))
	br, bi := o.parts(o.AsFloat(o.tensor("x2")))
	mul := func(a, b ir.ValueID) ir.ValueID { return o.Binary("mul", a, b) }
	return o.complexValue(o.Binary("sub", mul(ar, br), mul(ai, bi)), o.Binary("add", mul(ar, bi), mul(ai, br)))
}
