package ir

// Gather looks rows up: out[..., i..., ...] = table[..., indices[i...], ...] on
// Axis. Inputs: table, indices (int32 or int64). Its shape is the table's with
// Axis replaced by the indices' shape. Negative indices count from the end when
// Wrap is set; otherwise, as TensorFlow on CPU, an index out of range is an
// error of the run that names index and bound.
type Gather struct {
	Axis int  `json:"axis"`
	Wrap bool `json:"wrap,omitempty"`
}

func (*Gather) Kind() string { return "Gather" }

func (o *Gather) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if d := in[1].DType; d != Int32 && d != Int64 {
		return nil, Errorf(ErrDType, "indices are %v, want int32 or int64", d)
	}
	s := in[0].Shape
	axis, err := NormAxis(o.Axis, len(s))
	if err != nil {
		return nil, err
	}
	out := append(s[:axis:axis], in[1].Shape...)
	return one(in[0].DType, append(out, s[axis+1:]...)), nil
}
