package ir

// Where picks elementwise: cond ? a : b, all broadcast. Inputs: cond (bool), a,
// b of one dtype.
type Where struct{}

func (*Where) Kind() string { return "Where" }

func (o *Where) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	if in[0].DType != Bool || in[1].DType != in[2].DType {
		return nil, Errorf(ErrDType, "inputs are %v, %v, %v; want bool and two alike", in[0].DType, in[1].DType, in[2].DType)
	}
	s, err := BroadcastShapes(in[1].Shape, in[2].Shape)
	if err != nil {
		return nil, err
	}
	if s, err = BroadcastShapes(s, in[0].Shape); err != nil {
		return nil, err
	}
	return one(in[1].DType, s), nil
}
