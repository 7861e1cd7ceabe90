// Package safetensors reads and writes the safetensors container strictly: an
// 8-byte little-endian header length, a JSON header that gives every tensor's
// dtype, shape and place, then the data without holes or overlaps.
package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"

	"github.com/kerasgo/kerasgo/internal/strictjson"
	"github.com/kerasgo/kerasgo/ir"
)

const (
	// DefaultMaxHeader is the header limit of the reference implementation.
	DefaultMaxHeader = 100 << 20
	maxRank          = 32
	metadataKey      = "__metadata__"

	// Advice ends the error for a limit that follows from the header's.
	Advice = "; convert.WithMaxHeader raises the limit (--limit MaxHeader=N)"
)

// dtypes are the element types both formats have, by safetensors' names.
var dtypes = map[string]ir.DType{
	"BOOL": ir.Bool, "U8": ir.Uint8, "I8": ir.Int8, "U16": ir.Uint16, "I16": ir.Int16, "F16": ir.Float16, "BF16": ir.BFloat16,
	"U32": ir.Uint32, "I32": ir.Int32, "F32": ir.Float32, "U64": ir.Uint64, "I64": ir.Int64, "F64": ir.Float64,
}

// Tensor is a tensor's entry in the header.
type Tensor struct {
	Name   string
	DType  ir.DType
	Shape  []int
	Offset int64 // from DataStart
	Size   int64 // in bytes
}

// File is a parsed header over the data.
type File struct {
	Metadata  map[string]string
	Tensors   []Tensor // in the order of their data
	DataStart int64    // offset of the data in the file
	DataSize  int64

	r     io.ReaderAt
	bytes []byte // nil when only r can be read
	owner any
}

// Open parses b, which tensors will alias; owner keeps b's memory alive.
func Open(b []byte, owner any, maxHeader int64) (*File, error) {
	f := &File{r: bytes.NewReader(b), bytes: b, owner: owner}
	if err := f.open(int64(len(b)), maxHeader); err != nil {
		return nil, err
	}
	return f, nil
}

// OpenAt parses the header of r, which has size bytes. The header's JSON may
// have up to maxHeader bytes. Errors say in words whether the file is truncated
// (they wrap io.ErrUnexpectedEOF too) or corrupt.
func OpenAt(r io.ReaderAt, size, maxHeader int64) (*File, error) {
	f := &File{r: r}
	if err := f.open(size, maxHeader); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) open(size, maxHeader int64) error {
	if size < 8 {
		return truncated(size, "the file has %d bytes, the header's length alone takes 8", size)
	}
	head, err := f.read(0, min(size, 9))
	if err != nil {
		return err
	}
	n := binary.LittleEndian.Uint64(head)
	switch {
	case len(head) == 9 && head[8] != '{', n < 2:
		return corrupt("not a safetensors file: no header follows its length of %d", n)
	case n > uint64(maxHeader):
		return ir.Errorf(ir.ErrLimit, "the header says it takes %d bytes, the limit is %d"+Advice, n, maxHeader)
	case int64(n) > size-8:
		return truncated(size, "the header takes %d bytes, the file ends after %d of them", n, size-8)
	}
	header, err := f.read(8, int64(n))
	if err != nil {
		return err
	}
	f.DataStart, f.DataSize = 8+int64(n), size-8-int64(n)
	if err := f.parse(header, maxHeader); err != nil {
		return err
	}
	return f.place(size)
}

func (f *File) parse(header []byte, maxHeader int64) error {
	opt := strictjson.Sized(maxHeader, 3)
	opt.Advice = Advice
	if err := strictjson.Check(header, opt); err != nil {
		if errors.Is(err, ir.ErrLimit) {
			return err
		}
		return &ir.Error{Kind: ir.ErrMalformed, Field: "header", Text: "corrupt", Err: err}
	}
	err := strictjson.Members(header, func(name string, value []byte) error {
		if name == metadataKey {
			return f.parseMetadata(value)
		}
		t, err := parseTensor(name, value)
		f.Tensors = append(f.Tensors, t)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(f.Tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Size, b.Size), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

func (f *File) parseMetadata(raw []byte) error {
	f.Metadata = map[string]string{}
	err := strictjson.Members(raw, func(key string, value []byte) (err error) {
		f.Metadata[key], err = strictjson.String(value)
		return err
	})
	if err != nil {
		return &ir.Error{Kind: ir.ErrMalformed, Field: metadataKey, Text: "corrupt: want strings", Err: err}
	}
	return nil
}

func parseTensor(name string, raw []byte) (Tensor, error) {
	bad := func(format string, args ...any) (Tensor, error) {
		return Tensor{}, &ir.Error{Kind: ir.ErrMalformed, Field: name, Text: "corrupt: " + fmt.Sprintf(format, args...)}
	}
	var e struct {
		DType   string   `json:"dtype"`
		Shape   []uint64 `json:"shape"`
		Offsets []uint64 `json:"data_offsets"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return bad("%v", err)
	}
	if e.Shape == nil || len(e.Offsets) != 2 {
		return bad("want a shape and two data_offsets")
	}
	dtype, ok := dtypes[e.DType]
	if !ok {
		return Tensor{}, &ir.Error{Kind: ir.ErrUnsupported, Field: name, Text: fmt.Sprintf("dtype %q is not supported", e.DType)}
	}
	if len(e.Shape) > maxRank {
		return bad("rank %d, the limit is %d", len(e.Shape), maxRank)
	}
	begin, end := e.Offsets[0], e.Offsets[1]
	if end < begin || end > math.MaxInt64 {
		return bad("data_offsets %v", e.Offsets)
	}
	t := Tensor{Name: name, DType: dtype, Shape: make([]int, len(e.Shape)), Offset: int64(begin), Size: int64(end - begin)}
	product := uint64(dtype.Size())
	for i, dim := range e.Shape {
		hi, lo := bits.Mul64(product, dim)
		if hi != 0 || lo > math.MaxInt64 || dim > math.MaxInt {
			return bad("shape %v overflows", e.Shape)
		}
		product, t.Shape[i] = lo, int(dim)
	}
	if product != end-begin {
		return bad("shape %v of %s takes %d bytes, data_offsets %v span %d", e.Shape, e.DType, product, e.Offsets, end-begin)
	}
	return t, nil
}

// place checks that the tensors cover the data exactly.
func (f *File) place(size int64) error {
	var at int64
	for _, t := range f.Tensors {
		if t.Offset != at {
			what := "overlaps the tensor before it"
			if t.Offset > at {
				what = "leaves a hole before it"
			}
			return &ir.Error{Kind: ir.ErrMalformed, Field: t.Name, Text: fmt.Sprintf("corrupt: the data begin at %d, which %s (that ends at %d)", t.Offset, what, at)}
		}
		at += t.Size
		if at < 0 {
			return corrupt("the tensors' sizes overflow")
		}
	}
	switch {
	case at > f.DataSize:
		return truncated(size, "the tensors take %d bytes, the file holds %d of them", at, f.DataSize)
	case at < f.DataSize:
		return corrupt("%d bytes follow the last tensor", f.DataSize-at)
	}
	return nil
}

// Data is the tensor's content: aliased when the file was opened over bytes,
// else read.
func (f *File) Data(t Tensor) (*ir.Tensor, error) {
	out := &ir.Tensor{DType: t.DType, Shape: t.Shape}
	if t.Size > math.MaxInt {
		return nil, ir.Errorf(ir.ErrLimit, "tensor %q has %d bytes, more than this machine addresses", t.Name, t.Size)
	}
	var err error
	if out.Data, err = f.read(f.DataStart+t.Offset, t.Size); err != nil {
		return nil, err
	}
	if f.bytes != nil {
		out.Owner = f.owner
	}
	if t.DType == ir.Bool {
		if i := slices.IndexFunc(out.Data, func(b byte) bool { return b > 1 }); i >= 0 {
			return nil, &ir.Error{Kind: ir.ErrMalformed, Field: t.Name, Text: fmt.Sprintf("corrupt: element %d of a bool tensor is %d", i, out.Data[i])}
		}
	}
	return out, nil
}

// Reader reads the data of all tensors, in order.
func (f *File) Reader() io.Reader { return io.NewSectionReader(f.r, f.DataStart, f.DataSize) }

// read gives n bytes of the file, a part of its memory if it is in memory.
func (f *File) read(at, n int64) ([]byte, error) {
	if f.bytes != nil {
		return f.bytes[at : at+n : at+n], nil
	}
	b := make([]byte, n)
	got, err := f.r.ReadAt(b, at)
	if int64(got) == n {
		return b, nil
	}
	if err == io.EOF {
		return nil, truncated(at+int64(got), "wanted %d bytes at %d, got %d", n, at, got)
	}
	return nil, err
}

func corrupt(format string, args ...any) error {
	return ir.Errorf(ir.ErrMalformed, "corrupt: "+format, args...)
}

func truncated(size int64, format string, args ...any) error {
	e := ir.Errorf(ir.ErrMalformed, "truncated (half-written or half-copied): "+format, args...).At(size)
	e.Err = io.ErrUnexpectedEOF
	return e
}
