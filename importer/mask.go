package importer

import "github.com/kerasgo/kerasgo/ir"

// maskRule is what happens to the masks of a layer's inputs.
type maskRule uint8

const (
	// maskDrop: the layer does not support masking; its outputs have no mask.
	// (Keras 3 and tf.keras warn; old Keras refused to build such a model.)
	maskDrop maskRule = iota
	// maskPass: supports_masking with the default compute_mask; outputs get the
	// masks of the first argument's tensors, or the mask given explicitly.
	maskPass
	// maskPass3: as maskPass since Keras 3, as maskDrop before.
	maskPass3
	// maskOwn: the lowering has set the outputs' masks (compute_mask).
	maskOwn
)

func (r maskRule) apply(l *Layer, c *Call, out []Value) {
	if r == maskPass3 {
		r = maskDrop
		if l.Keras3() {
			r = maskPass
		}
	}
	switch r {
	case maskOwn:
	case maskPass:
		masks := c.passedMasks(l)
		for i := range out {
			out[i].Mask = ir.None
			if i < len(masks) {
				out[i].Mask = masks[i]
			}
		}
	case maskDrop:
		for _, m := range c.prevMasks() {
			if m != ir.None && !l.spec.op {
				l.Note("it does not support masking: the mask ends here, as in Keras")
			}
		}
		for i := range out {
			out[i].Mask = ir.None
		}
	}
}

// passedMasks are the masks that a layer which passes masks on gives its
// outputs: what was given explicitly, only since Keras 3.11 among the 3s, else
// what the first argument's tensors have.
func (c *Call) passedMasks(l *Layer) []ir.ValueID {
	if l.Keras3() && l.Before(3, 11) {
		return c.attachedMasks()
	}
	return c.prevMasks()
}

// takesMasks tells the layer that, since Keras 3.8, takes the masks off the very
// tensors it is called with: what reads these tensors later sees none.
func (l *Layer) takesMasks() bool {
	return l.Class == "MultiHeadAttention" && l.Keras3() && !l.Before(3, 8)
}

func (b *builder) takeMasks(c *Call) {
	for i, name := range []string{"query", "value", "key"} {
		if v, ok := c.Tensor(i, name); ok {
			b.taken[v.ID] = true
		}
	}
}

// attached is a tensor with the mask it has now.
func (b *builder) attached(v Value) Value {
	if b.taken[v.ID] {
		v.Mask = ir.None
	}
	return v
}
