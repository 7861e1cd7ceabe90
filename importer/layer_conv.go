package importer

import (
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var convLayers = []row{
	{class: "Conv1D", lower: convolution(1), note: "groups, dilation, causal, channels_first"},
	{class: "Conv2D", lower: convolution(2), note: "groups, dilation, channels_first"},
	{class: "Conv3D", lower: convolution(3), note: "groups, dilation, channels_first"},
}

// windowArgs are the arguments of everything that slides a window.
type windowArgs struct {
	rank                     int
	kernel, strides, dilated []int
	padding                  ir.Padding
	first                    bool // channels_first
}

// windowArgs reads the arguments of a convolution of some rank.
func (l *Layer) windowArgs(rank int) windowArgs {
	ones := slices.Repeat([]int{1}, rank)
	w := windowArgs{
		rank: rank, kernel: l.Ints("kernel_size", rank), strides: l.Ints("strides", rank, ones...),
		dilated: l.Ints("dilation_rate", rank, ones...), first: l.ChannelsFirst(),
	}
	l.wantPositive("kernel_size", w.kernel)
	l.wantPositive("strides", w.strides)
	l.wantPositive("dilation_rate", w.dilated)
	w.padding = l.padding(rank, w.kernel, w.dilated)
	return w
}

func (l *Layer) wantPositive(key string, v []int) {
	if l.err == nil && (slices.Min(v) < 1 || slices.Max(v) > 1<<31-1) {
		l.badKey(key, l.Raw(key), "positive integers")
	}
}

// padding reads "valid", "same" or, on one axis, "causal".
func (l *Layer) padding(rank int, kernel, dilations []int) ir.Padding {
	switch p := l.paddingName(); {
	case p == "valid":
		return ir.Padding{}
	case p == "same":
		return ir.Padding{Same: true}
	case p == "causal" && rank == 1:
		return ir.Padding{Before: []int{(kernel[0] - 1) * dilations[0]}}
	default:
		l.Unsupported("padding", p)
	}
	return ir.Padding{}
}

// centered pads "same" as Theano does: by half of the window on each side,
// whatever the strides.
func (l *Layer) centered(w windowArgs) windowArgs {
	if !w.padding.Same || !l.b.theano() || w.centered() {
		return w
	}
	w.padding = ir.Padding{}
	for i, k := range w.kernel {
		size := (k-1)*w.dilated[i] + 1
		before := size / 2
		if w.rank == 3 && l.b.d.version.before(1, 1, 1) { // another of Theano's convolutions
			before = (size - 1) / 2
		}
		w.padding.Before, w.padding.After = append(w.padding.Before, before), append(w.padding.After, size-1-before)
	}
	return w
}

// centered tells a window that TensorFlow's padding is centered for too.
func (w windowArgs) centered() bool {
	for i, k := range w.kernel {
		if w.strides[i] != 1 || (k-1)*w.dilated[i]%2 != 0 {
			return false
		}
	}
	return true
}

func (l *Layer) paddingName() string { return strings.ToLower(l.String("padding", "valid")) }

// window runs a channels-last computation that turns x of rank spatial axes into
// another: more batch axes than one, which tf.keras 2 allows, become one axis.
func (l *Layer) window(x ir.ValueID, w windowArgs, f func(x ir.ValueID) ir.ValueID) ir.ValueID {
	x = l.AsFloat(x)
	rank, extra := l.Rank(x), l.Rank(x)-w.rank-2
	if extra < 0 || extra > 0 && w.first {
		l.WantRank(x, w.rank+2)
		return ir.None
	}
	if extra == 0 {
		y := l.channelsBack(f(l.channelsLast(x, w.first)), w.first)
		if w.first {
			l.noteBiasAxis(y)
		}
		return y
	}
	dims := []ir.Extent{ir.Size(-1)}
	for i := rank - w.rank - 1; i < rank; i++ {
		dims = append(dims, ir.DimOf(0, i))
	}
	y := f(l.Reshape(x, dims))
	dims = nil
	for i := range extra + 1 {
		dims = append(dims, ir.DimOf(1, i))
	}
	for i := 1; i < l.Rank(y); i++ {
		dims = append(dims, ir.DimOf(0, i))
	}
	return l.Reshape(y, dims, x)
}

// noteBiasAxis tells of an output y, channels first, to which Keras with
// TensorFlow adds the bias along another axis than with its other backends. The
// file does not say which it was (keras/src/backend/tensorflow/numpy.py, add).
func (l *Layer) noteBiasAxis(y ir.ValueID) {
	if l.err != nil || !l.Keras3() || l.Before(3, 7) || !l.Bool("use_bias", true) {
		return
	}
	if n := l.Dim(y, 1); n == l.Dim(y, -1) && n.IsKnown() && n.Size > 1 {
		l.Note("has as many filters as its output %v is wide: since 3.7 Keras adds the bias along the width then, on TensorFlow alone; here, as on Keras's other backends, each filter has its own", l.Shape(y))
	}
}

// channels is the size of x's channel axis.
func (l *Layer) channels(x ir.ValueID, first bool) int {
	if first {
		return l.Size(x, 1)
	}
	return l.Size(x, -1)
}

func (l *Layer) optionalBias(size int) ir.ValueID {
	if l.Bool("use_bias", true) {
		return l.Weight("bias", size)
	}
	return ir.None
}

func convolution(rank int) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		w := l.centered(l.windowArgs(rank))
		filters, groups := l.PositiveInt("filters"), l.PositiveInt("groups", 1)
		channels := l.channels(x, w.first)
		if channels%groups != 0 || filters%groups != 0 {
			l.Fail(ir.ErrShape, "groups", "%d groups do not divide both %d input channels and %d filters", groups, channels, filters)
			return nil
		}
		kernel := l.loraWeight("kernel", append(slices.Clone(w.kernel), channels/groups, filters)...)
		bias := l.optionalBias(filters)
		fused, rest := l.Activation("activation").Split()
		y := l.window(x, w, func(x ir.ValueID) ir.ValueID {
			return l.Add(&ir.Conv{Strides: w.strides, Dilations: w.dilated, Padding: w.padding, Groups: groups, Act: fused}, x, kernel, bias)
		})
		return one(l.Activate(y, rest))
	}
}
