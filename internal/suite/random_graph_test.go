package suite_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// again runs tests of this binary in a process of its own.
func again(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// network builds random models of the ops that layers are lowered to: chains with
// branches that meet again, which is what the passes look for.
type network struct {
	r    *rand.Rand
	m    *ir.Model
	past []ir.ValueID
}

func (n *network) weight(scale float64, shape ...int) ir.ValueID {
	size := 1
	for _, d := range shape {
		size *= d
	}
	v := make([]float32, size)
	for i := range v {
		v[i] = float32(n.r.NormFloat64() * scale)
	}
	return n.m.AddConst("", ir.NewFloat32(v, shape...))
}

func (n *network) positive(size int) ir.ValueID {
	v := make([]float32, size)
	for i := range v {
		v[i] = float32(0.5 + n.r.Float64())
	}
	return n.m.AddConst("", ir.NewFloat32(v, size))
}

// add adds a node; a node that does not fit leaves x as it is.
func (n *network) add(x ir.ValueID, op ir.Op, more ...ir.ValueID) ir.ValueID {
	out, err := n.m.AddNode(op, ir.Origin{Layer: fmt.Sprint("layer", len(n.m.Nodes))}, append([]ir.ValueID{x}, more...)...)
	if err != nil {
		return x
	}
	n.past = append(n.past, out[0])
	return out[0]
}

func choose[T any](r *rand.Rand, v ...T) T { return v[r.IntN(len(v))] }

func (n *network) act() ir.Func {
	return choose(n.r, ir.Func{}, ir.Func{}, ir.Func{Name: "relu"}, ir.Func{Name: "tanh"}, ir.Func{Name: "sigmoid"}, ir.Func{Name: "silu"}, ir.Func{Name: "leaky_relu", A: 0.1})
}

func (n *network) step(x ir.ValueID) ir.ValueID {
	r, s := n.r, n.m.Type(x).Shape
	rank, c := len(s), s[len(s)-1].Size
	spatial := rank - 2
	ones := func(k int) []int {
		out := make([]int, spatial)
		for i := range out {
			out[i] = k
		}
		return out
	}
	out := choose(r, 1, 3, 8, 16, 24, c)
	switch k := r.IntN(18); {
	case k == 0:
		return n.add(x, &ir.Dense{Act: n.act()}, n.weight(1/math.Sqrt(float64(c)), c, out), n.weight(0.1, out))
	case k == 1:
		return n.add(x, &ir.Dense{}, n.weight(1/math.Sqrt(float64(c)), c, out))
	case k <= 3 && spatial >= 1:
		w := choose(r, 1, 2, 3, 5)
		kernel := n.weight(1/math.Sqrt(math.Pow(float64(w), float64(spatial))*float64(c)), append(ones(w), c, out)...)
		return n.add(x, &ir.Conv{Strides: ones(choose(r, 1, 1, 2)), Padding: ir.Padding{Same: r.IntN(3) > 0}, Act: n.act()}, kernel, n.weight(0.1, out))
	case k == 4 && spatial >= 1:
		w := choose(r, 2, 3)
		return n.add(x, &ir.DepthwiseConv{Strides: ones(choose(r, 1, 1, 2)), Padding: ir.Padding{Same: true}, Act: n.act()}, n.weight(0.4, append(ones(w), c, 1)...), n.weight(0.1, c))
	case k <= 6:
		return n.add(x, &ir.BatchNorm{Axis: -1, Epsilon: 1e-3, Act: n.act()}, n.weight(1, c), n.weight(0.2, c), n.weight(0.2, c), n.positive(c))
	case k == 7:
		return n.add(x, &ir.LayerNorm{Axes: []int{-1}, Epsilon: 1e-3}, n.weight(1, c), n.weight(0.2, c))
	case k == 8:
		return n.add(x, &ir.Softmax{Axes: []int{-1}})
	case k == 9 && spatial >= 1:
		return n.add(x, &ir.Pool{Avg: r.IntN(2) == 0, Size: ones(2), Strides: ones(choose(r, 1, 2)), Padding: ir.Padding{Same: r.IntN(2) == 0}})
	case k == 10 && spatial >= 1:
		before, after := make([]int, rank), make([]int, rank)
		for i := 1; i <= spatial; i++ {
			before[i], after[i] = r.IntN(3), r.IntN(3)
		}
		return n.add(x, &ir.Pad{Before: before, After: after, Mode: "constant"})
	case k <= 12:
		f := n.act()
		if f.Name == "" {
			f.Name = "abs"
		}
		return n.add(x, &ir.Unary{Func: f})
	case k == 13:
		return n.add(x, &ir.Binary{Fn: choose(r, "add", "mul", "sub")}, n.weight(0.5, choose(r, 1, c)))
	case k <= 15: // meet what came before
		for range 4 {
			y := n.past[r.IntN(len(n.past))]
			if n.m.Type(y).Shape.Equal(s) {
				return n.add(x, &ir.Binary{Fn: choose(r, "add", "add", "mul", "max")}, y)
			}
		}
		return n.add(x, &ir.Concat{Axis: -1}, x)
	case k == 16 && rank == 3:
		units := choose(r, 1, 4, 9, 16)
		rec := ir.Recurrence{ReturnSequences: true, GoBackwards: r.IntN(3) == 0}
		tanh, sigmoid := ir.Func{Name: "tanh"}, ir.Func{Name: "sigmoid"}
		w := func(gates int) (ir.ValueID, ir.ValueID, ir.ValueID) {
			return n.weight(0.4, c, gates*units), n.weight(0.4, units, gates*units), n.weight(0.1, gates*units)
		}
		if r.IntN(2) == 0 {
			k, u, b := w(4)
			return n.add(x, &ir.LSTM{Recurrence: rec, Act: tanh, RecurrentAct: sigmoid}, k, u, b)
		}
		k, u, b := w(1)
		return n.add(x, &ir.SimpleRNN{Recurrence: rec, Act: tanh}, k, u, b)
	case k == 17 && rank == 3:
		return n.add(x, &ir.Reduce{Fn: choose(r, "mean", "max"), Axes: []int{1}, Keep: true})
	}
	return x
}

func randomModel(r *rand.Rand) (*ir.Model, []int) {
	n := &network{r: r, m: &ir.Model{Name: "random"}}
	shape := []int{choose(r, 1, 2, 3), choose(r, 1, 4, 9), choose(r, 1, 3, 8, 17)}
	if r.IntN(2) == 0 {
		shape = []int{choose(r, 1, 2), choose(r, 3, 8, 11), choose(r, 3, 8, 11), choose(r, 1, 3, 8, 16)}
	}
	s := ir.Dims(shape...)
	s[0] = ir.Sym("batch")
	if r.IntN(2) == 0 {
		s[1] = ir.Sym("time")
	}
	x := n.m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: s}})
	n.m.Inputs = []ir.Port{{Name: "x", Value: x}}
	n.past = []ir.ValueID{x}
	for range 2 + r.IntN(12) {
		x = n.step(x)
	}
	n.m.Outputs = []ir.Port{{Name: "y", Value: x}}
	for range r.IntN(3) {
		n.m.Outputs = append(n.m.Outputs, ir.Port{Name: fmt.Sprint("y", len(n.m.Outputs)), Value: n.past[r.IntN(len(n.past))]})
	}
	return n.m, shape
}

// Random models give the same optimised and not, on one thread and several, and
// their values have the shapes that were inferred.
func TestRandomGraphs(t *testing.T) {
	graphs, worst := 1500, 0.0
	if testing.Short() {
		graphs = 150
	}
	for seed := range graphs {
		r := rand.New(rand.NewPCG(uint64(seed), 77))
		m, shape := randomModel(r)
		size := 1
		for _, d := range shape {
			size *= d
		}
		v := make([]float32, size)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		x := runtime.NewTensor(v, shape...)
		types, err := m.Bind([]ir.Shape{ir.Dims(shape...)})
		if err != nil {
			continue // a window wider than the input
		}
		var first []*ir.Tensor
		for k, opts := range [][]runtime.Option{{runtime.WithoutFusion(), runtime.WithThreads(1)}, {runtime.WithThreads(1)}, {runtime.WithThreads(3)}, {runtime.WithExactProducts()}} {
			p, err := runtime.Compile(m, opts...)
			if err != nil {
				t.Fatalf("seed %d: %v\n%v", seed, err, m)
			}
			out, err := p.Predict(x)
			if err != nil {
				t.Fatalf("seed %d: %v\n%v", seed, err, m)
			}
			for i, y := range out {
				got := y.ToIR()
				if want := types[m.Outputs[i].Value].Shape; !ir.Dims(got.Shape...).Equal(want) {
					t.Fatalf("seed %d: output %d is %v, inferred %v\n%v", seed, i, got.Shape, want, m)
				}
				if k == 0 {
					first = append(first, got)
					continue
				}
				d := apart(first[i].Float32s(), got.Float32s())
				if worst = max(worst, d); d > 1e-4 {
					t.Fatalf("seed %d, options %d: output %d is %g away\n%v", seed, k, i, d, m)
				}
			}
			p.Close()
		}
	}
	t.Logf("%d graphs, at most %.2g of the largest element apart", graphs, worst)
}

// apart is the largest difference, relative to the largest element and to 1.
func apart(a, b []float32) float64 {
	most, scale := 0.0, 1.0
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		if x == y || x != x && y != y {
			continue
		}
		if d := math.Abs(x - y); !(d <= most) {
			most = d
		}
		if !math.IsInf(x, 0) {
			scale = max(scale, math.Abs(x))
		}
	}
	return most / scale
}
