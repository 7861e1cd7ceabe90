package ir

// GatherAlong picks by an index for every element (NumPy's take_along_axis):
// out[..., i, ...] = x[..., indices[..., i, ...], ...] on Axis. Inputs: x, indices
// (int32 or int64) of x's shape but for Axis. Negative indices count from the
// end; others out of range are an error of the run.
type GatherAlong struct {
	Axis int `json:"axis"`
}

func (*GatherAlong) Kind() string { return "GatherAlong" }

func (o *GatherAlong) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if d := in[1].DType; d != Int32 && d != Int64 {
		return nil, Errorf(ErrDType, "indices are %v, want int32 or int64", d)
	}
	x, ids := in[0].Shape, in[1].Shape
	axis, err := NormAxis(o.Axis, len(x))
	if err != nil {
		return nil, err
	}
	if len(ids) != len(x) {
		return nil, Errorf(ErrShape, "indices %v do not fit %v", ids, x)
	}
	for i := range x {
		if i != axis && !Compatible(x[i], ids[i]) {
			return nil, Errorf(ErrShape, "indices %v do not fit %v on axis %d", ids, x, i)
		}
	}
	return one(in[0].DType, ids), nil
}
