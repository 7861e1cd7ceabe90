package importer

import (
	"fmt"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// build makes the model; problems of layers are in the builder's errs.
func build(a *archive, o *options) (*builder, error) {
	d := newDialect(a.version, a.arch, o.limits)
	spec, err := d.model(a.arch)
	if err != nil {
		return nil, err
	}
	if err := d.lostCalls(spec, a.version); err != nil {
		return nil, err
	}
	b := &builder{
		m: &ir.Model{Name: spec.name}, d: d, opts: o, lim: o.limits, file: a,
		notes: map[string]bool{}, params: map[*Layer]*paramCount{}, shared: map[any]*Layer{}, taken: map[ir.ValueID]bool{}, table: table(), ops: opTable(),
		producer: map[ir.ValueID]int{}, lambdaUsed: map[string]bool{},
	}
	b.m.Source = ir.Source{Format: a.format, KerasVersion: a.version, Backend: a.backend, Dialect: d.name, Class: spec.class}
	var root weightScope = noWeights{}
	if a.weights != nil {
		root = a.weights.root()
	}
	if d.name == "keras1" {
		b.keras1Ordering(spec)
	}
	b.lostInput(spec)
	mi := b.instantiate(spec, "", root)
	if f, ok := a.weights.(*legacyWeights); ok && f.pairs != nil {
		b.note("the weights are named after other layers than the model's; matched them by the order of the layers, as Keras does")
	}
	b.precheck(mi)
	inputs, err := b.inputs(mi)
	if err != nil {
		return b, err
	}
	outs, err := b.callModel(mi, inputs)
	if err != nil {
		return b, err
	}
	for _, l := range mi.unresolved() {
		b.report(l)
	}
	b.unusedLambdas()
	if len(b.errs) > 0 {
		return b, nil
	}
	b.outputs(mi, outs)
	b.m.Layers = b.summary(mi)
	return b, nil
}

// inputs makes the model's inputs from its input layers.
func (b *builder) inputs(mi *modelInst) ([]Value, error) {
	var out []Value
	var err error
	names := portNames(mi.spec.inputs)
	n := len(names)
	i := 0
	flatten(mi.spec.inputs, func(v any) {
		r, ok := v.(tensorRef)
		if !ok || err != nil {
			return
		}
		l := mi.layers[r.layer]
		if l == nil || l.class() != "InputLayer" {
			err = ir.Errorf(ir.ErrUnsupported, "the model's input %q is not an InputLayer; a model cut out of another one by its inner tensors cannot be imported", r.layer)
			return
		}
		var t ir.Type
		if t, err = l.inputType(n); err != nil {
			return
		}
		id := b.m.AddValue(ir.Value{Name: names[i], Type: t})
		b.m.Inputs = append(b.m.Inputs, ir.Port{Name: names[i], Value: id})
		out = append(out, Value{id, ir.None})
		i++
	})
	if err == nil && len(out) == 0 {
		err = ir.Errorf(ir.ErrUnsupported, "the model has no inputs")
	}
	return out, err
}

// outputs names the model's outputs. Two of one layer are told apart by _1, …,
// as Keras does.
func (b *builder) outputs(mi *modelInst, outs []Value) {
	names := portNames(mi.spec.outputs)
	for i := len(names); i < len(outs); i++ { // a Sequential that ends in several
		names = append(names, fmt.Sprintf("%s_%d", names[0], i))
	}
	for i, name := range names[:min(len(names), len(outs))] {
		if b.anyComplex(outs[i]) {
			b.errs = append(b.errs, &ir.Error{Kind: ir.ErrUnsupported, Field: name, Text: "the output is complex; give its real and imaginary part as outputs"})
		}
		b.m.Outputs = append(b.m.Outputs, ir.Port{Name: name, Value: outs[i].ID})
	}
}

// portNames names the leaves of input_layers or output_layers: by the key in a
// dict, else by the layer.
func portNames(tree any) []string {
	var names []string
	add := func(n string) {
		base := n
		for i := 1; slices.Contains(names, n); i++ {
			n = fmt.Sprintf("%s_%d", base, i)
		}
		names = append(names, n)
	}
	var walk func(v any, key string)
	walk = func(v any, key string) {
		switch t := v.(type) {
		case tensorRef:
			if key == "" {
				key = t.layer
			}
			add(key)
		case []any:
			for _, e := range t {
				walk(e, key)
			}
		case object:
			for _, k := range sortedKeys(t) {
				walk(t[k], k)
			}
		}
	}
	walk(tree, "")
	return names
}
