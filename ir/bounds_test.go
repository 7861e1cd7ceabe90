package ir

import (
	"errors"
	"math"
	"testing"
)

// Parameters whose sums overflow are refused before an op computes a shape.
func TestBounds(t *testing.T) {
	x := []Type{{Float32, Shape{Sym("batch"), Known(4)}}}
	most := int(math.MaxInt)
	far := most - 1
	for _, op := range []Op{
		&Pad{Before: []int{0, most}, After: []int{0, most}, Mode: "constant"},
		&Pad{Before: []int{0, most - 3}, After: []int{0, 0}, Mode: "constant"},
		&Repeat{Axis: 1, N: most},
		&History{Axis: 1, Steps: most, State: "a"},
		&Tile{Reps: []int{1, most}},
		&Reshape{Dims: []Extent{DimOf(0, 0), Size(most)}},
	} {
		m := &Model{}
		id := m.AddValue(Value{Name: "x", Type: x[0]})
		if out, err := m.AddNode(op, Origin{Layer: "l"}, id); !errors.Is(err, ErrShape) && !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v, %v", op.Kind(), m.Types(out), err)
		}
	}
	for _, a := range []AxisSlice{{Start: &far}, {End: &far}, {Step: most}, {Step: -most - 1}, {Start: &far, Step: -most}} {
		start, count, step := a.Resolve(4)
		if count < 0 || count > 4 || count > 0 && (start < 0 || start >= 4 || start+(count-1)*step < 0 || start+(count-1)*step >= 4) {
			t.Errorf("%+v of 4: %d, %d, %d", a, start, count, step)
		}
	}
	if d := Known(most).Add(1); d.Size != most {
		t.Error(d)
	}
}
