package ir

// Cast converts to another dtype. Float to int truncates towards zero, to bool
// tests for non-zero. Float16 and BFloat16 as To round to that precision.
type Cast struct {
	To DType `json:"to"`
}

func (*Cast) Kind() string { return "Cast" }

func (o *Cast) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if in[0].DType == String || o.To == String || o.To.Size() == 0 {
		return nil, Errorf(ErrDType, "cannot cast %v to %v", in[0].DType, o.To)
	}
	return one(o.To, in[0].Shape), nil
}
