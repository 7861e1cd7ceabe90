package importer

import (
	"bytes"
	"encoding/json"

	"github.com/kerasgo/kerasgo/ir"
)

// readJSON reads an architecture (model.to_json()) or the index of sharded
// weights.
func readJSON(b *blob, lim Limits) (*archive, error) {
	text, err := b.all(lim.JSONBytes)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(text, []byte(`"`)) { // encoded twice
		var inner string
		if err := json.Unmarshal(text, &inner); err != nil {
			return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "not valid JSON", Err: err}
		}
		text = []byte(inner)
		if err := lim.spend(2*int64(len(text)), "the architecture"); err != nil {
			return nil, inFile(err, b.name)
		}
	}
	v, err := parseJSON(text, "architecture", lim)
	if err != nil {
		return nil, inFile(err, b.name)
	}
	return architecture(b, v, "json", lim)
}

func architecture(b *blob, v any, format string, lim Limits) (*archive, error) {
	if m, ok := at(v, "weight_map").(object); ok {
		w, err := readShards(b, m, lim)
		if err != nil {
			return nil, err
		}
		return &archive{name: b.name, format: "keras-v3-sharded-weights", weights: w}, nil
	}
	v = wholeArchitecture(v)
	a := &archive{name: b.name, format: format, arch: v, version: str(at(v, "keras_version")), backend: str(at(v, "backend"))}
	switch {
	case str(at(v, "class_name")) != "":
		return a, nil
	case at(v, "modelTopology") != nil:
		return nil, &ir.Error{Kind: ir.ErrUnsupported, File: b.name, Text: "is a TensorFlow.js model; give the Keras model it was made from"}
	case at(v, "model_config", "class_name") != nil: // the attribute of an .h5, dumped
		a.arch = at(v, "model_config")
		return a, nil
	case isKeras0(v):
		return nil, &ir.Error{Kind: ir.ErrUnsupported, File: b.name, Text: "is an architecture of Keras 0, " + rebuildKeras0}
	}
	return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "is JSON, but no Keras architecture: it has no class_name"}
}

// wholeArchitecture gives model.get_config(), which programs dump too, the class it
// leaves out.
func wholeArchitecture(v any) any {
	layers, class := list(v), "Sequential"
	if layers == nil {
		layers = list(at(v, "layers"))
	}
	if at(v, "input_layers") != nil {
		class = "Functional"
	}
	if len(layers) == 0 || str(at(layers[0], "class_name")) == "" || at(v, "class_name") != nil {
		return v
	}
	return object{"class_name": class, "config": v}
}

// isKeras0 tells architectures from before Keras 1: a layer's name is its class. A
// Graph has nodes in place of layers.
func isKeras0(v any) bool {
	if at(v, "name") == "Graph" && at(v, "node_config") != nil {
		return true
	}
	layers := list(at(v, "layers"))
	return len(layers) > 0 && str(at(v, "name")) != "" && str(at(layers[0], "name")) != ""
}

// rebuildKeras0 is what to do about files from before Keras 1.
const rebuildKeras0 = "from before Keras 1: rebuild the model with a newer Keras, set its weights and save it again"
