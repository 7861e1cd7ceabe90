package ir_test

import (
	"fmt"
	"log"

	"github.com/kerasgo/kerasgo/ir"
)

// A graph is built node by node; the types follow.
func Example() {
	m := &ir.Model{Name: "line"}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(2)}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	kernel := m.AddConst("kernel", ir.NewFloat32([]float32{3, -1}, 2, 1))
	y, err := m.AddNode(&ir.Dense{}, ir.Origin{Layer: "dense", Class: "Dense"}, x, kernel)
	if err != nil {
		log.Fatal(err)
	}
	m.Outputs = []ir.Port{{Name: "y", Value: y[0]}}
	if err := m.Validate(); err != nil {
		log.Fatal(err)
	}
	fmt.Print(m)
	// Output:
	// model "line"
	//   input %0:float32[batch, 2] "x"
	//   const %1:float32[2, 1] "kernel"
	//   %2:float32[batch, 1] = Dense{} %0 %1  // dense (Dense)
	//   output %2 "y"
}

// An op refuses what does not fit, and says both sides.
func ExampleModel_AddNode() {
	m := &ir.Model{}
	x := m.AddConst("x", ir.NewFloat32(make([]float32, 6), 2, 3))
	kernel := m.AddConst("kernel", ir.NewFloat32(make([]float32, 8), 4, 2))
	_, err := m.AddNode(&ir.Dense{}, ir.Origin{Layer: "dense", Class: "Dense"}, x, kernel)
	fmt.Println(err)
	// Output: layer "dense" (Dense): input [2, 3] does not fit kernel [4, 2]: the last dimension must be [4]
}
