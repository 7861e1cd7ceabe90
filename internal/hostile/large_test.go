package hostile

import (
	"fmt"
	"strings"
	"testing"
)

// large are files of some size that ask for as much as they can.
func large(t testing.TB) (out []file) {
	out = append(largeHDF5(t), largeZips(t)...)
	arch := string(Text(config()))
	bomb := func(n uint64) []byte {
		c := Set(config(), "config/layers/3/config/units", n)
		return legacy(string(Text(c)), func(h *HDF5, w string) (uint64, bool) {
			if w == "dense/kernel:0" {
				return h.Deflated(32, n), true
			}
			return 0, false
		})
	}
	padded := func(b []byte, n int) []byte { return append(b, make([]byte, n)...) }
	out = append(out,
		file{"hdf5: a bomb of 19 MB", bomb(150_000), "shape|missing weight|limit|ok"},
		file{"hdf5: a bomb of 256 MB", bomb(2_000_000), "limit"},
		file{"hdf5: a bomb of 64 MB in a file of 8 MB", padded(bomb(500_000), 8<<20), "limit"},
		file{"json: 16 MB of a string", []byte(strings.Replace(arch, "sequential", strings.Repeat("x", 16<<20), 1)), "usage|limit"},
		file{"json: 16 MB of numbers", []byte(`{"class_name":"Sequential","config":[` + strings.Repeat("1,", 8<<20) + "1]}"), "limit"},
		file{"json: 16 MB of lists", []byte(`{"class_name":"Sequential","config":[` + strings.Repeat("[],", 5<<20) + "1]}"), "limit"},
		file{"json: 16 MB of keys", []byte(`{"class_name":"Sequential","config":{` + keysText(2<<20) + "}}"), "limit"},
		file{"json: 16 MB of spaces", []byte(`{` + strings.Repeat(" ", 16<<20) + "}"), "malformed"},
		file{"yaml: 16 MB of items", []byte("class_name:\n" + strings.Repeat("- a\n", 4<<20)), "limit"},
	)
	for name, header := range map[string]string{
		"tensors":    tensors(60_000) + `,"` + strings.Repeat("x", 12<<20) + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
		"numbers":    `"a":[` + strings.Repeat("1,", 7<<20) + "1]",
		"keys":       `"a":{` + keysText(1800_000) + "}",
		"one string": `"` + strings.Repeat("a", 16<<20-200) + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
		"escapes":    `"` + strings.Repeat(`\u00e9`, (16<<20-200)/6) + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
	} {
		out = append(out, file{"kgo: a header of 16 MB of " + name, JoinHeader(`{"__metadata__":{"kerasgo.version":"1.0"},`+header+"}", nil), "limit|malformed"})
	}
	k := SplitKGO(native(t, "keras3/seed_lstm.keras"))
	grow := func(key string, element any, n int) {
		g := SplitKGO(k.Join())
		list, _ := g.Graph[key].([]any)
		for range n {
			list = append(list, element)
		}
		g.Graph[key] = list
		out = append(out, file{fmt.Sprintf("kgo: %d more %s", n, key), g.Join(), "limit|malformed|ok"})
	}
	grow("notes", "n", 400_000)
	grow("values", map[string]any{"name": "", "dtype": "bool", "shape": []any{}}, 60_000)
	grow("nodes", map[string]any{"op": "Unary", "inputs": []any{}, "outputs": []any{}}, 60_000)
	grow("layers", map[string]any{"name": "a"}, 60_000)
	grow("layers", map[string]any{"outputs": []any{[]any{1, 2, 3, 4, 5, 6, 7, 8}}}, 45_000)
	return out
}
