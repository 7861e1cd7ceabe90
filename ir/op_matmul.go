package ir

// MatMul multiplies the last two axes, broadcasting the others. Inputs: a
// [..., m, k], b [..., k, n]; with TransA or TransB stored as [..., k, m] or
// [..., n, k]. Output [..., m, n], times Scale unless that is 0.
type MatMul struct {
	TransA bool  `json:"trans_a,omitempty"`
	TransB bool  `json:"trans_b,omitempty"`
	Scale  Float `json:"scale,omitempty"`
}

func (*MatMul) Kind() string { return "MatMul" }

func (o *MatMul) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0, 1); err != nil {
		return nil, err
	}
	a, b := in[0].Shape, in[1].Shape
	if len(a) < 2 || len(b) < 2 {
		return nil, Errorf(ErrShape, "cannot multiply %v by %v: want rank 2 or more", a, b)
	}
	m, ka := a[len(a)-2], a[len(a)-1]
	kb, n := b[len(b)-2], b[len(b)-1]
	if o.TransA {
		m, ka = ka, m
	}
	if o.TransB {
		kb, n = n, kb
	}
	if !Compatible(ka, kb) {
		return nil, Errorf(ErrShape, "cannot multiply %v by %v: %v against %v", a, b, ka, kb)
	}
	out, err := BroadcastShapes(a[:len(a)-2], b[:len(b)-2])
	if err != nil {
		return nil, err
	}
	return one(in[0].DType, append(out, m, n)), nil
}
