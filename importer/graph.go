package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// builder makes one ir.Model from a modelSpec.
type builder struct {
	m      *ir.Model
	d      *dialect
	opts   *options
	lim    Limits
	file   *archive
	errs   []error
	notes  map[string]bool
	table  [][]row             // layers
	ops    [][]opRow           // operations
	calls  int                 // of layers, nested ones included
	taken  map[ir.ValueID]bool // tensors whose mask a layer took off
	shared map[any]*Layer      // the first layer of each shared_object_id, the first model of each sharedModel

	lambdaUsed map[string]bool // the names that expressions were given for

	opNames  map[string]*opRow  // operations by the name keras.ops has for them
	tfNames  map[string]*tfRow  // and by TensorFlow's
	producer map[ir.ValueID]int // the node of each short integer tensor, which may be a shape, and of what ends with lastFunc

	complex []ir.ValueID // complex tensors, see complexOps

	params map[*Layer]*paramCount
}

// modelInst is a model, nested or outermost, with its layers made. A nested
// model that is called several times is one modelInst.
type modelInst struct {
	spec   *modelSpec
	path   string
	layers map[string]*Layer
	all    []*Layer // in the file's order
	run    bool     // has been called
	traces []*callTrace

	plan    []callKey // see order
	isInput map[callKey]bool
}

// callTrace is what model.summary() needs to know of a layer's call.
type callTrace struct {
	layer   *Layer
	node    int
	inbound []tensorRef
	outputs []Value
}

var errPoisoned = errors.New("an input could not be computed")

func (b *builder) note(text string) {
	if !b.notes[text] {
		b.notes[text] = true
		b.m.Notes = append(b.m.Notes, text)
	}
}

// instantiate makes the layers of a model.
func (b *builder) instantiate(spec *modelSpec, path string, w weightScope) *modelInst {
	mi := &modelInst{spec: spec, path: path, layers: make(map[string]*Layer, len(spec.layers)), all: make([]*Layer, 0, len(spec.layers))}
	scopes := w.layers(spec.layers)
	for i, ls := range spec.layers {
		l := b.newLayer(ls, join(path, ls.name), scopes[i])
		mi.layers[ls.name] = l
		mi.all = append(mi.all, l)
	}
	return mi
}

func (b *builder) newLayer(ls *layerSpec, name string, w weightScope) *Layer {
	l := &Layer{
		Name: name, Class: ls.class, Origin: ir.Origin{Layer: name, Class: ls.class},
		spec: ls, cfg: newConfig(ls.config), b: b, children: map[string]*Layer{}, consts: map[string]ir.ValueID{},
	}
	scope := b.scopeOf(ls, w)
	l.Scope = newScope(l, scope, "")
	l.compute = b.computeDType(l)
	var key any // nil for what is nowhere else
	if ls.sharedID != nil {
		key = ls.sharedID
	}
	if ls.model != nil {
		if model := sharedModel(ls); key == nil || b.shared[key] == nil && b.shared[model] != nil {
			key = model
		}
	}
	if first := b.shared[key]; first != nil && emptyPath(w) && first.Class == l.Class {
		l.share(first)
	} else if key != nil && first == nil {
		b.shared[key] = l
	}
	if ls.model != nil && l.model != nil {
		l.row = &nestedModel
	} else if ls.model != nil {
		l.model = b.instantiate(ls.model, name, scope)
		l.row = &nestedModel
	} else if r, err := b.lookup(ls); err != nil {
		l.fail(err)
	} else {
		l.row = r
	}
	return l
}

// sharedModel names a nested model by its layers: Keras forgets the
// shared_object_id of one that it met first within another nested model.
func sharedModel(ls *layerSpec) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %q", ls.class, ls.name)
	for _, inner := range ls.model.layers {
		fmt.Fprintf(&text, " %s %q", inner.class, inner.name)
	}
	return text.String()
}

// emptyPath reports whether the file has no variables for a layer in the v3
// format, which stores a layer that is in two models only in the first.
func emptyPath(w weightScope) bool {
	p, ok := w.(*pathScope)
	return ok && !p.file.has(p.path())
}

// share makes l another name for a layer: same weights, same sublayers.
func (l *Layer) share(first *Layer) {
	l.Scope.w, l.bound, l.tensor, l.subs = first.Scope.w, first.bound, first.tensor, first.subs
	l.children, l.consts, l.model = first.children, first.consts, first.model
}

// unresolved lists the layers that failed, nested ones included.
func (mi *modelInst) unresolved() []*Layer {
	var out []*Layer
	for _, l := range mi.all {
		if l.err != nil {
			out = append(out, l)
		}
		if l.model != nil {
			out = append(out, l.model.unresolved()...)
		}
	}
	return out
}

// wrapped are the config keys under which wrappers keep layers.
var wrapped = []string{"layer", "backward_layer", "cell", "cells"}

// precheck finds unsupported layers and arguments before anything is lowered:
// lowering stops at the first, and what follows from it would stay unseen. What no
// output depends on, such as the layers of a loss, may be anything.
func (b *builder) precheck(mi *modelInst) {
	plan, err := mi.order()
	reached := make(map[string]bool, len(plan))
	for _, k := range plan {
		reached[k.layer] = true
	}
	for _, l := range mi.all {
		switch {
		case err == nil && !reached[l.spec.name] && !mi.isInput[callKey{layer: l.spec.name}]:
			continue
		case l.model != nil:
			b.precheck(l.model)
		case l.err == nil && l.row.check != nil:
			l.row.check(l)
		case l.err == nil:
			b.precheckWrapped(l, l.spec, 0)
		}
		b.report(l)
	}
}

func (b *builder) precheckWrapped(l *Layer, s *layerSpec, depth int) {
	if depth > b.lim.ModelDepth || b.opts.layers[s.class] != nil || s.op {
		return
	}
	for _, key := range wrapped {
		held, ok := s.config[key]
		if !ok {
			continue
		}
		inner := list(held)
		if inner == nil {
			inner = []any{held}
		}
		for _, v := range inner {
			o, ok := v.(object)
			if !ok || str(o["class_name"]) == "" {
				continue
			}
			sub, err := b.d.layer(o, l.Name, depth)
			if err != nil {
				continue // reported when it is lowered
			}
			if s.class == "Bidirectional" && key == "layer" && !strings.HasPrefix(sub.name, "forward_") {
				sub.name = "forward_" + sub.name // as it is called when it is lowered
			}
			if sub.model != nil {
				for _, deep := range sub.model.layers {
					if _, err := b.lookup(deep); err != nil && deep.model == nil {
						b.addProblem(err, join(l.Name, join(sub.name, deep.name)), deep.class)
					}
				}
				continue
			}
			if _, err := b.lookup(sub); err != nil {
				b.addProblem(err, join(l.Name, sub.name), sub.class)
				continue
			}
			b.precheckWrapped(l, sub, depth+1)
		}
	}
}

func (b *builder) addProblem(err error, layer, class string) {
	var e *ir.Error
	if errors.As(err, &e) {
		c := *e
		c.Layer, c.Class = layer, class
		err = &c
	}
	b.errs = append(b.errs, err)
}

// callModel lowers a model for the given inputs, which stand for its input layers
// in Keras's flattened order. A value with ID ir.None is one that failed.
func (b *builder) callModel(mi *modelInst, inputs []Value) ([]Value, error) {
	results := make(map[callKey][]Value, len(mi.all))
	ins, outs := tensorRefs(mi.spec.inputs), tensorRefs(mi.spec.outputs)
	if len(inputs) != len(ins) {
		return nil, ir.Errorf(ir.ErrMalformed, "the model has %d inputs but is called with %d", len(ins), len(inputs))
	}
	for i, r := range ins {
		results[r.call()] = []Value{inputs[i]}
	}
	plan, err := mi.order()
	if err != nil {
		return nil, err
	}
	first := !mi.run
	mi.run = true
	for _, k := range plan {
		l := mi.layers[k.layer]
		if given, ok := results[k]; ok {
			if first {
				mi.traces = append(mi.traces, &callTrace{l, k.node, nil, given})
			}
			continue
		}
		spec := &l.spec.calls[k.node]
		poisoned := false
		resolve := func(v any) any {
			r, ok := v.(tensorRef)
			if !ok {
				return v
			}
			vals := results[r.call()]
			if r.tensor >= len(vals) || vals[r.tensor].ID == ir.None {
				poisoned = true
				if len(vals) > 0 && vals[0].ID != ir.None {
					l.Fail(ir.ErrMalformed, "inbound_nodes", "reads output %d of layer %q, which has %d", r.tensor, r.layer, len(vals))
				}
				return Value{ir.None, ir.None}
			}
			return b.attached(vals[r.tensor])
		}
		c := &Call{}
		c.Args, _ = mapTree(spec.args, resolve).([]any)
		c.Kwargs, _ = mapTree(spec.kwargs, resolve).(object)
		refs := spec.refs()
		if l.class() == "InputLayer" && len(refs) == 0 {
			l.Fail(ir.ErrMalformed, "", "is an input of the graph but not among the model's input_layers")
		}
		var out []Value
		if !poisoned || l.err != nil {
			out = l.Call(c)
		}
		if out == nil {
			out = []Value{{ir.None, ir.None}}
		}
		results[k] = out
		if first {
			mi.traces = append(mi.traces, &callTrace{l, k.node, refs, out})
		}
	}
	if first {
		for _, l := range mi.all {
			called := slices.ContainsFunc(mi.traces, func(t *callTrace) bool { return t.layer == l })
			if !called && !l.spec.op {
				l.unreachable()
			}
		}
	}
	if mi.spec.class == "Sequential" && len(outs) == 1 { // all outputs of the last layer
		return results[outs[0].call()], nil
	}
	out := make([]Value, len(outs))
	for i, r := range outs {
		vals := results[r.call()]
		if r.tensor >= len(vals) {
			if len(vals) > 0 && vals[0].ID == ir.None {
				out[i] = Value{ir.None, ir.None}
				continue
			}
			return nil, ir.Errorf(ir.ErrMalformed, "the model's output is output %d of layer %q, which has %d", r.tensor, r.layer, len(vals))
		}
		out[i] = b.attached(vals[r.tensor])
	}
	return out, nil
}

func (l *Layer) class() string { return l.spec.class }

// unreachable marks the weights of a layer that no output depends on. Whatever is
// unsupported in it is no problem.
func (l *Layer) unreachable() {
	l.err = nil
	if l.Class != "InputLayer" {
		l.Note("no output of the model depends on it; it is left out")
	}
	for _, w := range l.w.stored() {
		w.used = true
	}
	if l.model != nil {
		for _, sub := range l.model.all {
			sub.unreachable()
		}
	}
}

// lower runs the row's function. A fault in it, on a configuration that nobody
// thought of, fails the layer and not the program: the error is of no kind.
func (l *Layer) lower(c *Call) (out []Value) {
	defer func() {
		if r := recover(); r != nil {
			l.fail(&ir.Error{Text: fmt.Sprintf("internal fault, please report it with the file: %v", r)})
		}
	}()
	return l.row.lower(l, c)
}

// Call lowers one call of the layer and gives its outputs their masks. It is
// nil after a failure. Wrappers call the layers they hold with it.
func (l *Layer) Call(c *Call) []Value {
	if l.err != nil {
		l.b.report(l)
		return nil
	}
	if l.b.calls++; l.b.calls > l.b.lim.Nodes {
		l.fail(exceeded("Nodes", int64(l.b.lim.Nodes), "layers are called more often"))
		l.b.report(l)
		return nil
	}
	if err := l.b.lim.spend(callMemory, "the calls of layers"); err != nil {
		l.fail(err)
		l.b.report(l)
		return nil
	}
	if l.b.opts.ignoreMasks {
		delete(c.Kwargs, "mask")
	}
	// Keras 3's predict passes training=False over what the graph says.
	if c.Kwargs["training"] == true && !l.Keras3() && trainingMatters(l.spec.class, l.spec.config, 0) {
		l.Fail(ir.ErrUnsupported, "training", "the model calls it with training=True, so that it works as in training also when predicting; build the model without that")
	}
	if len(l.b.complex) > 0 && !l.spec.op && l.spec.class != "TFOpLambda" && l.spec.class != "TensorFlowOpLayer" && l.b.anyComplex([]any{c.Args, c.Kwargs}) {
		l.Fail(ir.ErrUnsupported, "inputs", "are complex, which only operations of keras.ops and functions of TensorFlow take")
	}
	l.autocast(c)
	var out []Value
	if l.model != nil {
		var err error
		out, err = l.b.callModel(l.model, l.modelInputs(c))
		if err != nil {
			l.fail(err)
		}
	} else {
		out = l.lower(c)
	}
	if l.err == nil && !l.checked && l.model == nil && !l.spec.op {
		l.checked = true
		l.checkUnread()
	}
	for _, v := range out {
		if v.ID == ir.None && l.model == nil && l.err == nil {
			l.Fail(ir.ErrMalformed, "", "gives no output")
		}
	}
	if l.err != nil {
		l.b.report(l)
		return nil
	}
	l.row.mask.apply(l, c, out)
	if l.takesMasks() {
		l.b.takeMasks(c)
	}
	if l.b.opts.ignoreMasks {
		for i := range out {
			out[i].Mask = ir.None
		}
	}
	return out
}

// modelInputs are the tensors a nested model is called with, in the order of
// its flattened inputs; explicit masks are attached to them.
func (l *Layer) modelInputs(c *Call) []Value {
	var in []Value
	if len(c.Args) > 0 {
		in = values(c.Args[0])
		if o, ok := c.Args[0].(object); ok {
			in = byInputName(l.model.spec, o, in)
		}
	} else {
		in = values(c.Kwargs["inputs"])
	}
	given := in
	in = l.conform(in)
	if m, ok := c.Kwargs["mask"]; ok && m != nil {
		masks := c.prevMasks()
		for i := range in {
			if i < len(masks) && masks[i] != ir.None && (l.Keras3() || in[i].ID == given[i].ID) {
				in[i].Mask = masks[i]
				delete(l.b.taken, in[i].ID)
			}
		}
	}
	return in
}

// conform gives tensors the dtype of a nested model's inputs and, as Keras does,
// adds or removes a last axis of 1. Before Keras 3 that loses the mask.
func (l *Layer) conform(in []Value) []Value {
	out := slices.Clone(in)
	i := 0
	flatten(l.model.spec.inputs, func(v any) {
		r, ok := v.(tensorRef)
		if !ok || i >= len(out) || l.err != nil {
			return
		}
		x := &out[i]
		i++
		want, err := l.model.layers[r.layer].inputType(2)
		if err != nil || x.ID == ir.None {
			return
		}
		rank := len(want.Shape)
		switch l.Rank(x.ID) {
		case rank + 1:
			if l.Dim(x.ID, -1) == ir.Known(1) {
				x.ID = l.Squeeze(x.ID, -1)
			}
		case rank - 1:
			if rank > 0 && want.Shape[rank-1] == ir.Known(1) {
				x.ID = l.ExpandDims(x.ID, -1)
			}
		}
		if d := l.Type(x.ID).DType; d != ir.String && want.DType != ir.String {
			x.ID = l.Cast(x.ID, want.DType)
		}
		if x.ID != in[i-1].ID && !l.Keras3() {
			x.Mask = ir.None
		}
	})
	return out
}

// trainingMatters tells whether a layer computes something else in training.
func trainingMatters(class string, cfg object, depth int) bool {
	if depth > maxConfigDepth {
		return true
	}
	switch class {
	case "BatchNormalization", "SpectralNormalization", "SyncBatchNormalization", "CutMix", "MixUp", "AugMix", "RandAugment":
		return true
	}
	if strings.HasPrefix(class, "Random") {
		return true
	}
	for _, key := range []string{"rate", "dropout", "recurrent_dropout", "stddev"} {
		if n, ok := asFloat(cfg[key]); ok && n > 0 && !strings.HasSuffix(class, "Initializer") {
			return true
		}
	}
	inner := func(v any) bool {
		c, _ := at(v, "config").(object)
		return c != nil && trainingMatters(str(at(v, "class_name")), c, depth+1)
	}
	for _, key := range append(slices.Clone(wrapped), "layers") {
		if slices.ContainsFunc(list(cfg[key]), inner) || inner(cfg[key]) {
			return true
		}
	}
	return false
}

const maxConfigDepth = 64

// byInputName orders a dict of tensors for a model whose inputs are a list:
// by the names of its input layers.
func byInputName(m *modelSpec, given object, flat []Value) []Value {
	if _, ok := m.inputs.(object); ok {
		return flat
	}
	var out []Value
	flatten(m.inputs, func(v any) {
		if r, ok := v.(tensorRef); ok {
			if t, ok := given[r.layer].(Value); ok {
				out = append(out, t)
			}
		}
	})
	if len(out) != len(flat) {
		return flat
	}
	return out
}

// report keeps a layer's failure once.
func (b *builder) report(l *Layer) {
	if l.err != nil && !l.failed {
		l.failed = true
		if l.err.Err != errPoisoned {
			b.errs = append(b.errs, l.err)
		}
	}
}
