package runtime

import (
	"encoding/binary"
	"math"

	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/ir"
)

// maxFolded bounds the bytes of all constants that folding makes, beside those
// that only take another shape.
const maxFolded = 64 << 20

// fold returns a copy of m in which nodes whose inputs are all constant have
// become constants, computed by the executors that would run them. Nodes that
// fail stay, and fail when they run.
func fold(m *ir.Model) *ir.Model {
	out := passes.Clone(m)
	budget := maxFolded
	kept := out.Nodes[:0]
	for i := range out.Nodes {
		n := out.Nodes[i]
		if !foldable(out, &n) || !evaluate(out, &n, &budget) {
			kept = append(kept, n)
		}
	}
	clear(out.Nodes[len(kept):])
	out.Nodes = kept
	dropUnused(out)
	return out
}

func foldable(m *ir.Model, n *ir.Node) bool {
	if stateful(n.Op) {
		return false
	}
	constant := false
	for _, id := range n.Inputs {
		if id == ir.None {
			continue
		}
		if m.Const(id) == nil {
			return false
		}
		constant = true
	}
	return constant
}

// evaluate makes n's outputs constants of m.
func evaluate(m *ir.Model, n *ir.Node, budget *int) bool {
	types, err := n.Op.Infer(m.Types(n.Inputs))
	if err != nil {
		return false
	}
	if x := m.Const(n.Inputs[0]); n.Op.Kind() == "Reshape" {
		shape, ok := types[0].Shape.Ints()
		if !ok {
			return false
		}
		t := *x
		t.Shape = shape
		setConst(m, n.Outputs[0], &t)
		return true
	}
	size := 0
	for _, t := range types {
		k, ok := t.Shape.Elems()
		if !ok || k > *budget {
			return false
		}
		each := t.DType.Size()
		if t.DType == ir.String {
			each = 16
		}
		size += k * each
	}
	if size > *budget {
		return false
	}
	results, err := runAlone(m, n, types)
	if err != nil {
		return false
	}
	*budget -= size
	for i, t := range results {
		setConst(m, n.Outputs[i], t)
	}
	return true
}

func setConst(m *ir.Model, id ir.ValueID, t *ir.Tensor) {
	m.Values[id].Type, m.Values[id].Const = t.Type(), t
}

// runAlone runs a node as a model of its own.
func runAlone(m *ir.Model, n *ir.Node, types []ir.Type) ([]*ir.Tensor, error) {
	alone := &ir.Model{}
	node := ir.Node{Op: n.Op, Origin: n.Origin}
	for _, id := range n.Inputs {
		if id != ir.None {
			id = alone.AddConst("", m.Const(id))
		}
		node.Inputs = append(node.Inputs, id)
	}
	for _, t := range types {
		id := alone.AddValue(ir.Value{Type: t})
		node.Outputs = append(node.Outputs, id)
		alone.Outputs = append(alone.Outputs, ir.Port{Value: id})
	}
	alone.Nodes = []ir.Node{node}
	p, err := compile(alone, options{threads: 1, maxMemory: 4 * maxFolded})
	if err != nil {
		return nil, err
	}
	out, err := p.NewSession().Run()
	if err != nil {
		return nil, err
	}
	tensors := make([]*ir.Tensor, len(out))
	for i, t := range out {
		tensors[i] = encode(t, types[i].DType)
	}
	return tensors, nil
}

// encode stores t as d, which is computed in t's kind and holds its elements.
func encode(t *Tensor, d ir.DType) *ir.Tensor {
	if d == t.buf.kind {
		return t.ToIR()
	}
	n, size := elems(t.shape), d.Size()
	out := &ir.Tensor{DType: d, Shape: append([]int{}, t.shape...), Data: make([]byte, n*size)}
	le := binary.LittleEndian
	for i := range n {
		b := out.Data[i*size:]
		switch {
		case d == ir.Float64:
			le.PutUint64(b, math.Float64bits(float64(t.buf.f32[i])))
		case d == ir.Float16:
			le.PutUint16(b, ir.Float32ToFloat16(t.buf.f32[i]))
		case d == ir.BFloat16:
			le.PutUint16(b, ir.Float32ToBFloat16(t.buf.f32[i]))
		case size == 1:
			b[0] = byte(t.buf.i32[i])
		case size == 2:
			le.PutUint16(b, uint16(t.buf.i32[i]))
		case size == 4: // uint32
			le.PutUint32(b, uint32(t.buf.i64[i]))
		default: // uint64
			le.PutUint64(b, uint64(t.buf.i64[i]))
		}
	}
	return out
}

// dropUnused forgets the constants that nothing reads any more.
func dropUnused(m *ir.Model) {
	used := make([]bool, len(m.Values))
	for _, n := range m.Nodes {
		for _, id := range n.Inputs {
			if id != ir.None {
				used[id] = true
			}
		}
	}
	for _, p := range m.Outputs {
		used[p.Value] = true
	}
	for i := range m.Values {
		if !used[i] {
			m.Values[i].Const = nil
		}
	}
}
