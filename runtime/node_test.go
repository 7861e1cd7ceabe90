package runtime

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// array is a float64 tensor for references.
type array struct {
	shape []int
	v     []float64
}

func newArray(shape ...int) *array { return &array{slices.Clone(shape), make([]float64, elems(shape))} }

// index is the position of an element.
func (a *array) index(i ...int) int {
	p := 0
	for d, n := range a.shape {
		if i[d] < 0 || i[d] >= n {
			panic(fmt.Sprint(i, " is outside ", a.shape))
		}
		p = p*n + i[d]
	}
	return p
}

func (a *array) at(i ...int) float64     { return a.v[a.index(i...)] }
func (a *array) set(v float64, i ...int) { a.v[a.index(i...)] = v }

// each calls f with every index of shape.
func each(shape []int, f func(i []int)) {
	i := make([]int, len(shape))
	for range elems(shape) {
		f(i)
		for d := len(shape) - 1; d >= 0; d-- {
			if i[d]++; i[d] < shape[d] {
				break
			}
			i[d] = 0
		}
	}
}

// random returns values that float32 holds exactly.
func random(r *rand.Rand, shape ...int) *array {
	a := newArray(shape...)
	for i := range a.v {
		a.v[i] = float64(float32(r.NormFloat64()))
	}
	return a
}

func (a *array) tensor() *ir.Tensor {
	v := make([]float32, len(a.v))
	for i, x := range a.v {
		v[i] = float32(x)
	}
	return ir.NewFloat32(v, a.shape...)
}

func arrayOf(t *Tensor) *array {
	a := newArray(t.Shape()...)
	for i, v := range t.buf.f32 {
		a.v[i] = float64(v)
	}
	return a
}

// randomMask is true for about three of four.
func randomMask(r *rand.Rand, shape ...int) ([]bool, *ir.Tensor) {
	m := make([]bool, elems(shape))
	for i := range m {
		m[i] = r.IntN(4) > 0
	}
	return m, ir.NewBool(m, shape...)
}

// nodeModel is a model of one node. Inputs that are constant (by position) are
// baked in; others, and nil for absent ones, become model inputs.
func nodeModel(t *testing.T, op ir.Op, inputs []*ir.Tensor, constant func(i int) bool) (*ir.Model, []*Tensor) {
	t.Helper()
	m := &ir.Model{Name: "test"}
	var ids []ir.ValueID
	var feed []*Tensor
	for i, in := range inputs {
		switch {
		case in == nil:
			ids = append(ids, ir.None)
		case constant(i):
			ids = append(ids, m.AddConst(fmt.Sprint("in", i), in))
		default:
			id := m.AddValue(ir.Value{Name: fmt.Sprint("in", i), Type: in.Type()})
			m.Inputs = append(m.Inputs, ir.Port{Name: fmt.Sprint("in", i), Value: id})
			ids = append(ids, id)
			feed = append(feed, FromIR(in))
		}
	}
	outs, err := m.AddNode(op, ir.Origin{Layer: "layer", Class: "Test"}, ids...)
	if err != nil {
		t.Fatalf("%+v: %v", op, err)
	}
	for i, id := range outs {
		m.Outputs = append(m.Outputs, ir.Port{Name: fmt.Sprint("out", i), Value: id})
	}
	return m, feed
}

// checkNode runs op with constant weights (all inputs but the first), and with
// everything computed, on one thread and two, and compares with want; outputs
// whose want is nil are not compared. All runs give the same bits and allocate
// nothing.
func checkNode(t *testing.T, op ir.Op, inputs []*ir.Tensor, want []*array, tolerance float64) {
	t.Helper()
	constants := map[string]func(int) bool{
		"constant weights": func(i int) bool { return i > 0 && inputs[i].DType != ir.Bool && i < 5 },
		"computed weights": func(i int) bool { return false },
	}
	for name, constant := range constants {
		m, feed := nodeModel(t, op, inputs, constant)
		var first [][]float32
		for _, threads := range []int{1, 2} {
			p, err := Compile(m, WithThreads(threads))
			if err != nil {
				t.Fatalf("%s: %+v: %v", name, op, err)
			}
			s := p.NewSession()
			out, err := s.Run(feed...)
			if err != nil {
				t.Fatalf("%s: %+v: %v", name, op, err)
			}
			for i, w := range want {
				if w == nil {
					continue
				}
				got := arrayOf(out[i])
				if !slices.Equal(got.shape, w.shape) {
					t.Fatalf("%s: %+v: output %d has shape %v, want %v", name, op, i, got.shape, w.shape)
				}
				for j, g := range got.v {
					if math.Abs(g-w.v[j]) > tolerance*(1+math.Abs(w.v[j])) || math.IsNaN(g) != math.IsNaN(w.v[j]) {
						t.Fatalf("%s: %+v on %v, %d threads: output %d element %d is %v, want %v", name, op, shapesOf(inputs), threads, i, j, g, w.v[j])
					}
				}
				v := slices.Clone(out[i].buf.f32)
				if threads == 1 {
					first = append(first, v)
				} else if !sameBits(first[0], v) {
					t.Fatalf("%s: %+v on %v: two threads give other bits than one", name, op, shapesOf(inputs))
				} else {
					first = first[1:]
				}
			}
			if allocs := leastAllocs(2, func() { _, err = s.Run(feed...) }); allocs > 0 || err != nil {
				t.Fatalf("%s: %+v: a run allocates %v times (error %v)", name, op, allocs, err)
			}
			p.Close()
		}
	}
}

func shapesOf(in []*ir.Tensor) (s [][]int) {
	for _, t := range in {
		if t == nil {
			s = append(s, nil)
		} else {
			s = append(s, t.Shape)
		}
	}
	return s
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func apply(f ir.Func, a *array) *array {
	g := scalarFunc(f)
	for i, x := range a.v {
		a.v[i] = g(x)
	}
	return a
}

var testActs = []ir.Func{{}, {Name: "relu"}, {Name: "relu_max", C: 6}, {Name: "relu", A: 0.3}, {Name: "gelu"}, {Name: "celu", A: 0.7}, {Name: "sigmoid"}, {Name: "hard_silu", A: 1. / 6, B: 0.5}}

func pick[T any](r *rand.Rand, v ...T) T { return v[r.IntN(len(v))] }

// maybe returns v's tensor half of the time.
func maybe(r *rand.Rand, v *array) (*array, *ir.Tensor) {
	if r.IntN(2) == 0 {
		return nil, nil
	}
	return v, v.tensor()
}

// checkModel compares the first output of a model.
func checkModel(t *testing.T, m *ir.Model, feed []*Tensor, want *array, tolerance float64) {
	t.Helper()
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out, err := p.Predict(feed...)
	if err != nil {
		t.Fatal(err)
	}
	got := arrayOf(out[0])
	if !slices.Equal(got.shape, want.shape) {
		t.Fatalf("shape %v, want %v", got.shape, want.shape)
	}
	for j, g := range got.v {
		if math.Abs(g-want.v[j]) > tolerance*(1+math.Abs(want.v[j])) {
			t.Fatalf("element %d is %v, want %v", j, g, want.v[j])
		}
	}
}
