package ir

// Padding of a convolution or pooling, for its spatial axes. With Same it is
// TensorFlow's SAME, which depends on the input's size and puts the odd element
// after; otherwise Before and After (nil means none, Keras's "valid").
type Padding struct {
	Same   bool  `json:"same,omitempty"`
	Before []int `json:"before,omitempty"`
	After  []int `json:"after,omitempty"`
}

// Resolve gives the padding of one spatial axis for an input of n.
func (p Padding) Resolve(axis, n, kernel, stride, dilation int) (before, after int) {
	if !p.Same {
		if axis < len(p.Before) {
			before = p.Before[axis]
		}
		if axis < len(p.After) {
			after = p.After[axis]
		}
		return before, after
	}
	out := (n + stride - 1) / stride
	total := max((out-1)*stride+(kernel-1)*dilation+1-n, 0)
	return total / 2, total - total/2
}

func (p Padding) out(axis int, d Dim, kernel, stride, dilation int) (Dim, error) {
	if p.Same {
		return d.CeilDiv(stride), nil
	}
	b, a := p.Resolve(axis, 0, kernel, stride, dilation)
	if a < 0 || b < 0 {
		return Dim{}, Errorf(ErrShape, "padding %d, %d is negative", b, a)
	}
	o := d.Add(b + a - (kernel-1)*dilation - 1)
	if o.IsKnown() && o.Size < 0 {
		return Dim{}, Errorf(ErrShape, "window of %d (dilation %d) is larger than the padded input %d", kernel, dilation, d.Size+a+b)
	}
	return o.FloorDiv(stride).Add(1), nil
}

// at returns v[i], or def where v is too short, so that nil means "all def".
func at(v []int, i, def int) int {
	if i < len(v) {
		return v[i]
	}
	return def
}

func positive(what string, v []int, rank int) error {
	if len(v) != 0 && len(v) != rank {
		return Errorf(ErrShape, "%s %v, want %d numbers", what, v, rank)
	}
	for _, n := range v {
		if n < 1 {
			return Errorf(ErrShape, "%s %v, want at least 1", what, v)
		}
	}
	return nil
}

// spatial infers the spatial output dimensions of a window op.
func spatial(x Shape, kernel, strides, dilations []int, p Padding) (Shape, error) {
	out := make(Shape, len(kernel))
	for i, k := range kernel {
		d, err := p.out(i, x[1+i], k, at(strides, i, 1), at(dilations, i, 1))
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return out, nil
}
