package passes

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// Clone copies the graph of m: nodes, values and ports may then be changed. Ops
// and tensors are shared; a pass replaces them and never writes to them.
func Clone(m *ir.Model) *ir.Model {
	c := *m
	c.Inputs, c.Outputs = slices.Clone(m.Inputs), slices.Clone(m.Outputs)
	c.Values, c.Nodes = slices.Clone(m.Values), slices.Clone(m.Nodes)
	for i := range c.Nodes {
		n := &c.Nodes[i]
		n.Inputs, n.Outputs = slices.Clone(n.Inputs), slices.Clone(n.Outputs)
	}
	return &c
}
