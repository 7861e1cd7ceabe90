package ir

// Sort sorts x along Axis, stably: equal elements stay in order, NaN comes last.
// Outputs: the sorted elements, and int32 where each came from on the axis.
type Sort struct {
	Axis       int  `json:"axis"`
	Descending bool `json:"descending,omitempty"`
}

func (*Sort) Kind() string { return "Sort" }

func (o *Sort) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if d := in[0].DType; d == Bool || d == String {
		return nil, Errorf(ErrDType, "cannot sort %v", d)
	}
	if _, err := NormAxis(o.Axis, len(in[0].Shape)); err != nil {
		return nil, err
	}
	return []Type{in[0], {Int32, in[0].Shape}}, nil
}
