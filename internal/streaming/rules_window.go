package streaming

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// spatial finds the time among the spatial axes of a convolution or pooling with
// rank of them; -1 when it is the batch, whose examples do not touch.
func (n *node) spatial(rank int) (int, fact, error) {
	f, err := n.first()
	if err != nil {
		return 0, f, err
	}
	switch {
	case f.kind != flowing:
		return 0, f, errors.New("its parameters depend on the time")
	case f.axis > rank:
		return 0, f, errors.New("its channels are the steps")
	case f.folded && f.axis > 0:
		return 0, f, errors.New("its window covers steps of several sequences")
	}
	return f.axis - 1, f, nil
}

// conv lets a causal convolution read the steps before from a history instead
// of padding.
func conv(n *node) error {
	var strides, dilations []int
	var padding *ir.Padding
	switch o := n.op.(type) {
	case *ir.Conv:
		c := *o
		n.op, strides, dilations, padding = &c, o.Strides, o.Dilations, &c.Padding
	case *ir.DepthwiseConv:
		c := *o
		n.op, strides, dilations, padding = &c, o.Strides, o.Dilations, &c.Padding
	}
	window := n.types[1].Shape
	rank := len(window) - 2
	axis, f, err := n.spatial(rank)
	if err != nil {
		return err
	}
	n.all(f)
	if axis < 0 {
		return nil
	}
	if s := orOne(strides, axis); s != 1 {
		return fmt.Errorf("strides=%d skips steps", s)
	}
	span := (window[axis].Size - 1) * orOne(dilations, axis) // how far back the window reaches
	if padding.Same {
		if span > 0 {
			return errors.New(`padding="same" needs steps that are still to come; padding="causal" would stream`)
		}
		return nil
	}
	before, after := padding.Resolve(axis, 0, window[axis].Size, 1, orOne(dilations, axis))
	switch {
	case after != 0:
		return errors.New("padding after the last step needs to know which one it is")
	case before == 0 && f.lead >= span:
		f.lead -= span
	case f.lead == 0 && before >= span:
		n.history(0, before, 0)
		padding.Before = resized(padding.Before, rank)
		padding.Before[axis] = 0
		f.lead = before - span
	case before == 0 && f.lead == 0:
		return errors.New(`padding="valid" gives fewer steps than it gets; padding="causal" would stream`)
	default:
		return fmt.Errorf("it is padded with %d steps, its window reaches %d back", f.lead+before, span)
	}
	n.all(f)
	return nil
}

func convTranspose(n *node) error {
	axis, f, err := n.spatial(len(n.types[1].Shape) - 2)
	if err == nil && axis >= 0 {
		err = errors.New("it stretches the sequence")
	}
	n.all(f)
	return err
}

func pool(n *node) error {
	o := n.op.(*ir.Pool)
	axis, f, err := n.spatial(len(o.Size))
	if err != nil {
		return err
	}
	n.all(f)
	if axis < 0 {
		return nil
	}
	before, after := o.Padding.Resolve(axis, 1, o.Size[axis], 1, 1)
	if o.Size[axis] != 1 || orOne(o.Strides, axis) != 1 || before != 0 || after != 0 {
		return errors.New("it pools over the time")
	}
	return nil
}

// pad before the first step is a history that starts with the padding.
func pad(n *node) error {
	o, f := n.op.(*ir.Pad), n.facts[0]
	before, after := o.Before[f.axis], o.After[f.axis]
	switch {
	case after != 0:
		return errors.New("padding after the last step needs to know which one it is")
	case before == 0:
	case o.Mode != "constant":
		return fmt.Errorf("padding mode %q before the first step needs the steps after it", o.Mode)
	case f.lead != 0 || f.folded:
		return errors.New("it is padded with steps twice")
	default:
		n.history(0, before, o.Value)
		c := *o
		c.Before = slices.Clone(o.Before)
		c.Before[f.axis] = 0
		n.op = &c
		f.lead = before
	}
	n.all(f)
	return nil
}

// recurrent gives the node a slot for its states.
func recurrent(n *node) error {
	op, r, mask := withRecurrence(n.op)
	for len(n.in) <= mask { // it is optional, as are those before it
		n.in, n.facts = append(n.in, ir.None), append(n.facts, fact{})
	}
	initial := n.facts[mask+1:]
	f := n.facts[0]
	flows := func(g fact) bool { return g.kind == flowing }
	if slices.ContainsFunc(n.facts[1:mask], flows) || f.kind != flowing {
		return errors.New("its parameters depend on the time")
	}
	if f.axis == 0 { // every step is an example
		if r.State != "" {
			return errors.New("it is stateful over something else than the stream")
		}
		for i, g := range n.facts[mask:] {
			if g != f && n.in[mask+i] != ir.None {
				return errors.New("it combines steps with what has no time axis")
			}
		}
		n.all(f)
		return nil
	}
	switch {
	case f.axis != 1:
		return errors.New("its features are the steps")
	case f.lead != 0 || f.folded:
		return errors.New("its input has not one element for each step")
	case r.GoBackwards:
		return errors.New("it reads the sequence from its end")
	case n.in[mask] != ir.None && n.facts[mask] != f:
		return errors.New("its mask has values of its own for the positions of the window")
	case slices.ContainsFunc(initial, flows):
		return errors.New("its initial state depends on the time")
	}
	if n.in[mask] != ir.None && slices.ContainsFunc(n.in[mask+1:], func(id ir.ValueID) bool { return id != ir.None }) {
		return errors.New("it has both a mask and an initial state")
	}
	name := r.State
	if name == "" {
		name = n.origin.Layer
	}
	if r.State = n.slot(name); name != r.State && name == statefulName(n.op) {
		return errors.New("it is stateful and called twice")
	}
	r.Continue = true
	n.op = op
	n.all(fact{kind: now})
	if r.ReturnSequences {
		n.out[0] = f
	}
	return nil
}

// withRecurrence returns a copy of a recurrent op, its recurrence and which
// input is its mask; initial states follow.
func withRecurrence(op ir.Op) (ir.Op, *ir.Recurrence, int) {
	switch o := op.(type) {
	case *ir.LSTM:
		c := *o
		return &c, &c.Recurrence, 4
	case *ir.GRU:
		c := *o
		return &c, &c.Recurrence, 4
	case *ir.SimpleRNN:
		c := *o
		return &c, &c.Recurrence, 4
	}
	c := *op.(*ir.ConvLSTM)
	return &c, &c.Recurrence, 3
}

func statefulName(op ir.Op) string {
	_, r, _ := withRecurrence(op)
	return r.State
}

// orOne returns v[i], or 1 where v is too short: absent strides and dilations.
func orOne(v []int, i int) int {
	if i < len(v) {
		return v[i]
	}
	return 1
}

// resized is a copy of v with n elements.
func resized(v []int, n int) []int {
	out := make([]int, n)
	copy(out, v)
	return out
}
