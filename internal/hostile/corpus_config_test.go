package hostile

import (
	"encoding/json"
	"strings"
	"testing"
)

// edits are changes of seed_lstm's architecture: its layers are an input, an
// embedding, an LSTM and a dense layer.
var edits = []struct {
	path string
	to   any
	want string
}{
	{"class_name", "Nothing", "ok"}, // a subclass of Sequential
	{"class_name", 3, "malformed"},
	{"class_name", Delete, "malformed"},
	{"config", nil, "unsupported"},
	{"config", []any{}, "malformed"},
	{"config/layers", []any{}, "malformed"},
	{"config/layers", map[string]any{}, "unsupported"},
	{"config/layers", Delete, "unsupported"},
	{"config/layers/0/config/batch_shape", []any{nil, -3}, "malformed"},
	{"config/layers/0/config/batch_shape", []any{nil, json.Number("9223372036854775807")}, "limit|malformed|shape"},
	{"config/layers/0/config/batch_shape", []any{nil, json.Number("1e30")}, "malformed"},
	{"config/layers/0/config/batch_shape", []any{nil, int64(1 << 40)}, "malformed"},
	{"config/layers/0/config/batch_shape", []any{int64(1 << 31), int64(1 << 31)}, "malformed"},
	{"config/layers/0/config/batch_shape", []any{nil, "x"}, "malformed"},
	{"config/layers/0/config/batch_shape", "x", "unsupported"},
	{"config/layers/0/config/batch_shape", strange(40), "limit|malformed|shape|unsupported"},
	{"config/layers/0/config/dtype", "complex128", "unsupported|malformed|dtype"},
	{"config/layers/0/config/dtype", "string", "dtype|unsupported|malformed"},
	{"config/layers/1/class_name", "Evil", "unsupported"},
	{"config/layers/1/class_name", nil, "malformed"},
	{"config/layers/1/config/input_dim", 0, "malformed|shape|missing weight"},
	{"config/layers/1/config/input_dim", -1, "malformed|shape"},
	{"config/layers/1/config/input_dim", int64(1 << 31), "shape|malformed|missing weight"},
	{"config/layers/1/config/input_dim", json.Number("1e300"), "malformed|shape"},
	{"config/layers/1/config/output_dim", json.Number("9223372036854775807"), "malformed|shape|missing weight"},
	{"config/layers/1/config/output_dim", 2, "shape|missing weight"},
	{"config/layers/1/config/output_dim", "2", "malformed"},
	{"config/layers/1/config/dtype", "float99", "unsupported|malformed"},
	{"config/layers/1/config/dtype/config/name", "mixed_nothing", "unsupported|malformed"},
	{"config/layers/2", Delete, "unused weight|missing weight|shape"},
	{"config/layers/2", nil, "malformed"},
	{"config/layers/2", []any{}, "malformed"},
	{"config/layers/2/class_name", "GRU", "shape|missing weight"},
	{"config/layers/2/class_name", "Lambda", "unsupported"},
	{"config/layers/2/class_name", "LSTMCell", "unsupported|malformed|shape|missing weight"},
	{"config/layers/2/config/units", 31, "shape|missing weight"},
	{"config/layers/2/config/units", 0, "malformed|shape|missing weight"},
	{"config/layers/2/config/units", -32, "malformed|shape"},
	{"config/layers/2/config/units", int64(1 << 30), "shape|missing weight|malformed|limit"},
	{"config/layers/2/config/units", json.Number("9223372036854775807"), "malformed|shape|missing weight"},
	{"config/layers/2/config/units", 32.5, "malformed"},
	{"config/layers/2/config/units", Delete, "malformed"},
	{"config/layers/2/config/activation", "no_such", "unsupported"},
	{"config/layers/2/config/activation", 7, "malformed|unsupported"},
	{"config/layers/2/config/activation", map[string]any{"class_name": "function", "config": "evil"}, "unsupported"},
	{"config/layers/2/config/use_bias", "no", "malformed"},
	{"config/layers/2/config/use_bias", false, "unused weight"},
	{"config/layers/2/config/return_sequences", true, "ok"},
	{"config/layers/3/config/units", 2, "shape|missing weight"},
	{"config/layers/3/config/units", int64(1 << 62), "shape|missing weight|malformed"},
	{"config/layers/3/config/use_bias", nil, "malformed|unused weight|ok"},
	{"config/layers/3/config/name", "lstm", "malformed"},
	{"config/layers/3/config/name", "../../../etc/passwd", "ok|missing weight|unused weight"},
	{"config/layers/3/config/activation", strings.Repeat("a", 100000), "unsupported"},
}

func strange(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = 2
	}
	return out
}

func configs(t testing.TB) (out []file) {
	for _, c := range containers {
		for _, e := range edits {
			value := "deleted"
			if e.to != Delete {
				value = string(Text(e.to))
			}
			name := c.name + " with " + e.path + " " + value
			out = append(out, file{name[:min(len(name), 120)], c.with(t, Text(Set(config(), e.path, e.to))), e.want})
		}
	}
	return out
}

// documents are texts in place of an architecture.
func documents(t testing.TB) (out []file) {
	good := string(Text(config()))
	deep := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	texts := []struct{ name, text, want string }{
		{"an empty object", "{}", "malformed"},
		{"null", "null", "usage|malformed"},
		{"a number", "{\"class_name\": 5", "malformed"},
		{"two documents", good + good, "malformed"},
		{"a key twice", `{"class_name":"Sequential","class_name":"Sequential","config":{}}`, "malformed"},
		{"an escaped key twice", `{"class_name":"Sequential","\u0063lass_name":"Model","config":{}}`, "malformed"},
		{"a key twice deep within", strings.Replace(good, `"units":32`, `"units":32,"units":32`, 1), "malformed"},
		{"NaN", strings.Replace(good, `"units":32`, `"units":NaN`, 1), "malformed"},
		{"Infinity", strings.Replace(good, `"units":32`, `"units":Infinity`, 1), "malformed"},
		{"-Infinity", strings.Replace(good, `"units":32`, `"units":-Infinity`, 1), "malformed"},
		{"NaN where it may be", strings.Replace(good, `"recurrent_dropout":0.0`, `"recurrent_dropout":NaN`, 1), "ok"},
		{"a comment", strings.Replace(good, `"units":32`, `"units":32/*x*/`, 1), "malformed"},
		{"a trailing comma", strings.TrimSuffix(good, "}") + ",}", "malformed"},
		{"single quotes", strings.ReplaceAll(good, `"`, `'`), "malformed"},
		{"bytes that are not UTF-8", strings.Replace(good, "sequential", "seq\xff\xfe", 1), "malformed"},
		{"a control character", strings.Replace(good, "sequential", "seq\x01", 1), "malformed"},
		{"arrays nested 100,000 deep", `{"class_name":"Sequential","config":` + deep("[", "]", 100000) + "}", "limit"},
		{"objects nested 100,000 deep", `{"class_name":"Sequential","config":` + deep(`{"a":`, "", 100000), "limit|malformed"},
		{"brackets that never close", `{"class_name":` + strings.Repeat("[", 1<<20), "limit|malformed"},
		{"half a million empty lists", `{"class_name":"Sequential","config":[` + strings.Repeat("[],", 1<<19) + `0]}`, "limit"},
		{"half a million empty objects", `{"class_name":"Sequential","config":[` + strings.Repeat("{},", 1<<19) + `0]}`, "limit"},
		{"half a million keys", `{"class_name":"Sequential","config":{` + keysText(1<<19) + `}}`, "limit"},
		{"a million layers", `{"class_name":"Sequential","config":{"layers":[` + strings.Repeat("1,", 1<<20) + `1]}}`, "limit|malformed"},
		{"a name of a megabyte", strings.Replace(good, `"sequential"`, `"`+strings.Repeat("x", 1<<20)+`"`, 1), "ok|limit"},
	}
	for _, c := range containers {
		for _, x := range texts {
			out = append(out, file{c.name + " with " + x.name, c.with(t, []byte(x.text)), x.want})
		}
	}
	alone := []struct{ name, text, want string }{
		{"YAML: aliases of aliases", yamlBomb(), "limit|malformed"},
		{"YAML: nested flow", "class_name: " + strings.Repeat("[", 1<<20), "limit|malformed"},
		{"YAML: nested blocks", "class_name:\n" + staircase(3000), "limit|malformed"},
		{"YAML: an alias of itself", "class_name: Sequential\nconfig: &a [*a]\n", "limit|malformed"},
		{"YAML: an alias of nothing", "class_name: Sequential\nconfig: *a\n", "malformed"},
		{"YAML: a key twice", "class_name: Sequential\nclass_name: Model\nconfig: []\n", "malformed"},
		{"YAML: a list as key", "class_name: Sequential\n? [1, 2]\n: 3\n", "malformed"},
		{"YAML: Python objects", "class_name: Sequential\nconfig: !!python/object/apply:os.system [ls]\n", "usage"},
		{"YAML: long lines", "class_name: |\n" + strings.Repeat(" \n", 1<<19), "limit|malformed|unsupported|usage"},
		{"YAML: a million items", "class_name: Sequential\nconfig:\n" + strings.Repeat("- a\n", 1<<20), "limit"},
		{"YAML: tabs", "class_name:\tSequential\n\tconfig:\t[]\n", "malformed|usage"},
		{"YAML: two documents", "class_name: Sequential\n---\nclass_name: Model\n", "malformed|usage"},
		{"YAML: nothing", "class_name: \n", "malformed"},
		{"HTML", "<!DOCTYPE html><html></html>", "malformed"},
		{"a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "malformed"},
		{"an index of shards", `{"metadata":{},"weight_map":{"/a":["../../etc/passwd"]}}`, "usage|malformed"},
		{"JSON in JSON", `"{\"class_name\": 1"`, "malformed"},
		{"JSON in JSON in JSON", `"{\"class_name\": \"{}\"}"`, "usage|unsupported"},
		{"random text", strings.Repeat("lorem ipsum ", 1000), "malformed"},
		{"zeros", strings.Repeat("\x00", 1<<16), "malformed"},
		{"a SavedModel", "\x08\x01\x12saved_model", "unsupported"},
		{"a pickle", "\x80\x04\x95cos\nsystem\n(S'ls'\ntR.", "unsupported"},
	}
	for _, x := range alone {
		out = append(out, file{x.name, []byte(x.text), x.want})
	}
	return out
}

func keysText(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`"` + string([]byte{'a' + byte(i%26), 'a' + byte(i/26%26), 'a' + byte(i/676%26), 'a' + byte(i/17576%26), 'a' + byte(i/456976)}) + `":0,`)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func staircase(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i+1) + "a:\n")
	}
	return b.String()
}

func yamlBomb() string {
	var b strings.Builder
	b.WriteString("class_name: Sequential\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 11 {
		ref := "*a" + string(rune('0'+i))
		b.WriteString("b" + string(rune('0'+i)) + ": &a" + string(rune('1'+i)) + " [" + strings.TrimSuffix(strings.Repeat(ref+", ", 10), ", ") + "]\n")
	}
	return b.String()
}
