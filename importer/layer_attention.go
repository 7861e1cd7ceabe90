package importer

import "github.com/kerasgo/kerasgo/ir"

var attentionLayers = []row{
	{class: "Attention", lower: lowerAttention, mask: maskOwn, neutral: map[string]any{"dropout": anyValue, "seed": anyValue}},
	{class: "AdditiveAttention", lower: lowerAdditiveAttention, mask: maskOwn, neutral: map[string]any{"dropout": anyValue, "seed": anyValue}},
}

// lowerAttention is dot-product attention of [query, value] or [query, value,
// key], with one head.
func lowerAttention(l *Layer, c *Call) []Value {
	a := l.attentionInputs(c)
	useScale := l.Bool("use_scale", false)
	concat := l.OneOf("score_mode", "dot", "dot", "concat") == "concat"
	scale := ir.None
	if useScale {
		scale = l.Weight("scale")
	}
	if !concat {
		scores := l.Add(&ir.MatMul{TransB: true}, a.query, a.key)
		if scale != ir.None {
			scores = l.Binary("mul", scores, scale)
		}
		return a.attend(l, c, scores)
	}
	weight := l.Weight("concat_score_weight")
	sum := a.pairs(l)
	if scale != ir.None {
		sum = l.Binary("mul", sum, scale)
	}
	sum = l.Unary(ir.Func{Name: "tanh"}, sum)
	return a.attend(l, c, l.Binary("mul", l.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, sum), weight))
}

// lowerAdditiveAttention scores by the weighted sum of tanh(query + key).
func lowerAdditiveAttention(l *Layer, c *Call) []Value {
	a := l.attentionInputs(c)
	scores := l.Unary(ir.Func{Name: "tanh"}, a.pairs(l))
	if l.Bool("use_scale", true) {
		scores = l.Binary("mul", scores, l.Weight("scale", l.Size(a.query, -1)))
	}
	return a.attend(l, c, l.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, scores))
}

// attentionInputs are the arguments that both attention layers share.
type attentionInputs struct {
	query, value, key    ir.ValueID
	queryMask, valueMask ir.ValueID
	causal               bool
}

func (l *Layer) attentionInputs(c *Call) attentionInputs {
	in := c.Many(l)
	if len(in) == 1 { // what Keras's own class never is
		l.sameName("inputs", "is called with one tensor, which Keras's is not")
		return attentionInputs{ir.None, ir.None, ir.None, ir.None, ir.None, false}
	}
	if len(in) != 2 && len(in) != 3 {
		l.Fail(ir.ErrMalformed, "inputs", "is called with %d tensors, wants [query, value] or [query, value, key]", len(in))
		return attentionInputs{ir.None, ir.None, ir.None, ir.None, ir.None, false}
	}
	a := attentionInputs{query: l.AsFloat(in[0].ID), value: l.AsFloat(in[1].ID), queryMask: ir.None, valueMask: ir.None}
	a.key = a.value
	if len(in) == 3 {
		a.key = l.AsFloat(in[2].ID)
	}
	masks := c.prevMasks()
	if len(masks) > 0 {
		a.queryMask = masks[0]
	}
	if len(masks) > 1 {
		a.valueMask = masks[1]
	}
	a.causal = l.Bool("causal", false) || c.flag("use_causal_mask")
	return a
}

// pairs is query + key for every pair: [batch, query time, key time, dim].
func (a attentionInputs) pairs(l *Layer) ir.ValueID {
	return l.Binary("add", l.ExpandDims(a.query, -2), l.ExpandDims(a.key, -3))
}

// attend applies the masks and the softmax to scores [batch, query, key] and
// sums the values. A masked score is lowered by 1e9, so that a row without any
// position left is the softmax of its scores, as in Keras.
func (a attentionInputs) attend(l *Layer, c *Call, scores ir.ValueID) []Value {
	mask := ir.None
	if a.valueMask != ir.None {
		mask = l.ExpandDims(l.asMask(a.valueMask), -2)
	}
	if a.causal {
		mask = l.and(mask, l.pairMask(scores, "ge", -2, -1))
	}
	if mask != ir.None {
		low := 1e9
		if l.Type(scores).DType == ir.Float16 {
			low = 65504
		}
		scores = l.Add(&ir.Where{}, mask, scores, l.Binary("sub", scores, l.Scalar(low, l.Type(scores).DType)))
	}
	weights := l.Add(&ir.Softmax{Axes: []int{-1}}, scores)
	out := l.Add(&ir.MatMul{}, weights, a.value)
	if a.queryMask != ir.None {
		out = l.Add(&ir.Where{}, l.ExpandDims(l.asMask(a.queryMask), -1), out, l.Scalar(0, l.Type(out).DType))
	}
	result := []Value{{out, a.queryMask}}
	if c.flag("return_attention_scores") {
		result = append(result, Value{weights, ir.None})
	}
	return result
}

// flag is a bool argument of a call.
func (c *Call) flag(name string) bool { return c.Kwargs[name] == true }

// and combines two masks, either of which may be absent.
func (l *Layer) and(a, b ir.ValueID) ir.ValueID {
	switch {
	case a == ir.None:
		return b
	case b == ir.None:
		return a
	}
	return l.Binary("and", a, b)
}

// pairMask compares the indices of two axes of x: [len of axis a, len of axis b].
func (l *Layer) pairMask(x ir.ValueID, fn string, a, b int) ir.ValueID {
	rows := l.ExpandDims(l.Add(&ir.Range{Axis: a, DType: ir.Int32}, x), 1)
	return l.Binary(fn, rows, l.Add(&ir.Range{Axis: b, DType: ir.Int32}, x))
}
