package importer

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var patchOps = []opRow{
	{name: "unfold", class: "Unfold", params: "x kernel_size dilation padding stride", lower: opUnfold},
	{name: "fold", class: "Fold", params: "x output_size kernel_size dilation padding stride", lower: opFold},
	{name: "image.sobel_edges", class: "SobelEdges", params: "images data_format", lower: opSobelEdges},
	{name: "image.gaussian_blur", class: "GaussianBlur", params: "images kernel_size sigma data_format", lower: opGaussianBlur},
	{name: "image.ssim", class: "SSIM", params: "image1 image2 max_val filter_size filter_sigma k1 k2 data_format", lower: opSSIM},
	{name: "psnr", class: "PSNR", params: "x1 x2 max_val", lower: opPSNR},
}

// patchGrid is how kernels lie on an image: for each axis the places [kernel,
// patches] of their elements on the padded image.
type patchGrid struct {
	kernel, pad, patches [2]int
	places               [2][]int32
}

func (o *opCall) patchGrid(height, width int) *patchGrid {
	two := func(name string, def ...int) [2]int { return [2]int(o.wholes(name, 2, def...)) }
	g := &patchGrid{kernel: two("kernel_size"), pad: two("padding", 0, 0)}
	dilation, stride := two("dilation", 1, 1), two("stride", 1, 1)
	for i, n := range []int{height, width} {
		span := dilation[i]*(g.kernel[i]-1) + 1
		if o.err != nil || g.kernel[i] < 1 || dilation[i] < 1 || stride[i] < 1 || g.pad[i] < 0 || g.kernel[i] > 1<<16 || n+2*g.pad[i] < span {
			o.bad("kernel_size", "kernels that fit the image")
			return nil
		}
		g.patches[i] = (n+2*g.pad[i]-span)/stride[i] + 1
		if int64(g.kernel[i])*int64(g.patches[i]) > o.mostItems() {
			o.bad("kernel_size", "patches within limits")
			return nil
		}
		for k := range g.kernel[i] {
			for p := range g.patches[i] {
				g.places[i] = append(g.places[i], int32(k*dilation[i]+p*stride[i]))
			}
		}
	}
	return g
}

// opUnfold gives the patches of an image [batch, channels, height, width] as
// columns: [batch, channels*kernel, patches].
func opUnfold(o *opCall) []Value {
	x := o.tensor("x")
	if !o.WantRank(x, 4) {
		return nil
	}
	g := o.patchGrid(o.Size(x, 2), o.Size(x, 3))
	if g == nil {
		return nil
	}
	x = o.Add(&ir.Pad{Mode: "constant", Before: []int{0, 0, g.pad[0], g.pad[1]}, After: []int{0, 0, g.pad[0], g.pad[1]}}, x)
	index := func(i int) ir.ValueID {
		return o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewInt32(g.places[i], g.kernel[i], g.patches[i]) })
	}
	x = o.Add(&ir.Gather{Axis: 4}, o.Add(&ir.Gather{Axis: 2}, x, index(0)), index(1))
	x = o.Transpose(x, 0, 1, 2, 4, 3, 5)
	return outputs(o.Reshape(x, []ir.Extent{ir.DimOf(0, 0), ir.Size(o.Size(x, 1) * g.kernel[0] * g.kernel[1]), ir.Size(g.patches[0] * g.patches[1])}))
}

// opFold adds the patches up where they overlap.
func opFold(o *opCall) []Value {
	x := o.tensor("x")
	size := o.wholes("output_size", 2)
	if !o.WantRank(x, 3) {
		return nil
	}
	g := o.patchGrid(size[0], size[1])
	if g == nil {
		return nil
	}
	area := g.kernel[0] * g.kernel[1]
	channels := o.Size(x, 1) / area
	x = o.Reshape(x, []ir.Extent{ir.DimOf(0, 0), ir.Size(channels), ir.Size(g.kernel[0]), ir.Size(g.kernel[1]), ir.Size(g.patches[0]), ir.Size(g.patches[1])})
	updates := o.Transpose(x, 2, 3, 4, 5, 0, 1)
	if int64(area)*int64(g.patches[0])*int64(g.patches[1]) > o.mostItems() {
		o.bad("kernel_size", "patches within limits")
		return nil
	}
	var at []int32
	for i := range g.kernel[0] {
		for j := range g.kernel[1] {
			for p := range g.patches[0] {
				for q := range g.patches[1] {
					at = append(at, g.places[0][i*g.patches[0]+p], g.places[1][j*g.patches[1]+q])
				}
			}
		}
	}
	index := o.Const(constantKey(o.Layer), func() *ir.Tensor {
		return ir.NewInt32(at, g.kernel[0], g.kernel[1], g.patches[0], g.patches[1], 2)
	})
	zeros := o.broadcastTo("x", o.Scalar(0, o.Type(x).DType), slices.Concat(
		[]dimension{knownDimension(size[0] + 2*g.pad[0]), knownDimension(size[1] + 2*g.pad[1])}, o.dimensionsOf(x)[:min(2, o.Rank(x))]))
	y := o.Add(&ir.Scatter{Fn: "add"}, zeros, index, updates)
	y = o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(0, g.pad[0], g.pad[0]+size[0]), between(1, g.pad[1], g.pad[1]+size[1])}}, y)
	return outputs(o.Transpose(y, 2, 3, 0, 1))
}

// eachChannel is a depthwise kernel [h, w, channels, outputs] that is the same
// for every channel; v is [h, w, outputs].
func (o *opCall) eachChannel(x ir.ValueID, v []float32, h, w, outputs int) ir.ValueID {
	c := o.Size(x, -1)
	if o.err != nil || int64(len(v))*int64(c) > o.mostItems() {
		o.bad("images", "channels within limits")
		return ir.None
	}
	all := make([]float32, 0, len(v)*c)
	for i := 0; i < len(v); i += outputs {
		for range c {
			all = append(all, v[i:i+outputs]...)
		}
	}
	kernel := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(all, h, w, c, outputs) })
	return o.Cast(kernel, o.Type(x).DType)
}

// opSobelEdges gives the gradients down and to the right, on an image that is
// mirrored at its border.
func opSobelEdges(o *opCall) []Value {
	x := o.AsFloat(o.tensor("images"))
	first := o.channelsFirst()
	if !o.WantRank(x, 4) {
		return nil
	}
	x = o.channelsLast(x, first)
	down, right := []float32{-1, -2, -1, 0, 0, 0, 1, 2, 1}, []float32{-1, 0, 1, -2, 0, 2, -1, 0, 1}
	var v []float32
	for i := range down {
		v = append(v, down[i], right[i])
	}
	edge := []int{0, 1, 1, 0}
	padded := o.Add(&ir.Pad{Mode: "reflect", Before: edge, After: edge}, x)
	y := o.Add(&ir.DepthwiseConv{}, padded, o.eachChannel(x, v, 3, 3, 2))
	y = o.Reshape(y, []ir.Extent{ir.DimOf(1, 0), ir.DimOf(1, 1), ir.DimOf(1, 2), ir.DimOf(1, 3), ir.Size(2)}, x)
	if first {
		y = o.Transpose(y, 0, 3, 1, 2, 4)
	}
	return outputs(y)
}

// opGaussianBlur has Keras's kernel, whose rows are those of the second axis.
func opGaussianBlur(o *opCall) []Value {
	size := o.wholes("kernel_size", 2, 3, 3)
	sigma := [2]float64{1, 1}
	switch s := o.plain("sigma").(type) {
	case []any:
		for i := range sigma {
			if len(s) != 2 {
				o.bad("sigma", "two numbers")
				return nil
			}
			sigma[i], _ = asFloat(s[i])
		}
	case nil:
	default:
		sigma = [2]float64{o.num("sigma"), o.num("sigma")}
	}
	line := func(i int) []float64 {
		v, sum := make([]float64, max(0, min(size[i], 1<<10))), 0.0
		for k := range v {
			d := (float64(k) - float64(size[i]-1)/2) / sigma[i]
			v[k] = math.Exp(-0.5 * d * d)
			sum += v[k]
		}
		for k := range v {
			v[k] /= sum
		}
		return v
	}
	if o.err == nil && (size[0] < 1 || size[1] < 1 || max(size[0], size[1]) > 1<<10) {
		o.bad("kernel_size", "sizes within limits")
	}
	if o.err != nil {
		return nil
	}
	var v []float32
	rows, cols := line(1), line(0)
	for _, a := range rows {
		for _, b := range cols {
			v = append(v, float32(a*b))
		}
	}
	return o.onPictures(func(x ir.ValueID) ir.ValueID {
		return o.Add(&ir.DepthwiseConv{Padding: ir.Padding{Same: true}}, o.AsFloat(x), o.eachChannel(x, v, size[0], size[1], 1))
	})
}

func opPSNR(o *opCall) []Value {
	x := o.promote(true, "x1", "x2")
	dt := o.Type(x[0]).DType
	mse := o.Add(&ir.Reduce{Fn: "mean"}, o.Binary("squared_difference", x[0], x[1]))
	db := o.Binary("mul", o.Scalar(10, dt), o.Unary(ir.Func{Name: "log10"}, mse))
	return outputs(o.Binary("sub", o.Scalar(20*math.Log10(o.num("max_val")), dt), db))
}

// opSSIM compares means, variances and the covariance under a Gaussian window.
func opSSIM(o *opCall) []Value {
	in := o.promote(true, "image1", "image2")
	n, sigma := o.size("filter_size", 11), o.num("filter_sigma", 1.5)
	if o.err == nil && (n < 1 || n > 1<<10) {
		o.bad("filter_size", "a size within limits")
	}
	if o.err != nil || !o.WantRank(in[0], 3, 4) || !o.WantRank(in[1], o.Rank(in[0])) {
		return nil
	}
	first, single := o.channelsFirst(), o.Rank(in[0]) == 3
	for i, x := range in {
		if single {
			x = o.ExpandDims(x, 0)
		}
		in[i] = o.channelsLast(x, first)
	}
	line, sum := make([]float64, n), 0.0
	for i := range line {
		d := float64(i) - float64(n-1)/2
		line[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += line[i]
	}
	window := make([]float32, 0, n*n)
	for _, a := range line {
		for _, b := range line {
			window = append(window, float32(a/sum*(b/sum)))
		}
	}
	kernel := o.eachChannel(in[0], window, n, n, 1)
	blur := func(x ir.ValueID) ir.ValueID { return o.Add(&ir.DepthwiseConv{}, x, kernel) }
	do := func(fn string, a, b ir.ValueID) ir.ValueID { return o.Binary(fn, a, b) }
	dt, most := o.Type(in[0]).DType, o.num("max_val", 1)
	num := func(v float64) ir.ValueID { return o.Scalar(v, dt) }
	c1, c2 := num(math.Pow(o.num("k1", 0.01)*most, 2)), num(math.Pow(o.num("k2", 0.03)*most, 2))
	m1, m2 := blur(in[0]), blur(in[1])
	m11, m22, m12 := do("mul", m1, m1), do("mul", m2, m2), do("mul", m1, m2)
	s11, s22 := do("sub", blur(do("mul", in[0], in[0])), m11), do("sub", blur(do("mul", in[1], in[1])), m22)
	s12 := do("sub", blur(do("mul", in[0], in[1])), m12)
	above := do("mul", do("add", do("mul", num(2), m12), c1), do("add", do("mul", num(2), s12), c2))
	below := do("mul", do("add", do("add", m11, m22), c1), do("add", do("add", s11, s22), c2))
	y := o.Add(&ir.Reduce{Fn: "mean", Axes: []int{1, 2, 3}}, do("div", above, below))
	if single {
		y = o.Squeeze(y, 0)
	}
	return outputs(y)
}
