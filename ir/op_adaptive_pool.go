package ir

// AdaptivePool takes the max or the mean over as many windows as Size says along
// each of 1 to 3 spatial axes, however long these are: window i of an axis of n
// goes from floor(i*n/size) to ceil((i+1)*n/size). A maximum treats NaN as
// Pool's. Input: x [batch, spatial..., c].
type AdaptivePool struct {
	Avg  bool  `json:"avg,omitempty"` // mean, else max
	Size []int `json:"size"`
}

func (*AdaptivePool) Kind() string { return "AdaptivePool" }

func (o *AdaptivePool) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	x, rank := in[0].Shape, len(o.Size)
	if rank < 1 || rank > 3 || len(x) != rank+2 {
		return nil, Errorf(ErrShape, "input %v does not fit %v windows", x, o.Size)
	}
	if in[0].DType == String || in[0].DType == Bool || o.Avg && !in[0].DType.IsFloat() {
		return nil, Errorf(ErrDType, "cannot pool %v", in[0].DType)
	}
	if err := positive("number of windows", o.Size, rank); err != nil {
		return nil, err
	}
	out := x.Clone()
	for i, n := range o.Size {
		if x[1+i] == Known(0) {
			return nil, Errorf(ErrShape, "%d windows over an axis of 0", n)
		}
		out[1+i] = Known(n)
	}
	return one(in[0].DType, out), nil
}
