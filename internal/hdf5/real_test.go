package hdf5

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// realFiles returns the HDF5 files of models that other people published,
// which are kept beside the repository.
func realFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, ext := range []string{"h5", "hdf5"} {
		more, err := filepath.Glob("../../../shared/real/*/*." + ext)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	if len(files) == 0 {
		t.Skip("no real model files in ../shared/real beside the repository")
	}
	return files
}

func TestRealFiles(t *testing.T) {
	for _, name := range realFiles(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			mapped, err := OpenBytes(b)
			if err != nil {
				t.Fatal(err)
			}
			read, err := Open(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			a, z := dump(t, mapped), dump(t, read)
			if len(a) < 3 {
				t.Errorf("only %d objects", len(a))
			}
			compareDumps(t, a, z)
			if _, err := OpenBytes(b[:len(b)-1]); err == nil {
				t.Error("a file without its last byte opened")
			}
		})
	}
}
