package ir

// STFT is the discrete Fourier transform of windows of x. Inputs: x [..., n],
// window [Length], which each piece is multiplied by. Pieces begin every Stride
// elements and lie within x. Outputs: real and imaginary part, [..., pieces,
// Length/2+1].
type STFT struct {
	Length int `json:"length"`
	Stride int `json:"stride"`
}

func (*STFT) Kind() string { return "STFT" }

func (o *STFT) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0, 1); err != nil {
		return nil, err
	}
	if o.Length < 1 || o.Stride < 1 || o.Length > 1<<24 {
		return nil, Errorf(ErrMalformed, "length %d, stride %d", o.Length, o.Stride)
	}
	s := in[0].Shape
	if len(s) == 0 {
		return nil, Errorf(ErrShape, "input %v has no axis", s)
	}
	if err := wantShape("window", in[1], Known(o.Length)); err != nil {
		return nil, err
	}
	n := s[len(s)-1]
	pieces := n.Add(-o.Length).FloorDiv(o.Stride).Add(1)
	if n.IsKnown() && n.Size < o.Length {
		pieces = Known(0)
	}
	t := Type{in[0].DType, append(s[:len(s)-1:len(s)-1], pieces, Known(o.Length/2+1))}
	return []Type{t, t}, nil
}
