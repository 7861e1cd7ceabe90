package streaming

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// timeOf reports whether e is the length of a flowing input.
func (n *node) timeOf(e ir.Extent) (fact, bool) {
	if e.From == 0 {
		return fact{}, false
	}
	f := n.facts[e.From-1]
	a, err := ir.NormAxis(e.Axis, len(n.types[e.From-1].Shape))
	return f, err == nil && f.kind == flowing && f.axis == a
}

// broadcast keeps the time of its input, or gives every step the same.
func broadcast(n *node) error {
	dims := slices.Clone(n.op.(*ir.Broadcast).Dims)
	f := n.facts[0]
	if f.kind == flowing {
		axis := f.axis + len(dims) - len(n.types[0].Shape)
		dims[axis] = ir.DimOf(0, f.axis)
		f.axis = axis
	}
	for i, e := range dims {
		g, ok := n.timeOf(e)
		switch {
		case !ok || f.kind == flowing && i == f.axis:
		case f.kind == flowing || g.folded:
			return errors.New("it repeats steps for the positions of the window")
		default:
			f = g
			f.axis = i
			s := n.types[0].Shape
			if a := i - len(dims) + len(s); a >= 0 && s[a] != ir.Known(1) {
				return fmt.Errorf("it has %v values of its own for the positions of the window", s[a])
			}
		}
	}
	n.op = &ir.Broadcast{Dims: dims}
	n.all(f)
	return nil
}

// reshape keeps the time when it stays an axis, or is folded with the axes
// before it: each step's elements stay together.
func reshape(n *node) error {
	f := n.facts[0]
	if f.kind != flowing {
		return errors.New("its shape depends on the length of the window")
	}
	was, becomes := n.was[0].Shape, n.result[0].Shape
	dims := slices.Clone(n.op.(*ir.Reshape).Dims)
	known := func(except int) error { // no open extent beside the time
		for i, e := range dims {
			if i == except || e.From != 0 || e.N != -1 {
				continue
			}
			if !becomes[i].IsKnown() {
				return fmt.Errorf("reshaping %v to %v", was, becomes)
			}
			dims[i] = ir.Size(becomes[i].Size)
		}
		return nil
	}
	axis, how := follow(n, was, becomes, dims, f)
	switch how {
	case stays:
		dims[axis] = ir.DimOf(0, f.axis)
	case folds:
		if f.lead != 0 {
			return errors.New("it merges the time, padded, with other axes")
		}
		if err := known(axis); err != nil {
			return err
		}
		dims[axis] = ir.Size(-1)
		f.folded = true
	case unfolds:
		if _, ok := n.timeOf(dims[axis]); !ok {
			if err := known(axis); err != nil {
				return err
			}
			dims[axis] = ir.Size(-1)
		}
		f.folded = false
	default:
		return fmt.Errorf("reshaping %v to %v mixes the time, axis %d, with what comes after it", was, becomes, f.axis)
	}
	f.axis = axis
	for i, e := range dims {
		if g, ok := n.timeOf(e); ok && (i != axis || g.folded != f.folded) {
			return errors.New("its shape depends on the length of the window")
		}
	}
	n.op = &ir.Reshape{Dims: dims}
	n.all(f)
	return nil
}

type movement int

const (
	lost movement = iota
	stays
	folds
	unfolds
)

// follow finds the axis that the time becomes when was is reshaped.
func follow(n *node, was, becomes ir.Shape, dims []ir.Extent, f fact) (int, movement) {
	prefix := func(k int) bool { return k <= len(becomes) && was[:k].Equal(becomes[:k]) }
	if prefix(f.axis + 1) {
		return f.axis, stays
	}
	if f.folded {
		if a := f.axis; prefix(a) && a+1 < len(becomes) && sameFold(becomes[a].Times(becomes[a+1]), was[a], dims[a+1], n) {
			return a + 1, unfolds
		}
		return 0, lost
	}
	for j, d := range becomes {
		if d == was[f.axis] && sameElements(was[:f.axis], becomes[:j]) {
			return j, stays
		}
	}
	for j := range f.axis {
		merged := was[j]
		for _, d := range was[j+1 : f.axis+1] {
			merged = merged.Times(d)
		}
		if prefix(j) && j < len(becomes) && becomes[j] == merged {
			return j, folds
		}
	}
	return 0, lost
}

// sameFold reports whether two axes are what was folded: by their sizes, or because
// the second is said to be the length of a sequence.
func sameFold(product, folded ir.Dim, second ir.Extent, n *node) bool {
	_, ok := n.timeOf(second)
	return ok || product == folded
}

// sameElements compares the products of dimensions.
func sameElements(a, b ir.Shape) bool {
	count := func(s ir.Shape) (int, []string) {
		k := 1
		var open []string
		for _, d := range s {
			if d.IsKnown() {
				k *= d.Size
			} else {
				open = append(open, d.String())
			}
		}
		slices.Sort(open)
		return k, open
	}
	ka, oa := count(a)
	kb, ob := count(b)
	return ka == kb && slices.Equal(oa, ob)
}

// slice may drop steps from before the run, or take the last one of all.
func slice(n *node) error {
	f := n.facts[0]
	c := &ir.Slice{Axes: slices.Clone(n.op.(*ir.Slice).Axes)}
	out := f
	for i, a := range c.Axes {
		if n.norm(a.Axis) != f.axis {
			continue
		}
		if f.folded {
			return errors.New("it takes a part of the steps")
		}
		if a.Step != 0 && a.Step != 1 {
			return errors.New("it skips steps or turns them round")
		}
		first, dropped, last := stepsOf(a, n.was[0].Shape[f.axis])
		a.Start, a.End = nil, nil
		switch {
		case last:
			a.Start = pointer(-1)
			out = fact{kind: now}
		case first < 0 || dropped < 0:
			return errors.New("it takes steps by their index in the window")
		case first+dropped > f.lead:
			return errors.New("it drops steps")
		default:
			out.lead = f.lead - first - dropped
			if first > 0 {
				a.Start = pointer(first)
			}
			if dropped > 0 {
				a.End = pointer(-dropped)
			}
		}
		c.Axes[i] = a
	}
	n.op = c
	n.all(out)
	return nil
}

func pointer(v int) *int { return &v }

// stepsOf reads a slice of the time, which is length long: how many steps it
// leaves out at the start and at the end, -1 when that cannot be said, or that
// it takes the last step alone.
func stepsOf(a ir.AxisSlice, length ir.Dim) (first, dropped int, last bool) {
	if length.IsKnown() {
		start, count, _ := a.Resolve(length.Size)
		return start, length.Size - start - count, count == 1 && start > 0 && start == length.Size-1
	}
	if a.Start != nil {
		first = max(-1, *a.Start)
		last = *a.Start == -1 && a.End == nil
	}
	if a.End != nil {
		if dropped = -*a.End; dropped <= 0 {
			dropped = -1
		}
	}
	return first, dropped, last
}
