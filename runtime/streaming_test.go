package runtime

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// wavenet is a stack of gated causal convolutions over token ids, with
// normalisation, skips, an LSTM and a masked GRU, for windows of 40 steps. Its
// outputs are a sequence and what the last step gives.
func wavenet(t *testing.T, seed uint64) *builder {
	b := newBuilder(t, seed)
	ids := b.m.AddValue(ir.Value{Name: "ids", Type: ir.Type{DType: ir.Int32, Shape: ir.Shape{batch, ir.Known(40)}}})
	b.m.Inputs = []ir.Port{{Name: "ids", Value: ids}}
	x := b.node(&ir.Gather{}, b.weight(11, 8), ids)
	mask := b.node(&ir.Binary{Fn: "ne"}, ids, b.m.AddConst("zero", ir.NewInt32([]int32{0})))
	var skips []ir.ValueID
	for _, dilation := range []int{1, 2, 4} {
		conv := func(act string) ir.ValueID {
			return b.node(&ir.Conv{Dilations: []int{dilation}, Padding: ir.Padding{Before: []int{2 * dilation}}, Act: ir.Func{Name: act}}, x, b.weight(3, 8, 8), b.weight(8))
		}
		y := b.node(&ir.Binary{Fn: "mul"}, conv("tanh"), conv("sigmoid"))
		skips = append(skips, y)
		x = b.node(&ir.Binary{Fn: "add"}, x, b.node(&ir.Dense{}, y, b.weight(8, 8), b.weight(8)))
	}
	x = b.batchNorm(b.node(&ir.Concat{Axis: -1}, skips...))
	x = b.node(&ir.LayerNorm{Axes: []int{-1}, Epsilon: 1e-3}, x, b.weight(24), b.weight(24))
	tanh, sigmoid := ir.Func{Name: "tanh"}, ir.Func{Name: "sigmoid"}
	x = b.node(&ir.LSTM{Recurrence: ir.Recurrence{ReturnSequences: true}, Act: tanh, RecurrentAct: sigmoid}, x, b.weight(24, 40), b.weight(10, 40), b.weight(40), mask)
	x = b.node(&ir.SimpleRNN{Recurrence: ir.Recurrence{ReturnSequences: true, ZeroOutputForMask: true}, Act: tanh}, x, b.weight(10, 6), b.weight(6, 6), ir.None, mask)
	folded := b.node(&ir.Reshape{Dims: []ir.Extent{ir.Size(-1), ir.Size(6)}}, x)
	folded = b.node(&ir.Dense{Act: tanh}, folded, b.weight(6, 6))
	x = b.node(&ir.Reshape{Dims: []ir.Extent{ir.DimOf(1, 0), ir.DimOf(1, 1), ir.Size(6)}}, folded, x)
	last := b.node(&ir.GRU{Act: tanh, RecurrentAct: sigmoid, ResetAfter: true}, x, b.weight(6, 21), b.weight(7, 21), b.weight(2, 21), mask)
	b.output(b.node(&ir.Softmax{Axes: []int{-1}}, x), b.node(&ir.Dense{}, last, b.weight(7, 2)))
	return b
}

// tokens are ids of which some are 0, the padding; whole stretches at the start.
func (b *builder) tokens(batch, steps int) []int32 {
	v := make([]int32, batch*steps)
	for i := range v {
		if i%steps >= 4*(i/steps%3) && b.r.IntN(4) > 0 {
			v[i] = int32(1 + b.r.IntN(10))
		}
	}
	return v
}

// stretch copies columns lo to hi of [batch, n].
func stretch[T any](v []T, n, lo, hi int) []T {
	var out []T
	for at := 0; at < len(v); at += n {
		out = append(out, v[at+lo:at+hi]...)
	}
	return out
}

func alike(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 2e-6*(1+math.Abs(float64(want[i]))) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestStreamingStack(t *testing.T) {
	const steps, examples = 40, 3
	b := wavenet(t, 7)
	whole, err := Compile(b.m)
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	ids := b.tokens(examples, steps)
	want, err := whole.Predict(NewTensor(ids, examples, steps))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(b.m, WithStreaming())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := p.NewSession()
	for _, pieces := range [][]int{{1}, {3}, {7, 1, 2}, {40}, {25, 15}} {
		s.Reset()
		for at, k := 0, 0; at < steps; k++ {
			n := min(pieces[k%len(pieces)], steps-at)
			out, err := s.Run(NewTensor(stretch(ids, steps, at, at+n), examples, n))
			if err != nil {
				t.Fatal(err)
			}
			alike(t, "sequence", out[0].Float32s(), stretch(want[0].Float32s(), steps*6, at*6, (at+n)*6))
			if at += n; at == steps {
				alike(t, "last", out[1].Float32s(), want[1].Float32s())
			}
		}
	}
}

// A step of a stream allocates nothing and takes as much memory as one of any
// other time.
func TestStreamingAllocatesNothing(t *testing.T) {
	b := wavenet(t, 8)
	p, err := Compile(b.m, WithStreaming())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := p.NewSession()
	one, three := NewTensor([]int32{4}, 1, 1), NewTensor([]int32{4, 0, 5}, 1, 3)
	run := func() {
		for _, in := range []*Tensor{one, three} {
			if _, err := s.Run(in); err != nil {
				t.Fatal(err)
			}
		}
	}
	run()
	if n := leastAllocs(100, run); n != 0 {
		t.Errorf("a step allocates %v times", n)
	}
	if n := leastAllocs(100, s.Reset); n != 0 {
		t.Errorf("Reset allocates %v times", n)
	}
	if len(s.plans) != 2 {
		t.Errorf("%d plans", len(s.plans))
	}
}

func TestStateMovesToAnotherSession(t *testing.T) {
	b := wavenet(t, 9)
	p, err := Compile(b.m, WithStreaming())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ids := b.tokens(2, 40)
	first, second := p.NewSession(), p.NewSession()
	if n := len(first.State()); n != 0 {
		t.Errorf("a new session has %d states", n)
	}
	if _, err := first.Run(NewTensor(stretch(ids, 40, 0, 17), 2, 17)); err != nil {
		t.Fatal(err)
	}
	saved := first.State()
	var names []string
	for _, info := range p.States() {
		names = append(names, info.Name)
		if got := saved[info.Name]; got == nil || got.DType() != info.DType || len(got.Shape()) != len(info.Shape) {
			t.Errorf("state %s is %v, want %v%v", info.Name, got, info.DType, info.Shape)
		}
	}
	if want := "layer#2/h layer#3/h layer/c layer/h"; !strings.HasPrefix(strings.Join(names, " "), want) || len(names) != 10 || len(saved) != 10 {
		t.Errorf("states are %v", names)
	}
	if _, err := second.Run(NewTensor(make([]int32, 5), 5, 1)); err != nil { // another batch size before
		t.Fatal(err)
	}
	if err := second.SetState(saved); err != nil {
		t.Fatal(err)
	}
	rest := NewTensor(stretch(ids, 40, 17, 40), 2, 23)
	want, err := first.Run(rest)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the saved state is not written to
		got, err := second.Run(rest)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if !slices.Equal(got[i].Float32s(), want[i].Float32s()) {
				t.Fatalf("output %d differs", i)
			}
		}
		if err := second.SetState(saved); err != nil {
			t.Fatal(err)
		}
	}
	change := func(f func(m map[string]*Tensor)) map[string]*Tensor {
		m := map[string]*Tensor{}
		for k, v := range saved {
			m[k] = v
		}
		f(m)
		return m
	}
	for kind, m := range map[error]map[string]*Tensor{
		ir.ErrUsage: change(func(m map[string]*Tensor) { delete(m, "layer/h") }),
		ir.ErrShape: change(func(m map[string]*Tensor) { m["layer/h"] = NewTensor(make([]float32, 10), 1, 10) }),
		ir.ErrDType: change(func(m map[string]*Tensor) { m["layer/h"] = NewTensor(make([]int32, 20), 2, 10) }),
	} {
		if err := second.SetState(m); !errors.Is(err, kind) || !strings.Contains(err.Error(), "layer/") {
			t.Errorf("%v: %v", kind, err)
		}
	}
	if err := second.SetState(change(func(m map[string]*Tensor) { m["more"] = NewTensor([]float32{1}) })); !errors.Is(err, ir.ErrUsage) {
		t.Errorf("an unknown state: %v", err)
	}
	if err := second.SetState(nil); err != nil || len(second.State()) != 0 {
		t.Errorf("an empty state is no reset: %v", err)
	}
}

// A sequence keeps its batch size; the next one may have another.
func TestBatchOfAStream(t *testing.T) {
	p, err := Compile(wavenet(t, 10).m, WithStreaming())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := p.NewSession()
	for _, n := range []int{2, 5, 1, 2} {
		if _, err := s.Run(NewTensor(make([]int32, n), n, 1)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Run(NewTensor(make([]int32, n+1), n+1, 1)); !errors.Is(err, ir.ErrShape) {
			t.Errorf("another batch size: %v", err)
		}
		if _, err := s.Run(NewTensor(make([]int32, 2*n), n, 2)); err != nil {
			t.Fatal(err)
		}
		s.Reset()
	}
	if _, err := s.Run(NewTensor([]int32{}, 2, 0)); err == nil {
		t.Log("a run of no steps is allowed")
	}
}

// Initial states given as inputs hold for the first run of a sequence.
func TestStreamingInitialState(t *testing.T) {
	b := newBuilder(t, 11)
	x := b.input(batch, ir.Sym("time"), ir.Known(3))
	h := b.m.AddValue(ir.Value{Name: "h", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{batch, ir.Known(5)}}})
	b.m.Inputs = append(b.m.Inputs, ir.Port{Name: "h", Value: h})
	b.output(b.node(&ir.SimpleRNN{Recurrence: ir.Recurrence{ReturnSequences: true}, Act: ir.Func{Name: "tanh"}}, x, b.weight(3, 5), b.weight(5, 5), ir.None, ir.None, h))
	in, initial := FromIR(random(b.r, 2, 9, 3).tensor()), FromIR(random(b.r, 2, 5).tensor())
	whole, err := Compile(b.m)
	if err != nil {
		t.Fatal(err)
	}
	want, err := whole.Predict(in, initial)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(b.m, WithStreaming("x"))
	if err != nil {
		t.Fatal(err)
	}
	s := p.NewSession()
	for range 2 {
		for at := range 9 {
			out, err := s.Run(NewTensor(stretch(in.Float32s(), 27, 3*at, 3*at+3), 2, 1, 3), initial)
			if err != nil {
				t.Fatal(err)
			}
			alike(t, "step", out[0].Float32s(), stretch(want[0].Float32s(), 45, 5*at, 5*at+5))
		}
		s.Reset()
	}
}

// Images of a ConvLSTM, with a mask.
func TestStreamingConvLSTM(t *testing.T) {
	b := newBuilder(t, 12)
	x := b.input(batch, ir.Known(6), ir.Known(4), ir.Known(5), ir.Known(8))
	mask := b.m.AddValue(ir.Value{Name: "mask", Type: ir.Type{DType: ir.Bool, Shape: ir.Shape{batch, ir.Known(6)}}})
	b.m.Inputs = append(b.m.Inputs, ir.Port{Name: "mask", Value: mask})
	op := &ir.ConvLSTM{Recurrence: ir.Recurrence{ReturnSequences: true}, Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}}
	b.output(b.node(op, x, b.weight(3, 3, 2, 8), b.weight(8), mask))
	z := random(b.r, 2, 6, 4, 5, 8).tensor().Float32s()
	real := []bool{false, true, false, false, true, true, true, true, false, false, false, false}
	whole, err := Compile(b.m)
	if err != nil {
		t.Fatal(err)
	}
	want, err := whole.Predict(NewTensor(z, 2, 6, 4, 5, 8), NewTensor(real, 2, 6))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(b.m, WithStreaming())
	if err != nil {
		t.Fatal(err)
	}
	s := p.NewSession()
	for at := range 6 {
		out, err := s.Run(NewTensor(stretch(z, 960, 160*at, 160*at+160), 2, 1, 4, 5, 8), NewTensor(stretch(real, 6, at, at+1), 2, 1))
		if err != nil {
			t.Fatal(err)
		}
		alike(t, "step", out[0].Float32s(), stretch(want[0].Float32s(), 240, 40*at, 40*at+40))
	}
}

// Sessions of one program run at the same time; with -race this also proves that
// they share nothing they write to.
func TestManyStreams(t *testing.T) {
	b := wavenet(t, 13)
	p, err := Compile(b.m, WithStreaming(), WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ids := b.tokens(8, 40)
	var want [8][]float32
	feed := func(s *Session, row int) ([]float32, error) {
		var out []float32
		for at := 0; at < 40; at += 5 {
			y, err := s.Run(NewTensor(ids[row*40+at:row*40+at+5], 1, 5))
			if err != nil {
				return nil, err
			}
			out = append(out, y[0].Float32s()...)
		}
		return out, nil
	}
	for row := range want {
		if want[row], err = feed(p.NewSession(), row); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for row := range want {
		wg.Go(func() {
			s := p.NewSession()
			for range 5 {
				got, err := feed(s, row)
				if err != nil || !slices.Equal(got, want[row]) {
					t.Errorf("row %d: other outputs beside other sessions (%v)", row, err)
					return
				}
				s.Reset()
			}
		})
		wg.Go(func() {
			if _, err := p.Predict(NewTensor(ids[row*40:row*40+40], 1, 40)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestPredictNamed(t *testing.T) {
	p := scaled(t).compile()
	x := NewTensor([]float32{1, 2, 3, 4}, 1, 4)
	want, err := p.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	name := p.Outputs()[0].Name
	out, err := p.PredictNamed(map[string]*Tensor{"x": x})
	if err != nil || !slices.Equal(out[name].Float32s(), want[0].Float32s()) {
		t.Errorf("%v, %v", out, err)
	}
	for _, in := range []map[string]*Tensor{nil, {"x": nil}, {"x": x, "z": x}, {"y": x}} {
		if _, err := p.PredictNamed(in); !errors.Is(err, ir.ErrUsage) {
			t.Errorf("inputs %v: %v", in, err)
		}
	}
}

// Slots that do not fit, and histories without measure, are errors. (Histories of
// MaxInt steps are no ops.)
func TestHostileStates(t *testing.T) {
	for want, ops := range map[error][]*ir.History{
		ir.ErrLimit: {{Axis: 1, Steps: 1<<29 - 1, State: "a"}},
		ir.ErrDType: {{Axis: 1, Steps: 2, State: "a"}, {Axis: 1, Steps: 2, State: "a"}},
	} {
		g := &graph{t: t}
		x := g.input("x", ir.Float32, batch, ir.Sym("time"))
		for _, op := range ops {
			g.output(g.node(&ir.Reduce{Fn: "max"}, g.node(op, x)))
			x = g.node(&ir.Cast{To: ir.Int32}, x)
		}
		s := g.compile().NewSession()
		if _, err := s.Run(NewTensor(make([]float32, 32), 16, 2)); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}
