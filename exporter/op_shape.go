package exporter

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// writeReshape writes a reshape with at most one open dimension, or two if one is
// the batch, which stays the first. Axes of length 1 may come and go besides.
func writeReshape(n *node) {
	x, to := n.tensor(0), n.out()
	from := x.typ.Shape
	shape := dims(to.Shape)
	open := 0
	for i, d := range shape {
		if d == nil {
			shape[i] = -1
			open++
		}
	}
	batch := len(from) > 0 && len(shape) > 1 && shape[0] == -1 && from[0] == to.Shape[0]
	switch {
	case from.Equal(to.Shape):
		n.set(x)
	case batch && open <= 2:
		n.set(n.layer("Reshape", object{"target_shape": shape[1:]}, to.DType, to, x).output(0))
	case open <= 1:
		n.set(n.like("numpy", "Reshape", object{"newshape": shape}, x))
	default:
		gone, kept := ones(from)
		added, others := ones(to.Shape)
		if kept.Equal(others) {
			if len(gone) > 0 {
				x = n.op("numpy", "Squeeze", ir.Type{DType: to.DType, Shape: kept}, object{"axis": ints(gone)}, x)
			}
			if len(added) > 0 {
				x = n.like("numpy", "ExpandDims", object{"axis": ints(added)}, x)
			}
			n.set(x)
			return
		}
		n.split(x)
	}
}

// ones are the axes of length 1 and the other dimensions.
func ones(s ir.Shape) (axes []int, others ir.Shape) {
	for i, d := range s {
		if d == ir.Known(1) {
			axes = append(axes, i)
		} else {
			others = append(others, d)
		}
	}
	return axes, others
}

// split writes a reshape that makes several open dimensions of the first one of
// x: Keras 3 knows sizes only as numbers, so the rows are taken by their places,
// which are counted along the inputs that have these dimensions.
func (n *node) split(x ref) {
	op, to := n.Op.(*ir.Reshape), n.out()
	last := 0
	for i, d := range to.Shape {
		if !d.IsKnown() {
			last = i
		}
	}
	rest := dims(to.Shape[last+1:])
	rows := n.op("numpy", "Reshape", ir.Type{DType: to.DType, Shape: append(ir.Shape{ir.Sym("rows")}, to.Shape[last+1:]...)}, object{"newshape": append([]any{-1}, rest...)}, x)
	typ := ir.Type{DType: ir.Int32, Shape: to.Shape[:last+1]}
	var place any
	for i := range last + 1 {
		e, d := op.Dims[i], to.Shape[i]
		var along, size any
		switch {
		case d.IsKnown() && d.Size <= 1<<20:
			v := make([]int32, d.Size)
			for k := range v {
				v[k] = int32(k)
			}
			along, size = ir.NewInt32(v, len(v)), scalar(float64(d.Size), ir.Int32)
		case e.From > 0:
			axis, err := ir.NormAxis(e.Axis, len(n.typ(e.From-1).Shape))
			if err != nil {
				n.unsupported("%v", err)
				return
			}
			of := n.tensor(e.From - 1)
			along = n.count(of, axis)
			each := n.op("numpy", "Add", ir.Type{DType: ir.Int32, Shape: ir.Shape{d}}, nil, n.steps(of, axis), scalar(1, ir.Int32))
			size = n.op("numpy", "Sum", ir.Type{DType: ir.Int32}, object{"axis": nil, "keepdims": false}, each)
		default:
			n.unsupported("reshapes %v to %v; Keras 3 has no way to tell the size %v", x.typ.Shape, to.Shape, d)
			return
		}
		along = n.op("numpy", "Reshape", typ, object{"newshape": onesBut(last+1, i, -1)}, along)
		if place != nil {
			along = n.op("numpy", "Add", typ, nil, n.op("numpy", "Multiply", typ, nil, place, size), along)
		}
		place = along
	}
	n.set(n.like("numpy", "Take", object{"axis": 0}, rows, place))
}

func writeSlice(n *node) {
	op := n.Op.(*ir.Slice)
	spans := make([]any, len(n.out().Shape))
	for i := range spans {
		spans[i] = span{}
	}
	for _, a := range op.Axes {
		axis, err := ir.NormAxis(a.Axis, len(spans))
		if err != nil || spans[axis] != (span{}) {
			n.unsupported("slices axis %d twice", a.Axis)
			return
		}
		s := span{}
		if a.Start != nil {
			s.start = *a.Start
		}
		if a.End != nil {
			s.stop = *a.End
		}
		if a.Step != 0 && a.Step != 1 {
			s.step = a.Step
		}
		spans[axis] = s
	}
	n.set(n.like("numpy", "GetItem", nil, n.tensor(0), spans))
}

// writeGather writes rows of a constant table as an Embedding, words as a
// StringLookup.
func writeGather(n *node) {
	op := n.Op.(*ir.Gather)
	if t := n.m.Const(n.Inputs[0]); t != nil && t.DType == ir.String && len(t.Shape) == 1 {
		n.set(n.spelled(t.Strings, n.tensor(1), op.Wrap))
		return
	}
	if t := n.m.Const(n.Inputs[0]); t != nil && t.DType.IsFloat() && len(t.Shape) == 2 && op.Axis == 0 {
		if _, ok := n.in(1).(ref); ok {
			l := n.layer("Embedding", object{"input_dim": t.Shape[0], "output_dim": t.Shape[1], "mask_zero": false}, t.DType, n.out(), n.tensor(1))
			l.weights = []variables{{names: []string{"embeddings"}, tensors: []*ir.Tensor{stored(t)}, from: n.Inputs[:1]}}
			n.set(l.output(0))
			return
		}
	}
	n.set(n.like("numpy", "Take", object{"axis": op.Axis}, n.arg(0), n.arg(1)))
}

func writeGatherAlong(n *node) {
	n.set(n.like("numpy", "TakeAlongAxis", object{"axis": n.Op.(*ir.GatherAlong).Axis}, n.arg(0), n.arg(1)))
}

func writePad(n *node) {
	op := n.Op.(*ir.Pad)
	if op.Mode == "edge" { // which Keras 3 on TensorFlow does not have
		x := n.tensor(0)
		for axis := range op.Before {
			x = n.edged(x, axis, op.Before[axis], op.After[axis])
		}
		n.set(x)
		return
	}
	pads := make([]any, len(op.Before))
	for i := range pads {
		pads[i] = []any{op.Before[i], op.After[i]}
	}
	args := []any{n.tensor(0)}
	if op.Mode == "constant" && op.Value != 0 {
		args = append(args, scalar(float64(op.Value), n.out().DType))
	}
	n.set(n.like("numpy", "Pad", object{"pad_width": pads, "mode": op.Mode}, args...))
}

// edged is x with its first and last elements along an axis repeated before and
// after it.
func (n *node) edged(x ref, axis, before, after int) ref {
	if before == 0 && after == 0 {
		return x
	}
	sized := func(d ir.Dim) ir.Type {
		t := ir.Type{DType: x.typ.DType, Shape: x.typ.Shape.Clone()}
		t.Shape[axis] = d
		return t
	}
	edge := func(of span, times int) ref {
		spans := make([]any, len(x.typ.Shape))
		for i := range spans {
			spans[i] = span{}
		}
		spans[axis] = of
		one := n.op("numpy", "GetItem", sized(ir.Known(1)), nil, x, spans)
		return n.op("numpy", "Repeat", sized(ir.Known(times)), object{"repeats": times, "axis": axis}, one)
	}
	list := []any{x}
	if before > 0 {
		list = []any{edge(span{stop: 1}, before), x}
	}
	if after > 0 {
		list = append(list, edge(span{start: -1}, after))
	}
	return n.op("numpy", "Concatenate", sized(x.typ.Shape[axis].Add(before+after)), object{"axis": axis}, list)
}

// steps are int32 zeros of one axis, as long as axis of x.
func (n *node) steps(x ref, axis int) ref {
	typ := ir.Type{DType: ir.Int32, Shape: x.typ.Shape}
	zeros := n.op("numpy", "ZerosLike", typ, object{"dtype": "int32"}, x)
	var others []int
	for i := range x.typ.Shape {
		if i != axis {
			others = append(others, i)
		}
	}
	if len(others) == 0 {
		return zeros
	}
	typ.Shape = ir.Shape{x.typ.Shape[axis]}
	return n.op("numpy", "Sum", typ, object{"axis": axesOf(others), "keepdims": false}, zeros)
}

// writeBroadcast writes x where all dimensions are known, else x plus zeros that
// are as long as the inputs that the dimensions come from.
func writeBroadcast(n *node) {
	op := n.Op.(*ir.Broadcast)
	if shape := n.out().Shape; !slices.Contains(dims(shape), nil) {
		n.set(n.like("numpy", "BroadcastTo", object{"shape": dims(shape)}, n.tensor(0)))
		return
	}
	d := n.out().DType
	if d == ir.String {
		n.unsupported("repeats strings to %v", n.out().Shape)
		return
	}
	sum := d
	if d == ir.Bool {
		sum = ir.Int32
	}
	y := n.cast(n.tensor(0), sum)
	typ := ir.Type{DType: sum, Shape: n.out().Shape}
	repeats := make([]int, len(op.Dims))
	for i, e := range op.Dims {
		repeats[i] = 1
		out := typ.Shape[i]
		if e.From == 0 {
			out = ir.Known(e.N)
		}
		if out.IsKnown() {
			from := n.typ(0).Shape
			if k := i - (len(op.Dims) - len(from)); k < 0 || from[k] != out {
				repeats[i] = out.Size
			}
			continue
		}
		axis, err := ir.NormAxis(e.Axis, len(n.typ(e.From-1).Shape))
		if err != nil {
			n.unsupported("%v", err)
			return
		}
		shape := onesBut(len(op.Dims), i, -1)
		open := typ
		open.Shape = slices.Repeat(ir.Shape{ir.Known(1)}, len(op.Dims))
		open.Shape[i] = typ.Shape[i]
		zeros := n.cast(n.steps(n.tensor(e.From-1), axis), sum)
		y = n.op("numpy", "Add", typ, nil, y, n.op("numpy", "Reshape", open, object{"newshape": shape}, zeros))
	}
	if slices.Max(repeats) > 1 || slices.Min(repeats) < 1 {
		y = n.op("numpy", "Tile", typ, object{"repeats": ints(repeats)}, y)
	}
	n.set(n.cast(y, d))
}

// onesBut is the shape of rank ones but for one axis.
func onesBut(rank, axis, size int) []any {
	shape := make([]any, rank)
	for i := range shape {
		shape[i] = 1
	}
	shape[axis] = size
	return shape
}

func writeRange(n *node) {
	op := n.Op.(*ir.Range)
	axis, err := ir.NormAxis(op.Axis, len(n.typ(0).Shape))
	if err != nil {
		n.unsupported("%v", err)
		return
	}
	n.set(n.cast(n.count(n.tensor(0), axis), op.DType))
}

// count is 0, 1, … along axis of x.
func (n *node) count(x ref, axis int) ref {
	typ := ir.Type{DType: ir.Int32, Shape: ir.Shape{x.typ.Shape[axis]}}
	ones := n.op("numpy", "Add", typ, nil, n.steps(x, axis), scalar(1, ir.Int32))
	from1 := n.op("numpy", "Cumsum", typ, object{"axis": 0, "dtype": nil}, ones)
	return n.op("numpy", "Subtract", typ, nil, from1, scalar(1, ir.Int32))
}

func writeShapeOf(n *node) {
	x := n.typ(0).Shape
	if known, ok := x.Ints(); ok {
		v := make([]int32, len(known))
		for i, d := range known {
			v[i] = int32(d)
		}
		n.values[n.Outputs[0]] = ir.NewInt32(v, len(v))
		return
	}
	one := ir.Type{DType: ir.Int32, Shape: ir.Dims(1)}
	var list []any
	for i, d := range x {
		if d.IsKnown() {
			list = append(list, ir.NewInt32([]int32{int32(d.Size)}, 1))
			continue
		}
		ones := n.op("numpy", "Add", ir.Type{DType: ir.Int32, Shape: ir.Shape{d}}, nil, n.steps(n.tensor(0), i), scalar(1, ir.Int32))
		list = append(list, n.op("numpy", "Sum", one, object{"axis": 0, "keepdims": true}, ones))
	}
	n.set(n.like("numpy", "Concatenate", object{"axis": 0}, list))
}

func writeCumulative(n *node) {
	op := n.Op.(*ir.Cumulative)
	class := map[string]string{"sum": "Cumsum", "prod": "Cumprod"}[op.Fn]
	if class == "" {
		n.unsupported("Keras 3 has no cumulative %s", op.Fn)
		return
	}
	x := n.tensor(0)
	flip := func(x ref) ref {
		if op.Reverse {
			return n.like("numpy", "Flip", object{"axis": op.Axis}, x)
		}
		return x
	}
	y := flip(x)
	if op.Exclusive {
		y = n.delayed(y, op.Axis, map[string]float64{"sum": 0, "prod": 1}[op.Fn])
	}
	y = n.like("numpy", class, object{"axis": op.Axis, "dtype": n.out().DType.String()}, y)
	n.set(flip(y))
}

// delayed is x one step later along an axis, after a number.
func (n *node) delayed(x ref, axis int, first float64) ref {
	rank := len(x.typ.Shape)
	axis = (axis + rank) % rank
	pads, spans := make([]any, rank), make([]any, rank)
	for i := range pads {
		pads[i], spans[i] = []any{0, 0}, span{}
	}
	pads[axis], spans[axis] = []any{1, 0}, span{stop: -1}
	longer := ir.Type{DType: x.typ.DType, Shape: x.typ.Shape.Clone()}
	longer.Shape[axis] = longer.Shape[axis].Add(1)
	y := n.op("numpy", "Pad", longer, object{"pad_width": pads, "mode": "constant"}, x, scalar(first, x.typ.DType))
	return n.op("numpy", "GetItem", x.typ, nil, y, spans)
}

// writeSort writes an order by what NaN, which TensorFlow puts anywhere, has an
// infinity for.
func writeSort(n *node) {
	op := n.Op.(*ir.Sort)
	axis, x := op.Axis, n.typ(0).Shape
	if !op.Descending {
		key := n.tensor(0)
		if d := key.typ.DType; d.IsFloat() {
			nan := n.op("numpy", "Isnan", ir.Type{DType: ir.Bool, Shape: x}, nil, key)
			key = n.op("numpy", "Where", key.typ, nil, nan, scalar(math.Inf(1), d), key)
		}
		order := n.op("numpy", "Argsort", n.m.Type(n.Outputs[1]), object{"axis": axis}, key)
		n.values[n.Outputs[1]] = order
		n.set(n.like("numpy", "TakeAlongAxis", object{"axis": axis}, n.tensor(0), order))
		return
	}
	axis = (axis + len(x)) % len(x)
	if !x[axis].IsKnown() {
		n.unsupported("Keras 3 sorts downwards only along an axis of known size; this is axis %d of %v", axis, x)
		return
	}
	last := len(x) - 1
	moved := func(y ref) ref {
		if axis == last {
			return y
		}
		return n.exchanged(y, axis, last)
	}
	key := moved(n.tensor(0))
	y := n.op("math", "TopK", key.typ, object{"k": x[axis].Size, "sorted": true}, key)
	n.set(moved(y))
	n.values[n.Outputs[1]] = moved(ref{y.of, 1, ir.Type{DType: ir.Int32, Shape: key.typ.Shape}})
}

var reductions = map[string]operation{
	"sum": {"numpy", "Sum", "", ""}, "mean": {"numpy", "Mean", "", ""}, "prod": {"numpy", "Prod", "", ""},
	"max": {"numpy", "Max", "", ""}, "min": {"numpy", "Min", "", ""}, "var": {"numpy", "Var", "", ""}, "std": {"numpy", "Std", "", ""},
	"logsumexp": {"math", "Logsumexp", "", ""}, "any": {"numpy", "Any", "", ""}, "all": {"numpy", "All", "", ""},
	"argmax": {"numpy", "Argmax", "", ""}, "argmin": {"numpy", "Argmin", "", ""},
}

func writeReduce(n *node) {
	op := n.Op.(*ir.Reduce)
	class := reductions[op.Fn]
	y := n.like(class.module, class.class, object{"axis": axesOf(op.Axes), "keepdims": op.Keep}, n.tensor(0))
	if d := n.out().DType; d.IsInt() && d.Size() < 4 && (op.Fn == "sum" || op.Fn == "prod") { // Keras 3 widens these
		y.typ.DType = ir.Int32
		y = n.cast(y, d)
	}
	n.set(y)
}
