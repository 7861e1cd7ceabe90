package convert_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/ir"
)

// A model is written and read; the file carries the graph, the weights and a
// checksum.
func Example() {
	model, err := convert.ReadFile("../examples/wasm/shapes.kgo")
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := convert.Write(&file, model, convert.WithDType(ir.Float16)); err != nil {
		log.Fatal(err)
	}
	read, err := convert.OpenBytes(file.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	if err := read.VerifyChecksum(); err != nil {
		log.Fatal(err)
	}
	input := read.Model.Inputs[0]
	fmt.Println(read.Weights, input.Name, read.Model.Type(input.Value))
	// Output: float16 image float32[batch, 24, 24, 1]
}
