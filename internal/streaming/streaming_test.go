package streaming

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestEveryOpHasARule(t *testing.T) {
	for _, f := range ir.Ops {
		if k := f().Kind(); rules[k] == nil {
			t.Errorf("op %s has no rule in rules.go", k)
		}
	}
}

// graph is a model that a test builds; x is [batch, steps, 4].
type graph struct {
	t *testing.T
	m ir.Model
	x ir.ValueID
}

func newGraph(t *testing.T, steps ir.Dim) *graph {
	g := &graph{t: t}
	g.x = g.input("x", ir.Float32, ir.Sym("batch"), steps, ir.Known(4))
	return g
}

func (g *graph) input(name string, d ir.DType, dims ...ir.Dim) ir.ValueID {
	id := g.m.AddValue(ir.Value{Name: name, Type: ir.Type{DType: d, Shape: dims}})
	g.m.Inputs = append(g.m.Inputs, ir.Port{Name: name, Value: id})
	return id
}

func (g *graph) zeros(shape ...int) ir.ValueID {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return g.m.AddConst("w", ir.NewFloat32(make([]float32, n), shape...))
}

func (g *graph) node(layer string, op ir.Op, in ...ir.ValueID) ir.ValueID {
	g.t.Helper()
	out, err := g.m.AddNode(op, ir.Origin{Layer: layer, Class: op.Kind()}, in...)
	if err != nil {
		g.t.Fatal(err)
	}
	return out[0]
}

func (g *graph) transform(output ir.ValueID, inputs ...string) (*ir.Model, error) {
	g.m.Outputs = []ir.Port{{Name: "y", Value: output}}
	return Transform(&g.m, inputs...)
}

func end(n int) *int { return &n }

var lstm = ir.Recurrence{ReturnSequences: true}

// Each op that needs the future, or the whole window, is refused with the name
// of its layer, and what comes after it is not blamed.
func TestRefused(t *testing.T) {
	window := ir.Known(6)
	for name, c := range map[string]struct {
		build func(g *graph) ir.ValueID
		why   string
	}{
		"backwards": {func(g *graph) ir.ValueID {
			return g.node("bad", &ir.LSTM{Recurrence: ir.Recurrence{GoBackwards: true, ReturnSequences: true}}, g.x, g.zeros(4, 16), g.zeros(4, 16))
		}, "from its end"},
		"flip":  {func(g *graph) ir.ValueID { return g.node("bad", &ir.Flip{Axes: []int{1}}, g.x) }, "turns"},
		"valid": {func(g *graph) ir.ValueID { return g.node("bad", &ir.Conv{}, g.x, g.zeros(3, 4, 4)) }, "valid"},
		"same": {func(g *graph) ir.ValueID {
			return g.node("bad", &ir.Conv{Padding: ir.Padding{Same: true}}, g.x, g.zeros(3, 4, 4))
		}, "same"},
		"strides": {func(g *graph) ir.ValueID { return g.node("bad", &ir.Conv{Strides: []int{2}}, g.x, g.zeros(1, 4, 4)) }, "strides=2"},
		"pool":    {func(g *graph) ir.ValueID { return g.node("bad", &ir.Pool{Size: []int{2}}, g.x) }, "pools"},
		"mean":    {func(g *graph) ir.ValueID { return g.node("bad", &ir.Reduce{Fn: "mean", Axes: []int{1}}, g.x) }, "reduces over the time"},
		"flatten": {func(g *graph) ir.ValueID {
			return g.node("bad", &ir.Reshape{Dims: []ir.Extent{ir.DimOf(0, 0), ir.Size(-1)}}, g.x)
		}, "mixes the time"},
		"positions": {func(g *graph) ir.ValueID { return g.node("bad", &ir.Binary{Fn: "add"}, g.x, g.zeros(6, 4)) }, "6 values of its own"},
		"count":     {func(g *graph) ir.ValueID { return g.node("bad", &ir.Range{Axis: 1, DType: ir.Int32}, g.x) }, "counts the positions"},
		"scores":    {func(g *graph) ir.ValueID { return g.node("bad", &ir.MatMul{TransB: true}, g.x, g.x) }, "compares steps"},
		"softmax":   {func(g *graph) ir.ValueID { return g.node("bad", &ir.Softmax{Axes: []int{1}}, g.x) }, "normalises over the time"},
		"first steps": {func(g *graph) ir.ValueID {
			return g.node("bad", &ir.Slice{Axes: []ir.AxisSlice{{Axis: 1, End: end(2)}}}, g.x)
		}, "drops steps"},
		"second step": {func(g *graph) ir.ValueID {
			return g.node("bad", &ir.Slice{Axes: []ir.AxisSlice{{Axis: 1, Start: end(1), End: end(2)}}}, g.x)
		}, "drops steps"},
		"batch norm": {func(g *graph) ir.ValueID {
			return g.node("bad", &ir.BatchNorm{Axis: 1}, g.x, ir.None, ir.None, g.zeros(6), g.zeros(6))
		}, "each position"},
		"layer norm": {func(g *graph) ir.ValueID { return g.node("bad", &ir.LayerNorm{Axes: []int{1, 2}}, g.x) }, "normalises over the time"},
		"pad after": {func(g *graph) ir.ValueID {
			return g.node("bad", &ir.Pad{Mode: "constant", Before: []int{0, 0, 0}, After: []int{0, 1, 0}}, g.x)
		}, "after the last step"},
		"time to last": {func(g *graph) ir.ValueID {
			return g.node("bad", &ir.Dense{}, g.node("t", &ir.Transpose{Perm: []int{0, 2, 1}}, g.x), g.zeros(6, 3))
		}, "sums over the time"},
		"concat": {func(g *graph) ir.ValueID { return g.node("bad", &ir.Concat{Axis: 1}, g.x, g.x) }, "one after the other"},
		"repeat last": {func(g *graph) ir.ValueID {
			last := g.node("ok", &ir.LSTM{}, g.x, g.zeros(4, 16), g.zeros(4, 16))
			repeated := g.node("ok", &ir.Reshape{Dims: []ir.Extent{ir.DimOf(0, 0), ir.Size(1), ir.Size(4)}}, last)
			return g.node("bad", &ir.Binary{Fn: "add"}, g.x, repeated)
		}, "result of the whole sequence"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGraph(t, window)
			_, err := g.transform(g.node("after", &ir.Unary{Func: ir.Func{Name: "relu"}}, ir.ValueID(bad(g, c.build))))
			var e *ir.Error
			if !errors.Is(err, ir.ErrUnsupported) || !errors.As(err, &e) || e.Layer != "bad" || !strings.Contains(err.Error(), c.why) || strings.Contains(err.Error(), `"after"`) {
				t.Errorf("%v; want layer \"bad\" refused because: %s", err, c.why)
			}
		})
	}
}

func bad(g *graph, build func(*graph) ir.ValueID) ir.ValueID {
	v := build(g)
	if g.m.Type(v).DType != ir.Float32 {
		v = g.node("after", &ir.Cast{To: ir.Float32}, v)
	}
	return v
}

// All layers in the way are told at once.
func TestRefusesAllAtOnce(t *testing.T) {
	g := newGraph(t, ir.Sym("time"))
	a := g.node("one", &ir.Flip{Axes: []int{1}}, g.x)
	b := g.node("two", &ir.Conv{}, g.x, g.zeros(3, 4, 4))
	g.m.Outputs = []ir.Port{{Name: "a", Value: a}, {Name: "b", Value: b}}
	_, err := Transform(&g.m)
	if err == nil || !strings.Contains(err.Error(), `"one"`) || !strings.Contains(err.Error(), `"two"`) {
		t.Error(err)
	}
}

func kinds(m *ir.Model) (out []string) {
	for _, n := range m.Nodes {
		out = append(out, n.Op.Kind())
	}
	return out
}

func TestRewrites(t *testing.T) {
	g := newGraph(t, ir.Known(6))
	// Padding by hand, a function in between, and a valid convolution are causal.
	y := g.node("pad", &ir.Pad{Mode: "constant", Value: 7, Before: []int{0, 4, 0}, After: []int{0, 0, 0}}, g.x)
	y = g.node("act", &ir.Unary{Func: ir.Func{Name: "tanh"}}, y)
	y = g.node("conv", &ir.Conv{Dilations: []int{2}}, y, g.zeros(3, 4, 4))
	// A shift by one step.
	s := g.node("shift", &ir.Pad{Mode: "constant", Before: []int{0, 1, 0}, After: []int{0, 0, 0}}, y)
	s = g.node("cut", &ir.Slice{Axes: []ir.AxisSlice{{Axis: 1, End: end(6)}}}, s)
	y = g.node("sum", &ir.Binary{Fn: "add"}, y, s)
	// A window of fixed length is named by reshapes.
	y = g.node("heads", &ir.Reshape{Dims: []ir.Extent{ir.DimOf(0, 0), ir.Size(6), ir.Size(2), ir.Size(2)}}, y)
	y = g.node("fold", &ir.Reshape{Dims: []ir.Extent{ir.Size(-1), ir.Size(2), ir.Size(2)}}, y)
	y = g.node("unfold", &ir.Reshape{Dims: []ir.Extent{ir.DimOf(1, 0), ir.DimOf(1, 1), ir.Size(4)}}, y, g.x)
	y = g.node("lstm", &ir.LSTM{Recurrence: lstm}, y, g.zeros(4, 16), g.zeros(4, 16))
	y = g.node("lstm", &ir.LSTM{Recurrence: lstm}, y, g.zeros(4, 16), g.zeros(4, 16))
	y = g.node("last", &ir.Slice{Axes: []ir.AxisSlice{{Axis: 1, Start: end(-1)}}}, y)
	m, err := g.transform(y)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields("History Pad Unary Conv History Pad Slice Binary Reshape Reshape Reshape LSTM LSTM Slice")
	if got := kinds(m); !slices.Equal(got, want) {
		t.Errorf("nodes are %v, want %v", got, want)
	}
	if s := m.Type(m.Inputs[0].Value).Shape.String(); s != "[batch, time, 4]" {
		t.Errorf("the input has shape %v", s)
	}
	slots := map[string]bool{}
	for _, n := range m.Nodes {
		switch o := n.Op.(type) {
		case *ir.LSTM:
			slots[o.State] = o.Continue
		case *ir.History:
			slots[o.State] = true
			if n.Origin.Layer == "pad" && (o.Steps != 4 || o.Value != 7) {
				t.Errorf("pad became %+v", o)
			}
		}
	}
	for _, name := range []string{"lstm", "lstm#2", "pad/history", "shift/history"} {
		if !slots[name] {
			t.Errorf("no slot %q among %v", name, slots)
		}
	}
	if g.m.Type(g.x).Shape[1] != ir.Known(6) {
		t.Error("the caller's model was changed")
	}
}

// Without names, the inputs that can flow do; the others stay as they are.
func TestChoosesInputs(t *testing.T) {
	g := newGraph(t, ir.Known(6))
	features := g.input("features", ir.Float32, ir.Sym("batch"), ir.Known(3))
	d := g.node("dense", &ir.Dense{}, features, g.zeros(3, 4))
	h := g.node("lstm", &ir.LSTM{Recurrence: lstm}, g.x, g.zeros(4, 16), g.zeros(4, 16), ir.None, ir.None, d, d)
	m, err := g.transform(h)
	if err != nil {
		t.Fatal(err)
	}
	if x, f := m.Type(m.Inputs[0].Value).Shape.String(), m.Type(m.Inputs[1].Value).Shape.String(); x != "[batch, time, 4]" || f != "[batch, 3]" {
		t.Errorf("inputs are %v and %v", x, f)
	}
	if _, err := g.transform(h, "x"); err != nil {
		t.Error(err)
	}
	if _, err := g.transform(h, "features"); !errors.Is(err, ir.ErrUnsupported) {
		t.Errorf("features flow: %v", err)
	}
	if _, err := g.transform(h, "X"); !errors.Is(err, ir.ErrUsage) {
		t.Errorf("no such input: %v", err)
	}
}
