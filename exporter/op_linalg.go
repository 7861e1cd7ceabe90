package exporter

import "github.com/kerasgo/kerasgo/ir"

func writeLinalg(n *node) {
	op := n.Op.(*ir.Linalg)
	var y ref
	switch op.Fn {
	case "cholesky":
		y = n.like("linalg", "Cholesky", object{"upper": false}, n.tensor(0))
	case "inverse":
		y = n.like("linalg", "Inv", nil, n.tensor(0))
	case "qr":
		mode := "reduced"
		if op.Full {
			mode = "complete"
		}
		y = n.like("linalg", "Qr", object{"mode": mode}, n.tensor(0))
	case "solve":
		y = n.like("linalg", "Solve", nil, n.arg(0), n.arg(1))
	case "triangular":
		y = n.like("linalg", "SolveTriangular", object{"lower": !op.Upper}, n.arg(0), n.arg(1))
	case "eigh":
		y = n.like("linalg", "Eigh", nil, n.tensor(0))
	case "svd":
		y = n.like("linalg", "SVD", object{"full_matrices": op.Full, "compute_uv": true}, n.tensor(0))
	default:
		n.unsupported("Keras 3 has no %s of matrices with all of its outputs", op.Fn)
		return
	}
	for i, id := range n.Outputs {
		r := ref{y.of, i, n.m.Type(id)}
		if op.Fn == "svd" && i == 2 { // Keras gives Vᵀ
			r = n.swapped(r)
		}
		n.values[id] = r
	}
}

// swapped has the last two axes of x the other way round.
func (n *node) swapped(x ref) ref {
	last := len(x.typ.Shape) - 1
	return n.exchanged(x, last-1, last)
}

// exchanged has two axes of x in each other's place.
func (n *node) exchanged(x ref, a, b int) ref {
	t := x.typ
	t.Shape = t.Shape.Clone()
	perm := make([]int, len(t.Shape))
	for i := range perm {
		perm[i] = i
	}
	perm[a], perm[b] = b, a
	t.Shape[a], t.Shape[b] = t.Shape[b], t.Shape[a]
	return n.op("numpy", "Transpose", t, object{"axes": ints(perm)}, x)
}
