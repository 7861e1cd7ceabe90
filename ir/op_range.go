package ir

// Range counts 0, 1, … along an axis: its output is 1-D, as long as Axis of the
// input, whose data are not read.
type Range struct {
	Axis  int   `json:"axis"`
	DType DType `json:"dtype"` // Int32, Int64 or Float32
}

func (*Range) Kind() string { return "Range" }

func (o *Range) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	axis, err := NormAxis(o.Axis, len(in[0].Shape))
	if err != nil {
		return nil, err
	}
	if o.DType != Int32 && o.DType != Int64 && o.DType != Float32 {
		return nil, Errorf(ErrDType, "range of %v", o.DType)
	}
	return one(o.DType, Shape{in[0].Shape[axis]}), nil
}
