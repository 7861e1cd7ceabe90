package runtime

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestSort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		shape := []int{r.IntN(4) + 1, r.IntN(9) + 1, r.IntN(4) + 1}
		axis, descending := r.IntN(3), r.IntN(2) == 0
		x := newArray(shape...)
		for i := range x.v {
			x.v[i] = float64(r.IntN(5)) // many are equal
		}
		want := newArray(shape...)
		each(slices.Concat(shape[:axis], []int{1}, shape[axis+1:]), func(i []int) {
			i = slices.Clone(i)
			var line []float64
			for k := range shape[axis] {
				i[axis] = k
				line = append(line, x.at(i...))
			}
			slices.SortStableFunc(line, func(a, b float64) int {
				if descending {
					return cmp.Compare(b, a)
				}
				return cmp.Compare(a, b)
			})
			for k, v := range line {
				i[axis] = k
				want.set(v, i...)
			}
		})
		op := &ir.Sort{Axis: axis, Descending: descending}
		checkNode(t, op, []*ir.Tensor{x.tensor()}, []*array{want, nil}, 0)
	}
	m, feed := nodeModel(t, &ir.Sort{}, []*ir.Tensor{ir.NewFloat32([]float32{2, nan, 1, 2, -inf, 1}, 6)}, func(int) bool { return false })
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Predict(feed...)
	if err != nil {
		t.Fatal(err)
	}
	if got := Data[int32](out[1]); !slices.Equal(got, []int32{4, 2, 5, 0, 3, 1}) {
		t.Errorf("order %v", got)
	}
}

func TestCumulative(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		shape := []int{r.IntN(3) + 1, r.IntN(7), r.IntN(3) + 1}
		op := &ir.Cumulative{Fn: pick(r, ir.CumulativeFuncs...), Axis: r.IntN(3), Reverse: r.IntN(2) == 0}
		op.Exclusive = r.IntN(2) == 0 && (op.Fn == "sum" || op.Fn == "prod")
		x, want := random(r, shape...), newArray(shape...)
		each(shape, func(i []int) {
			v, first := 0.0, true
			if op.Fn == "prod" {
				v = 1
			}
			for k := range shape[op.Axis] {
				before := k < i[op.Axis]
				if op.Reverse {
					before = k > i[op.Axis]
				}
				if !before && (op.Exclusive || k != i[op.Axis]) {
					continue
				}
				j := slices.Clone(i)
				j[op.Axis] = k
				switch e := x.at(j...); {
				case op.Fn == "sum":
					v += e
				case op.Fn == "prod":
					v *= e
				case first || op.Fn == "max" && e > v || op.Fn == "min" && e < v:
					v = e
				}
				first = false
			}
			want.set(v, i...)
		})
		checkNode(t, op, []*ir.Tensor{x.tensor()}, []*array{want}, 1e-6)
	}
}

func TestGatherAlong(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		shape := []int{r.IntN(3) + 1, r.IntN(5) + 1, r.IntN(3) + 1}
		axis := r.IntN(3)
		ids := slices.Clone(shape)
		ids[axis] = r.IntN(6) + 1
		index := make([]int32, elems(ids))
		for i := range index {
			index[i] = int32(r.IntN(2*shape[axis]) - shape[axis])
		}
		x, want := random(r, shape...), newArray(ids...)
		each(ids, func(i []int) {
			j := slices.Clone(i)
			j[axis] = (int(index[want.index(i...)]) + shape[axis]) % shape[axis]
			want.set(x.at(j...), i...)
		})
		checkNode(t, &ir.GatherAlong{Axis: axis}, []*ir.Tensor{x.tensor(), ir.NewInt32(index, ids...)}, []*array{want}, 0)
	}
}

func TestScatter(t *testing.T) {
	x := ir.NewFloat32([]float32{1, 2, 3, 4, 5, 6}, 3, 2)
	ids, up := ir.NewInt32([]int32{2, 0, 2}, 3, 1), ir.NewFloat32([]float32{10, 20, 30, 40, -1, -2}, 3, 2)
	for fn, want := range map[string][]float32{
		"set": {30, 40, 3, 4, -1, -2}, "add": {31, 42, 3, 4, 14, 24}, "sub": {-29, -38, 3, 4, -4, -12},
		"mul": {30, 80, 3, 4, -50, -240}, "max": {30, 40, 3, 4, 10, 20}, "min": {1, 2, 3, 4, -1, -2},
	} {
		if got := floats(runOp(t, &ir.Scatter{Fn: fn}, x, ids, up)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", fn, got, want)
		}
	}
	m, feed := nodeModel(t, &ir.Scatter{Fn: "add"}, []*ir.Tensor{x, ir.NewInt64([]int64{3}, 1, 1), ir.NewFloat32([]float32{1, 2}, 1, 2)}, func(int) bool { return false })
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Predict(feed...); !errors.Is(err, ir.ErrUsage) {
		t.Errorf("an index out of range: %v", err)
	}
}

func TestShapeOf(t *testing.T) {
	if got := Data[int32](runOp(t, &ir.ShapeOf{}, ir.NewFloat32(make([]float32, 6), 3, 1, 2))); !slices.Equal(got, []int32{3, 1, 2}) {
		t.Errorf("shape %v", got)
	}
}
