package native

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/kerasgo/kerasgo/internal/safetensors"
	"github.com/kerasgo/kerasgo/ir"
)

// loader turns stored tensors into constants, each once.
type loader struct {
	file   *safetensors.File
	byName map[string]safetensors.Tensor
	used   map[string]use
}

// use is the one way in which a stored tensor is used. Were there two, a small
// file could ask for any number of decoded copies.
type use struct {
	dtype ir.DType
	data  data
	t     *ir.Tensor
}

func newLoader(f *safetensors.File) *loader {
	l := &loader{file: f, byName: make(map[string]safetensors.Tensor, len(f.Tensors)), used: map[string]use{}}
	for _, t := range f.Tensors {
		l.byName[t.Name] = t
	}
	return l
}

func (l *loader) load(want ir.Type, d data) (*ir.Tensor, error) {
	if u, ok := l.used[d.Tensor]; ok {
		if u.data != d || u.dtype != want.DType || u.t == nil {
			return nil, bad(d.Tensor, "is used in two ways")
		}
		if got := ir.Dims(u.t.Shape...); !got.Equal(want.Shape) {
			return nil, bad(d.Tensor, "has shape %v, the graph says %v", got, want.Shape)
		}
		return u.t, nil
	}
	t, err := l.decode(want, d)
	if err != nil {
		return nil, err
	}
	l.used[d.Tensor] = use{want.DType, d, t}
	return t, nil
}

func (l *loader) decode(want ir.Type, d data) (*ir.Tensor, error) {
	if want.DType == ir.String {
		return l.strings(want.Shape, d)
	}
	stored, err := l.stored(d.Tensor)
	if err != nil {
		return nil, err
	}
	if got := ir.Dims(stored.Shape...); !got.Equal(want.Shape) {
		return nil, bad(d.Tensor, "has shape %v, the graph says %v", got, want.Shape)
	}
	if d.Offsets != "" || (d.Scale != "") != (stored.DType == ir.Int8 && want.DType == ir.Float32) || d.Scale == "" && d.Axis != 0 {
		return nil, bad(d.Tensor, "is %v with %+v, the graph says %v", stored.DType, d, want.DType)
	}
	switch {
	case stored.DType == want.DType:
		return l.file.Data(stored)
	case want.DType == ir.Float32 && (stored.DType == ir.Float16 || stored.DType == ir.BFloat16):
		t, err := l.file.Data(stored)
		if err != nil {
			return nil, err
		}
		return ir.NewFloat32(t.Float32s(), t.Shape...), nil
	case d.Scale != "":
		return l.dequantize(stored, d)
	}
	return nil, bad(d.Tensor, "is %v, the graph says %v", stored.DType, want.DType)
}

func (l *loader) dequantize(stored safetensors.Tensor, d data) (*ir.Tensor, error) {
	if d.Axis < 0 || d.Axis >= len(stored.Shape) {
		return nil, bad(d.Tensor, "has its scales along axis %d of shape %v", d.Axis, stored.Shape)
	}
	s, err := l.part(d.Scale, ir.Float32, stored.Shape[d.Axis])
	if err != nil {
		return nil, err
	}
	q, err := l.file.Data(stored)
	if err != nil {
		return nil, err
	}
	return dequantize(q, s.Float32s(), d.Axis), nil
}

func (l *loader) strings(shape ir.Shape, d data) (*ir.Tensor, error) {
	dims, ok := shape.Ints()
	n, _ := shape.Elems()
	stored, err := l.stored(d.Tensor)
	if err != nil {
		return nil, err
	}
	if !ok || d.Offsets == "" || d.Scale != "" || d.Axis != 0 || stored.DType != ir.Uint8 || len(stored.Shape) != 1 {
		return nil, bad(d.Tensor, "is no list of strings of shape %v", shape)
	}
	if int64(n) > l.file.DataSize/8 {
		return nil, bad(d.Tensor, "%d strings want more offsets than the file holds", n)
	}
	offsets, err := l.part(d.Offsets, ir.Int64, n+1)
	if err != nil {
		return nil, err
	}
	text, err := l.file.Data(stored)
	if err != nil {
		return nil, err
	}
	all, out := string(text.Data), make([]string, n)
	end := func(i int) uint64 { return binary.LittleEndian.Uint64(offsets.Data[8*i:]) }
	if end(0) != 0 || end(n) != uint64(len(all)) {
		return nil, bad(d.Offsets, "does not divide %d bytes into %d strings", len(all), n)
	}
	for i := range out {
		a, b := end(i), end(i+1)
		if a > b || b > uint64(len(all)) {
			return nil, bad(d.Offsets, "string %d lies at %d to %d of %d bytes", i, a, b, len(all))
		}
		out[i] = all[a:b]
		if !utf8.ValidString(out[i]) {
			return nil, bad(d.Tensor, "string %d is not valid UTF-8", i)
		}
	}
	return ir.NewString(out, dims...), nil
}

// part loads a tensor that belongs to one constant only: scales, offsets.
func (l *loader) part(name string, dtype ir.DType, n int) (*ir.Tensor, error) {
	stored, err := l.stored(name)
	if err != nil {
		return nil, err
	}
	if _, ok := l.used[name]; ok {
		return nil, bad(name, "is used in two ways")
	}
	if stored.DType != dtype || len(stored.Shape) != 1 || stored.Shape[0] != n {
		return nil, bad(name, "is %v%v, want %v[%d]", stored.DType, stored.Shape, dtype, n)
	}
	l.used[name] = use{}
	return l.file.Data(stored)
}

func (l *loader) stored(name string) (safetensors.Tensor, error) {
	t, ok := l.byName[name]
	if !ok {
		return t, bad(name, "is not in the file")
	}
	return t, nil
}

// allUsed reports a tensor nothing in the graph refers to.
func (l *loader) allUsed() error {
	for _, t := range l.file.Tensors {
		if _, ok := l.used[t.Name]; !ok {
			return bad(t.Name, "belongs to nothing in the graph")
		}
	}
	return nil
}

func bad(tensor, format string, args ...any) error {
	return &ir.Error{Kind: ir.ErrMalformed, Field: tensor, Text: "corrupt: the tensor " + fmt.Sprintf(format, args...)}
}
