package ir

// CTCBeam finds the likeliest label sequences that x spells, by a search that
// keeps the Width likeliest beginnings (TensorFlow's ctc_beam_search_decoder).
// Inputs: x [batch, steps, classes], not normalised, and the number of steps that
// count, int32 [batch]. Outputs: int32 [Paths, batch, steps], -1 behind the labels;
// the logarithms of their probabilities [batch, Paths]. Class Blank is no label.
type CTCBeam struct {
	Width int `json:"width"`
	Paths int `json:"paths"`
	Blank int `json:"blank"`
}

func (*CTCBeam) Kind() string { return "CTCBeam" }

func (o *CTCBeam) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0); err != nil {
		return nil, err
	}
	x, n := in[0].Shape, in[1]
	if len(x) != 3 || len(n.Shape) != 1 || n.DType != Int32 || !Compatible(x[0], n.Shape[0]) {
		return nil, Errorf(ErrShape, "inputs %v and %v, want [batch, steps, classes] and int32[batch]", in[0], n)
	}
	if o.Width < 1 || o.Width > 1<<20 || o.Paths < 1 || o.Paths > o.Width {
		return nil, Errorf(ErrMalformed, "%d paths of %d", o.Paths, o.Width)
	}
	if x[2].IsKnown() && (o.Blank < 0 || o.Blank >= x[2].Size) {
		return nil, Errorf(ErrShape, "blank is class %d of %v", o.Blank, x[2])
	}
	return []Type{{Int32, Shape{Known(o.Paths), x[0], x[1]}}, {in[0].DType, Shape{x[0], Known(o.Paths)}}}, nil
}
