package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var poolingLayers = []row{
	{class: "MaxPooling1D", lower: pooling(1, false)},
	{class: "MaxPooling2D", lower: pooling(2, false)},
	{class: "MaxPooling3D", lower: pooling(3, false)},
	{class: "AveragePooling1D", lower: pooling(1, true)},
	{class: "AveragePooling2D", lower: pooling(2, true)},
	{class: "AveragePooling3D", lower: pooling(3, true)},
	{class: "GlobalMaxPooling1D", lower: globalPooling(1, "max")},
	{class: "GlobalMaxPooling2D", lower: globalPooling(2, "max")},
	{class: "GlobalMaxPooling3D", lower: globalPooling(3, "max")},
	{class: "GlobalAveragePooling1D", lower: lowerGlobalAveragePooling1D, mask: maskOwn, note: "averages over the steps that the mask keeps"},
	{class: "GlobalAveragePooling2D", lower: globalPooling(2, "mean")},
	{class: "GlobalAveragePooling3D", lower: globalPooling(3, "mean")},
	{class: "AdaptiveMaxPooling1D", lower: adaptivePooling(1, false)},
	{class: "AdaptiveMaxPooling2D", lower: adaptivePooling(2, false)},
	{class: "AdaptiveMaxPooling3D", lower: adaptivePooling(3, false)},
	{class: "AdaptiveAveragePooling1D", lower: adaptivePooling(1, true)},
	{class: "AdaptiveAveragePooling2D", lower: adaptivePooling(2, true)},
	{class: "AdaptiveAveragePooling3D", lower: adaptivePooling(3, true)},
}

func pooling(rank int, average bool) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		if average {
			x = l.AsFloat(x)
		}
		size := l.Ints("pool_size", rank, slices.Repeat([]int{2}, rank)...)
		strides := l.Ints("strides", rank, size...)
		op := &ir.Pool{Avg: average, Size: size, Strides: strides, Padding: l.padding(0, nil, nil)}
		first := l.ChannelsFirst()
		if !l.WantRank(x, rank+2) {
			return nil
		}
		x = l.channelsLast(x, first)
		if op.Padding.Same && l.b.theano() {
			return one(l.channelsBack(l.theanoPool(x, op), first))
		}
		return one(l.channelsBack(l.Add(op, x), first))
	}
}

// theanoPool pads "same" as Keras's Theano backend does: on both sides by the
// window's size less 1, or 2 for odd sizes; what is then too much is cut off.
func (l *Layer) theanoPool(x ir.ValueID, op *ir.Pool) ir.ValueID {
	pad, cut := make([]int, len(op.Size)), &ir.Slice{}
	for i, k := range op.Size {
		pad[i] = k - 1
		if k > 2 && k%2 == 1 {
			pad[i] = k - 2
		}
		end := (l.Size(x, 1+i) + op.Strides[i] - 1) / op.Strides[i]
		cut.Axes = append(cut.Axes, ir.AxisSlice{Axis: 1 + i, End: &end})
	}
	if v := l.b.d.version; op.Avg && len(op.Size) < 3 && !v.before(2, 0, 4) && v.before(2, 1, 5) { // averages the padding too
		around := append(append([]int{0}, pad...), 0)
		op.Padding = ir.Padding{}
		return l.Add(cut, l.Add(op, l.Add(&ir.Pad{Before: around, After: around, Mode: "constant"}, x)))
	}
	op.Padding = ir.Padding{Before: pad, After: pad}
	return l.Add(cut, l.Add(op, x))
}

// spatialAxes are the axes between batch and channels.
func spatialAxes(rank int, first bool) []int {
	var axes []int
	for i := range rank {
		if first {
			i++
		}
		axes = append(axes, 1+i)
	}
	return axes
}

func globalPooling(rank int, fn string) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		if fn == "mean" {
			x = l.AsFloat(x)
		}
		first, keep := l.ChannelsFirst(), l.Bool("keepdims", false)
		if !l.WantRank(x, rank+2) {
			return nil
		}
		return one(l.Add(&ir.Reduce{Fn: fn, Axes: spatialAxes(rank, first), Keep: keep}, x))
	}
}

// lowerGlobalAveragePooling1D gives NaN, as Keras does, when every step is masked.
func lowerGlobalAveragePooling1D(l *Layer, c *Call) []Value {
	mask := c.Mask()
	if mask == ir.None {
		return globalPooling(1, "mean")(l, c)
	}
	x := l.AsFloat(c.Single(l).ID)
	first, keep := l.ChannelsFirst(), l.Bool("keepdims", false)
	if !l.WantRank(x, 3) {
		return nil
	}
	axes := spatialAxes(1, first)
	m := l.ExpandDims(l.Cast(mask, ir.Bool), 3-axes[0])
	dt := l.Type(x).DType
	sum := &ir.Reduce{Fn: "sum", Axes: axes, Keep: keep}
	total := l.Add(sum, l.Add(&ir.Where{}, m, x, l.Scalar(0, dt)))
	return one(l.Binary("div", total, l.Add(sum, l.Cast(m, dt))))
}

func adaptivePooling(rank int, average bool) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		if average {
			x = l.AsFloat(x)
		}
		size := l.Ints("output_size", rank)
		first := l.ChannelsFirst()
		if !l.WantRank(x, rank+2) {
			return nil
		}
		x = l.adaptivePool(l.channelsLast(x, first), size, average)
		return one(l.channelsBack(x, first))
	}
}

// adaptivePool uses plain windows where these do not overlap.
func (l *Layer) adaptivePool(x ir.ValueID, size []int, average bool) ir.ValueID {
	if l.err != nil {
		return ir.None
	}
	even := make([]int, len(size))
	for i, n := range size {
		d := l.Dim(x, 1+i)
		if !d.IsKnown() || n < 1 || d.Size < n || d.Size%n != 0 {
			return l.Add(&ir.AdaptivePool{Avg: average, Size: size}, x)
		}
		even[i] = d.Size / n
	}
	return l.Add(&ir.Pool{Avg: average, Size: even, Strides: even}, x)
}
