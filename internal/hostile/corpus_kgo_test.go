package hostile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func kgoHeaders(t testing.TB) (out []file) {
	good := native(t, "keras3/seed_lstm.keras")
	add := func(name, want string, b []byte) { out = append(out, file{"kgo: " + name, b, want}) }
	meta := func(name, want, key string, v any) {
		k := SplitKGO(good)
		if v == Delete {
			delete(k.Meta, key)
		} else {
			k.Meta[key] = v
		}
		if key == "kerasgo.graph" {
			k.Graph = nil
		}
		add(name, want, k.Join())
	}
	meta("version 2.0", "version", "kerasgo.version", "2.0")
	meta("version 0.9", "version", "kerasgo.version", "0.9")
	meta("version 99999999999999999999", "malformed", "kerasgo.version", "99999999999999999999.0")
	meta("version -1.0", "malformed", "kerasgo.version", "-1.0")
	meta("version 1", "malformed", "kerasgo.version", "1")
	meta("version 1.9 with nothing new", "ok", "kerasgo.version", "1.9")
	meta("a number as version", "malformed", "kerasgo.version", 1)
	meta("no source", "malformed", "kerasgo.source", Delete)
	meta("no graph", "malformed", "kerasgo.graph", Delete)
	meta("no weights", "malformed", "kerasgo.weights", Delete)
	meta("a source of null", "ok|malformed", "kerasgo.source", "null")
	meta("a source of a list", "malformed", "kerasgo.source", "[]")
	meta("a source with a key twice", "malformed", "kerasgo.source", `{"format":"a","format":"b"}`)
	meta("weights of float99", "malformed", "kerasgo.weights", "float99")
	meta("weights of bool", "malformed", "kerasgo.weights", "bool")
	meta("a graph that is no JSON", "malformed", "kerasgo.graph", "{")
	meta("a graph of null", "malformed", "kerasgo.graph", "null")
	meta("a graph of nothing", "malformed", "kerasgo.graph", "{}")
	meta("a graph with a key twice", "malformed", "kerasgo.graph", `{"name":"a","name":"b"}`)
	meta("a graph nested deep", "limit", "kerasgo.graph", `{"name":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)+"}")
	meta("a graph of half a million lists", "limit|malformed", "kerasgo.graph", `{"name":[`+strings.Repeat("[],", 500000)+`0]}`)

	header := func(name, want, text string, data int) { add(name, want, JoinHeader(text, make([]byte, data))) }
	start := `{"__metadata__":{"kerasgo.version":"1.0"},`
	header("nothing but a version", "malformed", `{"__metadata__":{"kerasgo.version":"1.0"}}`, 0)
	header("a shape that overflows", "malformed", start+`"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0)
	header("a shape that overflows to its size", "malformed", start+`"a":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,16]}}`, 16)
	header("negative offsets", "malformed", start+`"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, 4)
	header("offsets in reverse", "malformed", start+`"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4)
	header("offsets beyond the file", "malformed", start+`"a":{"dtype":"F32","shape":[1073741824],"data_offsets":[0,4294967296]}}`, 4)
	header("tensors that overlap", "malformed", start+`"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8)
	header("a hole", "malformed", start+`"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8)
	header("data nobody owns", "malformed", start+`"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 8)
	header("an unknown dtype", "unsupported", start+`"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}`, 4)
	header("rank 40", "malformed", start+`"a":{"dtype":"F32","shape":[1`+strings.Repeat(",1", 39)+`],"data_offsets":[0,4]}}`, 4)
	header("a tensor twice", "malformed", start+`"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0)
	header("a third offset", "malformed", start+`"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0,0]}}`, 0)
	header("a deep header", "limit", start+`"a":`+strings.Repeat("[", 100000)+strings.Repeat("]", 100000)+`}`, 0)
	header("many tensors", "limit|malformed", start+tensors(150000)+`}`, 0)
	header("many keys", "limit|malformed", start+`"a":{`+keysText(1<<20)+`}}`, 0)
	header("much metadata", "limit|malformed", `{"__metadata__":{"kerasgo.version":"1.0",`+strings.ReplaceAll(keysText(1<<19), ":0", `:""`)+`}}`, 0)
	header("a name of 15 MB", "limit|malformed", start+`"`+strings.Repeat("a", 15<<20)+`":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0)
	header("escapes of 15 MB", "limit|malformed", start+`"`+strings.Repeat(`\u0041`, 15<<20/6)+`":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0)
	add("a header of 1 TB", "limit", append(le.AppendUint64(nil, 1<<40), []byte(start)...))
	add("a header of 17 MB", "limit|malformed", append(le.AppendUint64(nil, 17<<20), append([]byte(start), make([]byte, 17<<20)...)...))
	flipped := append([]byte(nil), good...)
	flipped[len(flipped)-1] ^= 1
	add("a flipped bit in the data", "checksum", flipped)
	return out
}

func tensors(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`, i)
	}
	return b.String()[1:]
}

// kgoGraphs edit the graph of seed_lstm. Its values are 0 the input, 1 the ids,
// 2 the table, 3 vectors, 4 to 6 the LSTM's weights, 7 to 9 its outputs, 10 and
// 11 the dense layer's weights, 12 the output; its nodes Cast, Gather, LSTM, Dense.
func kgoGraphs(t testing.TB) (out []file) {
	good := native(t, "keras3/seed_lstm.keras")
	for _, e := range []struct {
		path string
		to   any
		want string
	}{
		{"inputs", []any{}, "malformed"},
		{"inputs/0/value", 99, "malformed"},
		{"inputs/0/value", -1, "malformed"},
		{"inputs/0/value", 12, "malformed"},
		{"inputs/0/value", 2, "malformed"},
		{"outputs", []any{}, "malformed"},
		{"outputs/0/value", 99, "malformed"},
		{"outputs/0/value", json.Number("9223372036854775808"), "malformed"},
		{"outputs/0/name", nil, "ok|malformed"},
		{"values", []any{}, "malformed"},
		{"values/0/shape", []any{"batch|0", 33}, "malformed"},
		{"values/0/shape", []any{"batch|0", -1}, "malformed"},
		{"values/0/shape", []any{"batch|99999999999999999999", 32}, "malformed"},
		{"values/0/shape", []any{"batch", 32}, "malformed"},
		{"values/0/shape", []any{int64(1 << 40), 32}, "malformed|limit"},
		{"values/0/shape", []any{strings.Repeat("x", 2000) + "|0", 32}, "limit"},
		{"values/0/shape", strange(33), "limit"},
		{"values/0/dtype", "string", "malformed"},
		{"values/0/dtype", "nothing", "malformed"},
		{"values/0/data", map[string]any{"tensor": "dense/bias"}, "malformed"},
		{"values/1/dtype", "float32", "malformed"},
		{"values/2/shape", []any{101, 1}, "malformed"},
		{"values/2/shape", []any{"n|0", 1}, "malformed"},
		{"values/2/dtype", "int32", "malformed"},
		{"values/2/dtype", "float64", "malformed"},
		{"values/2/data/tensor", "nothing", "malformed"},
		{"values/2/data/tensor", "dense/kernel", "malformed"},
		{"values/2/data", map[string]any{"tensor": "embedding/embeddings", "scale": "dense/bias"}, "malformed"},
		{"values/2/data", map[string]any{"tensor": "embedding/embeddings", "axis": 1}, "malformed"},
		{"values/2/data", map[string]any{"tensor": "embedding/embeddings", "offsets": "dense/bias"}, "malformed"},
		{"values/2/data", nil, "malformed"},
		{"values/4/shape", []any{2, 64}, "malformed"},
		{"values/12/shape", []any{"batch|0", 2}, "malformed"},
		{"values/12/shape", []any{}, "malformed"},
		{"values/12", Delete, "malformed"},
		{"nodes", []any{}, "malformed"},
		{"nodes/0/op", "Evil", "unsupported"},
		{"nodes/0/op", "", "unsupported"},
		{"nodes/0/params/to", "nothing", "malformed"},
		{"nodes/0/params/x", 1, "malformed"},
		{"nodes/0/inputs", []any{}, "malformed"},
		{"nodes/0/inputs", []any{-1}, "malformed"},
		{"nodes/0/inputs", []any{12}, "malformed"},
		{"nodes/0/inputs", []any{0, 0}, "malformed"},
		{"nodes/0/outputs", []any{}, "malformed"},
		{"nodes/0/outputs", []any{0}, "malformed"},
		{"nodes/0/outputs", []any{2}, "malformed"},
		{"nodes/1/params/axis", 1, "malformed"},
		{"nodes/1/params/axis", int64(1 << 40), "malformed"},
		{"nodes/1/inputs", []any{1, 2}, "malformed"},
		{"nodes/2/params/act/name", "nothing", "malformed|unsupported"},
		{"nodes/2/params", nil, "malformed|unsupported"},
		{"nodes/2/inputs", []any{3, 4, 5, 6}, "malformed|ok"},
		{"nodes/2/inputs", []any{3, 4, 5, 6, 3}, "malformed"},
		{"nodes/2/inputs", []any{3, 5, 4, 6, -1}, "malformed"},
		{"nodes/2/inputs", make([]any, 5), "malformed"},
		{"nodes/2/inputs", strange(5000), "limit|malformed"},
		{"nodes/2/outputs", []any{7, 7, 7}, "malformed"},
		{"nodes/3/op", "Einsum", "malformed|unsupported"},
		{"nodes/3/op", "Conv", "malformed"},
		{"nodes/3/inputs", []any{7, 11, 10}, "malformed"},
		{"layers", nil, "ok|malformed"},
		{"layers", "x", "malformed"},
		{"layers/0", nil, "malformed"},
		{"notes", []any{1}, "malformed"},
		{"cases", []any{map[string]any{"name": "x", "inputs": []any{}, "outputs": []any{}}}, "malformed"},
		{"Name", "x", "malformed"},
		{"extra", "x", "malformed"},
		{"name", Delete, "malformed"},
	} {
		k := SplitKGO(good)
		k.Graph = Set(k.Graph, e.path, e.to).(map[string]any)
		value := "deleted"
		if e.to != Delete {
			value = string(Text(e.to))
		}
		name := "kgo: " + e.path + " " + value
		out = append(out, file{name[:min(len(name), 120)], k.Join(), e.want})
	}
	return out
}
