package ir

// Broadcast repeats x, by NumPy's rules, to the shape Dims. Inputs: x, then any
// values whose dimensions Dims refers to.
type Broadcast struct {
	Dims []Extent `json:"dims"`
}

func (*Broadcast) Kind() string { return "Broadcast" }

func (o *Broadcast) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 8); err != nil {
		return nil, err
	}
	out := make(Shape, len(o.Dims))
	for i, e := range o.Dims {
		d, rest, err := e.dim(in)
		if err != nil {
			return nil, err
		}
		if rest {
			return nil, Errorf(ErrShape, "broadcast to an open dimension")
		}
		out[i] = d
	}
	s := in[0].Shape
	if len(s) > len(out) {
		return nil, Errorf(ErrShape, "cannot broadcast %v to %v", s, out)
	}
	for i, d := range s {
		if e := out[len(out)-len(s)+i]; d != e && d.IsKnown() && d.Size != 1 && e.IsKnown() {
			return nil, Errorf(ErrShape, "cannot broadcast %v to %v", s, out)
		}
	}
	return one(in[0].DType, out), nil
}
