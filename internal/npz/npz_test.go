package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/ir"
)

// TestNumpy reads what testdata/make.py wrote.
func TestNumpy(t *testing.T) {
	for _, file := range []string{"stored.npz", "deflated.npz"} {
		a, err := Open("testdata/"+file, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		read := func(name string) *ir.Tensor {
			t.Helper()
			x, err := a.Tensor(name)
			if err != nil {
				t.Fatal(file, name, err)
			}
			if err := x.Check(); err != nil {
				t.Fatal(file, name, err)
			}
			return x
		}
		for kind, dtype := range map[string]ir.DType{"f2": ir.Float16, "f4": ir.Float32, "f8": ir.Float64, "i1": ir.Int8, "i2": ir.Int16,
			"i4": ir.Int32, "i8": ir.Int64, "u1": ir.Uint8, "u2": ir.Uint16, "u4": ir.Uint32, "u8": ir.Uint64} {
			want := make([]int64, 24)
			for i := range want {
				want[i] = int64(i) * 5
				if kind[0] != 'u' {
					want[i] -= 30
				}
			}
			for _, form := range []string{"_little", "_big", "_fortran", "_both"} {
				x := read(kind + form)
				if x.DType != dtype || !cmp.Equal(x.Shape, []int{2, 3, 4}) || !cmp.Equal(x.Int64s(), want) {
					t.Errorf("%s %s%s: %v %v %v", file, kind, form, x.DType, x.Shape, x.Int64s())
				}
			}
		}
		if x := read("bool"); x.DType != ir.Bool || !cmp.Equal(x.Data, []byte{1, 0, 0, 1}) {
			t.Error(file, x)
		}
		if x := read("scalar"); len(x.Shape) != 0 || x.Float32s()[0] != 1.5 {
			t.Error(file, x)
		}
		if x := read("empty"); !cmp.Equal(x.Shape, []int{0, 3}) {
			t.Error(file, x)
		}
		words := []string{"", "a", "wörld", "日本", "xxxxxxxxx", "𝄞"}
		for _, name := range []string{"strings", "strings_big", "strings_fortran"} {
			if x := read(name); x.DType != ir.String || !cmp.Equal(x.Strings, words) || !cmp.Equal(x.Shape, []int{2, 3}) {
				t.Errorf("%s %s: %q", file, name, x.Strings)
			}
		}
		if x := read("bytes"); !cmp.Equal(x.Strings, []string{"", "ab", "abc"}) {
			t.Errorf("%s: %q", file, x.Strings)
		}
		v := read("special").Float32s()
		if !math.IsNaN(float64(v[0])) || !math.IsInf(float64(v[1]), 1) || !math.IsInf(float64(v[2]), -1) || !math.Signbit(float64(v[3])) || v[4] != 1e-45 {
			t.Error(file, v)
		}
		if _, err := a.Tensor("absent"); !errors.Is(err, ir.ErrUsage) {
			t.Errorf("error %v, want %v", err, ir.ErrUsage)
		}
	}
	for _, v := range []string{"v1", "v2", "v3"} {
		f, err := os.Open("testdata/" + v + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if x, err := ReadNPY(f, 1<<20); err != nil || !cmp.Equal(x.Int64s(), []int64{0, 1, 2}) {
			t.Error(v, x, err)
		}
	}
}

func samples() []Array {
	var out []Array
	for d := ir.Float32; d <= ir.Uint64; d++ {
		x := &ir.Tensor{DType: d, Shape: []int{2, 3}, Data: make([]byte, 6*d.Size())}
		if d == ir.String {
			x = ir.NewString([]string{"", "ä", "longer", "𝄞", "b", ""}, 2, 3)
		}
		for i := range x.Data {
			x.Data[i] = byte(i % 2)
		}
		out = append(out, Array{"a/" + d.String(), x})
	}
	return append(out, Array{"scalar", ir.NewInt32([]int32{7})}, Array{"vector", ir.NewInt64([]int64{7}, 1)},
		Array{"none", ir.NewString(nil, 0)}, Array{"zero", ir.NewFloat32(nil, 3, 0)})
}

func TestRoundTrip(t *testing.T) {
	var b, again bytes.Buffer
	if err := errors.Join(Write(&b, samples()), Write(&again, samples())); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same arrays give other bytes")
	}
	a, err := ReadBytes(b.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range samples() {
		got, err := a.Tensor(s.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		want := s.Tensor
		if want.DType == ir.BFloat16 {
			want = ir.NewFloat32(want.Float32s(), want.Shape...)
		}
		if a.Names()[i] != s.Name || got.DType != want.DType || !bytes.Equal(got.Data, want.Data) ||
			strings.Join(got.Strings, "|") != strings.Join(want.Strings, "|") || len(got.Shape) != len(want.Shape) {
			t.Errorf("%s: got %v, want %v", s.Name, got, want)
		}
	}
}

// TestNumpyReads gives what Write writes to numpy, where there is one.
func TestNumpyReads(t *testing.T) {
	python := os.Getenv("KERASGO_TEST_PYTHON")
	if python == "" {
		t.Skip("KERASGO_TEST_PYTHON does not name a Python with numpy")
	}
	path := t.TempDir() + "/a.npz"
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Write(f, samples()), f.Close()); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", `
import numpy as np, sys
z = np.load(sys.argv[1])
for n in z.files: print(n, z[n].dtype, z[n].shape)
print(z["a/string"].tolist(), z["a/int64"][0, 0], z["scalar"])
`, path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"a/bool bool (2, 3)", "a/bfloat16 float32 (2, 3)", "scalar int32 ()", "vector int64 (1,)", "zero float32 (3, 0)",
		"[['', 'ä', 'longer'], ['𝄞', 'b', '']] 72058693566333184 7"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("numpy does not say %q:\n%s", want, out)
		}
	}
}

func npy(dict string, data int) []byte {
	b := append([]byte(magic+"\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(dict)))...)
	return append(append(b, dict...), make([]byte, data)...)
}

func TestRefused(t *testing.T) {
	dict := func(descr, shape string) string {
		return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }\n"
	}
	for _, c := range []struct {
		file []byte
		kind error
		want string
	}{
		{npy(dict("'<f4'", "(2,)"), 8), nil, ""},
		{npy(dict("'<f4'", "(2L,)"), 8), nil, ""},
		{npy(`{"shape":(2),"descr":"<f4","fortran_order":True}`, 8), nil, ""},
		{npy(dict("'<V2'", "(2,)"), 4), nil, ""},
		{npy(dict("'<f4'", "(2,)"), 7), ir.ErrMalformed, "truncated in its data"},
		{npy(dict("'<f4'", "(2,)"), 8)[:20], ir.ErrMalformed, "truncated in its header"},
		{npy(dict("'<f4'", "(2,)"), 8)[:3], ir.ErrMalformed, "truncated"},
		{[]byte("PK\x03\x04 not an npy"), ir.ErrMalformed, "not an .npy"},
		{[]byte(magic + "\x09\x00\x00\x00\x00\x00"), ir.ErrVersion, "9.0"},
		{[]byte(magic + "\x02\x00\xff\xff\xff\xff"), ir.ErrLimit, "header"},
		{npy(dict("'|O'", "(2,)"), 8), ir.ErrUnsupported, "pickle"},
		{npy(dict("[('a', '<f4')]", "(2,)"), 8), ir.ErrUnsupported, "structured"},
		{npy(dict("'<c8'", "(2,)"), 16), ir.ErrUnsupported, "<c8"},
		{npy(dict("'<f16'", "(2,)"), 32), ir.ErrUnsupported, "<f16"},
		{npy(dict("'<M8[s]'", "(2,)"), 16), ir.ErrUnsupported, "M8"},
		{npy(dict("''", "(2,)"), 16), ir.ErrUnsupported, `""`},
		{npy(dict("'<U-3'", "(2,)"), 16), ir.ErrUnsupported, "U-3"},
		{npy(dict("'<f4'", "(-2,)"), 8), ir.ErrMalformed, "dimension"},
		{npy(dict("'<f4'", "(99999999999999999999,)"), 8), ir.ErrMalformed, "dimension"},
		{npy(dict("'<f4'", "(2147483647, 2147483647, 2147483647)"), 8), ir.ErrMalformed, "overflows"},
		{npy(dict("'<f4'", "(1000000000,)"), 8), ir.ErrLimit, "4000000000 bytes"},
		{npy(dict("'<U0'", "(1000000000,)"), 0), ir.ErrLimit, "empty strings"},
		{npy(dict("'<U1'", "(1,)"), 0), ir.ErrMalformed, "truncated"},
		{npy(dict("'<f4'", "("+strings.Repeat("1,", 40)+")"), 8), ir.ErrMalformed, "dimensions"},
		{npy("{'descr': '<f4', 'shape': (2,)}", 8), ir.ErrMalformed, "fortran_order"},
		{npy("{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}", 8), ir.ErrMalformed, "twice"},
		{npy("{'descr': '<f4', 'fortran_order': 1, 'shape': (2,)}", 8), ir.ErrMalformed, "True or False"},
		{npy("{'more': '<f4'}", 8), ir.ErrMalformed, "more"},
		{npy(dict("'<f4'", "(2,)")+"x", 8), ir.ErrMalformed, "after the dict"},
		{npy("", 8), ir.ErrMalformed, "want"},
	} {
		_, err := ReadNPY(bytes.NewReader(c.file), 1<<30)
		if c.kind == nil {
			if err != nil {
				t.Errorf("%q: %v", c.file, err)
			}
			continue
		}
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80q: %v, want %q", c.file, err, c.want)
		}
	}
	surrogate := npy(dict("'<U1'", "(1,)"), 4)
	binary.LittleEndian.PutUint32(surrogate[len(surrogate)-4:], 0xd800)
	if _, err := ReadNPY(bytes.NewReader(surrogate), 1<<20); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("error %v, want %v", err, ir.ErrMalformed)
	}
	if _, err := ReadBytes([]byte("no archive"), Limits{}); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("error %v, want %v", err, ir.ErrMalformed)
	}
}

func TestLimits(t *testing.T) {
	file := func(limits Limits) *Archive {
		a, err := Open("testdata/deflated.npz", limits)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := file(Limits{ArrayBytes: 100})
	defer a.Close()
	if _, err := a.Tensor("f8_little"); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("error %v, want %v", err, ir.ErrLimit)
	}
	if _, err := Open("testdata/deflated.npz", Limits{Arrays: 3}); !errors.Is(err, ir.ErrLimit) || !strings.Contains(err.Error(), "deflated.npz") {
		t.Errorf("error %v, want %v with %q", err, ir.ErrLimit, "deflated.npz")
	}
	if _, err := Open("testdata/absent.npz", Limits{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want %v", err, os.ErrNotExist)
	}
}

func FuzzNPY(f *testing.F) {
	for _, s := range samples() {
		var b bytes.Buffer
		if err := WriteNPY(&b, s.Tensor); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add(npy("{'descr': '>U2', 'fortran_order': True, 'shape': (2, 1)}", 16))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := ReadNPY(bytes.NewReader(b), 1<<20)
		if err != nil {
			var e *ir.Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if err := x.Check(); err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := WriteNPY(&again, x); err != nil {
			if x.DType == ir.String {
				return // bytes that are no text
			}
			t.Fatal(err)
		}
		y, err := ReadNPY(&again, 1<<24)
		if err != nil || !bytes.Equal(x.Data, y.Data) && x.DType != ir.BFloat16 || strings.Join(x.Strings, "|") != strings.Join(y.Strings, "|") {
			t.Fatalf("%v was written, %v read: %v", x, y, err)
		}
	})
}

func FuzzNPZ(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, samples()[:3]); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ReadBytes(b, Limits{ArrayBytes: 1 << 20})
		if err != nil {
			return
		}
		for _, n := range a.Names() {
			if x, err := a.Tensor(n); err == nil && x.Check() != nil {
				t.Fatal(x.Check())
			}
		}
	})
}

// Arrays that deflate well, or that share their bytes, take no more than the
// limit together.
func TestUnpackedLimit(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 20 {
		w, err := z.Create(fmt.Sprintf("a%d.npy", i))
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteNPY(w, ir.NewFloat32(make([]float32, 1<<20), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(l Limits) (err error) {
		a, err := ReadBytes(b.Bytes(), l)
		for _, n := range a.Names() {
			if err == nil {
				_, err = a.Tensor(n)
			}
		}
		return err
	}
	if err := read(Limits{}); !errors.Is(err, ir.ErrLimit) || !strings.Contains(err.Error(), "NPZBytes") {
		t.Errorf("80 MiB of zeros: %v", err)
	}
	if err := read(Limits{UnpackedBytes: 1 << 30}); err != nil {
		t.Error(err)
	}
	var strs bytes.Buffer
	if err := WriteNPY(&strs, ir.NewString(make([]string, 1000), 1000)); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadNPY(&strs, 10_000); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("1000 strings in 10,000 bytes: %v", err)
	}
}

// Strings of no bytes take memory all the same, all of them together too, and
// so does another order.
func TestEmptyStrings(t *testing.T) {
	const n = 1 << 18
	text := func(fortran string) []byte {
		return npy(fmt.Sprintf("{'descr': '|S0', 'fortran_order': %s, 'shape': (2, %d)}", fortran, n/2), 0)
	}
	for _, fortran := range []string{"False", "True"} {
		x, err := ReadNPY(bytes.NewReader(text(fortran)), 16<<20)
		if err != nil || len(x.Strings) != n {
			t.Fatalf("order %s: %v", fortran, err)
		}
		if _, err := ReadNPY(bytes.NewReader(text(fortran)), 4<<20); !errors.Is(err, ir.ErrLimit) {
			t.Errorf("order %s: %v", fortran, err)
		}
	}
	if _, err := ReadNPY(bytes.NewReader(text("True")), 8<<20); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("a copy in another order: %v", err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 20 {
		w, err := z.Create(fmt.Sprintf("a%d.npy", i))
		if err == nil {
			_, err = w.Write(text("True"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := ReadBytes(b.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, name := range a.Names() {
		if _, err = a.Tensor(name); err != nil {
			break
		}
		read++
	}
	if !errors.Is(err, ir.ErrLimit) || read > 6 {
		t.Errorf("%d arrays of %d empty strings were read: %v", read, n, err)
	}
}
