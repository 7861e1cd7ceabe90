package runtime_test

import (
	"fmt"
	"log"

	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// Peaks is an op of one's own: 1 where an element of the last axis is larger than
// its neighbours.
type Peaks struct{}

func (*Peaks) Kind() string { return "audio.Peaks" }

func (*Peaks) Infer(in []ir.Type) ([]ir.Type, error) {
	if len(in) != 1 || in[0].DType != ir.Float32 || len(in[0].Shape) == 0 {
		return nil, ir.Errorf(ir.ErrShape, "peaks of %v", in)
	}
	return in, nil
}

func peaks(_ ir.Op, in, out []*runtime.Tensor) error {
	x, y := in[0].Float32s(), out[0].Float32s()
	shape := in[0].Shape()
	n := shape[len(shape)-1]
	for i := range x {
		k := i % n
		y[i] = 0
		if (k == 0 || x[i] > x[i-1]) && (k == n-1 || x[i] > x[i+1]) {
			y[i] = 1
		}
	}
	return nil
}

// An op of one's own is a type that says what its outputs are, and a function
// that computes them. An importer.LayerFunc adds it with Layer.Add.
func ExampleWithOp() {
	m := &ir.Model{Name: "peaks"}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(6)}}})
	y, err := m.AddNode(&Peaks{}, ir.Origin{Layer: "peaks", Class: "Peaks"}, x)
	if err != nil {
		log.Fatal(err)
	}
	m.Inputs, m.Outputs = []ir.Port{{Name: "x", Value: x}}, []ir.Port{{Name: "y", Value: y[0]}}

	p, err := runtime.Compile(m, runtime.WithOp("audio.Peaks", peaks))
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	out, err := p.Predict(runtime.NewTensor([]float32{1, 3, 2, 5, 4, 6}, 1, 6))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out[0].Float32s())
	// Output: [0 1 0 1 0 1]
}
