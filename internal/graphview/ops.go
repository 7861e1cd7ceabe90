package graphview

import (
	"encoding/json"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Costs is what is known of the nodes of a model's graph, by node; any may be
// nil.
type Costs struct {
	FLOPs []int64
	Nanos []int64
}

func (c Costs) of(i int) (flops, nanos int64) {
	if i < len(c.FLOPs) {
		flops = c.FLOPs[i]
	}
	if i < len(c.Nanos) {
		nanos = c.Nanos[i]
	}
	return flops, nanos
}

// Ops is the graph of m's nodes.
func Ops(m *ir.Model, c Costs) *Graph {
	g := &Graph{Title: m.Name}
	from := make(map[ir.ValueID]int)
	seen := map[[2]int]bool{}
	for _, p := range m.Inputs {
		from[p.Value] = len(g.Nodes)
		t := m.Type(p.Value)
		g.Nodes = append(g.Nodes, Node{Name: p.Name, Class: "input", Kind: "input", Shape: t.Shape.String(), DType: t.DType.String()})
	}
	for i := range m.Nodes {
		n := &m.Nodes[i]
		id := len(g.Nodes)
		node := Node{Name: n.Origin.Layer, Class: n.Op.Kind(), Kind: kindOf(n.Op.Kind()), Extra: "layer " + n.Origin.Layer + " (" + n.Origin.Class + ")"}
		if p, err := json.Marshal(n.Op); err == nil && string(p) != "{}" {
			node.Extra += "\n" + string(p)
		}
		var shapes []string
		for _, out := range n.Outputs {
			from[out] = id
			t := m.Type(out)
			shapes = append(shapes, t.Shape.String())
			node.DType = t.DType.String()
		}
		node.Shape = strings.Join(shapes, ", ")
		for _, in := range n.Inputs {
			if w := m.Const(in); w != nil {
				node.Params += int64(w.Elems())
			}
			if f, ok := from[in]; ok {
				g.add(seen, f, id)
			}
		}
		node.FLOPs, node.Nanos = c.of(i)
		g.Nodes = append(g.Nodes, node)
	}
	for _, p := range m.Outputs {
		t := m.Type(p.Value)
		g.Nodes = append(g.Nodes, Node{Name: p.Name, Class: "output", Kind: "input", Shape: t.Shape.String(), DType: t.DType.String()})
		if f, ok := from[p.Value]; ok {
			g.add(seen, f, len(g.Nodes)-1)
		}
	}
	return g
}
