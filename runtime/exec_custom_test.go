package runtime

import (
	"errors"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// tripled is an op of a test's own with a constant input and two outputs.
type tripled struct{ By float32 }

func (*tripled) Kind() string { return "test.Tripled" }

func (*tripled) Infer(in []ir.Type) ([]ir.Type, error) {
	return []ir.Type{in[0], {DType: ir.Int32, Shape: ir.Shape{in[0].Shape[0]}}}, nil
}

func runTripled(op ir.Op, in, out []*Tensor) error {
	if len(in) != 3 || in[2] != nil {
		return errors.New("an absent input is not nil")
	}
	for i, v := range in[0].Float32s() {
		out[0].Float32s()[i] = op.(*tripled).By*v + in[1].Float32s()[0]
	}
	if out[1] != nil {
		for i := range Data[int32](out[1]) {
			Data[int32](out[1])[i] = int32(i)
		}
	}
	return nil
}

func tripledModel(t *testing.T, outputs int) *ir.Model {
	t.Helper()
	m := &ir.Model{}
	x := m.AddValue(ir.Value{Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("n")}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	y, err := m.AddNode(&tripled{3}, ir.Origin{Layer: "scaled"}, x, m.AddConst("one", ir.NewFloat32([]float32{1}, 1)), ir.None)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range y[:outputs] {
		m.Outputs = append(m.Outputs, ir.Port{Name: "y", Value: id})
	}
	return m
}

func TestWithOp(t *testing.T) {
	for _, outputs := range []int{1, 2} {
		p, err := Compile(tripledModel(t, outputs), WithOp("test.Tripled", runTripled))
		if err != nil {
			t.Fatal(err)
		}
		s := p.NewSession()
		for _, x := range [][]float32{{1, 2}, {5, 6}} { // memory of its own each time
			out, err := s.Run(NewTensor(x))
			if err != nil {
				t.Fatal(err)
			}
			if got := out[0].Float32s(); got[0] != 3*x[0]+1 || got[1] != 3*x[1]+1 {
				t.Errorf("%v of %v", got, x)
			}
		}
		in := NewTensor([]float32{1, 2})
		if allocs := leastAllocs(5, func() { _, err = s.Run(in) }); allocs > 0 || err != nil {
			t.Errorf("a run allocates %v times (error %v)", allocs, err)
		}
		p.Close()
	}
	if _, err := Compile(tripledModel(t, 1)); !errors.Is(err, ir.ErrUnsupported) {
		t.Errorf("without an executor: %v", err)
	}
	if _, err := Compile(tripledModel(t, 1), WithOp("Reshape", runTripled)); !errors.Is(err, ir.ErrUsage) {
		t.Errorf("an op of package ir: %v", err)
	}
}
