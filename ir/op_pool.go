package ir

// Pool takes the max or the mean over windows of 1 to 3 spatial axes, per
// channel. Padding never counts, as in TensorFlow: an average divides by the
// elements that are there. A maximum leaves NaN out, and is no less than the
// least finite number, as TensorFlow's on CPUs. Input: x [batch, spatial..., c].
type Pool struct {
	Avg     bool    `json:"avg,omitempty"` // mean, else max
	Size    []int   `json:"size"`
	Strides []int   `json:"strides,omitempty"`
	Padding Padding `json:"padding,omitzero"`
}

func (*Pool) Kind() string { return "Pool" }

func (o *Pool) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	x, rank := in[0].Shape, len(o.Size)
	if rank < 1 || rank > 3 || len(x) != rank+2 {
		return nil, Errorf(ErrShape, "input %v does not fit pool size %v", x, o.Size)
	}
	if in[0].DType == String || in[0].DType == Bool || o.Avg && !in[0].DType.IsFloat() {
		return nil, Errorf(ErrDType, "cannot pool %v", in[0].DType)
	}
	if err := positive("pool size", o.Size, rank); err != nil {
		return nil, err
	}
	if err := positive("strides", o.Strides, rank); err != nil {
		return nil, err
	}
	sp, err := spatial(x, o.Size, o.Strides, nil, o.Padding)
	if err != nil {
		return nil, err
	}
	return one(in[0].DType, append(append(Shape{x[0]}, sp...), x[rank+1])), nil
}
