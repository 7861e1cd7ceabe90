package main

import (
	"io"
	"os"
	"testing"
)

func Example() {
	_ = run([]string{"testdata/circle.png", "testdata/square.png", "testdata/triangle.png", "testdata/cross.png"}, os.Stdout)
	// Output:
	// testdata/circle.png: circle (100%)
	// testdata/square.png: square (100%)
	// testdata/triangle.png: triangle (100%)
	// testdata/cross.png: cross (100%)
}

func TestNoPicture(t *testing.T) {
	for _, path := range []string{"testdata/none.png", "main.go"} {
		if run([]string{path}, io.Discard) == nil {
			t.Errorf("%s is no error", path)
		}
	}
}
