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
	on := func(part func(ir.ValueID) ir.ValueID) []Value {
		args := make([]any, len(ins))
		for i, in := range ins {
			v := Value{part(in.ID), ir.None}
			if i < len(masks) && masks[i] != ir.None && (!l.Keras3() || l.Rank(masks[i]) > 2) {
				v.Mask = part(masks[i])
			}
			args[i] = v
		}
		call := &Call{Args: []any{args}}
		if len(args) == 1 {
			call.Args[0] = args[0]
		}
		return l.through(inner, call)
	}
	var out []Value
	mixes := l.Keras3() && mixesExamples(inner.spec, 0)
	if mixes && inner.Class == "Lambda" && !l.Dim(x, 1).IsKnown() {
		l.Note("the expression for its Lambda layer is applied to all steps at once, which is the same unless it combines the examples of a batch")
		mixes = false
	}
	if mixes {
		out = l.stepByStep(x, on)
	} else {
		out = on(l.fold)
		for i := range out {
			out[i].ID = l.unfold(out[i].ID, x)
		}
	}
	for i := range out {
		out[i].Mask = l.timeMask(out[i].Mask, c.passedMasks(l), x)
	}
	return out
}

// stepByStep calls the layer for each step by itself, as Keras 3 does, and puts
// the outputs beside one another.
func (l *Layer) stepByStep(x ir.ValueID, on func(part func(ir.ValueID) ir.ValueID) []Value) []Value {
	if !l.Dim(x, 1).IsKnown() {
		l.Fail(ir.ErrUnsupported, "layer", "it may combine the examples of a batch, step by step, and the number of steps is open; save the model with an input of fixed length")
		return nil
	}
	var steps [][]ir.ValueID
	for t := range l.Size(x, 1) {
		end := t + 1
		out := on(func(v ir.ValueID) ir.ValueID {
			return l.Squeeze(l.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: 1, Start: &t, End: &end}}}, v), 1)
		})
		if out == nil {
			return nil
		}
		if steps == nil {
			steps = make([][]ir.ValueID, len(out))
		}
		for i, v := range out {
			steps[i] = append(steps[i], l.ExpandDims(v.ID, 1))
		}
	}
	if len(steps) == 0 {
		l.Fail(ir.ErrShape, "", "its input %v has no steps", l.Shape(x))
	}
	all := make([]Value, len(steps))
	for i, s := range steps {
		all[i] = Value{l.Add(&ir.Concat{Axis: 1}, s...), ir.None}
	}
	return all
}

// mixesExamples tells whether what a layer gives for one example may depend on
// others: operations can, unless they work on elements or along other axes.
func mixesExamples(s *layerSpec, depth int) bool {
	if s.model != nil {
		return slices.ContainsFunc(s.model.layers, func(l *layerSpec) bool { return mixesExamples(l, depth+1) })
	}
	if axes, there := s.config["axis"]; there && axes != nil && !otherAxes(axes) {
		return true
	}
	if !s.op {
		switch s.class {
		case "Lambda", "TFOpLambda", "SlicingOpLambda":
			return true
		}
		for _, key := range wrapped {
			if o, ok := s.config[key].(object); ok && depth < maxConfigDepth {
				cfg, _ := o["config"].(object)
				if mixesExamples(&layerSpec{class: str(o["class_name"]), config: cfg}, depth+1) {
					return true
				}
				for _, in := range list(cfg["layers"]) {
					cfg, _ := at(in, "config").(object)
					if mixesExamples(&layerSpec{class: str(at(in, "class_name")), config: cfg, op: isOp(str(at(in, "module")))}, depth+1) {
						return true
					}
				}
			}
		}
		return false
	}
	elementwise := [][]opRow{elementwiseOps, arithmeticOps, logicOps}
	if opByClass(elementwise, s.class) != nil && s.class != "AllClose" {
		return false
	}
	return s.config["axis"] == nil || opByClass([][]opRow{reduceOps, joinOps}, s.class) == nil
}

// otherAxes tells that axes are certainly none that counts the examples.
func otherAxes(v any) bool {
	all := list(v)
	if all == nil {
		all = []any{v}
	}
	return !slices.ContainsFunc(all, func(a any) bool {
		n, ok := asInt(a)
		return !ok || n == 0 || n < -1
	})
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
