package ir

// Transpose permutes axes: output axis i is input axis Perm[i].
type Transpose struct {
	Perm []int `json:"perm"`
}

func (*Transpose) Kind() string { return "Transpose" }

func (o *Transpose) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if len(o.Perm) != len(s) {
		return nil, Errorf(ErrShape, "permutation %v does not fit shape %v", o.Perm, s)
	}
	out, seen := make(Shape, len(s)), make([]bool, len(s))
	for i, p := range o.Perm {
		if p < 0 || p >= len(s) || seen[p] {
			return nil, Errorf(ErrShape, "%v is no permutation of %d axes", o.Perm, len(s))
		}
		seen[p] = true
		out[i] = s[p]
	}
	return one(in[0].DType, out), nil
}
