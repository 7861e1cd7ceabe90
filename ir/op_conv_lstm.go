package ir

// ConvLSTM is the recurrence of Keras's ConvLSTM: an LSTM whose states are
// images. Inputs: z [batch, time, spatial..., 4*filters], the input's
// convolution with all kernels; recurrent kernel [window..., filters,
// 4*filters], which convolves the state with stride 1 and SAME padding; optional
// bias [4*filters], optional mask [batch, time] or, of every pixel by itself,
// [batch, time, spatial...], optional initial h and c [batch, spatial...,
// filters]. Gates in the order i, f, c, o. Outputs: output (with ReturnSequences
// [batch, time, spatial..., filters], else the last step's), h, c.
type ConvLSTM struct {
	Recurrence
	Act          Func `json:"act,omitzero"`
	RecurrentAct Func `json:"recurrent_act,omitzero"`
}

func (*ConvLSTM) Kind() string { return "ConvLSTM" }

func (o *ConvLSTM) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 6); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0, 1, 2, 4, 5); err != nil {
		return nil, err
	}
	for _, f := range []Func{o.Act, o.RecurrentAct} {
		if f.Rowwise() { // over a pixel's filters
			continue
		}
		if err := f.fusable(); err != nil {
			return nil, err
		}
	}
	z := in[0].Shape
	k, ok := in[1].Shape.Ints()
	rank := len(k) - 2
	if !ok || rank < 1 || rank > 3 || len(z) != rank+3 {
		return nil, Errorf(ErrShape, "input %v does not fit recurrent kernel %v", z, in[1].Shape)
	}
	filters, gates := k[rank], k[rank+1]
	for _, n := range k {
		if n < 1 {
			return nil, Errorf(ErrShape, "recurrent kernel %v is empty", k)
		}
	}
	if gates != mulClamp(filters, 4) || !Compatible(z[rank+2], Known(gates)) {
		return nil, Errorf(ErrShape, "input %v and recurrent kernel %v do not fit 4 gates of %d filters", z, k, filters)
	}
	if err := wantShape("bias", optional(in, 2), Known(gates)); err != nil {
		return nil, err
	}
	if m := optional(in, 3); !m.Absent() {
		if m.DType != Bool {
			return nil, Errorf(ErrDType, "mask is %v, wants bool", m.DType)
		}
		want := z[:2]
		if len(m.Shape) > 2 {
			want = z[:rank+2]
		}
		if err := wantShape("mask", m, want...); err != nil {
			return nil, err
		}
	}
	state := append(append(Shape{z[0]}, z[2:rank+2]...), Known(filters))
	for i := range 2 {
		if err := wantShape("initial state", optional(in, 4+i), state...); err != nil {
			return nil, err
		}
	}
	out := state
	if o.ReturnSequences {
		out = append(Shape{z[0], z[1]}, state[1:]...)
	}
	t := in[0].DType
	return []Type{{t, out}, {t, state}, {t, state}}, nil
}
