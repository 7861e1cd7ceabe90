package runtime

import (
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestNMS(t *testing.T) {
	boxes := []float32{
		0, 0, 1, 1, // 0
		1, 1, 0, 0.1, // the other way round: 0.9 of 0
		0, 0, 1, 1, // as 0
		2, 2, 2, 3, // no area
		2, 2, 2, 3,
		0.5, 0, 1.5, 1, // a third of 0
	}
	scores := []float32{0.5, 0.9, 0.5, 0.4, 0.3, 0.2}
	for _, c := range []struct {
		op   ir.NMS
		want []int32
	}{
		{ir.NMS{Most: 6, Overlap: 0.5}, []int32{1, 3, 4, 5}},
		{ir.NMS{Most: 6, Overlap: 0.25}, []int32{1, 3, 4}},
		{ir.NMS{Most: 6, Overlap: 1}, []int32{1, 0, 2, 3, 4, 5}},
		{ir.NMS{Most: 3, Overlap: 0.95, Score: 0.35}, []int32{1, 0, 3}},
		{ir.NMS{Most: 2, Overlap: 1, Score: 0.9}, nil},
		{ir.NMS{Overlap: 0.5}, nil},
	} {
		m := &ir.Model{}
		add := func(name string, shape ...int) ir.ValueID {
			v := m.AddValue(ir.Value{Name: name, Type: ir.Type{DType: ir.Float32, Shape: ir.Dims(shape...)}})
			m.Inputs = append(m.Inputs, ir.Port{Name: name, Value: v})
			return v
		}
		b, s := add("boxes", 1, 6, 4), add("scores", 1, 6)
		out, err := m.AddNode(&c.op, ir.Origin{Layer: "select"}, b, s)
		if err != nil {
			t.Fatal(err)
		}
		m.Outputs = []ir.Port{{Name: "at", Value: out[0]}, {Name: "count", Value: out[1]}}
		p, err := Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		got, err := p.NewSession().Run(NewTensor(boxes, 1, 6, 4), NewTensor(scores, 1, 6))
		if err != nil {
			t.Fatal(err)
		}
		at, n := Data[int32](got[0]), int(Data[int32](got[1])[0])
		if n > len(at) || !slices.Equal(at[:n], c.want) || slices.Max(append(slices.Clone(at[n:]), 0)) > 0 {
			t.Errorf("%+v: %v, %d of them, want %v", c.op, at, n, c.want)
		}
	}
}
