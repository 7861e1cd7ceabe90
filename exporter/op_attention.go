package exporter

import "github.com/kerasgo/kerasgo/ir"

// writeAttention writes the products of each head; layers of Keras 3 project
// besides.
func writeAttention(n *node) {
	op := n.Op.(*ir.Attention)
	q, k, v := n.tensor(0), n.tensor(1), n.tensor(2)
	heads, kv := q.typ.Shape[2], k.typ.Shape[2]
	if !heads.IsKnown() || !kv.IsKnown() {
		n.unsupported("%v query heads and %v key heads: their number must be known", heads, kv)
		return
	}
	if times := heads.Size / kv.Size; times > 1 {
		each := func(x ref) ref {
			t := x.typ
			t.Shape = t.Shape.Clone()
			t.Shape[2] = heads
			return n.op("numpy", "Repeat", t, object{"repeats": times, "axis": 2}, x)
		}
		k, v = each(k), each(v)
	}
	weights := n.m.Type(n.Outputs[1])
	d := weights.DType
	op2 := func(class string, config object, args ...any) ref {
		return n.op("numpy", class, weights, config, args...)
	}
	scores := op2("Einsum", object{"subscripts": "bqhd,bkhd->bhqk"}, q, k)
	scores = op2("Multiply", nil, scores, scalar(float64(op.Scale), d))
	if n.has(4) {
		scores = op2("Add", nil, scores, n.arg(4))
	}
	mask, masked := n.attentionMask(op, q, k)
	if masked && !op.ZeroMasked {
		low := -1e30
		if d == ir.Float16 {
			low = -6e4
		}
		scores = op2("Where", nil, mask, scores, scalar(low, d))
	}
	l := n.layer("Softmax", object{"axis": -1}, d, weights, scores)
	if masked && op.ZeroMasked {
		l.kwargs["mask"] = n.symbolic(mask)
	}
	p := l.output(0)
	n.values[n.Outputs[1]] = p
	n.set(n.like("numpy", "Einsum", object{"subscripts": "bhqk,bkhd->bqhd"}, p, v))
}

// attentionMask is what a query may see, of rank 4.
func (n *node) attentionMask(op *ir.Attention, q, k ref) (mask any, masked bool) {
	if n.has(3) {
		mask, masked = n.arg(3), true
	}
	if !op.Causal && op.Window <= 0 {
		return mask, masked
	}
	tq, tk := q.typ.Shape[1], k.typ.Shape[1]
	grid := ir.Type{DType: ir.Bool, Shape: ir.Shape{ir.Known(1), ir.Known(1), tq, tk}}
	number := ir.Type{DType: ir.Int32, Shape: grid.Shape}
	place := func(x ref, shape ...any) ref {
		return n.op("numpy", "Reshape", number, object{"newshape": shape}, n.count(x, 1))
	}
	behind := n.op("numpy", "Subtract", number, nil, place(q, 1, 1, -1, 1), place(k, 1, 1, 1, -1))
	also := func(class string, x ref, bound int) {
		sees := n.op("numpy", class, grid, nil, x, scalar(float64(bound), ir.Int32))
		if masked {
			sees = n.op("numpy", "LogicalAnd", ir.Type{DType: ir.Bool, Shape: n.m.Type(n.Outputs[1]).Shape}, nil, sees, mask)
		}
		mask, masked = sees, true
	}
	if op.Causal {
		also("GreaterEqual", behind, 0)
	}
	if op.Window > 0 {
		also("Less", n.op("numpy", "Absolute", number, nil, behind), op.Window)
	}
	return mask, masked
}
