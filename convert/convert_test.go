package convert

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kerasgo/kerasgo/ir"
)

var sameModel = cmp.Options{cmpopts.IgnoreFields(ir.Tensor{}, "Owner"), cmpopts.IgnoreUnexported(ir.Tensor{}), cmpopts.EquateEmpty()}

func model(t testing.TB, units int) *ir.Model {
	t.Helper()
	m := &ir.Model{Name: "m"}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(units)}}})
	w := make([]float32, units*units)
	for i := range w {
		w[i] = float32(i%17) - 8
	}
	y, err := m.AddNode(&ir.Dense{Act: ir.Func{Name: "relu"}}, ir.Origin{Layer: "dense", Class: "Dense"}, x, m.AddConst("dense/kernel", ir.NewFloat32(w, units, units)))
	if err != nil {
		t.Fatal(err)
	}
	m.Inputs, m.Outputs = []ir.Port{{Name: "x", Value: x}}, []ir.Port{{Name: "y", Value: y[0]}}
	return m
}

func testCase() ir.Case {
	return ir.Case{Name: "golden", Inputs: []*ir.Tensor{ir.NewFloat32([]float32{1, 2}, 1, 2)}, Outputs: []*ir.Tensor{ir.NewFloat32([]float32{3, 4}, 1, 2)}}
}

// TestReaders reads one file in every way.
func TestReaders(t *testing.T) {
	m, dir := model(t, 2), t.TempDir()
	path := filepath.Join(dir, "m.kgo")
	if err := WriteFile(path, m, WithCases(testCase())); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !IsNative(b[:64]) {
		t.Error("not recognised")
	}
	for name, read := range map[string]func() (*ir.Model, error){
		"file":      func() (*ir.Model, error) { return ReadFile(path) },
		"bytes":     func() (*ir.Model, error) { return ReadBytes(b) },
		"reader":    func() (*ir.Model, error) { return Read(bytes.NewReader(b), int64(len(b))) },
		"directory": func() (*ir.Model, error) { return ReadFS(os.DirFS(dir), "m.kgo") },
		"fs":        func() (*ir.Model, error) { return ReadFS(fstest.MapFS{"m.kgo": {Data: b}}, "m.kgo") },
		"stream":    func() (*ir.Model, error) { return ReadFS(streamFS{fstest.MapFS{"m.kgo": {Data: b}}}, "m.kgo") },
	} {
		got, err := read()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(m, got, sameModel); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.VerifyChecksum(); err != nil || len(f.SHA256) != 64 || f.Version != "1.0" || f.Weights != ir.Float32 {
		t.Error(err, f)
	}
	if d := cmp.Diff([]ir.Case{testCase()}, f.Cases, sameModel); d != "" {
		t.Error(d)
	}
}

// streamFS gives files that can only be read from front to back.
type streamFS struct{ fs.FS }

func (s streamFS) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	return struct{ fs.File }{f}, err
}

func TestErrorsNameTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "half.kgo")
	var b bytes.Buffer
	if err := Write(&b, model(t, 2)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes()[:b.Len()-3], 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := ReadFile(path)
	if !errors.Is(err, ir.ErrMalformed) || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "truncated") {
		t.Error(err)
	}
	if _, err := ReadFile(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want %v", err, fs.ErrNotExist)
	}
	if _, err := ReadBytes(b.Bytes(), WithMaxHeader(100)); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("error %v, want %v", err, ir.ErrLimit)
	}
	if _, err := ReadBytes([]byte("\x10\x00\x00\x00\x00\x00\x00\x00not safetensors!")); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("error %v, want %v", err, ir.ErrMalformed)
	}
}

func TestWriteFile(t *testing.T) {
	m, path := model(t, 2), filepath.Join(t.TempDir(), "m.kgo")
	if err := WriteFile(path, m); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, m); !errors.Is(err, ir.ErrUsage) {
		t.Errorf("error %v, want %v", err, ir.ErrUsage)
	}
	// A mapping survives that its file is replaced.
	old, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, m, WithForce(), WithDType(ir.Int8)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m, old, sameModel); d != "" {
		t.Error(d)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	before, _ := os.ReadFile(path)
	if err := WriteFileContext(ctx, path, model(t, 300), WithForce()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("an interrupted write changed the file")
	}
}

// TestOldFile reads a file of an earlier version of the package; it must stay
// readable for as long as the major version stays.
func TestOldFile(t *testing.T) {
	f, err := Open("testdata/v1.0.kgo")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.VerifyChecksum(); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(model(t, 2), f.Model, sameModel); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]ir.Case{testCase()}, f.Cases, sameModel); d != "" {
		t.Error(d)
	}
}

// TestReadDoesNotCopy maps a file of 16 MB.
func TestReadDoesNotCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.kgo")
	if err := WriteFile(path, model(t, 2000)); err != nil {
		t.Fatal(err)
	}
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := ReadFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	if n := r.AllocedBytesPerOp(); n > 200_000 {
		t.Errorf("reading 16 MB of weights allocates %d bytes", n)
	}
}

// TestFormatIsDescribed wants every op and parameter in FORMAT.md.
func TestFormatIsDescribed(t *testing.T) {
	b, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	var rows []string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "| `") {
			rows = append(rows, line)
		}
	}
	for _, f := range ir.Ops {
		op := f()
		row := ""
		for _, r := range rows {
			if strings.HasPrefix(r, "| `"+op.Kind()+"` |") {
				row = r
			}
		}
		if row == "" {
			t.Errorf("%s is not described", op.Kind())
			continue
		}
		for _, name := range fields(reflect.TypeOf(op).Elem()) {
			shared := strings.Contains(row, "recurrence") && strings.Contains(text, "`"+name+"`")
			if !shared && !strings.Contains(row, "`"+name+"`") {
				t.Errorf("%s: parameter %s is not described", op.Kind(), name)
			}
		}
	}
	for _, name := range append(fields(reflect.TypeFor[ir.Layer]()), fields(reflect.TypeFor[ir.Source]())...) {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("key %s is not described", name)
		}
	}
	for _, name := range ir.Funcs {
		inRange := strings.Contains("sin cos tan asin acos atan sinh cosh asinh acosh atanh", name)
		if !inRange && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("function %s is not described", name)
		}
	}
	for _, name := range append(ir.BinaryFuncs, ir.ReduceFuncs...) {
		if !strings.Contains(text, " "+name+" ") && !strings.Contains(text, " "+name+",") {
			t.Errorf("function %s is not described", name)
		}
	}
}

func fields(t reflect.Type) (out []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			out = append(out, fields(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}
