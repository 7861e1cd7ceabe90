package hdf5

import (
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkRead opens, walks and reads the files that KERASGO_HDF5_BENCH names
// (a pattern), else a fixture; from memory, and through a file.
func BenchmarkRead(b *testing.B) {
	pattern := os.Getenv("KERASGO_HDF5_BENCH")
	if pattern == "" {
		pattern = filepath.Join(fixtureDir, "superblock*.h5")
	}
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		b.Fatalf("no files match %q: %v", pattern, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer file.Close()
		run := func(name string, open func() (*File, error)) {
			b.Run(filepath.Base(path)+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					f, err := open()
					if err != nil {
						b.Fatal(err)
					}
					err = f.Walk(func(o Object) error {
						d, ok := o.(*Dataset)
						if !ok || d.Type().IsString() {
							return nil
						}
						_, err := d.Read()
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("bytes", func() (*File, error) { return OpenBytes(data) })
		run("file", func() (*File, error) { return Open(file, int64(len(data))) })
	}
}
