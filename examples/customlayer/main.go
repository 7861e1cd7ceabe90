// Customlayer runs a model with a layer that is not Keras's: Snake, which
// computes x + sin(ax)²/a with a learned a for each channel. Its Python class is
// in scripts/examples.py; here its lowering to kerasgo's ops is given.
//
//	go run ./examples/customlayer 0 0.5 2
//	go run ./examples/customlayer -o snake.kgo
//
// A .kgo holds the ops: who loads it needs no lowering.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/examples/models"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

func main() {
	to := flag.String("o", "", "write the model as .kgo")
	flag.Parse()
	if err := run(*to, flag.Args(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// snake lowers one call of the layer. The weight is asked for by the name that
// build gave it; arguments come from get_config.
func snake(l *importer.Layer, c *importer.Call) []importer.Value {
	x := c.Single(l)
	l.Float("start", 1) // only for training: the initial value of alpha
	alpha := l.Weight("alpha", l.Size(x.ID, -1))
	sine := l.Unary(ir.Func{Name: "sin"}, l.Binary("mul", x.ID, alpha))
	y := l.Binary("add", x.ID, l.Binary("div", l.Unary(ir.Func{Name: "square"}, sine), alpha))
	return []importer.Value{{ID: y, Mask: x.Mask}}
}

func run(to string, args []string, out io.Writer) error {
	model, err := importer.LoadFS(models.FS, "snake.keras", importer.WithLayer("audio>Snake", snake))
	if err != nil {
		return err
	}
	if to != "" {
		return convert.WriteFile(to, model, convert.WithForce())
	}
	program, err := runtime.Compile(model)
	if err != nil {
		return err
	}
	defer program.Close()
	x := make([]float32, len(args))
	for i, arg := range args {
		v, err := strconv.ParseFloat(arg, 32)
		if err != nil {
			return err
		}
		x[i] = float32(v)
	}
	outputs, err := program.Predict(runtime.NewTensor(x, len(x), 1))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%.4f\n", outputs[0].Float32s())
	return nil
}
