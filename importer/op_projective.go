package importer

import (
	"fmt"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var projectiveOps = []opRow{
	{name: "image.affine_transform", class: "AffineTransform", params: "images transform interpolation fill_mode fill_value data_format", lower: opAffineTransform},
	{name: "image.perspective_transform", class: "PerspectiveTransform", params: "images start_points end_points interpolation fill_value data_format", lower: opPerspectiveTransform},
	{name: "image.map_coordinates", class: "MapCoordinates", params: "inputs coordinates order fill_mode fill_value", lower: opMapCoordinates},
	{name: "image.scale_and_translate", class: "ScaleAndTranslate", params: "images output_shape scale translation spatial_dims method antialias", lower: opScaleAndTranslate, note: "scale and translation constant"},
}

func opAffineTransform(o *opCall) []Value {
	t := o.tensor("transform")
	if o.err == nil && o.Rank(t) == 1 {
		t = o.ExpandDims(t, 0)
	}
	return o.projected(t, o.text("fill_mode", "constant"))
}

// opPerspectiveTransform solves for the transform that takes the end points to
// the start points.
func opPerspectiveTransform(o *opCall) []Value {
	corners := func(name string) []ir.ValueID { // x and y of each corner, [n, 1]
		p := o.Cast(o.tensor(name), ir.Float32)
		if o.err == nil && o.Rank(p) == 2 {
			p = o.ExpandDims(p, 0)
		}
		if o.err != nil || o.Rank(p) != 3 || o.Dim(p, 1) != ir.Known(4) || o.Dim(p, 2) != ir.Known(2) {
			o.bad(name, "four points")
			return nil
		}
		flat := o.Reshape(p, []ir.Extent{ir.DimOf(0, 0), ir.Size(8)})
		out := make([]ir.ValueID, 8)
		for i := range out {
			out[i] = o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(1, i, i+1)}}, flat)
		}
		return out
	}
	from, to := corners("start_points"), corners("end_points")
	if o.err != nil {
		return nil
	}
	one := o.Binary("add", o.Binary("mul", to[0], o.Scalar(0, ir.Float32)), o.Scalar(1, ir.Float32))
	zero := o.Binary("sub", one, one)
	var rows []ir.ValueID
	for i := range 8 {
		x, y := to[i-i%2], to[i-i%2+1]
		less := func(v ir.ValueID) ir.ValueID { return o.Unary(ir.Func{Name: "neg"}, o.Binary("mul", from[i], v)) }
		row := []ir.ValueID{x, y, one, zero, zero, zero, less(x), less(y)}
		if i%2 == 1 {
			row = []ir.ValueID{zero, zero, zero, x, y, one, less(x), less(y)}
		}
		rows = append(rows, o.ExpandDims(o.concat(1, row...), 1))
	}
	t := o.Add(&ir.Linalg{Fn: "solve"}, o.concat(1, rows...), o.ExpandDims(o.concat(1, from...), -1))
	return o.projected(o.Squeeze(t, -1), "constant")
}

// projected is TensorFlow's ImageProjectiveTransformV3 with the transforms t,
// [1 or batch, 8]: the output's pixel (x, y) is what the input has at
// ((t0·x + t1·y + t2)/p, (t3·x + t4·y + t5)/p), p = t6·x + t7·y + 1.
func (o *opCall) projected(t ir.ValueID, mode string) []Value {
	method := o.text("interpolation", "bilinear")
	if !slices.Contains([]string{"nearest", "bilinear"}, method) {
		o.bad("interpolation", "nearest or bilinear")
	}
	if !slices.Contains([]string{"constant", "nearest", "wrap", "reflect"}, mode) {
		o.bad("fill_mode", "constant, nearest, wrap or reflect")
	}
	t = o.Cast(t, ir.Float32)
	if o.err == nil && (o.Rank(t) != 2 || o.Dim(t, 1) != ir.Known(8)) {
		o.Fail(ir.ErrShape, "transform", "is %v, wants eight numbers for each image", o.Shape(t))
	}
	return o.onPictures(func(images ir.ValueID) ir.ValueID {
		h, w := o.Size(images, 1), o.Size(images, 2)
		if o.err != nil || h < 1 || w < 1 || !o.Allows("images", 2, h, w) {
			return ir.None
		}
		dt, num := o.Type(images).DType, func(v float64) ir.ValueID { return o.Scalar(v, ir.Float32) }
		x := o.Cast(images, ir.Float32)
		cols, rows := make([]float32, 0, h*w), make([]float32, 0, h*w)
		for i := range h {
			for j := range w {
				cols, rows = append(cols, float32(j)), append(rows, float32(i))
			}
		}
		gx := o.Const(fmt.Sprintf("columns/%d/%d", h, w), func() *ir.Tensor { return ir.NewFloat32(cols, 1, h*w) })
		gy := o.Const(fmt.Sprintf("rows/%d/%d", h, w), func() *ir.Tensor { return ir.NewFloat32(rows, 1, h*w) })
		at := func(i int) ir.ValueID { return o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(1, i, i+1)}}, t) }
		line := func(i int, last ir.ValueID) ir.ValueID {
			return o.Binary("add", o.Binary("add", o.Binary("mul", at(i), gx), o.Binary("mul", at(i+1), gy)), last)
		}
		p := line(6, num(1))
		nowhere := o.Binary("eq", p, num(0))
		p = o.where(nowhere, num(1), p)
		inX := o.filled(o.Binary("div", line(0, at(2)), p), w, mode)
		inY := o.filled(o.Binary("div", line(3, at(5)), p), h, mode)
		fill := o.num("fill_value", 0)
		read := func(row, col ir.ValueID) ir.ValueID { // [batch, h*w, channels]
			inside := o.Binary("and", o.inside(row, h), o.inside(col, w))
			whole := func(v ir.ValueID) ir.ValueID { return o.Cast(o.where(inside, v, num(0)), ir.Int32) }
			index := o.Binary("add", o.Binary("mul", whole(row), o.Scalar(float64(w), ir.Int32)), whole(col))
			image := o.Binary("mul", o.Add(&ir.Range{DType: ir.Int32}, x), o.Scalar(float64(h*w), ir.Int32))
			pixels := o.Reshape(x, []ir.Extent{ir.Size(-1), ir.DimOf(0, 3)})
			found := o.Add(&ir.Gather{}, pixels, o.Binary("add", index, o.ExpandDims(image, -1)))
			return o.where(o.ExpandDims(inside, -1), found, num(fill))
		}
		floor := func(v ir.ValueID) ir.ValueID { return o.Unary(ir.Func{Name: "floor"}, v) }
		var y ir.ValueID
		if method == "nearest" {
			y = read(o.roundAway(inY), o.roundAway(inX))
		} else {
			x0, y0 := floor(inX), floor(inY)
			x1, y1 := o.Binary("add", x0, num(1)), o.Binary("add", y0, num(1))
			blend := func(a, wa, b, wb ir.ValueID) ir.ValueID {
				return o.Binary("add", o.Binary("mul", o.ExpandDims(wa, -1), a), o.Binary("mul", o.ExpandDims(wb, -1), b))
			}
			right, left := o.Binary("sub", x1, inX), o.Binary("sub", inX, x0)
			above := blend(read(y0, x0), right, read(y0, x1), left)
			below := blend(read(y1, x0), right, read(y1, x1), left)
			y = blend(above, o.Binary("sub", y1, inY), below, o.Binary("sub", inY, y0))
		}
		y = o.where(o.ExpandDims(nowhere, -1), num(fill), y)
		return o.Cast(o.Reshape(y, []ir.Extent{ir.DimOf(1, 0), ir.DimOf(1, 1), ir.DimOf(1, 2), ir.DimOf(1, 3)}, x), dt)
	})
}

// inside tells which coordinates are of an axis of n elements.
func (o *opCall) inside(x ir.ValueID, n int) ir.ValueID {
	dt := o.Type(x).DType
	return o.Binary("and", o.Binary("ge", x, o.Scalar(0, dt)), o.Binary("lt", x, o.Scalar(float64(n), dt)))
}

// roundAway rounds halves away from zero, as C does.
func (o *opCall) roundAway(x ir.ValueID) ir.ValueID {
	if o.err != nil {
		return ir.None
	}
	whole := o.Unary(ir.Func{Name: "trunc"}, x)
	rest := o.Unary(ir.Func{Name: "abs"}, o.Binary("sub", x, whole))
	more := o.where(o.Binary("ge", rest, o.Scalar(0.5, ir.Float32)), o.Unary(ir.Func{Name: "sign"}, x), o.Scalar(0, ir.Float32))
	return o.Binary("add", whole, more)
}

// filled is the coordinate that a fill_mode reads in place of x, on an axis of n
// elements (tensorflow/core/kernels/image/image_ops.h, MapCoordinate).
func (o *opCall) filled(x ir.ValueID, n int, mode string) ir.ValueID {
	if o.err != nil || mode == "constant" {
		return x
	}
	num := func(v float64) ir.ValueID { return o.Scalar(v, ir.Float32) }
	trunc := func(v ir.ValueID) ir.ValueID { return o.Unary(ir.Func{Name: "trunc"}, v) }
	neg := func(v ir.ValueID) ir.ValueID { return o.Unary(ir.Func{Name: "neg"}, v) }
	size, last := float64(n), float64(n-1)
	switch {
	case mode == "nearest" || n == 1:
	case mode == "reflect":
		two := num(2 * size)
		low := o.Binary("add", o.Binary("mul", two, trunc(o.Binary("div", neg(x), two))), x)
		low = o.where(o.Binary("lt", low, num(-size)), o.Binary("add", low, two), o.Binary("sub", neg(low), num(1)))
		high := o.Binary("sub", x, o.Binary("mul", two, trunc(o.Binary("div", x, two))))
		high = o.where(o.Binary("ge", high, num(size)), o.Binary("sub", o.Binary("sub", two, high), num(1)), high)
		x = o.where(o.Binary("lt", x, num(0)), low, o.where(o.Binary("gt", x, num(last)), high, x))
	default: // wrap
		low := o.Binary("add", x, o.Binary("mul", num(size), o.Binary("add", trunc(o.Binary("div", neg(x), num(last))), num(1))))
		high := o.Binary("sub", x, o.Binary("mul", num(size), trunc(o.Binary("div", x, num(last)))))
		x = o.where(o.Binary("lt", x, num(0)), low, o.where(o.Binary("gt", x, num(last)), high, x))
	}
	return o.Unary(ir.Func{Name: "clip", B: ir.Float(last)}, x)
}
