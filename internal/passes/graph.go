package passes

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// graph knows who computes and who reads every value. A node is removed by
// setting its Op to nil; compact then takes it out.
type graph struct {
	*ir.Model
	maker []int // by value: the node that computes it, or -1
	uses  []int // by value: how many node inputs and model outputs read it

	budget int64 // bytes of constants that the pass may still rewrite
}

func newGraph(m *ir.Model) *graph {
	g := &graph{Model: m, maker: make([]int, len(m.Values)), uses: make([]int, len(m.Values))}
	for i := range g.maker {
		g.maker[i] = -1
	}
	for i, n := range m.Nodes {
		for _, id := range n.Outputs {
			g.maker[id] = i
		}
		for _, id := range n.Inputs {
			if id != ir.None {
				g.uses[id]++
			}
		}
	}
	for _, p := range m.Outputs {
		g.uses[p.Value]++
	}
	return g
}

// made returns the node that computes v for one reader alone, or nil.
func (g *graph) made(v ir.ValueID) *ir.Node {
	if v == ir.None || int(v) >= len(g.maker) || g.maker[v] < 0 || g.uses[v] != 1 {
		return nil
	}
	n := &g.Nodes[g.maker[v]]
	if n.Op == nil {
		return nil
	}
	return n
}

// absorb lets node p compute what c computes from p's output, and removes c.
func (g *graph) absorb(p, c *ir.Node, op ir.Op) {
	p.Op = op
	g.maker[c.Outputs[0]] = g.maker[p.Outputs[0]]
	p.Outputs = []ir.ValueID{c.Outputs[0]}
	c.Op = nil
}

// constant adds a float32 constant that takes over v.
func (g *graph) constant(name string, v []float32, shape ...int) ir.ValueID {
	return g.constantOf(name, ir.OfFloat32(v, shape...))
}

func (g *graph) constantOf(name string, t *ir.Tensor) ir.ValueID {
	id := g.AddConst(name, t)
	g.maker, g.uses = append(g.maker, -1), append(g.uses, 1)
	return id
}

// release takes away one use of a constant, and forgets it after the last.
func (g *graph) release(v ir.ValueID) {
	if g.uses[v]--; g.uses[v] == 0 {
		g.Values[v].Const = nil
	}
}

func (g *graph) compact() {
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n ir.Node) bool { return n.Op == nil })
}

// input returns input i of n, or None.
func input(n *ir.Node, i int) ir.ValueID {
	if i < len(n.Inputs) {
		return n.Inputs[i]
	}
	return ir.None
}

// setInput sets input i of n.
func setInput(n *ir.Node, i int, v ir.ValueID) {
	for len(n.Inputs) <= i {
		n.Inputs = append(n.Inputs, ir.None)
	}
	n.Inputs[i] = v
}

// float32Value reports whether v is computed and kept as float32, so that
// nothing rounds it on the way.
func (g *graph) float32Value(v ir.ValueID) bool { return g.Type(v).DType == ir.Float32 }

// fused returns a node's activation, and a copy of its op with another one. ok is
// false for ops that have none.
func fused(op ir.Op) (act ir.Func, with func(ir.Func) ir.Op, ok bool) {
	switch o := op.(type) {
	case *ir.Dense:
		return o.Act, func(f ir.Func) ir.Op { c := *o; c.Act = f; return &c }, true
	case *ir.Conv:
		return o.Act, func(f ir.Func) ir.Op { c := *o; c.Act = f; return &c }, true
	case *ir.DepthwiseConv:
		return o.Act, func(f ir.Func) ir.Op { c := *o; c.Act = f; return &c }, true
	case *ir.ConvTranspose:
		return o.Act, func(f ir.Func) ir.Op { c := *o; c.Act = f; return &c }, true
	case *ir.BatchNorm:
		return o.Act, func(f ir.Func) ir.Op { c := *o; c.Act = f; return &c }, true
	}
	return ir.Func{}, nil, false
}
