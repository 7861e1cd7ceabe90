package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func Example() {
	_ = run([]string{"-1", "0", "0.5", "2"}, os.Stdout)
	// Output:
	// 0.2505
	// -0.0175
	// 1.1514
	// 1.9283
}

// The binary links no code that reads Keras's files.
func TestLinksOnlyTheRuntime(t *testing.T) {
	b, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, no := range []string{"kerasgo/importer", "internal/hdf5"} {
		if strings.Contains(string(b), no) {
			t.Errorf("it depends on %s", no)
		}
	}
}
