package importer

import (
	"bytes"
	"fmt"
	"math"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/kerasgo/kerasgo/ir"
)

// looksLikeYAML tells an architecture written by model.to_yaml().
func looksLikeYAML(h []byte) bool {
	for _, line := range bytes.Split(h, []byte("\n")) {
		for _, key := range []string{"class_name:", "backend:", "config:", "keras_version:"} {
			if bytes.HasPrefix(line, []byte(key)) {
				return true
			}
		}
	}
	return false
}

// maxYAML bounds a YAML architecture, which the parser holds as a tree of
// tokens many times its size.
const maxYAML = 16 << 20

// readYAML reads model.to_yaml() of Keras 1 and 2.
func readYAML(b *blob, lim Limits) (*archive, error) {
	text, err := b.all(min(lim.JSONBytes, maxYAML))
	if err != nil {
		return nil, err
	}
	if n := nesting(text); n > lim.JSONDepth {
		return nil, &ir.Error{Kind: ir.ErrLimit, File: b.name, Text: fmt.Sprintf("YAML nested more than %d deep", lim.JSONDepth)}
	}
	doc, err := parser.ParseBytes(text, 0)
	if err != nil || len(doc.Docs) != 1 {
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "not a YAML document", Err: err}
	}
	y := yamlReader{lim: lim, anchors: map[string]ast.Node{}}
	v := y.value(doc.Docs[0].Body, 0)
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
// expanded within the limit on the number of values.
type yamlReader struct {
	lim     Limits
	anchors map[string]ast.Node
	values  int
	err     error
}

func (y *yamlReader) fail(kind error, format string, args ...any) any {
	if y.err == nil {
		y.err = ir.Errorf(kind, format, args...)
	}
	return nil
}

func (y *yamlReader) value(n ast.Node, depth int) any {
	if y.err != nil {
		return nil
	}
	if y.values++; y.values > y.max() {
		return y.fail(ir.ErrLimit, "YAML of more than %d values", y.max())
	}
	if depth > 4*y.lim.JSONDepth {
		return y.fail(ir.ErrLimit, "YAML nested too deep")
	}
	switch t := n.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.BoolNode:
		return t.Value
	case *ast.IntegerNode:
		switch v := t.Value.(type) {
		case int64:
			return v
		case uint64:
			if v <= math.MaxInt64 {
				return int64(v)
			}
			return float64(v)
		}
	case *ast.FloatNode:
		return t.Value
	case *ast.InfinityNode:
		return t.Value
	case *ast.NanNode:
		return math.NaN()
	case *ast.StringNode:
		return t.Value
	case *ast.LiteralNode:
		return t.Value.Value
	case *ast.TagNode: // !!python/tuple and the like
		return y.value(t.Value, depth+1)
	case *ast.AnchorNode:
		if t.Name == nil {
			return y.fail(ir.ErrMalformed, "an anchor without a name")
		}
		v := y.value(t.Value, depth+1)
		y.anchors[t.Name.String()] = t.Value
		return v
	case *ast.AliasNode:
		if t.Value == nil {
			return y.fail(ir.ErrMalformed, "a reference to nothing")
		}
		to, ok := y.anchors[t.Value.String()]
		if !ok {
			return y.fail(ir.ErrMalformed, "a reference to %q, which is not defined before", t.Value.String())
		}
		return y.value(to, depth+1)
	case *ast.SequenceNode:
		out := make([]any, 0, len(t.Values))
		for _, e := range t.Values {
			out = append(out, y.value(e, depth+1))
		}
		return out
	case *ast.MappingNode:
		o := object{}
		for _, kv := range t.Values {
			y.pair(o, kv, depth)
		}
		return o
	case *ast.MappingValueNode:
		o := object{}
		y.pair(o, t, depth)
		return o
	}
	return y.fail(ir.ErrUnsupported, "YAML of kind %v", n.Type())
}

func (y *yamlReader) pair(o object, kv *ast.MappingValueNode, depth int) {
	k, ok := y.value(kv.Key, depth+1).(string)
	if !ok {
		y.fail(ir.ErrMalformed, "a key is no string")
		return
	}
	o[k] = y.value(kv.Value, depth+1)
}

// max bounds the values, of which a text of maxYAML bytes has fewer without
// aliases.
func (y *yamlReader) max() int { return min(y.lim.JSONValues, 1<<20) }
