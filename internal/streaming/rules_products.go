package streaming

import (
	"errors"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var errContracts = errors.New("it sums over the time")

func dense(n *node) error {
	for _, f := range n.facts[1:] {
		if f.kind == flowing && f != n.facts[0] {
			return errors.New("its weights depend on the time")
		}
	}
	f := n.facts[0]
	if f.kind != flowing {
		return errors.New("its weights depend on the time")
	}
	if f.axis == len(n.types[0].Shape)-1 {
		return errContracts
	}
	n.all(f)
	return nil
}

// matMul keeps the time when it is an axis of the result: a row of the left
// operand, a column of the right one, or an axis of the batch.
func matMul(n *node) error {
	o := n.op.(*ir.MatMul)
	rank := max(len(n.types[0].Shape), len(n.types[1].Shape))
	a, b := n.facts[0], n.facts[1]
	fromEnd := func(i int) int { return len(n.types[i].Shape) - n.facts[i].axis } // 1: the last axis
	row, column := 2, 1
	if o.TransA {
		row = 1
	}
	if o.TransB {
		column = 2
	}
	switch {
	case a.kind == flowing && fromEnd(0) <= 2:
		if b.kind == flowing {
			return errors.New("it compares steps with each other")
		}
		if fromEnd(0) != row {
			return errContracts
		}
		a.axis = rank - 2
		n.all(a)
		return nil
	case b.kind == flowing && fromEnd(1) <= 2:
		if a.kind == flowing {
			return errors.New("it compares steps with each other")
		}
		if fromEnd(1) != column {
			return errContracts
		}
		b.axis = rank - 1
		n.all(b)
		return nil
	}
	f, err := n.aligned(rank, 0, 1)
	n.all(f)
	return err
}

func einsum(n *node) error {
	labels, out, err := n.op.(*ir.Einsum).Parse()
	if err != nil {
		return err
	}
	var f fact
	var time byte
	for i, g := range n.facts {
		if g.kind != flowing {
			continue
		}
		if c := labels[i][g.axis]; f.kind == flowing && (c != time || f.lead != g.lead || f.folded != g.folded) {
			return errors.New("it compares steps with each other")
		}
		f, time = g, labels[i][g.axis]
	}
	for i, g := range n.facts {
		if g.kind != flowing && strings.IndexByte(labels[i], time) >= 0 {
			return errors.New("it has values of its own for the positions of the window")
		}
	}
	if f.axis = strings.IndexByte(out, time); f.axis < 0 {
		return errContracts
	}
	n.all(f)
	return nil
}

// attention within each step streams; over steps it does not.
func attention(n *node) error {
	const why = "it attends over the whole window"
	f := n.facts[0]
	if f.axis != 0 {
		return errors.New(why)
	}
	for i, g := range n.facts {
		if g != f && (i < 3 || g.kind == flowing || n.in[i] != ir.None && n.types[i].Shape[0] != ir.Known(1)) {
			return errors.New(why)
		}
	}
	n.all(f)
	return nil
}
