package importer

import (
	"math"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var linearOps = []opRow{
	{name: "matmul", class: "Matmul", params: "x1 x2 transpose_a transpose_b", lower: opMatmul},
	{name: "dot", class: "Dot", params: "x1 x2", lower: opDot},
	{name: "inner", class: "Inner", params: "x1 x2", lower: opInner},
	{name: "vdot", class: "Vdot", params: "x1 x2", lower: opVdot},
	{name: "outer", class: "Outer", params: "x1 x2", lower: opOuter},
	{name: "kron", class: "Kron", params: "x1 x2", lower: opKron},
	{name: "cross", class: "Cross", params: "x1 x2 axisa axisb axisc axis", lower: opCross},
	{name: "tensordot", class: "Tensordot", params: "x1 x2 axes", lower: opTensordot},
	{name: "einsum", class: "Einsum", params: "subscripts *operands", lower: opEinsum},
	{name: "dot_product_attention", class: "DotProductAttention", params: "query key value bias mask scale is_causal flash_attention attn_logits_soft_cap", lower: opDotProductAttention},
	{name: "cdist", class: "CDist", params: "x1 x2", lower: opCDist},
}

// floats casts what is not a float for the time of a product; back undoes it.
func (o *opCall) floats(in []ir.ValueID) (back func(ir.ValueID) ir.ValueID) {
	dt := o.Type(in[0]).DType
	if dt.IsFloat() {
		return func(x ir.ValueID) ir.ValueID { return x }
	}
	for i := range in {
		in[i] = o.Cast(in[i], ir.Float32)
	}
	if dt == ir.Bool {
		return func(x ir.ValueID) ir.ValueID { return o.Cast(x, dt) }
	}
	o.Note("a product of integers is computed in float32, which is exact up to 2^24")
	return func(x ir.ValueID) ir.ValueID { return o.Cast(o.Unary(ir.Func{Name: "round"}, x), dt) }
}

func opMatmul(o *opCall) []Value {
	in := o.promote(false, "x1", "x2")
	back := o.floats(in)
	a, b := in[0], in[1]
	ra, rb := o.Rank(a), o.Rank(b)
	op := &ir.MatMul{TransA: o.flag("transpose_a", false), TransB: o.flag("transpose_b", false)}
	if ra == 0 || rb == 0 {
		o.Fail(ir.ErrShape, "", "matmul of %v and %v", o.Shape(a), o.Shape(b))
		return nil
	}
	if ra == 1 {
		a = o.ExpandDims(a, 0)
	}
	if rb == 1 {
		b = o.ExpandDims(b, 1)
	}
	y := ir.None
	if rb == 2 && ra > 1 && o.b.m.Const(b) != nil && !op.TransA && !op.TransB {
		y = o.Add(&ir.Dense{}, a, b)
	} else {
		y = o.Add(op, a, b)
	}
	if rb == 1 {
		y = o.Squeeze(y, -1)
	}
	if ra == 1 && rb == 1 {
		y = o.Squeeze(y, -1)
	} else if ra == 1 {
		y = o.Squeeze(y, -2)
	}
	return outputs(back(y))
}

// contract sums over axes of a and b; the others follow one another.
func (o *opCall) contract(a, b ir.ValueID, axesA, axesB []int) ir.ValueID {
	if len(axesA) != len(axesB) || o.Rank(a)+o.Rank(b) > len(letters) {
		o.Fail(ir.ErrShape, "axes", "%v and %v of %v and %v", axesA, axesB, o.Shape(a), o.Shape(b))
		return ir.None
	}
	la := []byte(letters[:o.Rank(a)])
	lb := []byte(letters[o.Rank(a) : o.Rank(a)+o.Rank(b)])
	out := slices.Concat(la, lb)
	for i := range axesA {
		x, err := ir.NormAxis(axesA[i], len(la))
		o.fail(err)
		y, err := ir.NormAxis(axesB[i], len(lb))
		o.fail(err)
		if o.err != nil {
			return ir.None
		}
		out = slices.DeleteFunc(out, func(c byte) bool { return c == la[x] || c == lb[y] })
		lb[y] = la[x]
	}
	return o.Add(&ir.Einsum{Equation: string(la) + "," + string(lb) + "->" + string(out)}, a, b)
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// contractArgs is contract of x1 and x2, or their product if one is a scalar.
func (o *opCall) contractArgs(axes func(ra, rb int) (a, b []int)) []Value {
	in := o.promote(false, "x1", "x2")
	back := o.floats(in)
	if o.Rank(in[0]) == 0 || o.Rank(in[1]) == 0 {
		return outputs(back(o.Binary("mul", in[0], in[1])))
	}
	a, b := axes(o.Rank(in[0]), o.Rank(in[1]))
	return outputs(back(o.contract(in[0], in[1], a, b)))
}

func opDot(o *opCall) []Value {
	return o.contractArgs(func(_, rb int) (a, b []int) { return []int{-1}, []int{max(rb-2, 0)} })
}

func opInner(o *opCall) []Value {
	return o.contractArgs(func(_, _ int) (a, b []int) { return []int{-1}, []int{-1} })
}

func opVdot(o *opCall) []Value {
	in := o.promote(false, "x1", "x2")
	back := o.floats(in)
	return outputs(back(o.contract(o.flat(in[0]), o.flat(in[1]), []int{0}, []int{0})))
}

func opOuter(o *opCall) []Value {
	in := o.promote(false, "x1", "x2")
	return outputs(o.Binary("mul", o.ExpandDims(o.flat(in[0]), 1), o.flat(in[1])))
}

// opTensordot sums over the last n axes of x1 and the first n of x2, or over two
// lists of axes.
func opTensordot(o *opCall) []Value {
	return o.contractArgs(func(ra, rb int) (a, b []int) {
		v := orDefault(o.plain("axes"), int64(2))
		if n, ok := asInt(v); ok {
			if n < 0 || n > ra || n > rb {
				o.bad("axes", "a number of axes that both have")
				return nil, nil
			}
			for i := range n {
				a, b = append(a, ra-n+i), append(b, i)
			}
			return a, b
		}
		pair := list(v)
		if len(pair) != 2 {
			o.bad("axes", "a number or two lists")
			return nil, nil
		}
		sides := [2][]int{}
		for i, side := range pair {
			items := list(side)
			if n, ok := asInt(side); ok {
				items = []any{int64(n)}
			}
			for _, e := range items {
				n, ok := asInt(e)
				if !ok {
					o.bad("axes", "integers")
				}
				sides[i] = append(sides[i], n)
			}
		}
		return sides[0], sides[1]
	})
}

func opKron(o *opCall) []Value {
	in := o.promote(false, "x1", "x2")
	for o.Rank(in[0]) < o.Rank(in[1]) && o.err == nil {
		in[0] = o.ExpandDims(in[0], 0)
	}
	for o.Rank(in[1]) < o.Rank(in[0]) && o.err == nil {
		in[1] = o.ExpandDims(in[1], 0)
	}
	rank := o.Rank(in[0])
	var a, b, whole []ir.Extent
	for i := range rank {
		a = append(a, ir.DimOf(0, i), ir.Size(1))
		b = append(b, ir.Size(1), ir.DimOf(0, i))
		x, y := o.Dim(in[0], i), o.Dim(in[1], i)
		if x.IsKnown() && y.IsKnown() {
			whole = append(whole, ir.Size(x.Size*y.Size))
		} else {
			whole = append(whole, ir.Size(-1))
		}
	}
	return outputs(o.Reshape(o.Binary("mul", o.Reshape(in[0], a), o.Reshape(in[1], b)), whole))
}

func opCross(o *opCall) []Value {
	in := o.promote(false, "x1", "x2")
	axis := func(name string) int {
		if o.given("axis") {
			name = "axis"
		}
		return o.whole(name, -1)
	}
	a := o.moveAxes(in[0], []int{axis("axisa")}, []int{-1})
	b := o.moveAxes(in[1], []int{axis("axisb")}, []int{-1})
	na, nb := o.Size(a, -1), o.Size(b, -1)
	if o.err != nil || na < 2 || na > 3 || nb < 2 || nb > 3 {
		o.bad("axis", "vectors of 2 or 3")
		return nil
	}
	zero := o.Scalar(0, o.Type(a).DType)
	part := func(x ir.ValueID, n, i int) ir.ValueID {
		if i >= n {
			return zero
		}
		return o.takeLast(x, i)
	}
	component := func(i int) ir.ValueID {
		j, k := (i+1)%3, (i+2)%3
		return o.Binary("sub", o.Binary("mul", part(a, na, j), part(b, nb, k)), o.Binary("mul", part(a, na, k), part(b, nb, j)))
	}
	if na == 2 && nb == 2 {
		return outputs(component(2))
	}
	var c []ir.ValueID
	for i := range 3 {
		c = append(c, o.ExpandDims(component(i), -1))
	}
	return outputs(o.moveAxes(o.concat(-1, c...), []int{-1}, []int{axis("axisc")}))
}

// opEinsum multiplies pairs from the left and keeps the labels that are still
// needed.
func opEinsum(o *opCall) []Value {
	items := list(o.args["operands"])
	if len(items) == 1 && list(items[0]) != nil {
		items = list(items[0])
	}
	equation := o.text("subscripts", "")
	if len(items) == 0 {
		o.Fail(ir.ErrUnsupported, "inputs", "einsum %q has no operands here: tf.keras 2 does not save those of tf.einsum; use keras.layers.EinsumDense or Dot", equation)
		return nil
	}
	in := o.promoteAll(items, false)
	back := o.floats(in)
	labels, out, ok := o.einsumLabels(equation, in)
	if !ok {
		o.bad("subscripts", "an equation that fits its operands")
		return nil
	}
	if len(in) == 1 {
		return outputs(back(o.Add(&ir.Einsum{Equation: labels[0] + "->" + out}, in[0])))
	}
	x, lx := in[0], labels[0]
	for i := 1; i < len(in); i++ {
		result := out
		if i < len(in)-1 {
			later := strings.Join(labels[i+1:], "") + out
			result = ""
			for _, c := range lx + labels[i] {
				if strings.ContainsRune(later, c) && !strings.ContainsRune(result, c) {
					result += string(c)
				}
			}
		}
		x = o.Add(&ir.Einsum{Equation: lx + "," + labels[i] + "->" + result}, x, in[i])
		lx = result
	}
	return outputs(back(x))
}

// einsumLabels gives each operand and the output its labels, the ellipsis and
// the output of an equation without arrow spelled out.
func (o *opCall) einsumLabels(equation string, in []ir.ValueID) (labels []string, out string, ok bool) {
	equation = strings.ReplaceAll(equation, " ", "")
	lhs, out, explicit := strings.Cut(equation, "->")
	labels = strings.Split(lhs, ",")
	if len(labels) != len(in) || len(equation) > 1024 {
		return nil, "", false
	}
	free := ""
	for _, c := range letters {
		if !strings.ContainsRune(equation, c) {
			free += string(c)
		}
	}
	dots := 0
	for i, l := range labels {
		if strings.Contains(l, "...") {
			dots = max(dots, o.Rank(in[i])-len(l)+3)
		}
	}
	if dots > len(free) {
		return nil, "", false
	}
	all := free[:dots]
	for i, l := range labels {
		if strings.Contains(l, "...") {
			n := o.Rank(in[i]) - len(l) + 3
			if n < 0 {
				return nil, "", false
			}
			labels[i] = strings.Replace(l, "...", all[dots-n:], 1)
		}
		if len(labels[i]) != o.Rank(in[i]) {
			return nil, "", false
		}
	}
	if explicit {
		return labels, strings.Replace(out, "...", all, 1), true
	}
	joined := strings.Join(labels, "")
	var once []byte
	for _, c := range letters {
		if strings.Count(joined, string(c)) == 1 && !strings.ContainsRune(all, c) {
			once = append(once, byte(c))
		}
	}
	slices.Sort(once)
	return labels, all + string(once), true
}

// opDotProductAttention takes query, key and value [batch, time, heads, size].
func opDotProductAttention(o *opCall) []Value {
	in := o.promote(true, "query", "key", "value")
	q, k, v := in[0], in[1], in[2]
	for _, x := range in {
		if !o.WantRank(x, 4) {
			return nil
		}
	}
	mask, bias := o.optional("mask"), o.optional("bias")
	if mask != ir.None {
		mask = o.asBool(mask)
	}
	rank4 := func(x ir.ValueID) ir.ValueID {
		for x != ir.None && o.Rank(x) < 4 && o.err == nil {
			x = o.ExpandDims(x, 0)
		}
		return x
	}
	if o.given("attn_logits_soft_cap") { // TensorFlow ignores it, JAX does not
		o.bad("attn_logits_soft_cap", "None")
	}
	scale := ir.Float(o.num("scale", 1/math.Sqrt(float64(max(1, o.Size(q, 3))))))
	return outputs(o.Add(&ir.Attention{Scale: scale, Causal: o.flag("is_causal", false)}, q, k, v, rank4(mask), rank4(bias)))
}

// opCDist is the Euclidean distance of all pairs of rows.
func opCDist(o *opCall) []Value {
	in := o.promote(true, "x1", "x2")
	return outputs(o.root(o.Binary("sub", o.ExpandDims(in[0], -2), o.ExpandDims(in[1], -3)), []int{-1}, false))
}
