package runtime

import (
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

func prepareEinsum(c *compiler, n *ir.Node) (*executor, error) {
	ops, out, err := n.Op.(*ir.Einsum).Parse()
	if err != nil {
		return nil, err
	}
	single := len(ops) == 1
	if single {
		ops = append(ops, "")
	}
	// A constant operand is packed, unless a label is in all three.
	constant := -1
	if !single && !strings.ContainsFunc(out, func(r rune) bool { return strings.ContainsRune(ops[0], r) && strings.ContainsRune(ops[1], r) }) {
		for i := 1; i >= 0 && constant < 0; i-- {
			if c.model.Const(n.Inputs[i]) != nil && onlyOnce(ops[i]) && covers(ops[i], ops[1-i], out) {
				constant = i
			}
		}
	}
	build := func(in, out []ir.Type, labels string) contraction {
		shapes := [3]ir.Shape{in[0].Shape, nil, out[0].Shape}
		if !single {
			shapes[inB] = in[1].Shape
		}
		return einsumLabels([3]string{ops[0], ops[1], labels}, shapes)
	}
	e := &executor{}
	if constant >= 0 {
		return e, prepareEinsumPacked(c, n, e, constant, [3]string{ops[0], ops[1], out})
	}
	threads := c.opts.threads
	plan := func(in, res []ir.Type) *gemms {
		con := build(in, res, out)
		if single {
			g := &gemms{contraction: con}
			g.pointwise = true
			return g
		}
		return con.plan()
	}
	e.scratch = func(in, res []ir.Type) int { return plan(in, res).scratch(threads) }
	e.bind = func(b *binding) (step, error) { return plan(b.types, b.result()).bind(b, nil) }
	return e, nil
}

// prepareEinsumPacked is for a constant operand whose labels are all either in
// the other operand or in the result.
func prepareEinsumPacked(c *compiler, n *ir.Node, e *executor, constant int, labels [3]string) error {
	t := c.take(n, constant)
	if constant == 0 {
		labels[inA], labels[inB] = labels[inB], labels[inA]
	}
	k, cols := 1, 1
	shapes := [3]ir.Shape{inB: ir.Dims(t.Shape...)}
	dims := map[rune]int{}
	for i, r := range labels[inB] {
		dims[r] = t.Shape[i]
	}
	// Of the other tensors only the order of the constant's labels matters here.
	var a, res string
	for _, r := range labels[inA] {
		if d, ok := dims[r]; ok {
			a += string(r)
			k *= d
		}
	}
	for _, r := range labels[inC] {
		if d, ok := dims[r]; ok {
			res += string(r)
			cols *= d
		}
	}
	dense := move{}
	to := k * cols
	strides := contiguous(t.Shape)
	for _, r := range a + res {
		i := strings.IndexRune(labels[inB], r)
		to /= max(1, t.Shape[i])
		dense.shape, dense.from, dense.to = append(dense.shape, t.Shape[i]), append(dense.from, strides[i]), append(dense.to, to)
	}
	w, err := c.packMatrix(n.Inputs[constant], k, cols, dense, t, 1)
	if err != nil {
		return err
	}
	plan := func(in, out []ir.Type) *gemms {
		shapes := shapes
		shapes[inA], shapes[inC] = in[1-constant].Shape, out[0].Shape
		con := einsumLabels(labels, shapes)
		con.packed = true
		n := 1
		for _, group := range [][]label{con.cols, con.inner} {
			for i := len(group) - 1; i >= 0; i-- {
				group[i].s[inB] = n
				n *= group[i].n
			}
		}
		return con.plan()
	}
	e.scratch = func(in, out []ir.Type) int { return plan(in, out).scratch(1) }
	e.bind = func(b *binding) (step, error) {
		if constant == 0 {
			b.in[0], b.in[1] = b.in[1], b.in[0]
			defer func() { b.in[0], b.in[1] = b.in[1], b.in[0] }()
		}
		return plan(b.types, b.result()).bind(b, w.f32)
	}
	return nil
}

// einsumLabels sorts the labels of an equation by what they do. Inner labels are
// in the order of a, the others in that of the result.
func einsumLabels(labels [3]string, shapes [3]ir.Shape) contraction {
	find := func(r rune) (l label) {
		for t, s := range labels {
			stride := 1
			for i := len(s) - 1; i >= 0; i-- {
				if rune(s[i]) == r {
					l.n = shapes[t][i].Size
					l.s[t] += stride // a label twice in one operand walks its diagonal
				}
				stride *= shapes[t][i].Size
			}
		}
		return l
	}
	var c contraction
	for _, r := range labels[inC] {
		l := find(r)
		a, b := strings.ContainsRune(labels[inA], r), strings.ContainsRune(labels[inB], r)
		switch {
		case a && b:
			c.batch = append(c.batch, l)
		case a:
			c.rows = append(c.rows, l)
		default:
			c.cols = append(c.cols, l)
		}
	}
	seen := labels[inC]
	for _, r := range labels[inA] + labels[inB] {
		if !strings.ContainsRune(seen, r) {
			c.inner = append(c.inner, find(r))
			seen += string(r)
		}
	}
	return c
}

// onlyOnce reports whether no label is there twice.
func onlyOnce(s string) bool {
	for i, r := range s {
		if strings.ContainsRune(s[i+1:], r) {
			return false
		}
	}
	return true
}

// covers reports whether every label of s is in other or out, and every label of
// other that is not in out is in s.
func covers(s, other, out string) bool {
	for _, r := range s {
		if !strings.ContainsRune(other+out, r) {
			return false
		}
	}
	for _, r := range other {
		if !strings.ContainsRune(out+s, r) {
			return false
		}
	}
	return true
}
