package importer_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/ir"
)

func Example() {
	model, err := importer.Load("../fixtures/keras2/seed_stacked.h5")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Source.Dialect, model.Source.Class)
	for _, layer := range model.Layers {
		fmt.Println(layer.Class, layer.Outputs[0], layer.Params)
	}
	// Output:
	// tf.keras Sequential
	// InputLayer [batch, 32] 0
	// Embedding [batch, 32, 32] 3200
	// LSTM [batch, 32, 32] 8320
	// LSTM [batch, 32] 8320
	// Dense [batch, 1] 33
}

// A layer that is not Keras's is lowered by a function of yours.
func ExampleWithLayer() {
	snake := func(l *importer.Layer, c *importer.Call) []importer.Value {
		x := c.Single(l)
		l.Float("start", 1)
		alpha := l.Weight("alpha", l.Size(x.ID, -1))
		sine := l.Unary(ir.Func{Name: "sin"}, l.Binary("mul", x.ID, alpha))
		y := l.Binary("add", x.ID, l.Binary("div", l.Unary(ir.Func{Name: "square"}, sine), alpha))
		return []importer.Value{{ID: y, Mask: x.Mask}}
	}
	_, err := importer.Load("../examples/models/snake.keras")
	fmt.Println("without it:", errors.Is(err, ir.ErrUnsupported))
	model, err := importer.Load("../examples/models/snake.keras", importer.WithLayer("audio>Snake", snake))
	if err != nil {
		log.Fatal(err)
	}
	for _, node := range model.Nodes[1:6] {
		fmt.Println(node.Op.Kind(), node.Origin.Layer)
	}
	// Output:
	// without it: true
	// Binary snake
	// Unary snake
	// Unary snake
	// Binary snake
	// Binary snake
}
