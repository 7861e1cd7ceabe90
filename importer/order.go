package importer

import (
	"fmt"
	"sort"

	"github.com/kerasgo/kerasgo/ir"
)

// callKey names one call of a layer of a model.
type callKey struct {
	layer string
	node  int
}

func (r tensorRef) call() callKey { return callKey{r.layer, r.node} }

// tensorRefs lists the refs of input_layers or output_layers.
func tensorRefs(tree any) []tensorRef {
	var out []tensorRef
	flatten(tree, func(v any) {
		if r, ok := v.(tensorRef); ok {
			out = append(out, r)
		}
	})
	return out
}

// order lists the calls that the outputs depend on in the order in which Keras
// makes them: by decreasing distance from the outputs. It matters only where a
// layer changes the masks of its inputs.
func (mi *modelInst) order() ([]callKey, error) {
	if mi.plan != nil {
		return mi.plan, nil
	}
	topological, err := mi.topological()
	if err != nil {
		return nil, err
	}
	// Depths as Keras's map_graph counts them: of a call, one more than of the
	// calls that read it, and no less than of the layer's later calls.
	depth, layerDepth := make(map[callKey]int, len(topological)), make(map[string]int, len(topological))
	var met []callKey
	meet := func(k callKey) {
		if _, ok := depth[k]; !ok {
			depth[k] = 0
			met = append(met, k)
		}
	}
	for i := len(topological) - 1; i >= 0; i-- {
		k := topological[i]
		meet(k)
		depth[k] = max(depth[k], layerDepth[k.layer])
		layerDepth[k.layer] = depth[k]
		for _, r := range mi.refs(k) {
			meet(r.call())
			depth[r.call()] = max(depth[r.call()], depth[k]+1)
		}
	}
	sort.SliceStable(met, func(i, j int) bool { return depth[met[i]] > depth[met[j]] })
	mi.plan = met
	return met, nil
}

// refs are what a call reads; an input layer's call reads nothing.
func (mi *modelInst) refs(k callKey) []tensorRef {
	if mi.isInput[k] {
		return nil
	}
	return mi.layers[k.layer].spec.calls[k.node].refs()
}

// topological walks depth first from the outputs, with a stack of its own.
func (mi *modelInst) topological() ([]callKey, error) {
	mi.isInput = map[callKey]bool{}
	for _, r := range tensorRefs(mi.spec.inputs) {
		mi.isInput[r.call()] = true
	}
	const visiting, done = 1, 2
	state := make(map[callKey]int, len(mi.all))
	var stack, out []callKey
	outs := tensorRefs(mi.spec.outputs)
	for i := len(outs) - 1; i >= 0; i-- {
		stack = append(stack, outs[i].call())
	}
	for len(stack) > 0 {
		k := stack[len(stack)-1]
		l := mi.layers[k.layer]
		if l == nil || k.node < 0 || k.node >= len(l.spec.calls) {
			return nil, &ir.Error{Kind: ir.ErrMalformed, Layer: mi.path, Text: fmt.Sprintf("a connection names call %d of layer %q, which does not exist", k.node, k.layer)}
		}
		if state[k] == 0 {
			state[k] = visiting
			refs := mi.refs(k)
			pushed := false
			for i := len(refs) - 1; i >= 0; i-- {
				switch state[refs[i].call()] {
				case 0:
					stack = append(stack, refs[i].call())
					pushed = true
				case visiting:
					return nil, &ir.Error{Kind: ir.ErrMalformed, Layer: l.Name, Class: l.Class, Text: "the graph has a loop"}
				}
			}
			if pushed {
				continue
			}
		}
		stack = stack[:len(stack)-1]
		if state[k] == visiting {
			state[k] = done
			out = append(out, k)
		}
	}
	return out, nil
}
