package importer

import (
	"github.com/kerasgo/kerasgo/ir"
)

// classNames are other spellings of Keras's classes.
var classNames = map[string]string{
	"Model":                "Functional",
	"BatchNormalizationV1": "BatchNormalization",
	"BatchNormalizationV2": "BatchNormalization",
	"LSTMV1":               "LSTM",
	"LSTMV2":               "LSTM",
	"UnifiedLSTM":          "LSTM",
	"GRUV1":                "GRU",
	"GRUV2":                "GRU",
	"UnifiedGRU":           "GRU",
	"LSTMCellV2":           "LSTMCell",
	"GRUCellV2":            "GRUCell",
	"DenseFeaturesV2":      "DenseFeatures",
	"NormalizationV1":      "Normalization",
	"FixedDropout":         "Dropout", // of the package efficientnet
}

// configNames renames arguments: class, then old to new. The new name wins
// when a file has both.
var configNames = map[string]map[string]string{
	"InputLayer": {"batch_input_shape": "batch_shape", "batchInputShape": "batch_shape"},
	"LeakyReLU":  {"alpha": "negative_slope"},
}

// keras2Config gives a layer's arguments their present names.
func keras2Config(s *layerSpec) {
	for old, name := range configNames[s.class] {
		if v, ok := s.config[old]; ok {
			if _, both := s.config[name]; !both {
				s.config[name] = v
			}
			delete(s.config, old)
		}
	}
	switch s.class { // what these have no arguments for
	case "CuDNNLSTM":
		s.config["recurrent_activation"] = "sigmoid"
	case "CuDNNGRU":
		s.config["recurrent_activation"], s.config["reset_after"] = "sigmoid", true
	}
}

// keepsStructure lists the layers whose call takes its first argument as it
// is; for all others, a list of one tensor is the tensor.
var keepsStructure = map[string]bool{
	"TFOpLambda": true, "SlicingOpLambda": true, "ClassMethod": true, "InstanceMethod": true, "InstanceProperty": true,
}

// keras2Node reads [[layer, node, tensor, kwargs], …], a bare [layer, node,
// tensor, kwargs], and dicts and nested lists of them. Constants appear as
// ["_CONSTANT_VALUE", -1, value, kwargs].
func keras2Node(l *layerSpec, v any, names map[string]bool) (callSpec, error) {
	var c callSpec
	bad := false
	var walk func(v any) any
	walk = func(v any) any {
		leaf := list(v)
		if len(leaf) == 3 || len(leaf) == 4 {
			name, isName := leaf[0].(string)
			var kwargs any
			if len(leaf) == 4 {
				kwargs = leaf[3]
			}
			if isName {
				if k, ok := kwargs.(object); ok && len(k) > 0 && c.kwargs == nil {
					c.kwargs, _ = kwargRefs(k, names).(object)
				}
				if name == "_CONSTANT_VALUE" {
					return leaf[2]
				}
				if r, ok := asRef(v, nil); ok {
					return r
				}
				bad = true
				return nil
			}
		}
		switch t := v.(type) {
		case []any:
			out := make([]any, len(t))
			for i, e := range t {
				out[i] = walk(e)
			}
			return out
		case object:
			out := object{}
			for _, k := range sortedKeys(t) {
				out[k] = walk(t[k])
			}
			return out
		}
		bad = true
		return nil
	}
	first := walk(v)
	if bad {
		return c, &ir.Error{Kind: ir.ErrMalformed, Layer: l.name, Class: l.class, Field: "inbound_nodes", Text: "holds something that is no [layer, node, tensor, arguments]"}
	}
	if many := list(first); len(many) == 1 && !keepsStructure[l.class] {
		first = many[0]
	}
	c.args = []any{first}
	return c, nil
}

// kwargRefs turns the [layer, node, tensor] lists among keyword arguments into
// tensors.
func kwargRefs(v any, names map[string]bool) any {
	if r, ok := asRef(v, names); ok && len(list(v)) == 3 {
		return r
	}
	switch t := v.(type) {
	case []any:
		if len(t) >= 3 && str(t[0]) == "_CONSTANT_VALUE" {
			return t[2]
		}
		out := make([]any, len(t))
		for i, e := range t {
			out[i] = kwargRefs(e, names)
		}
		return out
	case object:
		out := object{}
		for k, e := range t {
			out[k] = kwargRefs(e, names)
		}
		return out
	}
	return v
}

// connectSequential connects the layers of a Sequential and gives it the InputLayer
// that Keras makes from a first layer's input shape.
func connectSequential(s *layerSpec, m *modelSpec) {
	first := m.layers[0]
	if first.class != "InputLayer" {
		m.implicitInput = true
		in := &layerSpec{class: "InputLayer", name: first.name + "_input", config: object{"dtype": inputDType(first)}}
		if shape := sequentialShape(s, first); shape != nil {
			in.config["batch_shape"] = shape
			_, declared := first.config["batch_input_shape"]
			m.implicitInput = !declared
		}
		m.layers = append([]*layerSpec{in}, m.layers...)
	}
	prev := ""
	for _, l := range m.layers {
		l.calls = []callSpec{{}}
		if prev != "" {
			l.calls[0].args = []any{tensorRef{layer: prev}}
		}
		prev = l.name
	}
	m.inputs = tensorRef{layer: m.layers[0].name}
	m.outputs = tensorRef{layer: prev}
}

// inputDType is the dtype of the input that Keras makes for a first layer.
func inputDType(first *layerSpec) any {
	if first.model != nil {
		if in := firstInput(first.model); in != nil {
			return in.config["dtype"]
		}
		return nil
	}
	return first.config["dtype"]
}

func firstInput(m *modelSpec) *layerSpec {
	for _, l := range m.layers {
		if l.class == "InputLayer" {
			return l
		}
	}
	return nil
}

// sequentialShape finds the input shape of a Sequential without InputLayer.
func sequentialShape(s, first *layerSpec) any {
	for _, v := range []any{
		first.config["batch_input_shape"],
		at(first.config, "layer", "config", "batch_input_shape"),
		s.config["build_input_shape"],
		at(s.build, "input_shape"),
		at(first.build, "input_shape"),
	} {
		if l, ok := v.([]any); ok {
			return l
		}
	}
	if l, ok := first.config["input_shape"].([]any); ok {
		return append([]any{nil}, l...)
	}
	if first.model != nil {
		if in := firstInput(first.model); in != nil {
			return in.config["batch_shape"]
		}
	}
	if first.class == "Embedding" { // Keras 2 makes it of the length, which may be open
		return []any{nil, first.config["input_length"]}
	}
	return nil
}
