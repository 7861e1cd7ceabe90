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
	// maskOwn: the lowering has set the outputs' masks (compute_mask).
	maskOwn
)

func (r maskRule) apply(l *Layer, c *Call, out []Value) {
	switch r {
	case maskOwn:
	case maskPass:
		masks := c.prevMasks()
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
