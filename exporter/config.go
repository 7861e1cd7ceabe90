package exporter

// config is the model as keras.saving serializes a Functional model.
func (g *graph) config() object {
	name := "functional"
	if g.m.Name != "" {
		name = legalName(g.m.Name)
	}
	layers := make([]any, len(g.layers))
	for i, l := range g.layers {
		layers[i] = l.serialized()
	}
	return object{
		"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
		"config": object{"name": name, "trainable": true, "layers": layers, "input_layers": histories(g.inputs), "output_layers": histories(g.outputs)},
	}
}

// histories are the tensors that a model takes or gives; one alone is not in a
// list, as the model's callers then need none either.
func histories(refs []ref) any {
	list := make([]any, len(refs))
	for i, r := range refs {
		list[i] = r.history()
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// history is where a tensor comes from: a layer, which of its calls, which of
// that one's results.
func (r ref) history() []any {
	return []any{r.of.owner().name, r.of.number, r.index}
}

func (l *layer) serialized() object {
	l.config["name"] = l.name
	calls := []any{}
	if l.class != "InputLayer" {
		for _, c := range append([]*layer{l}, l.calls...) {
			calls = append(calls, object{"args": c.args, "kwargs": c.kwargs})
		}
	}
	o := object{"module": l.module, "class_name": l.class, "config": l.config, "registered_name": nil, "name": l.name, "inbound_nodes": calls}
	if l.op {
		o["registered_name"] = l.class
	}
	return o
}
