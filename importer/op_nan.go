package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// nanOps leave NaN out.
var nanOps = []opRow{
	{name: "nansum", class: "Nansum", params: "x axis keepdims", lower: skippingNaN("sum", 0)},
	{name: "nanprod", class: "Nanprod", params: "x axis keepdims", lower: skippingNaN("prod", 1)},
	{name: "nanmax", class: "Nanmax", params: "x axis keepdims", lower: skippingNaN("max", math.Inf(-1))},
	{name: "nanmin", class: "Nanmin", params: "x axis keepdims", lower: skippingNaN("min", math.Inf(1))},
	{name: "nanmean", class: "Nanmean", params: "x axis keepdims", lower: opNanmean},
	{name: "nanvar", class: "Nanvar", params: "x axis keepdims", lower: func(o *opCall) []Value { return outputs(o.nanvar()) }},
	{name: "nanstd", class: "Nanstd", params: "x axis keepdims", lower: func(o *opCall) []Value { return outputs(o.Unary(ir.Func{Name: "sqrt"}, o.nanvar())) }},
	{name: "nanargmax", class: "Nanargmax", params: "x axis keepdims", lower: nanArg("argmax", math.Inf(-1))},
	{name: "nanargmin", class: "Nanargmin", params: "x axis keepdims", lower: nanArg("argmin", math.Inf(1))},
	{name: "nancumsum", class: "Nancumsum", params: "x axis dtype", lower: nanCumulative("sum", 0)},
	{name: "nancumprod", class: "Nancumprod", params: "x axis dtype", lower: nanCumulative("prod", 1)},
	{name: "nanmedian", class: "Nanmedian", params: "x axis keepdims", lower: opNanmedian},
	{name: "nanquantile", class: "Nanquantile", params: "x q axis method keepdims", lower: opNanquantile},
	{name: "nanpercentile", class: "Nanpercentile", params: "x q axis method keepdims", lower: opNanpercentile},
}

func (l *Layer) isNaN(x ir.ValueID) ir.ValueID { return l.Unary(ir.Func{Name: "isnan"}, x) }

// skippingNaN folds with NaN as an empty element; what is NaN throughout stays
// NaN for extremes.
func skippingNaN(fn string, empty float64) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("x")
		dt := o.Type(x).DType
		if !dt.IsFloat() {
			return reduceNumbers(fn)(o)
		}
		nan := o.isNaN(x)
		y := o.reduce(fn, o.where(nan, o.Scalar(empty, dt), x), "axis")
		if fn == "max" || fn == "min" {
			y = o.where(o.reduce("all", nan, "axis"), o.Scalar(math.NaN(), dt), y)
		}
		return outputs(y)
	}
}

func opNanmean(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	dt := o.Type(x).DType
	nan := o.isNaN(x)
	sum := o.reduce("sum", o.where(nan, o.Scalar(0, dt), x), "axis")
	return outputs(o.Binary("div", sum, o.reduce("sum", o.Cast(o.Unary(ir.Func{Name: "not"}, nan), dt), "axis")))
}

func (o *opCall) nanvar() ir.ValueID {
	x := o.AsFloat(o.tensor("x"))
	dt := o.Type(x).DType
	nan, zero := o.isNaN(x), o.Scalar(0, dt)
	there := o.Cast(o.Unary(ir.Func{Name: "not"}, nan), dt)
	all := &ir.Reduce{Fn: "sum", Axes: o.axes("axis"), Keep: true}
	mean := o.Binary("div", o.Add(all, o.where(nan, zero, x)), o.Add(all, there))
	squares := o.Unary(ir.Func{Name: "square"}, o.where(nan, zero, o.Binary("sub", x, mean)))
	return o.Binary("div", o.reduce("sum", squares, "axis"), o.reduce("sum", there, "axis"))
}

// nanArg is -1 where all is NaN.
func nanArg(fn string, empty float64) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("x")
		dt := o.Type(x).DType
		if !dt.IsFloat() {
			return outputs(o.reduce(fn, x, "axis"))
		}
		nan := o.isNaN(x)
		at := o.reduce(fn, o.where(nan, o.Scalar(empty, dt), x), "axis")
		return outputs(o.where(o.reduce("all", nan, "axis"), o.Scalar(-1, ir.Int32), at))
	}
}

func nanCumulative(fn string, empty float64) opFunc {
	return func(o *opCall) []Value {
		if x := o.tensor("x"); o.Type(x).DType.IsFloat() {
			o.args["x"] = Value{o.where(o.isNaN(x), o.Scalar(empty, o.Type(x).DType), x), ir.None}
		}
		return cumulative(fn)(o)
	}
}

func opNanmedian(o *opCall) []Value {
	o.args["q"] = 0.5
	return opNanquantile(o)
}

func opNanpercentile(o *opCall) []Value {
	o.args["q"] = hundredths(o.plain("q"))
	return opNanquantile(o)
}

// opNanquantile interpolates in the sorted elements, NaN being last, at places
// that depend on how many there are.
func opNanquantile(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	dt, keep := o.Type(x).DType, o.flag("keepdims", false)
	axes, err := ir.NormAxes(o.axes("axis"), o.Rank(x))
	if err != nil {
		o.fail(err)
		return nil
	}
	merged := o.mergeLast(x, axes)
	if o.Size(merged, -1) < 1 {
		o.Fail(ir.ErrShape, "axis", "no elements")
		return nil
	}
	ordered := o.Add(&ir.Sort{Axis: -1}, merged)
	there := o.Cast(o.Unary(ir.Func{Name: "not"}, o.isNaN(merged)), dt)
	n := o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}, Keep: true}, there)
	num := func(v float64) ir.ValueID { return o.Scalar(v, dt) }
	last := o.Binary("max", o.Binary("sub", n, num(1)), num(0))
	pick := func(place ir.ValueID) ir.ValueID {
		return o.Add(&ir.GatherAlong{Axis: -1}, ordered, o.Cast(place, ir.Int32))
	}
	round := func(fn string, v ir.ValueID) ir.ValueID { return o.Unary(ir.Func{Name: fn}, v) }
	method := o.text("method", "linear")
	return o.perQuantile(func(q float64) ir.ValueID {
		at := o.Binary("mul", last, num(q))
		lo, hi := round("floor", at), round("ceil", at)
		y := ir.None
		switch method {
		case "linear":
			w := o.Binary("sub", at, lo)
			y = o.Binary("add", o.Binary("mul", pick(lo), o.Binary("sub", num(1), w)), o.Binary("mul", pick(hi), w))
		case "lower":
			y = pick(lo)
		case "higher":
			y = pick(hi)
		case "nearest":
			y = pick(round("round", at))
		case "midpoint":
			y = o.Binary("mul", o.Binary("add", pick(lo), pick(hi)), num(0.5))
		default:
			o.bad("method", "linear, lower, higher, midpoint or nearest")
		}
		y = o.Squeeze(o.where(o.Binary("gt", n, num(0)), y, num(math.NaN())), -1)
		for _, a := range axes {
			if keep {
				y = o.ExpandDims(y, a)
			}
		}
		return y
	})
}
