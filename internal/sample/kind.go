package sample

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// kind is what the graph tells of an input's values.
type kind struct {
	below  int  // they index a table of this size; 0 when they do not
	pixels bool // they are divided by 255 or so first

	keys    *ir.Tensor // they are looked up among these; nil when they are not
	strict  bool       // and must be there
	divides bool       // they divide integers, so none is zero
}

// kindOf follows a value through the nodes that only move or convert it.
func kindOf(m *ir.Model, id ir.ValueID) kind {
	k := kind{below: math.MaxInt}
	same := map[ir.ValueID]bool{id: true}
	for i := range m.Nodes {
		n := &m.Nodes[i]
		reads := slices.IndexFunc(n.Inputs, func(v ir.ValueID) bool { return same[v] })
		if reads < 0 {
			continue
		}
		switch op := n.Op.(type) {
		case *ir.Cast, *ir.Reshape, *ir.Transpose, *ir.Slice, *ir.Concat, *ir.Broadcast, *ir.Tile, *ir.Repeat, *ir.Flip, *ir.Pad:
			if reads == 0 || n.Op.Kind() == "Concat" {
				same[n.Outputs[0]] = true
			}
		case *ir.Where:
			if reads > 0 {
				same[n.Outputs[0]] = true
			}
		case *ir.Gather:
			if reads == 1 {
				k.index(m.Type(n.Inputs[0]).Shape, op.Axis)
			}
		case *ir.GatherAlong:
			if reads == 1 {
				k.index(m.Type(n.Inputs[0]).Shape, op.Axis)
			}
		case *ir.Scatter:
			if places := m.Type(n.Inputs[1]).Shape; reads == 1 && len(places) > 0 {
				for axis := range places[len(places)-1].Size {
					k.index(m.Type(n.Inputs[0]).Shape, axis)
				}
			}
		case *ir.Lookup:
			if keys := m.Const(n.Inputs[1]); keys != nil && keys.Elems() > 0 && reads == 0 {
				k.keys, k.strict = keys, k.strict || op.Strict
			}
		case *ir.OneHot:
			if s := m.Type(n.Outputs[0]).Shape; len(s) > 0 && s[len(s)-1].IsKnown() {
				k.below = min(k.below, s[len(s)-1].Size)
			}
		case *ir.Binary:
			k.divides = k.divides || reads == 1 && m.Type(id).DType.IsInt() && (op.Fn == "mod" || op.Fn == "floordiv")
			if c := m.Const(n.Inputs[1-min(reads, 1)]); c != nil && c.DType.IsFloat() && c.Elems() == 1 {
				v := math.Abs(float64(c.Float32s()[0]))
				k.pixels = k.pixels || op.Fn == "mul" && v > 0 && v < 0.01 || op.Fn == "div" && v > 100
			}
		}
	}
	if k.below == math.MaxInt {
		k.below = 0
	}
	return k
}

// index notes that values index an axis of a table of shape s.
func (k *kind) index(s ir.Shape, axis int) {
	if axis, err := ir.NormAxis(axis, len(s)); err == nil && s[axis].IsKnown() {
		k.below = min(k.below, s[axis].Size)
	}
}
