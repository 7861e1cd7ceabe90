package ir

// Unary applies Func to every element. Input: x. Output: the shape of x, of its
// dtype; bool for "not" (bool in), "isnan", "isinf" and "isfinite".
type Unary struct {
	Func
}

func (*Unary) Kind() string { return "Unary" }

func (o *Unary) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if err := o.valid(); err != nil {
		return nil, err
	}
	t := in[0].DType
	switch o.Name {
	case "not":
		if t != Bool {
			return nil, Errorf(ErrDType, "not: input is %v, wants bool", t)
		}
	case "isnan", "isinf", "isfinite":
		t = Bool
	case "", "relu", "relu_max", "clip", "abs", "neg", "sign", "square", "floor", "ceil", "round", "trunc":
		if t == String || t == Bool && o.Name != "" {
			return nil, Errorf(ErrDType, "%s: input is %v", o.Name, t)
		}
	default:
		if !t.IsFloat() {
			return nil, Errorf(ErrDType, "%s: input is %v, wants a float dtype", o.Name, t)
		}
	}
	return one(t, in[0].Shape), nil
}
