package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// tfWindowOps slide windows as only TensorFlow does.
var tfWindowOps = []opRow{
	{name: "conv_transpose_to", params: "inputs kernel output_shape strides padding data_format dilation_rate", lower: opConvTransposeTo, note: "TensorFlow's conv_transpose, of known sizes"},
	{name: "pool", params: "inputs pool_size pooling_type strides padding data_format dilation_rate", lower: opTFPool, note: "TensorFlow's"},
	{name: "max_pool_with_argmax", params: "inputs pool_size strides padding data_format include_batch_in_index", lower: opMaxPoolWithArgmax, note: "TensorFlow's, of a known size"},
	{name: "dilation2d", params: "inputs kernel strides padding data_format dilation_rate", lower: morphology(false), note: "TensorFlow's, of a known size"},
	{name: "erosion2d", params: "inputs kernel strides padding data_format dilation_rate", lower: morphology(true), note: "TensorFlow's, of a known size"},
}

// opConvTransposeTo is told the size of its output, one of those that the
// convolution would take to the size of its input.
func opConvTransposeTo(o *opCall) []Value {
	sizes := o.shapeArg("output_shape")
	if !o.given("padding") {
		o.args["padding"] = "SAME"
	}
	same, first := o.paddingMode().Same, o.channelsFirst()
	return o.convTranspose(func(x ir.ValueID, axis, window, stride int) (before, after int) {
		if o.err != nil || len(sizes) != o.Rank(x) {
			o.bad("output_shape", "a size for each axis")
			return 0, 0
		}
		size := sizes[1+axis]
		if first {
			size = sizes[2+axis]
		}
		n := o.Size(x, 1+axis)
		if o.err != nil || !size.known || stride < 1 {
			o.bad("output_shape", "known sizes")
			return 0, 0
		}
		from := size.n - window
		if same {
			from = size.n - 1
		}
		if from < 0 || from/stride+1 != n {
			o.Fail(ir.ErrShape, "output_shape", "%d elements of axis %d, convolved with a window of %d and a stride of %d, do not give the %d of the input", size.n, 1+axis, window, stride, n)
			return 0, 0
		}
		full := (n-1)*stride + window
		if same {
			before = max(full-size.n, 0) / 2
		}
		return before, full - before - size.n
	})
}

func opTFPool(o *opCall) []Value {
	kind := o.text("pooling_type", "")
	if kind != "MAX" && kind != "AVG" {
		o.bad("pooling_type", "MAX or AVG")
	}
	_, rank, _ := o.images()
	for _, d := range o.spatial("dilation_rate", rank, slices.Repeat([]int{1}, rank)...) {
		if d != 1 {
			o.bad("dilation_rate", "1")
		}
	}
	if !o.given("strides") {
		o.args["strides"] = int64(1)
	}
	return opPool(kind == "AVG")(o)
}

// tfPatches are the elements under each place of a window: [batch, places,
// window, channels] of an image of known size, what of them is inside the image
// [places, window, 1], and where on the flat image they are [places*window].
type tfPatches struct {
	x, inside ir.ValueID
	at        []int32
	out       [2]int
}

func (o *opCall) tfPatches(x ir.ValueID, window, strides, dilations []int, same bool) *tfPatches {
	h, w := o.Size(x, 1), o.Size(x, 2)
	var before [2]int
	p := &tfPatches{}
	for i, n := range []int{h, w} {
		if o.err != nil || window[i] < 1 || strides[i] < 1 || dilations[i] < 1 || n < 1 {
			o.bad("strides", "windows and strides of at least 1 on an image")
			return nil
		}
		span := (window[i]-1)*dilations[i] + 1
		if p.out[i] = (n-span)/strides[i] + 1; same {
			p.out[i] = (n-1)/strides[i] + 1
			before[i] = max((p.out[i]-1)*strides[i]+span-n, 0) / 2
		}
		if !same && n < span {
			o.Fail(ir.ErrShape, "inputs", "a window of %d elements is larger than %v", span, o.Shape(x))
			return nil
		}
	}
	places, area := p.out[0]*p.out[1], window[0]*window[1]
	if !o.Allows("ksize", p.out[0], p.out[1], window[0], window[1]) {
		return nil
	}
	inside := make([]bool, 0, places*area)
	for place := range places {
		for k := range area {
			y := place/p.out[1]*strides[0] - before[0] + k/window[1]*dilations[0]
			x := place%p.out[1]*strides[1] - before[1] + k%window[1]*dilations[1]
			in := y >= 0 && y < h && x >= 0 && x < w
			inside = append(inside, in)
			if !in {
				y, x = 0, 0
			}
			p.at = append(p.at, int32(y*w+x))
		}
	}
	flat := o.Reshape(x, []ir.Extent{ir.DimOf(0, 0), ir.Size(h * w), ir.DimOf(0, 3)})
	index := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewInt32(p.at, places, area) })
	p.x = o.Add(&ir.Gather{Axis: 1}, flat, index)
	p.inside = o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewBool(inside, places, area, 1) })
	return p
}

// rows makes [batch, places, channels] to an image.
func (p *tfPatches) rows(o *opCall, y ir.ValueID) ir.ValueID {
	return o.Reshape(y, []ir.Extent{ir.DimOf(0, 0), ir.Size(p.out[0]), ir.Size(p.out[1]), ir.DimOf(0, 2)})
}

// lowest is x where it is inside the image, else less than any number.
func (p *tfPatches) lowest(o *opCall, x ir.ValueID) ir.ValueID {
	dt := o.Type(x).DType
	return o.where(p.inside, x, o.Scalar(lowestFloat(dt), dt))
}

// opMaxPoolWithArgmax also gives the first place of the largest element, as an
// index of the flat image or batch.
func opMaxPoolWithArgmax(o *opCall) []Value {
	x := o.AsFloat(o.tensor("inputs"))
	if !o.WantRank(x, 4) {
		return nil
	}
	if o.channelsFirst() {
		o.bad("data_format", "NHWC")
	}
	size := o.spatial("pool_size", 2)
	p := o.tfPatches(x, size, o.spatial("strides", 2, size...), []int{1, 1}, o.paddingMode().Same)
	if p == nil {
		return nil
	}
	values := p.lowest(o, p.x)
	best := &ir.Reduce{Fn: "argmax", Axes: []int{2}}
	at := p.rows(o, o.Add(best, values))
	h, w, c := o.Size(x, 1), o.Size(x, 2), o.Size(x, 3)
	if !o.Allows("inputs", h, w, c) {
		return nil
	}
	places := p.out[0] * p.out[1]
	first := make([]int32, places)
	channels := make([]int32, c)
	for i := range first {
		first[i] = int32(i * size[0] * size[1])
	}
	for i := range channels {
		channels[i] = int32(i)
	}
	row := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewInt32(first, p.out[0], p.out[1], 1) })
	flat := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewInt32(p.at, len(p.at)) })
	at = o.Cast(o.Add(&ir.Gather{}, flat, o.Binary("add", at, row)), ir.Int64)
	wide := func(n int) ir.ValueID { return o.Scalar(float64(n), ir.Int64) }
	at = o.Binary("add", o.Binary("mul", at, wide(c)), o.Cast(o.constInts(channels), ir.Int64))
	if o.flag("include_batch_in_index", false) {
		batch := o.Add(&ir.Range{Axis: 0, DType: ir.Int64}, x)
		batch = o.Reshape(o.Binary("mul", batch, wide(h*w*c)), []ir.Extent{ir.DimOf(0, 0), ir.Size(1), ir.Size(1), ir.Size(1)})
		at = o.Binary("add", at, batch)
	}
	return outputs(p.rows(o, o.Add(&ir.Reduce{Fn: "max", Axes: []int{2}}, values)), at)
}

// morphology is the largest sum of the elements under a window and those of the
// kernel; of the erosion, the smallest difference to the kernel turned round.
func morphology(erode bool) opFunc {
	return func(o *opCall) []Value {
		x := o.AsFloat(o.tensor("inputs"))
		kernel := o.kernelOf("kernel", x)
		if !o.WantRank(x, 4) || !o.WantRank(kernel, 3) {
			return nil
		}
		if o.channelsFirst() {
			o.bad("data_format", "NHWC")
		}
		window := []int{o.Size(kernel, 0), o.Size(kernel, 1)}
		p := o.tfPatches(x, window, o.spatial("strides", 2), o.spatial("dilation_rate", 2), o.paddingMode().Same)
		if p == nil {
			return nil
		}
		neg := ir.Func{Name: "neg"}
		if erode {
			p.x = o.Unary(neg, p.x)
			kernel = o.Add(&ir.Flip{Axes: []int{0, 1}}, kernel)
		}
		kernel = o.Reshape(kernel, []ir.Extent{ir.Size(window[0] * window[1]), ir.DimOf(0, 2)})
		y := p.rows(o, o.Add(&ir.Reduce{Fn: "max", Axes: []int{2}}, p.lowest(o, o.Binary("add", p.x, kernel))))
		if erode {
			y = o.Unary(neg, y)
		}
		return outputs(y)
	}
}
