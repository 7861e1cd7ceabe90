package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/ir"
)

// raw is a file with any header.
func raw(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func entry(name string, d ir.DType, data []byte, shape ...int) Entry {
	return Entry{Name: name, DType: d, Shape: shape, Write: func(w io.Writer) error { _, err := w.Write(data); return err }}
}

func sample(t testing.TB) []byte {
	t.Helper()
	entries := []Entry{
		entry("flags", ir.Bool, []byte{1, 0, 1}, 3),
		entry("a/b<&>", ir.Float32, []byte{1, 2, 3, 4, 5, 6, 7, 8}, 2, 1),
		entry("empty", ir.Float64, nil, 0, 7),
		entry("scalar", ir.Int64, []byte{9, 0, 0, 0, 0, 0, 0, 0}),
		entry("half", ir.BFloat16, []byte{1, 2}, 1),
	}
	Sort(entries)
	var b bytes.Buffer
	if err := Write(&b, DefaultMaxHeader, []Meta{{"z", "1"}, {"a", "\"quoted\" < ü"}}, entries); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	b := sample(t)
	if !strings.HasPrefix(string(b[8:]), `{"__metadata__":{"z":"1","a":`) {
		t.Errorf("header begins %s", b[8:40])
	}
	for name, open := range map[string]func() (*File, error){
		"bytes":  func() (*File, error) { return Open(b, "owner", DefaultMaxHeader) },
		"reader": func() (*File, error) { return OpenAt(bytes.NewReader(b), int64(len(b)), DefaultMaxHeader) },
	} {
		f, err := open()
		if err != nil {
			t.Fatal(name, err)
		}
		if f.DataStart%Align != 0 {
			t.Errorf("%s: data at %d", name, f.DataStart)
		}
		if want := map[string]string{"z": "1", "a": "\"quoted\" < ü"}; !cmp.Equal(f.Metadata, want) {
			t.Errorf("%s: metadata %v", name, f.Metadata)
		}
		var order []string
		for _, e := range f.Tensors {
			order = append(order, e.Name)
			x, err := f.Data(e)
			if err != nil || x.Check() != nil {
				t.Error(name, e.Name, err, x.Check())
			}
			if aliases := x.Owner == "owner"; aliases != (name == "bytes") {
				t.Errorf("%s: owner is %v", name, x.Owner)
			}
			if e.Name == "scalar" && (x.Int64s()[0] != 9 || len(x.Shape) != 0) {
				t.Errorf("%s: scalar is %v", name, x)
			}
		}
		if want := []string{"empty", "scalar", "a/b<&>", "half", "flags"}; !cmp.Equal(order, want) {
			t.Errorf("%s: order %v", name, order)
		}
		if data, err := io.ReadAll(f.Reader()); err != nil || int64(len(data)) != f.DataSize {
			t.Error(name, len(data), err)
		}
	}
}

func TestRefused(t *testing.T) {
	two := `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	for _, c := range []struct {
		header string
		data   int
		kind   error
		want   string
	}{
		{`{` + two + `}`, 8, nil, ""},
		{`{` + two + `}   `, 8, nil, ""},
		{`{}`, 0, nil, ""},
		{`{` + two + `,` + two + `}`, 8, ir.ErrMalformed, "appears twice"},
		{`{` + two + `}`, 7, ir.ErrMalformed, "truncated"},
		{`{` + two + `}`, 9, ir.ErrMalformed, "1 bytes follow"},
		{`{` + two + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8, ir.ErrMalformed, "overlaps"},
		{`{` + two + `,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, 16, ir.ErrMalformed, "hole"},
		{`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8, ir.ErrMalformed, "takes 12 bytes"},
		{`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8, ir.ErrMalformed, "corrupt"},
		{`{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}`, 8, ir.ErrMalformed, "corrupt"},
		{`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0, ir.ErrMalformed, "overflows"},
		{`{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296,4294967296,0],"data_offsets":[0,0]}}`, 0, ir.ErrMalformed, "overflows"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8, ir.ErrMalformed, "data_offsets"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}`, 8, ir.ErrMalformed, "two data_offsets"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}`, 8, ir.ErrMalformed, "two data_offsets"},
		{`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`, 4, ir.ErrMalformed, "shape"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,18446744073709551615]}}`, 8, ir.ErrMalformed, "data_offsets"},
		{`{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}`, 2, ir.ErrUnsupported, "F8_E4M3"},
		{`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, 8, ir.ErrMalformed, "unknown field"},
		{`{"__metadata__":{"k":1}}`, 0, ir.ErrMalformed, "want strings"},
		{`{"a":[[[1]]]}`, 0, ir.ErrLimit, "nested"},
		{`{"a":{"dtype":"F32","shape":[1` + strings.Repeat(",1", 40) + `],"data_offsets":[0,4]}}`, 4, ir.ErrMalformed, "rank 41"},
		{`[1]`, 0, ir.ErrMalformed, "not a safetensors"},
		{`{"a"`, 0, ir.ErrMalformed, "corrupt"},
	} {
		_, err := Open(raw(c.header, c.data), nil, DefaultMaxHeader)
		if c.kind == nil {
			if err != nil {
				t.Errorf("%s: %v", c.header, err)
			}
			continue
		}
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.header, err, c.want)
		}
	}
	huge := binary.LittleEndian.AppendUint64(nil, 1<<40)
	if _, err := Open(append(huge, '{'), nil, DefaultMaxHeader); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("error %v, want %v", err, ir.ErrLimit)
	}
	if _, err := Open(append(huge, 'x'), nil, DefaultMaxHeader); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("error %v, want %v", err, ir.ErrMalformed)
	}
}

// TestTruncated cuts a file at every byte: each is called truncated.
func TestTruncated(t *testing.T) {
	b := sample(t)
	for n := range b {
		_, err := Open(b[:n], nil, DefaultMaxHeader)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, ir.ErrMalformed) || !strings.Contains(err.Error(), "truncated") {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}

func TestBoolContent(t *testing.T) {
	b := sample(t)
	b[len(b)-1] = 2
	f, err := Open(b, nil, DefaultMaxHeader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Data(f.Tensors[4]); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("error %v, want %v", err, ir.ErrMalformed)
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, e := range [][]Entry{
		{entry("a", ir.Int8, []byte{1}, 1), entry("a", ir.Int8, []byte{1}, 1)},
		{entry("a", ir.Int8, []byte{1}, 2)},
		{entry("a", ir.String, nil, 0)},
		{entry(metadataKey, ir.Int8, nil, 0)},
	} {
		if err := Write(io.Discard, DefaultMaxHeader, nil, e); err == nil {
			t.Errorf("%v was written", e[0])
		}
	}
}

func TestWriteLimit(t *testing.T) {
	if err := Write(io.Discard, 20, []Meta{{"key", "value"}}, nil); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("error %v, want %v", err, ir.ErrLimit)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(sample(f))
	f.Add(raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8))
	f.Add(raw(`{"__metadata__":{"k":"v"}}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		// With the length made to fit, mutations reach what lies behind it.
		for _, fit := range []bool{false, true} {
			if end := bytes.LastIndexByte(b, '}'); fit && end >= 8 {
				b = bytes.Clone(b)
				binary.LittleEndian.PutUint64(b, uint64(end-7))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			file, err := Open(b, nil, 1<<20)
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20+100*uint64(len(b)) {
				t.Fatalf("%d bytes took %d bytes of memory", len(b), grown)
			}
			if err != nil {
				var e *ir.Error
				if !errors.As(err, &e) {
					t.Fatalf("%T: %v", err, err)
				}
				continue
			}
			for _, x := range file.Tensors {
				if data, err := file.Data(x); err == nil && data.Check() != nil {
					t.Fatal(data.Check())
				}
			}
		}
	})
}
