package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Tree is a JSON document, its numbers as they are written.
type Tree = any

// Parse reads a good document.
func Parse(b []byte) Tree {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v Tree
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

// Text is a document's text.
func Text(v Tree) []byte { return []byte(text(v)) }

// Set returns a copy of a document with another value at a path such as
// "config/layers/0/name"; Delete as the value leaves it out.
func Set(doc Tree, path string, v Tree) Tree {
	key, rest, more := strings.Cut(path, "/")
	switch t := doc.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range t {
			out[k] = e
		}
		switch {
		case more:
			if out[key] == nil {
				panic(fmt.Sprintf("no %q in %s", path, text(doc)))
			}
			out[key] = Set(out[key], rest, v)
		case v == Delete:
			delete(out, key)
		default:
			out[key] = v
		}
		return out
	case []any:
		i, err := strconv.Atoi(key)
		if err != nil || i >= len(t) {
			panic(fmt.Sprintf("no %q in %s", path, text(doc)))
		}
		out := slices.Clone(t)
		switch {
		case more:
			out[i] = Set(out[i], rest, v)
		case v == Delete:
			return slices.Delete(out, i, i+1)
		default:
			out[i] = v
		}
		return out
	}
	panic(fmt.Sprintf("no %q in %s", path, text(doc)))
}

type deletion struct{}

// Delete as a value takes a key or an element away.
var Delete = deletion{}

// nasty are values that a document should not have.
var nasty = []any{
	nil, true, false, 0, -1, 1, 2, 3, 255, 1 << 20, json.Number("2147483648"), json.Number("9223372036854775807"), json.Number("-9223372036854775808"),
	json.Number("1e999"), 0.5, json.Number("1e-320"), "", "x", "batch", "time", "channels_first", "same", "valid", "causal", "float64", "int8", "string",
	[]any{}, []any{-1}, []any{0}, []any{nil, nil, nil}, []any{1, json.Number("2147483648"), json.Number("2147483648")}, []any{[]any{}}, map[string]any{},
	map[string]any{"class_name": "Dense", "config": map[string]any{}},
}

// Mutate copies a document and changes places in it, by the source of numbers.
func Mutate(r *rand.Rand, doc Tree) Tree {
	size := count(doc)
	at := -1
	target := r.IntN(size)
	return mutate(r, doc, &at, target)
}

func count(v Tree) int {
	n := 1
	switch t := v.(type) {
	case []any:
		for _, e := range t {
			n += count(e)
		}
	case map[string]any:
		for _, e := range t {
			n += count(e)
		}
	}
	return n
}

func keys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func mutate(r *rand.Rand, v Tree, at *int, target int) Tree {
	*at++
	hit := *at == target
	switch t := v.(type) {
	case []any:
		out := make([]any, 0, len(t))
		for _, e := range t {
			out = append(out, mutate(r, e, at, target))
		}
		if !hit {
			return out
		}
		switch r.IntN(5) {
		case 0:
			return append(out, out...)
		case 1:
			return out[:len(out)/2]
		case 2:
			r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
			return out
		case 3:
			return append(out, nasty[r.IntN(len(nasty))])
		}
	case map[string]any:
		out := make(map[string]any, len(t))
		for _, k := range keys(t) {
			out[k] = mutate(r, t[k], at, target)
		}
		if !hit {
			return out
		}
		if ks := keys(t); len(ks) > 0 {
			switch r.IntN(4) {
			case 0:
				delete(out, ks[r.IntN(len(ks))])
				return out
			case 1:
				a, b := ks[r.IntN(len(ks))], ks[r.IntN(len(ks))]
				out[a], out[b] = out[b], out[a]
				return out
			case 2:
				out["x"] = nasty[r.IntN(len(nasty))]
				return out
			}
		}
	case json.Number:
		if n, err := t.Int64(); hit && err == nil && r.IntN(2) == 0 {
			return n + int64(r.IntN(9)) - 4
		}
	case string:
		if hit && r.IntN(3) == 0 {
			return t + "x"
		}
	}
	if hit {
		return nasty[r.IntN(len(nasty))]
	}
	return v
}
