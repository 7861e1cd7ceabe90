package importer

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// opMapCoordinates reads inputs at coordinates, which are in rows by axis:
// weighted sums of the elements around them.
func opMapCoordinates(o *opCall) []Value {
	x, at, order, mode := o.tensor("inputs"), o.tensor("coordinates"), o.whole("order"), o.text("fill_mode", "constant")
	if o.err == nil && (o.Rank(at) < 2 || o.Dim(at, 0) != ir.Known(o.Rank(x))) {
		o.Fail(ir.ErrShape, "coordinates", "are %v for an input %v", o.Shape(at), o.Shape(x))
	}
	if order != 0 && order != 1 {
		o.bad("order", "0 or 1")
	}
	if !slices.Contains([]string{"constant", "nearest", "wrap", "mirror", "reflect"}, mode) {
		o.bad("fill_mode", "constant, nearest, wrap, mirror or reflect")
	}
	if o.err == nil && o.Rank(x) > 10 { // a sum of 2^rank elements
		o.Fail(ir.ErrLimit, "inputs", "have %d axes, at most 10 are interpolated", o.Rank(x))
	}
	if o.err != nil {
		return nil
	}
	at = o.AsFloat(at)
	rank, dt, sum := o.Rank(x), o.Type(x).DType, o.Type(at).DType
	type near struct{ index, valid, weight ir.ValueID }
	size := make([]ir.ValueID, rank)
	nearby := make([][]near, rank)
	for i := range rank {
		size[i] = o.extentOf(x, i)
		c := o.Squeeze(o.Add(&ir.Slice{Axes: []ir.AxisSlice{between(0, i, i+1)}}, at), 0)
		if order == 0 {
			index, valid := o.processed(o.Cast(o.Unary(ir.Func{Name: "round"}, c), ir.Int32), size[i], mode)
			nearby[i] = []near{{index, valid, ir.None}}
			continue
		}
		lower := o.Unary(ir.Func{Name: "floor"}, c)
		upper := o.Binary("sub", c, lower)
		whole := o.Cast(lower, ir.Int32)
		for k, weight := range []ir.ValueID{o.Binary("sub", o.Scalar(1, sum), upper), upper} {
			index, valid := o.processed(o.Binary("add", whole, o.Scalar(float64(k), ir.Int32)), size[i], mode)
			nearby[i] = append(nearby[i], near{index, valid, weight})
		}
	}
	flat := o.flat(x)
	total := ir.None
	corners := 1
	if order == 1 {
		corners <<= rank
	}
	for corner := range corners {
		place, valid, weight := ir.None, ir.None, ir.None
		for i := range rank {
			n := nearby[i][0]
			if order == 1 {
				n = nearby[i][corner>>(rank-1-i)&1]
			}
			valid = o.and(valid, n.valid)
			switch {
			case i == 0:
				place, weight = n.index, n.weight
			default:
				place = o.Binary("add", o.Binary("mul", place, size[i]), n.index)
				if order == 1 {
					weight = o.Binary("mul", weight, n.weight)
				}
			}
		}
		v := o.Cast(o.Add(&ir.Gather{}, flat, place), sum)
		if mode == "constant" {
			v = o.where(valid, v, o.Scalar(o.num("fill_value", 0), sum))
		}
		if order == 1 {
			v = o.Binary("mul", weight, v)
		}
		if total == ir.None {
			total = v
		} else {
			total = o.Binary("add", total, v)
		}
	}
	if dt.IsInt() {
		total = o.Unary(ir.Func{Name: "round"}, total)
	}
	return outputs(o.Cast(total, dt))
}

// processed is the index that is read for one that may be outside of an axis of n
// elements, and whether it is inside.
func (o *opCall) processed(i, n ir.ValueID, mode string) (index, valid ir.ValueID) {
	num := func(v float64) ir.ValueID { return o.Scalar(v, ir.Int32) }
	clip := func() ir.ValueID { return o.Binary("max", o.Binary("min", i, o.Binary("sub", n, num(1))), num(0)) }
	switch mode {
	case "constant":
		return clip(), o.Binary("and", o.Binary("ge", i, num(0)), o.Binary("lt", i, n))
	case "nearest":
		return clip(), ir.None
	case "wrap":
		return o.Binary("mod", i, n), ir.None
	}
	twice := o.Binary("mul", n, num(2))
	mod := o.Binary("mod", o.Unary(ir.Func{Name: "abs"}, i), twice)
	under := o.Binary("lt", mod, n)
	back := o.Binary("sub", twice, mod)
	if mode == "reflect" {
		back = o.Binary("sub", back, num(1))
	}
	return o.where(under, mod, back), ir.None
}

// opScaleAndTranslate resamples each axis with a matrix of weights
// (keras/src/backend/tensorflow/image.py, _compute_weight_mat).
func opScaleAndTranslate(o *opCall) []Value {
	x, axes := o.tensor("images"), o.wholes("spatial_dims", 0)
	kernel, ok := map[string]func(float32) float32{
		"linear": triangleKernel, "bilinear": triangleKernel, "trilinear": triangleKernel, "cubic": cubicKernel, "bicubic": cubicKernel, "tricubic": cubicKernel,
		"lanczos3": lanczosKernel(3), "lanczos5": lanczosKernel(5),
	}[o.text("method", "")]
	if !ok {
		o.bad("method", "linear, cubic, lanczos3 or lanczos5")
	}
	target := o.wholes("output_shape", 0)
	scale, translation := o.reals("scale", len(axes)), o.reals("translation", len(axes))
	if o.err == nil && len(target) != o.Rank(x) {
		o.bad("output_shape", "a size for each axis")
	}
	if o.err != nil {
		return nil
	}
	dt := o.Type(x).DType
	y := o.AsFloat(x)
	for i, axis := range axes {
		a, err := ir.NormAxis(axis, o.Rank(x))
		if err != nil {
			o.fail(err)
			return nil
		}
		m, n := o.Size(x, a), target[a]
		if o.err != nil || n < 1 || !o.Allows("output_shape", m, n) {
			o.bad("output_shape", "sizes within limits")
			return nil
		}
		w := resampling(m, n, float32(scale[i]), float32(translation[i]), kernel, o.flag("antialias", true))
		matrix := o.Cast(o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(w, m, n) }), o.Type(y).DType)
		y = o.moveAxes(o.Add(&ir.Dense{}, o.moveAxes(y, []int{a}, []int{-1}), matrix), []int{-1}, []int{a})
	}
	if !dt.IsInt() {
		return outputs(y)
	}
	y = o.Unary(ir.Func{Name: "round"}, y)
	low, high := o.Add(&ir.Reduce{Fn: "min"}, x), o.Add(&ir.Reduce{Fn: "max"}, x)
	y = o.Binary("min", o.Binary("max", y, o.Cast(low, o.Type(y).DType)), o.Cast(high, o.Type(y).DType))
	return outputs(o.Cast(y, dt))
}

// reals is a list of n numbers.
func (o *opCall) reals(name string, n int) []float64 {
	v := list(o.plain(name))
	out := make([]float64, n)
	if len(v) != n {
		o.bad(name, "a constant number for each axis")
		return out
	}
	for i, e := range v {
		f, ok := asFloat(e)
		if !ok {
			o.bad(name, "constant numbers")
		}
		out[i] = f
	}
	return out
}

// resampling is the weights [m, n] of m elements in each of n.
func resampling(m, n int, scale, translation float32, kernel func(float32) float32, antialias bool) []float32 {
	inverse := 1 / scale
	width := float32(1)
	if antialias {
		width = max(inverse, 1)
	}
	w := make([]float32, m*n)
	for j := range n {
		at := (float32(j)+0.5)*inverse - translation*inverse - 0.5
		var sum float32
		for i := range m {
			w[i*n+j] = kernel(float32(math.Abs(float64(at-float32(i)))) / width)
			sum += w[i*n+j]
		}
		inside := at >= -0.5 && at <= float32(m)-0.5
		for i := range m {
			if inside && math.Abs(float64(sum)) > 1000*0x1p-23 {
				w[i*n+j] /= sum
			} else {
				w[i*n+j] = 0
			}
		}
	}
	return w
}

func triangleKernel(x float32) float32 { return max(0, 1-x) }

// cubicKernel is Keys's, with a = -0.5.
func cubicKernel(x float32) float32 {
	switch {
	case x >= 2:
		return 0
	case x >= 1:
		return ((-0.5*x+2.5)*x-4)*x + 2
	}
	return (1.5*x-2.5)*x*x + 1
}

func lanczosKernel(radius float64) func(float32) float32 {
	return func(v float32) float32 {
		x := float64(v)
		switch {
		case x > radius:
			return 0
		case x <= 1e-3:
			return 1
		}
		return float32(radius * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/radius) / (math.Pi * math.Pi * x * x))
	}
}
