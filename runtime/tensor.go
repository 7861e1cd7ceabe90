package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// Element is a type of the elements of a Tensor. Values that a model has in
// float16, bfloat16 or float64 are passed as float32, integers narrower than 32
// bits as int32, uint32 and uint64 as int64.
type Element interface {
	float32 | int32 | int64 | bool | string
}

// Tensor is a dense array over a slice, in row-major order: the last axis varies
// fastest, as in NumPy. Run reads its inputs and does not keep them. The outputs of
// Session.Run belong to the session; those of Predict belong to the caller.
type Tensor struct {
	shape []int
	buf   buffer
}

// NewTensor returns a tensor over data, which is not copied: what is written to
// data later, the next run reads. Without a shape the tensor has one axis. A shape
// whose product is not len(data) is a bug of the caller, so NewTensor panics.
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

// FromIR returns a tensor with the elements of t. It shares the memory of t if t
// holds them in the form that a run takes (see Element), and copies them otherwise.
func FromIR(t *ir.Tensor) *Tensor {
	out := &Tensor{shape: slices.Clone(t.Shape)}
	out.buf.setConst(t)
	return out
}

// ToIR returns a copy of t as a tensor of package ir.
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

// Shape returns the size of each axis. Do not change it.
func (t *Tensor) Shape() []int { return t.shape }

// DType returns the type of the elements: ir.Float32, ir.Int32, ir.Int64, ir.Bool
// or ir.String.
func (t *Tensor) DType() ir.DType { return t.buf.kind }

// Data returns the elements of t without copying them, or nil if they are not of
// type T.
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

// Float32s returns the elements of a float32 tensor without copying them, and nil
// for any other tensor.
func (t *Tensor) Float32s() []float32 { return t.buf.f32 }

// Clone returns a copy that shares no memory with t.
func (t *Tensor) Clone() *Tensor {
	c := &Tensor{shape: slices.Clone(t.shape), buf: t.buf}
	c.buf.f32, c.buf.i32, c.buf.i64 = slices.Clone(t.buf.f32), slices.Clone(t.buf.i32), slices.Clone(t.buf.i64)
	c.buf.b, c.buf.str = slices.Clone(t.buf.b), slices.Clone(t.buf.str)
	return c
}
