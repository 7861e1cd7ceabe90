package ir

// ConvTranspose is the gradient of Conv with respect to its input. Inputs: x
// [batch, spatial..., in], kernel [window..., out, in], optional bias [out].
// Each spatial output n has the size ((n-1)*stride + (kernel-1)*dilation + 1) -
// Before - After, where Before and After crop the full result; Keras's "same"
// and output_padding are expressed by them (After may be negative: that many
// zeros are appended, before the bias).
type ConvTranspose struct {
	Strides   []int `json:"strides,omitempty"`
	Dilations []int `json:"dilations,omitempty"`
	Before    []int `json:"before,omitempty"`
	After     []int `json:"after,omitempty"`
	Act       Func  `json:"act,omitzero"`
}

func (*ConvTranspose) Kind() string { return "ConvTranspose" }

func (o *ConvTranspose) Infer(in []Type) ([]Type, error) {
	k, err := checkWindow(in, o.Strides, o.Dilations, o.Act)
	if err != nil {
		return nil, err
	}
	x, rank := in[0].Shape, len(k)-2
	if c := x[rank+1]; c.IsKnown() && c.Size != k[rank+1] {
		return nil, Errorf(ErrShape, "input %v has %v channels, transposed kernel %v wants %d", x, c, k, k[rank+1])
	}
	out := Shape{x[0]}
	for i := range rank {
		full := x[1+i].Add(-1).Times(Known(at(o.Strides, i, 1))).Add((k[i]-1)*at(o.Dilations, i, 1) + 1)
		d := full.Add(-at(o.Before, i, 0) - at(o.After, i, 0))
		if d.IsKnown() && (d.Size < 0 || at(o.Before, i, 0) < 0) {
			return nil, Errorf(ErrShape, "transposed convolution of %v gives dimension %v", x, d)
		}
		out = append(out, d)
	}
	return finishWindow(in, append(out, Known(k[rank])))
}
