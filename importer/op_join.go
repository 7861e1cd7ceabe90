package importer

import (
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var joinOps = []opRow{
	{name: "concatenate", class: "Concatenate", params: "xs axis", lower: opConcatenate},
	{name: "append", class: "Append", params: "x1 x2 axis", lower: opAppend},
	{name: "stack", class: "Stack", params: "x axis", lower: opStack},
	{name: "hstack", class: "Hstack", params: "xs", lower: opHstack},
	{name: "vstack", class: "Vstack", params: "xs", lower: opVstack},
	{name: "dstack", class: "Dstack", params: "xs", lower: opDstack},
	{name: "split", class: "Split", params: "x indices_or_sections axis", lower: opSplit},
	{name: "array_split", class: "ArraySplit", params: "x indices_or_sections axis", lower: opSplit},
	{name: "hsplit", class: "Hsplit", params: "x indices_or_sections", lower: splitAxis(1)},
	{name: "vsplit", class: "Vsplit", params: "x indices_or_sections", lower: splitAxis(0)},
	{name: "dsplit", class: "Dsplit", params: "x indices_or_sections", lower: splitAxis(2)},
	{name: "split_sizes", params: "x sizes axis", lower: opSplitSizes, note: "TensorFlow's split"},
	{name: "unstack", class: "Unstack", params: "x num axis", lower: opUnstack},
	{name: "meshgrid", class: "Meshgrid", params: "*x indexing", lower: opMeshgrid},
}

func (o *opCall) concat(axis int, in ...ir.ValueID) ir.ValueID {
	if len(in) == 0 {
		return ir.None
	}
	a, err := ir.NormAxis(axis, o.Rank(in[0]))
	if err != nil {
		o.fail(err)
		return ir.None
	}
	return o.Add(&ir.Concat{Axis: a}, in...)
}

func opConcatenate(o *opCall) []Value {
	return outputs(o.concat(o.whole("axis", -1), o.tensors("xs")...))
}

func opAppend(o *opCall) []Value {
	in := o.promote(false, "x1", "x2")
	if !o.given("axis") {
		return outputs(o.concat(0, o.flat(in[0]), o.flat(in[1])))
	}
	return outputs(o.concat(o.whole("axis"), in...))
}

func opStack(o *opCall) []Value {
	in := o.tensors("x")
	if len(in) == 0 {
		return nil
	}
	axis := o.axis("axis", o.Rank(in[0])+1, 0)
	for i := range in {
		in[i] = o.ExpandDims(in[i], axis)
	}
	return outputs(o.concat(axis, in...))
}

// atLeast gives each of in a rank of n: new axes lead, and for n = 3 one trails.
func (o *opCall) atLeast(n int, in []ir.ValueID) []ir.ValueID {
	for i := range in {
		for o.Rank(in[i]) < n && o.err == nil {
			if o.Rank(in[i]) == 2 {
				in[i] = o.ExpandDims(in[i], 2)
			} else {
				in[i] = o.ExpandDims(in[i], 0)
			}
		}
	}
	return in
}

func opHstack(o *opCall) []Value {
	in := o.atLeast(1, o.tensors("xs"))
	if len(in) > 0 && o.Rank(in[0]) == 1 {
		return outputs(o.concat(0, in...))
	}
	return outputs(o.concat(1, in...))
}

func opVstack(o *opCall) []Value { return outputs(o.concat(0, o.atLeast(2, o.tensors("xs"))...)) }

func opDstack(o *opCall) []Value { return outputs(o.concat(2, o.atLeast(3, o.tensors("xs"))...)) }

func opSplit(o *opCall) []Value {
	x := o.tensor("x")
	return o.split(x, o.axis("axis", o.Rank(x), 0))
}

func splitAxis(axis int) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("x")
		if axis == 1 && o.Rank(x) == 1 {
			return o.split(x, 0)
		}
		return o.split(x, axis)
	}
}

// maxParts bounds the outputs of a split.
const maxParts = 1 << 12

// split cuts x at indices, or into a number of sections; array_split's may
// differ by one.
func (o *opCall) split(x ir.ValueID, axis int) []Value {
	v := o.plain("indices_or_sections")
	var cuts []int
	if n, ok := asInt(v); ok {
		size := o.Size(x, axis)
		even := o.row.name != "array_split"
		if o.err == nil && (n < 1 || n > maxParts || even && size%n != 0) {
			o.Fail(ir.ErrShape, "indices_or_sections", "%s: axis %d of %v in %d parts", o.row.name, axis, o.Shape(x), n)
		}
		if o.err != nil {
			return nil
		}
		at := 0
		for i := range n - 1 {
			at += size / n
			if i < size%n {
				at++
			}
			cuts = append(cuts, at)
		}
	} else {
		cuts = o.wholes("indices_or_sections", 0)
	}
	return o.cut(x, axis, cuts)
}

func (o *opCall) cut(x ir.ValueID, axis int, cuts []int) []Value {
	if len(cuts) >= maxParts {
		o.Fail(ir.ErrLimit, "", "%s into %d parts", o.row.name, len(cuts)+1)
		return nil
	}
	var out []Value
	start := 0
	for i := 0; i <= len(cuts); i++ {
		s := ir.AxisSlice{Axis: axis}
		if start != 0 {
			from := start
			s.Start = &from
		}
		if i < len(cuts) {
			end := cuts[i]
			s.End, start = &end, end
		}
		out = append(out, Value{o.Add(&ir.Slice{Axes: []ir.AxisSlice{s}}, x), ir.None})
	}
	return out
}

// opSplitSizes splits into sizes, one of which may be -1, the rest.
func opSplitSizes(o *opCall) []Value {
	x := o.tensor("x")
	axis := o.axis("axis", o.Rank(x), 0)
	if n, ok := asInt(o.plain("sizes")); ok {
		size := o.Size(x, axis)
		if n < 1 || n > maxParts || size%n != 0 {
			o.bad("sizes", "a number of equal parts")
			return nil
		}
		cuts := make([]int, n-1)
		for i := range cuts {
			cuts[i] = (i + 1) * (size / n)
		}
		return o.cut(x, axis, cuts)
	}
	sizes := o.wholes("sizes", 0)
	total, rest := 0, -1
	for i, n := range sizes {
		if n < 0 {
			rest = i
			continue
		}
		total += n
	}
	if rest >= 0 {
		sizes[rest] = o.Size(x, axis) - total
	}
	if len(sizes) == 0 || slices.Min(sizes) < 0 {
		o.bad("sizes", "sizes of the parts")
		return nil
	}
	cuts, at := []int{}, 0
	for _, n := range sizes[:len(sizes)-1] {
		at += n
		cuts = append(cuts, at)
	}
	return o.cut(x, axis, cuts)
}

func opUnstack(o *opCall) []Value {
	x := o.tensor("x")
	axis := o.axis("axis", o.Rank(x), 0)
	n := o.size("num", 0)
	if !o.given("num") {
		n = o.Size(x, axis)
	}
	if o.err == nil && (n < 1 || n > maxParts) {
		o.Fail(ir.ErrLimit, "num", "unstack into %d parts", n)
	}
	if o.err != nil {
		return nil
	}
	var out []Value
	for i := range n {
		out = append(out, Value{o.Squeeze(o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(axis, i, i+1)}}, x), axis), ir.None})
	}
	return out
}

func opMeshgrid(o *opCall) []Value {
	items := list(o.args["x"])
	in := make([]ir.ValueID, len(items))
	for i, v := range items {
		in[i] = o.flat(o.asTensor("x", v, ir.Invalid))
	}
	place := func(i int) int { // the axis of input i
		if strings.ToLower(o.text("indexing", "xy")) == "xy" && len(in) > 1 && i < 2 {
			return 1 - i
		}
		return i
	}
	var out []Value
	for i, x := range in {
		dims := make([]dimension, len(in))
		column := make([]ir.Extent, len(in))
		for k := range in {
			column[k] = ir.Size(1)
		}
		for k, y := range in {
			if d := o.dimensionsOf(y); len(d) == 1 {
				dims[place(k)] = d[0]
			}
		}
		column[place(i)] = ir.Size(-1)
		out = append(out, Value{o.broadcastTo("x", o.Reshape(x, column), dims), ir.None})
	}
	return out
}
