package runtime

import (
	"math"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// Windows of 5 in 3: 0-1, 1-3, 3-4.
func TestAdaptivePool(t *testing.T) {
	never := func(int) bool { return false }
	for name, c := range map[string]struct {
		op      *ir.AdaptivePool
		x, want *ir.Tensor
	}{
		"int32":   {&ir.AdaptivePool{Size: []int{3}}, ir.NewInt32([]int32{5, -3, 2, math.MinInt32, math.MinInt32}, 1, 5, 1), ir.NewInt32([]int32{5, 2, math.MinInt32}, 1, 3, 1)},
		"int64":   {&ir.AdaptivePool{Size: []int{3}}, ir.NewInt64([]int64{5, -3, 2, 1 << 40, 8}, 1, 5, 1), ir.NewInt64([]int64{5, 1 << 40, 1 << 40}, 1, 3, 1)},
		"NaN":     {&ir.AdaptivePool{Size: []int{3}}, ir.NewFloat32([]float32{1, nan, 2, -inf, -inf}, 1, 5, 1), ir.NewFloat32([]float32{1, 2, -math.MaxFloat32}, 1, 3, 1)},
		"mean":    {&ir.AdaptivePool{Avg: true, Size: []int{3}}, ir.NewFloat32([]float32{1, 2, 3, 4, 5}, 1, 5, 1), ir.NewFloat32([]float32{1.5, 3, 4.5}, 1, 3, 1)},
		"no rows": {&ir.AdaptivePool{Size: []int{1 << 30}}, ir.NewFloat32(nil, 0, 5, 1), ir.NewFloat32(nil, 0, 1<<30, 1)},
	} {
		m, feed := nodeModel(t, c.op, []*ir.Tensor{c.x}, never)
		p, err := Compile(m)
		if err != nil {
			t.Fatal(name, err)
		}
		out, err := p.Predict(feed...)
		if err != nil {
			t.Fatal(name, err)
		}
		if got := out[0].ToIR(); string(got.Data) != string(c.want.Data) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
