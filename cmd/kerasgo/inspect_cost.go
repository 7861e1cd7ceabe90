package main

import (
	"github.com/kerasgo/kerasgo/internal/sample"
	"github.com/kerasgo/kerasgo/ir"
)

// count counts FLOPs and memory for one example.
func (i *inspection) count(m *ir.Model) {
	shapes, err := sample.Shapes(m, 1, 0)
	if err != nil {
		return
	}
	var in []ir.Shape
	for _, s := range shapes {
		in = append(in, ir.Dims(s...))
		i.Shapes = append(i.Shapes, ir.Dims(s...).String())
	}
	types, err := m.Bind(in)
	if err != nil {
		return
	}
	for k := range m.Nodes {
		i.FLOPs += 2 * m.Nodes[k].MACs(types)
	}
	i.Activations = peak(m, types)
}

// peak is the most bytes of intermediate values that are needed at one time when
// the nodes run in their order.
func peak(m *ir.Model, types []ir.Type) int64 {
	last := make([]int, len(m.Values))
	for k := range m.Nodes {
		for _, id := range m.Nodes[k].Inputs {
			if id != ir.None {
				last[id] = k
			}
		}
	}
	for _, p := range m.Outputs {
		last[p.Value] = len(m.Nodes)
	}
	size := func(id ir.ValueID) int64 {
		n, _ := types[id].Shape.Elems()
		return int64(n) * int64(max(1, types[id].DType.Size()))
	}
	var now, most int64
	for k := range m.Nodes {
		n := &m.Nodes[k]
		for _, id := range n.Outputs {
			now += size(id)
		}
		most = max(most, now)
		freed := map[ir.ValueID]bool{}
		for _, id := range n.Inputs {
			if id != ir.None && m.Const(id) == nil && last[id] == k && !freed[id] && !isInputValue(m, id) {
				now -= size(id)
				freed[id] = true
			}
		}
	}
	return most
}

func isInputValue(m *ir.Model, id ir.ValueID) bool {
	for _, p := range m.Inputs {
		if p.Value == id {
			return true
		}
	}
	return false
}
