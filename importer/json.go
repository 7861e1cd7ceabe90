package importer

import (
	"bytes"
	"math"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/kerasgo/kerasgo/ir"
)

// object is a JSON object. Values are nil, bool, int64, float64, string, []any
// and object.
type object = map[string]any

// parseJSON reads a JSON document as Python writes it: NaN, Infinity and
// -Infinity are numbers. Size, depth and number of values are checked before
// anything is allocated.
func parseJSON(b []byte, what string, lim Limits) (any, error) {
	if int64(len(b)) > lim.JSONBytes {
		return nil, &ir.Error{Kind: ir.ErrLimit, Field: what, Text: "JSON of " + strconv.Itoa(len(b)) + " bytes, the limit is " + strconv.FormatInt(lim.JSONBytes, 10)}
	}
	plain, err := scanJSON(b, what, lim)
	if err != nil {
		return nil, err
	}
	if !gjson.ValidBytes(plain) {
		return nil, &ir.Error{Kind: ir.ErrMalformed, Field: what, Text: "not valid JSON"}
	}
	return tree(gjson.ParseBytes(b)), nil
}

// scanJSON checks the limits and returns b with Python's number literals
// replaced by numbers of the same length.
func scanJSON(b []byte, what string, lim Limits) ([]byte, error) {
	plain, depth, values := b, 0, 0
	copied := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			values++
			if depth++; depth > lim.JSONDepth {
				return nil, (&ir.Error{Kind: ir.ErrLimit, Field: what, Text: "JSON nested more than " + strconv.Itoa(lim.JSONDepth) + " deep"}).At(int64(i))
			}
		case '}', ']':
			depth--
		case ',':
			values++
		case 'N', 'I':
			word := "NaN"
			if c == 'I' {
				word = "Infinity"
			}
			if !isWord(b, i, word) {
				continue // not valid anyway
			}
			if !copied {
				plain, copied = append([]byte(nil), b...), true
			}
			for j := range word {
				plain[i+j] = '1'
			}
			i += len(word) - 1
		}
		if values > lim.JSONValues {
			return nil, &ir.Error{Kind: ir.ErrLimit, Field: what, Text: "JSON of more than " + strconv.Itoa(lim.JSONValues) + " values"}
		}
	}
	return plain, nil
}

// isWord tells whether Python's literal stands at b[i:] as a value of its own.
func isWord(b []byte, i int, word string) bool {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return false
	}
	start := i
	if word == "Infinity" && start > 0 && b[start-1] == '-' {
		start--
	}
	ends := func(c byte) bool { return bytes.IndexByte([]byte("[]{},: \t\r\n"), c) >= 0 }
	return (start == 0 || ends(b[start-1])) && (i+len(word) == len(b) || ends(b[i+len(word)]))
}

// tree converts a checked document; its depth is bounded.
func tree(r gjson.Result) any {
	switch r.Type {
	case gjson.True:
		return true
	case gjson.False:
		return false
	case gjson.String:
		return r.String()
	case gjson.Number:
		return number(r.Raw)
	case gjson.JSON:
		if r.IsObject() {
			o := object{}
			r.ForEach(func(k, v gjson.Result) bool {
				o[k.String()] = tree(v)
				return true
			})
			return o
		}
		a := []any{}
		r.ForEach(func(_, v gjson.Result) bool {
			a = append(a, tree(v))
			return true
		})
		return a
	}
	return nil
}

func number(raw string) any {
	switch raw {
	case "NaN":
		return math.NaN()
	case "Infinity":
		return math.Inf(1)
	case "-Infinity":
		return math.Inf(-1)
	}
	if n, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return n
	}
	f, _ := strconv.ParseFloat(raw, 64) // out of range gives ±Inf, as in Python
	return f
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
