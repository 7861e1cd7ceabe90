package passes

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// Chain is a 1×1 convolution, a depthwise convolution and another 1×1
// convolution, one after the other; the first or the last may be missing. It is
// made by the passes for the runtime, which runs it by rows, and is no op of the
// format. Inputs: x, then kernel, bias and residual of each part. Outputs: the last
// part's and, if Mean is there, its mean over the positions.
type Chain struct {
	Parts []ir.Op
	Mean  *ir.Reduce
}

// ChainInputs is how many inputs each part has beside the value that it
// continues.
const ChainInputs = 3

// Kind is the name of the runtime's executor.
func (*Chain) Kind() string { return "Chain" }

// Infer infers part after part.
func (c *Chain) Infer(in []ir.Type) ([]ir.Type, error) {
	if len(in) != 1+ChainInputs*len(c.Parts) {
		return nil, ir.Errorf(ir.ErrMalformed, "a chain of %d has %d inputs", len(c.Parts), len(in))
	}
	x := in[0]
	for i, op := range c.Parts {
		out, err := op.Infer(append([]ir.Type{x}, in[1+ChainInputs*i:][:ChainInputs]...))
		if err != nil {
			return nil, err
		}
		x = out[0]
	}
	if c.Mean == nil {
		return []ir.Type{x}, nil
	}
	mean, err := c.Mean.Infer([]ir.Type{x})
	if err != nil {
		return nil, err
	}
	return []ir.Type{x, mean[0]}, nil
}

// chainConvolutions makes chains. A chain runs where its last part did.
func chainConvolutions(m *ir.Model) bool {
	g := newGraph(m)
	readers := make([]int, len(m.Values)) // by value: the last node that reads it
	for i, n := range m.Nodes {
		for _, id := range n.Inputs {
			if id != ir.None {
				readers[id] = i
			}
		}
	}
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		parts := []*ir.Node{n}
		switch {
		case g.chainable(n) && g.depthwise(n):
			v := n.Outputs[0]
			if r := &m.Nodes[readers[v]]; g.uses[v] == 1 && input(r, 0) == v && g.chainable(r) && g.pointwise(r) {
				continue // the chain is made when its last part is seen
			}
		case g.chainable(n) && g.pointwise(n):
			if d := g.made(n.Inputs[0]); d != nil && g.chainable(d) && g.depthwise(d) {
				parts = []*ir.Node{d, n}
			}
		default:
			continue
		}
		if g.chainable(parts[0]) && g.depthwise(parts[0]) {
			if e := g.made(parts[0].Inputs[0]); e != nil && g.chainable(e) && g.pointwise(e) {
				parts = append([]*ir.Node{e}, parts...)
			}
		}
		if len(parts) < 2 {
			continue
		}
		g.chain(parts)
		changed = true
	}
	g.compact()
	return changed
}

// chain puts parts into the last of them.
func (g *graph) chain(parts []*ir.Node) {
	c := &Chain{}
	inputs := []ir.ValueID{parts[0].Inputs[0]}
	for _, p := range parts {
		c.Parts = append(c.Parts, p.Op)
		for k := range ChainInputs {
			inputs = append(inputs, input(p, 1+k))
		}
	}
	last := parts[len(parts)-1]
	last.Inputs = inputs
	for _, p := range parts {
		p.Op = nil
	}
	last.Op = c
}

// chainable reports whether n has two spatial axes and constant weights.
func (g *graph) chainable(n *ir.Node) bool {
	if len(n.Inputs) < 2 || len(n.Outputs) != 1 || !g.float32Value(n.Outputs[0]) || len(g.Type(n.Outputs[0]).Shape) != 4 || g.Const(n.Inputs[1]) == nil {
		return false
	}
	_, ok := g.biasOf(n)
	return ok
}

// depthwise reports whether n, which is chainable, can be the middle of a chain.
func (g *graph) depthwise(n *ir.Node) bool {
	_, ok := n.Op.(*ir.DepthwiseConv)
	return ok && input(n, 3) == ir.None && g.Const(n.Inputs[1]).Shape[3] == 1
}

// pointwise reports whether n, which is chainable, is a 1×1 convolution.
func (g *graph) pointwise(n *ir.Node) bool {
	o, ok := n.Op.(*ir.Conv)
	if !ok || o.Groups > 1 || slices.ContainsFunc(o.Strides, func(s int) bool { return s != 1 }) {
		return false
	}
	k := g.Const(n.Inputs[1]).Shape
	return k[0] == 1 && k[1] == 1 && !padded(o.Padding, k[:2])
}
