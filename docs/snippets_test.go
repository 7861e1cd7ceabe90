package docs_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/kerasgo/kerasgo"
	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/examples/models"
	"github.com/kerasgo/kerasgo/exporter"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

func toKeras3() error {
	graph, err := importer.Load("old.h5")
	if err != nil {
		return err
	}
	return exporter.WriteFile("new.keras", graph)
}

func Example_toKeras3() {
	defer in(map[string]string{"old.h5": "../fixtures/keras1/keras1_activations.h5"})()
	if err := toKeras3(); err != nil {
		log.Fatal(err)
	}
	graph, err := importer.Load("new.keras")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(graph.Source.Dialect)
	// Output: keras3
}

// in changes to a new folder with copies of files, by their new names; what it
// returns changes back.
func in(files map[string]string) (back func()) {
	old, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "docs")
	if err != nil {
		log.Fatal(err)
	}
	for to, from := range files {
		b, err := os.ReadFile(filepath.FromSlash(from))
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), b, 0o600); err != nil {
			log.Fatal(err)
		}
	}
	if err := os.Chdir(dir); err != nil {
		log.Fatal(err)
	}
	return func() {
		if err := os.Chdir(old); err != nil {
			log.Fatal(err)
		}
		os.RemoveAll(dir)
	}
}

func Example_verifying() {
	defer in(map[string]string{"model.kgo": "../examples/embed/snake.kgo"})()
	model, err := convert.ReadFile("model.kgo")
	if err != nil {
		log.Fatal(err)
	}
	kept := ir.Case{Name: "zero", Inputs: []*ir.Tensor{ir.NewFloat32([]float32{0}, 1, 1)}, Outputs: []*ir.Tensor{ir.NewFloat32([]float32{-0.0175}, 1, 1)}}
	if err := convert.WriteFile("model.kgo", model, convert.WithCases(kept), convert.WithForce()); err != nil {
		log.Fatal(err)
	}

	file, err := convert.Open("model.kgo")
	if err != nil {
		log.Fatal(err)
	}
	if err := file.VerifyChecksum(); err != nil {
		log.Fatal(err)
	}
	for _, c := range file.Cases {
		for _, in := range c.Inputs {
			fmt.Println(c.Name, in.DType, in.Shape)
		}
	}
	// Output: zero float32 [1 1]
}

func Example_replay() {
	defer in(map[string]string{"model.kgo": "../examples/embed/snake.kgo"})()
	program, err := kerasgo.Load("model.kgo", kerasgo.Replay())
	if err != nil {
		log.Fatal(err)
	}
	program.Close()
	// Output:
}

func Example_session() {
	program, err := kerasgo.Load("../fixtures/keras2/seed_stacked.h5")
	if err != nil {
		log.Fatal(err)
	}
	requests := make(chan []float32, 2)
	requests <- make([]float32, 32)
	requests <- make([]float32, 32)
	close(requests)

	session := program.NewSession()
	x := make([]float32, 32)
	input := kerasgo.Tensor(x, 1, 32) // over x, not a copy
	for request := range requests {
		copy(x, request)
		outputs, err := session.Run(input)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(outputs[0].Shape())
	}
	// Output:
	// [1 1]
	// [1 1]
}

func Example_names() {
	program, err := kerasgo.LoadFS(models.FS, "sentiment.keras")
	if err != nil {
		log.Fatal(err)
	}
	for _, in := range program.Inputs() {
		fmt.Println(in.Name, in.DType, in.Shape)
	}
	outputs, err := program.PredictNamed(map[string]*runtime.Tensor{
		"text": runtime.NewTensor([]string{"What a lovely film!"}, 1, 1),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f\n", outputs["score"].Float32s())
	// Output:
	// text string [batch, 1]
	// [1.0]
}

func Example_errors() {
	program, err := kerasgo.LoadFS(models.FS, "sentiment.keras")
	if err != nil {
		log.Fatal(err)
	}
	func() {
		_, err := program.Predict(runtime.NewTensor([]float32{1}, 1, 1))
		switch {
		case errors.Is(err, ir.ErrDType), errors.Is(err, ir.ErrShape), errors.Is(err, ir.ErrUsage):
			fmt.Println("the caller's fault:", err)
		case errors.Is(err, ir.ErrLimit):
			fmt.Println("too large:", err)
		case err != nil:
			fmt.Println("ours:", err)
		}
	}()
	// Output: the caller's fault: text: input is float32, the model wants string
}

func Example_padding() {
	program, err := kerasgo.Load("../fixtures/keras3/mask_nested_lstm.keras")
	if err != nil {
		log.Fatal(err)
	}
	for _, in := range program.Inputs() {
		fmt.Println(in.Name, in.DType, in.Shape)
	}
	alone, err := program.Predict(kerasgo.Tensor([]float32{7, 2, 5}, 1, 3))
	if err != nil {
		log.Fatal(err)
	}
	padded, err := program.Predict(kerasgo.Tensor([]float32{
		7, 2, 5, 0, 0,
		1, 4, 6, 3, 8,
	}, 2, 5))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n%.4f\n", alone[0].Float32s(), padded[0].Float32s()[:3])
	// Output:
	// input_layer_1 float32 [batch, time]
	// [-0.1577 0.2440 0.4866]
	// [-0.1577 0.2440 0.4866]
}

func Example_stateful() {
	program, err := kerasgo.Load("../fixtures/keras3/lstm_stateful.keras")
	if err != nil {
		log.Fatal(err)
	}
	pieces := make(chan []float32, 2)
	for range 2 {
		pieces <- make([]float32, 2*4*3)
	}
	close(pieces)
	use := func(scores []float32) { fmt.Printf("%.3f\n", scores) }

	session := program.NewSession() // one for each independent sequence
	for piece := range pieces {
		outputs, err := session.Run(kerasgo.Tensor(piece, 2, 4, 3))
		if err != nil {
			log.Fatal(err)
		}
		use(outputs[0].Float32s())
	}
	session.Reset() // as reset_states() of Keras: the next run starts from zeros

	outputs, err := session.Run(kerasgo.Tensor(make([]float32, 2*4*3), 2, 4, 3))
	if err != nil {
		log.Fatal(err)
	}
	use(outputs[0].Float32s())
	// Output:
	// [0.265 0.359 0.265 0.359]
	// [0.255 0.359 0.255 0.359]
	// [0.265 0.359 0.265 0.359]
}

func Example_states() {
	program, err := kerasgo.Load("../fixtures/keras3/lstm_initial_state.keras")
	if err != nil {
		log.Fatal(err)
	}
	session := program.NewSession()
	next := func(x, y []float32) { copy(x, y) }

	h, c := make([]float32, 4), make([]float32, 4)
	x := make([]float32, 3)
	inputs := []*runtime.Tensor{kerasgo.Tensor(x, 1, 1, 3), kerasgo.Tensor(h, 1, 4), kerasgo.Tensor(c, 1, 4)}
	for range 5 {
		outputs, err := session.Run(inputs...)
		if err != nil {
			log.Fatal(err)
		}
		copy(h, outputs[1].Float32s())
		copy(c, outputs[2].Float32s())
		next(x, outputs[0].Float32s()) // choose the next input by the output
	}
	fmt.Printf("%.4f %.4f\n", h, c)
	// Output: [0.0398 -0.0708 -0.0857 0.1213] [0.1063 -0.1762 -0.1611 0.2445]
}

func Example_streaming() {
	defer in(map[string]string{"model.keras": "../examples/models/tones.keras", "bidirectional.keras": "../fixtures/keras3/seed_bilstm.keras"})()
	steps := 3
	fill := func([]float32) bool { steps--; return steps >= 0 }
	use := func(scores []float32) { fmt.Println(len(scores)) }

	program, err := kerasgo.Load("model.keras", kerasgo.Compile(runtime.WithStreaming()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(program.Inputs()[0].Shape)
	session := program.NewSession()
	samples := make([]float32, 80)
	step := kerasgo.Tensor(samples, 1, 1, 80) // batch, time, features
	for fill(samples) {
		outputs, err := session.Run(step)
		if err != nil {
			log.Fatal(err)
		}
		use(outputs[0].Float32s())
	}
	func() {
		saved := session.State()
		other := program.NewSession()
		if err := other.SetState(saved); err != nil {
			log.Fatal(err)
		}
		for _, info := range program.States() {
			fmt.Println(info.Name, saved[info.Name].Shape())
		}
	}()
	session.Reset() // the next sequence
	func() {
		_, err := kerasgo.Load("bidirectional.keras", kerasgo.Compile(runtime.WithStreaming()))
		if errors.Is(err, ir.ErrUnsupported) {
			fmt.Println("run it over whole windows")
		}
	}()
	// Output:
	// [batch, time, 80]
	// 4
	// 4
	// 4
	// far/history [1 4 16]
	// gru/h [1 16]
	// near/history [1 2 40]
	// run it over whole windows
}

func Example_lambda() {
	defer in(map[string]string{"lambda.keras": "../fixtures/keras3/lambda_scale.keras"})()
	program, err := kerasgo.Load("lambda.keras", kerasgo.Import(importer.WithLambda("the_lambda", "x / 255")))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(program.Inputs()))
	// Output: 1
}

func Example_threads() {
	defer in(map[string]string{"model.kgo": "../examples/embed/snake.kgo"})()
	program, err := kerasgo.Load("model.kgo", kerasgo.Compile(runtime.WithThreads(1)))
	if err != nil {
		log.Fatal(err)
	}
	program.Close()
	// Output:
}
