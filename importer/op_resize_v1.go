package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// resizeV1Ops are TensorFlow 1's, which know other places of a pixel than its
// middle.
var resizeV1Ops = []opRow{
	{name: "image.resize_bilinear", params: "images size align_corners half_pixel_centers", lower: resizeV1("bilinear"), note: "TensorFlow 1's"},
	{name: "image.resize_nearest_neighbor", params: "images size align_corners half_pixel_centers", lower: resizeV1("nearest"), note: "TensorFlow 1's"},
	{name: "image.resize_bicubic", params: "images size align_corners half_pixel_centers", lower: resizeV1("bicubic"), note: "TensorFlow 1's, with half_pixel_centers"},
	{name: "image.resize_images", params: "images size method align_corners", lower: opResizeImagesV1, note: "TensorFlow 1's, bilinear and nearest"},
}

func opResizeImagesV1(o *opCall) []Value {
	switch m := o.args["method"]; m {
	case nil, int64(0), "bilinear":
		return resizeV1("bilinear")(o)
	case int64(1), "nearest":
		return resizeV1("nearest")(o)
	}
	o.bad("method", "bilinear or nearest")
	return nil
}

func resizeV1(method string) opFunc {
	return func(o *opCall) []Value {
		size, align, half := o.wholes("size", 2), o.flag("align_corners", false), o.flag("half_pixel_centers", false)
		return o.onPictures(func(x ir.ValueID) ir.ValueID {
			if half && !align {
				return o.resized(x, &ir.Resize{Size: size, Method: method})
			}
			if method == "bicubic" || half {
				o.bad("half_pixel_centers", "true, without align_corners")
				return ir.None
			}
			for i, n := range size {
				x = o.resizedAxis(x, 1+i, n, method == "bilinear", align)
			}
			return x
		})
	}
}

// resizedAxis computes places in float32, as TensorFlow does.
func (o *opCall) resizedAxis(x ir.ValueID, axis, n int, linear, align bool) ir.ValueID {
	m := o.Size(x, axis)
	if o.err != nil || n < 1 || m < 1 || !o.Allows("size", m, n) {
		o.bad("size", "sizes of at least 1")
		return ir.None
	}
	scale := float32(m) / float32(n)
	if align && n > 1 {
		scale = float32(m-1) / float32(n-1)
	}
	at, w := make([]int32, n), make([]float32, m*n)
	for i := range n {
		place := float32(i) * scale
		low := int(place)
		if at[i] = int32(low); align {
			at[i] = int32(math.Round(float64(place)))
		}
		at[i] = min(at[i], int32(m-1))
		low = min(low, m-1)
		high := min(int(math.Ceil(float64(place))), m-1)
		w[low*n+i] += 1 - (place - float32(int(place)))
		w[high*n+i] += place - float32(int(place))
	}
	if !linear {
		return o.Add(&ir.Gather{Axis: axis}, x, o.constInts(at))
	}
	matrix := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(w, m, n) })
	return o.moveAxes(o.Add(&ir.Dense{}, o.moveAxes(o.Cast(x, ir.Float32), []int{axis}, []int{-1}), matrix), []int{-1}, []int{axis})
}
