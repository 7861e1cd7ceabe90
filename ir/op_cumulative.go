package ir

import "slices"

// Cumulative folds x along Axis and keeps every intermediate result: element i
// is Fn of elements 0 to i, of those before i when Exclusive, from the end when
// Reverse. An empty fold is 0 for sum and 1 for prod.
type Cumulative struct {
	Fn        string `json:"fn"` // one of CumulativeFuncs
	Axis      int    `json:"axis"`
	Exclusive bool   `json:"exclusive,omitempty"` // only sum and prod
	Reverse   bool   `json:"reverse,omitempty"`
}

// CumulativeFuncs are the functions of Cumulative.
var CumulativeFuncs = []string{"sum", "prod", "max", "min"}

func (*Cumulative) Kind() string { return "Cumulative" }

func (o *Cumulative) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if !slices.Contains(CumulativeFuncs, o.Fn) {
		return nil, Errorf(ErrUnsupported, "cumulative function %q is not known", o.Fn)
	}
	if o.Exclusive && (o.Fn == "max" || o.Fn == "min") {
		return nil, Errorf(ErrMalformed, "an exclusive cumulative %s has no first element", o.Fn)
	}
	if d := in[0].DType; d == Bool || d == String {
		return nil, Errorf(ErrDType, "cumulative %s of %v", o.Fn, d)
	}
	if _, err := NormAxis(o.Axis, len(in[0].Shape)); err != nil {
		return nil, err
	}
	return in[:1:1], nil
}
