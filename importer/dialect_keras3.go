package importer

import (
	"github.com/kerasgo/kerasgo/ir"
)

// keras3Node reads {"args": […], "kwargs": {…}}.
func keras3Node(o object) (callSpec, error) {
	args, err := keras3Value(o["args"])
	if err != nil {
		return callSpec{}, err
	}
	kwargs, err := keras3Value(o["kwargs"])
	if err != nil {
		return callSpec{}, err
	}
	var c callSpec
	if a, ok := args.([]any); ok {
		c.args = a
	} else if args != nil {
		c.args = []any{args}
	}
	c.kwargs, _ = kwargs.(object)
	return c, nil
}

// sliceValue is a Python slice among call arguments; bounds are nil or int64.
type sliceValue struct{ start, stop, step any }

// arrayValue is an array or tensor among call arguments: a number or nested
// lists, and the name of its dtype.
type arrayValue struct {
	value any
	dtype string
}

// ellipsis is Python's ... among call arguments.
type ellipsis struct{}

// keras3Value decodes serialized call arguments: tensors become tensorRef,
// constants plain values, arrays arrayValue.
func keras3Value(v any) (any, error) {
	switch t := v.(type) {
	case []any:
		out := make([]any, len(t))
		for i, e := range t {
			var err error
			if out[i], err = keras3Value(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case object:
		c := t["config"]
		switch str(t["class_name"]) {
		case "__keras_tensor__":
			r, ok := asRef(at(c, "keras_history"), nil)
			if !ok {
				return nil, &ir.Error{Kind: ir.ErrMalformed, Field: "keras_history", Text: "is no [layer, node, tensor]"}
			}
			return r, nil
		case "__tensor__", "__numpy__":
			return arrayValue{at(c, "value"), str(at(c, "dtype"))}, nil
		case "__slice__":
			s := sliceValue{}
			var err error
			for key, p := range map[string]*any{"start": &s.start, "stop": &s.stop, "step": &s.step} {
				if *p, err = keras3Value(at(c, key)); err != nil {
					return nil, err
				}
			}
			return s, nil
		case "__ellipsis__":
			return ellipsis{}, nil
		case "__tuple__":
			if items, ok := at(c, "items").([]any); ok {
				return keras3Value(items)
			}
		case "DTypePolicy":
			return str(at(c, "name")), nil
		}
		out := make(object, len(t))
		for k, e := range t {
			var err error
			if out[k], err = keras3Value(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}
