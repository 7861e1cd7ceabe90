package importer

import (
	"fmt"
	"slices"

	"github.com/kerasgo/kerasgo/internal/naming"
	"github.com/kerasgo/kerasgo/ir"
)

// rnnNeutral are arguments that only training or speed depend on.
var rnnNeutral = anyKeys("dropout", "recurrent_dropout", "implementation", "unroll", "seed", "use_cudnn", "unit_forget_bias", "input_length", "input_dim")

var recurrentLayers = []row{
	{class: "LSTM", lower: lowerRecurrent, mask: maskOwn, neutral: rnnNeutral},
	{class: "GRU", lower: lowerRecurrent, mask: maskOwn, neutral: rnnNeutral, note: "both reset_after"},
	{class: "SimpleRNN", lower: lowerRecurrent, mask: maskOwn, neutral: rnnNeutral},
	{class: "RNN", lower: lowerRecurrent, mask: maskOwn, neutral: rnnNeutral, note: "of the cells below"},
	{class: "LSTMCell", lower: lowerCell, neutral: rnnNeutral},
	{class: "GRUCell", lower: lowerCell, neutral: rnnNeutral},
	{class: "SimpleRNNCell", lower: lowerCell, neutral: rnnNeutral},
	{class: "StackedRNNCells", lower: lowerCell},
}

// cell is one recurrent cell: its configuration and where its weights are.
type cell struct {
	kind   string // "LSTM", "GRU", "SimpleRNN"
	config *Layer
	scope  *Scope
}

// states is how many states a cell has.
func (c cell) states() int {
	if c.kind == "LSTM" {
		return 2
	}
	return 1
}

// cells are the cells of a recurrent layer, first to last.
func (l *Layer) cells() []cell {
	switch l.Class {
	case "LSTM", "GRU", "SimpleRNN":
		return []cell{{l.Class, l, l.Scope.Scope("cell")}}
	case "LSTMCell", "GRUCell", "SimpleRNNCell":
		return []cell{{l.Class[:len(l.Class)-len("Cell")], l, l.Scope}}
	case "CuDNNLSTM", "CuDNNGRU":
		return []cell{{l.Class[len("CuDNN"):], l, l.Scope}}
	}
	sub := l
	if l.Class == "RNN" {
		raw := l.Raw("cell")
		if list, ok := raw.([]any); ok { // a list of cells, saved as it is
			raw = object{"class_name": "StackedRNNCells", "config": object{"name": "cell", "cells": list}}
		}
		if sub = l.Sublayer("cell", raw); sub == nil {
			return nil
		}
		if sub.err != nil {
			l.adopt(sub)
			return nil
		}
	}
	if sub.Class != "StackedRNNCells" {
		switch sub.Class {
		case "LSTMCell", "GRUCell", "SimpleRNNCell":
			return sub.cells()
		}
		l.Fail(ir.ErrUnsupported, "cell", "cell class %s is not supported; LSTMCell, GRUCell, SimpleRNNCell and stacks of them are", sub.Class)
		return nil
	}
	raw, _ := sub.Raw("cells").([]any)
	if len(raw) == 0 {
		l.Fail(ir.ErrMalformed, "cells", "the layer has no cells")
		return nil
	}
	sub.Bool("reverse_state_order", false) // see statesReversed
	var out []cell
	count := map[string]int{}
	for i, r := range raw {
		class := naming.Snake(str(at(r, "class_name")))
		attr := numbered(class, count[class])
		count[class]++
		c := sub.sublayerIn(sub.Scope.Scope("cells"), attr, fmt.Sprintf("cells/%d", i), r)
		if c == nil || c.err != nil {
			l.adopt(sub)
			l.adopt(c)
			return nil
		}
		switch c.Class {
		case "LSTMCell", "GRUCell", "SimpleRNNCell":
			out = append(out, c.cells()...)
		default:
			l.Fail(ir.ErrUnsupported, "cells", "cell class %s is not supported; LSTMCell, GRUCell and SimpleRNNCell are", c.Class)
			return nil
		}
	}
	return out
}

// adopt makes a sublayer's failure this layer's.
func (l *Layer) adopt(sub *Layer) {
	if sub != nil && sub.err != nil && l.err == nil {
		sub.failed = true
		l.err = sub.err
	}
}

// lowerRecurrent lowers LSTM, GRU, SimpleRNN and RNN. A stack of cells becomes
// one recurrence after another: at a masked step every cell keeps its state, so
// that is the same.
func lowerRecurrent(l *Layer, c *Call) []Value {
	ins := c.Many(l)
	if len(ins) == 0 {
		return nil
	}
	x := l.AsFloat(ins[0].ID)
	mask, implicit := c.sequenceMask(l)
	timeMajor := l.Bool("time_major", false)
	if timeMajor {
		x = l.Transpose(x, 1, 0, 2)
		if mask != ir.None {
			mask = l.Transpose(mask, 1, 0)
		}
	}
	l.noConstants(c)
	sequences, state := l.Bool("return_sequences", false), l.Bool("return_state", false)
	backwards, stateful := l.Bool("go_backwards", false), l.Bool("stateful", false)
	zero := l.zeroMasked()
	// Unrolled, Keras makes zeros in the order of the mask, not of the steps.
	asGiven := ir.None
	if zero && backwards && sequences && l.Bool("unroll", false) {
		zero, asGiven = false, mask
	}
	cells := l.cells()
	initial := c.initialState(l, ins)
	want := 0
	for _, cell := range cells {
		want += cell.states()
	}
	if l.err == nil && len(initial) > 0 && len(initial) != want {
		l.Fail(ir.ErrMalformed, "initial_state", "has %d tensors, the layer has %d states", len(initial), want)
	}
	if l.err != nil {
		return nil
	}
	reversed := l.statesReversed()
	if reversed && len(initial) > 0 {
		initial = byCell(initial, cells)
	}
	given := len(initial) > 0
	if stateful && given && len(cells) > 1 && l.tfKeras() {
		l.Fail(ir.ErrUnsupported, "stateful", "cells in a stack cannot both keep their states and be given an initial_state")
		return nil
	}
	var states []ir.ValueID
	for i, cell := range cells {
		r := ir.Recurrence{GoBackwards: backwards && i == 0, ReturnSequences: sequences || i < len(cells)-1}
		r.ZeroOutputForMask = zero && i == len(cells)-1
		if r.State, r.InitialIfZero = l.stateSlot(stateful, given); r.State != "" && len(cells) > 1 {
			r.State = fmt.Sprintf("%s/%d", l.Name, i)
		}
		var init []ir.ValueID
		if len(initial) > 0 {
			init, initial = initial[:cell.states()], initial[cell.states():]
		}
		out := l.recur(cell, r, x, mask, init)
		if out == nil {
			return nil
		}
		x = out[0]
		states = append(states, out[1:]...)
		if i == 0 && backwards && len(cells) > 1 && mask != ir.None {
			mask = l.Add(&ir.Flip{Axes: []int{1}}, mask)
		}
	}
	if len(cells) == 0 {
		return nil
	}
	if asGiven != ir.None {
		x = l.Add(&ir.Where{}, l.ExpandDims(asGiven, -1), x, l.Scalar(0, l.Type(x).DType))
	}
	y := Value{x, ir.None}
	if sequences {
		y.Mask = implicit
		if timeMajor {
			y.ID = l.Transpose(x, 1, 0, 2)
		}
	}
	out := []Value{y}
	if state {
		if reversed {
			slices.Reverse(cells)
			states = byCell(states, cells)
		}
		for _, s := range states {
			out = append(out, Value{s, ir.None})
		}
	}
	return out
}

// statesReversed tells whether the states of a stack are given and returned last
// cell first: in Keras 2 by itself, up to 2.1 always and later if asked. In
// tf.keras the argument turns only the order of the zeros it starts with.
func (l *Layer) statesReversed() bool {
	sub := l.children["cell"]
	if l.b.d.name != "keras2" || sub == nil || sub.Class != "StackedRNNCells" {
		return false
	}
	return sub.Bool("reverse_state_order", l.Before(2, 2))
}

// byCell brings states in the order of the cells from last to first to the order
// of the cells.
func byCell(states []ir.ValueID, cells []cell) []ir.ValueID {
	var out []ir.ValueID
	for _, c := range cells {
		at := len(states) - c.states()
		out, states = append(out, states[at:]...), states[:at]
	}
	return out
}

// stateSlot is where a stateful layer keeps its states, and whether a given
// initial_state holds only while they are zero. So it is in tf.keras; Keras 3
// and Keras 2 by itself never look at recorded states when one is given.
func (l *Layer) stateSlot(stateful, given bool) (slot string, ifZero bool) {
	if !stateful || given && !l.tfKeras() {
		return "", false
	}
	return l.Name, given
}

// tfKeras tells whether the file was written by tf.keras 2.
func (l *Layer) tfKeras() bool { return l.b.d.name == "tf.keras" }

// noConstants refuses tensors that a layer passes to its cell at every step: only
// cells in Python code take them.
func (l *Layer) noConstants(c *Call) {
	if l.Has("num_constants") && l.Int("num_constants") != 0 {
		l.Unsupported("num_constants", l.Raw("num_constants"))
	}
	if len(values(c.Arg(-1, "constants"))) > 0 {
		l.Fail(ir.ErrUnsupported, "constants", "no cell of Keras takes any")
	}
}

// cellActivation is Activation for what a cell applies to its gates, whose last
// axis is the units.
func (l *Layer) cellActivation(key, def string, last int) ir.Func {
	a := l.Activation(key, def)
	if a.Elementwise() {
		return a.Func
	}
	f := ir.Func{Name: a.Kind}
	if !f.Rowwise() || len(a.Axes) != 1 || a.Axes[0] != -1 && a.Axes[0] != last {
		l.Fail(ir.ErrUnsupported, key, "%s over axes %v is not supported inside this layer", a.Kind, a.Axes)
	}
	return f
}

// recur adds the op of one cell; it returns the output and the final states.
func (l *Layer) recur(c cell, r ir.Recurrence, x, mask ir.ValueID, init []ir.ValueID) []ir.ValueID {
	cfg := c.config
	gates := map[string]int{"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[c.kind]
	if !l.WantRank(x, 3) {
		return nil
	}
	units := cfg.PositiveInt("units")
	in := []ir.ValueID{x, c.scope.Weight("kernel", l.Size(x, 2), gates*units), c.scope.Weight("recurrent_kernel", units, gates*units), ir.None, mask}
	resetAfter := c.kind == "GRU" && cfg.Bool("reset_after", cfg.Keras3())
	if cfg.Bool("use_bias", true) {
		if resetAfter {
			in[3] = c.scope.Weight("bias", 2, gates*units)
		} else {
			in[3] = c.scope.Weight("bias", gates*units)
		}
	}
	in = append(in, init...)
	act := cfg.cellActivation("activation", "tanh", 1)
	var op ir.Op
	switch c.kind {
	case "LSTM":
		op = &ir.LSTM{Recurrence: r, Act: act, RecurrentAct: cfg.cellActivation("recurrent_activation", cfg.defaultGate(), 1)}
	case "GRU":
		op = &ir.GRU{Recurrence: r, Act: act, RecurrentAct: cfg.cellActivation("recurrent_activation", cfg.defaultGate(), 1), ResetAfter: resetAfter}
	default:
		op = &ir.SimpleRNN{Recurrence: r, Act: act}
	}
	if cfg != l {
		if cfg.err == nil {
			cfg.checkUnread()
		}
		l.adopt(cfg)
	}
	return l.AddN(op, in...)
}

// defaultGate is the recurrent activation of a config that names none.
func (l *Layer) defaultGate() string {
	if l.b.d.name == "keras1" || l.b.d.name == "keras2" {
		return "hard_sigmoid"
	}
	return "sigmoid"
}

// initialState are the tensors of the initial states: a list beside the input
// (Keras 2), or the argument initial_state.
func (c *Call) initialState(l *Layer, ins []Value) []ir.ValueID {
	vals := values(c.Arg(1, "initial_state"))
	if len(ins) > 1 {
		vals = ins[1:]
	}
	out := make([]ir.ValueID, len(vals))
	for i, v := range vals {
		out[i] = l.AsFloat(v.ID)
	}
	return out
}

// sequenceMask is the mask a recurrent layer applies, and the one its output
// sequence carries on. Keras 3 fills the mask argument in only when the input
// is the call's one tensor argument: with an initial_state it is not applied.
func (c *Call) sequenceMask(l *Layer) (apply, carry ir.ValueID) {
	carry = ir.None
	if m := c.passedMasks(l); len(m) > 0 {
		carry = m[0]
	}
	if m, ok := c.Tensor(2, "mask"); ok {
		apply = l.asMask(m.ID)
		if carry == m.ID {
			carry = apply
		}
		return apply, carry
	}
	if l.Keras3() && len(values(c.Arg(1, "initial_state"))) > 0 {
		return ir.None, carry
	}
	return carry, carry
}

// zeroMasked tells whether a recurrent layer gives zeros at masked steps. Within a
// Bidirectional, sequences of tf.keras do, also of files of a Keras that did not,
// and last outputs do not, whatever the layer itself says.
func (l *Layer) zeroMasked() bool {
	own := l.Bool("zero_output_for_mask", false)
	if l.bidirectional {
		return l.Bool("return_sequences", false)
	}
	return own
}

// asMask makes a tensor given as a mask bool.
func (l *Layer) asMask(id ir.ValueID) ir.ValueID { return l.Cast(id, ir.Bool) }

// lowerCell lowers a cell, or a stack of them, that is called by itself, as one
// step: the output, then the new states in the order of those given.
func lowerCell(l *Layer, c *Call) []Value {
	x := l.AsFloat(c.Single(l).ID)
	if !l.WantRank(x, 2) {
		return nil
	}
	cells, states, want := l.cells(), values(c.Arg(1, "states")), 0
	for _, cl := range cells {
		want += cl.states()
	}
	if l.err == nil && len(states) != want {
		l.Fail(ir.ErrMalformed, "states", "has %d tensors, the cell has %d states", len(states), want)
	}
	var news []ir.ValueID
	for _, cl := range cells {
		if l.err != nil {
			return nil
		}
		var init []ir.ValueID
		for _, s := range states[:cl.states()] {
			init = append(init, s.ID)
		}
		states = states[cl.states():]
		out := l.recur(cl, ir.Recurrence{}, l.ExpandDims(x, 1), ir.None, init)
		if len(out) == 0 {
			return nil
		}
		x, news = out[0], append(news, out[1:]...)
	}
	return outputs(append([]ir.ValueID{x}, news...)...)
}
