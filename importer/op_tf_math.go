package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// tfMathOps are functions of numbers that only TensorFlow has.
var tfMathOps = []opRow{
	{name: "digamma", params: "x", lower: opDigamma, note: "TensorFlow's"},
	{name: "lbeta", params: "x", lower: opLbeta, note: "TensorFlow's"},
	{name: "polyval", params: "coeffs x", lower: opPolyval, note: "TensorFlow's"},
	{name: "truncatediv", params: "x1 x2", lower: opTruncateDiv, note: "TensorFlow's"},
	{name: "cumulative_logsumexp", params: "x axis exclusive reverse", lower: opCumulativeLogsumexp, note: "TensorFlow's, along a known axis"},
	{name: "is_non_decreasing", params: "x", lower: ascending("le"), note: "TensorFlow's"},
	{name: "is_strictly_increasing", params: "x", lower: ascending("lt"), note: "TensorFlow's"},
	{name: "invert_permutation", params: "x", lower: opInvertPermutation, note: "TensorFlow's"},
}

// opDigamma is the asymptotic series at x + 10, less what the recurrence adds on
// the way there; below 0 it is reflected.
func opDigamma(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	dt := o.Type(x).DType
	num := func(v float64) ir.ValueID { return o.Scalar(v, dt) }
	do, inverse := o.Binary, func(v ir.ValueID) ir.ValueID { return o.Unary(ir.Func{Name: "reciprocal"}, v) }
	negative := do("le", x, num(0))
	p := o.where(negative, do("sub", num(1), x), x)
	steps := make([]any, 10)
	for i := range steps {
		steps[i] = float64(i)
	}
	sum := o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, inverse(do("add", o.ExpandDims(p, -1), o.array(steps, []int{10}, dt))))
	far := do("add", p, num(10))
	z := inverse(o.Unary(ir.Func{Name: "square"}, far))
	series := do("mul", z, o.polynomial(z, num(-1.0/132), num(1.0/240), num(-1.0/252), num(1.0/120), num(-1.0/12)))
	y := do("sub", o.log(far), do("mul", num(0.5), inverse(far)))
	y = do("sub", do("add", y, series), sum)
	turn := do("div", num(math.Pi), o.Unary(ir.Func{Name: "tan"}, do("mul", x, num(math.Pi))))
	y = o.where(negative, do("sub", y, turn), y)
	pole := do("and", negative, do("eq", x, o.Unary(ir.Func{Name: "floor"}, x)))
	return outputs(o.where(pole, num(math.NaN()), y))
}

// polynomial has the coefficient of the highest power first.
func (o *opCall) polynomial(x ir.ValueID, coefficients ...ir.ValueID) ir.ValueID {
	y := coefficients[0]
	for _, c := range coefficients[1:] {
		y = o.Binary("add", c, o.Binary("mul", y, x))
	}
	return y
}

func opPolyval(o *opCall) []Value {
	items := list(o.args["coeffs"])
	if len(items) == 0 || len(items) > maxParts {
		o.bad("coeffs", "a list of coefficients")
		return nil
	}
	in := o.promoteAll(append([]any{o.args["x"]}, items...), true)
	return outputs(o.polynomial(in[0], in[1:]...))
}

func opLbeta(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	sum := &ir.Reduce{Fn: "sum", Axes: []int{-1}}
	lgamma := ir.Func{Name: "lgamma"}
	return outputs(o.Binary("sub", o.Add(sum, o.Unary(lgamma, x)), o.Unary(lgamma, o.Add(sum, x))))
}

// opTruncateDiv is the quotient of absolute values with the sign of both.
func opTruncateDiv(o *opCall) []Value {
	x := o.promote(false, "x1", "x2")
	abs, sign := ir.Func{Name: "abs"}, ir.Func{Name: "sign"}
	q := o.Binary("floordiv", o.Unary(abs, x[0]), o.Unary(abs, x[1]))
	return outputs(o.Binary("mul", o.Binary("mul", o.Unary(sign, x[0]), o.Unary(sign, x[1])), q))
}

// opCumulativeLogsumexp adds for each element those before it, less the largest
// of them, so that nothing is too small.
func opCumulativeLogsumexp(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	axis := o.axis("axis", o.Rank(x), 0)
	n := o.Size(x, axis)
	if o.err != nil || !o.Allows("x", n, n) {
		return nil
	}
	exclusive, reverse := o.flag("exclusive", false), o.flag("reverse", false)
	counts := make([]bool, 0, n*n)
	for i := range n {
		for j := range n {
			before := j < i
			if reverse {
				before = j > i
			}
			counts = append(counts, before || i == j && !exclusive)
		}
	}
	dt := o.Type(x).DType
	mask := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewBool(counts, n, n) })
	each := o.ExpandDims(o.moveAxes(x, []int{axis}, []int{-1}), -2)
	y := o.Add(&ir.Reduce{Fn: "logsumexp", Axes: []int{-1}}, o.where(mask, each, o.Scalar(lowestFloat(dt), dt)))
	return outputs(o.moveAxes(y, []int{-1}, []int{axis}))
}

// ascending compares all elements, in a row, with the next ones.
func ascending(fn string) opFunc {
	return func(o *opCall) []Value {
		x := o.flat(o.tensor("x"))
		first, last := 1, -1
		a := o.Add(&ir.Slice{Axes: []ir.AxisSlice{{End: &last}}}, x)
		b := o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Start: &first}}}, x)
		return outputs(o.Add(&ir.Reduce{Fn: "all"}, o.Binary(fn, a, b)))
	}
}

func opInvertPermutation(o *opCall) []Value {
	x := o.tensor("x")
	if !o.WantRank(x, 1) {
		return nil
	}
	_, places := o.sorted(x)
	return outputs(o.Cast(places, o.Type(x).DType))
}
