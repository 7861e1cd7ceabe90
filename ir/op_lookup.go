package ir

// Lookup finds values in a vocabulary. Inputs: x (string or int64), keys (a
// constant of x's dtype, 1-D). Output: int64 of x's shape: First + the place of x
// among the keys, or Missing. With Strict a value that is not there is an error
// of the run that names it.
type Lookup struct {
	First   int64 `json:"first,omitempty"`
	Missing int64 `json:"missing,omitempty"`
	Strict  bool  `json:"strict,omitempty"`
}

func (*Lookup) Kind() string { return "Lookup" }

func (o *Lookup) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if d := in[0].DType; d != in[1].DType || d != String && d != Int64 {
		return nil, Errorf(ErrDType, "looks %v up among %v, wants strings or int64", d, in[1].DType)
	}
	if len(in[1].Shape) != 1 {
		return nil, Errorf(ErrShape, "keys have shape %v, want one axis", in[1].Shape)
	}
	return one(Int64, in[0].Shape), nil
}

// Bucketize counts, for each x, the boundaries that are not above it; NaN is
// above all. Inputs: x (numeric), boundaries (float32, 1-D, ascending). Output:
// int32 of x's shape.
type Bucketize struct{}

func (*Bucketize) Kind() string { return "Bucketize" }

func (o *Bucketize) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if d := in[0].DType; d == String || d == Bool {
		return nil, Errorf(ErrDType, "cannot put %v into buckets", d)
	}
	if in[1].DType != Float32 || len(in[1].Shape) != 1 {
		return nil, Errorf(ErrShape, "boundaries are %v, want float32 of one axis", in[1])
	}
	return one(Int32, in[0].Shape), nil
}

// Bincount counts how often each of 0, …, Depth-1 appears along the last axis;
// others do not count. Inputs: x [..., n] (int32 or int64), optional weights of
// the same shape, which are added up instead. Output: [..., Depth], int64 or the
// weights' dtype; with Binary 1 for what appears. With Bins, Depth is the least
// that is counted, and the axis, which bears that name, as long as the largest
// element asks for.
type Bincount struct {
	Depth  int    `json:"depth"`
	Binary bool   `json:"binary,omitempty"`
	Bins   string `json:"bins,omitempty"`
}

// DataDim is Bins.
func (o *Bincount) DataDim() string { return o.Bins }

func (*Bincount) Kind() string { return "Bincount" }

func (o *Bincount) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 2); err != nil {
		return nil, err
	}
	if d := in[0].DType; d != Int32 && d != Int64 {
		return nil, Errorf(ErrDType, "input is %v, wants int32 or int64", d)
	}
	s := in[0].Shape
	if len(s) == 0 || o.Depth < 0 || o.Depth > 1<<31-1 {
		return nil, Errorf(ErrShape, "input %v, depth %d", s, o.Depth)
	}
	dt := Int64
	if w := optional(in, 1); !w.Absent() {
		if o.Binary || !w.DType.IsFloat() {
			return nil, Errorf(ErrDType, "weights are %v, binary %v", w.DType, o.Binary)
		}
		if err := wantShape("weights", w, s...); err != nil {
			return nil, err
		}
		dt = w.DType
	}
	depth := Known(o.Depth)
	if o.Bins != "" {
		depth = Sym(o.Bins)
	}
	return one(dt, append(s[:len(s)-1:len(s)-1], depth)), nil
}
