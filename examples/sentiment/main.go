// Sentiment scores sentences: strings go into the model, whose TextVectorization
// layer runs in Go too.
//
//	go run ./examples/sentiment "What a wonderful movie!" "The plot was dull."
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/kerasgo/kerasgo"
	"github.com/kerasgo/kerasgo/examples/models"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(texts []string, out io.Writer) error {
	if len(texts) == 0 {
		return fmt.Errorf("usage: sentiment TEXT [TEXT]")
	}
	program, err := kerasgo.LoadFS(models.FS, "sentiment.keras")
	if err != nil {
		return err
	}
	defer program.Close()
	outputs, err := program.Predict(kerasgo.Tensor(texts, len(texts), 1))
	if err != nil {
		return err
	}
	for i, score := range outputs[0].Float32s() {
		fmt.Fprintf(out, "%3.0f%%  %s\n", 100*score, texts[i])
	}
	return nil
}
