package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// narrow reports whether d holds less than the type it is computed in, so that
// results must be brought to what it can hold.
func narrow(d ir.DType) bool {
	switch d {
	case ir.Float16, ir.BFloat16, ir.Int8, ir.Uint8, ir.Int16, ir.Uint16, ir.Uint32:
		return true
	}
	return false
}

// toDType brings a buffer's elements to what its dtype can hold: float16 and
// bfloat16 are rounded, integers wrap as in TensorFlow.
func (b *buffer) toDType() {
	switch b.dtype {
	case ir.Float16, ir.BFloat16:
		roundTo(b.f32, b.dtype)
	case ir.Int8:
		for i, v := range b.i32 {
			b.i32[i] = int32(int8(v))
		}
	case ir.Uint8:
		for i, v := range b.i32 {
			b.i32[i] = int32(uint8(v))
		}
	case ir.Int16:
		for i, v := range b.i32 {
			b.i32[i] = int32(int16(v))
		}
	case ir.Uint16:
		for i, v := range b.i32 {
			b.i32[i] = int32(uint16(v))
		}
	case ir.Uint32:
		for i, v := range b.i64 {
			b.i64[i] = int64(uint32(v))
		}
	}
}

// roundTo rounds float32 values to what float16 or bfloat16 can hold.
func roundTo(v []float32, d ir.DType) {
	if d == ir.BFloat16 {
		for i, x := range v {
			v[i] = math.Float32frombits(uint32(ir.Float32ToBFloat16(x)) << 16)
		}
		return
	}
	for i, x := range v {
		v[i] = ir.Float16ToFloat32(ir.Float32ToFloat16(x))
	}
}
