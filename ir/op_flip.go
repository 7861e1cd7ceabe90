package ir

// Flip reverses the given axes.
type Flip struct {
	Axes []int `json:"axes"`
}

func (*Flip) Kind() string { return "Flip" }

func (o *Flip) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	for _, a := range o.Axes {
		if _, err := NormAxis(a, len(in[0].Shape)); err != nil {
			return nil, err
		}
	}
	return in[:1:1], nil
}
