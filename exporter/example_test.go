package exporter_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/kerasgo/kerasgo/exporter"
	"github.com/kerasgo/kerasgo/importer"
)

// A file of Keras 2 becomes one that Keras 3 loads.
func ExampleWriteFile() {
	dir, err := os.MkdirTemp("", "kerasgo")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	model, err := importer.Load("../fixtures/keras2/seed_lstm.h5")
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(dir, "new.keras")
	if err := exporter.WriteFile(path, model); err != nil {
		log.Fatal(err)
	}
	written, err := importer.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Source.Dialect, "to", written.Source.Dialect)
	// Output: tf.keras to keras3
}
