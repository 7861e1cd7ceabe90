package runtime

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/ir"
	"pgregory.net/rapid"
)

// drawRef draws whole numbers, which float32 arithmetic keeps exact.
func drawRef(t *rapid.T, d ir.DType, shape []int) *ref {
	r := newRef(ir.Type{DType: d, Shape: ir.Dims(shape...)})
	lo, hi := -5, 5
	if d == ir.Bool {
		lo, hi = 0, 1
	}
	seed := rapid.Uint64().Draw(t, "values")
	for i := range r.v {
		seed = seed*6364136223846793005 + 1442695040888963407
		r.v[i] = float64(lo + int(seed>>33)%(hi-lo+1))
	}
	return r
}

func drawShape(t *rapid.T, rank, size int) []int {
	return rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 1, 2, 3, 4, 5, 8, 9, 17, 40}), 0, rank).Filter(func(s []int) bool { return elems(s) <= size }).Draw(t, "shape")
}

// drawOp draws an op that takes x first; other inputs are made as constants or
// taken from the model's values.
func drawOp(t *rapid.T, m *ir.Model, x ir.ValueID) (ir.Op, []ir.ValueID) {
	d, s := m.Type(x).DType, m.Type(x).Shape
	shape, _ := s.Ints()
	rank := len(shape)
	in := []ir.ValueID{x}
	like := func(d ir.DType) ir.ValueID { // a value that may broadcast with x
		var fit []ir.ValueID
		for id := range m.Values {
			if v := m.Values[id]; v.DType == d {
				if _, err := ir.BroadcastShapes(v.Shape, s); err == nil {
					fit = append(fit, ir.ValueID(id))
				}
			}
		}
		if len(fit) > 0 && rapid.Bool().Draw(t, "reuse") {
			return rapid.SampledFrom(fit).Draw(t, "operand")
		}
		o := slices.Clone(shape[rapid.IntRange(0, rank).Draw(t, "drop"):])
		for i := range o {
			if rapid.Bool().Draw(t, "one") {
				o[i] = 1
			}
		}
		return m.AddConst("", drawRef(t, d, o).tensor())
	}
	axis := func() int { return rapid.IntRange(0, rank-1).Draw(t, "axis") }
	kinds := []string{"Unary", "Binary", "Where", "Cast", "Transpose", "Broadcast", "Reshape", "Tile", "Flip", "Pad"}
	if rank > 0 {
		kinds = append(kinds, "Concat", "Slice", "Gather", "Repeat", "Range", "Reduce", "Reduce")
	}
	if d == ir.Int32 || d == ir.Int64 {
		kinds = append(kinds, "OneHot")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "Unary":
		f := ir.Func{Name: rapid.SampledFrom([]string{"", "relu", "relu_max", "clip", "abs", "neg", "sign", "floor", "isfinite"}).Draw(t, "fn"), A: 0, B: 2, C: 4}
		if d == ir.Bool {
			f = ir.Func{Name: rapid.SampledFrom([]string{"", "not"}).Draw(t, "fn")}
		}
		return &ir.Unary{Func: f}, in
	case "Binary":
		fns := []string{"add", "sub", "mul", "min", "max", "squared_difference", "eq", "ne", "lt", "le", "gt", "ge"}
		if d == ir.Bool {
			fns = []string{"and", "or", "xor", "eq", "ne", "lt", "le", "gt", "ge"}
		}
		other := like(d)
		if rapid.Bool().Draw(t, "swap") {
			in = []ir.ValueID{other, x}
		} else {
			in = append(in, other)
		}
		return &ir.Binary{Fn: rapid.SampledFrom(fns).Draw(t, "fn")}, in
	case "Where":
		return &ir.Where{}, []ir.ValueID{like(ir.Bool), x, like(d)}
	case "Cast":
		return &ir.Cast{To: rapid.SampledFrom([]ir.DType{ir.Float32, ir.Int32, ir.Int64, ir.Bool}).Draw(t, "to")}, in
	case "Transpose":
		perm := make([]int, rank)
		for i := range perm {
			perm[i] = i
		}
		return &ir.Transpose{Perm: rapid.Permutation(perm).Draw(t, "perm")}, in
	case "Broadcast":
		var dims []ir.Extent
		for range rapid.IntRange(0, 2).Draw(t, "lead") {
			dims = append(dims, ir.Size(rapid.IntRange(0, 3).Draw(t, "n")))
		}
		for i, n := range shape {
			if n == 1 && rapid.Bool().Draw(t, "widen") {
				dims = append(dims, ir.Size(rapid.IntRange(0, 9).Draw(t, "n")))
			} else {
				dims = append(dims, ir.DimOf(0, i))
			}
		}
		return &ir.Broadcast{Dims: dims}, in
	case "Reshape":
		if rank > 0 && rapid.Bool().Draw(t, "flat") {
			return &ir.Reshape{Dims: []ir.Extent{ir.Size(elems(shape))}}, in
		}
		return &ir.Reshape{Dims: []ir.Extent{ir.Size(1), ir.Size(elems(shape)), ir.Size(1)}}, in
	case "Tile":
		return &ir.Tile{Reps: rapid.SliceOfN(rapid.IntRange(0, 3), rank, rank).Draw(t, "reps")}, in
	case "Flip":
		var axes []int
		for i := range shape {
			if rapid.Bool().Draw(t, "flip") {
				axes = append(axes, i)
			}
		}
		return &ir.Flip{Axes: axes}, in
	case "Pad":
		widths := rapid.SliceOfN(rapid.IntRange(0, 3), rank, rank)
		return &ir.Pad{Before: widths.Draw(t, "before"), After: widths.Draw(t, "after"), Mode: rapid.SampledFrom([]string{"constant", "reflect", "symmetric", "edge"}).Draw(t, "mode"), Value: ir.Float(rapid.IntRange(0, 1).Draw(t, "value"))}, in
	case "Concat":
		a := axis()
		var fit []ir.ValueID
		for id, v := range m.Values {
			if v.DType == d && len(v.Shape) == rank {
				o, _ := v.Shape.Ints()
				if slices.Equal(o[:a], shape[:a]) && slices.Equal(o[a+1:], shape[a+1:]) {
					fit = append(fit, ir.ValueID(id))
				}
			}
		}
		return &ir.Concat{Axis: a}, append(in, rapid.SliceOfN(rapid.SampledFrom(fit), 0, 3).Draw(t, "with")...)
	case "Slice":
		bound := func(name string) *int {
			if rapid.Bool().Draw(t, name) {
				return nil
			}
			v := rapid.IntRange(-6, 6).Draw(t, name)
			return &v
		}
		var axes []ir.AxisSlice
		for range rapid.IntRange(1, 2).Draw(t, "axes") {
			axes = append(axes, ir.AxisSlice{Axis: axis(), Start: bound("start"), End: bound("end"), Step: rapid.SampledFrom([]int{1, 1, 2, 3, -1, -2}).Draw(t, "step")})
		}
		return &ir.Slice{Axes: axes}, in
	case "Gather":
		a := axis()
		if shape[a] == 0 {
			return &ir.Flip{Axes: []int{a}}, in
		}
		wrap := rapid.Bool().Draw(t, "wrap")
		lo := 0
		if wrap {
			lo = -shape[a]
		}
		idx := newRef(ir.Type{DType: rapid.SampledFrom([]ir.DType{ir.Int32, ir.Int64}).Draw(t, "index"), Shape: ir.Dims(drawShape(t, 2, 30)...)})
		for i := range idx.v {
			idx.v[i] = float64(rapid.IntRange(lo, shape[a]-1).Draw(t, "i"))
		}
		return &ir.Gather{Axis: a, Wrap: wrap}, append(in, m.AddConst("", idx.tensor()))
	case "Repeat":
		return &ir.Repeat{Axis: axis(), N: rapid.IntRange(0, 3).Draw(t, "n")}, in
	case "Range":
		return &ir.Range{Axis: axis(), DType: rapid.SampledFrom([]ir.DType{ir.Float32, ir.Int32, ir.Int64}).Draw(t, "dtype")}, in
	case "OneHot":
		return &ir.OneHot{Depth: rapid.IntRange(0, 7).Draw(t, "depth"), DType: rapid.SampledFrom([]ir.DType{ir.Float32, ir.Int32, ir.Int64, ir.Bool}).Draw(t, "dtype")}, in
	}
	return drawReduce(t, d, shape, axis()), in
}

func drawReduce(t *rapid.T, d ir.DType, shape []int, arg int) *ir.Reduce {
	op := &ir.Reduce{Keep: rapid.Bool().Draw(t, "keep"), Fn: rapid.SampledFrom([]string{"sum", "max", "min", "argmax", "argmin"}).Draw(t, "fn")}
	if d == ir.Bool {
		op.Fn = rapid.SampledFrom([]string{"any", "all", "argmax", "argmin"}).Draw(t, "fn")
	}
	if op.Fn[:3] == "arg" {
		op.Axes = []int{arg}
		if rapid.Bool().Draw(t, "all") {
			op.Axes = nil
		}
		return op
	}
	for i := range shape {
		if rapid.Bool().Draw(t, "reduce") {
			op.Axes = append(op.Axes, i)
		}
	}
	return op
}

// drawGraph draws a model of the ops that only compute with whole numbers. What
// may grow is clipped, so that every result is exact in float32.
func drawGraph(t *rapid.T) *ir.Model {
	m := &ir.Model{Name: "graph"}
	dtypes := []ir.DType{ir.Float32, ir.Float32, ir.Int32, ir.Int64, ir.Bool}
	for i := range rapid.IntRange(1, 3).Draw(t, "inputs") {
		id := m.AddValue(ir.Value{Type: ir.Type{DType: rapid.SampledFrom(dtypes).Draw(t, "dtype"), Shape: ir.Dims(drawShape(t, 4, 400)...)}})
		m.Inputs = append(m.Inputs, ir.Port{Name: fmt.Sprint("in", i), Value: id})
	}
	for range rapid.IntRange(0, 2).Draw(t, "constants") {
		m.AddConst("", drawRef(t, rapid.SampledFrom(dtypes).Draw(t, "dtype"), drawShape(t, 3, 100)).tensor())
	}
	for range rapid.IntRange(1, 12).Draw(t, "nodes") {
		values := len(m.Values)
		x := ir.ValueID(rapid.IntRange(max(0, values-4), values-1).Draw(t, "x"))
		op, in := drawOp(t, m, x)
		types, err := op.Infer(m.Types(in))
		if err != nil || len(types[0].Shape) > 6 {
			continue
		}
		if n, _ := types[0].Shape.Elems(); n > 3000 {
			continue
		}
		if r, ok := op.(*ir.Reduce); ok && reducesNothing(r, m.Type(x)) {
			continue
		}
		out, err := m.AddNode(op, ir.Origin{Layer: op.Kind()}, in...)
		if err != nil {
			t.Fatal(err)
		}
		switch op.(type) {
		case *ir.Binary, *ir.Reduce:
			if types[0].DType != ir.Bool {
				if _, err := m.AddNode(&ir.Unary{Func: ir.Func{Name: "clip", A: -50, B: 50}}, ir.Origin{}, out[0]); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	m.Outputs = append(m.Outputs, ir.Port{Name: "last", Value: ir.ValueID(len(m.Values) - 1)})
	for i := range rapid.IntRange(0, 3).Draw(t, "outputs") {
		m.Outputs = append(m.Outputs, ir.Port{Name: fmt.Sprint("out", i), Value: ir.ValueID(rapid.IntRange(0, len(m.Values)-1).Draw(t, "output"))})
	}
	return m
}

// reducesNothing reports a reduction of no elements, whose result is infinite,
// or an error.
func reducesNothing(r *ir.Reduce, t ir.Type) bool {
	n, _ := t.Shape.Elems()
	return n == 0 && r.Fn != "sum"
}

func sameAs(got *Tensor, want *ref) error {
	if !slices.Equal(got.Shape(), want.shape) || got.DType() != kindOf(want.dtype) {
		return fmt.Errorf("got %v%v, want %v%v", got.DType(), got.Shape(), want.dtype, want.shape)
	}
	r := refOf(got.ToIR())
	for i, v := range r.v {
		if v != want.v[i] {
			return fmt.Errorf("element %d is %v, want %v", i, v, want.v[i])
		}
	}
	return nil
}

// Every value of every run of random graphs is as a plain interpreter computes
// it, whatever memory was shared.
func TestGraphsAsInterpreted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawGraph(t)
		before := m.String()
		for _, opts := range [][]Option{{WithThreads(1)}, {WithThreads(2), WithoutFusion()}} {
			p, err := Compile(m, opts...)
			if err != nil {
				t.Fatalf("%v\n%v", err, m)
			}
			s := p.NewSession()
			for range 2 {
				var refs []*ref
				var feed []*Tensor
				for _, port := range m.Inputs {
					shape, _ := m.Type(port.Value).Shape.Ints()
					r := drawRef(t, m.Type(port.Value).DType, shape)
					refs, feed = append(refs, r), append(feed, FromIR(r.tensor()))
				}
				got, err := s.Run(feed...)
				if err != nil {
					t.Fatalf("%v\n%v", err, m)
				}
				for i, want := range interpret(m, refs) {
					if err := sameAs(got[i], want); err != nil {
						t.Fatalf("output %q: %v\n%v", m.Outputs[i].Name, err, m)
					}
				}
				for i, r := range refs {
					if err := sameAs(feed[i], r); err != nil {
						t.Fatalf("the run changed its input %d: %v\n%v", i, err, m)
					}
				}
			}
			p.Close()
		}
		if m.String() != before {
			t.Fatalf("Compile changed the model:\n%s\n%v", before, m)
		}
	})
}

// Shapes that reach the fast paths, on one thread and two.
func TestLargeOps(t *testing.T) {
	f32 := func(shape ...int) *ref {
		r := newRef(ir.Type{DType: ir.Float32, Shape: ir.Dims(shape...)})
		for i := range r.v {
			r.v[i] = float64(i*7919%23 - 11)
		}
		return r
	}
	bools := func(shape ...int) *ref {
		r := f32(shape...)
		r.dtype = ir.Bool
		for i, v := range r.v {
			r.v[i] = truth(v > 0)
		}
		return r
	}
	two, minus := 2, -1
	for _, c := range []struct {
		op ir.Op
		in []*ref
	}{
		{&ir.Transpose{Perm: []int{0, 2, 3, 1}}, []*ref{f32(2, 24, 17, 33)}},
		{&ir.Transpose{Perm: []int{0, 3, 1, 2}}, []*ref{f32(2, 17, 33, 24)}},
		{&ir.Transpose{Perm: []int{1, 0}}, []*ref{f32(130, 203)}},
		{&ir.Transpose{Perm: []int{0, 2, 1, 3}}, []*ref{f32(2, 40, 8, 32)}},
		{&ir.Transpose{Perm: []int{2, 1, 0}}, []*ref{f32(13, 40, 37)}},
		{&ir.Transpose{Perm: []int{3, 1, 0, 2}}, []*ref{f32(9, 11, 13, 17)}},
		{&ir.Binary{Fn: "add"}, []*ref{f32(100, 300), f32(300)}},
		{&ir.Binary{Fn: "sub"}, []*ref{f32(300), f32(100, 300)}},
		{&ir.Binary{Fn: "sub"}, []*ref{f32(10000, 3), f32(3)}},
		{&ir.Binary{Fn: "sub"}, []*ref{f32(3), f32(10001, 3)}},
		{&ir.Binary{Fn: "lt"}, []*ref{f32(10001, 5), f32(1, 5)}},
		{&ir.Binary{Fn: "mul"}, []*ref{f32(7, 50, 60), f32(7, 1, 60)}},
		{&ir.Binary{Fn: "mul"}, []*ref{f32(7, 50, 60), f32(50, 1)}},
		{&ir.Binary{Fn: "sub"}, []*ref{f32(), f32(200, 200)}},
		{&ir.Binary{Fn: "max"}, []*ref{f32(200, 1), f32(1, 201)}},
		{&ir.Where{}, []*ref{bools(50, 1, 40), f32(30, 40), f32()}},
		{&ir.Concat{Axis: -1}, []*ref{f32(3000, 3), f32(3000, 1), f32(3000, 20)}},
		{&ir.Concat{Axis: 1}, []*ref{f32(5, 31, 40), f32(5, 2, 40)}},
		{&ir.Slice{Axes: []ir.AxisSlice{{Axis: 1, Start: &two, End: &minus}, {Axis: 2, Step: 2}}}, []*ref{f32(20, 30, 41)}},
		{&ir.Pad{Before: []int{0, 3, 3, 0}, After: []int{0, 3, 2, 0}, Mode: "constant"}, []*ref{f32(2, 40, 40, 16)}},
		{&ir.Pad{Before: []int{0, 3, 3, 0}, After: []int{0, 3, 2, 1}, Mode: "reflect"}, []*ref{f32(2, 20, 20, 16)}},
		{&ir.Flip{Axes: []int{0, 2}}, []*ref{f32(20, 30, 40)}},
		{&ir.Repeat{Axis: 1, N: 2}, []*ref{f32(20, 30, 40)}},
		{&ir.Reduce{Fn: "sum", Axes: []int{1, 2}}, []*ref{f32(3, 30, 30, 300)}},
		{&ir.Reduce{Fn: "sum", Axes: []int{-1}}, []*ref{f32(30, 5000)}},
		{&ir.Reduce{Fn: "max", Axes: []int{0, 2}}, []*ref{f32(30, 20, 50)}},
		{&ir.Reduce{Fn: "argmax", Axes: []int{1}}, []*ref{f32(30, 50, 20)}},
		{&ir.Reduce{Fn: "any", Axes: []int{0, 2}}, []*ref{bools(30, 20, 50)}},
	} {
		t.Run(c.op.Kind(), func(t *testing.T) { checkRef(t, c.op, c.in, 0) })
	}
}

// checkRef runs an op on one thread and two and compares with the interpreter.
// The runs give the same bits, and allocate nothing.
func checkRef(t *testing.T, op ir.Op, in []*ref, tolerance float64) {
	t.Helper()
	var tensors []*ir.Tensor
	for _, r := range in {
		tensors = append(tensors, r.tensor())
	}
	m, feed := nodeModel(t, op, tensors, func(int) bool { return false })
	want := interpret(m, in)[0]
	var first []float64
	for _, threads := range []int{1, 2} {
		p, err := Compile(m, WithThreads(threads))
		if err != nil {
			t.Fatal(err)
		}
		s := p.NewSession()
		out, err := s.Run(feed...)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out[0].Shape(), want.shape) {
			t.Fatalf("%+v: shape %v, want %v", op, out[0].Shape(), want.shape)
		}
		got := refOf(out[0].ToIR())
		for i, v := range got.v {
			if w := want.v[i]; v != w && !(math.Abs(v-w) <= tolerance*(1+math.Abs(w))) && !(v != v && w != w) {
				t.Fatalf("%+v on %v: element %d is %v, want %v", op, shapesOf(tensors), i, v, w)
			}
		}
		if first == nil {
			first = got.v
		} else if !slices.EqualFunc(first, got.v, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
			t.Fatalf("%+v on %v: two threads give other bits than one", op, shapesOf(tensors))
		}
		if allocs := leastAllocs(2, func() { _, err = s.Run(feed...) }); allocs > 0 || err != nil {
			t.Fatalf("%+v: a run allocates %v times (error %v)", op, allocs, err)
		}
		p.Close()
	}
}

// Reductions and softmax of fractions, over every set of axes.
func TestRoundedOps(t *testing.T) {
	rapid.Check(t, func(t2 *rapid.T) {
		shape := rapid.SliceOfN(rapid.SampledFrom([]int{1, 2, 3, 7, 16, 70}), 1, 4).Filter(func(s []int) bool { return elems(s) < 5000 }).Draw(t2, "shape")
		x := drawRef(t2, ir.Float32, shape)
		for i := range x.v {
			x.v[i] = float64(float32(x.v[i] * 0.37))
		}
		var axes []int
		for i := range shape {
			if rapid.Bool().Draw(t2, "axis") {
				axes = append(axes, i)
			}
		}
		if rapid.Bool().Draw(t2, "softmax") && axes != nil {
			in := []*ref{x}
			if rapid.Bool().Draw(t2, "mask") {
				ms := slices.Clone(shape)
				ms[0] = 1
				in = append(in, drawRef(t2, ir.Bool, ms))
			}
			checkRef(t, &ir.Softmax{Axes: axes, Log: rapid.Bool().Draw(t2, "log")}, in, 2e-6)
			return
		}
		fn := rapid.SampledFrom([]string{"sum", "mean", "var", "std", "logsumexp"}).Draw(t2, "fn")
		tolerance := 4e-6
		if fn == "sum" { // terms up to 2 that cancel
			tolerance += 3e-8 * float64(len(x.v))
		}
		checkRef(t, &ir.Reduce{Fn: fn, Axes: axes, Keep: rapid.Bool().Draw(t2, "keep")}, []*ref{x}, tolerance)
	})
}

// A long sum of equal fractions keeps its digits.
func TestLongSums(t *testing.T) {
	const n = 1 << 20
	v := make([]float32, n)
	for i := range v {
		v[i] = 0.1
	}
	want := float64(float32(0.1)) * n
	for _, c := range []struct {
		shape []int
		axis  int
	}{{[]int{n}, 0}, {[]int{n / 4, 4}, 0}} {
		got := float64(floats(runOp(t, &ir.Reduce{Fn: "sum", Axes: []int{c.axis}}, ir.NewFloat32(v, c.shape...)))[0])
		if w := want / float64(n/c.shape[0]); math.Abs(got-w) > 1e-5*w {
			t.Errorf("sum over axis %d of %v: %v, want %v", c.axis, c.shape, got, w)
		}
	}
}

func TestStrings(t *testing.T) {
	a, b := ir.NewString([]string{"x", "y", "x", ""}, 2, 2), ir.NewString([]string{"x", "y"}, 2)
	for _, c := range []struct {
		op   ir.Op
		in   []*ir.Tensor
		want []string
	}{
		{&ir.Transpose{Perm: []int{1, 0}}, []*ir.Tensor{a}, []string{"x", "x", "y", ""}},
		{&ir.Concat{Axis: 1}, []*ir.Tensor{a, a}, []string{"x", "y", "x", "y", "x", "", "x", ""}},
		{&ir.Gather{Axis: 0}, []*ir.Tensor{b, ir.NewInt32([]int32{1, 0, 1}, 3)}, []string{"y", "x", "y"}},
		{&ir.Where{}, []*ir.Tensor{ir.NewBool([]bool{true, false}, 2), a, b}, []string{"x", "y", "x", "y"}},
		{&ir.Tile{Reps: []int{2}}, []*ir.Tensor{b}, []string{"x", "y", "x", "y"}},
	} {
		if got := Data[string](runOp(t, c.op, c.in...)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.op.Kind(), got, c.want)
		}
	}
	for fn, want := range map[string][]bool{"eq": {true, true, true, false}, "ne": {false, false, false, true}} {
		if got := Data[bool](runOp(t, &ir.Binary{Fn: fn}, a, b)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", fn, got, want)
		}
	}
}

func TestEveryOpHasAnExecutor(t *testing.T) {
	for _, op := range ir.Ops {
		if k := op().Kind(); executors[k] == nil {
			t.Errorf("op %s has no executor", k)
		}
	}
	for k := range executors {
		if ir.NewOp(k) == nil && k != (&passes.Chain{}).Kind() && k != (&passes.ScaledConv{}).Kind() && k != (&passes.EmbeddedRNN{}).Kind() {
			t.Errorf("executor %s has no op", k)
		}
	}
}
