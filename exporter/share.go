package exporter

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/kerasgo/kerasgo/ir"
)

// owner is the layer that l is a call of.
func (l *layer) owner() *layer {
	if l.first != nil {
		return l.first
	}
	return l
}

// share makes one layer with several calls of layers that hold the same weights,
// unless that changes the names of outputs.
func (g *graph) share() {
	ports := map[*layer][]int{}
	for i, r := range g.outputs {
		ports[r.of] = append(ports[r.of], i)
	}
	known := map[string][]*layer{}
	for _, l := range g.layers {
		if len(l.weights) == 0 || len(l.weights[0].from) == 0 {
			continue
		}
		key := l.identity()
		i := slices.IndexFunc(known[key], func(o *layer) bool {
			return slices.EqualFunc(l.weights, o.weights, variables.equal) && (ports[l] == nil || g.named(slices.Concat(ports[o], ports[l])))
		})
		if i < 0 {
			known[key] = append(known[key], l)
			continue
		}
		o := known[key][i]
		l.first, l.number = o, len(o.calls)+1
		o.calls = append(o.calls, l)
		ports[o] = append(ports[o], ports[l]...)
	}
}

// named reports whether outputs of one layer have the names that they get in
// Keras: the layer's, and with _1, … the others.
func (g *graph) named(ports []int) bool {
	for k, p := range ports[1:] {
		if p < ports[k] || g.m.Outputs[p].Name != g.m.Outputs[ports[0]].Name+"_"+strconv.Itoa(k+1) {
			return false
		}
	}
	return true
}

// identity tells layers apart that differ in more than what is called on them.
func (l *layer) identity() string {
	rank := 0
	if r, ok := l.args[0].(ref); ok {
		rank = len(r.typ.Shape)
	}
	return string(appendJSON(nil, []any{l.class, l.name, rank, l.config}))
}

func (v variables) equal(o variables) bool {
	return slices.Equal(v.from, o.from) && slices.EqualFunc(v.tensors, o.tensors, func(a, b *ir.Tensor) bool {
		return a.DType == b.DType && slices.Equal(a.Shape, b.Shape) && (a == b || bytes.Equal(a.Data, b.Data))
	})
}
