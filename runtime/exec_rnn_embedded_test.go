package runtime

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/ir"
)

// embeddedCells make each recurrent op, and say how many gates it has.
var embeddedCells = []struct {
	gates, biasRows int
	op              func(ir.Recurrence) ir.Op
}{
	{4, 1, func(r ir.Recurrence) ir.Op {
		return &ir.LSTM{Recurrence: r, Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}}
	}},
	{3, 2, func(r ir.Recurrence) ir.Op {
		return &ir.GRU{Recurrence: r, Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}, ResetAfter: true}
	}},
	{3, 1, func(r ir.Recurrence) ir.Op {
		return &ir.GRU{Recurrence: r, Act: ir.Func{Name: "softsign"}, RecurrentAct: ir.Func{Name: "hard_sigmoid", A: 0.2, B: 0.5}}
	}},
	{1, 1, func(r ir.Recurrence) ir.Op { return &ir.SimpleRNN{Recurrence: r, Act: ir.Func{Name: "tanh"}} }},
}

// embeddedModel is both directions of a recurrent layer over an embedding.
type embeddedModel struct {
	*builder
	ids  ir.ValueID
	x    ir.ValueID
	mask ir.ValueID
	rows int
}

func newEmbedded(t *testing.T, seed uint64, ids ir.DType, rows, in int, wrap bool) *embeddedModel {
	b := newBuilder(t, seed)
	id := b.m.AddValue(ir.Value{Name: "ids", Type: ir.Type{DType: ids, Shape: ir.Shape{batch, ir.Sym("time")}}})
	b.m.Inputs = []ir.Port{{Name: "ids", Value: id}}
	out, err := b.m.AddNode(&ir.Gather{Wrap: wrap}, ir.Origin{Layer: "words", Class: "Embedding"}, b.weight(rows, in), id)
	if err != nil {
		t.Fatal(err)
	}
	return &embeddedModel{b, id, out[0], ir.None, rows}
}

// recur adds a direction over x.
func (m *embeddedModel) recur(cell, units int, rec ir.Recurrence, bias, masked bool) {
	c, in := embeddedCells[cell], m.m.Type(m.x).Shape[2].Size
	shape := []int{c.gates * units}
	if c.biasRows == 2 {
		shape = []int{2, c.gates * units}
	}
	inputs := []ir.ValueID{m.x, m.weight(in, c.gates*units), m.weight(units, c.gates*units), ir.None, ir.None}
	if bias {
		inputs[3] = m.weight(shape...)
	}
	if masked && m.mask == ir.None {
		zero := m.m.AddConst("zero", ir.NewInt32([]int32{0}))
		if m.m.Type(m.ids).DType == ir.Int64 {
			zero = m.m.AddConst("zero", ir.NewInt64([]int64{0}))
		}
		m.mask = m.node(&ir.Binary{Fn: "ne"}, m.ids, zero)
	}
	if masked {
		inputs[4] = m.mask
	}
	m.output(m.node(c.op(rec), inputs...))
}

// tensor makes ids in [lo, rows).
func (m *embeddedModel) tensor(lo, batch, steps int) *Tensor {
	v := make([]int64, batch*steps)
	for i := range v {
		v[i] = int64(lo + m.r.IntN(m.rows-lo))
	}
	if m.m.Type(m.ids).DType == ir.Int64 {
		return NewTensor(v, batch, steps)
	}
	w := make([]int32, len(v))
	for i := range v {
		w[i] = int32(v[i])
	}
	return NewTensor(w, batch, steps)
}

func (m *embeddedModel) compile(opts ...Option) *Program {
	m.t.Helper()
	p, err := Compile(m.m, opts...)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(p.Close)
	return p
}

func kindsOf(p *Program) string {
	var kinds []string
	for _, n := range p.Nodes() {
		kinds = append(kinds, n.Op.Kind())
	}
	return strings.Join(kinds, " ")
}

// results copies the outputs of a run.
func results(t *testing.T, s *Session, in *Tensor) [][]float32 {
	t.Helper()
	out, err := s.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	var v [][]float32
	for _, o := range out {
		v = append(v, slices.Clone(o.Float32s()))
	}
	return v
}

func sameResults(t *testing.T, what string, got, want [][]float32) {
	t.Helper()
	for i := range want {
		if !sameBits(got[i], want[i]) {
			t.Fatalf("%s: output %d has other bits", what, i)
		}
	}
}

// The graph that looks up gives what the one as built gives; and the same bits
// whatever rows are kept, the threads, and the sequences run together.
func TestEmbeddedRNN(t *testing.T) {
	r := rand.New(rand.NewPCG(30, 1))
	for i := range 160 {
		d := pick(r, ir.Int32, ir.Int64)
		wrap, bias, masked := r.IntN(2) == 0, r.IntN(3) > 0, r.IntN(2) == 0
		m := newEmbedded(t, uint64(i), d, pick(r, 1, 5, 60), pick(r, 1, 3, 16), wrap)
		rec := ir.Recurrence{ReturnSequences: r.IntN(2) == 0, ZeroOutputForMask: r.IntN(2) == 0}
		units := pick(r, 1, 8, 13, 40)
		for k := range 2 {
			rec.GoBackwards = k == 1
			m.recur(i%4, units, rec, bias, masked)
		}
		want := "EmbeddedRNN EmbeddedRNN"
		if masked {
			want = "Binary " + want
		}
		lo := 0
		if wrap {
			lo = -m.rows
		}
		examples, steps := pick(r, 0, 1, 2, 5, 7, 13, 30), pick(r, 0, 1, 2, 9)
		in := m.tensor(lo, examples, steps)
		plain := results(t, m.compile(WithoutFusion(), WithThreads(1)).NewSession(), in)
		var first [][]float32
		for _, opts := range [][]Option{{WithThreads(1)}, {WithThreads(2)}, {WithThreads(3), WithMaxMemory(1 << 20)}} {
			p := m.compile(opts...)
			if got := kindsOf(p); got != want {
				t.Fatalf("fused graph is %q, want %q", got, want)
			}
			s := p.NewSession()
			for range 3 {
				got := results(t, s, in)
				if first == nil {
					first = got
					for k := range got {
						alike(t, "looked up", got[k], plain[k])
					}
				}
				sameResults(t, "another run", got, first)
			}
		}
	}
}

// One step at a time, each sequence alone, gives the bits of all together.
func TestEmbeddedRNNInStreams(t *testing.T) {
	for cell := range embeddedCells {
		m := newEmbedded(t, 77, ir.Int32, 50, 8, false)
		m.recur(cell, 24, ir.Recurrence{ReturnSequences: true}, true, true)
		const examples, steps = 9, 12
		in := m.tensor(0, examples, steps)
		ids := Data[int32](in)
		whole := results(t, m.compile(WithThreads(2)).NewSession(), in)[0]
		p := m.compile(WithStreaming())
		if !strings.Contains(kindsOf(p), "EmbeddedRNN") {
			t.Fatalf("the stream's graph is %q", kindsOf(p))
		}
		for e := range examples {
			s := p.NewSession()
			for i := range steps {
				got := results(t, s, NewTensor(ids[e*steps+i:][:1], 1, 1))[0]
				for k, v := range whole[(e*steps+i)*24:][:24] { // fewer sequences sum in another order
					if math.Abs(float64(got[k]-v)) > 2e-5*(1+math.Abs(float64(v))) {
						t.Fatalf("step %d of sequence %d alone: %v, want %v", i, e, got[k], v)
					}
				}
			}
		}
		all := p.NewSession()
		for i := range steps {
			got := results(t, all, NewTensor(stretch(ids, steps, i, i+1), examples, 1))[0]
			for e := range examples {
				if !sameBits(got[e*24:][:24], whole[(e*steps+i)*24:][:24]) {
					t.Fatalf("cell %d: step %d of sequence %d has other bits", cell, i, e)
				}
			}
		}
	}
}

// What is out of range is the look-up's error, whoever looks up.
func TestEmbeddedRNNOutOfRange(t *testing.T) {
	for _, wrap := range []bool{false, true} {
		m := newEmbedded(t, 5, ir.Int64, 7, 3, wrap)
		m.recur(0, 4, ir.Recurrence{}, true, true)
		m.recur(0, 4, ir.Recurrence{GoBackwards: true}, true, true)
		for _, bad := range []int64{7, -1, -8, 1 << 40} {
			if wrap && bad == -1 {
				continue
			}
			in := NewTensor([]int64{0, 1, 2, bad}, 2, 2)
			_, want := m.compile(WithoutFusion()).Predict(in)
			p := m.compile()
			s := p.NewSession()
			_, got := s.Run(in)
			if !errors.Is(got, ir.ErrUsage) || got.Error() != want.Error() {
				t.Errorf("index %d: %v, want %v", bad, got, want)
			}
			good := NewTensor([]int64{0, 1, 2, 3}, 2, 2)
			sameResults(t, "after an error", results(t, s, good), results(t, m.compile().NewSession(), good))
		}
	}
}

// What cannot be looked up by index alone stays as it is, and the look-up stays
// for others that read it.
func TestEmbeddedRNNOnlyWherePossible(t *testing.T) {
	m := newEmbedded(t, 6, ir.Int32, 7, 3, false)
	m.recur(0, 4, ir.Recurrence{}, true, false)
	m.output(m.x)
	if got := kindsOf(m.compile()); got != "Gather EmbeddedRNN" {
		t.Errorf("the embedding is an output too: %q", got)
	}
	m = newEmbedded(t, 6, ir.Int32, 7, 3, false)
	m.x = m.unary("tanh", m.x)
	m.recur(0, 4, ir.Recurrence{}, true, false)
	if got := kindsOf(m.compile()); got != "Gather Unary LSTM" {
		t.Errorf("a function between: %q", got)
	}
	m = newEmbedded(t, 6, ir.Int32, 7, 3, false)
	u := m.weight(4, 16)
	w := m.node(&ir.Reshape{Dims: []ir.Extent{ir.Size(3), ir.Size(16)}}, m.node(&ir.Reduce{Fn: "sum", Axes: []int{0, 1}}, m.node(&ir.Dense{}, m.x, m.weight(3, 48))))
	m.output(m.node(embeddedCells[0].op(ir.Recurrence{}), m.x, w, u))
	if got := kindsOf(m.compile()); strings.Contains(got, "EmbeddedRNN") {
		t.Errorf("a computed kernel: %q", got)
	}
	m = newEmbedded(t, 6, ir.Int32, 7, 3, false)
	m.output(m.node(&ir.SimpleRNN{Act: ir.Func{Name: "softmax"}}, m.x, m.weight(3, 4), m.weight(4, 4)))
	if got := kindsOf(m.compile()); got != "Gather SimpleRNN" {
		t.Errorf("an activation of a row: %q", got)
	}
}

// Sessions that want the same rows at the same time get the bits that one gets.
func TestEmbeddedRNNConcurrently(t *testing.T) {
	m := newEmbedded(t, 8, ir.Int32, 400, 16, false)
	m.recur(0, 16, ir.Recurrence{ReturnSequences: true}, true, true)
	m.recur(1, 16, ir.Recurrence{GoBackwards: true}, true, true)
	var inputs []*Tensor
	var want [][][]float32
	for _, examples := range []int{1, 3, 9, 14} {
		in := m.tensor(0, examples, 11)
		inputs = append(inputs, in)
		want = append(want, results(t, m.compile(WithThreads(1)).NewSession(), in))
	}
	for range 20 {
		p := m.compile(WithThreads(2))
		var wg sync.WaitGroup
		for range 3 {
			for k, in := range inputs {
				wg.Go(func() {
					out, err := p.NewSession().Run(in)
					if err != nil {
						t.Error(err)
						return
					}
					for i, o := range out {
						if !sameBits(o.Float32s(), want[k][i]) {
							t.Errorf("input %d, output %d has other bits", k, i)
						}
					}
				})
			}
		}
		wg.Wait()
	}
}

// A run that is cancelled leaves no row half computed.
func TestEmbeddedRNNCancelled(t *testing.T) {
	m := newEmbedded(t, 9, ir.Int32, 3000, 32, false)
	m.recur(0, 32, ir.Recurrence{}, true, false)
	in := m.tensor(0, 14, 200)
	want := results(t, m.compile().NewSession(), in)
	for i := range 12 {
		p := m.compile(WithThreads(2))
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*200*time.Microsecond)
		_, err := p.NewSession().RunContext(ctx, in)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v, want %v", err, context.DeadlineExceeded)
		}
		sameResults(t, "after a cancelled run", results(t, p.NewSession(), in), want)
	}
}

func TestEmbeddedRNNAllocatesNothing(t *testing.T) {
	for _, examples := range []int{1, 4, 14} {
		m := newEmbedded(t, 10, ir.Int64, 90, 8, true)
		m.recur(0, 8, ir.Recurrence{}, true, true)
		m.recur(1, 8, ir.Recurrence{}, true, false)
		for _, opts := range [][]Option{{WithThreads(1)}, {WithThreads(1), WithMaxMemory(1 << 16)}} {
			s, in := m.compile(opts...).NewSession(), m.tensor(0, examples, 6)
			if n := leastAllocs(5, func() {
				if _, err := s.Run(in); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%d examples: a run allocates %v times", examples, n)
			}
		}
	}
}

// The memory of all kept rows is bounded, and one for nodes that project alike.
func TestKeptRowsAreBounded(t *testing.T) {
	w := &rnnWeights{cell: kernel.LSTM, in: 1, units: 8}
	const row = 4 * (32 + 1)
	node := func(kernel ir.ValueID) *ir.Node {
		inputs := make([]ir.ValueID, passes.EmbeddedTable+1)
		inputs[rnnKernel], inputs[rnnBias] = kernel, ir.None
		return &ir.Node{Inputs: inputs}
	}
	model := &ir.Model{}
	model.AddConst("table", ir.NewFloat32(make([]float32, 10), 10, 1))
	c := &compiler{Program: &Program{model: model}, kept: map[keptKey]*kernel.ProjectedRows{}, budget: 14 * row}
	first, second, third := c.projectedRows(node(1), w), c.projectedRows(node(2), w), c.projectedRows(node(3), w)
	if first.Rows() != 10 || second.Rows() != 4 || third.Rows() != 0 || c.budget != 0 {
		t.Errorf("rows %d, %d and %d are kept, %d bytes are left", first.Rows(), second.Rows(), third.Rows(), c.budget)
	}
	if c.projectedRows(node(1), w) != first {
		t.Error("the same table and weights are kept twice")
	}
}

// Tables and layers of float16 give what they give without fusion, to the bit of
// that dtype.
func TestEmbeddedRNNOfHalves(t *testing.T) {
	b := newBuilder(t, 11)
	ids := b.m.AddValue(ir.Value{Name: "ids", Type: ir.Type{DType: ir.Int32, Shape: ir.Shape{batch, ir.Sym("time")}}})
	b.m.Inputs = []ir.Port{{Name: "ids", Value: ids}}
	half := func(shape ...int) ir.ValueID {
		t := random(b.r, shape...).tensor()
		h := &ir.Tensor{DType: ir.Float16, Shape: shape}
		for _, v := range t.Float32s() {
			bits := ir.Float32ToFloat16(v / 2)
			h.Data = append(h.Data, byte(bits), byte(bits>>8))
		}
		return b.m.AddConst("w", h)
	}
	x := b.node(&ir.Gather{}, half(9, 5), ids)
	b.output(b.node(embeddedCells[0].op(ir.Recurrence{ReturnSequences: true}), x, half(5, 32), half(8, 32), half(32)))
	m := &embeddedModel{b, ids, x, ir.None, 9}
	in := m.tensor(0, 3, 7)
	want := results(t, m.compile(WithoutFusion()).NewSession(), in)[0]
	p := m.compile()
	if got := kindsOf(p); got != "EmbeddedRNN" {
		t.Fatalf("fused graph is %q", got)
	}
	for i, v := range results(t, p.NewSession(), in)[0] {
		if d := int(ir.Float32ToFloat16(v)) - int(ir.Float32ToFloat16(want[i])); d < -1 || d > 1 {
			t.Errorf("element %d is %v, want %v", i, v, want[i])
		}
	}
}
