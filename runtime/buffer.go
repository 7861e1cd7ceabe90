package runtime

import (
	"unsafe"

	"github.com/kerasgo/kerasgo/ir"
)

// buffer is the memory of one value: exactly one slice is used, by kind. Steps
// read the slices when they run, not when they are bound, because the buffers
// of model inputs point to the caller's memory and change with every run.
type buffer struct {
	kind  ir.DType // Float32, Int32, Int64, Bool or String: see kindOf
	dtype ir.DType // the value's dtype in the ir
	shape []int

	f32 []float32
	i32 []int32
	i64 []int64
	b   []bool
	str []string
}

// kindOf is the element type that a dtype is computed in.
func kindOf(d ir.DType) ir.DType {
	switch d {
	case ir.Float32, ir.Float64, ir.Float16, ir.BFloat16:
		return ir.Float32
	case ir.Int64, ir.Uint64, ir.Uint32:
		return ir.Int64
	case ir.Bool, ir.String:
		return d
	}
	return ir.Int32
}

func kindSize(kind ir.DType) int { return kind.Size() } // 0 for strings, which live outside the arena

func elems(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// setMemory points the buffer at n elements that start at mem; for strings it
// allocates them.
func (b *buffer) setMemory(mem []byte, n int) {
	if b.kind == ir.String {
		b.str = make([]string, n)
		return
	}
	if n == 0 {
		return
	}
	p := unsafe.Pointer(&mem[0])
	switch b.kind {
	case ir.Float32:
		b.f32 = unsafe.Slice((*float32)(p), n)
	case ir.Int32:
		b.i32 = unsafe.Slice((*int32)(p), n)
	case ir.Int64:
		b.i64 = unsafe.Slice((*int64)(p), n)
	case ir.Bool:
		b.b = unsafe.Slice((*bool)(p), n)
	}
}

// share makes b a view of o's memory.
func (b *buffer) share(o *buffer) {
	b.f32, b.i32, b.i64, b.b, b.str = o.f32, o.i32, o.i64, o.b, o.str
}

// setConst fills the buffer with a constant, aliasing its data where it can.
func (b *buffer) setConst(t *ir.Tensor) {
	b.kind, b.dtype, b.shape = kindOf(t.DType), t.DType, t.Shape
	switch b.kind {
	case ir.Float32:
		b.f32 = t.Float32s()
	case ir.Int64:
		b.i64 = t.Int64s()
	case ir.String:
		b.str = t.Strings
	case ir.Bool:
		b.b = make([]bool, len(t.Data))
		for i, v := range t.Data {
			b.b[i] = v != 0
		}
	default:
		v := t.Int64s()
		b.i32 = make([]int32, len(v))
		for i := range v {
			b.i32[i] = int32(v[i])
		}
	}
}

// copyFrom copies o's elements into b's memory.
func (b *buffer) copyFrom(o *buffer) {
	copy(b.f32, o.f32)
	copy(b.i32, o.i32)
	copy(b.i64, o.i64)
	copy(b.b, o.b)
	copy(b.str, o.str)
}
