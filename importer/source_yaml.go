package importer

import (
	"bytes"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kerasgo/kerasgo/ir"
)

// looksLikeYAML tells an architecture written by model.to_yaml(), Keras 0's too.
func looksLikeYAML(h []byte) bool {
	for _, line := range bytes.Split(h, []byte("\n")) {
		for _, key := range []string{"class_name:", "backend:", "config:", "keras_version:", "layers:", "input_config:"} {
			if bytes.HasPrefix(line, []byte(key)) {
				return true
			}
		}
	}
	return false
}

// maxYAML bounds a YAML architecture.
const maxYAML = 16 << 20

// yamlNode is what the parser takes for a node, of which every separator can
// begin one.
const yamlNode = 200

// readYAML reads model.to_yaml() of Keras 1 and 2.
func readYAML(b *blob, lim Limits) (*archive, error) {
	text, err := b.all(min(lim.JSONBytes, maxYAML))
	if err != nil {
		return nil, err
	}
	if n := nesting(text); n > lim.JSONDepth {
		return nil, inFile(exceeded("JSONDepth", int64(lim.JSONDepth), "YAML is nested deeper"), b.name)
	}
	nodes := int64(1)
	for _, c := range text {
		switch c {
		case ',', ':', '-', '\n', '[', '{', '?':
			nodes++
		}
	}
	if err := lim.spend(nodes*yamlNode, "YAML"); err != nil {
		return nil, inFile(err, b.name)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil || len(doc.Content) != 1 {
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "not a YAML document", Err: err}
	}
	y := yamlReader{lim: lim}
	v := y.value(doc.Content[0], 0)
	if y.err != nil {
		return nil, inFile(y.err, b.name)
	}
	return architecture(b, v, "yaml", lim)
}

// nesting bounds the depth of a YAML text from above: brackets, and the widest
// indentation, of which each level takes at least one column.
func nesting(text []byte) int {
	depth, deepest, indent, column, leading := 0, 0, 0, 0, true
	for _, c := range text {
		switch c {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth--
		}
		switch {
		case c == '\n':
			column, leading = 0, true
		case leading && (c == ' ' || c == '-' || c == '\t'):
			column++
			indent = max(indent, column)
		default:
			leading = false
		}
	}
	return deepest + indent
}

// yamlReader turns a YAML tree into the values of parseJSON. Aliases are
// expanded within the limits on the number of values and on memory.
type yamlReader struct {
	lim    Limits
	values int
	err    error
}

func (y *yamlReader) fail(err error) any {
	if y.err == nil {
		y.err = err
	}
	return nil
}

func (y *yamlReader) value(n *yaml.Node, depth int) any {
	if y.err != nil {
		return nil
	}
	if y.values++; y.values > y.lim.JSONValues {
		return y.fail(exceeded("JSONValues", int64(y.lim.JSONValues), "YAML has more values"))
	}
	if depth > y.lim.JSONDepth {
		return y.fail(exceeded("JSONDepth", int64(y.lim.JSONDepth), "YAML is nested deeper"))
	}
	if err := y.lim.spend(yamlNode, "YAML"); err != nil {
		return y.fail(err)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return y.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, e := range n.Content {
			out = append(out, y.value(e, depth+1))
		}
		if v, ok := numpyValue(n.ShortTag(), out); ok {
			return v
		}
		if strings.HasSuffix(n.ShortTag(), ".ListWrapper") && len(out) == 1 { // of tf.keras, called with a list
			return out[0]
		}
		return out
	case yaml.MappingNode:
		o := object{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := y.value(n.Content[i], depth+1)
			k, ok := key.(string)
			if number, whole := key.(int64); whole { // a string in JSON
				k, ok = strconv.FormatInt(number, 10), true
			}
			_, twice := o[k]
			if twice && depth == 0 && o["class_name"] != nil && o["config"] != nil {
				o, twice = object{}, false // a program appended another model: the last counts, as in Keras
			}
			if !ok || twice {
				return y.fail(ir.Errorf(ir.ErrMalformed, "line %d of the YAML: the key %.80q is no string or appears twice", n.Content[i].Line, n.Content[i].Value))
			}
			o[k] = y.value(n.Content[i+1], depth+1)
		}
		if v, ok := numpyValue(n.ShortTag(), o); ok {
			return v
		}
		return o
	}
	return y.scalar(n)
}

func (y *yamlReader) scalar(n *yaml.Node) any {
	var v any = n.Value
	switch n.ShortTag() {
	case "!!null", "!!bool", "!!int", "!!float":
		if err := n.Decode(&v); err != nil {
			return y.fail(&ir.Error{Kind: ir.ErrMalformed, Text: "YAML", Err: err})
		}
	}
	switch t := v.(type) {
	case int:
		return int64(t)
	case uint64:
		return float64(t)
	case nil, bool, int64, float64, string:
		return v
	}
	return n.Value // a date, or a number beyond uint64
}
