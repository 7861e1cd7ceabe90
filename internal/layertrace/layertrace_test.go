package layertrace

import (
	"testing"

	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/internal/pykeras"
	"github.com/kerasgo/kerasgo/ir"
)

// chain is x*2 (layer a), dropout (no node), then +1 (layer b/c).
func chain(t *testing.T) *ir.Model {
	t.Helper()
	m := &ir.Model{}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(2)}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	for _, s := range []struct {
		fn, layer string
		v         float32
	}{{"mul", "a", 2}, {"add", "b/c", 1}} {
		out, err := m.AddNode(&ir.Binary{Fn: s.fn}, ir.Origin{Layer: s.layer, Class: "Op"}, x, m.AddConst(s.layer, ir.NewFloat32([]float32{s.v})))
		if err != nil {
			t.Fatal(err)
		}
		x = out[0]
	}
	m.Outputs = []ir.Port{{Name: "y", Value: x}}
	return m
}

func tensors(v ...float32) [][]*ir.Tensor { return [][]*ir.Tensor{{ir.NewFloat32(v, 1, 2)}} }

func TestCompare(t *testing.T) {
	layers := []pykeras.Layer{
		{Name: "a", Class: "Scale", Calls: tensors(2, 4)},
		{Name: "drop", Class: "Dropout", Calls: tensors(2, 4)},
		{Name: "b", Class: "Shift", Calls: tensors(3, 5.5)},
		{Name: "b/c", Class: "Inner", Calls: [][]*ir.Tensor{{ir.NewFloat32([]float32{9, 9}, 1, 2)}, {ir.NewFloat32([]float32{3, 5}, 1, 2)}}},
	}
	got, err := Compare(t.Context(), chain(t), []*ir.Tensor{ir.NewFloat32([]float32{1, 2}, 1, 2)}, layers, parity.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ compared, ok bool }{{true, true}, {false, false}, {true, false}, {true, true}}
	for i, w := range want {
		if got[i].Compared != w.compared || got[i].Result.OK != w.ok {
			t.Errorf("%s: %+v", layers[i].Name, got[i])
		}
	}
	if First(got) != 2 {
		t.Errorf("the first layer that differs is %d, want 2", First(got))
	}
}
