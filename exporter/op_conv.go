package exporter

import (
	"fmt"
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

// window reads the kernel of a convolution. Keras's layers hold their kernels,
// so it must be a constant.
func (n *node) window(strides, dilations []int) (w window, ok bool) {
	k, _ := n.typ(1).Shape.Ints()
	w = window{rank: len(k) - 2, kernel: k[:len(k)-2]}
	w.strides, w.dilations = filled(strides, w.rank), filled(dilations, w.rank)
	if slices.Max(w.strides) > 1 && slices.Max(w.dilations) > 1 {
		n.unsupported("Keras 3 refuses strides %v with dilations %v", w.strides, w.dilations)
		return w, false
	}
	w.layer, w.dtype, ok = n.weights([]string{"kernel", "bias"}, 1, 1, 2)
	if !ok || n.has(3) {
		n.unsupported("its kernel is computed; a layer of Keras 3 holds its own")
		return w, false
	}
	return w, true
}

// filled is v, or a one for each axis.
func filled(v []int, rank int) []int {
	if len(v) == 0 {
		return slices.Repeat([]int{1}, rank)
	}
	return v
}

// convolved adds a layer and gives its output.
func (n *node) convolved(class string, w window, config object, act ir.Func, x ref) {
	config["kernel_size"], config["strides"], config["dilation_rate"] = ints(w.kernel), ints(w.strides), ints(w.dilations)
	config["use_bias"], config["data_format"] = n.has(2), "channels_last"
	l := n.layer(fmt.Sprintf("%s%dD", class, w.rank), config, w.dtype, n.out(), x)
	l.weights = []variables{w.layer}
	n.activated(l, act)
}

// padded is input 0 and the name of the padding that is left to a layer.
func (n *node) padded(p ir.Padding, w window, fill float64) (x ref, name string) {
	x = n.tensor(0)
	if p.Same {
		return x, "same"
	}
	if slices.Equal(p.Before, make([]int, len(p.Before))) && slices.Equal(p.After, make([]int, len(p.After))) {
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
	w, ok := n.window(op.Strides, op.Dilations)
	if !ok {
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
	n.convolved("Conv", w, object{"filters": filters, "padding": padding, "groups": groups}, act, x)
}

// writeDepthwiseConv writes a grouped convolution where Keras 3 has no depthwise
// layer for it. The kernel's elements are in the same order.
func writeDepthwiseConv(n *node) {
	op := n.Op.(*ir.DepthwiseConv)
	w, ok := n.window(op.Strides, op.Dilations)
	if !ok {
		return
	}
	x, padding := n.padded(op.Padding, w, 0)
	kernel := w.layer.tensors[0]
	channels, multiplier := kernel.Shape[w.rank], kernel.Shape[w.rank+1]
	if w.rank < 3 && slices.Min(w.strides) == slices.Max(w.strides) {
		n.convolved("DepthwiseConv", w, object{"depth_multiplier": multiplier, "padding": padding}, op.Act, x)
		return
	}
	w.layer.tensors[0] = reshaped(kernel, append(slices.Clone(w.kernel), 1, channels*multiplier)...)
	n.conv(w, x, padding, channels, op.Act)
}

// writeConvTranspose writes a layer with "valid" padding, whose result is the
// full one, longer if the kernel is shorter than the stride, and cuts it.
func writeConvTranspose(n *node) {
	op := n.Op.(*ir.ConvTranspose)
	w, ok := n.window(op.Strides, op.Dilations)
	if !ok {
		return
	}
	filters := w.layer.tensors[0].Shape[w.rank]
	config := object{"filters": filters, "padding": "valid", "output_padding": nil}
	same, cut := true, false
	cuts := []any{span{}}
	shape := ir.Shape{n.out().Shape[0]}
	for i := range w.rank {
		size := (w.kernel[i]-1)*w.dilations[i] + 1
		before, after := 0, 0
		if len(op.Before) > 0 {
			before = op.Before[i]
		}
		if len(op.After) > 0 {
			after = op.After[i]
		}
		total := size - w.strides[i]
		same = same && before == max(total, 0)/2 && before+after == total
		more := max(-total, 0) // appended by "valid"
		after += more
		if after < 0 || before < 0 {
			n.unsupported("its output is padded by %d after the end, which no ConvTranspose of Keras 3 does without output_padding; the crops are %v, %v", -after, op.Before, op.After)
			return
		}
		s := span{start: before}
		if after > 0 {
			s.stop = -after
		}
		cut = cut || before > 0 || after > 0
		cuts = append(cuts, s)
		shape = append(shape, n.out().Shape[1+i].Add(before+after))
	}
	if same {
		config["padding"] = "same"
	}
	class := fmt.Sprintf("Conv%dDTranspose", w.rank)
	config["kernel_size"], config["strides"], config["dilation_rate"] = ints(w.kernel), ints(w.strides), ints(w.dilations)
	config["use_bias"], config["data_format"] = n.has(2), "channels_last"
	l := n.layer(class, config, w.dtype, ir.Type{DType: n.out().DType, Shape: append(shape, ir.Known(filters))}, n.tensor(0))
	l.weights = []variables{w.layer}
	if same || !cut {
		n.activated(l, op.Act)
		return
	}
	y := n.like("numpy", "GetItem", nil, l.output(0), cuts)
	if r, ok := n.apply(op.Act, y, n.out()); ok {
		n.set(r)
	}
}

func writePool(n *node) {
	op := n.Op.(*ir.Pool)
	w := window{rank: len(op.Size)}
	x, padding := n.padded(op.Padding, w, -3.4028234663852886e38)
	class := "MaxPooling"
	if op.Avg {
		class = "AveragePooling"
	}
	if x.of.class == "Pad" && x.of != n.tensor(0).of && (op.Avg || n.out().DType != ir.Float32) {
		n.unsupported("Keras 3 has no %s of %v with padding %v, %v that does not count", class, n.out().DType, op.Padding.Before, op.Padding.After)
		return
	}
	config := object{"pool_size": ints(op.Size), "strides": ints(filled(op.Strides, w.rank)), "padding": padding, "data_format": "channels_last"}
	n.set(n.layer(fmt.Sprintf("%s%dD", class, w.rank), config, variableDType(n.out().DType), n.out(), x).output(0))
}

func writeResize(n *node) {
	op := n.Op.(*ir.Resize)
	x := n.tensor(0)
	if op.Fit != "" || op.Rounded && op.Method != "nearest" {
		n.unsupported("images are resized with %q, rounded %v, as keras.ops does not do it; resize them before the model", op.Fit, op.Rounded)
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
	n.set(n.like("image", "Resize", object{"size": ints(op.Size), "interpolation": op.Method, "antialias": op.Antialias, "data_format": "channels_last"}, x))
}
