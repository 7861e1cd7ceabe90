package importer

import (
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var cropAndResizeOps = []opRow{
	{name: "image.crop_and_resize", params: "images boxes box_indices crop_size method extrapolation_value", lower: opCropAndResize, note: "TensorFlow's"},
}

// opCropAndResize reads each box of an image at the places of a grid.
func opCropAndResize(o *opCall) []Value {
	x, boxes, of := o.Cast(o.tensor("images"), ir.Float32), o.Cast(o.tensor("boxes"), ir.Float32), o.Cast(o.tensor("box_indices"), ir.Int32)
	size, method := o.wholes("crop_size", 2), strings.ToLower(o.text("method", "bilinear"))
	if method != "bilinear" && method != "nearest" {
		o.bad("method", "bilinear or nearest")
	}
	if !o.WantRank(x, 4) || !o.WantRank(boxes, 2) || !o.WantRank(of, 1) {
		return nil
	}
	type line struct{ low, high, weight, valid ir.ValueID } // [boxes, height, 1] and [boxes, 1, width]
	var lines [2]line
	do := o.Binary
	for i := range lines {
		last := do("sub", o.Cast(o.extentOf(x, 1+i), ir.Float32), o.Scalar(1, ir.Float32))
		at := o.gridLine(o.takeLast(boxes, i), o.takeLast(boxes, 2+i), last, size[i])
		at = o.ExpandDims(at, 2-i)
		l := &lines[i]
		l.valid = do("and", do("ge", at, o.Scalar(0, ir.Float32)), do("le", at, last))
		at = o.where(l.valid, at, o.Scalar(0, ir.Float32))
		if method == "nearest" {
			l.low = o.Cast(o.roundAway(at), ir.Int32)
			continue
		}
		floor := o.Unary(ir.Func{Name: "floor"}, at)
		l.low, l.high, l.weight = o.Cast(floor, ir.Int32), o.Cast(o.Unary(ir.Func{Name: "ceil"}, at), ir.Int32), o.ExpandDims(do("sub", at, floor), -1)
	}
	if o.err != nil {
		return nil
	}
	flat := o.Reshape(x, []ir.Extent{ir.Size(-1), ir.DimOf(0, 3)})
	rows := do("mul", o.Reshape(of, []ir.Extent{ir.DimOf(0, 0), ir.Size(1), ir.Size(1)}), o.extentOf(x, 1))
	read := func(row, column ir.ValueID) ir.ValueID {
		return o.Add(&ir.Gather{}, flat, do("add", do("mul", do("add", rows, row), o.extentOf(x, 2)), column))
	}
	y, w := lines[0], lines[1]
	var out ir.ValueID
	if method == "nearest" {
		out = read(y.low, w.low)
	} else {
		mix := func(a, b, weight ir.ValueID) ir.ValueID { return do("add", a, do("mul", do("sub", b, a), weight)) }
		out = mix(mix(read(y.low, w.low), read(y.low, w.high), w.weight), mix(read(y.high, w.low), read(y.high, w.high), w.weight), y.weight)
	}
	return outputs(o.where(o.ExpandDims(do("and", y.valid, w.valid), -1), out, o.Scalar(o.num("extrapolation_value", 0), ir.Float32)))
}

// gridLine is n places from a share of an axis to another: [boxes, n]. One place
// is in the middle.
func (o *opCall) gridLine(from, to, last ir.ValueID, n int) ir.ValueID {
	if n < 1 || !o.Allows("crop_size", n) {
		o.bad("crop_size", "sizes of at least 1")
		return ir.None
	}
	do, column := o.Binary, func(v ir.ValueID) ir.ValueID { return o.ExpandDims(v, 1) }
	if n == 1 {
		return column(do("mul", do("mul", o.Scalar(0.5, ir.Float32), do("add", from, to)), last))
	}
	steps := make([]any, n)
	for i := range steps {
		steps[i] = float64(i)
	}
	step := do("div", do("mul", do("sub", to, from), last), o.Scalar(float64(n-1), ir.Float32))
	return do("add", column(do("mul", from, last)), do("mul", column(step), o.array(steps, []int{n}, ir.Float32)))
}

// extentOf is a dimension of x as a tensor.
func (o *opCall) extentOf(x ir.ValueID, axis int) ir.ValueID {
	return o.Squeeze(o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(0, axis, axis+1)}}, o.Add(&ir.ShapeOf{}, x)), 0)
}
