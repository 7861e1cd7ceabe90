// Embed is one binary with its model inside. It imports only what a .kgo needs:
// no HDF5 and no JSON code is linked.
//
//	go build ./examples/embed && ./embed -1 0 0.5 2
package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/runtime"
)

// The model was written by kerasgo convert, or here by examples/customlayer.
//
//go:embed snake.kgo
var model []byte

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	graph, err := convert.ReadBytes(model) // its weights alias model
	if err != nil {
		return err
	}
	program, err := runtime.Compile(graph)
	if err != nil {
		return err
	}
	defer program.Close()
	session := program.NewSession()
	for _, arg := range args {
		x, err := strconv.ParseFloat(arg, 32)
		if err != nil {
			return err
		}
		outputs, err := session.Run(runtime.NewTensor([]float32{float32(x)}, 1, 1))
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%.4f\n", outputs[0].Float32s()[0])
	}
	return nil
}
