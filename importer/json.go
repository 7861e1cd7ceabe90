package importer

import (
	"errors"
	"math"

	"github.com/kerasgo/kerasgo/internal/strictjson"
	"github.com/kerasgo/kerasgo/ir"
)

// object is a JSON object. Values are nil, bool, int64, float64, string, []any
// and object.
type object = map[string]any

// parseJSON reads a JSON document as Python writes it: NaN, Infinity and
// -Infinity are numbers. A key that stands twice in an object is an error.
// Size, depth, number of values and memory are checked before what they bound is
// allocated.
func parseJSON(b []byte, what string, lim Limits) (any, error) {
	if int64(len(b)) > lim.JSONBytes {
		return nil, exceeded("JSONBytes", lim.JSONBytes, "%s has %d bytes of JSON", what, len(b))
	}
	if err := lim.spend(int64(len(b)), what); err != nil {
		return nil, err
	}
	tree, memory, err := strictjson.Tree(b, strictjson.Options{
		// What looks for layers within layers goes through a level again for each around it.
		MaxDepth:  int(min(int64(lim.JSONDepth), max(32, int64(1<<30)/int64(max(len(b), 1))))),
		MaxItems:  lim.JSONValues,
		MaxMemory: lim.room(),
		Python:    true,
		Advice:    "; importer.Limits.JSONDepth, JSONValues and UnpackedBytes set the limits (--limit NAME=N)",
	})
	if err != nil {
		var e *ir.Error
		if errors.As(err, &e) && e.Kind == ir.ErrLimit {
			e.Field = what
			return nil, e
		}
		return nil, &ir.Error{Kind: ir.ErrMalformed, Field: what, Text: "not valid JSON", Err: err}
	}
	return tree, lim.spend(memory, what)
}

// at follows keys through nested objects; nil when one is missing.
func at(v any, keys ...string) any {
	for _, k := range keys {
		o, ok := v.(object)
		if !ok {
			return nil
		}
		v = o[k]
	}
	return v
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// asInt reads an integer, also one that Python wrote as a float.
func asInt(v any) (int, bool) {
	switch n := v.(type) {
	case int64:
		if int64(int(n)) == n {
			return int(n), true
		}
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
			return int(n), true
		}
	}
	return 0, false
}

func asFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
