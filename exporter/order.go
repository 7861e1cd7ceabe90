package exporter

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kerasgo/kerasgo/internal/naming"
	"github.com/kerasgo/kerasgo/ir"
)

// order puts the layers that the outputs depend on in order and names them.
func (g *graph) order() {
	g.layers = g.ordered()
	g.share()
	g.layers = g.ordered()
	g.nameLayers()
}

// ordered lists the layers as Keras does once it has loaded the model
// (keras/src/ops/function.py, map_graph): by decreasing distance from the
// outputs, of its calls so far for a layer with several, and for the same distance
// as a walk from the outputs meets them. Files number layers in this order.
func (g *graph) ordered() []*layer {
	met, begun, done := map[*layer]int{}, map[*layer]bool{}, map[*layer]bool{}
	meet := func(l *layer) {
		begun[l] = true
		if _, ok := met[l.owner()]; !ok {
			met[l.owner()] = len(met)
		}
	}
	var finished []*layer // calls
	type frame struct {
		l    *layer
		refs []ref
	}
	walk := func(root *layer) {
		if done[root] {
			return
		}
		meet(root)
		stack := []frame{{root, root.refs()}}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.refs) == 0 {
				done[top.l] = true
				finished = append(finished, top.l)
				stack = stack[:len(stack)-1]
				continue
			}
			next := top.refs[0].of
			top.refs = top.refs[1:]
			if !begun[next] {
				meet(next)
				stack = append(stack, frame{next, next.refs()})
			}
		}
	}
	for _, r := range g.outputs {
		walk(r.of)
	}
	var layers []*layer
	depth, callDepth := map[*layer]int{}, map[*layer]int{}
	for _, c := range slices.Backward(finished) {
		l := c.owner()
		if _, ok := depth[l]; !ok {
			layers = append(layers, l)
		}
		depth[l] = max(depth[l], callDepth[c])
		for _, r := range c.refs() {
			callDepth[r.of] = max(callDepth[r.of], depth[l]+1)
		}
	}
	for _, r := range g.inputs {
		if _, ok := met[r.of]; !ok { // read by nothing
			met[r.of] = -1
			layers = append(layers, r.of)
		}
	}
	slices.SortStableFunc(layers, func(a, b *layer) int {
		if depth[a] != depth[b] {
			return depth[b] - depth[a]
		}
		return met[a] - met[b]
	})
	return layers
}

// refs are the tensors that a layer's call reads, as Keras flattens them.
func (l *layer) refs() []ref {
	var out []ref
	var flatten func(v any)
	flatten = func(v any) {
		switch v := v.(type) {
		case ref:
			out = append(out, v)
		case []any:
			for _, e := range v {
				flatten(e)
			}
		}
	}
	for _, a := range l.args {
		flatten(a)
	}
	for _, k := range slices.Sorted(maps.Keys(l.kwargs)) {
		flatten(l.kwargs[k])
	}
	return out
}

// nameLayers makes the names of layers unique. First come inputs and outputs,
// then layers with weights, then what a layer of the source ends with; what else
// it was has the class in its name.
func (g *graph) nameLayers() {
	taken := map[string]bool{}
	named := map[*layer]bool{}
	give := func(l *layer, name string) {
		if named[l] {
			return
		}
		named[l] = true
		name = legalName(name)
		if name == "" {
			name = naming.Snake(l.class)
		}
		if taken[name] && len(l.weights) == 0 && l.class != "InputLayer" {
			name += "_" + naming.Snake(l.class)
		}
		l.name = name
		for i := 1; taken[l.name]; i++ {
			l.name = name + "_" + strconv.Itoa(i)
		}
		taken[l.name] = true
	}
	for _, r := range g.inputs {
		give(r.of, r.of.name)
	}
	for i, r := range g.outputs {
		give(r.of.owner(), g.m.Outputs[i].Name)
	}
	for _, l := range g.layers {
		if len(l.weights) > 0 {
			give(l, l.name)
		}
	}
	for _, l := range slices.Backward(g.layers) {
		give(l, l.name)
	}
}

// legalName is name without what Keras refuses in names.
func legalName(name string) string { return strings.ReplaceAll(name, "/", "_") }

// finish collects the outputs; those that are constants or inputs become layers
// of their own.
func (g *graph) finish() {
	for _, p := range g.m.Outputs {
		r, ok := g.values[p.Value].(ref)
		if !ok || r.of.class == "InputLayer" {
			n := &node{g, &ir.Node{Op: &ir.Unary{}, Origin: ir.Origin{Layer: p.Name, Class: "Identity"}}}
			r = n.symbolic(g.values[p.Value])
			r = n.layer("Identity", object{}, r.typ.DType, r.typ, r).output(0)
		}
		g.outputs = append(g.outputs, r)
	}
}
