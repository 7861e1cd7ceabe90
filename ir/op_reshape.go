package ir

import (
	"slices"
	"strings"
)

// Reshape gives x another shape with the same elements in row-major order.
// Inputs: x, then any values whose dimensions Dims refers to (their data are
// not read). At most one of Dims is Size(-1).
type Reshape struct {
	Dims []Extent `json:"dims"`
}

func (*Reshape) Kind() string { return "Reshape" }

func (o *Reshape) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 8); err != nil {
		return nil, err
	}
	rest := -1
	out := make(Shape, len(o.Dims))
	for i, e := range o.Dims {
		d, r, err := e.dim(in)
		if err != nil {
			return nil, err
		}
		if r {
			if rest >= 0 {
				return nil, Errorf(ErrShape, "reshape to %v has two open dimensions", o.Dims)
			}
			rest = i
		}
		out[i] = d
	}
	n, syms := factors(in[0].Shape)
	var others Shape
	for i, d := range out {
		if i != rest {
			others = append(others, d)
		}
	}
	k, osyms := factors(others)
	for _, s := range osyms {
		if j := slices.Index(syms, s); j >= 0 {
			syms = slices.Delete(syms, j, j+1)
		} else if rest >= 0 && len(syms) == 0 && n != 0 {
			return nil, Errorf(ErrShape, "cannot reshape %v to %v", in[0].Shape, out)
		} else { // may still agree at run time
			if rest >= 0 {
				out[rest] = Sym("(" + in[0].Shape.String() + ")/(" + others.String() + ")")
			}
			return one(in[0].DType, out), nil
		}
	}
	if rest < 0 {
		if len(syms) == 0 && n != k {
			return nil, Errorf(ErrShape, "cannot reshape %v to %v: %d elements against %d", in[0].Shape, out, n, k)
		}
		return one(in[0].DType, out), nil
	}
	if k == 0 {
		if n != 0 {
			return nil, Errorf(ErrShape, "cannot reshape %v to %v", in[0].Shape, others)
		}
		out[rest] = Known(o.restOfNone(in[0].Shape))
		return one(in[0].DType, out), nil
	}
	if len(syms) == 0 {
		if n%k != 0 {
			return nil, Errorf(ErrShape, "cannot reshape %v to %v: %d elements are no multiple of %d", in[0].Shape, o.Dims, n, k)
		}
		out[rest] = Known(n / k)
		return one(in[0].DType, out), nil
	}
	d := symbols(syms)
	if n%k == 0 {
		out[rest] = d.Times(Known(n / k))
	} else {
		out[rest] = d.Times(Known(n)).FloorDiv(k)
	}
	return one(in[0].DType, out), nil
}

// restOfNone is the dimension of -1 when there are no elements: what the axes of
// x that are not kept divide into, as Keras's Flatten has it for no rows.
func (o *Reshape) restOfNone(x Shape) int {
	n, k := 1, 1
	kept := make([]bool, len(x))
	for _, e := range o.Dims {
		if e.From == 1 {
			if a, err := NormAxis(e.Axis, len(x)); err == nil {
				kept[a] = true
			}
		} else if e.From == 0 && e.N > 0 {
			k = mulClamp(k, e.N)
		}
	}
	for i, d := range x {
		if !kept[i] && d.IsKnown() {
			n = mulClamp(n, d.Size)
		}
	}
	if n%k != 0 {
		return 0
	}
	return n / k
}

// factors splits a shape's element count into its known product and open factors.
func factors(s Shape) (int, []Dim) {
	n := 1
	var syms []Dim
	for _, d := range s {
		if d.IsKnown() {
			n = mulClamp(n, d.Size)
			continue
		}
		if d.Size != 0 || strings.Contains(d.Name, "(") {
			syms = append(syms, d)
			continue
		}
		for _, f := range strings.Split(d.Name, "*") { // "batch*time*4" as Times wrote it
			if f != "" && strings.Trim(f, "0123456789") == "" {
				v := 0
				for _, c := range f {
					v = v*10 + int(c-'0')
				}
				n = mulClamp(n, v)
			} else {
				syms = append(syms, Sym(f))
			}
		}
	}
	return n, syms
}

func symbols(syms []Dim) Dim {
	d := syms[0]
	for _, s := range syms[1:] {
		d = d.Times(s)
	}
	return d
}
