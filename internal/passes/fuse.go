package passes

import "github.com/kerasgo/kerasgo/ir"

// fuseActivations lets the node before an elementwise function apply it.
func fuseActivations(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		u, ok := n.Op.(*ir.Unary)
		if !ok || !g.float32Value(n.Outputs[0]) {
			continue
		}
		p := g.made(n.Inputs[0])
		if p == nil || !g.float32Value(p.Outputs[0]) {
			continue
		}
		if act, with, ok := fused(p.Op); ok && act.Identity() {
			g.absorb(p, n, with(u.Func))
			changed = true
		}
	}
	g.compact()
	return changed
}

// fuseResiduals lets a dense or convolution node add the other summand of a sum
// that it alone feeds. It then runs where the sum did, when both are known.
func fuseResiduals(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		b, ok := n.Op.(*ir.Binary)
		if !ok || b.Fn != "add" || !g.float32Value(n.Outputs[0]) {
			continue
		}
		x, y := n.Inputs[0], n.Inputs[1]
		if x == y || !g.Type(x).Shape.Equal(g.Type(y).Shape) {
			continue
		}
		if g.maker[x] > g.maker[y] { // the later one, whose result is not needed long
			x, y = y, x
		}
		p := g.made(y)
		other := x
		if p == nil || !g.takesResidual(p) {
			if p = g.made(x); p == nil || !g.takesResidual(p) {
				continue
			}
			other = y
		}
		n.Op, n.Origin, n.Inputs = p.Op, p.Origin, append([]ir.ValueID(nil), p.Inputs...)
		setInput(n, 3, other)
		p.Op = nil
		changed = true
	}
	g.compact()
	return changed
}

func (g *graph) takesResidual(p *ir.Node) bool {
	switch p.Op.(type) {
	case *ir.Dense, *ir.Conv:
		act, _, _ := fused(p.Op)
		return act.Identity() && input(p, 3) == ir.None && g.float32Value(p.Outputs[0])
	}
	return false
}
