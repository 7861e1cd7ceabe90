package exporter

import (
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// TestAddsPlainly tries small shapes, with all lengths for what is open.
func TestAddsPlainly(t *testing.T) {
	shapes := []ir.Shape{{}}
	for i := 0; len(shapes[i]) < 3; i++ {
		for _, d := range []ir.Dim{ir.Known(1), ir.Known(2), ir.Sym("x"), ir.Sym("y")} {
			shapes = append(shapes, append(shapes[i].Clone(), d))
		}
	}
	plain := 0
	for _, a := range shapes {
		for _, b := range shapes {
			if !addsPlainly(a, b) {
				continue
			}
			plain++
			for x := 1; x <= 3; x++ {
				for y := 1; y <= 3; y++ {
					if a, b := sizes(a, x, y), sizes(b, x, y); !sameSum(a, b) {
						t.Errorf("%v + %v is something else in Keras", a, b)
					}
				}
			}
		}
	}
	if plain < len(shapes)*len(shapes)/3 {
		t.Errorf("only %d of %d sums are written as they are", plain, len(shapes)*len(shapes))
	}
}

func sizes(s ir.Shape, x, y int) []int {
	out := make([]int, len(s))
	for i, d := range s {
		out[i] = map[string]int{"": d.Size, "x": x, "y": y}[d.Name]
	}
	return out
}

// sameSum reports whether Keras adds b along the axis that NumPy adds it along, or
// does not take it for a vector, or NumPy refuses.
func sameSum(a, b []int) bool {
	for i := 1; i <= min(len(a), len(b)); i++ {
		if p, q := a[len(a)-i], b[len(b)-i]; p != q && p != 1 && q != 1 {
			return true
		}
	}
	i := slices.IndexFunc(b, func(d int) bool { return d > 1 })
	if i < 0 || slices.IndexFunc(b[i+1:], func(d int) bool { return d > 1 }) >= 0 || len(a) < 2 || b[i] != a[1] && b[i] != a[len(a)-1] {
		return true
	}
	axis := 1
	if b[i] == a[len(a)-1] {
		axis = len(a) - 1
	}
	return len(b) <= len(a) && axis == len(a)-(len(b)-i)
}
