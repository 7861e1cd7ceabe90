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
	history := func(r ref) any { return []any{r.of.name, 0, r.index} }
	var inputs, outputs []any
	for _, r := range g.inputs {
		inputs = append(inputs, history(r))
	}
	for _, r := range g.outputs {
		outputs = append(outputs, history(r))
	}
	return object{
		"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
		"config": object{"name": name, "trainable": true, "layers": layers, "input_layers": inputs, "output_layers": outputs},
	}
}

func (l *layer) serialized() object {
	l.config["name"] = l.name
	calls := []any{}
	if l.class != "InputLayer" {
		calls = append(calls, object{"args": l.args, "kwargs": l.kwargs})
	}
	o := object{"module": l.module, "class_name": l.class, "config": l.config, "registered_name": nil, "name": l.name, "inbound_nodes": calls}
	if l.op {
		o["registered_name"] = l.class
	}
	return o
}
