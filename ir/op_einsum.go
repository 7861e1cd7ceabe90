package ir

import "strings"

// Einsum is NumPy's einsum for one or two operands, without ellipsis (the
// importer expands it).
type Einsum struct {
	Equation string `json:"equation"` // "abc,cd->abd"
}

func (*Einsum) Kind() string { return "Einsum" }

// Parse splits the equation into its operands' and its output's labels.
func (o *Einsum) Parse() (in []string, out string, err error) {
	lhs, out, ok := strings.Cut(strings.ReplaceAll(o.Equation, " ", ""), "->")
	in = strings.Split(lhs, ",")
	if !ok || len(in) > 2 {
		return nil, "", Errorf(ErrUnsupported, "einsum equation %q: want one or two operands and ->", o.Equation)
	}
	for _, c := range lhs + out {
		if c != ',' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return nil, "", Errorf(ErrUnsupported, "einsum equation %q: label %q", o.Equation, c)
		}
	}
	for i, c := range out {
		if !strings.ContainsRune(lhs, c) || strings.ContainsRune(out[i+1:], c) {
			return nil, "", Errorf(ErrMalformed, "einsum equation %q: output label %q", o.Equation, c)
		}
	}
	return in, out, nil
}

func (o *Einsum) Infer(in []Type) ([]Type, error) {
	ops, out, err := o.Parse()
	if err != nil {
		return nil, err
	}
	if err := arity(in, len(ops), len(ops)); err != nil {
		return nil, err
	}
	if err := wantFloat(in, 0, 1); err != nil {
		return nil, err
	}
	dims := map[rune]Dim{}
	for i, labels := range ops {
		if len(labels) != len(in[i].Shape) {
			return nil, Errorf(ErrShape, "einsum %q: operand %d has shape %v", o.Equation, i, in[i].Shape)
		}
		for j, c := range labels {
			d := in[i].Shape[j]
			if have, ok := dims[c]; ok {
				if have, ok = Unify(have, d); !ok {
					return nil, Errorf(ErrShape, "einsum %q: label %c is %v and %v", o.Equation, c, have, d)
				}
				d = have
			}
			dims[c] = d
		}
	}
	s := make(Shape, 0, len(out))
	for _, c := range out {
		s = append(s, dims[c])
	}
	return one(in[0].DType, s), nil
}
