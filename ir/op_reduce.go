package ir

import "slices"

// Reduce folds Axes with Fn. Keep leaves them as 1. No Axes means all of them.
//
// Fn: sum, mean, prod, max, min, var (population), std, logsumexp keep the
// dtype; any, all want bool; argmax, argmin take one axis (or all, flattened)
// and give int32, the first of equals.
type Reduce struct {
	Fn   string `json:"fn"`
	Axes []int  `json:"axes,omitempty"`
	Keep bool   `json:"keep,omitempty"`
}

// ReduceFuncs are the functions of Reduce.
var ReduceFuncs = []string{"sum", "mean", "prod", "max", "min", "var", "std", "logsumexp", "any", "all", "argmax", "argmin"}

func (*Reduce) Kind() string { return "Reduce" }

func (o *Reduce) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if !slices.Contains(ReduceFuncs, o.Fn) {
		return nil, Errorf(ErrUnsupported, "reduction %q is not known", o.Fn)
	}
	s, t := in[0].Shape, in[0].DType
	switch o.Fn {
	case "any", "all":
		if t != Bool {
			return nil, Errorf(ErrDType, "%s of %v, wants bool", o.Fn, t)
		}
	case "argmax", "argmin":
		if len(o.Axes) > 1 {
			return nil, Errorf(ErrShape, "%s over axes %v, wants one", o.Fn, o.Axes)
		}
		t = Int32
	case "mean", "var", "std", "logsumexp":
		if !t.IsFloat() {
			return nil, Errorf(ErrDType, "%s of %v, wants a float dtype", o.Fn, t)
		}
	default:
		if t == Bool || t == String {
			return nil, Errorf(ErrDType, "%s of %v", o.Fn, t)
		}
	}
	axes, err := NormAxes(o.Axes, len(s))
	if err != nil {
		return nil, err
	}
	out := Shape{}
	for i, d := range s {
		switch {
		case !slices.Contains(axes, i):
			out = append(out, d)
		case o.Keep:
			out = append(out, Known(1))
		}
	}
	return one(t, out), nil
}

// NormAxes normalises axes, sorted; none means all.
func NormAxes(axes []int, rank int) ([]int, error) {
	var out []int
	for _, a := range axes {
		n, err := NormAxis(a, rank)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, n) {
			return nil, Errorf(ErrShape, "axes %v name one axis twice", axes)
		}
		out = append(out, n)
	}
	if len(axes) == 0 {
		for i := range rank {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out, nil
}
