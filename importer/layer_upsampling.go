package importer

import (
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
