package runtime

import (
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestFold(t *testing.T) {
	g := &graph{t: t}
	two := 2
	x := g.input("x", ir.Float32, batch, ir.Known(2))
	c := g.m.AddConst("c", ir.NewFloat32([]float32{1, 2}, 2))
	zero := g.m.AddConst("zero", ir.NewInt32([]int32{0}))
	half := g.node(&ir.Cast{To: ir.Float16}, g.node(&ir.Unary{Func: ir.Func{Name: "reciprocal"}}, g.node(&ir.Binary{Fn: "add"}, c, c)))
	wide := g.node(&ir.Reshape{Dims: []ir.Extent{ir.Size(1), ir.Size(2)}}, g.node(&ir.Cast{To: ir.Float32}, half))
	g.output(g.node(&ir.Binary{Fn: "mul"}, x, wide))
	g.output(half)
	big := g.node(&ir.Tile{Reps: []int{1 << 30}}, c)
	g.output(g.node(&ir.Binary{Fn: "add"}, x, g.node(&ir.Slice{Axes: []ir.AxisSlice{{End: &two}}}, big)))
	fails := g.node(&ir.Binary{Fn: "floordiv"}, zero, zero)
	before := g.m.String()
	m := fold(&g.m)
	if g.m.String() != before {
		t.Error("folding changed the model")
	}
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
	var left []string
	for _, n := range m.Nodes {
		left = append(left, n.Op.Kind())
	}
	// The tile is too large, and the division fails.
	if want := []string{"Binary", "Tile", "Slice", "Binary", "Binary"}; !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
	if got := m.Values[half].Const; got == nil || got.DType != ir.Float16 || !slices.Equal(got.Float32s(), []float32{0.5, 0.25}) {
		t.Errorf("folded to %+v", got)
	}
	if m.Values[c].Const == nil || m.Values[fails].Const != nil {
		t.Error("constants that are read, or nodes that fail, are gone")
	}
}
