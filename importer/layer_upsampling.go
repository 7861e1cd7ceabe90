package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var upsamplingLayers = []row{
	{class: "UpSampling1D", lower: upsampling(1)},
	{class: "UpSampling2D", lower: upsampling(2), note: "all of TensorFlow's interpolations"},
	{class: "UpSampling3D", lower: upsampling(3)},
}

func upsampling(rank int) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		size := l.Ints("size", rank, slices.Repeat([]int{2}, rank)...)
		first := l.ChannelsFirst()
		method := "nearest"
		if rank == 2 {
			method = strings.ToLower(l.String("interpolation", "nearest"))
		}
		if !l.WantRank(x, rank+2) {
			return nil
		}
		for _, n := range size {
			if n < 1 || n > 1<<20 {
				l.badKey("size", size, "positive integers")
				return nil
			}
		}
		if method == "bilinear" && l.b.d.name == "keras2" {
			x = l.AsFloat(x)
			for _, i := range []int{1, 0} {
				x = l.cornerBilinear(x, spatialAxes(rank, first)[i], size[i])
			}
			return one(x)
		}
		if method != "nearest" {
			x = l.channelsLast(l.AsFloat(x), first)
			return one(l.channelsBack(l.Add(&ir.Resize{Scale: size, Method: method}, x), first))
		}
		for i, a := range spatialAxes(rank, first) {
			if size[i] > 1 {
				x = l.Add(&ir.Repeat{Axis: a, N: size[i]}, x)
			}
		}
		return one(x)
	}
}

// cornerBilinear scales an axis as Keras 2 did before tf.keras: pixel i of the input
// is pixel i*size of the output, and the last one is repeated.
func (l *Layer) cornerBilinear(x ir.ValueID, axis, size int) ir.ValueID {
	if l.err != nil || size == 1 {
		return x
	}
	second, last := 1, -1
	behind := l.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axis, Start: &second}}}, x)
	behind = l.Add(&ir.Concat{Axis: axis}, behind, l.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axis, Start: &last}}}, x))
	along := l.Const(fmt.Sprintf("corners%d", axis), func() *ir.Tensor {
		t := make([]float32, size)
		for i := range t {
			t[i] = float32(i) / float32(size)
		}
		return ir.NewFloat32(t, append([]int{size}, slices.Repeat([]int{1}, l.Rank(x)-axis-1)...)...)
	})
	rise := l.ExpandDims(l.Binary("sub", behind, x), axis+1)
	y := l.Binary("add", l.ExpandDims(x, axis+1), l.Binary("mul", rise, l.Cast(along, l.Type(x).DType)))
	dims := make([]ir.Extent, l.Rank(x))
	for i := range dims {
		dims[i] = ir.DimOf(0, i)
		if i > axis {
			dims[i] = ir.DimOf(0, i+1)
		}
	}
	dims[axis] = ir.Size(-1)
	return l.Reshape(y, dims)
}
