package ir

// Conv is a convolution (cross-correlation) over 1 to 3 spatial axes:
// act(conv(x, kernel) + bias + residual). Inputs: x [batch, spatial..., in],
// kernel [window..., in/groups, out], optional bias [out], optional residual of
// the output's shape. Empty Strides and Dilations mean 1, Groups 0 means 1.
type Conv struct {
	Strides   []int   `json:"strides,omitempty"`
	Dilations []int   `json:"dilations,omitempty"`
	Padding   Padding `json:"padding,omitzero"`
	Groups    int     `json:"groups,omitempty"`
	Act       Func    `json:"act,omitzero"`
}

func (*Conv) Kind() string { return "Conv" }

func (o *Conv) Infer(in []Type) ([]Type, error) {
	k, err := checkWindow(in, o.Strides, o.Dilations, o.Act)
	if err != nil {
		return nil, err
	}
	x, rank := in[0].Shape, len(k)-2
	groups := max(1, o.Groups)
	cin := x[rank+1]
	if k[rank+1]%groups != 0 || cin.IsKnown() && cin.Size != k[rank]*groups {
		return nil, Errorf(ErrShape, "input %v has %v channels, kernel %v with %d groups wants %d in and a multiple of %d out",
			x, cin, k, groups, k[rank]*groups, groups)
	}
	sp, err := spatial(x, k[:rank], o.Strides, o.Dilations, o.Padding)
	if err != nil {
		return nil, err
	}
	return finishWindow(in, append(append(Shape{x[0]}, sp...), Known(k[rank+1])))
}

// checkWindow checks what all convolutions share and returns the kernel's shape.
func checkWindow(in []Type, strides, dilations []int, act Func) ([]int, error) {
	if err := arity(in, 2, 4); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0, 1, 2, 3); err != nil {
		return nil, err
	}
	if err := act.fusable(); err != nil {
		return nil, err
	}
	k, ok := in[1].Shape.Ints()
	rank := len(k) - 2
	if !ok || rank < 1 || rank > 3 || len(in[0].Shape) != rank+2 {
		return nil, Errorf(ErrShape, "input %v does not fit kernel %v", in[0].Shape, in[1].Shape)
	}
	for _, n := range k {
		if n < 1 {
			return nil, Errorf(ErrShape, "kernel %v is empty", k)
		}
	}
	if err := positive("strides", strides, rank); err != nil {
		return nil, err
	}
	return k, positive("dilations", dilations, rank)
}

func finishWindow(in []Type, out Shape) ([]Type, error) {
	if err := wantShape("bias", optional(in, 2), out[len(out)-1]); err != nil {
		return nil, err
	}
	if err := wantShape("residual", optional(in, 3), out...); err != nil {
		return nil, err
	}
	return one(in[0].DType, out), nil
}
