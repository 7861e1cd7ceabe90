package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// Element is a type that tensors hold. Float16, bfloat16 and float64 values of
// a model are exchanged as float32, integers narrower than 32 bits as int32.
type Element interface {
	float32 | int32 | int64 | bool | string
}

// Tensor is a dense row-major array over a slice. Tensors given to Run are read
// and not kept; tensors returned by Session.Run belong to the session.
type Tensor struct {
	shape []int
	buf   buffer
}

// NewTensor returns a tensor over data, without copying. It panics if the shape
// does not have as many elements as data, as a wrong literal would be a bug of
// the caller; without a shape the tensor is one-dimensional.
func NewTensor[T Element](data []T, shape ...int) *Tensor {
	if len(shape) == 0 {
		shape = []int{len(data)}
	}
	if slices.ContainsFunc(shape, func(d int) bool { return d < 0 }) || elems(shape) != len(data) {
		panic(ir.Errorf(ir.ErrShape, "runtime.NewTensor: shape %v for %d elements", ir.Dims(shape...), len(data)).Error())
	}
	t := &Tensor{shape: slices.Clone(shape)}
	switch d := any(data).(type) {
	case []float32:
		t.buf = buffer{kind: ir.Float32, f32: d}
	case []int32:
		t.buf = buffer{kind: ir.Int32, i32: d}
	case []int64:
		t.buf = buffer{kind: ir.Int64, i64: d}
	case []bool:
		t.buf = buffer{kind: ir.Bool, b: d}
	case []string:
		t.buf = buffer{kind: ir.String, str: d}
	}
	return t
}

// FromIR returns a tensor with t's elements, aliasing them where it can.
func FromIR(t *ir.Tensor) *Tensor {
	out := &Tensor{shape: slices.Clone(t.Shape)}
	out.buf.setConst(t)
	return out
}

// ToIR returns a copy of t.
func (t *Tensor) ToIR() *ir.Tensor {
	switch t.buf.kind {
	case ir.Float32:
		return ir.NewFloat32(t.buf.f32, t.shape...)
	case ir.Int32:
		return ir.NewInt32(t.buf.i32, t.shape...)
	case ir.Int64:
		return ir.NewInt64(t.buf.i64, t.shape...)
	case ir.Bool:
		return ir.NewBool(t.buf.b, t.shape...)
	}
	return ir.NewString(slices.Clone(t.buf.str), t.shape...)
}

// Shape is the tensor's shape; do not change it.
func (t *Tensor) Shape() []int { return t.shape }

// DType is Float32, Int32, Int64, Bool or String.
func (t *Tensor) DType() ir.DType { return t.buf.kind }

// Data returns the elements, or nil if t does not hold T.
func Data[T Element](t *Tensor) []T {
	var zero T
	var d any
	switch any(zero).(type) {
	case float32:
		d = t.buf.f32
	case int32:
		d = t.buf.i32
	case int64:
		d = t.buf.i64
	case bool:
		d = t.buf.b
	default:
		d = t.buf.str
	}
	return d.([]T)
}

// Float32s returns the elements of a float32 tensor, else nil.
func (t *Tensor) Float32s() []float32 { return t.buf.f32 }

// Clone returns a copy that shares nothing.
func (t *Tensor) Clone() *Tensor {
	c := &Tensor{shape: slices.Clone(t.shape), buf: t.buf}
	c.buf.f32, c.buf.i32, c.buf.i64 = slices.Clone(t.buf.f32), slices.Clone(t.buf.i32), slices.Clone(t.buf.i64)
	c.buf.b, c.buf.str = slices.Clone(t.buf.b), slices.Clone(t.buf.str)
	return c
}
