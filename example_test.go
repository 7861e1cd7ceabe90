package kerasgo_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/kerasgo/kerasgo"
	"github.com/kerasgo/kerasgo/examples/models"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/runtime"
)

// A model of an RNN course, Embedding + LSTM + LSTM + Dense, scores a sequence
// of 32 tokens.
func Example() {
	defer inFolderWithModel()()
	tokens := make([]float32, 32) // Keras's Embedding takes float32 token ids here
	for i := range tokens {
		tokens[i] = float32(3 * i)
	}

	program, err := kerasgo.Load("model.h5")
	if err != nil {
		log.Fatal(err)
	}
	outputs, err := program.Predict(kerasgo.Tensor(tokens, 1, 32))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", outputs[0].Float32s())
	// Output: [0.2271]
}

// Sessions are for loops: a run of one allocates nothing.
func Example_session() {
	defer inFolderWithModel()()
	program, err := kerasgo.Load("model.h5")
	if err != nil {
		log.Fatal(err)
	}
	requests, results := make(chan []float32), make(chan float32)
	go func() {
		defer close(results)

		session := program.NewSession()
		for tokens := range requests {
			outputs, err := session.Run(kerasgo.Tensor(tokens, 1, 32))
			if err != nil {
				log.Fatal(err)
			}
			results <- outputs[0].Float32s()[0]
		}
	}()
	requests <- make([]float32, 32)
	fmt.Printf("%.4f\n", <-results)
	close(requests)
	// Output: 0.3103
}

// Models load from a file system, such as an embed.FS.
func ExampleLoadFS() {
	program, err := kerasgo.LoadFS(models.FS, "sentiment.keras")
	if err != nil {
		log.Fatal(err)
	}
	defer program.Close()
	outputs, err := program.Predict(kerasgo.Tensor([]string{"a wonderful story", "a tedious film"}, 2, 1))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f\n", outputs[0].Float32s())
	// Output: [1.0 0.0]
}

// A model in memory, with options for its import and its compilation.
func ExampleLoadBytes() {
	file, err := models.FS.ReadFile("shapes.keras")
	if err != nil {
		log.Fatal(err)
	}
	program, err := kerasgo.LoadBytes(file,
		kerasgo.Import(importer.WithLimits(importer.Limits{Nodes: 1000})),
		kerasgo.Compile(runtime.WithThreads(1)))
	if err != nil {
		log.Fatal(err)
	}
	defer program.Close()
	for _, info := range append(program.Inputs(), program.Outputs()...) {
		fmt.Println(info.Name, info.DType, info.Shape)
	}
	// Output:
	// image float32 [batch, 24, 24, 1]
	// shape float32 [batch, 4]
}

// inFolderWithModel changes to a new folder that holds model.h5; what it
// returns changes back.
func inFolderWithModel() (back func()) {
	old, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "kerasgo")
	if err != nil {
		log.Fatal(err)
	}
	from, err := os.Open("fixtures/keras2/seed_stacked.h5")
	if err != nil {
		log.Fatal(err)
	}
	defer from.Close()
	to, err := os.Create(filepath.Join(dir, "model.h5"))
	if err != nil {
		log.Fatal(err)
	}
	defer to.Close()
	if _, err := io.Copy(to, from); err != nil {
		log.Fatal(err)
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
