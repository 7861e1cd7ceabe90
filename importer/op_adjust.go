package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// adjustOps are TensorFlow's changes of light and color. They compute with floats
// from 0 to 1, which they make of integers and back.
var adjustOps = []opRow{
	{name: "image.convert_image_dtype", params: "images dtype saturate", lower: opConvertImage, note: "TensorFlow's"},
	{name: "image.per_image_standardization", params: "images", lower: opStandardize, note: "TensorFlow's"},
	{name: "image.adjust_brightness", params: "images delta", lower: adjust(true, brightness), note: "TensorFlow's"},
	{name: "image.adjust_contrast", params: "images contrast_factor", lower: adjust(true, contrast), note: "TensorFlow's"},
	{name: "image.adjust_gamma", params: "images gamma gain", lower: adjust(true, gamma), note: "TensorFlow's"},
	{name: "image.adjust_hue", params: "images delta", lower: adjust(false, hue), note: "TensorFlow's"},
	{name: "image.adjust_saturation", params: "images saturation_factor", lower: adjust(false, saturation), note: "TensorFlow's"},
	{name: "image.rgb_to_yuv", params: "images", lower: mixColors(0.299, -0.14714119, 0.61497538, 0.587, -0.28886916, -0.51496512, 0.114, 0.43601035, -0.10001026), note: "TensorFlow's"},
	{name: "image.yuv_to_rgb", params: "images", lower: mixColors(1, 1, 1, 0, -0.394642334, 2.03206185, 1.13988303, -0.58062185, 0), note: "TensorFlow's"},
	{name: "image.rgb_to_yiq", params: "images", lower: mixColors(0.299, 0.59590059, 0.2115, 0.587, -0.27455667, -0.52273617, 0.114, -0.32134392, 0.31119955), note: "TensorFlow's"},
	{name: "image.yiq_to_rgb", params: "images", lower: mixColors(1, 1, 1, 0.95598634, -0.27201283, -1.10674021, 0.6208248, -0.64720424, 1.70423049), note: "TensorFlow's"},
}

// highest is the largest number of an integer dtype.
func highest(dt ir.DType) float64 {
	_, hi := integerRange(dt)
	return hi
}

func opConvertImage(o *opCall) []Value {
	x := o.tensor("images")
	to := o.dtype("dtype", ir.Float32)
	if o.err == nil && (!isNumber(o.Type(x).DType) || !isNumber(to)) {
		o.bad("dtype", "a dtype of numbers, of "+o.Type(x).DType.String())
		return nil
	}
	return outputs(o.convertImage(x, to, o.flag("saturate", false)))
}

func isNumber(dt ir.DType) bool { return dt.IsFloat() || dt.IsInt() }

// convertImage scales: an integer dtype's largest number is 1.0.
func (o *opCall) convertImage(x ir.ValueID, to ir.DType, saturate bool) ir.ValueID {
	from := o.Type(x).DType
	cast := func(x ir.ValueID) ir.ValueID {
		if saturate {
			return o.saturateCast(x, to)
		}
		return o.Cast(x, to)
	}
	switch {
	case o.err != nil || from == to:
		return x
	case from.IsFloat() && to.IsFloat():
		return o.Cast(x, to)
	case from.IsFloat():
		return cast(o.Binary("mul", x, o.Scalar(highest(to)+0.5, from)))
	case to.IsFloat():
		return o.Binary("mul", o.Cast(x, to), o.Scalar(1/highest(from), to))
	case highest(from) > highest(to):
		return cast(o.Binary("floordiv", x, o.Scalar(math.Floor((highest(from)+1)/(highest(to)+1)), from)))
	}
	return o.Binary("mul", cast(x), o.Scalar(math.Floor((highest(to)+1)/(highest(from)+1)), to))
}

// adjust calls f with floats.
func adjust(saturate bool, f func(o *opCall, x ir.ValueID) ir.ValueID) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("images")
		if o.err == nil && !isNumber(o.Type(x).DType) {
			o.bad("images", "numbers")
		}
		if o.err != nil {
			return nil
		}
		dt := o.Type(x).DType
		if dt != ir.Float16 && dt != ir.Float32 {
			x = o.convertImage(x, ir.Float32, false)
		}
		return outputs(o.convertImage(f(o, x), dt, saturate))
	}
}

func brightness(o *opCall, x ir.ValueID) ir.ValueID {
	return o.Binary("add", x, o.Scalar(o.num("delta"), o.Type(x).DType))
}

func contrast(o *opCall, x ir.ValueID) ir.ValueID {
	mean := o.Add(&ir.Reduce{Fn: "mean", Axes: []int{-3, -2}, Keep: true}, x)
	d := o.Binary("mul", o.Binary("sub", x, mean), o.Scalar(o.num("contrast_factor"), o.Type(x).DType))
	return o.Binary("add", d, mean)
}

func gamma(o *opCall, x ir.ValueID) ir.ValueID {
	dt := o.Type(x).DType
	y := o.Binary("pow", x, o.Scalar(o.num("gamma", 1), dt))
	return o.Binary("mul", o.Scalar(o.num("gain", 1), dt), y)
}

// hue turns the hue, and leaves the largest and the smallest channel of a color
// their values.
func hue(o *opCall, x ir.ValueID) ir.ValueID {
	h, _, v, chroma := o.hsv(x)
	num := func(v float64) ir.ValueID { return o.Scalar(v, o.Type(x).DType) }
	h = o.Binary("mod", o.Binary("add", h, num(o.num("delta"))), num(1))
	least := o.Binary("sub", v, chroma)
	return o.eachColor(h, func(d ir.ValueID) ir.ValueID { return o.Binary("add", least, o.Binary("mul", chroma, d)) })
}

func saturation(o *opCall, x ir.ValueID) ir.ValueID {
	h, s, v, _ := o.hsv(x)
	s = o.Binary("mul", s, o.Scalar(o.num("saturation_factor"), o.Type(x).DType))
	return o.rgb(h, o.Unary(ir.Func{Name: "clip", B: 1}, s), v)
}

// mixColors multiplies colors by a matrix of three rows.
func mixColors(weights ...float64) opFunc {
	items := make([]any, len(weights))
	for i, w := range weights {
		items[i] = w
	}
	return func(o *opCall) []Value {
		x := o.tensor("images")
		if o.err == nil && (!o.Type(x).DType.IsFloat() || o.Size(x, -1) != 3) {
			o.bad("images", "three channels of floats")
		}
		if o.err != nil {
			return nil
		}
		return outputs(o.Add(&ir.Dense{}, x, o.array(items, []int{3, 3}, o.Type(x).DType)))
	}
}

// opStandardize divides by the deviation, which counts at least 1/√n.
func opStandardize(o *opCall) []Value {
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		x = o.Cast(x, ir.Float32)
		n := float64(o.Size(x, 1) * o.Size(x, 2) * o.Size(x, 3))
		all := []int{1, 2, 3}
		mean := o.Add(&ir.Reduce{Fn: "mean", Axes: all, Keep: true}, x)
		std := o.Add(&ir.Reduce{Fn: "std", Axes: all, Keep: true}, x)
		least := o.Unary(ir.Func{Name: "rsqrt"}, o.Scalar(n, ir.Float32))
		return o.Binary("div", o.Binary("sub", x, mean), o.Binary("max", std, least))
	})
}
