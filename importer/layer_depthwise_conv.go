package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var depthwiseLayers = []row{
	{class: "DepthwiseConv1D", lower: depthwiseConvolution(1), neutral: depthwiseNeutral, note: "depth_multiplier, dilation, channels_first"},
	{class: "DepthwiseConv2D", lower: depthwiseConvolution(2), neutral: depthwiseNeutral, note: "depth_multiplier, dilation, channels_first"},
	{class: "SeparableConv1D", lower: separableConvolution(1), neutral: map[string]any{"groups": 1}, note: "depth_multiplier, dilation, channels_first"},
	{class: "SeparableConv2D", lower: separableConvolution(2), neutral: map[string]any{"groups": 1}, note: "depth_multiplier, dilation, channels_first"},
}

// Keras 2 writes the arguments that a depthwise layer inherits from Conv.
var depthwiseNeutral = map[string]any{"groups": 1, "filters": anyValue}

// storedName is the first of the names that an array in the file has, else the
// first: a variable's name in other versions of Keras.
func (l *Layer) storedName(names ...string) string {
	have := l.Stored()
	for _, n := range names {
		if slices.ContainsFunc(have, func(w StoredWeight) bool { return w.Name == n }) {
			return n
		}
	}
	return names[0]
}

func depthwiseConvolution(rank int) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		w := l.centered(l.windowArgs(rank))
		channels, multiplier := l.channels(x, w.first), l.PositiveInt("depth_multiplier", 1)
		name := l.storedName("kernel", "depthwise_kernel")
		kernel := l.Weight(name, append(slices.Clone(w.kernel), channels, multiplier)...)
		bias := l.optionalBias(channels * multiplier)
		fused, rest := l.Activation("activation").Split()
		y := l.window(x, w, func(x ir.ValueID) ir.ValueID {
			return l.Add(&ir.DepthwiseConv{Strides: w.strides, Dilations: w.dilated, Padding: w.padding, Act: fused}, x, kernel, bias)
		})
		return one(l.Activate(y, rest))
	}
}

// separableConvolution is a depthwise convolution and then a pointwise one, which
// has the bias and the activation.
func separableConvolution(rank int) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		w := l.centered(l.windowArgs(rank))
		channels, multiplier, filters := l.channels(x, w.first), l.PositiveInt("depth_multiplier", 1), l.PositiveInt("filters")
		depthwise := l.Weight("depthwise_kernel", append(slices.Clone(w.kernel), channels, multiplier)...)
		pointwise := l.Weight("pointwise_kernel", append(slices.Repeat([]int{1}, rank), channels*multiplier, filters)...)
		bias := l.optionalBias(filters)
		fused, rest := l.Activation("activation").Split()
		y := l.window(x, w, func(x ir.ValueID) ir.ValueID {
			x = l.Add(&ir.DepthwiseConv{Strides: w.strides, Dilations: w.dilated, Padding: w.padding}, x, depthwise)
			return l.Add(&ir.Conv{Act: fused}, x, pointwise, bias)
		})
		return one(l.Activate(y, rest))
	}
}
