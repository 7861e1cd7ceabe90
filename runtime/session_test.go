package runtime

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kerasgo/kerasgo/ir"
	"go.uber.org/goleak"
)

// graph builds models for tests.
type graph struct {
	t *testing.T
	m ir.Model
}

func (g *graph) input(name string, d ir.DType, dims ...ir.Dim) ir.ValueID {
	id := g.m.AddValue(ir.Value{Name: name, Type: ir.Type{DType: d, Shape: dims}})
	g.m.Inputs = append(g.m.Inputs, ir.Port{Name: name, Value: id})
	return id
}

func (g *graph) node(op ir.Op, in ...ir.ValueID) ir.ValueID {
	g.t.Helper()
	out, err := g.m.AddNode(op, ir.Origin{Layer: "layer_" + strings.ToLower(op.Kind()), Class: op.Kind()}, in...)
	if err != nil {
		g.t.Fatal(err)
	}
	return out[0]
}

func (g *graph) output(id ir.ValueID) {
	g.m.Outputs = append(g.m.Outputs, ir.Port{Name: g.m.Values[id].Name, Value: id})
}

func (g *graph) compile(opts ...Option) *Program {
	g.t.Helper()
	p, err := Compile(&g.m, opts...)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(p.Close)
	return p
}

var batch = ir.Sym("batch")

// scaled is softmax(relu(x·w)), elementwise,
// for any batch.
func scaled(t *testing.T) *graph {
	g := &graph{t: t}
	x := g.input("x", ir.Float32, batch, ir.Known(4))
	w := g.m.AddConst("w", ir.NewFloat32([]float32{1, -1, 2, 0.5}, 4))
	y := g.node(&ir.Binary{Fn: "mul"}, x, w)
	y = g.node(&ir.Unary{Func: ir.Func{Name: "relu"}}, y)
	y = g.node(&ir.Softmax{Axes: []int{-1}}, y)
	g.output(y)
	return g
}

func TestRunAllocatesNothing(t *testing.T) {
	p := scaled(t).compile()
	s := p.NewSession()
	inputs := []*Tensor{NewTensor(make([]float32, 4*3), 3, 4), NewTensor(make([]float32, 4*50000), 50000, 4)}
	for _, in := range inputs {
		if _, err := s.Run(in); err != nil {
			t.Fatal(err)
		}
	}
	i := 0
	allocs := leastAllocs(20, func() {
		if _, err := s.Run(inputs[i%2]); err != nil {
			t.Fatal(err)
		}
		i++
	})
	if allocs != 0 {
		t.Errorf("a run allocates %v times", allocs)
	}
}

func TestOutputsThatNoStepComputes(t *testing.T) {
	g := &graph{t: t}
	x := g.input("x", ir.Float32, batch, ir.Known(2))
	c := g.m.AddConst("c", ir.NewInt64([]int64{7, 8}, 2))
	s := g.m.AddConst("s", ir.NewString([]string{"a", "b"}, 2))
	flat := g.node(&ir.Reshape{Dims: []ir.Extent{ir.Size(-1)}}, x)
	double := g.node(&ir.Binary{Fn: "add"}, flat, flat)
	again := g.node(&ir.Reshape{Dims: []ir.Extent{ir.Size(-1), ir.Size(2)}}, double)
	for _, id := range []ir.ValueID{x, flat, double, again, c, s, x} {
		g.output(id)
	}
	session := g.compile().NewSession()
	for _, v := range [][]float32{{1, 2, 3, 4}, {5, 6, 7, 8}} {
		in := slices.Clone(v)
		out, err := session.Run(NewTensor(in, 2, 2))
		if err != nil {
			t.Fatal(err)
		}
		clear(in) // outputs are no views of it
		twice := []float32{2 * v[0], 2 * v[1], 2 * v[2], 2 * v[3]}
		for i, want := range [][]float32{v, v, twice, twice, nil, nil, v} {
			if want != nil && !slices.Equal(out[i].Float32s(), want) {
				t.Errorf("output %d is %v, want %v", i, out[i].Float32s(), want)
			}
		}
		if got := Data[int64](out[4]); !slices.Equal(got, []int64{7, 8}) {
			t.Errorf("constant output is %v", got)
		}
		if got := Data[string](out[5]); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("string output is %v", got)
		}
		clear(out[0].Float32s()) // nor do they share memory with each other
		if out[6].Float32s()[0] != v[0] {
			t.Error("two outputs of one input share memory")
		}
	}
}

// Each set of shapes has a plan of its own, and more of them than a session
// keeps still work.
func TestPlansOfManyShapes(t *testing.T) {
	p := scaled(t).compile()
	s := p.NewSession()
	for round := range 3 {
		for n := range 2 * maxPlans {
			in := make([]float32, 4*n)
			for i := range in {
				in[i] = float32(i%7 + round)
			}
			got, err := s.Run(NewTensor(in, n, 4))
			if err != nil {
				t.Fatal(err)
			}
			want, err := p.Predict(NewTensor(in, n, 4))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got[0].Shape(), []int{n, 4}) || !slices.Equal(got[0].Float32s(), want[0].Float32s()) {
				t.Fatalf("batch %d: %v, want %v", n, got[0].Float32s(), want[0].Float32s())
			}
		}
		if len(s.plans) > maxPlans {
			t.Fatalf("the session keeps %d plans", len(s.plans))
		}
	}
}

func TestWrongInputs(t *testing.T) {
	g := &graph{t: t}
	a := g.input("left", ir.Float32, batch, ir.Known(4))
	b := g.input("right", ir.Float32, batch, ir.Known(4))
	g.output(g.node(&ir.Binary{Fn: "add"}, a, b))
	s := g.compile().NewSession()
	good := NewTensor(make([]float32, 8), 2, 4)
	for _, c := range []struct {
		in   []*Tensor
		kind error
		text string
	}{
		{nil, ir.ErrUsage, "0 inputs given, the model has 2: left, right"},
		{[]*Tensor{good}, ir.ErrUsage, "1 inputs given, the model has 2: left, right"},
		{[]*Tensor{good, {}}, ir.ErrDType, "right: input is invalid, the model wants float32"},
		{[]*Tensor{good, nil}, ir.ErrUsage, "right"},
		{[]*Tensor{good, NewTensor(make([]int32, 8), 2, 4)}, ir.ErrDType, "right: input is int32, the model wants float32"},
		{[]*Tensor{good, NewTensor(make([]float32, 10), 2, 5)}, ir.ErrShape, "[2, 5]"},
		{[]*Tensor{good, NewTensor(make([]float32, 8), 8)}, ir.ErrShape, "right"},
		{[]*Tensor{good, NewTensor(make([]float32, 12), 3, 4)}, ir.ErrShape, "batch"},
	} {
		_, err := s.Run(c.in...)
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("error %v, want one with %q", err, c.text)
		}
	}
	if _, err := s.Run(good, good); err != nil {
		t.Errorf("after errors: %v", err)
	}
}

func TestWrongNames(t *testing.T) {
	g := &graph{t: t}
	a := g.input("left", ir.Float32, batch)
	b := g.input("right", ir.Float32, batch)
	g.output(g.node(&ir.Binary{Fn: "add"}, a, b))
	p := g.compile()
	one := NewTensor([]float32{1})
	for _, c := range []struct {
		in   map[string]*Tensor
		text string
	}{
		{nil, "left: the input is missing"},
		{map[string]*Tensor{"left": one, "right": nil}, "right: the input is missing"},
		{map[string]*Tensor{"left": one, "rihgt": one}, "rihgt: the model has no such input; it has left, right"},
	} {
		if _, err := p.PredictNamed(c.in); !errors.Is(err, ir.ErrUsage) || err.Error() != c.text {
			t.Errorf("error %v, want %q", err, c.text)
		}
	}
}

func TestZeroValues(t *testing.T) {
	one := NewTensor([]float32{1})
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"Compile(nil)", func() error { _, err := Compile(nil); return err }},
		{"Session.Run", func() error { _, err := new(Session).Run(one); return err }},
		{"Session.SetState", func() error { return new(Session).SetState(map[string]*Tensor{"lstm/h": one}) }},
		{"Program.Predict", func() error { _, err := new(Program).Predict(one); return err }},
	} {
		if err := c.do(); !errors.Is(err, ir.ErrUsage) {
			t.Errorf("%s of a zero value: error %v, want one of usage", c.name, err)
		}
	}
	new(Session).Reset()
	new(Program).Close()
	if n := len(new(Session).State()); n != 0 {
		t.Errorf("a zero Session has %d states", n)
	}
}

func TestNewTensorPanics(t *testing.T) {
	for _, shape := range [][]int{{5}, {2, 2}, {-2, -3}, {-1, 6}, {math.MaxInt, 2}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("6 elements of shape %v: no panic", shape)
				}
			}()
			NewTensor(make([]float32, 6), shape...)
		}()
	}
}

// A session that is asked to run within its own run refuses, and is usable after.
func TestSessionInUse(t *testing.T) {
	var s *Session
	var inner error
	in := NewTensor([]float32{1, 2, 3, 4}, 1, 4)
	s = scaled(t).compile(WithObserver(func(NodeTiming) { _, inner = s.Run(in) })).NewSession()
	for range 2 {
		if _, err := s.Run(in); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(inner, ir.ErrUsage) {
			t.Errorf("a run within a run: error %v, want one of usage", inner)
		}
	}
}

// After Close, runs go on without the worker goroutines.
func TestRunAfterClose(t *testing.T) {
	p := scaled(t).compile(WithThreads(2))
	in := NewTensor(make([]float32, 4*50000), 50000, 4)
	before, err := p.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	p.Close()
	after, err := p.Predict(in)
	if err != nil || !slices.Equal(before[0].Float32s(), after[0].Float32s()) {
		t.Errorf("after Close: error %v, or other outputs", err)
	}
}

// What depends on the data fails in the run, names the layer and leaves the
// session usable.
func TestErrorsOfARun(t *testing.T) {
	g := &graph{t: t}
	ids := g.input("ids", ir.Int32, batch)
	table := g.m.AddConst("table", ir.NewFloat32([]float32{1, 2, 3}, 3, 1))
	ten := g.m.AddConst("ten", ir.NewInt32([]int32{10}))
	g.output(g.node(&ir.Gather{}, table, ids))
	g.output(g.node(&ir.Binary{Fn: "floordiv"}, ten, ids))
	s := g.compile().NewSession()
	for _, c := range []struct {
		ids  []int32
		text string
	}{
		{[]int32{1, 3}, `layer "layer_gather" (Gather): index 3 (element 1 of the indices) is not in [0, 3)`},
		{[]int32{-1, 2}, "index -1"},
		{[]int32{1, 0}, `layer "layer_binary" (Binary): floordiv: integer division by zero`},
	} {
		if _, err := s.Run(NewTensor(c.ids)); !errors.Is(err, ir.ErrUsage) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v: error %v, want one with %q", c.ids, err, c.text)
		}
	}
	out, err := s.Run(NewTensor([]int32{2, 1}))
	if err != nil || !slices.Equal(out[0].Float32s(), []float32{3, 2}) || !slices.Equal(Data[int32](out[1]), []int32{5, 10}) {
		t.Errorf("after errors: %v, %v", out, err)
	}
}

func TestMemoryLimit(t *testing.T) {
	g := &graph{t: t}
	x := g.input("x", ir.Float32, batch, ir.Known(1))
	g.output(g.node(&ir.Tile{Reps: []int{1 << 20, 1 << 30}}, x))
	s := g.compile(WithMaxMemory(1 << 20)).NewSession()
	if _, err := s.Run(NewTensor([]float32{1}, 1, 1)); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("error %v, want a limit", err)
	}
	p := scaled(t).compile(WithMaxMemory(0)) // the default
	if _, err := p.Predict(NewTensor([]float32{1, 2, 3, 4}, 1, 4)); err != nil {
		t.Errorf("with a limit of 0: %v", err)
	}
}

func TestManySessions(t *testing.T) {
	p := scaled(t).compile(WithThreads(2))
	in := make([]float32, 4*20000)
	for i := range in {
		in[i] = float32(i%13) / 4
	}
	want, err := p.Predict(NewTensor(in, 20000, 4))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			s := p.NewSession()
			for range 5 {
				n := 20000 - 1000*k
				out, err := s.Run(NewTensor(in[:4*n], n, 4))
				if err != nil {
					t.Error(err)
					return
				}
				if !slices.Equal(out[0].Float32s(), want[0].Float32s()[:4*n]) {
					t.Error("sessions at the same time give other results")
				}
				if _, err := p.Predict(NewTensor(in[:4*n], n, 4)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestPredictCopies(t *testing.T) {
	p := scaled(t).compile()
	a, err := p.Predict(NewTensor([]float32{1, 2, 3, 4}, 1, 4))
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(a[0].Float32s())
	if _, err := p.Predict(NewTensor([]float32{4, 3, 2, 1}, 1, 4)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a[0].Float32s(), before) {
		t.Error("a later Predict changed the result of an earlier one")
	}
}

// A stateful layer starts anew in every Predict, whatever the batch size.
func TestPredictStateful(t *testing.T) {
	g := &graph{t: t}
	x := g.input("x", ir.Float32, batch, ir.Known(2), ir.Known(1))
	k := g.m.AddConst("k", ir.NewFloat32([]float32{0.5}, 1, 1))
	u := g.m.AddConst("u", ir.NewFloat32([]float32{0.25}, 1, 1))
	g.output(g.node(&ir.SimpleRNN{Recurrence: ir.Recurrence{State: "rnn"}}, x, k, u))
	p := g.compile()
	for _, n := range []int{1, 3, 1, 2} {
		in := make([]float32, 2*n)
		for i := range in {
			in[i] = 1
		}
		out, err := p.Predict(NewTensor(in, n, 2, 1))
		if err != nil {
			t.Fatalf("batch %d: %v", n, err)
		}
		if got := out[0].Float32s()[n-1]; got != 0.625 {
			t.Errorf("batch %d: %v, want 0.625", n, got)
		}
	}
}

func TestCancel(t *testing.T) {
	s := scaled(t).compile().NewSession()
	in := NewTensor([]float32{1, 2, 3, 4}, 1, 4)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.RunContext(ctx, in); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := s.RunContext(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if _, err := s.Run(in); err != nil {
		t.Errorf("after a cancelled run: %v", err)
	}
}

func TestObserver(t *testing.T) {
	var seen []string
	g := scaled(t)
	p := g.compile(WithoutFusion(), WithObserver(func(n NodeTiming) {
		if n.Took < 0 || n.Took > time.Minute {
			t.Errorf("%s took %v", n.Layer, n.Took)
		}
		seen = append(seen, n.Layer+" "+n.Kind)
	}))
	if _, err := p.NewSession().Run(NewTensor([]float32{1, 2, 3, 4}, 1, 4)); err != nil {
		t.Fatal(err)
	}
	want := []string{"layer_binary Binary", "layer_unary Unary", "layer_softmax Softmax"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

func TestCloseStopsWorkers(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	g := scaled(t)
	p, err := Compile(&g.m, WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.NewSession().Run(NewTensor(make([]float32, 4*100000), 100000, 4)); err != nil {
		t.Fatal(err)
	}
	p.Close()
	p.Close()
}

func TestInfo(t *testing.T) {
	p := scaled(t).compile()
	want := []Info{{Name: "x", DType: ir.Float32, Shape: ir.Shape{batch, ir.Known(4)}}}
	if diff := cmp.Diff(want, p.Inputs()); diff != "" {
		t.Error(diff)
	}
}
