package exporter

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

type object = map[string]any

// graph is a Keras model in the making.
type graph struct {
	m               *ir.Model
	makers          map[ir.ValueID]*ir.Node
	used            map[ir.ValueID]bool // by a node that is written, or as an output
	values          map[ir.ValueID]any  // ref or *ir.Tensor
	layers          []*layer
	inputs, outputs []ref
	anchor          *ref // an int32 0 that depends on an input
	errs            []error
}

// layer is a layer of Keras, or an operation of keras.ops, with one call; further
// calls of a layer are layers whose first is it.
type layer struct {
	module, class string
	op            bool
	name          string
	config        object
	args          []any
	kwargs        object
	weights       []variables
	typ           ir.Type // of an input
	calls         []*layer
	first         *layer
	number        int // of the call
}

// variables are the weights of a layer or, by its path, of a part of it. They
// hold what the constants from hold.
type variables struct {
	path    string
	names   []string
	tensors []*ir.Tensor
	from    []ir.ValueID
}

// ref is an output of a layer's call.
type ref struct {
	of    *layer
	index int
	typ   ir.Type
}

// node is a node of the model while it is written.
type node struct {
	*graph
	*ir.Node
}

func (g *graph) fail(n *ir.Node, kind error, format string, args ...any) {
	e := ir.Errorf(kind, format, args...)
	e.Layer, e.Class = n.Origin.Layer, n.Origin.Class
	if e.Class == "" {
		e.Class = n.Op.Kind()
	}
	g.errs = append(g.errs, e)
}

// unsupported refuses the node.
func (n *node) unsupported(format string, args ...any) {
	n.fail(n.Node, ir.ErrUnsupported, format+"; convert to a .kgo instead", args...)
}

// build turns the nodes that the outputs depend on into Keras layers.
func build(m *ir.Model) (*graph, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	m = unmerged(m)
	g := &graph{m: m, makers: map[ir.ValueID]*ir.Node{}, used: map[ir.ValueID]bool{}, values: map[ir.ValueID]any{}}
	for _, p := range m.Inputs {
		g.values[p.Value] = g.input(p.Name, m.Type(p.Value))
	}
	for i, v := range m.Values {
		if v.Const != nil {
			g.values[ir.ValueID(i)] = v.Const
		}
	}
	for i := range m.Nodes {
		for _, id := range m.Nodes[i].Outputs {
			g.makers[id] = &m.Nodes[i]
		}
	}
	for _, n := range g.needed() {
		failed := len(g.errs)
		if write, ok := writers[n.Op.Kind()]; ok {
			write(&node{g, n})
		} else {
			g.fail(n, ir.ErrUnsupported, "the op %s cannot be written as layers and operations of Keras 3; convert to a .kgo instead, or do this before or after the model", n.Op.Kind())
		}
		for _, out := range n.Outputs {
			if _, ok := g.values[out]; !ok && g.used[out] && len(g.errs) == failed {
				g.fail(n, ir.ErrUnsupported, "the op %s is written without its output %v", n.Op.Kind(), m.Type(out))
			}
			if len(g.errs) > failed { // what reads it is still looked at
				g.values[out] = ref{&layer{}, 0, m.Type(out)}
			}
		}
	}
	g.finish()
	if len(g.errs) > 0 {
		return nil, problem(g.errs)
	}
	g.freeze()
	g.order()
	return g, nil
}

// needed lists the nodes that outputs depend on, in order.
func (g *graph) needed() []*ir.Node {
	for _, p := range g.m.Outputs {
		g.used[p.Value] = true
	}
	var out []*ir.Node
	for i := len(g.m.Nodes) - 1; i >= 0; i-- {
		n := &g.m.Nodes[i]
		if !slices.ContainsFunc(n.Outputs, func(id ir.ValueID) bool { return g.used[id] }) {
			continue
		}
		out = append(out, n)
		for _, id := range g.reads(n) {
			if id != ir.None {
				g.used[id] = true
			}
		}
	}
	slices.Reverse(out)
	return out
}

// reads are the values that n is written with: its inputs, but for a ConvLSTM
// what its layer has for input.
func (g *graph) reads(n *ir.Node) []ir.ValueID {
	if n.Op.Kind() == "ConvLSTM" {
		if x, conv := g.convLSTM(n); conv != nil {
			return append([]ir.ValueID{x}, n.Inputs[1:]...)
		}
	}
	return n.Inputs
}

func (g *graph) input(name string, t ir.Type) ref {
	l := &layer{module: "keras.layers", class: "InputLayer", name: name, typ: t}
	l.config = object{"batch_shape": dims(t.Shape), "dtype": t.DType.String(), "sparse": false, "ragged": false, "optional": false}
	g.layers = append(g.layers, l)
	g.inputs = append(g.inputs, l.output(0))
	return l.output(0)
}

// dims is a shape with null for what is open.
func dims(s ir.Shape) []any {
	out := make([]any, len(s))
	for i, d := range s {
		if d.IsKnown() {
			out[i] = d.Size
		}
	}
	return out
}

// has reports whether input i is there.
func (n *node) has(i int) bool { return i < len(n.Inputs) && n.Inputs[i] != ir.None }

// typ is the type of input i.
func (n *node) typ(i int) ir.Type {
	if !n.has(i) {
		return ir.Type{}
	}
	return n.m.Type(n.Inputs[i])
}

// out is the type of output 0.
func (n *node) out() ir.Type { return n.m.Type(n.Outputs[0]) }

// in is input i as an argument: a ref, or a tensor that is a constant.
func (n *node) in(i int) any { return n.values[n.Inputs[i]] }

// tensor is in as a ref.
func (n *node) tensor(i int) ref { return n.symbolic(n.in(i)) }

// set gives output 0 its value.
func (n *node) set(v any) {
	if r, ok := v.(ref); ok {
		r.typ = n.out()
		v = r
	}
	n.values[n.Outputs[0]] = v
}

// layer adds a layer of keras.layers that computes in dtype and has a type.
func (n *node) layer(class string, config object, dtype any, typ ir.Type, args ...any) *layer {
	config["dtype"] = policy(dtype)
	l := &layer{module: "keras.layers", class: class, name: n.Origin.Layer, config: config, args: args, kwargs: object{}, typ: typ}
	n.layers = append(n.layers, l)
	return l
}

func (l *layer) output(i int) ref { return ref{l, i, l.typ} }

func policy(dtype any) object {
	name, ok := dtype.(string)
	if !ok {
		name = dtype.(ir.DType).String()
	}
	return object{"module": "keras", "class_name": "DTypePolicy", "config": object{"name": name}, "registered_name": nil}
}

// op adds an operation of keras.ops; its result has type typ. Keras records a
// call only when an argument is one of its tensors, so there must be one.
func (n *node) op(module, class string, typ ir.Type, config object, args ...any) ref {
	if class == "Add" {
		class, args = n.addends(typ, args[0], args[1])
	}
	if !slices.ContainsFunc(args, recorded) {
		args = slices.Clone(args)
		args[0] = n.symbolicArg(args[0])
	}
	if config == nil {
		config = object{}
	}
	l := &layer{module: "keras.src.ops." + module, class: class, op: true, name: n.Origin.Layer, config: config, args: args, kwargs: object{}}
	n.layers = append(n.layers, l)
	return ref{l, 0, typ}
}

func recorded(v any) bool {
	switch v := v.(type) {
	case ref:
		return true
	case []any:
		return slices.ContainsFunc(v, recorded)
	}
	return false
}

// like is op whose result has the type of node's output.
func (n *node) like(module, class string, config object, args ...any) ref {
	return n.op(module, class, n.out(), config, args...)
}

// symbolicArg is symbolic also for the first of a list.
func (n *node) symbolicArg(v any) any {
	if list, ok := v.([]any); ok && len(list) > 0 {
		return append([]any{n.symbolicArg(list[0])}, list[1:]...)
	}
	return n.symbolic(v)
}
