package exporter

import (
	"fmt"
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// window is what convolutions share.
type window struct {
	rank               int
	kernel             []int // of the spatial axes
	strides, dilations []int
	layer              variables
	dtype              any
}

// window reads the kernel of a convolution. A layer of Keras holds its kernel; held
// is false when this one is computed.
func (n *node) window(strides, dilations []int) (w window, held, ok bool) {
	k, _ := n.typ(1).Shape.Ints()
	w = window{rank: len(k) - 2, kernel: k[:len(k)-2]}
	w.strides, w.dilations = filled(strides, w.rank), filled(dilations, w.rank)
	if slices.Max(w.strides) > 1 && slices.Max(w.dilations) > 1 {
		n.unsupported("Keras 3 refuses strides %v with dilations %v", w.strides, w.dilations)
		return w, false, false
	}
	w.layer, w.dtype, held = n.weights([]string{"kernel", "bias"}, 1, 1, 2)
	return w, held && !n.has(3), true
}

// heldWindow is window for what is written only as a layer.
func (n *node) heldWindow(strides, dilations []int) (w window, ok bool) {
	w, held, ok := n.window(strides, dilations)
	if ok && !held {
		n.unsupported("its kernel is computed; a layer of Keras 3 holds its own")
	}
	return w, held && ok
}

// filled is v, or a one for each axis.
func filled(v []int, rank int) []int {
	if len(v) == 0 {
		return slices.Repeat([]int{1}, rank)
	}
	return v
}

// convolution adds the layer of x whose class has the rank between its halves.
func (n *node) convolution(class, suffix string, w window, config object, typ ir.Type, x ref) *layer {
	config["kernel_size"], config["strides"], config["dilation_rate"] = ints(w.kernel), ints(w.strides), ints(w.dilations)
	config["use_bias"], config["data_format"] = n.has(2), "channels_last"
	l := n.layer(fmt.Sprintf("%s%dD%s", class, w.rank, suffix), config, w.dtype, typ, x)
	l.weights = []variables{w.layer}
	return l
}

// convolved is convolution with an activation, which gives the output.
func (n *node) convolved(class, suffix string, w window, config object, act ir.Func, x ref) {
	n.activated(n.convolution(class, suffix, w, config, n.out(), x), act)
}

// explicit reports whether p adds elements of a number that it names.
func explicit(p ir.Padding) bool {
	some := func(n int) bool { return n != 0 }
	return !p.Same && (slices.ContainsFunc(p.Before, some) || slices.ContainsFunc(p.After, some))
}

// padded is input 0 and the name of the padding that is left to a layer.
func (n *node) padded(p ir.Padding, w window, fill float64) (x ref, name string) {
	x = n.tensor(0)
	switch {
	case p.Same:
		return x, "same"
	case !explicit(p):
		return x, "valid"
	}
	pads := []any{[]any{0, 0}}
	shape := x.typ.Shape.Clone()
	for i := range w.rank {
		before, after := p.Resolve(i, 0, 1, 1, 1)
		pads = append(pads, []any{before, after})
		shape[1+i] = shape[1+i].Add(before + after)
	}
	typ := ir.Type{DType: x.typ.DType, Shape: shape}
	args := []any{x}
	if fill != 0 {
		args = append(args, scalar(fill, typ.DType))
	}
	return n.op("numpy", "Pad", typ, object{"pad_width": append(pads, []any{0, 0}), "mode": "constant"}, args...), "valid"
}

func writeConv(n *node) {
	op := n.Op.(*ir.Conv)
	w, held, ok := n.window(op.Strides, op.Dilations)
	if !ok {
		return
	}
	if !held {
		x, padding := n.padded(op.Padding, w, 0)
		config := object{"strides": ints(w.strides), "padding": padding, "data_format": "channels_last", "dilation_rate": ints(w.dilations)}
		n.withBias(n.like("nn", "Conv", config, x, n.arg(1)), op.Act)
		return
	}
	if w.rank == 1 && !op.Padding.Same && len(op.Padding.Before) == 1 && len(op.Padding.After) == 0 && op.Padding.Before[0] == (w.kernel[0]-1)*w.dilations[0] {
		n.conv(w, n.tensor(0), "causal", max(1, op.Groups), op.Act)
		return
	}
	x, padding := n.padded(op.Padding, w, 0)
	n.conv(w, x, padding, max(1, op.Groups), op.Act)
}

func (n *node) conv(w window, x ref, padding string, groups int, act ir.Func) {
	filters := w.layer.tensors[0].Shape[w.rank+1]
	n.convolved("Conv", "", w, object{"filters": filters, "padding": padding, "groups": groups}, act, x)
}

// writeDepthwiseConv writes a grouped convolution where Keras 3 has no depthwise
// layer for it. The kernel's elements are in the same order.
func writeDepthwiseConv(n *node) {
	op := n.Op.(*ir.DepthwiseConv)
	w, ok := n.heldWindow(op.Strides, op.Dilations)
	if !ok {
		return
	}
	x, padding := n.padded(op.Padding, w, 0)
	kernel := w.layer.tensors[0]
	channels, multiplier := kernel.Shape[w.rank], kernel.Shape[w.rank+1]
	if w.rank < 3 && slices.Min(w.strides) == slices.Max(w.strides) {
		n.convolved("DepthwiseConv", "", w, object{"depth_multiplier": multiplier, "padding": padding}, op.Act, x)
		return
	}
	w.layer.tensors[0] = reshaped(kernel, append(slices.Clone(w.kernel), 1, channels*multiplier)...)
	n.conv(w, x, padding, channels, op.Act)
}

// writeConvTranspose writes a layer with "valid" padding, whose result is longer
// than the full one where the kernel is shorter than the stride, or as
// output_padding says, and cuts it.
func writeConvTranspose(n *node) {
	op := n.Op.(*ir.ConvTranspose)
	w, ok := n.heldWindow(op.Strides, op.Dilations)
	if !ok {
		return
	}
	before, after := make([]int, w.rank), make([]int, w.rank)
	copy(before, op.Before)
	copy(after, op.After)
	longer, extra := make([]int, w.rank), make([]int, w.rank)
	same, enough := true, true
	for i := range w.rank {
		spare := (w.kernel[i]-1)*w.dilations[i] + 1 - w.strides[i]
		longer[i], extra[i] = max(0, -spare), max(0, -before[i]-after[i])
		same = same && before[i] == max(spare, 0)/2 && before[i]+after[i] == spare
		enough = enough && after[i]+longer[i] >= 0
	}
	config := object{"filters": w.layer.tensors[0].Shape[w.rank], "padding": "valid", "output_padding": nil}
	if same {
		config["padding"] = "same"
	} else if !enough {
		config["output_padding"], longer = ints(extra), extra
	}
	typ := ir.Type{DType: n.out().DType, Shape: n.out().Shape.Clone()}
	cuts, cut := []any{span{}}, false
	for i := range w.rank {
		s, end := span{start: before[i]}, after[i]+longer[i]
		if end < 0 || before[i] < 0 || !same && !enough && extra[i] >= w.strides[i] {
			n.unsupported("its crops are %v, %v with strides %v, which no layer of Keras 3 has", op.Before, op.After, w.strides)
			return
		}
		if end > 0 {
			s.stop = -end
		}
		cut = cut || before[i] > 0 || end > 0
		cuts = append(cuts, s)
		typ.Shape[1+i] = typ.Shape[1+i].Add(before[i] + end)
	}
	if same || !cut {
		n.convolved("Conv", "Transpose", w, config, op.Act, n.tensor(0))
		return
	}
	l := n.convolution("Conv", "Transpose", w, config, typ, n.tensor(0))
	if r, ok := n.apply(op.Act, n.like("numpy", "GetItem", nil, l.output(0), cuts), n.out()); ok {
		n.set(r)
	}
}

func writePool(n *node) {
	op := n.Op.(*ir.Pool)
	w := window{rank: len(op.Size)}
	class := "MaxPooling"
	if op.Avg {
		class = "AveragePooling"
	}
	if explicit(op.Padding) && (op.Avg || n.out().DType != ir.Float32) {
		n.unsupported("Keras 3 has no %s of %v with padding %v, %v that does not count", class, n.out().DType, op.Padding.Before, op.Padding.After)
		return
	}
	x, padding := n.padded(op.Padding, w, -math.MaxFloat32)
	config := object{"pool_size": ints(op.Size), "strides": ints(filled(op.Strides, w.rank)), "padding": padding, "data_format": "channels_last"}
	n.set(n.layer(fmt.Sprintf("%s%dD", class, w.rank), config, n.out().DType, n.out(), x).output(0))
}

func writeResize(n *node) {
	op := n.Op.(*ir.Resize)
	x := n.tensor(0)
	if op.Fit == "center" {
		n.set(n.layer("CenterCrop", object{"height": op.Size[0], "width": op.Size[1], "data_format": "channels_last"}, n.out().DType, n.out(), x).output(0))
		return
	}
	if op.Scale != nil {
		if op.Antialias {
			n.unsupported("Keras 3's UpSampling2D has no antialias")
			return
		}
		n.set(n.layer("UpSampling2D", object{"size": ints(op.Scale), "interpolation": op.Method, "data_format": "channels_last"}, n.out().DType, n.out(), x).output(0))
		return
	}
	switch op.Method {
	case "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5":
	default:
		n.unsupported("Keras 3 has no interpolation %q", op.Method)
		return
	}
	n.set(n.like("image", "Resize", object{"size": ints(op.Size), "interpolation": op.Method, "antialias": op.Antialias, "data_format": "channels_last",
		"crop_to_aspect_ratio": op.Fit == "crop", "pad_to_aspect_ratio": op.Fit == "pad", "fill_mode": "constant", "fill_value": op.Fill}, x))
}
