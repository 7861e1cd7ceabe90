package ir

// Hash puts values into Bins buckets by a hash of their text: integers in
// decimal. It is FarmHash's Fingerprint64 or, with a Key of two numbers,
// SipHash-2-4, modulo Bins. Input: string, int32 or int64. Output: int64.
type Hash struct {
	Bins int64   `json:"bins"`
	Key  []int64 `json:"key,omitempty"`
}

func (*Hash) Kind() string { return "Hash" }

func (o *Hash) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if err := hashable(in); err != nil {
		return nil, err
	}
	if o.Bins < 1 || len(o.Key) != 0 && len(o.Key) != 2 {
		return nil, Errorf(ErrMalformed, "%d bins, a key of %d numbers", o.Bins, len(o.Key))
	}
	return one(Int64, in[0].Shape), nil
}

// CrossHash puts tuples into Bins buckets as TensorFlow's sparse.cross_hashed
// does: the Fingerprint64 of strings, and integers as they are, mixed by
// FingerprintCat64. Inputs: two or more of one shape, string, int32 or int64.
// Output: int64.
type CrossHash struct {
	Bins int64 `json:"bins"`
}

func (*CrossHash) Kind() string { return "CrossHash" }

func (o *CrossHash) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, max(2, len(in))); err != nil {
		return nil, err
	}
	if err := hashable(in); err != nil {
		return nil, err
	}
	if o.Bins < 1 {
		return nil, Errorf(ErrMalformed, "%d bins", o.Bins)
	}
	out := in[0].Shape
	for _, t := range in[1:] {
		if !t.Shape.CompatibleWith(out) {
			return nil, Errorf(ErrShape, "crosses %v and %v", out, t.Shape)
		}
	}
	return one(Int64, out), nil
}

func hashable(in []Type) error {
	for i, t := range in {
		if t.DType != String && t.DType != Int32 && t.DType != Int64 {
			return Errorf(ErrDType, "input %d is %v, wants string, int32 or int64", i, t.DType)
		}
	}
	return nil
}
