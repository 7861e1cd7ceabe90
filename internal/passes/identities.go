package passes

import "github.com/kerasgo/kerasgo/ir"

// dropIdentities takes out nodes that change nothing, and functions applied to
// what they have already been applied to.
func dropIdentities(m *ir.Model) bool {
	g := newGraph(m)
	alias := make([]ir.ValueID, len(m.Values))
	for i := range alias {
		alias[i] = ir.ValueID(i)
	}
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		for j, id := range n.Inputs {
			if id != ir.None {
				n.Inputs[j] = alias[id]
			}
		}
		if len(n.Outputs) == 1 && g.identity(n) {
			alias[n.Outputs[0]] = n.Inputs[0]
			n.Op = nil
			changed = true
		}
	}
	for i := range m.Outputs {
		m.Outputs[i].Value = alias[m.Outputs[i].Value]
	}
	g.compact()
	return changed
}

func (g *graph) identity(n *ir.Node) bool {
	if len(n.Inputs) == 0 || n.Inputs[0] == ir.None {
		return false
	}
	x, y := g.Type(n.Inputs[0]), g.Type(n.Outputs[0])
	if x.DType != y.DType || !x.Shape.Equal(y.Shape) {
		return false
	}
	switch o := n.Op.(type) {
	case *ir.Unary:
		return o.Identity() || g.idempotent(o.Func, n.Inputs[0])
	case *ir.Cast, *ir.Reshape, *ir.Broadcast, *ir.Tile, *ir.Repeat, *ir.Pad:
		return true // they keep the elements when they keep the shape
	case *ir.Concat:
		return len(n.Inputs) == 1
	case *ir.Transpose:
		for i, p := range o.Perm {
			if i != p {
				return false
			}
		}
		return true
	case *ir.Slice:
		for _, a := range o.Axes {
			if a.Step < 0 {
				return false
			}
		}
		return true
	}
	return false
}

// idempotent reports whether f, applied to x, gives x because x is a result of f.
func (g *graph) idempotent(f ir.Func, x ir.ValueID) bool {
	if g.maker[x] < 0 || g.Nodes[g.maker[x]].Op == nil {
		return false
	}
	before := ir.Func{}
	switch o := g.Nodes[g.maker[x]].Op.(type) {
	case *ir.Unary:
		before = o.Func
	default:
		before, _, _ = fused(o)
	}
	if before != f {
		return false
	}
	switch f.Name {
	case "relu", "relu_max":
		return f.A == 0 && f.B == 0
	case "abs", "sign", "floor", "ceil", "round", "trunc", "hard_tanh", "clip":
		return true
	}
	return false
}
