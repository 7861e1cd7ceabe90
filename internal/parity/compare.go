// Package parity compares a model's outputs with Keras's.
package parity

import (
	"fmt"
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// Options of Compare. The zero value derives the bound from the tensors.
type Options struct {
	// RTol and ATol, when RTol is not 0, set the bound: ATol plus RTol times the
	// largest |value| that is wanted.
	RTol, ATol float64
	// DType is the output's dtype in the model, when it is known: the tensors
	// may hold it widened. Half-precision outputs have a wider bound.
	DType ir.DType
}

// Result is how two tensors compare. The fields from MaxAbs on are those of
// floating-point tensors, over elements that are finite in both.
type Result struct {
	OK     bool
	Reason string // why not, in words; empty when OK
	Elems  int
	Differ int // elements beyond the bound, or unequal where equality is wanted

	MaxAbs    float64 // largest |got-want|
	MaxRel    float64 // largest |got-want|/|want|
	MaxULP    uint64  // largest distance in float32's steps
	Worst     []int   // index of MaxAbs, or of the first element that is unequal
	Got, Want string  // the elements at Worst
	Scale     float64 // largest |want|
	Bound     float64 // on MaxAbs
	BoundFrom string  // how the bound was found, for the user to read
}

// Err is nil when r is OK, else an ir.ErrParity about the output of that name.
func (r Result) Err(output string) error {
	if r.OK {
		return nil
	}
	return &ir.Error{Kind: ir.ErrParity, Field: output, Text: r.Reason}
}

func (r Result) String() string {
	if r.OK && r.BoundFrom == "" {
		return fmt.Sprintf("%d elements equal", r.Elems)
	}
	s := fmt.Sprintf("max abs %.3g, rel %.3g, %d ULP; bound %.3g (%s)", r.MaxAbs, r.MaxRel, r.MaxULP, r.Bound, r.BoundFrom)
	if !r.OK {
		return r.Reason + "; " + s
	}
	return s
}

// Compare compares got with want, Keras's output, element by element.
//
// Floating-point elements may differ by a bound on the absolute error, the same
// for the whole tensor. With want64, Keras's output in float64, it comes from
// how far Keras itself is from that; else it is 1e-4 of the largest |value|. A
// NaN wants a NaN, an infinity the same one. Integers, bools and strings must be
// equal; their width may differ, their values not.
func Compare(got, want, want64 *ir.Tensor, opt Options) Result {
	switch {
	case !slices.Equal(got.Shape, want.Shape):
		return Result{Reason: fmt.Sprintf("shape is %v, Keras gives %v", ir.Dims(got.Shape...), ir.Dims(want.Shape...))}
	case class(got.DType) != class(want.DType):
		return Result{Reason: fmt.Sprintf("dtype is %v, Keras gives %v", got.DType, want.DType)}
	case want64 != nil && !slices.Equal(want64.Shape, want.Shape):
		return Result{Reason: fmt.Sprintf("Keras's float64 output has shape %v, its float32 output %v", want64.Shape, want.Shape)}
	}
	if !want.DType.IsFloat() {
		return compareExact(got, want)
	}
	return compareFloats(got, want, want64, opt)
}

// class groups the dtypes whose values can be compared.
func class(d ir.DType) string {
	switch {
	case d.IsFloat():
		return "float"
	case d.IsInt():
		return "int"
	}
	return d.String()
}

func compareExact(got, want *ir.Tensor) Result {
	r := Result{OK: true, Elems: want.Elems()}
	note := func(i int, g, w string) {
		if r.OK {
			r.OK, r.Worst, r.Got, r.Want = false, index(i, want.Shape), g, w
		}
		r.Differ++
	}
	if want.DType == ir.String {
		for i, w := range want.Strings {
			if g := got.Strings[i]; g != w {
				note(i, fmt.Sprintf("%q", g), fmt.Sprintf("%q", w))
			}
		}
	} else {
		g := got.Int64s()
		for i, w := range want.Int64s() {
			if g[i] != w {
				note(i, fmt.Sprint(g[i]), fmt.Sprint(w))
			}
		}
	}
	if !r.OK {
		r.Reason = fmt.Sprintf("%d of %d elements differ, the first at %v: %s, Keras gives %s", r.Differ, r.Elems, r.Worst, r.Got, r.Want)
	}
	return r
}

func compareFloats(got, want, want64 *ir.Tensor, opt Options) Result {
	g, w := floats(got), floats(want)
	r := Result{OK: true, Elems: len(w)}
	for _, v := range w {
		if a := math.Abs(v); !math.IsInf(a, 0) && a > r.Scale {
			r.Scale = a
		}
	}
	r.Bound, r.BoundFrom = bound(w, want64, r.Scale, opt)
	worst, broken := 0, -1
	for i := range w {
		if !finite(g[i]) || !finite(w[i]) {
			if g[i] != w[i] && !(math.IsNaN(g[i]) && math.IsNaN(w[i])) {
				if broken < 0 {
					broken = i
				}
				r.Differ++
			}
			continue
		}
		d := math.Abs(g[i] - w[i])
		if d > r.MaxAbs {
			r.MaxAbs, worst = d, i
		}
		if d > 0 {
			r.MaxRel = max(r.MaxRel, d/math.Abs(w[i]))
			r.MaxULP = max(r.MaxULP, ulps(float32(g[i]), float32(w[i])))
		}
		if d > r.Bound {
			r.Differ++
		}
	}
	if r.Elems == 0 {
		return r
	}
	if broken >= 0 {
		worst = broken
	}
	r.Worst, r.Got, r.Want = index(worst, want.Shape), fmt.Sprintf("%.9g", g[worst]), fmt.Sprintf("%.9g", w[worst])
	if r.Differ > 0 {
		r.OK = false
		r.Reason = fmt.Sprintf("%d of %d elements differ, the worst at %v: %s, Keras gives %s", r.Differ, r.Elems, r.Worst, r.Got, r.Want)
		if broken < 0 {
			r.Reason += fmt.Sprintf(" (%.3g apart, the bound is %.3g: %s)", r.MaxAbs, r.Bound, r.BoundFrom)
		}
	}
	return r
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// floats is t as float64, without loss.
func floats(t *ir.Tensor) []float64 {
	if t.DType != ir.Float64 {
		f := t.Float32s()
		out := make([]float64, len(f))
		for i, v := range f {
			out[i] = float64(v)
		}
		return out
	}
	out := make([]float64, t.Elems())
	for i := range out {
		out[i] = math.Float64frombits(le64(t.Data[8*i:]))
	}
	return out
}

// ulps counts the float32 values between a and b.
func ulps(a, b float32) uint64 {
	order := func(f float32) int64 {
		v := int64(math.Float32bits(f) & 0x7fffffff)
		if math.Signbit(float64(f)) {
			return -v
		}
		return v
	}
	d := order(a) - order(b)
	return uint64(max(d, -d))
}

// index is the multi-index of element i.
func index(i int, shape []int) []int {
	out := make([]int, len(shape))
	for a := len(shape) - 1; a >= 0; a-- {
		out[a] = i % shape[a]
		i /= shape[a]
	}
	return out
}
