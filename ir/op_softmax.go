package ir

// Softmax normalises over Axes together (usually one). Inputs: x, an optional
// bool mask that broadcasts to x. As in Keras 3's Softmax layer, positions that
// are false count as -1e9 (-3e4 in float16) and then get weight 0, so that a row
// masked throughout is all zeros; with Log they keep what -1e9 gives.
type Softmax struct {
	Axes []int `json:"axes"`
	Log  bool  `json:"log,omitempty"` // log_softmax
}

func (*Softmax) Kind() string { return "Softmax" }

func (o *Softmax) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 2); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0); err != nil {
		return nil, err
	}
	if len(o.Axes) == 0 {
		return nil, Errorf(ErrMalformed, "softmax over no axis")
	}
	if _, err := NormAxes(o.Axes, len(in[0].Shape)); err != nil {
		return nil, err
	}
	if m := optional(in, 1); !m.Absent() {
		if m.DType != Bool {
			return nil, Errorf(ErrDType, "mask is %v, wants bool", m.DType)
		}
		if s, err := BroadcastShapes(in[0].Shape, m.Shape); err != nil || len(s) != len(in[0].Shape) {
			return nil, Errorf(ErrShape, "mask %v does not broadcast to %v", m.Shape, in[0].Shape)
		}
	}
	return in[:1:1], nil
}
