package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// written is a file with one of everything a Writer writes.
func written() (w *Writer, long string, names []string) {
	w = &Writer{}
	long = strings.Repeat("a long text, ", 10000)
	for i := range 5000 {
		names = append(names, fmt.Sprintf("layer_number_%d_π", i))
	}
	w.Root().Text("model_config", long)
	w.Root().Text("keras_version", "3.15.1")
	w.Root().Text("empty", "")
	g := w.Root().Group("a/b/c")
	g.Texts("names", names)
	g.Texts("none", nil)
	g.Texts("one", []string{"x"})
	g.Dataset("f32", ir.NewFloat32([]float32{1, 2, 3, 4, 5, 6}, 2, 3))
	g.Dataset("sub/i64", ir.NewInt64([]int64{-1, 1 << 40}, 2))
	g.Dataset("sub/i32", ir.NewInt32([]int32{7}))
	g.Dataset("sub/nothing", ir.NewFloat32(nil, 0, 3))
	g.Dataset("f16", &ir.Tensor{DType: ir.Float16, Shape: []int{2}, Data: []byte{0, 0x3c, 0, 0xc0}})
	g.Dataset("f64", &ir.Tensor{DType: ir.Float64, Shape: []int{1}, Data: []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f}})
	g.Dataset("u8", &ir.Tensor{DType: ir.Uint8, Shape: []int{1}, Data: []byte{200}})
	return w, long, names
}

func TestWriter(t *testing.T) {
	w, long, names := written()
	var b, again bytes.Buffer
	if n, err := w.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatal(n, b.Len(), err)
	}
	if _, err := w.WriteTo(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Fatal("written twice, the files differ", err)
	}
	if out := os.Getenv("KERASGO_WRITTEN"); out != "" { // to look at it with other tools
		if err := os.WriteFile(out, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	f, err := OpenBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"model_config": long, "keras_version": "3.15.1", "empty": ""} {
		a, err := f.Root().Attrs().Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := a.String(); err != nil || got != want {
			t.Errorf("%s is %.40q (%d), %v", name, got, len(got), err)
		}
	}
	g, err := f.Root().Group("a/b/c")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"names": names, "none": {}, "one": {"x"}} {
		if got, err := ChunkedStrings(g.Attrs(), name); err != nil || got == nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d strings, %v", name, len(got), err)
		}
	}
	for path, want := range map[string]struct {
		shape []int
		bytes int
		typ   string
	}{
		"f32": {[]int{2, 3}, 24, "float32"}, "sub/i64": {[]int{2}, 16, "int64"}, "sub/i32": {[]int{}, 4, "int32"}, "sub/nothing": {[]int{0, 3}, 0, "float32"},
		"f16": {[]int{2}, 4, "float16"}, "f64": {[]int{1}, 8, "float64"}, "u8": {[]int{1}, 1, "uint8"},
	} {
		d, err := g.Dataset(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Read()
		if err != nil || len(got) != want.bytes || !slices.Equal(d.Shape(), want.shape) || d.Type().Name != want.typ {
			t.Errorf("%s: %v %s, %d bytes, %v", path, d.Shape(), d.Type().Name, len(got), err)
		}
	}
}

// A heap numbers its texts with 16 bits.
func TestWriterManyTexts(t *testing.T) {
	w := &Writer{}
	for i := range 1 << 16 {
		w.Root().Text("a", fmt.Sprint(i))
	}
	if _, err := w.WriteTo(&bytes.Buffer{}); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("error %v, want %v", err, ir.ErrLimit)
	}
}

func TestWriterRefuses(t *testing.T) {
	for name, tensor := range map[string]*ir.Tensor{
		"":       ir.NewFloat32(nil, 0),
		"x\x00y": ir.NewFloat32(nil, 0),
		"text":   ir.NewString([]string{"a"}, 1),
		"short":  {DType: ir.Float32, Shape: []int{2}, Data: make([]byte, 4)},
		"bf16":   {DType: ir.BFloat16, Shape: []int{1}, Data: make([]byte, 2)},
	} {
		w := &Writer{}
		w.Root().Dataset(name, tensor)
		if _, err := w.WriteTo(&bytes.Buffer{}); err == nil {
			t.Errorf("%q of %v is written", name, tensor.DType)
		}
	}
}
