package ir

// Tile repeats the whole of x Reps[i] times along axis i.
type Tile struct {
	Reps []int `json:"reps"`
}

func (*Tile) Kind() string { return "Tile" }

func (o *Tile) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if len(o.Reps) != len(s) {
		return nil, Errorf(ErrShape, "repeats %v do not fit shape %v", o.Reps, s)
	}
	out := make(Shape, len(s))
	for i, d := range s {
		if o.Reps[i] < 0 {
			return nil, Errorf(ErrShape, "repeats %v are negative", o.Reps)
		}
		out[i] = d.Times(Known(o.Reps[i]))
	}
	return one(in[0].DType, out), nil
}

// Repeat repeats each element of Axis N times: [a, b] gives [a, a, b, b].
type Repeat struct {
	Axis int `json:"axis"`
	N    int `json:"n"`
}

func (*Repeat) Kind() string { return "Repeat" }

func (o *Repeat) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	out := in[0].Shape.Clone()
	axis, err := NormAxis(o.Axis, len(out))
	if err != nil {
		return nil, err
	}
	if o.N < 0 {
		return nil, Errorf(ErrShape, "repeat %d", o.N)
	}
	out[axis] = out[axis].Times(Known(o.N))
	return one(in[0].DType, out), nil
}
