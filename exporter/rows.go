package exporter

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// unmerged is m with what a TimeDistributed does to rows done to all steps: its
// first two axes need not become one and two again, which Keras 3 can do in a
// roundabout way only when both are open. m itself stays.
func unmerged(m *ir.Model) *ir.Model {
	c := *m
	c.Values, c.Nodes, c.Outputs = slices.Clone(m.Values), nil, slices.Clone(m.Outputs)
	apart := map[ir.ValueID]ir.ValueID{} // values of merged axes, as they were
	other := map[ir.ValueID]ir.ValueID{} // what stands for a value
	for _, n := range m.Nodes {
		n.Inputs = slices.Clone(n.Inputs)
		for i, id := range n.Inputs {
			if o, ok := other[id]; ok {
				n.Inputs[i] = o
			}
		}
		c.Nodes = append(c.Nodes, n)
		if len(n.Inputs) == 0 {
			continue
		}
		in, out := n.Inputs[0], n.Outputs[0]
		x, isApart := apart[in]
		if n.Op.Kind() == "Reshape" {
			from, to := c.Type(in).Shape, c.Type(out).Shape
			switch {
			case isApart && c.Type(x).Shape.Equal(to):
				other[out] = x
			case len(from) > 2 && len(to) == len(from)-1 && to[0] == from[0].Times(from[1]) && to[1:].Equal(from[2:]):
				apart[out] = in
			}
			continue
		}
		if op := rowwise(&n, len(c.Type(in).Shape)); isApart && op != nil {
			if outs, err := c.AddNode(op, n.Origin, append([]ir.ValueID{x}, n.Inputs[1:]...)...); err == nil {
				apart[out] = outs[0]
			}
		}
	}
	for i, p := range c.Outputs {
		if o, ok := other[p.Value]; ok {
			c.Outputs[i].Value = o
		}
	}
	return &c
}

// rowwise is an op that does to every row of a value, whatever axes come before,
// what n does to the rows of an input of a rank; nil when there is none.
func rowwise(n *ir.Node, rank int) ir.Op {
	switch op := n.Op.(type) {
	case *ir.Unary, *ir.Cast:
		return op
	case *ir.Dense:
		if rank > 1 && (len(n.Inputs) < 4 || n.Inputs[3] == ir.None) {
			return op
		}
	case *ir.BatchNorm:
		if c := *op; c.Axis == -1 || c.Axis == rank-1 {
			c.Axis = -1
			return &c
		}
	case *ir.Softmax:
		if last(op.Axes, rank) && len(n.Inputs) == 1 {
			return &ir.Softmax{Axes: []int{-1}, Log: op.Log}
		}
	case *ir.LayerNorm:
		if c := *op; last(op.Axes, rank) {
			c.Axes = []int{-1}
			return &c
		}
	}
	return nil
}

func last(axes []int, rank int) bool {
	return len(axes) == 1 && (axes[0] == -1 || axes[0] == rank-1)
}
