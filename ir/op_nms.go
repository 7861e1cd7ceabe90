package ir

// NMS selects, of boxes that overlap, the one with the highest score, as
// TensorFlow's non_max_suppression does. Inputs: boxes [batch, n, 4], two opposite
// corners, and scores [batch, n], float32. A box is selected if its score is above
// Score and it has with none of those selected before an intersection of more than
// Overlap of the union; equal scores stay in order. Outputs: int32 [batch, Most],
// the boxes selected, 0 behind them, and int32 [batch], how many they are.
type NMS struct {
	Most    int   `json:"most"`
	Overlap Float `json:"overlap,omitempty"`
	Score   Float `json:"score,omitempty"`
}

func (*NMS) Kind() string { return "NMS" }

func (o *NMS) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	boxes, scores := in[0], in[1]
	if boxes.DType != Float32 || scores.DType != Float32 {
		return nil, Errorf(ErrDType, "boxes of %v with scores of %v, wants float32", boxes.DType, scores.DType)
	}
	if len(boxes.Shape) != 3 || len(scores.Shape) != 2 || boxes.Shape[2] != Known(4) || !boxes.Shape[:2].CompatibleWith(scores.Shape) {
		return nil, Errorf(ErrShape, "inputs %v and %v, want boxes [batch, n, 4] and scores [batch, n]", boxes, scores)
	}
	if o.Most < 0 || o.Most > 1<<16 {
		return nil, Errorf(ErrMalformed, "selects %d boxes", o.Most)
	}
	batch := scores.Shape[0]
	return []Type{{Int32, Shape{batch, Known(o.Most)}}, {Int32, Shape{batch}}}, nil
}
