package ir

import "slices"

// Scatter changes parts of x: x[indices[i]] = Fn(x[indices[i]], updates[i]), one
// i after the other. Inputs: x, indices (int32 or int64) [..., k] that name the
// first k axes, updates [..., the other axes of x]. Output: the shape of x. An
// index out of range is an error of the run.
type Scatter struct {
	Fn string `json:"fn"` // one of ScatterFuncs
}

// ScatterFuncs are the functions of Scatter; set takes the update.
var ScatterFuncs = []string{"set", "add", "sub", "mul", "max", "min"}

func (*Scatter) Kind() string { return "Scatter" }

func (o *Scatter) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 3, 3); err != nil {
		return nil, err
	}
	if !slices.Contains(ScatterFuncs, o.Fn) {
		return nil, Errorf(ErrUnsupported, "scatter function %q is not known", o.Fn)
	}
	if d := in[1].DType; d != Int32 && d != Int64 {
		return nil, Errorf(ErrDType, "indices are %v, want int32 or int64", d)
	}
	if d := in[0].DType; d != in[2].DType || o.Fn != "set" && (d == Bool || d == String) {
		return nil, Errorf(ErrDType, "%s of %v into %v", o.Fn, in[2].DType, d)
	}
	x, ids := in[0].Shape, in[1].Shape
	if len(ids) == 0 {
		return nil, Errorf(ErrShape, "indices are a scalar, want a last axis that names axes of %v", x)
	}
	k := ids[len(ids)-1]
	if !k.IsKnown() || k.Size < 1 || k.Size > len(x) {
		return nil, Errorf(ErrShape, "indices %v name %v axes of %v", ids, k, x)
	}
	return in[:1:1], wantShape("updates", in[2], append(ids[:len(ids)-1:len(ids)-1], x[k.Size:]...)...)
}
