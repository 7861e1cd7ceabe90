package kerasgo_test

import (
	"fmt"
	"log"

	"github.com/kerasgo/kerasgo"
)

// A Keras 2 model from an RNN course, Embedding(100, 1) + LSTM(32) + Dense(1),
// scores a sequence of 32 tokens.
func Example() {
	program, err := kerasgo.Load("fixtures/keras2/seed_lstm.h5")
	if err != nil {
		log.Fatal(err)
	}
	tokens := make([]float32, 32)
	for i := range tokens {
		tokens[i] = float32(i)
	}
	outputs, err := program.Predict(kerasgo.Tensor(tokens, 1, 32))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outputs[0].Shape(), outputs[0].DType())
	// Output: [1 1] float32
}
