package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// lowerTimeDistributed folds the time axis into the batch, calls the layer and
// unfolds its outputs.
func lowerTimeDistributed(l *Layer, c *Call) []Value {
	ins := c.Many(l)
	inner := l.Sublayer("layer", l.Raw("layer"))
	if inner == nil || len(ins) == 0 {
		return nil
	}
	if stateful(inner.spec) {
		l.Fail(ir.ErrUnsupported, "layer", "%s keeps its state from one step to the next, and the steps run side by side; call it on the sequence itself", inner.Class)
		return nil
	}
	x := ins[0].ID
	if l.Rank(x) < 2 {
		l.Fail(ir.ErrShape, "", "its input has shape %v, wants a time axis", l.Shape(x))
		return nil
	}
	masks := c.prevMasks()
	args := make([]any, len(ins))
	for i, in := range ins {
		v := Value{l.fold(in.ID), ir.None}
		if i < len(masks) && masks[i] != ir.None && (!l.Keras3() || l.Rank(masks[i]) > 2) {
			v.Mask = l.fold(masks[i])
		}
		args[i] = v
	}
	call := &Call{Args: []any{args}}
	if len(args) == 1 {
		call.Args[0] = args[0]
	}
	out := l.through(inner, call)
	for i := range out {
		out[i].ID = l.unfold(out[i].ID, x)
		out[i].Mask = l.timeMask(out[i].Mask, c.passedMasks(l), x)
	}
	return out
}

// stateful tells whether a layer or one within it is a stateful recurrent layer.
func stateful(s *layerSpec) bool {
	if s.config["stateful"] == true {
		return true
	}
	if s.model != nil && slices.ContainsFunc(s.model.layers, stateful) {
		return true
	}
	for _, key := range wrapped {
		if cfg, ok := at(at(s.config[key], "config"), "stateful").(bool); ok && cfg {
			return true
		}
	}
	return false
}

// timeMask is the mask of an output. Keras 3 passes the input's on. Keras 2
// asks the inner layer; where that has none, the input's mask is reduced to its
// first two axes.
func (l *Layer) timeMask(inner ir.ValueID, masks []ir.ValueID, x ir.ValueID) ir.ValueID {
	outer := ir.None
	if len(masks) > 0 {
		outer = masks[0]
	}
	switch {
	case l.Keras3():
		return outer
	case inner != ir.None:
		return l.unfold(inner, x)
	case outer == ir.None:
		return ir.None
	}
	for l.Rank(outer) > 2 {
		outer = l.Add(&ir.Reduce{Fn: "any", Axes: []int{-1}}, outer)
	}
	return outer
}

// fold makes [batch, time, ...] into [batch*time, ...].
func (l *Layer) fold(x ir.ValueID) ir.ValueID {
	dims := []ir.Extent{ir.Size(-1)}
	for i := 2; i < l.Rank(x); i++ {
		dims = append(dims, ir.DimOf(0, i))
	}
	return l.Reshape(x, dims)
}

// unfold makes [batch*time, ...] into [batch, time, ...], with like's first two
// axes.
func (l *Layer) unfold(y, like ir.ValueID) ir.ValueID {
	dims := []ir.Extent{ir.DimOf(1, 0), ir.DimOf(1, 1)}
	for i := 1; i < l.Rank(y); i++ {
		dims = append(dims, ir.DimOf(0, i))
	}
	return l.Reshape(y, dims, like)
}
