package ir

// BatchNorm is gamma*(x-mean)/sqrt(variance+Epsilon) + beta along Axis. Inputs:
// x, gamma (optional), beta (optional), mean, variance, all [x's Axis].
type BatchNorm struct {
	Axis    int   `json:"axis"`
	Epsilon Float `json:"epsilon"`
	Act     Func  `json:"act,omitzero"`
}

func (*BatchNorm) Kind() string { return "BatchNorm" }

func (o *BatchNorm) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 5); err != nil {
		return nil, err
	}
	if len(in) != 5 || in[3].Absent() || in[4].Absent() {
		return nil, Errorf(ErrMalformed, "has %d inputs, wants x, gamma, beta, mean, variance", len(in))
	}
	if err := wantFloat(in, 0, 1, 2, 3, 4); err != nil {
		return nil, err
	}
	if err := o.Act.fusable(); err != nil {
		return nil, err
	}
	axis, err := NormAxis(o.Axis, len(in[0].Shape))
	if err != nil {
		return nil, err
	}
	for i, what := range []string{"gamma", "beta", "mean", "variance"} {
		if err := wantShape(what, in[1+i], in[0].Shape[axis]); err != nil {
			return nil, err
		}
	}
	return in[:1:1], nil
}
