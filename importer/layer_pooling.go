package importer

import (
	"fmt"
	"math"
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

// adaptivePooling pools axis after axis, as Keras does: window i of an axis of n
// begins at floor(i*n/size) and is ceil(n/size) wide, or one wider.
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
		x = l.channelsLast(x, first)
		for i := range rank {
			x = l.adaptiveAxis(x, rank, i, size[i], average)
		}
		return one(l.channelsBack(x, first))
	}
}

func (l *Layer) adaptiveAxis(x ir.ValueID, rank, axis, out int, average bool) ir.ValueID {
	n := l.Size(x, 1+axis)
	if l.err == nil && (out < 1 || n < 1 || int64(out) > l.b.lim.ConstantBytes/64) {
		l.Fail(ir.ErrShape, "output_size", "%d windows over an axis of %d", out, n)
	}
	if l.err != nil {
		return ir.None
	}
	pool := func(window, stride int) ir.ValueID {
		op := &ir.Pool{Avg: average, Size: slices.Repeat([]int{1}, rank), Strides: slices.Repeat([]int{1}, rank)}
		op.Size[axis], op.Strides[axis] = window, stride
		return l.Add(op, x)
	}
	small := (n + out - 1) / out
	if n%out == 0 {
		return pool(small, small)
	}
	starts := make([]int32, out)
	wide := false
	for i := range starts {
		start, end := adaptiveWindow(i, n, out)
		starts[i] = int32(start)
		if end-start > small {
			starts[i] += int32(n - small + 1)
			wide = true
		}
	}
	y := pool(small, 1)
	if wide {
		y = l.Add(&ir.Concat{Axis: 1 + axis}, y, pool(small+1, 1))
	}
	index := l.Const(fmt.Sprintf("windows/%d/%d", n, out), func() *ir.Tensor { return ir.NewInt32(starts, out) })
	return l.Add(&ir.Gather{Axis: 1 + axis}, y, index)
}

// adaptiveWindow computes in float32, as Keras does.
func adaptiveWindow(i, n, out int) (start, end int) {
	start = int(math.Floor(float64(float32(i) * float32(n) / float32(out))))
	end = int(math.Ceil(float64(float32(i+1) * float32(n) / float32(out))))
	return min(start, n-1), min(end, n)
}
