package ir

// Attention is softmax(Scale*q·kᵀ + bias, masked)·v for every head. Inputs: q
// [batch, tq, heads, d], k [batch, tk, kvheads, d], v [batch, tk, kvheads, dv],
// optional mask (bool) and optional bias (float), both of rank 4 and
// broadcastable to [batch, heads, tq, tk]. kvheads divides heads; query head h
// uses key head h/(heads/kvheads). Causal lets position i see keys up to i;
// Window > 0 further limits |i-j| to less than Window (with Causal: i-j < Window).
// Where a query sees no key the weights are equal, or 0 with ZeroMasked.
// Outputs: [batch, tq, heads, dv], and the weights [batch, heads, tq, tk].
type Attention struct {
	Scale  Float `json:"scale"`
	Causal bool  `json:"causal,omitempty"`
	Window int   `json:"window,omitempty"`

	ZeroMasked bool `json:"zero_masked,omitempty"`
}

func (*Attention) Kind() string { return "Attention" }

func (o *Attention) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 3, 5); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0, 1, 2, 4); err != nil {
		return nil, err
	}
	q, k, v := in[0].Shape, in[1].Shape, in[2].Shape
	if len(q) != 4 || len(k) != 4 || len(v) != 4 {
		return nil, Errorf(ErrShape, "query %v, key %v, value %v: want rank 4", q, k, v)
	}
	if !Compatible(q[3], k[3]) || !Compatible(k[1], v[1]) || !Compatible(k[2], v[2]) || !Compatible(q[0], k[0]) || !Compatible(q[0], v[0]) {
		return nil, Errorf(ErrShape, "query %v, key %v and value %v do not fit", q, k, v)
	}
	if q[2].IsKnown() && k[2].IsKnown() && (k[2].Size == 0 || q[2].Size%k[2].Size != 0) {
		return nil, Errorf(ErrShape, "%v query heads are no multiple of %v key heads", q[2], k[2])
	}
	scores := Shape{q[0], q[2], q[1], k[1]}
	for i, what := range []string{"mask", "bias"} {
		t := optional(in, 3+i)
		if t.Absent() {
			continue
		}
		if i == 0 && t.DType != Bool {
			return nil, Errorf(ErrDType, "mask is %v, wants bool", t.DType)
		}
		if s, err := BroadcastShapes(scores, t.Shape); err != nil || len(t.Shape) != 4 || !s.CompatibleWith(scores) {
			return nil, Errorf(ErrShape, "%s %v does not broadcast to %v", what, t.Shape, scores)
		}
	}
	return []Type{{in[0].DType, Shape{q[0], q[1], q[2], v[3]}}, {in[0].DType, scores}}, nil
}
