package ir

import (
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"unsafe"
)

// Tensor is constant data: row-major, little-endian, in the dtype of the file it came
// from. It must not be written to. Data may be in a memory mapping that Owner keeps
// alive, so keep the Tensor, not only its Data, for as long as the data are used.
type Tensor struct {
	DType   DType
	Shape   []int
	Data    []byte   // nil for String
	Strings []string // only for String
	Owner   any      // keeps Data's memory alive; nil when Data is heap memory

	base  *Tensor // of a Scaled tensor
	scale []float32
}

// NewFloat32 returns a float32 tensor that holds a copy of v.
func NewFloat32(v []float32, shape ...int) *Tensor {
	b := make([]byte, 4*len(v))
	if littleEndian && len(v) > 0 {
		copy(b, unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(b)))
	} else {
		for i, x := range v {
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(x))
		}
	}
	return &Tensor{DType: Float32, Shape: slices.Clone(shape), Data: b}
}

// OfFloat32 returns a float32 tensor that takes over v, which must not change
// any more.
func OfFloat32(v []float32, shape ...int) *Tensor {
	if !littleEndian || len(v) == 0 {
		return NewFloat32(v, shape...)
	}
	return &Tensor{DType: Float32, Shape: slices.Clone(shape), Data: unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))}
}

// NewInt32 returns an int32 tensor that holds a copy of v.
func NewInt32(v []int32, shape ...int) *Tensor {
	b := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(b[4*i:], uint32(x))
	}
	return &Tensor{DType: Int32, Shape: slices.Clone(shape), Data: b}
}

// NewInt64 returns an int64 tensor that holds a copy of v.
func NewInt64(v []int64, shape ...int) *Tensor {
	b := make([]byte, 8*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint64(b[8*i:], uint64(x))
	}
	return &Tensor{DType: Int64, Shape: slices.Clone(shape), Data: b}
}

// NewBool returns a bool tensor that holds v.
func NewBool(v []bool, shape ...int) *Tensor {
	b := make([]byte, len(v))
	for i, x := range v {
		if x {
			b[i] = 1
		}
	}
	return &Tensor{DType: Bool, Shape: slices.Clone(shape), Data: b}
}

// NewString returns a string tensor that shares v.
func NewString(v []string, shape ...int) *Tensor {
	return &Tensor{DType: String, Shape: slices.Clone(shape), Strings: v}
}

// Elems is the number of elements.
func (t *Tensor) Elems() int {
	n := 1
	for _, d := range t.Shape {
		n = mulClamp(n, d)
	}
	return n
}

// Type is the tensor's dtype and shape.
func (t *Tensor) Type() Type { return Type{t.DType, Dims(t.Shape...)} }

// Check returns an error if the data do not have the length that the shape says.
func (t *Tensor) Check() error {
	for _, d := range t.Shape {
		if d < 0 {
			return Errorf(ErrShape, "tensor has shape %v", t.Shape)
		}
	}
	if t.DType == String {
		if len(t.Strings) != t.Elems() {
			return Errorf(ErrShape, "tensor of shape %v has %d strings", t.Shape, len(t.Strings))
		}
		return nil
	}
	if t.DType.Size() == 0 {
		return Errorf(ErrDType, "tensor has dtype %v", t.DType)
	}
	if t.base != nil {
		return t.base.Check()
	}
	if len(t.Data) != mulClamp(t.Elems(), t.DType.Size()) {
		return Errorf(ErrShape, "tensor of shape %v and dtype %v has %d bytes", t.Shape, t.DType, len(t.Data))
	}
	return nil
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// The CPU reads numbers at any address.
const readsUnaligned = runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"

// Float32s returns the elements as float32, or nil for strings. It returns Data itself
// where the dtype is float32 and the CPU can read it in place, and a converted copy
// otherwise.
func (t *Tensor) Float32s() []float32 {
	n := t.Elems()
	if n == 0 || t.DType == String {
		return nil
	}
	if t.DType == Float32 && t.base == nil && littleEndian && (readsUnaligned || uintptr(unsafe.Pointer(&t.Data[0]))%4 == 0) {
		return unsafe.Slice((*float32)(unsafe.Pointer(&t.Data[0])), n)
	}
	out := make([]float32, n)
	t.CopyFloat32s(out)
	return out
}

// CopyFloat32s converts the elements into dst, which has Elems elements.
func (t *Tensor) CopyFloat32s(dst []float32) {
	if t.base != nil {
		t.copyScaled(dst)
		return
	}
	b, le := t.Data, binary.LittleEndian
	switch t.DType {
	case Float32:
		if littleEndian && len(dst) > 0 {
			copy(unsafe.Slice((*byte)(unsafe.Pointer(&dst[0])), 4*len(dst)), b)
			return
		}
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(b[4*i:]))
		}
	case Float64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(b[8*i:])))
		}
	case Float16:
		for i := range dst {
			dst[i] = Float16ToFloat32(le.Uint16(b[2*i:]))
		}
	case BFloat16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(le.Uint16(b[2*i:])) << 16)
		}
	default:
		for i, v := range t.Int64s() {
			dst[i] = float32(v)
		}
	}
}

// Int64s returns integer or bool elements as int64, floats truncated.
func (t *Tensor) Int64s() []int64 {
	out := make([]int64, t.Elems())
	b, le := t.Data, binary.LittleEndian
	for i := range out {
		switch t.DType {
		case Int8:
			out[i] = int64(int8(b[i]))
		case Uint8, Bool:
			out[i] = int64(b[i])
		case Int16:
			out[i] = int64(int16(le.Uint16(b[2*i:])))
		case Uint16:
			out[i] = int64(le.Uint16(b[2*i:]))
		case Int32:
			out[i] = int64(int32(le.Uint32(b[4*i:])))
		case Uint32:
			out[i] = int64(le.Uint32(b[4*i:]))
		case Int64, Uint64:
			out[i] = int64(le.Uint64(b[8*i:]))
		case Float32:
			out[i] = int64(math.Float32frombits(le.Uint32(b[4*i:])))
		case Float64:
			out[i] = int64(math.Float64frombits(le.Uint64(b[8*i:])))
		case Float16:
			out[i] = int64(Float16ToFloat32(le.Uint16(b[2*i:])))
		case BFloat16:
			out[i] = int64(math.Float32frombits(uint32(le.Uint16(b[2*i:])) << 16))
		}
	}
	return out
}

// Float16ToFloat32 widens an IEEE half.
func Float16ToFloat32(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp := uint32(h>>10) & 31
	frac := uint32(h) & 0x3ff
	switch {
	case exp == 31:
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	case exp != 0:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	case frac == 0:
		return math.Float32frombits(sign)
	}
	v := float32(frac) / (1 << 24)
	if sign != 0 {
		v = -v
	}
	return v
}

// Float32ToFloat16 narrows to an IEEE half, rounding to nearest even.
func Float32ToFloat16(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000:
		return sign | 0x7e00
	case b >= 0x477ff000: // rounds to 65536 or more
		return sign | 0x7c00
	case b < 0x33000001: // half of the least denormal, or less
		return sign
	}
	if b < 0x38800000 { // denormal
		shift := 126 - b>>23
		m := b&0x7fffff | 0x800000
		q := m >> shift
		rest := m & (1<<shift - 1)
		if half := uint32(1) << (shift - 1); rest > half || rest == half && q&1 == 1 {
			q++
		}
		return sign | uint16(q)
	}
	b -= 112 << 23
	q := b >> 13
	if rest := b & 0x1fff; rest > 0x1000 || rest == 0x1000 && q&1 == 1 {
		q++
	}
	return sign | uint16(q)
}

// Float32ToBFloat16 narrows to bfloat16, rounding to nearest even.
func Float32ToBFloat16(f float32) uint16 {
	b := math.Float32bits(f)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
