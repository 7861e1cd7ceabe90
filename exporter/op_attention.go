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
	if op.Causal || op.Window > 0 {
		n.unsupported("the attention is causal (%v) or limited to a window (%d), which is not written yet; convert to a .kgo instead", op.Causal, op.Window)
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
	if n.has(3) && !op.ZeroMasked {
		low := -1e30
		if d == ir.Float16 {
			low = -6e4
		}
		scores = op2("Where", nil, n.arg(3), scores, scalar(low, d))
	}
	l := n.layer("Softmax", object{"axis": -1}, d, weights, scores)
	if n.has(3) && op.ZeroMasked {
		l.kwargs["mask"] = n.tensor(3)
	}
	p := l.output(0)
	n.values[n.Outputs[1]] = p
	n.set(n.like("numpy", "Einsum", object{"subscripts": "bhqk,bkhd->bqhd"}, p, v))
}
