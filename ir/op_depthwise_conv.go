package ir

// DepthwiseConv convolves every channel by itself. Inputs: x [batch, spatial...,
// c], kernel [window..., c, m], optional bias [c*m], optional residual of the
// output's shape. Output channel c*m+j is channel c with multiplier j.
type DepthwiseConv struct {
	Strides   []int   `json:"strides,omitempty"`
	Dilations []int   `json:"dilations,omitempty"`
	Padding   Padding `json:"padding,omitzero"`
	Act       Func    `json:"act,omitzero"`
}

func (*DepthwiseConv) Kind() string { return "DepthwiseConv" }

func (o *DepthwiseConv) Infer(in []Type) ([]Type, error) {
	k, err := checkWindow(in, o.Strides, o.Dilations, o.Act)
	if err != nil {
		return nil, err
	}
	x, rank := in[0].Shape, len(k)-2
	if c := x[rank+1]; c.IsKnown() && c.Size != k[rank] {
		return nil, Errorf(ErrShape, "input %v has %v channels, depthwise kernel %v wants %d", x, c, k, k[rank])
	}
	sp, err := spatial(x, k[:rank], o.Strides, o.Dilations, o.Padding)
	if err != nil {
		return nil, err
	}
	return finishWindow(in, append(append(Shape{x[0]}, sp...), Known(mulClamp(k[rank], k[rank+1]))))
}
