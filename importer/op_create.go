package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

var createOps = []opRow{
	{name: "zeros_like", class: "ZerosLike", params: "x dtype", lower: filledLike(0)},
	{name: "empty_like", class: "EmptyLike", params: "x dtype", lower: filledLike(0)},
	{name: "ones_like", class: "OnesLike", params: "x dtype", lower: filledLike(1)},
	{name: "full_like", class: "FullLike", params: "x fill_value dtype", lower: opFullLike},
	{name: "zeros", params: "shape dtype", lower: filled(0)},
	{name: "ones", params: "shape dtype", lower: filled(1)},
	{name: "full", class: "Full", params: "shape fill_value dtype", lower: opFull},
	{name: "fill", params: "shape fill_value", lower: opFull, note: "TensorFlow's"},
	{name: "arange", class: "Arange", params: "start stop step dtype", lower: opArange},
	{name: "range", params: "start stop step dtype", lower: opArange, note: "TensorFlow's"},
	{name: "linspace", class: "Linspace", params: "start stop num endpoint retstep dtype axis", lower: opLinspace},
	{name: "eye", params: "N M k dtype", lower: opEye},
	{name: "tril", class: "Tril", params: "x k", lower: triangle("le")},
	{name: "triu", class: "Triu", params: "x k", lower: triangle("ge")},
	{name: "band_part", params: "x num_lower num_upper", lower: opBandPart, note: "TensorFlow's"},
	{name: "diagonal", class: "Diagonal", params: "x offset axis1 axis2", lower: opDiagonal},
	{name: "logspace", class: "Logspace", params: "start stop num endpoint base dtype axis", lower: opLogspace},
	{name: "geomspace", class: "Geomspace", params: "start stop num endpoint dtype axis", lower: opGeomspace},
	{name: "diagflat", class: "Diagflat", params: "x k", lower: opDiagflat},
	{name: "diag", class: "Diag", params: "x k", lower: opDiag},
	{name: "trace", class: "Trace", params: "x offset axis1 axis2", lower: opTrace},
	{name: "vander", class: "Vander", params: "x N increasing", lower: opVander},
	{name: "one_hot", class: "OneHot", params: "x num_classes axis dtype sparse", lower: opOneHot},
	{name: "multi_hot", class: "MultiHot", params: "x num_classes axis dtype sparse", lower: opMultiHot},
	{name: "tf_one_hot", params: "indices depth on_value off_value axis dtype", lower: opTFOneHot, note: "TensorFlow's one_hot"},
	{name: "sequence_mask", params: "lengths maxlen dtype", lower: opSequenceMask, note: "TensorFlow's"},
}

func (o *opCall) like(x ir.ValueID, v any) []Value {
	dt := o.dtype("dtype", o.Type(x).DType)
	c := o.Cast(o.asTensor("fill_value", v, dt), dt)
	return outputs(o.broadcastTo("x", c, o.dimensionsOf(x)))
}

func filledLike(v int64) opFunc {
	return func(o *opCall) []Value { return o.like(o.tensor("x"), v) }
}

func opFullLike(o *opCall) []Value { return o.like(o.tensor("x"), o.args["fill_value"]) }

func filled(v float64) opFunc {
	return func(o *opCall) []Value {
		return outputs(o.broadcastTo("shape", o.Scalar(v, o.dtype("dtype", ir.Float32)), o.shapeArg("shape")))
	}
}

func opFull(o *opCall) []Value {
	c := o.asTensor("fill_value", o.args["fill_value"], ir.Invalid)
	return outputs(o.broadcastTo("shape", o.Cast(c, o.dtype("dtype", o.Type(c).DType)), o.shapeArg("shape")))
}

// opArange counts from start by step; stop may be an open dimension.
func opArange(o *opCall) []Value {
	if !o.given("stop") {
		o.args["start"], o.args["stop"] = int64(0), o.args["start"]
	}
	_, isInt := o.plain("start").(int64)
	_, isInt2 := o.plain("step").(int64)
	dt := ir.Float32
	if (isInt || !o.given("start")) && (isInt2 || !o.given("step")) {
		dt = ir.Int32
	}
	if _, ok := o.plain("stop").(float64); ok {
		dt = ir.Float32
	}
	dt = o.dtype("dtype", dt)
	start, step := o.num("start", 0), o.num("step", 1)
	if t, ok := o.args["stop"].(Value); ok {
		if d, ok := o.dimensions(t.ID, 0); ok && len(d) == 1 && !d[0].known && d[0].of != ir.None && step == 1 {
			y := o.Add(&ir.Range{Axis: d[0].axis, DType: ir.Int32}, d[0].of)
			if start > 0 && start == math.Trunc(start) {
				from := int(start)
				y = o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Start: &from}}}, y)
			} else if start != 0 {
				o.bad("start", "an integer from 0")
			}
			return outputs(o.Cast(y, dt))
		}
	}
	n := math.Ceil((o.num("stop") - start) / step)
	if step == 0 || math.IsNaN(n) || n > float64(o.mostItems()) {
		o.bad("stop", "a number of elements within limits")
		return nil
	}
	items := []any{}
	for i := range max(int(n), 0) {
		items = append(items, start+float64(i)*step)
	}
	return outputs(o.array(items, []int{len(items)}, dt))
}

// mostItems bounds the elements of a constant that is counted out.
func (o *opCall) mostItems() int64 { return min(o.b.lim.ConstantBytes/16, 1<<22) }

// array is a constant of numbers.
func (o *opCall) array(items []any, shape []int, dt ir.DType) ir.ValueID {
	return o.Const(constantKey(o.Layer), func() *ir.Tensor {
		t, err := packLeaves(items, shape, dt)
		o.fail(err)
		return t
	})
}

func opLinspace(o *opCall) []Value {
	n, axis := o.size("num", 50), o.whole("axis", 0)
	if o.flag("retstep", false) || int64(n) > o.mostItems() {
		o.bad("retstep", "false, and num within limits")
		return nil
	}
	steps := float64(n)
	if o.flag("endpoint", true) {
		steps--
	}
	in := o.promote(true, "start", "stop")
	dt := o.Type(in[0]).DType
	items := make([]any, n)
	for i := range items {
		items[i] = float64(i) / max(steps, 1)
	}
	w := o.array(items, []int{n}, dt)
	rank := max(o.Rank(in[0]), o.Rank(in[1]))
	at, err := ir.NormAxis(axis, rank+1)
	o.fail(err)
	for range rank - at {
		w = o.ExpandDims(w, -1)
	}
	y := o.Binary("mul", o.ExpandDims(o.Binary("sub", in[1], in[0]), at), w)
	y = o.Binary("add", o.ExpandDims(in[0], at), y)
	to := o.dtype("dtype", dt)
	if to.IsInt() {
		y = o.Unary(ir.Func{Name: "floor"}, y)
	}
	return outputs(o.Cast(y, to))
}

// opLogspace is powers of base, in steps as of linspace.
func opLogspace(o *opCall) []Value {
	y := opLinspace(o)
	if o.err != nil {
		return nil
	}
	return outputs(o.Binary("pow", o.Scalar(o.num("base", 10), o.Type(y[0].ID).DType), y[0].ID))
}

// opGeomspace has equal quotients between two numbers of one sign.
func opGeomspace(o *opCall) []Value {
	in := o.promote(true, "start", "stop")
	dt := o.dtype("dtype", o.compute)
	if o.err == nil && !dt.IsFloat() {
		o.bad("dtype", "a dtype of floats")
	}
	if o.err != nil {
		return nil
	}
	base := o.Unary(ir.Func{Name: "log"}, o.Scalar(10, dt))
	for i, name := range []string{"start", "stop"} {
		log := o.Unary(ir.Func{Name: "log"}, o.Unary(ir.Func{Name: "abs"}, o.Cast(in[i], dt)))
		o.args[name] = Value{o.Binary("div", log, base), ir.None}
	}
	y := opLogspace(o)
	if o.err != nil {
		return nil
	}
	return outputs(o.Binary("mul", y[0].ID, o.Unary(ir.Func{Name: "sign"}, o.Cast(in[0], dt))))
}

func opEye(o *opCall) []Value {
	n := o.size("N")
	m := o.size("M", n)
	dt := o.dtype("dtype", ir.Float32)
	return outputs(o.Cast(o.band(o.broadcastTo("N", o.Scalar(0, dt), []dimension{knownDimension(n), knownDimension(m)}), "eq", o.whole("k", 0)), dt))
}

// band is a mask [rows, cols] of x's last axes: where col-row compares to k.
func (o *opCall) band(x ir.ValueID, fn string, k int) ir.ValueID {
	rows := o.ExpandDims(o.Add(&ir.Range{Axis: -2, DType: ir.Int32}, x), 1)
	cols := o.Add(&ir.Range{Axis: -1, DType: ir.Int32}, x)
	return o.Binary(fn, o.Binary("sub", cols, rows), o.Scalar(float64(k), ir.Int32))
}

func (o *opCall) keepWhere(mask, x ir.ValueID) ir.ValueID {
	if dt := o.Type(x).DType; dt == ir.Bool {
		return o.Binary("and", mask, x)
	}
	return o.where(mask, x, o.Scalar(0, o.Type(x).DType))
}

func triangle(fn string) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("x")
		if o.Rank(x) < 2 {
			o.WantRank(x, 2)
			return nil
		}
		return outputs(o.keepWhere(o.band(x, fn, o.whole("k", 0)), x))
	}
}

func opBandPart(o *opCall) []Value {
	x := o.tensor("x")
	if n := o.whole("num_lower"); n >= 0 {
		x = o.keepWhere(o.band(x, "ge", -n), x)
	}
	if n := o.whole("num_upper"); n >= 0 {
		x = o.keepWhere(o.band(x, "le", n), x)
	}
	return outputs(x)
}

// diagonalOf is the diagonal of two axes, which becomes the last axis.
func (o *opCall) diagonalOf(x ir.ValueID, offset, axis1, axis2 int) ir.ValueID {
	x = o.moveAxes(x, []int{axis1, axis2}, []int{-2, -1})
	rows, cols := o.Size(x, -2), o.Size(x, -1)
	n := max(0, min(rows+min(offset, 0), cols-max(offset, 0)))
	if !o.Allows("x", n) {
		return ir.None
	}
	first := max(offset, 0) - min(offset, 0)*cols
	at := make([]int32, n)
	for i := range at {
		at[i] = int32(first + i*(cols+1))
	}
	var dims []ir.Extent
	for i := range o.Rank(x) - 2 {
		dims = append(dims, ir.DimOf(0, i))
	}
	flat := o.Reshape(x, append(dims, ir.Size(rows*cols)))
	return o.Add(&ir.Gather{Axis: -1}, flat, o.constInts(at))
}

func opDiagonal(o *opCall) []Value {
	return outputs(o.diagonalOf(o.tensor("x"), o.whole("offset", 0), o.whole("axis1", 0), o.whole("axis2", 1)))
}

func opDiag(o *opCall) []Value {
	x, k := o.tensor("x"), o.whole("k", 0)
	if o.Rank(x) == 2 {
		return outputs(o.diagonalOf(x, k, 0, 1))
	}
	if !o.WantRank(x, 1) {
		return nil
	}
	pad := &ir.Pad{Mode: "constant", Before: []int{max(-k, 0)}, After: []int{max(k, 0)}}
	x = o.Add(pad, x) // element i of row i
	if o.err != nil {
		return nil
	}
	n := o.dimensionsOf(x)[0]
	square := o.broadcastTo("x", o.ExpandDims(x, 1), []dimension{n, n})
	return outputs(o.keepWhere(o.band(square, "eq", k), square))
}

func opDiagflat(o *opCall) []Value {
	x := o.flat(o.tensor("x"))
	if o.err != nil {
		return nil
	}
	o.args["x"] = Value{x, ir.None}
	return opDiag(o)
}

func opTrace(o *opCall) []Value {
	x := o.tensor("x")
	if d := o.Type(x).DType; d == ir.Bool || d == ir.Int8 || d == ir.Int16 {
		x = o.Cast(x, ir.Int32)
	}
	x = o.diagonalOf(x, o.whole("offset", 0), o.whole("axis1", 0), o.whole("axis2", 1))
	return outputs(o.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}}, x))
}

func opVander(o *opCall) []Value {
	x := o.tensor("x")
	n := 0
	if n = o.size("N", 0); !o.given("N") {
		n = o.Size(x, 0)
	}
	if int64(n) > o.mostItems() {
		o.bad("N", "a size within limits")
		return nil
	}
	powers := make([]any, n)
	for i := range powers {
		powers[i] = int64(n - 1 - i)
		if o.flag("increasing", false) {
			powers[i] = int64(i)
		}
	}
	y := o.Binary("pow", o.ExpandDims(o.AsFloat(x), -1), o.array(powers, []int{n}, ir.Float32))
	return outputs(o.Cast(y, o.Type(x).DType))
}

func (o *opCall) oneHot(dt ir.DType) ir.ValueID {
	return o.Add(&ir.OneHot{Depth: o.size("num_classes"), DType: dt}, o.asIndices("x"))
}

func opOneHot(o *opCall) []Value {
	y := o.oneHot(o.dtype("dtype", ir.Float32))
	axis := o.axis("axis", o.Rank(y), -1)
	if axis == o.Rank(y)-1 {
		return outputs(y)
	}
	return outputs(o.moveAxes(y, []int{-1}, []int{axis}))
}

// opMultiHot is 1 for every index along axis 1, or along axis 0 of a vector.
func opMultiHot(o *opCall) []Value {
	y := opOneHot(o)[0].ID
	axis := 0
	if o.Rank(y) > 2 {
		axis = 1
	}
	return outputs(o.Add(&ir.Reduce{Fn: "max", Axes: []int{axis}}, y))
}

func opTFOneHot(o *opCall) []Value {
	o.args["x"], o.args["num_classes"] = o.args["indices"], o.args["depth"]
	dt := o.dtype("dtype", ir.Float32)
	if !o.given("on_value") && !o.given("off_value") {
		return opOneHot(o)
	}
	on := o.Cast(o.asTensor("on_value", orDefault(o.args["on_value"], int64(1)), dt), dt)
	off := o.Cast(o.asTensor("off_value", orDefault(o.args["off_value"], int64(0)), dt), dt)
	y := o.where(o.oneHot(ir.Bool), on, off)
	return outputs(o.moveAxes(y, []int{-1}, []int{o.axis("axis", o.Rank(y), -1)}))
}

func orDefault(v, def any) any {
	if v == nil {
		return def
	}
	return v
}

// opSequenceMask is true for the first lengths[i] of maxlen steps.
func opSequenceMask(o *opCall) []Value {
	n := o.tensor("lengths")
	if !o.given("maxlen") {
		o.Fail(ir.ErrUnsupported, "maxlen", "is not given: the mask's length would depend on data")
		return nil
	}
	d := o.shapeArg("maxlen")
	if len(d) != 1 || !d[0].known && d[0].of == ir.None {
		o.bad("maxlen", "a known length")
		return nil
	}
	steps := ir.None
	if d[0].known {
		if d[0].n < 0 || int64(d[0].n) > o.mostItems() {
			o.bad("maxlen", "a length within limits")
			return nil
		}
		items := make([]any, d[0].n)
		for i := range items {
			items[i] = int64(i)
		}
		steps = o.array(items, []int{len(items)}, ir.Int32)
	} else {
		steps = o.Add(&ir.Range{Axis: d[0].axis, DType: ir.Int32}, d[0].of)
	}
	y := o.Binary("lt", o.Cast(steps, o.Type(n).DType), o.ExpandDims(n, -1))
	return outputs(o.Cast(y, o.dtype("dtype", ir.Bool)))
}
