package ir

// Dense is act(x·kernel + bias + residual). Inputs: x [..., in], kernel [in, out],
// optional bias [out], optional residual of the output's shape. Output [..., out].
type Dense struct {
	Act Func `json:"act,omitzero"`
}

func (*Dense) Kind() string { return "Dense" }

func (o *Dense) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 4); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0, 1, 2, 3); err != nil {
		return nil, err
	}
	if err := o.Act.fusable(); err != nil {
		return nil, err
	}
	x, k := in[0].Shape, in[1].Shape
	if len(x) == 0 || len(k) != 2 || !Compatible(x[len(x)-1], k[0]) {
		return nil, Errorf(ErrShape, "input %v does not fit kernel %v: the last dimension must be %v", x, k, k[0:min(1, len(k))])
	}
	out := append(x[:len(x)-1:len(x)-1], k[1])
	if err := wantShape("bias", optional(in, 2), k[1]); err != nil {
		return nil, err
	}
	if err := wantShape("residual", optional(in, 3), out...); err != nil {
		return nil, err
	}
	return one(in[0].DType, out), nil
}
