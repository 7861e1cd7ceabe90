package ir

// LayerNorm is gamma*(x-mean)/sqrt(variance+Epsilon) + beta with mean and
// variance over Axes of each example; with RMS, gamma*x/sqrt(mean(x²)+Epsilon).
// Inputs: x, gamma (optional), beta (optional), both of the shape that x has on
// the sorted Axes.
type LayerNorm struct {
	Axes    []int `json:"axes"`
	Epsilon Float `json:"epsilon"`
	RMS     bool  `json:"rms,omitempty"`
}

func (*LayerNorm) Kind() string { return "LayerNorm" }

func (o *LayerNorm) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 3); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0, 1, 2); err != nil {
		return nil, err
	}
	if len(o.Axes) == 0 {
		return nil, Errorf(ErrMalformed, "normalises over no axis")
	}
	axes, err := NormAxes(o.Axes, len(in[0].Shape))
	if err != nil {
		return nil, err
	}
	var want Shape
	for _, a := range axes {
		want = append(want, in[0].Shape[a])
	}
	for i, what := range []string{"gamma", "beta"} {
		if err := wantShape(what, optional(in, 1+i), want...); err != nil {
			return nil, err
		}
	}
	return in[:1:1], nil
}
