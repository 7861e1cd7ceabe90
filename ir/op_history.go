package ir

// History makes runs continue each other along Axis, the time: its output is the
// last Steps steps that came before, then x. They are kept in the session's slot
// State; before the first run they are Value.
type History struct {
	Axis  int    `json:"axis"`
	Steps int    `json:"steps"`
	Value Float  `json:"value,omitempty"`
	State string `json:"state"`
}

func (*History) Kind() string { return "History" }

func (o *History) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if o.State == "" || o.Steps < 0 {
		return nil, Errorf(ErrMalformed, "a history of %d steps in slot %q", o.Steps, o.State)
	}
	if in[0].DType == String {
		return nil, Errorf(ErrDType, "a history of strings")
	}
	out := in[0].Shape.Clone()
	axis, err := NormAxis(o.Axis, len(out))
	if err != nil {
		return nil, err
	}
	out[axis] = out[axis].Add(o.Steps)
	return one(in[0].DType, out), nil
}
