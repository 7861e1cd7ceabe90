package importer

import (
	"math"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// fitOps bring pictures to a size without stretching them.
var fitOps = []opRow{
	{name: "image.central_crop", params: "images central_fraction", lower: opCentralCrop, note: "TensorFlow's, of a known size"},
	{name: "image.resize_with_crop_or_pad", params: "images target_height target_width", lower: opCropOrPad, note: "TensorFlow's, of a known size"},
	{name: "image.resize_with_pad", params: "images target_height target_width interpolation antialias", lower: opResizeWithPad, note: "TensorFlow's, of a known size"},
}

func opCentralCrop(o *opCall) []Value {
	fraction := o.num("central_fraction")
	if !(fraction > 0 && fraction <= 1) {
		o.bad("central_fraction", "a number above 0, at most 1")
		return nil
	}
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		var border [2]int
		for i := range border {
			n := float64(o.Size(x, 1+i))
			border[i] = int((n - n*fraction) / 2)
		}
		return o.cropped(x, border, border)
	})
}

// targetSize is the arguments target_height and target_width.
func (o *opCall) targetSize() [2]int {
	var out [2]int
	for i, name := range []string{"target_height", "target_width"} {
		if out[i] = o.size(name); o.err == nil && out[i] < 1 {
			o.bad(name, "a size of at least 1")
		}
	}
	return out
}

// opCropOrPad takes the odd row or column off the front, and adds it at the end.
func opCropOrPad(o *opCall) []Value {
	target := o.targetSize()
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		var crop, cropEnd, pad, padEnd [2]int
		for i, want := range target {
			if missing := want - o.Size(x, 1+i); missing < 0 {
				crop[i] = -missing / 2
				cropEnd[i] = -missing - crop[i]
			} else {
				pad[i] = missing / 2
				padEnd[i] = missing - pad[i]
			}
		}
		return o.framed(o.cropped(x, crop, cropEnd), pad, padEnd)
	})
}

// opResizeWithPad computes sizes in float32, as TensorFlow does.
func opResizeWithPad(o *opCall) []Value {
	target := o.targetSize()
	op := &ir.Resize{Method: strings.ToLower(o.text("interpolation", "bilinear")), Antialias: o.flag("antialias", false)}
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		var ratio float32
		for i, want := range target {
			ratio = max(ratio, float32(o.Size(x, 1+i))/float32(want))
		}
		if o.err != nil || ratio == 0 {
			o.bad("images", "pixels")
			return ir.None
		}
		var before, after [2]int
		for i, want := range target {
			n := float32(o.Size(x, 1+i)) / ratio
			op.Size = append(op.Size, int(n))
			before[i] = max(0, int(math.Floor(float64((float32(want)-n)/2))))
			after[i] = want - before[i] - op.Size[i]
		}
		return o.framed(o.resized(x, op), before, after)
	})
}
