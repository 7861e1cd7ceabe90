package ir

import "slices"

// Binary combines two inputs elementwise with NumPy broadcasting. Both have
// the same dtype. Arithmetic keeps it (div, true division, wants floats);
// comparisons and logic give bool.
type Binary struct {
	Fn string `json:"fn"` // one of BinaryFuncs
}

// BinaryFuncs are the functions of Binary. floordiv and mod round like Python;
// divnonan gives 0 where the divisor is 0. The bit functions take integers; shr
// keeps the sign, and shifts by less than 0 or more than the width are as by that;
// gcd is the greatest common divisor, not negative, and 0 of zeros.
var BinaryFuncs = []string{
	"add", "sub", "mul", "div", "divnonan", "floordiv", "mod", "pow", "min", "max", "atan2", "squared_difference", "logaddexp",
	"bitand", "bitor", "bitxor", "shl", "shr", "gcd",
	"eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor",
}

func (*Binary) Kind() string { return "Binary" }

func (o *Binary) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 2, 2); err != nil {
		return nil, err
	}
	i := slices.Index(BinaryFuncs, o.Fn)
	if i < 0 {
		return nil, Errorf(ErrUnsupported, "binary function %q is not known", o.Fn)
	}
	t := in[0].DType
	if t != in[1].DType {
		return nil, Errorf(ErrDType, "%s: inputs are %v and %v", o.Fn, t, in[1].DType)
	}
	s, err := BroadcastShapes(in[0].Shape, in[1].Shape)
	if err != nil {
		return nil, err
	}
	switch o.Fn {
	case "and", "or", "xor":
		if t != Bool {
			return nil, Errorf(ErrDType, "%s: inputs are %v, want bool", o.Fn, t)
		}
	case "eq", "ne", "lt", "le", "gt", "ge":
		if t == String && o.Fn != "eq" && o.Fn != "ne" {
			return nil, Errorf(ErrDType, "%s: strings have no order", o.Fn)
		}
		t = Bool
	case "div", "divnonan", "atan2", "logaddexp":
		if !t.IsFloat() {
			return nil, Errorf(ErrDType, "%s: inputs are %v, want floats", o.Fn, t)
		}
	case "bitand", "bitor", "bitxor", "shl", "shr", "gcd":
		if !t.IsInt() {
			return nil, Errorf(ErrDType, "%s: inputs are %v, want integers", o.Fn, t)
		}
	default:
		if t == Bool || t == String {
			return nil, Errorf(ErrDType, "%s: inputs are %v", o.Fn, t)
		}
	}
	return one(t, s), nil
}
