package graphview

import (
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Layers is the graph of m's Keras layers, those of nested models in place of
// the models. A model that has none, or has them without connections, gives its
// ops. The costs are of m's nodes.
func Layers(m *ir.Model, c Costs) *Graph {
	b := &layerBuilder{m: m, g: &Graph{Title: m.Name}, node: map[string]int{}, inner: map[string][]int{}, seen: map[[2]int]bool{}}
	b.addNodes()
	if len(b.g.Nodes) == 0 || len(b.g.Nodes) > 1 && !b.connected() {
		return Ops(m, c)
	}
	b.addEdges()
	b.addCosts(c)
	return b.g
}

type layerBuilder struct {
	m     *ir.Model
	g     *Graph
	node  map[string]int   // by path: its box
	inner map[string][]int // by nested model's path: its layers in m.Layers
	seen  map[[2]int]bool
}

func (b *layerBuilder) connected() bool {
	for _, l := range b.m.Layers {
		if len(l.Inbound) > 0 {
			return true
		}
	}
	return false
}

func (b *layerBuilder) addNodes() {
	for i, l := range b.m.Layers {
		b.inner[parent(l.Name, l.Depth)] = append(b.inner[parent(l.Name, l.Depth)], i)
	}
	for _, l := range b.m.Layers {
		if len(b.inner[l.Name]) > 0 {
			continue
		}
		var shapes []string
		for _, s := range l.Outputs {
			shapes = append(shapes, s.String())
		}
		b.node[l.Name] = len(b.g.Nodes)
		b.g.Nodes = append(b.g.Nodes, Node{Name: l.Name, Class: l.Class, Kind: kindOf(l.Class), Shape: strings.Join(shapes, ", "), Params: l.Params})
	}
}

// parent is the path of the model a layer is in. Layer names may have slashes
// of their own, so the outermost model's layers have none.
func parent(path string, depth int) string {
	if depth == 0 {
		return ""
	}
	return path[:max(strings.LastIndexByte(path, '/'), 0)]
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "/" + name
}

// refName is the layer of "layer[node][tensor]".
func refName(ref string) string {
	for range 2 {
		if i := strings.LastIndexByte(ref, '['); i > 0 {
			ref = ref[:i]
		}
	}
	return ref
}

func (b *layerBuilder) addEdges() {
	for _, l := range b.m.Layers {
		prefix := parent(l.Name, l.Depth)
		entries := b.entries(l.Name)
		for k, ref := range l.Inbound {
			for _, from := range b.exits(join(prefix, refName(ref)), prefix, 0) {
				if len(entries) > 0 {
					b.g.add(b.seen, from, entries[k%len(entries)])
				}
			}
		}
	}
}

// entries are the boxes that a layer's inputs go to: its own, or the input
// layers of a nested model, or what comes first in it.
func (b *layerBuilder) entries(path string) []int {
	if n, ok := b.node[path]; ok {
		return []int{n}
	}
	var inputs, first []int
	for _, i := range b.inner[path] {
		l := b.m.Layers[i]
		in := b.entries(l.Name)
		if l.InputLayer {
			inputs = append(inputs, in...)
		}
		known := false
		for _, ref := range l.Inbound {
			known = known || b.listed(join(path, refName(ref)))
		}
		if !known {
			first = append(first, in...)
		}
	}
	if len(inputs) > 0 {
		return inputs
	}
	return first
}

func (b *layerBuilder) listed(path string) bool {
	_, ok := b.node[path]
	return ok || len(b.inner[path]) > 0
}

// exits are the boxes that a layer's outputs come from. An operation inside a
// nested model is in no list; it gets a box, connected as the graph is.
func (b *layerBuilder) exits(path, prefix string, depth int) []int {
	if n, ok := b.node[path]; ok {
		return []int{n}
	}
	if depth > 64 {
		return nil
	}
	if in := b.inner[path]; len(in) > 0 {
		read := map[string]bool{}
		for _, i := range in {
			for _, ref := range b.m.Layers[i].Inbound {
				read[join(path, refName(ref))] = true
			}
		}
		var out []int
		for _, i := range in {
			if l := b.m.Layers[i]; !read[l.Name] {
				out = append(out, b.exits(l.Name, path, depth+1)...)
			}
		}
		return out
	}
	return b.operation(path, prefix, depth)
}

func (b *layerBuilder) operation(path, prefix string, depth int) []int {
	made := map[ir.ValueID]string{}
	id := -1
	for i := range b.m.Nodes {
		n := &b.m.Nodes[i]
		for _, out := range n.Outputs {
			made[out] = n.Origin.Layer
		}
		if n.Origin.Layer != path {
			continue
		}
		if id < 0 {
			id = len(b.g.Nodes)
			b.node[path] = id
			b.g.Nodes = append(b.g.Nodes, Node{Name: path, Class: n.Origin.Class, Kind: kindOf(n.Origin.Class)})
		}
		b.g.Nodes[id].Shape = b.m.Type(n.Outputs[0]).Shape.String()
		for _, in := range n.Inputs {
			if from, ok := made[in]; ok && from != path {
				for _, f := range b.exits(from, prefix, depth+1) {
					b.g.add(b.seen, f, id)
				}
			}
		}
	}
	if id < 0 {
		return nil
	}
	return []int{id}
}

// addCosts gives each box what the nodes of its layer, and of the layers it
// wraps, cost.
func (b *layerBuilder) addCosts(c Costs) {
	for i := range b.m.Nodes {
		for path := b.m.Nodes[i].Origin.Layer; path != ""; path = parent(path, 1) {
			if n, ok := b.node[path]; ok {
				flops, nanos := c.of(i)
				b.g.Nodes[n].FLOPs += flops
				b.g.Nodes[n].Nanos += nanos
				if out := b.m.Nodes[i].Outputs; b.g.Nodes[n].DType == "" && len(out) > 0 {
					b.g.Nodes[n].DType = b.m.Type(out[0]).DType.String()
				}
				break
			}
		}
	}
}
