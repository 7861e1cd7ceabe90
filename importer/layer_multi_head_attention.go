package importer

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var multiHeadLayers = []row{
	{class: "MultiHeadAttention", lower: lowerMultiHeadAttention, mask: maskPass, neutral: map[string]any{
		"seed": anyValue, "flash_attention": anyValue, "softmax_robust_masking": anyValue, "query_shape": anyValue, "key_shape": anyValue, "value_shape": anyValue}},
	groupedQueryRow("GroupedQueryAttention"),
	groupedQueryRow("GroupQueryAttention"),
}

// groupedQueryRow is a row of the one layer that has two names: that of its
// class, and that by which Keras exports it.
func groupedQueryRow(class string) row {
	return row{class: class, lower: lowerGroupedQueryAttention, mask: maskPass, neutral: anyKeys("seed", "flash_attention")}
}

// heads is what the attention layers with projections share.
type heads struct {
	query, key, value int // number of heads
	keyDim, valueDim  int
	bias, gate        bool
	window            int
	axes              []int // attention axes of the input
	output            []int // nil: the query's features
}

func lowerMultiHeadAttention(l *Layer, c *Call) []Value {
	if !l.Has("num_heads") || !l.Has("key_dim") {
		l.sameName("num_heads", "has no num_heads or no key_dim, which Keras's has")
		return nil
	}
	n := l.PositiveInt("num_heads")
	h := heads{query: n, key: n, value: n, keyDim: l.PositiveInt("key_dim"), bias: l.Bool("use_bias", true), gate: l.Bool("use_gate", false)}
	h.valueDim = h.keyDim
	if l.Has("value_dim") {
		h.valueDim = l.PositiveInt("value_dim")
	}
	if l.Has("sliding_window") {
		h.window = l.PositiveInt("sliding_window")
	}
	h.output = l.intList("output_shape")
	h.axes = l.intList("attention_axes")
	return h.lower(l, c)
}

func lowerGroupedQueryAttention(l *Layer, c *Call) []Value {
	h := heads{query: l.PositiveInt("num_query_heads"), key: l.PositiveInt("num_key_value_heads"), keyDim: l.PositiveInt("head_dim"), bias: l.Bool("use_bias", true), gate: l.Bool("use_gate", false)}
	h.value, h.valueDim = h.key, h.keyDim
	if l.Has("sliding_window") {
		h.window = l.PositiveInt("sliding_window")
	}
	return h.lower(l, c)
}

// intList is an integer, a list of them, or null for nil.
func (l *Layer) intList(key string) []int {
	raw := l.Raw(key)
	if raw == nil {
		return nil
	}
	list, ok := raw.([]any)
	if !ok {
		list = []any{raw}
	}
	out := make([]int, len(list))
	for i, v := range list {
		if out[i], ok = asInt(v); !ok {
			l.badKey(key, raw, "an integer or a list of integers")
			return nil
		}
	}
	return out
}

func (h heads) lower(l *Layer, c *Call) []Value {
	query, ok1 := c.Tensor(0, "query")
	value, ok2 := c.Tensor(1, "value")
	if !ok1 || !ok2 {
		l.Fail(ir.ErrMalformed, "query", "is called without query or value")
		return nil
	}
	key, given := c.Tensor(2, "key")
	if !given {
		key = Value{value.ID, ir.None}
	}
	// MultiHeadAttention looks only at the mask that its query carries.
	if m, ok := c.Kwargs["query_mask"].(Value); ok && l.Class != "MultiHeadAttention" {
		query.Mask = m.ID
	}
	dropout := l.Float("dropout", 0)
	rank := l.Rank(query.ID)
	if !l.WantRank(query.ID, 3, 4, 5, 6) || !l.WantRank(value.ID, rank) || !l.WantRank(key.ID, rank) {
		return nil
	}
	axes := h.attentionAxes(l, rank)
	q, k, v := l.AsFloat(query.ID), l.AsFloat(key.ID), l.AsFloat(value.ID)
	pq := l.project("query_dense", "query", q, h.bias, h.query, h.keyDim)
	pk := l.project("key_dense", "key", k, h.bias, h.key, h.keyDim)
	gate := ir.None
	if h.gate {
		gate = l.Unary(ir.Func{Name: "sigmoid"}, l.project("gate_dense", "gate", q, h.bias, h.query, h.valueDim))
	}
	pv := l.project("value_dense", "value", v, h.bias, h.value, h.valueDim)

	attentionArg, scoresArg := 6, 7
	if !l.Keras3() {
		attentionArg, scoresArg = 3, 4
	}
	mask := l.attentionMask(c, query, value, key, attentionArg, len(axes) == 1 && rank == 3, h.window)
	causal := c.flag("use_causal_mask")
	scoresWanted := c.Arg(scoresArg, "return_attention_scores") == true
	op := &ir.Attention{Scale: ir.Float(1 / math.Sqrt(float64(h.keyDim))), Causal: causal && mask == ir.None, Window: h.window}
	// Keras 3 has two ways to compute this; where every key is masked, the one
	// with explicit scores gives zeros, the other the mean of the values.
	op.ZeroMasked = l.Keras3() && (dropout > 0 || scoresWanted || rank != 3)
	if mask != ir.None {
		if causal {
			mask = l.and(mask, l.timeMask2(q, v, "ge"))
		}
		op.Window = 0
		if h.window > 0 {
			mask = l.and(mask, l.windowMask(q, v, h.window))
		}
	}
	if l.err != nil {
		return nil
	}
	out, scores := attendAxes(l, op, pq, pk, pv, mask, axes)
	if gate != ir.None {
		out = l.Binary("mul", out, gate)
	}
	features := h.output
	if features == nil {
		features = []int{l.Size(q, -1)}
	}
	result := one(l.projectBack("output_dense", "attention_output", out, h.bias, h.query, h.valueDim, features))
	if scoresWanted {
		result = append(result, Value{scores, ir.None})
	}
	return result
}

// attentionAxes are the input's axes that are attended over, all between batch
// and features by default. Keras counts negative axes from the projected rank
// less one, so that -1 are the features.
func (h heads) attentionAxes(l *Layer, rank int) []int {
	if len(h.axes) == 0 {
		axes := make([]int, 0, rank)
		for a := 1; a < rank-1; a++ {
			axes = append(axes, a)
		}
		return axes
	}
	axes := slices.Clone(h.axes)
	for i, a := range axes {
		if a < 0 {
			axes[i] = a + rank
		}
		if axes[i] < 1 || axes[i] > rank-2 || slices.Contains(axes[:i], axes[i]) {
			l.Unsupported("attention_axes", h.axes)
			return nil
		}
	}
	return axes
}

// project is the EinsumDense from features to heads: [..., n, dim].
func (l *Layer) project(attr, name string, x ir.ValueID, bias bool, n, dim int) ir.ValueID {
	s := l.Scope.Scope(attr, "_"+attr, name)
	in := l.Size(x, -1)
	if mode := s.storedMode(); mode != "" {
		return l.splitLast(l.quantizedProjection(s, mode, x, bias, in, in, n, dim), n, dim)
	}
	args := []ir.ValueID{x, l.Reshape(s.Weight("kernel", in, n, dim), []ir.Extent{ir.Size(in), ir.Size(n * dim)})}
	if bias {
		args = append(args, l.Reshape(s.Weight("bias", n, dim), []ir.Extent{ir.Size(n * dim)}))
	}
	return l.splitLast(l.Add(&ir.Dense{}, args...), n, dim)
}

// quantizedProjection is a projection whose kernel, the first axes of which have
// in elements, is quantized. The layer's configuration does not say so.
func (l *Layer) quantizedProjection(s *Scope, mode string, x ir.ValueID, bias bool, in int, kernel ...int) ir.ValueID {
	q := quantized{Scope: s, mode: mode, kernel: kernel, in: in}
	q.bias = func() ir.ValueID {
		if !bias {
			return ir.None
		}
		n := 1 // axes that are summed
		for product(kernel[:n]) < in && n < len(kernel) {
			n++
		}
		return s.Weight("bias", kernel[n:]...)
	}
	return q.product(x)
}

// projectBack is the EinsumDense from heads to the output's features.
func (l *Layer) projectBack(attr, name string, x ir.ValueID, bias bool, n, dim int, features []int) ir.ValueID {
	s := l.Scope.Scope(attr, "_"+attr, name)
	units := product(features)
	rank := l.Rank(x)
	dims := make([]ir.Extent, 0, rank)
	for i := range rank - 2 {
		dims = append(dims, ir.DimOf(0, i))
	}
	if mode := s.storedMode(); mode != "" {
		y := l.quantizedProjection(s, mode, l.Reshape(x, append(dims, ir.Size(n*dim))), bias, n*dim, append([]int{n, dim}, features...)...)
		if len(features) == 1 {
			return y
		}
		return l.splitLast(y, features...)
	}
	kernel := s.Weight("kernel", append([]int{n, dim}, features...)...)
	args := []ir.ValueID{l.Reshape(x, append(dims, ir.Size(n*dim))), l.Reshape(kernel, []ir.Extent{ir.Size(n * dim), ir.Size(units)})}
	if bias {
		b := s.Weight("bias", features...)
		if len(features) != 1 {
			b = l.Reshape(b, []ir.Extent{ir.Size(units)})
		}
		args = append(args, b)
	}
	y := l.Add(&ir.Dense{}, args...)
	if len(features) == 1 {
		return y
	}
	return l.splitLast(y, features...)
}

// splitLast gives the last axis the dimensions dims.
func (l *Layer) splitLast(x ir.ValueID, dims ...int) ir.ValueID {
	out := make([]ir.Extent, 0, l.Rank(x)+len(dims))
	for i := range l.Rank(x) - 1 {
		out = append(out, ir.DimOf(0, i))
	}
	for _, d := range dims {
		out = append(out, ir.Size(d))
	}
	return l.Reshape(x, out)
}

// attentionMask merges what masks the caller and the tensors bring, as rank-3
// [batch, query, key] or as the attention_mask came; None for none.
func (l *Layer) attentionMask(c *Call, query, value, key Value, arg int, simple bool, window int) ir.ValueID {
	mask := ir.None
	merge := func(m ir.ValueID, axis int) {
		if m != ir.None {
			mask = l.and(mask, l.ExpandDims(l.asMask(m), axis))
		}
	}
	rows, columns := -1, -2
	if !l.Keras3() { // where masks have more than two axes
		rows, columns = 2, 1
	}
	merge(query.Mask, rows)
	for _, t := range []struct {
		name string
		v    Value
	}{{"value_mask", value}, {"key_mask", key}} {
		if given, ok := c.Kwargs[t.name].(Value); ok {
			merge(given.ID, columns)
		} else {
			merge(t.v.Mask, columns)
		}
	}
	if t, ok := c.Tensor(arg, "attention_mask"); ok {
		mask = l.and(mask, l.asMask(t.ID))
	}
	if mask == ir.None && !simple && (c.flag("use_causal_mask") || window > 0) {
		// An always-true mask makes Attention build the others explicitly.
		mask = l.Const("all", func() *ir.Tensor { return ir.NewBool([]bool{true}, 1, 1, 1) })
	}
	return mask
}

// timeMask2 compares query and key positions: [1, query, key], axis 1 of both.
func (l *Layer) timeMask2(q, k ir.ValueID, fn string) ir.ValueID {
	rows := l.ExpandDims(l.Add(&ir.Range{Axis: 1, DType: ir.Int32}, q), 1)
	return l.ExpandDims(l.Binary(fn, rows, l.Add(&ir.Range{Axis: 1, DType: ir.Int32}, k)), 0)
}

// windowMask is true where positions are less than window apart.
func (l *Layer) windowMask(q, k ir.ValueID, window int) ir.ValueID {
	rows := l.ExpandDims(l.Add(&ir.Range{Axis: 1, DType: ir.Int32}, q), 1)
	apart := l.Unary(ir.Func{Name: "abs"}, l.Binary("sub", rows, l.Add(&ir.Range{Axis: 1, DType: ir.Int32}, k)))
	return l.ExpandDims(l.Binary("lt", apart, l.Scalar(float64(window), ir.Int32)), 0)
}

// attendAxes runs op over the attention axes of q, k and v, [..., heads, dim];
// other axes are batch. The scores are [batch..., heads, query..., key...].
func attendAxes(l *Layer, op *ir.Attention, q, k, v, mask ir.ValueID, axes []int) (out, scores ir.ValueID) {
	rank := l.Rank(q)
	var batch []int
	for a := range rank - 2 {
		if !slices.Contains(axes, a) {
			batch = append(batch, a)
		}
	}
	nb, na := len(batch), len(axes)
	perm := append(append(slices.Clone(batch), axes...), rank-2, rank-1)
	if mask != ir.None {
		for l.err == nil && l.Rank(mask) < nb+1+2*na {
			mask = l.ExpandDims(mask, -2*na-1)
		}
	}
	call := func(q, k, v, mask ir.ValueID) (ir.ValueID, ir.ValueID) {
		in := []ir.ValueID{q, k, v}
		if mask != ir.None {
			in = append(in, mask)
		}
		y := l.AddN(op, in...)
		if y == nil {
			return ir.None, ir.None
		}
		return y[0], y[1]
	}
	if rank == 4 && nb == 1 && na == 1 {
		return call(q, k, v, mask)
	}
	moved := func(x ir.ValueID) ir.ValueID { return l.Transpose(x, perm...) }
	flat := func(x ir.ValueID) ir.ValueID { // [batch, attended, heads, dim]
		dims := extents(0, 0, nb)
		x = l.Reshape(x, append(append(dims, ir.Size(-1)), ir.DimOf(0, rank-2), ir.DimOf(0, rank-1)))
		return l.Reshape(x, []ir.Extent{ir.Size(-1), ir.DimOf(0, nb), ir.DimOf(0, nb+1), ir.DimOf(0, nb+2)})
	}
	tq, tk, tv := moved(q), moved(k), moved(v)
	if mask != ir.None {
		full := append(extents(1, 0, nb), ir.DimOf(0, nb))
		full = append(append(full, extents(1, nb, na)...), extents(2, nb, na)...)
		mask = l.Add(&ir.Broadcast{Dims: full}, mask, tq, tk)
		mask = l.Reshape(mask, append(append(extents(0, 0, nb+1), ir.Size(-1)), extents(0, nb+1+na, na)...))
		mask = l.Reshape(mask, append(extents(0, 0, nb+2), ir.Size(-1)))
		mask = l.Reshape(mask, []ir.Extent{ir.Size(-1), ir.DimOf(0, nb), ir.DimOf(0, nb+1), ir.DimOf(0, nb+2)})
	}
	y, s := call(flat(tq), flat(tk), flat(tv), mask)
	y = l.Reshape(y, append(extents(1, 0, nb+na), ir.DimOf(0, 2), ir.DimOf(0, 3)), tq)
	back := make([]int, rank)
	for i, p := range perm {
		back[p] = i
	}
	full := append(extents(1, 0, nb), ir.DimOf(0, 1))
	full = append(append(full, extents(1, nb, na)...), extents(2, nb, na)...)
	return l.Transpose(y, back...), l.Reshape(s, full, tq, tk)
}

// extents are n dimensions of an input from a first axis on.
func extents(input, first, n int) []ir.Extent {
	out := make([]ir.Extent, n)
	for i := range out {
		out[i] = ir.DimOf(input, first+i)
	}
	return out
}
