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
	a := &archive{name: b.name, format: format, arch: v, version: str(at(v, "keras_version")), backend: str(at(v, "backend"))}
	switch {
	case str(at(v, "class_name")) != "":
		return a, nil
	case at(v, "modelTopology") != nil:
		return nil, &ir.Error{Kind: ir.ErrUnsupported, File: b.name, Text: "is a TensorFlow.js model; give the Keras model it was made from"}
	case at(v, "model_config", "class_name") != nil: // the attribute of an .h5, dumped
		a.arch = at(v, "model_config")
		return a, nil
	}
	return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "is JSON, but no Keras architecture: it has no class_name"}
}
