package passes

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// mergeMoves makes a transpose of a transpose one transpose and a reshape of a
// reshape one reshape. The inner node stays if others read it.
func mergeMoves(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if len(n.Inputs) == 0 || n.Inputs[0] == ir.None || g.maker[n.Inputs[0]] < 0 {
			continue
		}
		inner := &m.Nodes[g.maker[n.Inputs[0]]]
		switch o := n.Op.(type) {
		case *ir.Transpose:
			p, ok := inner.Op.(*ir.Transpose)
			if !ok {
				continue
			}
			perm := make([]int, len(o.Perm))
			for k, a := range o.Perm {
				perm[k] = p.Perm[a]
			}
			n.Op, n.Inputs = &ir.Transpose{Perm: perm}, []ir.ValueID{inner.Inputs[0]}
			changed = true
		case *ir.Reshape:
			p, ok := inner.Op.(*ir.Reshape)
			if !ok {
				continue
			}
			changed = mergeReshapes(n, inner, o, p) || changed
		}
	}
	return changed
}

// mergeReshapes lets n read inner's input. Dimensions that n takes from inner's
// result are taken from where inner has them.
func mergeReshapes(n, inner *ir.Node, o, p *ir.Reshape) bool {
	dims := slices.Clone(o.Dims)
	inputs := slices.Clone(n.Inputs)
	inputs[0] = inner.Inputs[0]
	for i, e := range dims {
		if e.From != 1 {
			continue
		}
		a, err := ir.NormAxis(e.Axis, len(p.Dims))
		if err != nil {
			return false
		}
		from := p.Dims[a]
		switch {
		case from.From == 0 && from.N < 0:
			return false
		case from.From == 0:
			dims[i] = from
		case from.From == 1:
			dims[i] = ir.DimOf(0, from.Axis)
		default:
			inputs = append(inputs, inner.Inputs[from.From-1])
			dims[i] = ir.DimOf(len(inputs)-1, from.Axis)
		}
	}
	if len(inputs) > 8 {
		return false
	}
	n.Op, n.Inputs = &ir.Reshape{Dims: dims}, inputs
	return true
}

// sinkReshapes lets an elementwise function, or a binary one with a constant of
// as many values as the last axis had, run before a reshape rather than after,
// where the node before can take it in.
func sinkReshapes(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		var r *ir.Node
		var c ir.ValueID = ir.None
		at := 0 // which input of n is the reshape's
		switch n.Op.(type) {
		case *ir.Unary:
			r = g.made(n.Inputs[0])
		case *ir.Binary:
			if g.Const(n.Inputs[0]) != nil {
				at = 1
			}
			r, c = g.made(n.Inputs[at]), n.Inputs[1-at]
		}
		if r == nil || r.Op.Kind() != "Reshape" || !g.float32Value(n.Outputs[0]) {
			continue
		}
		before := r.Inputs[0]
		p := g.made(before)
		if p == nil {
			continue
		}
		if act, _, ok := fused(p.Op); !ok || !act.Identity() {
			continue
		}
		inputs := []ir.ValueID{before}
		if c != ir.None {
			flat := g.flatConstant(c, g.Type(n.Inputs[at]).Shape, g.Type(n.Outputs[0]).Shape, g.Type(before).Shape)
			if flat == nil {
				continue
			}
			id := g.AddConst(m.Values[c].Name, flat)
			g.maker, g.uses = append(g.maker, -1), append(g.uses, 1)
			inputs = []ir.ValueID{before, id}
			if at == 1 {
				inputs[0], inputs[1] = inputs[1], inputs[0]
			}
		}
		mid := g.AddValue(ir.Value{Name: n.Origin.Layer, Type: ir.Type{DType: ir.Float32, Shape: g.Type(before).Shape}})
		g.maker, g.uses = append(g.maker, g.maker[n.Inputs[at]]), append(g.uses, 1)
		reshape := ir.Node{Op: r.Op, Inputs: append([]ir.ValueID{mid}, r.Inputs[1:]...), Outputs: n.Outputs, Origin: r.Origin}
		*r = ir.Node{Op: n.Op, Inputs: inputs, Outputs: []ir.ValueID{mid}, Origin: n.Origin}
		*n = reshape
		changed = true
	}
	return changed
}

// flatConstant is the constant c, which broadcasts to a value of shape after, as
// a vector along the last axis of shape before; nil when it does not vary along
// just that axis.
func (g *graph) flatConstant(c ir.ValueID, after, result, before ir.Shape) *ir.Tensor {
	t := g.Const(c)
	if t == nil || len(before) == 0 || len(t.Shape) > len(after) || !after.Equal(result) {
		return nil
	}
	size := t.Elems()
	if before[len(before)-1] != ir.Known(size) {
		return nil
	}
	// The constant's own axes must be the trailing ones of after, whole.
	n := 1
	for i := len(after) - 1; i >= 0 && n < size; i-- {
		k := len(t.Shape) - (len(after) - i)
		if k < 0 || after[i] != ir.Known(t.Shape[k]) {
			return nil
		}
		n *= t.Shape[k]
	}
	if n != size {
		return nil
	}
	flat := *t
	flat.Shape = []int{size}
	return &flat
}
