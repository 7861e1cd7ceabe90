// Package streaming rewrites a graph made for whole windows into one whose runs
// continue each other: fed step by step it gives what the window gives.
//
// Every value gets a fact: whether it has the time axis, and where. A rule for
// each op says what follows for its outputs, and refuses what needs steps that
// are still to come. Two things keep the past: the states of recurrent ops, and
// ir.History in front of causal windows.
package streaming

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/ir"
)

// maxGuesses bounds the inputs for which Transform finds out whether they flow;
// with more of them it takes all.
const maxGuesses = 4

// Transform returns m, which must be valid, for streaming. Time is axis 1 of the
// named inputs; without names, of as many as can flow. That axis becomes open,
// with one name in all of them. Errors are *ir.Error of kind ir.ErrUnsupported,
// joined, one for each layer that cannot stream, or ir.ErrUsage for the names.
func Transform(m *ir.Model, inputs ...string) (*ir.Model, error) {
	flowing, err := named(m, inputs)
	if err != nil {
		return nil, err
	}
	out, first := try(m, flowing)
	if first == nil || len(inputs) > 0 || len(flowing) > maxGuesses {
		return out, first
	}
	var guesses []uint
	for g := uint(1); g < 1<<len(flowing)-1; g++ {
		guesses = append(guesses, g)
	}
	slices.SortStableFunc(guesses, func(a, b uint) int { return bits.OnesCount(b) - bits.OnesCount(a) })
	for _, g := range guesses {
		var some []int
		for i, input := range flowing {
			if g>>i&1 == 1 {
				some = append(some, input)
			}
		}
		if out, err := try(m, some); err == nil {
			return out, nil
		}
	}
	return nil, first
}

// named finds the inputs that may flow.
func named(m *ir.Model, names []string) ([]int, error) {
	var out []int
	for _, name := range names {
		i := slices.IndexFunc(m.Inputs, func(p ir.Port) bool { return p.Name == name })
		if i < 0 {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: name, Text: "the model has no such input to stream"}
		}
		if s := m.Type(m.Inputs[i].Value).Shape; len(s) < 2 {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: name, Text: "the input has shape " + s.String() + ", no axis 1 for the time"}
		}
		out = append(out, i)
	}
	if len(names) > 0 {
		return out, nil
	}
	for i, p := range m.Inputs {
		if len(m.Type(p.Value).Shape) >= 2 {
			out = append(out, i)
		}
	}
	if out == nil {
		return nil, ir.Errorf(ir.ErrUnsupported, "cannot stream: no input has an axis 1 for the time")
	}
	return out, nil
}

// kind is how a value depends on the stream.
type kind uint8

const (
	fixed   kind = iota // not at all: it is the same in every run, or given with it
	flowing             // it has the time axis
	now                 // on all steps so far, without a time axis
	refused             // a layer before it cannot stream
)

// fact is what is known of a value.
type fact struct {
	kind kind
	// axis is the time. Element i of it belongs to step i-lead of the run: the
	// first lead elements are of steps before.
	axis, lead int
	// folded: the axis has other axes before it merged into it, as [batch*time].
	folded bool
}

// transform is one attempt.
type transform struct {
	was   *ir.Model // before
	m     *ir.Model // after; its nodes are being made
	facts []fact    // by value
	time  ir.Dim
	slots map[string]bool
	errs  []error
	seen  map[string]bool // layers in errs
}

func try(m *ir.Model, inputs []int) (*ir.Model, error) {
	t := &transform{was: m, m: passes.Clone(m), facts: make([]fact, len(m.Values)), slots: map[string]bool{}, seen: map[string]bool{}}
	t.m.Nodes = make([]ir.Node, 0, len(m.Nodes))
	t.open(inputs)
	needed := neededBy(m)
	for i := range m.Nodes {
		if slices.ContainsFunc(m.Nodes[i].Outputs, func(id ir.ValueID) bool { return needed[id] }) {
			t.visit(&m.Nodes[i])
		}
	}
	for _, p := range m.Outputs {
		if f := t.facts[p.Value]; f.kind == flowing && (f.lead != 0 || f.folded) {
			t.errs = append(t.errs, &ir.Error{Kind: ir.ErrUnsupported, Field: p.Name, Text: "cannot stream: the output has not one element for each step"})
		}
	}
	if err := errors.Join(t.errs...); err != nil {
		return nil, err
	}
	if err := t.m.Validate(); err != nil {
		return nil, fmt.Errorf("streaming broke the model: %w", err)
	}
	return t.m, nil
}

// neededBy tells the values that the outputs are computed from.
func neededBy(m *ir.Model) []bool {
	needed := make([]bool, len(m.Values))
	for _, p := range m.Outputs {
		needed[p.Value] = true
	}
	for i := len(m.Nodes) - 1; i >= 0; i-- {
		n := &m.Nodes[i]
		if !slices.ContainsFunc(n.Outputs, func(id ir.ValueID) bool { return needed[id] }) {
			continue
		}
		for _, id := range n.Inputs {
			if id != ir.None {
				needed[id] = true
			}
		}
	}
	return needed
}

// open gives the inputs their time axis.
func (t *transform) open(inputs []int) {
	name := "time"
	taken := func() bool {
		for i, p := range t.was.Inputs {
			for axis, d := range t.was.Type(p.Value).Shape {
				if d.Name == name && !(axis == 1 && slices.Contains(inputs, i)) {
					return true
				}
			}
		}
		return false
	}
	for taken() {
		name += "_"
	}
	t.time = ir.Sym(name)
	for _, i := range inputs {
		v := t.was.Inputs[i].Value
		s := t.was.Type(v).Shape.Clone()
		s[1] = t.time
		t.m.Values[v].Shape = s
		t.facts[v] = fact{kind: flowing, axis: 1}
	}
}

// node is a node while its rule looks at it. The rule sets out, and may replace
// op and in.
type node struct {
	*transform
	op     ir.Op
	in     []ir.ValueID
	facts  []fact    // of in
	types  []ir.Type // of in, with the time axis open
	was    []ir.Type // of in, as the model has them
	result []ir.Type // of the outputs, as the model has them
	origin ir.Origin
	out    []fact
}

// rule says how an op with flowing inputs streams. An error's text ends the
// sentence "cannot stream: ".
type rule func(n *node) error

func (t *transform) visit(was *ir.Node) {
	n := &node{
		transform: t, op: was.Op, in: slices.Clone(was.Inputs), types: t.m.Types(was.Inputs), was: t.was.Types(was.Inputs),
		result: t.was.Types(was.Outputs), origin: was.Origin, out: make([]fact, len(was.Outputs)),
	}
	have := map[kind]bool{}
	for _, id := range was.Inputs {
		f := fact{}
		if id != ir.None {
			f = t.facts[id]
		}
		have[f.kind] = true
		n.facts = append(n.facts, f)
	}
	var err error
	switch {
	case have[refused]:
		n.all(fact{kind: refused})
	case have[flowing] && have[now]:
		err = errors.New("it needs the result of the whole sequence at each of its steps")
	case have[flowing]:
		if f, ok := rules[n.op.Kind()]; ok {
			err = f(n)
		} else {
			err = fmt.Errorf("nobody has said how %s streams", n.op.Kind())
		}
	case passes.StateOf(n.op) != "":
		err = errors.New("it is stateful over something else than the stream")
	case have[now]:
		n.all(fact{kind: now})
	}
	if err == nil && !have[refused] {
		err = n.emit(was)
	}
	if err != nil {
		t.refuse(err, n)
		n.all(fact{kind: refused})
	}
	for i, id := range was.Outputs {
		t.facts[id] = n.out[i]
	}
}

// emit appends the node, whose outputs' types follow from its new inputs.
func (n *node) emit(was *ir.Node) error {
	types, err := n.op.Infer(n.m.Types(n.in))
	if err != nil {
		return err
	}
	for i, f := range n.out {
		if f.kind != flowing {
			continue
		}
		if s := types[i].Shape; !f.folded && (f.axis >= len(s) || s[f.axis] != n.time.Add(f.lead)) {
			return fmt.Errorf("it gives %v where the time is axis %d of %v", types[i].Shape, f.axis, n.result[i].Shape)
		}
	}
	for i, id := range was.Outputs {
		n.m.Values[id].Type = types[i]
	}
	n.m.Nodes = append(n.m.Nodes, ir.Node{Op: n.op, Inputs: n.in, Outputs: was.Outputs, Origin: was.Origin})
	return nil
}

// all sets the fact of every output.
func (n *node) all(f fact) {
	for i := range n.out {
		n.out[i] = f
	}
}

// refuse records the first reason of a layer.
func (t *transform) refuse(err error, n *node) {
	if t.seen[n.origin.Layer] {
		return
	}
	t.seen[n.origin.Layer] = true
	class := n.origin.Class
	if class == "" {
		class = n.op.Kind()
	}
	t.errs = append(t.errs, &ir.Error{Kind: ir.ErrUnsupported, Layer: n.origin.Layer, Class: class, Text: "cannot stream: " + err.Error()})
}

// slot is a name for state that no other node has.
func (t *transform) slot(name string) string {
	unique := name
	for i := 2; t.slots[unique]; i++ {
		unique = fmt.Sprintf("%s#%d", name, i)
	}
	t.slots[unique] = true
	return unique
}

// history puts the last steps elements along input i's time before it.
func (n *node) history(i, steps int, value ir.Float) {
	if steps == 0 {
		return
	}
	op := &ir.History{Axis: n.facts[i].axis, Steps: steps, Value: value, State: n.slot(n.origin.Layer + "/history")}
	t := n.m.Type(n.in[i])
	t.Shape = t.Shape.Clone()
	t.Shape[op.Axis] = t.Shape[op.Axis].Add(steps)
	id := n.m.AddValue(ir.Value{Name: n.origin.Layer, Type: t})
	n.m.Nodes = append(n.m.Nodes, ir.Node{Op: op, Inputs: []ir.ValueID{n.in[i]}, Outputs: []ir.ValueID{id}, Origin: n.origin})
	n.transform.facts = append(n.transform.facts, fact{kind: flowing, axis: op.Axis, lead: steps})
	n.in[i] = id
}
