package ir

// Concat joins its inputs, one or more of one dtype, along Axis.
type Concat struct {
	Axis int `json:"axis"`
}

func (*Concat) Kind() string { return "Concat" }

func (o *Concat) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, max(1, len(in))); err != nil {
		return nil, err
	}
	out := in[0].Shape.Clone()
	axis, err := NormAxis(o.Axis, len(out))
	if err != nil {
		return nil, err
	}
	for i, t := range in[1:] {
		if t.Absent() || t.DType != in[0].DType || len(t.Shape) != len(out) {
			return nil, Errorf(ErrShape, "cannot concatenate %v and %v", in[0], t)
		}
		for j := range out {
			if j == axis {
				out[j] = out[j].Plus(t.Shape[j])
				continue
			}
			d, ok := Unify(out[j], t.Shape[j])
			if !ok {
				return nil, Errorf(ErrShape, "cannot concatenate %v and %v along axis %d (input %d)", in[0].Shape, t.Shape, axis, i+1)
			}
			out[j] = d
		}
	}
	return one(in[0].DType, out), nil
}
