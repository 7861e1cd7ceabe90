package ir

import "slices"

// Pad adds elements before and after each axis. Mode is "constant" (Value),
// "reflect", "symmetric" or "edge", as NumPy's.
type Pad struct {
	Before []int  `json:"before"`
	After  []int  `json:"after"`
	Mode   string `json:"mode"`
	Value  Float  `json:"value,omitempty"`
}

func (*Pad) Kind() string { return "Pad" }

func (o *Pad) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if len(o.Before) != len(s) || len(o.After) != len(s) {
		return nil, Errorf(ErrShape, "padding %v, %v does not fit shape %v", o.Before, o.After, s)
	}
	if !slices.Contains([]string{"constant", "reflect", "symmetric", "edge"}, o.Mode) {
		return nil, Errorf(ErrUnsupported, "padding mode %q", o.Mode)
	}
	out := make(Shape, len(s))
	for i, d := range s {
		b, a := o.Before[i], o.After[i]
		if b < 0 || a < 0 {
			return nil, Errorf(ErrShape, "padding %v, %v is negative", o.Before, o.After)
		}
		if limit := d.Size; d.IsKnown() && max(a, b) > 0 && o.Mode != "constant" {
			if o.Mode == "reflect" {
				limit--
			}
			if o.Mode == "edge" && d.Size > 0 {
				limit = max(a, b)
			}
			if max(a, b) > limit {
				return nil, Errorf(ErrShape, "%s padding %d, %d is too wide for dimension %v", o.Mode, b, a, d)
			}
		}
		out[i] = d.Add(b).Add(a)
	}
	return one(in[0].DType, out), nil
}
