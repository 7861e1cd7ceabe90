package ir

// OneHot appends an axis of Depth that is 1 at the index and 0 elsewhere; an
// index out of range gives all zeros. Input: int32 or int64. Output: DType.
type OneHot struct {
	Depth int   `json:"depth"`
	DType DType `json:"dtype"`
}

func (*OneHot) Kind() string { return "OneHot" }

func (o *OneHot) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if d := in[0].DType; d != Int32 && d != Int64 {
		return nil, Errorf(ErrDType, "indices are %v, want int32 or int64", d)
	}
	if o.Depth < 0 || o.DType.Size() == 0 {
		return nil, Errorf(ErrShape, "one-hot depth %d, dtype %v", o.Depth, o.DType)
	}
	return one(o.DType, append(in[0].Shape.Clone(), Known(o.Depth))), nil
}
