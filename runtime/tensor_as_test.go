package runtime

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestAs(t *testing.T) {
	f := NewTensor([]float32{-1, 0, 2.5, 1 << 24}, 2, 2)
	i := NewTensor([]int32{-1, 0, 1<<24 + 1, math.MaxInt32}, 4)
	l := NewTensor([]int64{0, 1, 1, 0}, 4)
	b := NewTensor([]bool{true, false}, 2)
	as := func(x *Tensor, d ir.DType) *Tensor {
		t.Helper()
		y, err := x.As(d)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(y.Shape(), x.Shape()) || y.DType() != kindOf(d) {
			t.Errorf("as %v: %v%v", d, y.DType(), y.Shape())
		}
		return y
	}
	if as(f, ir.Float32) != f || as(f, ir.Float16) != f || as(i, ir.Int8) != i {
		t.Error("a tensor that has the dtype is copied")
	}
	if got := Data[float32](as(i, ir.Float32)); !slices.Equal(got, []float32{-1, 0, 1 << 24, 1 << 31}) {
		t.Errorf("int32 as float32: %v", got)
	}
	if got := Data[int64](as(i, ir.Int64)); !slices.Equal(got, []int64{-1, 0, 1<<24 + 1, math.MaxInt32}) {
		t.Errorf("int32 as int64: %v", got)
	}
	if got := Data[bool](as(l, ir.Bool)); !slices.Equal(got, []bool{false, true, true, false}) {
		t.Errorf("int64 as bool: %v", got)
	}
	if got := Data[float32](as(b, ir.Float32)); !slices.Equal(got, []float32{1, 0}) {
		t.Errorf("bool as float32: %v", got)
	}
	if got := Data[int32](as(b, ir.Int32)); !slices.Equal(got, []int32{1, 0}) {
		t.Errorf("bool as int32: %v", got)
	}
	whole := NewTensor([]float32{3, -4}, 2)
	y := as(whole, ir.Int32)
	Data[int32](y)[0] = 9
	if whole.Float32s()[0] != 3 {
		t.Error("the converted tensor shares memory")
	}
	as(NewTensor([]float32{}, 0, 3), ir.Int64)
}

func TestAsRefusesWhatItCannotHold(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		x    *Tensor
		as   ir.DType
		text string
	}{
		"fraction":       {NewTensor([]float32{1, 2.5}), ir.Int32, "element 1 is 2.5"},
		"NaN":            {NewTensor([]float32{nan}), ir.Int64, "NaN"},
		"infinity":       {NewTensor([]float32{float32(math.Inf(1))}), ir.Int64, "+Inf"},
		"large":          {NewTensor([]float32{1 << 31}), ir.Int32, "2.147483648e+09"},
		"larger":         {NewTensor([]float32{1 << 63}), ir.Int64, "9.223372036854776e+18"},
		"long":           {NewTensor([]int64{1 << 40}), ir.Int32, "element 0"},
		"two as bool":    {NewTensor([]int32{0, 2}), ir.Bool, "element 1 is 2"},
		"string":         {NewTensor([]string{"a"}), ir.Float32, "string"},
		"to string":      {NewTensor([]float32{1}), ir.String, "string"},
		"half as bool":   {NewTensor([]float32{0.5}), ir.Bool, "0.5"},
		"below an int32": {NewTensor([]int64{math.MinInt32 - 1}), ir.Int32, "element 0"},
	} {
		if _, err := c.x.As(c.as); !errors.Is(err, ir.ErrDType) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
