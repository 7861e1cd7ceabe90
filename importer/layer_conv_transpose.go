package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var convTransposeLayers = []row{
	{class: "Conv1DTranspose", lower: convTranspose(1), neutral: map[string]any{"groups": 1}, note: "output_padding, dilation, channels_first"},
	{class: "Conv2DTranspose", lower: convTranspose(2), neutral: map[string]any{"groups": 1}, note: "output_padding, dilation, channels_first"},
	{class: "Conv3DTranspose", lower: convTranspose(3), neutral: map[string]any{"groups": 1}, note: "output_padding, dilation, channels_first"},
}

func convTranspose(rank int) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		w := l.windowArgs(rank)
		filters := l.PositiveInt("filters")
		op := &ir.ConvTranspose{Strides: w.strides, Dilations: w.dilated}
		var given []int
		if l.Has("output_padding") {
			given = l.Ints("output_padding", rank)
		} else {
			l.Ignore("output_padding")
		}
		if l.err != nil {
			return nil
		}
		for i := range rank {
			size := (w.kernel[i]-1)*w.dilated[i] + 1
			before, after := transposeCrop(size, w.strides[i], w.padding.Same, given, i)
			before, after = l.centeredCrop(w, size, before, after)
			op.Before, op.After = append(op.Before, before), append(op.After, after)
		}
		kernel := l.Weight("kernel", append(slices.Clone(w.kernel), filters, l.channels(x, w.first))...)
		bias := l.optionalBias(filters)
		fused, rest := l.Activation("activation").Split()
		op.Act = fused
		y := l.window(x, w, func(x ir.ValueID) ir.ValueID { return l.Add(op, x, kernel, bias) })
		return one(l.Activate(y, rest))
	}
}

// centeredCrop moves what is cut off for "same" to where Theano cuts it: half of the
// window before.
func (l *Layer) centeredCrop(w windowArgs, size, before, after int) (int, int) {
	if w.padding.Same && l.b.theano() {
		return size / 2, before + after - size/2
	}
	return before, after
}

// transposeCrop is what is cut off one axis of the full transposed convolution,
// (n-1)*stride + size long, so that it is the gradient of a TensorFlow
// convolution whose input has Keras's output length: n*stride ("same"),
// n*stride + max(size-stride, 0) ("valid"), or with output_padding p
// (n-1)*stride + size%2 + p ("same"), (n-1)*stride + size + p ("valid").
// SAME pads half of the difference before, rounded down.
func transposeCrop(size, stride int, same bool, outputPadding []int, axis int) (before, after int) {
	var total int
	switch {
	case same && outputPadding == nil:
		total = size - stride
	case same:
		total = size - size%2 - outputPadding[axis]
	case outputPadding == nil:
		total = min(size-stride, 0)
	default:
		total = -outputPadding[axis]
	}
	if same {
		before = max(total, 0) / 2
	}
	return before, total - before
}
