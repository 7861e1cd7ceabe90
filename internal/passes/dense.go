package passes

import (
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// toDense turns products with a constant matrix into Dense, which takes bias,
// activation and residual: MatMul, and Einsum whose operands need no transpose
// ("abc,cde->abde", "abcd,cde->abe").
func toDense(m *ir.Model) bool {
	g := newGraph(m)
	var nodes []ir.Node
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if n.Op == nil {
			continue
		}
		var made []ir.Node
		switch o := n.Op.(type) {
		case *ir.MatMul:
			made = g.matmulToDense(n, o)
		case *ir.Einsum:
			made = g.einsumToDense(n, o)
		}
		if made == nil {
			nodes = append(nodes, *n)
			continue
		}
		nodes = append(nodes, made...)
		changed = true
	}
	m.Nodes = nodes
	return changed
}

func (g *graph) matmulToDense(n *ir.Node, o *ir.MatMul) []ir.Node {
	k := g.Const(n.Inputs[1])
	if k == nil || len(k.Shape) != 2 || o.TransA || o.TransB || o.Scale != 0 && o.Scale != 1 {
		return nil
	}
	return []ir.Node{{Op: &ir.Dense{}, Inputs: n.Inputs, Outputs: n.Outputs, Origin: n.Origin}}
}

// einsumToDense makes the nodes that replace an Einsum, or nil.
func (g *graph) einsumToDense(n *ir.Node, o *ir.Einsum) []ir.Node {
	ops, out, err := o.Parse()
	if err != nil || len(ops) != 2 {
		return nil
	}
	k := g.Const(n.Inputs[1])
	if k == nil || repeated(ops[0]) || repeated(ops[1]) {
		return nil
	}
	inner := 0
	for inner < len(ops[1]) && strings.IndexByte(ops[0], ops[1][inner]) >= 0 {
		inner++
	}
	lead, cols := len(ops[0])-inner, ops[1][inner:]
	if lead < 0 || ops[0][lead:] != ops[1][:inner] || ops[0][:lead]+cols != out || inner == 0 || strings.ContainsAny(cols, ops[0]) {
		return nil
	}
	in, width := 1, 1
	for i, d := range k.Shape {
		if i < inner {
			in *= d
		} else {
			width *= d
		}
	}
	matrix := *k
	matrix.Shape = []int{in, width}
	var nodes []ir.Node
	x := n.Inputs[0]
	leading := make([]ir.Extent, lead)
	for i := range leading {
		leading[i] = ir.DimOf(0, i)
	}
	add := func(op ir.Op, inputs ...ir.ValueID) bool {
		types, err := op.Infer(g.Types(inputs))
		if err != nil {
			return false
		}
		id := g.AddValue(ir.Value{Name: n.Origin.Layer, Type: types[0]})
		nodes = append(nodes, ir.Node{Op: op, Inputs: inputs, Outputs: []ir.ValueID{id}, Origin: n.Origin})
		return true
	}
	if inner != 1 {
		if !add(&ir.Reshape{Dims: append(slices.Clone(leading), ir.Size(in))}, x) {
			return nil
		}
		x = nodes[len(nodes)-1].Outputs[0]
	}
	if !add(&ir.Dense{}, x, g.AddConst(g.Values[n.Inputs[1]].Name, &matrix)) {
		return nil
	}
	if len(cols) != 1 {
		dims := slices.Clone(leading)
		for _, d := range k.Shape[inner:] {
			dims = append(dims, ir.Size(d))
		}
		if !add(&ir.Reshape{Dims: dims}, nodes[len(nodes)-1].Outputs[0]) {
			return nil
		}
	}
	nodes[len(nodes)-1].Outputs = n.Outputs
	return nodes
}

func repeated(s string) bool {
	for i := range s {
		if strings.IndexByte(s[i+1:], s[i]) >= 0 {
			return true
		}
	}
	return false
}
