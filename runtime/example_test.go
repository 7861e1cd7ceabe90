package runtime_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

func compile(path string, opts ...runtime.Option) *runtime.Program {
	model, err := importer.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	program, err := runtime.Compile(model, opts...)
	if err != nil {
		log.Fatal(err)
	}
	return program
}

func Example() {
	model, err := convert.ReadFile("../examples/embed/snake.kgo")
	if err != nil {
		log.Fatal(err)
	}
	program, err := runtime.Compile(model)
	if err != nil {
		log.Fatal(err)
	}
	defer program.Close()
	for _, in := range program.Inputs() {
		fmt.Println(in.Name, in.DType, in.Shape)
	}
	session := program.NewSession()
	x := make([]float32, 1)
	input := runtime.NewTensor(x, 1, 1) // over x, whose values may change
	for _, x[0] = range []float32{-1, 0, 2} {
		outputs, err := session.Run(input)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.4f\n", outputs[0].Float32s())
	}
	// Output:
	// x float32 [batch, 1]
	// [0.2505]
	// [-0.0175]
	// [1.9283]
}

// A model for windows of 60 steps is fed step by step.
func ExampleWithStreaming() {
	program := compile("../examples/models/tones.keras", runtime.WithStreaming())
	defer program.Close()
	fmt.Println(program.Inputs()[0].Shape, program.Outputs()[0].Shape)
	for _, state := range program.States() {
		fmt.Println(state.Name, state.Shape)
	}
	session := program.NewSession()
	step := runtime.NewTensor(make([]float32, 80), 1, 1, 80)
	for range 100 {
		if _, err := session.Run(step); err != nil {
			log.Fatal(err)
		}
	}
	// Another session goes on from where this one is.
	other := program.NewSession()
	if err := other.SetState(session.State()); err != nil {
		log.Fatal(err)
	}
	outputs, err := other.Run(step)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("silence: %.0f%%\n", 100*outputs[0].Float32s()[0])
	// Output:
	// [batch, time, 80] [batch, time, 4]
	// far/history [batch, 4, 16]
	// gru/h [batch, 16]
	// near/history [batch, 2, 40]
	// silence: 100%
}

// What cannot stream is refused before it runs, with the layer's name.
func ExampleWithStreaming_refused() {
	model, err := importer.Load("../fixtures/keras3/seed_bilstm.keras")
	if err != nil {
		log.Fatal(err)
	}
	_, err = runtime.Compile(model, runtime.WithStreaming())
	var e *ir.Error
	fmt.Println(errors.Is(err, ir.ErrUnsupported), errors.As(err, &e))
	fmt.Println(e.Text)
	// Output:
	// true true
	// cannot stream: it reads the sequence from its end
}

// An observer learns how long each node took.
func ExampleWithObserver() {
	calls := map[string]int{}
	program := compile("../examples/models/tones.keras", runtime.WithObserver(func(t runtime.NodeTiming) { calls[t.Kind]++ }))
	defer program.Close()
	if _, err := program.Predict(runtime.NewTensor(make([]float32, 60*80), 1, 60, 80)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(calls["Conv"], "convolutions,", calls["GRU"], "GRU")
	// Output: 2 convolutions, 1 GRU
}

func ExampleProgram_PredictNamed() {
	program := compile("../examples/models/sentiment.keras")
	defer program.Close()
	outputs, err := program.PredictNamed(map[string]*runtime.Tensor{
		"text": runtime.NewTensor([]string{"A lovely film!"}, 1, 1),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f\n", outputs["score"].Float32s())
	// Output: [1.0]
}

// Errors are told apart by their kind.
func ExampleSession_Run_errors() {
	program := compile("../examples/models/tones.keras")
	defer program.Close()
	session := program.NewSession()
	for _, in := range []*runtime.Tensor{
		runtime.NewTensor(make([]float32, 80), 1, 80),
		runtime.NewTensor(make([]int32, 60*80), 1, 60, 80),
	} {
		_, err := session.Run(in)
		fmt.Println(errors.Is(err, ir.ErrShape), errors.Is(err, ir.ErrDType), err)
	}
	// Output:
	// true false frames: input has shape [1, 80], the model wants [batch, 60, 80]
	// false true frames: input is int32, the model wants float32
}
