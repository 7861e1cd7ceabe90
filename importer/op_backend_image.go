package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// backendImageOps are keras.backend's functions of pictures and volumes.
var backendImageOps = []opRow{
	{name: "resize_images", params: "x height_factor width_factor data_format interpolation", lower: opResizeImages, note: "keras.backend's"},
	{name: "resize_volumes", params: "x depth_factor height_factor width_factor data_format", lower: opResizeVolumes, note: "keras.backend's"},
	{name: "temporal_padding", params: "x padding", lower: backendPadding(1), note: "keras.backend's"},
	{name: "spatial_2d_padding", params: "x padding data_format", lower: backendPadding(2), note: "keras.backend's"},
	{name: "spatial_3d_padding", params: "x padding data_format", lower: backendPadding(3), note: "keras.backend's"},
	{name: "pool2d", params: "x pool_size strides padding data_format pool_mode", lower: opBackendPool, note: "keras.backend's"},
	{name: "pool3d", params: "x pool_size strides padding data_format pool_mode", lower: opBackendPool, note: "keras.backend's"},
}

func opResizeImages(o *opCall) []Value {
	x, first := o.tensor("x"), o.channelsFirst()
	op := &ir.Resize{Scale: []int{o.size("height_factor"), o.size("width_factor")}, Method: o.text("interpolation", "nearest")}
	if !o.WantRank(x, 4) {
		return nil
	}
	o.tf = true
	return outputs(o.channelsBack(o.resized(o.channelsLast(x, first), op), first))
}

func opResizeVolumes(o *opCall) []Value {
	x, axis := o.tensor("x"), 1
	if o.channelsFirst() {
		axis = 2
	}
	if !o.WantRank(x, 5) {
		return nil
	}
	y := outputs(x)
	for i, factor := range []string{"depth_factor", "height_factor", "width_factor"} {
		if o.err != nil {
			return nil
		}
		y = opRepeat(o.with(object{"x": y[0], "repeats": int64(o.size(factor)), "axis": int64(axis + i)}))
	}
	return y
}

// backendPadding surrounds axes with zeros, one on each side unless told.
func backendPadding(axes int) opFunc {
	return func(o *opCall) []Value {
		x, before := o.tensor("x"), 1
		if axes > 1 && o.channelsFirst() {
			before = 2
		}
		if !o.WantRank(x, axes+2) {
			return nil
		}
		pairs := slices.Repeat([]any{[]any{int64(1), int64(1)}}, axes)
		if given := list(o.plain("padding")); axes == 1 && given != nil {
			pairs = []any{given}
		} else if given != nil {
			pairs = given
		}
		widths := slices.Repeat([]any{[]any{int64(0), int64(0)}}, axes+2)
		if len(pairs) != axes {
			o.bad("padding", "a pair for each axis")
			return nil
		}
		copy(widths[before:], pairs)
		return opPad(o.with(object{"x": Value{x, ir.None}, "pad_width": widths}))
	}
}

func opBackendPool(o *opCall) []Value {
	mode := o.text("pool_mode", "max")
	if mode != "max" && mode != "avg" {
		o.bad("pool_mode", "max or avg")
	}
	o.args["inputs"] = o.args["x"]
	if !o.given("strides") {
		o.args["strides"] = int64(1)
	}
	return opPool(mode == "avg")(o)
}
