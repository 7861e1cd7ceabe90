package importer

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var sortOps = []opRow{
	{name: "sort", class: "Sort", params: "x axis direction", lower: opSort},
	{name: "argsort", class: "Argsort", params: "x axis direction", lower: opArgsort},
	{name: "top_k", class: "TopK", params: "x k sorted index_type", lower: opTopK},
	{name: "in_top_k", class: "InTopK", params: "targets predictions k", lower: opInTopK},
	{name: "median", class: "Median", params: "x axis keepdims", lower: opMedian},
	{name: "quantile", class: "Quantile", params: "x q axis method keepdims", lower: opQuantile, dropped: "method"},
	{name: "percentile", class: "Percentile", params: "x q axis method keepdims", lower: opPercentile},
	{name: "cumsum", class: "Cumsum", params: "x axis dtype exclusive reverse", lower: cumulative("sum")},
	{name: "cumprod", class: "Cumprod", params: "x axis dtype exclusive reverse", lower: cumulative("prod")},
	{name: "diff", class: "Diff", params: "a n axis", lower: opDiff},
	{name: "searchsorted", class: "SearchSorted", params: "sorted_sequence values side", lower: opSearchSorted},
	{name: "digitize", class: "Digitize", params: "x bins", lower: opDigitize},
}

// sorted gives x in order along the axis argument, and where elements came from.
func (o *opCall) sorted(x ir.ValueID) (values, places ir.ValueID) {
	if o.Type(x).DType == ir.Bool {
		x = o.Cast(x, ir.Int32)
	}
	axis := o.axis("axis", o.Rank(x), -1)
	descending := o.text("direction", "ASCENDING") == "DESCENDING"
	out := o.AddN(&ir.Sort{Axis: axis, Descending: descending}, x)
	if len(out) != 2 {
		return ir.None, ir.None
	}
	return out[0], out[1]
}

func opSort(o *opCall) []Value {
	x := o.tensor("x")
	y, _ := o.sorted(x)
	return outputs(o.Cast(y, o.Type(x).DType))
}

func opArgsort(o *opCall) []Value {
	x := o.tensor("x")
	if !o.given("axis") && !o.tf {
		if _, there := o.args["axis"]; there { // None: of all elements
			x = o.flat(x)
		}
	}
	_, at := o.sorted(x)
	return outputs(at)
}

func opTopK(o *opCall) []Value {
	x, k := o.tensor("x"), o.size("k", 1)
	if d := o.Dim(x, -1); d.IsKnown() && k > d.Size {
		o.Fail(ir.ErrShape, "k", "top %d of %v", k, o.Shape(x))
	}
	out := o.AddN(&ir.Sort{Axis: -1, Descending: true}, x)
	if len(out) != 2 {
		return nil
	}
	first := &ir.Slice{Axes: []ir.AxisSlice{{Axis: -1, End: &k}}}
	return outputs(o.Add(first, out[0]), o.Add(first, out[1]))
}

// opInTopK counts the predictions that beat the target's.
func opInTopK(o *opCall) []Value {
	p, t := o.tensor("predictions"), o.asIndices("targets")
	if o.err != nil {
		return nil
	}
	inside := o.inside(t, o.Size(p, -1))
	t = o.where(inside, t, o.Scalar(0, o.Type(t).DType))
	at := o.Add(&ir.GatherAlong{Axis: -1}, p, o.ExpandDims(t, -1))
	better := o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, o.Cast(o.Binary("gt", p, at), ir.Int32))
	finite := o.Binary("and", inside, o.Unary(ir.Func{Name: "isfinite"}, o.Squeeze(at, -1)))
	return outputs(o.Binary("and", finite, o.Binary("lt", better, o.Scalar(float64(o.whole("k")), ir.Int32))))
}

func opMedian(o *opCall) []Value {
	o.args["q"] = 0.5
	return opQuantile(o)
}

func opPercentile(o *opCall) []Value {
	o.args["q"] = hundredths(o.plain("q"))
	return opQuantile(o)
}

func hundredths(v any) any {
	return mapTree(v, func(v any) any {
		if n, ok := asFloat(v); ok {
			return n / 100
		}
		return v
	})
}

// opQuantile interpolates in the sorted elements. Where one is NaN all is NaN.
func opQuantile(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	dt, rank, keep := o.Type(x).DType, o.Rank(x), o.flag("keepdims", false)
	axes, err := ir.NormAxes(o.axes("axis"), rank)
	if err != nil {
		o.fail(err)
		return nil
	}
	merged := o.mergeLast(x, axes)
	n := o.Size(merged, -1)
	if n < 1 {
		o.Fail(ir.ErrShape, "axis", "no elements")
		return nil
	}
	ordered := o.Add(&ir.Sort{Axis: -1}, merged)
	pick := func(i int) ir.ValueID {
		y := o.takeLast(ordered, i)
		for _, a := range axes {
			if keep {
				y = o.ExpandDims(y, a)
			}
		}
		return y
	}
	method := o.text("method", "linear")
	one := func(q float64) ir.ValueID {
		at := q * float64(n-1)
		lo, hi := int(math.Floor(at)), int(math.Ceil(at))
		switch method {
		case "linear":
			if lo == hi {
				return pick(lo)
			}
			w := at - float64(lo)
			return o.Binary("add", o.Binary("mul", pick(lo), o.Scalar(1-w, dt)), o.Binary("mul", pick(hi), o.Scalar(w, dt)))
		case "lower":
			return pick(lo)
		case "higher":
			return pick(hi)
		case "nearest":
			return pick(int(math.RoundToEven(at)))
		case "midpoint":
			return o.Binary("mul", o.Binary("add", pick(lo), pick(hi)), o.Scalar(0.5, dt))
		}
		o.bad("method", "linear, lower, higher, midpoint or nearest")
		return ir.None
	}
	nan := pick(n - 1)
	finish := func(y ir.ValueID) ir.ValueID { return o.where(o.Unary(ir.Func{Name: "isnan"}, nan), nan, y) }
	return o.perQuantile(func(q float64) ir.ValueID { return finish(one(q)) })
}

// perQuantile computes the quantile q, or each of a list of them.
func (o *opCall) perQuantile(one func(q float64) ir.ValueID) []Value {
	qs, many := o.plain("q").([]any)
	if !many {
		qs = []any{o.plain("q")}
	}
	var out []ir.ValueID
	for _, v := range qs {
		q, ok := asFloat(v)
		if !ok || q < 0 || q > 1 || len(qs) > maxParts {
			o.bad("q", "numbers between 0 and 1")
			return nil
		}
		if !many {
			return outputs(one(q))
		}
		out = append(out, o.ExpandDims(one(q), 0))
	}
	if len(out) == 0 {
		o.bad("q", "numbers between 0 and 1")
		return nil
	}
	return outputs(o.concat(0, out...))
}

// mergeLast moves axes (sorted) to the end and makes them one.
func (o *opCall) mergeLast(x ir.ValueID, axes []int) ir.ValueID {
	var perm []int
	var dims []ir.Extent
	for i := range o.Rank(x) {
		if !slices.Contains(axes, i) {
			dims = append(dims, ir.DimOf(0, len(perm)))
			perm = append(perm, i)
		}
	}
	x = o.Transpose(x, append(perm, axes...)...)
	if len(axes) == 1 {
		return x
	}
	return o.Reshape(x, append(dims, ir.Size(-1)))
}

func cumulative(fn string) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("x")
		if o.Type(x).DType == ir.Bool {
			x = o.Cast(x, ir.Int32)
		}
		x = o.Cast(x, o.dtype("dtype", o.Type(x).DType))
		axis := 0
		if o.given("axis") || o.tf {
			axis = o.axis("axis", o.Rank(x), 0)
		} else {
			x = o.flat(x)
		}
		return outputs(o.Add(&ir.Cumulative{Fn: fn, Axis: axis, Exclusive: o.flag("exclusive", false), Reverse: o.flag("reverse", false)}, x))
	}
}

func opDiff(o *opCall) []Value {
	x := o.tensor("a")
	axis := o.axis("axis", o.Rank(x), -1)
	n := o.size("n", 1)
	if n > 64 {
		o.bad("n", "at most 64")
		return nil
	}
	first, last := 1, -1
	for range n {
		a := o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axis, Start: &first}}}, x)
		b := o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axis, End: &last}}}, x)
		if o.Type(x).DType == ir.Bool {
			x = o.Binary("ne", a, b)
		} else {
			x = o.Binary("sub", a, b)
		}
	}
	return outputs(x)
}

// opSearchSorted counts the elements that come before each value.
func opSearchSorted(o *opCall) []Value {
	in := o.promote(false, "values", "sorted_sequence")
	if !o.WantRank(in[1], 1) {
		return nil
	}
	fn := "lt"
	if o.text("side", "left") == "right" {
		fn = "le"
	}
	before := o.Cast(o.Binary(fn, in[1], o.ExpandDims(in[0], -1)), ir.Int32)
	return outputs(o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, before))
}

func opDigitize(o *opCall) []Value {
	in := o.promote(true, "x", "bins")
	before := o.Cast(o.Binary("le", in[1], o.ExpandDims(in[0], -1)), ir.Int32)
	return outputs(o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, before))
}
