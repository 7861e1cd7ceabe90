package importer

import (
	"math"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var imageOps = []opRow{
	{name: "image.resize", class: "Resize", params: "images size interpolation antialias crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value data_format", lower: opResize},
	{name: "image.rgb_to_grayscale", class: "RGBToGrayscale", params: "images data_format", lower: opGrayscale},
	{name: "image.rgb_to_hsv", class: "RGBToHSV", params: "images data_format", lower: opRGBToHSV},
	{name: "image.hsv_to_rgb", class: "HSVToRGB", params: "images data_format", lower: opHSVToRGB},
	{name: "image.pad_images", class: "PadImages", params: "images top_padding left_padding bottom_padding right_padding target_height target_width data_format", lower: opPadImages},
	{name: "image.crop_images", class: "CropImages", params: "images top_cropping left_cropping bottom_cropping right_cropping target_height target_width data_format", lower: opCropImages},
	{name: "image.extract_patches", class: "ExtractPatches", params: "images size strides dilation_rate padding data_format", lower: opExtractPatches},
	{name: "image.flip_left_right", params: "images", lower: flipImages(-2), note: "TensorFlow's"},
	{name: "image.flip_up_down", params: "images", lower: flipImages(-3), note: "TensorFlow's"},
	{name: "image.transpose", params: "images", lower: opTransposeImages, note: "TensorFlow's"},
	{name: "image.rescale", params: "images scale offset", lower: opRescale},
}

// onPictures calls f with [batch, height, width, channels].
func (o *opCall) onPictures(f func(x ir.ValueID) ir.ValueID) []Value {
	x := o.tensor("images")
	if !o.WantRank(x, 3, 4) {
		return nil
	}
	return outputs(o.batched(x, o.channelsFirst(), f))
}

// opResize keeps the dtype in Keras; tf.image.resize gives float32 unless it
// takes the nearest pixel.
func opResize(o *opCall) []Value {
	op := &ir.Resize{Size: o.wholes("size", 2), Method: strings.ToLower(o.text("interpolation", "bilinear")), Antialias: o.flag("antialias", false)}
	op.Fit = map[bool]string{true: "crop"}[o.flag("crop_to_aspect_ratio", false)]
	if o.flag("pad_to_aspect_ratio", false) {
		op.Fit, op.Fill = "pad", ir.Float(o.num("fill_value", 0))
	}
	return o.onPictures(func(x ir.ValueID) ir.ValueID { return o.resized(x, op) })
}

func (o *opCall) resized(x ir.ValueID, op *ir.Resize) ir.ValueID {
	dt := o.Type(x).DType
	if op.Method == "nearest" {
		return o.Add(op, x)
	}
	op.Rounded = dt.IsInt() && !o.tf
	y := o.Add(op, o.AsFloat(x))
	switch {
	case o.tf:
		return o.Cast(y, ir.Float32)
	case dt.IsInt():
		return o.saturate(o.Unary(ir.Func{Name: "round"}, y), dt)
	}
	return y
}

func opGrayscale(o *opCall) []Value {
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		if o.Size(x, -1) == 1 {
			return x
		}
		dt := o.Type(x).DType
		x = o.AsFloat(x)
		weights := o.array([]any{0.2989, 0.5870, 0.1140}, []int{3, 1}, o.Type(x).DType)
		return o.Cast(o.Add(&ir.Dense{}, x, weights), dt)
	})
}

func opRGBToHSV(o *opCall) []Value {
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		h, s, v, _ := o.hsv(x)
		return o.concat(-1, o.ExpandDims(h, -1), o.ExpandDims(s, -1), o.ExpandDims(v, -1))
	})
}

// hsv is hue, saturation, value and chroma of colors, as TensorFlow's kernel has them.
func (o *opCall) hsv(x ir.ValueID) (h, s, v, chroma ir.ValueID) {
	dt := o.Type(x).DType
	num := func(v float64) ir.ValueID { return o.Scalar(v, dt) }
	r, g, b := o.takeLast(x, 0), o.takeLast(x, 1), o.takeLast(x, 2)
	v = o.Add(&ir.Reduce{Fn: "max", Axes: []int{-1}}, x)
	chroma = o.Binary("sub", v, o.Add(&ir.Reduce{Fn: "min", Axes: []int{-1}}, x))
	s = o.where(o.Binary("gt", v, num(0)), o.Binary("div", chroma, v), num(0))
	norm := o.Binary("div", num(1), o.Binary("mul", num(6), chroma))
	hue := func(a, b ir.ValueID, add float64) ir.ValueID {
		return o.Binary("add", o.Binary("mul", norm, o.Binary("sub", a, b)), num(add))
	}
	h = o.where(o.Binary("eq", g, v), hue(b, r, 2.0/6), hue(r, g, 4.0/6))
	h = o.where(o.Binary("eq", r, v), hue(g, b, 0), h)
	h = o.where(o.Binary("gt", chroma, num(0)), h, num(0))
	return o.where(o.Binary("lt", h, num(0)), o.Binary("add", h, num(1)), h), s, v, chroma
}

func opHSVToRGB(o *opCall) []Value {
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		return o.rgb(o.takeLast(x, 0), o.takeLast(x, 1), o.takeLast(x, 2))
	})
}

func (o *opCall) rgb(h, s, v ir.ValueID) ir.ValueID {
	white := o.Binary("sub", o.Scalar(1, o.Type(s).DType), s)
	return o.eachColor(h, func(d ir.ValueID) ir.ValueID {
		return o.Binary("mul", o.Binary("add", white, o.Binary("mul", s, d)), v)
	})
}

// eachColor makes red, green and blue of what a hue has of each, between 0 and 1.
func (o *opCall) eachColor(h ir.ValueID, channel func(d ir.ValueID) ir.ValueID) ir.ValueID {
	num := func(v float64) ir.ValueID { return o.Scalar(v, o.Type(h).DType) }
	dh := o.Binary("mul", h, num(6))
	ramp := func(center, sign, offset float64) ir.ValueID { // clip(offset + sign·|dh - center|)
		d := o.Unary(ir.Func{Name: "abs"}, o.Binary("sub", dh, num(center)))
		d = o.Unary(ir.Func{Name: "clip", B: 1}, o.Binary("add", num(offset), o.Binary("mul", num(sign), d)))
		return o.ExpandDims(channel(d), -1)
	}
	return o.concat(-1, ramp(3, 1, -1), ramp(2, -1, 2), ramp(4, -1, 2))
}

// sides are the two numbers of an axis of which one may follow from the target.
func (o *opCall) sides(x ir.ValueID, axis int, before, after, target string, sign int) (int, int) {
	if o.given(before) && o.given(after) {
		return o.size(before), o.size(after)
	}
	rest := sign * (o.size(target) - o.Size(x, axis))
	switch {
	case o.given(before):
		return o.size(before), rest - o.size(before)
	case o.given(after):
		return rest - o.size(after), o.size(after)
	}
	o.bad(before, "a number, or "+after+" and "+target)
	return 0, 0
}

func opPadImages(o *opCall) []Value {
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		top, bottom := o.sides(x, 1, "top_padding", "bottom_padding", "target_height", 1)
		left, right := o.sides(x, 2, "left_padding", "right_padding", "target_width", 1)
		return o.framed(x, [2]int{top, left}, [2]int{bottom, right})
	})
}

func opCropImages(o *opCall) []Value {
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		top, bottom := o.sides(x, 1, "top_cropping", "bottom_cropping", "target_height", -1)
		left, right := o.sides(x, 2, "left_cropping", "right_cropping", "target_width", -1)
		return o.cropped(x, [2]int{top, left}, [2]int{bottom, right})
	})
}

// cropped cuts rows and columns off pictures.
func (o *opCall) cropped(x ir.ValueID, before, after [2]int) ir.ValueID {
	op := &ir.Slice{}
	for i := range before {
		s := ir.AxisSlice{Axis: 1 + i, Start: &before[i]}
		if after[i] > 0 {
			end := -after[i]
			s.End = &end
		}
		op.Axes = append(op.Axes, s)
	}
	return o.Add(op, x)
}

// framed surrounds pictures with zeros.
func (o *opCall) framed(x ir.ValueID, before, after [2]int) ir.ValueID {
	return o.Add(&ir.Pad{Mode: "constant", Before: []int{0, before[0], before[1], 0}, After: []int{0, after[0], after[1], 0}}, x)
}

// opExtractPatches convolves with an identity kernel, as Keras does: a patch's
// rows, columns and channels follow one another.
func opExtractPatches(o *opCall) []Value {
	axes := 2
	if n := len(list(o.plain("size"))); n == 3 || n == 5 { // TensorFlow's have one for batch and channels too
		axes = 3
	}
	patches := func(x ir.ValueID) ir.ValueID {
		size := o.spatial("size", axes)
		strides := o.spatial("strides", axes, size...)
		shape := append(slices.Clone(size), o.Size(x, -1))
		if o.err != nil || exceeds(math.MaxInt32, shape...) || product(shape) < 1 || !o.Allows("size", product(shape), product(shape)) {
			o.bad("size", "patches within limits")
			return ir.None
		}
		n := product(shape)
		eye := make([]float32, n*n)
		for i := range n {
			eye[i*n+i] = 1
		}
		dt := o.Type(x).DType
		kernel := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(eye, append(shape, n)...) })
		x = o.AsFloat(x)
		ones := slices.Repeat([]int{1}, axes)
		y := o.Add(&ir.Conv{Strides: strides, Dilations: o.spatial("dilation_rate", axes, ones...), Padding: o.paddingMode()}, x, o.Cast(kernel, o.Type(x).DType))
		return o.Cast(y, dt)
	}
	if axes == 2 {
		return o.onPictures(patches)
	}
	x := o.tensor("images")
	if !o.WantRank(x, 4, 5) {
		return nil
	}
	single, first := o.Rank(x) == 4, o.channelsFirst()
	if single {
		x = o.ExpandDims(x, 0)
	}
	y := o.channelsBack(patches(o.channelsLast(x, first)), first)
	if single {
		y = o.Squeeze(y, 0)
	}
	return outputs(y)
}

func flipImages(axis int) opFunc {
	return func(o *opCall) []Value { return outputs(o.Add(&ir.Flip{Axes: []int{axis}}, o.tensor("images"))) }
}

func opTransposeImages(o *opCall) []Value {
	return o.onPictures(func(x ir.ValueID) ir.ValueID { return o.Transpose(x, 0, 2, 1, 3) })
}

func opRescale(o *opCall) []Value {
	x := o.AsFloat(o.tensor("images"))
	dt := o.Type(x).DType
	y := o.Binary("mul", x, o.Scalar(o.num("scale"), dt))
	return outputs(o.Binary("add", y, o.Scalar(o.num("offset", 0), dt)))
}
