package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/kerasgo/kerasgo"
	"github.com/kerasgo/kerasgo/examples/models"
	"github.com/kerasgo/kerasgo/ir"
)

// The numbers are what Keras gives.
func Example() {
	_ = run("", []string{"-1", "0", "0.5", "2"}, os.Stdout)
	// Output: [0.2505 -0.0175 1.1514 1.9283]
}

func TestConverts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "snake.kgo")
	if err := run(path, nil, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := kerasgo.Load(path); err != nil {
		t.Errorf("the .kgo wants a lowering: %v", err)
	}
	if _, err := kerasgo.LoadFS(models.FS, "snake.keras"); !errors.Is(err, ir.ErrUnsupported) {
		t.Errorf("the .keras wants none: %v", err)
	}
}
