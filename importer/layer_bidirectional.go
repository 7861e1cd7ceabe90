package importer

import (
	"maps"

	"github.com/kerasgo/kerasgo/ir"
)

// lowerBidirectional runs a recurrent layer in both directions and merges.
func lowerBidirectional(l *Layer, c *Call) []Value {
	ins := c.Many(l)
	forward, backward := l.directions()
	if forward == nil || backward == nil || len(ins) == 0 {
		return nil
	}
	sequences, state := forward.Bool("return_sequences", false), forward.Bool("return_state", false)
	if sequences != backward.Bool("return_sequences", false) || state != backward.Bool("return_state", false) {
		l.Fail(ir.ErrMalformed, "backward_layer", "return_sequences or return_state differs between the two directions")
		return nil
	}
	forward.bidirectional, backward.bidirectional = true, true
	if old := l.b.d.name == "keras1" || l.b.d.name == "keras2"; old && sequences && l.wrapperMask(c, ins[0]) != ir.None {
		l.Note("at masked steps its outputs are zeros, as in tf.keras and Keras 3; the Keras that wrote the file repeated the last output there")
	}

	states := values(c.Arg(1, "initial_state"))
	if len(ins) > 1 {
		states = ins[1:]
	}
	if len(states)%2 != 0 {
		l.Fail(ir.ErrMalformed, "initial_state", "has %d tensors, which cannot be halved", len(states))
		return nil
	}
	half := len(states) / 2
	run := func(sub *Layer, states []Value) []Value {
		call := &Call{Args: []any{Value{ins[0].ID, ir.None}}, Kwargs: object{}}
		if m := l.wrapperMask(c, ins[0]); m != ir.None {
			call.Kwargs["mask"] = Value{m, ir.None}
		}
		if len(states) > 0 {
			list := make([]any, len(states))
			for i, s := range states {
				list[i] = s
			}
			call.Kwargs["initial_state"] = list
		}
		return l.through(sub, call)
	}
	y, rev := run(forward, states[:half]), run(backward, states[half:])
	if y == nil || rev == nil {
		return nil
	}
	a, b := y[0].ID, rev[0].ID
	if sequences {
		b = l.Add(&ir.Flip{Axes: []int{1}}, b)
	}
	var out []Value
	switch mode := l.Raw("merge_mode"); mode {
	case "concat":
		out = one(l.Add(&ir.Concat{Axis: -1}, a, b))
	case "sum":
		out = one(l.Binary("add", a, b))
	case "ave":
		out = one(l.Binary("div", l.Binary("add", a, b), l.Scalar(2, l.Type(a).DType)))
	case "mul":
		out = one(l.Binary("mul", a, b))
	case nil:
		if _, ok := l.cfg.m["merge_mode"]; !ok {
			out = one(l.Add(&ir.Concat{Axis: -1}, a, b))
			break
		}
		out = append(one(a), one(b)...)
	default:
		l.Unsupported("merge_mode", mode)
		return nil
	}
	if sequences {
		masks := c.passedMasks(l)
		for i := range out {
			if len(masks) > 0 {
				out[i].Mask = masks[0]
			}
		}
	}
	if state {
		out = append(out, bare(y[1:])...)
		out = append(out, bare(rev[1:])...)
	}
	return out
}

// bare drops masks.
func bare(vals []Value) []Value {
	out := make([]Value, len(vals))
	for i, v := range vals {
		out[i] = Value{v.ID, ir.None}
	}
	return out
}

// wrapperMask is the mask a wrapper passes to its layer.
func (l *Layer) wrapperMask(c *Call, x Value) ir.ValueID {
	if m, ok := c.Kwargs["mask"].(Value); ok {
		return m.ID
	}
	if l.Keras3() && len(values(c.Arg(1, "initial_state"))) > 0 {
		return ir.None // as in a recurrent layer
	}
	return x.Mask
}

// directions makes the two layers. Without a backward_layer it is the layer
// with go_backwards turned.
func (l *Layer) directions() (forward, backward *Layer) {
	raw, _ := l.Raw("layer").(object)
	cfg, _ := raw["config"].(object)
	if cfg == nil {
		l.Fail(ir.ErrMalformed, "layer", "is %s, wants a serialized recurrent layer", show(l.Raw("layer")))
		return nil, nil
	}
	named := func(o object, prefix string) object {
		c, _ := o["config"].(object)
		c = maps.Clone(c)
		if c == nil {
			c = object{}
		}
		if n := str(c["name"]); n != "" && !hasPrefix(n, prefix) {
			c["name"] = prefix + n
		}
		out := maps.Clone(o)
		out["config"] = c
		delete(out, "name")
		return out
	}
	forward = l.Sublayer("forward_layer", named(raw, "forward_"))
	if b, ok := l.Raw("backward_layer").(object); ok {
		backward = l.Sublayer("backward_layer", named(b, "backward_"))
	} else {
		b := named(raw, "backward_")
		c, _ := b["config"].(object)
		c["name"] = backwardName(c["name"])
		turned, _ := c["go_backwards"].(bool)
		c["go_backwards"] = !turned
		backward = l.Sublayer("backward_layer", b)
	}
	return forward, backward
}

func hasPrefix(s, p string) bool { return len(s) >= len(p) && s[:len(p)] == p }

// backwardName turns backward_forward_lstm into backward_lstm.
func backwardName(v any) any {
	s := str(v)
	const p = "backward_forward_"
	if hasPrefix(s, p) {
		return "backward_" + s[len(p):]
	}
	return v
}
