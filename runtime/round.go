package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

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
