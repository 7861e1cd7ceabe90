package importer

import (
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var windowOps = []opRow{
	{name: "max_pool", class: "MaxPool", params: "inputs pool_size strides padding data_format", lower: opPool(false)},
	{name: "average_pool", class: "AveragePool", params: "inputs pool_size strides padding data_format", lower: opPool(true)},
	{name: "adaptive_max_pool", class: "AdaptiveMaxPool", params: "inputs output_size data_format", lower: opAdaptivePool(false)},
	{name: "adaptive_average_pool", class: "AdaptiveAveragePool", params: "inputs output_size data_format", lower: opAdaptivePool(true)},
	{name: "conv", class: "Conv", params: "inputs kernel strides padding data_format dilation_rate", lower: opConv},
	{name: "depthwise_conv", class: "DepthwiseConv", params: "inputs kernel strides padding data_format dilation_rate", lower: opDepthwiseConv},
	{name: "separable_conv", class: "SeparableConv", params: "inputs depthwise_kernel pointwise_kernel strides padding data_format dilation_rate", lower: opSeparableConv},
	{name: "conv_transpose", class: "ConvTranspose", params: "inputs kernel strides padding output_padding data_format dilation_rate", lower: opConvTranspose},
}

// spatial reads an argument of one number an axis; TensorFlow's may have one for
// batch and channels too.
func (o *opCall) spatial(name string, rank int, def ...int) []int {
	if items := list(o.plain(name)); len(items) == rank+2 {
		first := o.channelsFirst()
		all := o.wholes(name, rank+2)
		if first {
			return all[2:]
		}
		return all[1 : rank+1]
	} else if len(items) == 1 {
		return slices.Repeat(o.wholes(name, 1), rank)
	}
	return o.wholes(name, rank, def...)
}

func (o *opCall) paddingMode() ir.Padding {
	switch strings.ToLower(o.text("padding", "valid")) {
	case "valid":
	case "same":
		return ir.Padding{Same: true}
	default:
		o.bad("padding", "valid or same")
	}
	return ir.Padding{}
}

// images is the inputs argument with channels last; rank is its spatial axes.
func (o *opCall) images() (x ir.ValueID, rank int, back func(ir.ValueID) []Value) {
	x = o.tensor("inputs")
	first := o.channelsFirst()
	if rank = o.Rank(x) - 2; rank < 1 || rank > 3 {
		o.WantRank(x, 3, 4, 5)
		return ir.None, 1, func(ir.ValueID) []Value { return nil }
	}
	return o.channelsLast(x, first), rank, func(y ir.ValueID) []Value { return outputs(o.channelsBack(y, first)) }
}

func opPool(average bool) opFunc {
	return func(o *opCall) []Value {
		x, rank, back := o.images()
		if average {
			x = o.AsFloat(x)
		}
		size := o.spatial("pool_size", rank)
		return back(o.Add(&ir.Pool{Avg: average, Size: size, Strides: o.spatial("strides", rank, size...), Padding: o.paddingMode()}, x))
	}
}

func opAdaptivePool(average bool) opFunc {
	return func(o *opCall) []Value {
		x, rank, back := o.images()
		if average {
			x = o.AsFloat(x)
		}
		size := o.spatial("output_size", rank)
		return back(o.adaptivePool(x, size, average))
	}
}

// kernelOf is a kernel argument in the dtype of x.
func (o *opCall) kernelOf(name string, x ir.ValueID) ir.ValueID {
	dt := o.Type(x).DType
	return o.Cast(o.asTensor(name, orDefault(o.args[name], ""), dt), dt)
}

func opConv(o *opCall) []Value {
	x, rank, back := o.images()
	x = o.AsFloat(x)
	kernel := o.kernelOf("kernel", x)
	if !o.WantRank(kernel, rank+2) {
		return nil
	}
	op := &ir.Conv{Strides: o.spatial("strides", rank, slices.Repeat([]int{1}, rank)...), Dilations: o.spatial("dilation_rate", rank, slices.Repeat([]int{1}, rank)...), Padding: o.paddingMode()}
	if in, per := o.Size(x, -1), o.Size(kernel, -2); per > 0 {
		op.Groups = in / per
	}
	return back(o.Add(op, x, kernel))
}

// depthwise convolves every channel; TensorFlow has the kernel as Keras does.
func (o *opCall) depthwise(x ir.ValueID, rank int, name string) ir.ValueID {
	kernel := o.kernelOf(name, x)
	if !o.WantRank(kernel, rank+2) {
		return ir.None
	}
	ones := slices.Repeat([]int{1}, rank)
	return o.Add(&ir.DepthwiseConv{Strides: o.spatial("strides", rank, ones...), Dilations: o.spatial("dilation_rate", rank, ones...), Padding: o.paddingMode()}, x, kernel)
}

func opDepthwiseConv(o *opCall) []Value {
	x, rank, back := o.images()
	return back(o.depthwise(o.AsFloat(x), rank, "kernel"))
}

func opSeparableConv(o *opCall) []Value {
	x, rank, back := o.images()
	x = o.AsFloat(x)
	return back(o.Add(&ir.Conv{}, o.depthwise(x, rank, "depthwise_kernel"), o.kernelOf("pointwise_kernel", x)))
}

// convTranspose cuts its result by what crop gives for an axis: elements before
// and after.
func (o *opCall) convTranspose(crop func(x ir.ValueID, axis, window, stride int) (before, after int)) []Value {
	x, rank, back := o.images()
	x = o.AsFloat(x)
	kernel := o.kernelOf("kernel", x)
	if !o.WantRank(kernel, rank+2) {
		return nil
	}
	ones := slices.Repeat([]int{1}, rank)
	op := &ir.ConvTranspose{Strides: o.spatial("strides", rank, ones...), Dilations: o.spatial("dilation_rate", rank, ones...)}
	for i := range rank {
		before, after := crop(x, i, (o.Size(kernel, i)-1)*op.Dilations[i]+1, op.Strides[i])
		op.Before, op.After = append(op.Before, before), append(op.After, after)
	}
	return back(o.Add(op, x, kernel))
}

func opConvTranspose(o *opCall) []Value {
	same := o.paddingMode().Same
	return o.convTranspose(func(x ir.ValueID, axis, window, stride int) (int, int) {
		var extra []int
		if rank := o.Rank(x) - 2; o.given("output_padding") {
			extra = o.spatial("output_padding", rank)
		}
		return transposeCrop(window, stride, same, extra, axis)
	})
}
