package runtime

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func one(t *testing.T, op ir.Op, inputs ...*ir.Tensor) (*Tensor, error) {
	t.Helper()
	m, feed := nodeModel(t, op, inputs, func(int) bool { return false })
	p, err := Compile(m, WithMaxMemory(64<<20))
	if err != nil {
		return nil, err
	}
	out, err := p.Predict(feed...)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// An index out of range is an error that names it, its place and the bounds.
func TestIndexOutOfRange(t *testing.T) {
	table := ir.NewFloat32(make([]float32, 12), 4, 3)
	for _, c := range []struct {
		op    ir.Op
		index *ir.Tensor
		want  []string
	}{
		{&ir.Gather{}, ir.NewInt32([]int32{0, 3, 4}, 3), []string{"index 4", "element 2", "[0, 4)"}},
		{&ir.Gather{}, ir.NewInt32([]int32{-1}, 1), []string{"index -1", "element 0", "[0, 4)"}},
		{&ir.Gather{Wrap: true}, ir.NewInt32([]int32{-1, -5}, 2), []string{"index -5", "element 1", "[-4, 4)"}},
		{&ir.Gather{}, ir.NewInt64([]int64{math.MaxInt64}, 1), []string{"index 9223372036854775807", "[0, 4)"}},
		{&ir.Gather{}, ir.NewInt64([]int64{math.MinInt64}, 1), []string{"index -9223372036854775808", "[0, 4)"}},
	} {
		_, err := one(t, c.op, table, c.index)
		if !errors.Is(err, ir.ErrUsage) {
			t.Errorf("%+v: %v", c.op, err)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%+v: %q lacks %q", c.op, err, w)
			}
		}
	}
}

// Shapes at run time whose products overflow, or need more than the limit, are
// errors that name the option.
func TestHugeShapes(t *testing.T) {
	m := &ir.Model{}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Sym("time"), ir.Known(0)}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	pad, err := m.AddNode(&ir.Pad{Before: []int{0, 0, 5}, After: []int{0, 0, 1}, Mode: "constant"}, ir.Origin{Layer: "pad"}, x)
	if err != nil {
		t.Fatal(err)
	}
	m.Outputs = []ir.Port{{Name: "y", Value: pad[0]}}
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		shape []int
		want  string
	}{
		{[]int{math.MaxInt >> 17, math.MaxInt >> 17, 0}, "WithMaxMemory"}, {[]int{1 << 16, math.MaxInt >> 17, 0}, "WithMaxMemory"},
		{[]int{math.MaxInt, math.MaxInt, 0}, ""}, {[]int{1, math.MaxInt, 0}, ""},
	} {
		_, err := p.Predict(NewTensor([]float32{}, c.shape...))
		if !errors.Is(err, ir.ErrLimit) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.shape, err)
		}
	}
}

// A sequence of no steps leaves the states as they were.
func TestNoSteps(t *testing.T) {
	w := func(shape ...int) *ir.Tensor { return ir.NewFloat32(make([]float32, shape[0]*shape[1]), shape...) }
	for _, sequences := range []bool{false, true} {
		rec := ir.Recurrence{ReturnSequences: sequences}
		for _, op := range []ir.Op{&ir.LSTM{Recurrence: rec}, &ir.SimpleRNN{Recurrence: rec}} {
			gates := 1
			if op.Kind() == "LSTM" {
				gates = 4
			}
			for _, n := range []int{0, 2} {
				y, err := one(t, op, ir.NewFloat32([]float32{}, n, 0, 3), w(3, gates*2), w(2, gates*2))
				if err != nil {
					t.Errorf("%T: %v", op, err)
					continue
				}
				want := 2 * n
				if sequences {
					want = 0
				}
				if got := len(y.Float32s()); got != want {
					t.Errorf("%T, sequences %v: %d elements, want %d", op, sequences, got, want)
				}
			}
		}
	}
}
