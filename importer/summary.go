package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// summary lists the layers as model.summary() does, nested ones after the model
// that holds them.
func (b *builder) summary(mi *modelInst) []ir.Layer {
	var out []ir.Layer
	b.list(&out, mi, 0)
	return out
}

func (b *builder) list(out *[]ir.Layer, mi *modelInst, depth int) {
	*out = slices.Grow(*out, len(mi.all))
	byLayer := make(map[*Layer][]*callTrace, len(mi.all))
	for _, t := range mi.traces {
		byLayer[t.layer] = append(byLayer[t.layer], t)
	}
	for _, l := range mi.all {
		input := l.Class == "InputLayer"
		if depth > 0 && (l.spec.op || input && mi.spec.class == "Sequential") {
			continue
		}
		e := ir.Layer{Name: l.Name, Class: cmp.Or(l.spec.wrote, l.Class), Depth: depth, InputLayer: input}
		traces := byLayer[l]
		slices.SortStableFunc(traces, func(a, b *callTrace) int { return a.node - b.node })
		var reads []tensorRef
		for i, t := range traces {
			var shapes []ir.Shape
			for _, v := range t.outputs {
				shapes = append(shapes, b.m.Type(v.ID).Shape)
			}
			if i > 0 && fmt.Sprint(shapes) != fmt.Sprint(e.Outputs) && b.d.version.major < 3 {
				e.OutputStruct = "multiple"
			}
			e.Outputs = shapes // Keras 3 shows the last
			reads = append(reads, t.inbound...)
		}
		if len(traces) == 0 && !input { // no output depends on it
			for _, c := range l.spec.calls {
				reads = append(reads, c.refs()...)
			}
		}
		for _, r := range reads {
			e.Inbound = append(e.Inbound, fmt.Sprintf("%s[%d][%d]", r.layer, r.node+b.shownBase(mi.layers[r.layer]), r.tensor))
		}
		p := b.total(l, true)
		e.Params, e.Trainable, e.Bytes = p.all, p.trainable, p.bytes
		*out = append(*out, e)
		if l.model != nil {
			b.list(out, l.model, depth+1)
		}
	}
}

// shownBase is what Keras before 2.4 added to the node index of a nested model's
// calls: one for the node the model got when it was built.
func (b *builder) shownBase(l *Layer) int {
	if l == nil || l.model == nil || !b.d.version.less(2, 4) {
		return 0
	}
	return builtNode(l.spec)
}

// paramCount counts parameters, and the bytes of their variables.
type paramCount struct{ all, trainable, bytes int64 }

func (p *paramCount) add(q paramCount, trainable bool) {
	p.all += q.all
	p.bytes += q.bytes
	if trainable {
		p.trainable += q.trainable
	}
}

// count adds a variable to its layer's parameters. Keras counts what it keeps
// in the variable's dtype, whatever the file has.
func (b *builder) count(l *Layer, t *ir.Tensor, trainable bool) {
	p := b.params[l]
	if p == nil {
		p = &paramCount{}
		b.params[l] = p
	}
	n := int64(t.Elems())
	size := t.DType.Size()
	if t.DType.IsFloat() {
		size = l.variableDType().Size()
	}
	p.add(paramCount{n, n, n * int64(size)}, trainable)
}

// variableDType is the dtype a layer keeps its float variables in.
func (l *Layer) variableDType() ir.DType {
	if strings.HasPrefix(policyName(l.spec.config["dtype"]), "mixed_") {
		return ir.Float32
	}
	return l.compute
}

// total counts the parameters of a layer and of those it holds.
func (b *builder) total(l *Layer, trainable bool) paramCount {
	if v, ok := l.spec.config["trainable"].(bool); ok && !v {
		trainable = false
	}
	var sum paramCount
	if p := b.params[l]; p != nil {
		sum.add(*p, trainable)
	}
	for _, name := range sortedKeys(l.children) {
		sum.add(b.total(l.children[name], trainable), trainable)
	}
	if l.model != nil {
		for _, sub := range l.model.all {
			sum.add(b.total(sub, trainable), trainable)
		}
	}
	return sum
}
