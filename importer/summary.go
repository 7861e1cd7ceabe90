package importer

import (
	"fmt"

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
	for _, l := range mi.order {
		e := ir.Layer{Name: l.Name, Class: l.Class, Depth: depth, InputLayer: l.class() == "InputLayer"}
		for _, t := range mi.traces {
			if t.layer != l {
				continue
			}
			if e.Outputs == nil {
				for _, v := range t.outputs {
					e.Outputs = append(e.Outputs, b.m.Type(v.ID).Shape)
				}
			}
			for _, r := range t.inbound {
				e.Inbound = append(e.Inbound, fmt.Sprintf("%s[%d][%d]", r.layer, r.node, r.tensor))
			}
		}
		p := b.total(l, true)
		e.Params, e.Trainable, e.Bytes = p.all, p.trainable, p.bytes
		*out = append(*out, e)
		if l.model != nil {
			b.list(out, l.model, depth+1)
		}
	}
}

// total counts the parameters of a layer and of those it holds.
func (b *builder) total(l *Layer, trainable bool) paramCount {
	if v, ok := l.spec.config["trainable"].(bool); ok && !v {
		trainable = false
	}
	var sum paramCount
	add := func(p paramCount) {
		sum.all += p.all
		sum.bytes += p.bytes
		if trainable {
			sum.trainable += p.trainable
		}
	}
	if p := b.params[l]; p != nil {
		add(*p)
	}
	for _, name := range sortedKeys(l.children) {
		add(b.total(l.children[name], trainable))
	}
	if l.model != nil {
		for _, sub := range l.model.order {
			add(b.total(sub, trainable))
		}
	}
	return sum
}
