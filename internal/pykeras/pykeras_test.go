package pykeras

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/sample"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
)

func withKeras(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starting Keras takes seconds")
	}
	p := os.Getenv("KERASGO_TEST_PYTHON")
	if p == "" {
		t.Skip("no Python with Keras: set KERASGO_TEST_PYTHON")
	}
	return p
}

// A file whose name tells nothing is told by its content; strings, several
// inputs and float64 outputs go both ways.
func TestRun(t *testing.T) {
	py := withKeras(t)
	path := filepath.Join(t.TempDir(), "model.bin")
	b, err := os.ReadFile(suite.Root(t) + "/fixtures/keras3/seed_stacked.keras")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := importer.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	in, err := sample.Make(m, sample.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Run(t.Context(), Request{Python: py, Model: path, Layers: true, Double: true}, m, in)
	if err != nil {
		t.Fatal(err)
	}
	if a.Package != "keras" || len(a.Cases) != 2 || a.Cases[1].Outputs64 == nil || a.Cases[1].Outputs64[0].DType != ir.Float64 || len(a.Layers) != 4 || a.Layers[3].Calls64 == nil {
		t.Errorf("%s %s, %d cases, %d layers, notes %q", a.Package, a.Version, len(a.Cases), len(a.Layers), a.Notes)
	}
	if strings.Join(a.Cases[0].Inputs[0].Strings, "") != "" || string(a.Cases[0].Inputs[0].Data) != string(in[0][0].Data) {
		t.Error("the inputs changed on the way")
	}
}

// What Keras refuses is said in its words.
func TestRefusedByKeras(t *testing.T) {
	py := withKeras(t)
	path := filepath.Join(t.TempDir(), "model.h5")
	if err := os.WriteFile(path, []byte("not a model"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := &ir.Model{}
	_, err := Run(t.Context(), Request{Python: py, Model: path}, m, [][]*ir.Tensor{{}})
	if err == nil || !strings.Contains(err.Error(), "neither HDF5, nor a .keras zip") {
		t.Error(err)
	}
}

func TestNoPython(t *testing.T) {
	_, err := Run(t.Context(), Request{Python: "no-such-python", Model: "x"}, &ir.Model{}, nil)
	if !errors.Is(err, ir.ErrUsage) {
		t.Errorf("error %v, want %v", err, ir.ErrUsage)
	}
}

// A model's name is an argument and nothing else.
func TestHostileName(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(dir, "python")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\ncat >/dev/null\nfor a; do last=$a; done\necho \"golden.py: $last\" >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(fake); err != nil {
		t.Skip(err)
	}
	name := "--layers=x; touch " + filepath.Join(dir, "owned") + " $(touch owned)"
	_, err := Run(t.Context(), Request{Python: fake, Model: name}, &ir.Model{}, nil)
	if err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("%v, want the name as it is", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "owned")); err == nil {
		t.Error("a shell has run")
	}
}

func TestCancelled(t *testing.T) {
	fake := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\nexec sleep 60\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath(fake); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Run(ctx, Request{Python: fake, Model: "x"}, &ir.Model{}, nil)
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
