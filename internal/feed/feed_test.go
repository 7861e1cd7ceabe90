package feed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/ir"
)

// model is a model with inputs of these types.
func model(types ...ir.Type) *ir.Model {
	m := &ir.Model{}
	for i, t := range types {
		name := string(rune('a' + i))
		m.Inputs = append(m.Inputs, ir.Port{Name: name, Value: m.AddValue(ir.Value{Name: name, Type: t})})
	}
	return m
}

func floats(dims ...any) ir.Type { return typed(ir.Float32, dims...) }

// typed is a type with dimensions that are numbers or names.
func typed(d ir.DType, dims ...any) ir.Type {
	t := ir.Type{DType: d}
	for _, x := range dims {
		if n, ok := x.(int); ok {
			t.Shape = append(t.Shape, ir.Known(n))
		} else {
			t.Shape = append(t.Shape, ir.Sym(x.(string)))
		}
	}
	return t
}

func text(s string) Source { return Source{Path: "test", Data: []byte(s)} }

func TestArrays(t *testing.T) {
	cases := []struct {
		name  string
		want  ir.Type
		in    string
		shape []int
		data  []float32
	}{
		{"json", floats("batch", 2), `[[1, 2.5], [3, 4]]`, []int{2, 2}, []float32{1, 2.5, 3, 4}},
		{"json without batch", floats("batch", 2), ` [1e3, -2]`, []int{1, 2}, []float32{1000, -2}},
		{"json instances", floats("batch", 1), `{"instances": [[7], [8]]}`, []int{2, 1}, []float32{7, 8}},
		{"json by name", floats("batch", 1), `{"a": [7, 8]}`, []int{2, 1}, []float32{7, 8}},
		{"json objects", floats("batch", 1), `[{"a": 7}, {"a": 8}]`, []int{2, 1}, []float32{7, 8}},
		{"json without channels", floats("batch", 2, 1), `[1, 2]`, []int{1, 2, 1}, []float32{1, 2}},
		{"csv", floats("batch", 2), "1, 2\n3,4\n", []int{2, 2}, []float32{1, 2, 3, 4}},
		{"csv with a header", floats("batch", 2), "\ufeffx;y\n1;2\n", []int{1, 2}, []float32{1, 2}},
		{"csv of one example's steps", floats("batch", "time", 2), "1\t2\n3\t4\n5\t6\n", []int{1, 3, 2}, []float32{1, 2, 3, 4, 5, 6}},
		{"csv of folded examples", floats("batch", 2, 2), "1,2,3,4\n5,6,7,8\n", []int{2, 2, 2}, []float32{1, 2, 3, 4, 5, 6, 7, 8}},
		{"csv of open folded examples", floats("batch", "time", 2), "1,2,3,4\n5,6,7,8\n", []int{2, 2, 2}, []float32{1, 2, 3, 4, 5, 6, 7, 8}},
		{"csv column", floats("batch"), "1\n2\n", []int{2}, []float32{1, 2}},
	}
	for _, c := range cases {
		got, err := Read(model(c.want), []Source{text(c.in)}, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.shape, got[0].Shape); diff != "" || !cmp.Equal(c.data, got[0].Float32s()) || got[0].DType != ir.Float32 {
			t.Errorf("%s: %v %v", c.name, got[0].Shape, got[0].Float32s())
		}
	}
}

func TestSeveralInputs(t *testing.T) {
	m := model(floats("batch", 1), typed(ir.Int32, "batch", "time"))
	for name, sources := range map[string][]Source{
		"in order": {text(`[[0.5]]`), text("1,2,3\n")},
		"by name":  {{Input: "b", Data: []byte(`[[1, 2, 3]]`)}, {Input: "a", Data: []byte(`[0.5]`)}},
		"object":   {text(`{"inputs": {"b": [[1, 2, 3]], "a": [[0.5]]}}`)},
	} {
		got, err := Read(m, sources, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got[1].DType != ir.Int32 || !cmp.Equal(got[1].Int64s(), []int64{1, 2, 3}) || got[0].Float32s()[0] != 0.5 {
			t.Errorf("%s: %v", name, got)
		}
	}
	columns, err := Read(model(floats("batch", 1), floats("batch", 1)), []Source{text("b,x,a\n1,2,3\n4,5,6\n")}, Options{})
	if err != nil || !cmp.Equal(columns[0].Float32s(), []float32{3, 6}) || !cmp.Equal(columns[1].Float32s(), []float32{1, 4}) {
		t.Errorf("columns by name: %v, %v", columns, err)
	}
}

func TestBatchOfFiles(t *testing.T) {
	got, err := Read(model(floats("batch", 2)), []Source{text(`[1, 2]`), text(`[3, 4]`)}, Options{})
	if err != nil || !cmp.Equal(got[0].Shape, []int{2, 2}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Read(model(floats("batch", "time")), []Source{text(`[1, 2]`), text(`[3]`)}, Options{}); err == nil || !strings.Contains(err.Error(), "differ") {
		t.Errorf("ragged batch: %v", err)
	}
}

func TestText(t *testing.T) {
	m := model(typed(ir.String, "batch", 1))
	got, err := Read(m, []Source{text("one, two\r\nthree\n")}, Options{})
	if err != nil || !cmp.Equal(got[0].Strings, []string{"one, two", "three"}) || !cmp.Equal(got[0].Shape, []int{2, 1}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err = Read(m, []Source{text(`["a", "b"]`)}, Options{}); err != nil || !cmp.Equal(got[0].Strings, []string{"a", "b"}) {
		t.Errorf("JSON strings: %v, %v", got, err)
	}
}

func TestRefused(t *testing.T) {
	cases := []struct {
		name string
		m    *ir.Model
		in   []Source
		o    Options
		want string
	}{
		{"ragged", model(floats("batch", 2)), []Source{text(`[[1, 2], [3]]`)}, Options{}, "ragged"},
		{"deeper later", model(floats("batch", 2)), []Source{text(`[[1, 2], [3, [4]]]`)}, Options{}, "ragged"},
		{"mixed", model(floats("batch", 2)), []Source{text(`[1, "x"]`)}, Options{}, "mixed"},
		{"null", model(floats("batch", 2)), []Source{text(`[1, null]`)}, Options{}, "no number"},
		{"word in csv", model(floats("batch", 2)), []Source{text("1,2\n3,x\n")}, Options{}, `row 2, column 2: "x"`},
		{"shape", model(floats("batch", 3)), []Source{text(`[[1, 2]]`)}, Options{}, "[1, 2]"},
		{"fraction as id", model(typed(ir.Int32, "batch", 2)), []Source{text(`[[1, 2.5]]`)}, Options{}, "2.5"},
		{"missing", model(floats("batch"), floats("batch")), []Source{text(`[1]`)}, Options{}, "is not given"},
		{"too many", model(floats("batch"), floats("batch")), []Source{text(`[1]`), text(`[1]`), text(`[1]`)}, Options{}, "more files than inputs"},
		{"unknown name", model(floats("batch")), []Source{{Input: "z", Data: []byte(`[1]`)}}, Options{}, `no input "z"`},
		{"format", model(floats("batch")), []Source{text(`[1]`)}, Options{Format: "xml"}, "want one of"},
		{"empty", model(floats("batch")), []Source{text("")}, Options{}, "empty"},
		{"text for numbers", model(floats("batch")), []Source{text("a")}, Options{Format: "text"}, "text layer"},
		{"short wav", model(floats("batch", "time")), []Source{text("RIFF")}, Options{Format: "wav"}, "no WAV"},
		{"no image", model(floats("batch", 2, 2, 3)), []Source{text("GIF89a")}, Options{Format: "image"}, "PNG, JPEG or WebP"},
	}
	for _, c := range cases {
		_, err := Read(c.m, c.in, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if e := new(ir.Error); err != nil && !errors.As(err, &e) {
			t.Errorf("%s: %v is no *ir.Error", c.name, err)
		}
	}
}

func TestNPY(t *testing.T) {
	var b bytes.Buffer
	if err := npz.WriteNPY(&b, ir.NewFloat32([]float32{1, 2}, 2)); err != nil {
		t.Fatal(err)
	}
	got, err := Read(model(floats("batch", 2)), []Source{{Data: b.Bytes()}}, Options{})
	if err != nil || !cmp.Equal(got[0].Shape, []int{1, 2}) {
		t.Errorf("%v, %v", got, err)
	}
}

// checker is a 4×2 image whose pixels tell where they are.
func checker() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, 4, 2))
	for y := range 2 {
		for x := range 4 {
			img.SetNRGBA(x, y, color.NRGBA{uint8(10 * x), uint8(100 * y), 200, 128})
		}
	}
	return img
}

func TestImage(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, checker()); err != nil {
		t.Fatal(err)
	}
	read := func(want ir.Type, o Image) []float32 {
		t.Helper()
		got, err := Read(model(want), []Source{{Path: "x.dat", Data: b.Bytes()}}, Options{Image: o})
		if err != nil {
			t.Fatal(err)
		}
		return got[0].Float32s()
	}
	cases := []struct {
		name string
		want ir.Type
		o    Image
		px   []float32
	}{
		{"nearest takes centres", floats("batch", 1, 2, 3), Image{}, []float32{10, 100, 200, 30, 100, 200}},
		{"channels first", floats("batch", 3, 1, 2), Image{}, []float32{10, 30, 100, 100, 200, 200}},
		{"bgr", floats("batch", 1, 1, 3), Image{BGR: true}, []float32{200, 100, 20}},
		{"alpha is kept", floats("batch", 1, 1, 4), Image{}, []float32{20, 100, 200, 128}},
		{"grey as PIL", floats("batch", 1, 1, 1), Image{}, []float32{87}},
		{"0-1", floats("batch", 1, 1, 3), Image{Scale: "0-1"}, []float32{20. / 255, 100. / 255, 200. / 255}},
		{"-1-1", floats("batch", 1, 1, 3), Image{Scale: "-1-1"}, []float32{20/127.5 - 1, 100/127.5 - 1, 200/127.5 - 1}},
		{"caffe", floats("batch", 1, 1, 3), Image{Scale: "imagenet-caffe"}, []float32{200 - 103.939, 100 - 116.779, 20 - 123.68}},
		{"torch", floats("batch", 1, 1, 3), Image{Scale: "imagenet-torch"}, []float32{(20./255 - 0.485) / 0.229, (100./255 - 0.456) / 0.224, (200./255 - 0.406) / 0.225}},
		{"flat", floats("batch", 2), Image{Height: 1, Width: 2}, []float32{76, 82}},
	}
	for _, c := range cases {
		got := read(c.want, c.o)
		if c.name == "flat" { // grey of columns 1 and 3
			c.px = []float32{float32((19595*10 + 38470*100 + 7471*200 + 1<<15) >> 16), float32((19595*30 + 38470*100 + 7471*200 + 1<<15) >> 16)}
		}
		if len(got) != len(c.px) {
			t.Errorf("%s: %v, want %v", c.name, got, c.px)
			continue
		}
		for i := range got {
			if math.Abs(float64(got[i]-c.px[i])) > 1e-4 {
				t.Errorf("%s: %v, want %v", c.name, got, c.px)
				break
			}
		}
	}
	if got := read(floats("batch", "h", "w", 3), Image{}); len(got) != 4*2*3 {
		t.Errorf("open size: %d values", len(got))
	}
	if got := read(floats("batch", 8, 8, 3), Image{Resize: "bilinear"}); len(got) != 8*8*3 {
		t.Errorf("bilinear: %d values", len(got))
	}
	if _, err := Read(model(floats("batch", 8)), []Source{{Data: b.Bytes()}}, Options{}); err == nil || !strings.Contains(err.Error(), "--image-size") {
		t.Errorf("flat without size: %v", err)
	}
	var j bytes.Buffer
	if err := jpeg.Encode(&j, checker(), nil); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(model(typed(ir.Uint8, "batch", 2, 4, 3)), []Source{{Data: j.Bytes()}}, Options{}); err != nil || got[0].DType != ir.Uint8 {
		t.Errorf("JPEG as uint8: %v", err)
	}
}

// wavFile makes a WAV of 16-bit samples.
func wavFile(rate, channels int, samples ...int16) []byte {
	le := binary.LittleEndian
	data := make([]byte, 0, 2*len(samples))
	for _, s := range samples {
		data = le.AppendUint16(data, uint16(s))
	}
	b := append([]byte("RIFF\xff\xff\xff\xffWAVELIST\x03\x00\x00\x00abc\x00fmt "), 16, 0, 0, 0)
	b = le.AppendUint16(b, wavPCM)
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(rate*channels*2))
	b = le.AppendUint16(b, uint16(channels*2))
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

func TestSound(t *testing.T) {
	m := model(floats("batch", "time", 1))
	stereo := wavFile(16000, 2, 16384, 0, -32768, -32768)
	got, err := Read(m, []Source{{Data: stereo}}, Options{Rate: 16000})
	if err != nil || !cmp.Equal(got[0].Shape, []int{1, 2, 1}) || !cmp.Equal(got[0].Float32s(), []float32{0.25, -1}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Read(m, []Source{{Data: stereo}}, Options{Rate: 8000}); err == nil || !strings.Contains(err.Error(), "16000") || !strings.Contains(err.Error(), "8000") {
		t.Errorf("another rate: %v", err)
	}
	bad := bytes.Clone(stereo)
	binary.LittleEndian.PutUint16(bad[bytes.Index(bad, []byte("fmt "))+22:], 12)
	if _, err := Read(m, []Source{{Data: bad}}, Options{}); err == nil || !strings.Contains(err.Error(), "12 bits") {
		t.Errorf("12 bits: %v", err)
	}
}

// No file makes Read panic or take memory out of proportion.
func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	_ = png.Encode(&b, checker())
	f.Add(b.Bytes())
	f.Add(wavFile(8000, 1, 1, 2, 3))
	f.Add([]byte(`{"a": [[1, 2]]}`))
	f.Add([]byte("a,b\n1,2\n"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, m := range []*ir.Model{model(floats("batch", 2)), model(floats("batch", 2, 2, 3)), model(typed(ir.String, "batch", 1)), model(floats("batch", "time", 1), floats("batch", 1))} {
			_, _ = Read(m, []Source{{Data: data}}, Options{})
		}
	})
}
