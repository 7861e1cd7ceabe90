package hostile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// large are files of some size that ask for as much as they can.
func large(t testing.TB) (out []largeFile) {
	out = slices.Concat(largeHDF5(), largeZips(), largeModels(t))
	arch := string(Text(config()))
	bomb := func(n uint64) func() []byte {
		c := Set(config(), "config/layers/3/config/units", n)
		return func() []byte {
			return legacy(string(Text(c)), func(h *HDF5, w string) (uint64, bool) {
				if w == "dense/kernel:0" {
					return h.Deflated(32, n), true
				}
				return 0, false
			})
		}
	}
	made := func(s func() string) func() []byte { return func() []byte { return []byte(s()) } }
	out = append(out,
		largeFile{"hdf5: a bomb of 19 MB", "shape|missing weight|limit|ok", bomb(150_000)},
		largeFile{"hdf5: a bomb of 256 MB", "limit", bomb(2_000_000)},
		largeFile{"hdf5: a bomb of 64 MB in a file of 8 MB", "limit", func() []byte { return append(bomb(500_000)(), make([]byte, 8<<20)...) }},
		largeFile{"json: 16 MB of a string", "usage|limit", made(func() string { return strings.Replace(arch, "sequential", strings.Repeat("x", 16<<20), 1) })},
		largeFile{"json: 16 MB of numbers", "limit", made(func() string { return `{"class_name":"Sequential","config":[` + strings.Repeat("1,", 8<<20) + "1]}" })},
		largeFile{"json: 16 MB of lists", "limit", made(func() string { return `{"class_name":"Sequential","config":[` + strings.Repeat("[],", 5<<20) + "1]}" })},
		largeFile{"json: 16 MB of keys", "limit", made(func() string { return `{"class_name":"Sequential","config":{` + keysText(2<<20) + "}}" })},
		largeFile{"json: 16 MB of spaces", "malformed", made(func() string { return `{` + strings.Repeat(" ", 16<<20) + "}" })},
		largeFile{"yaml: 16 MB of items", "limit", made(func() string { return "class_name:\n" + strings.Repeat("- a\n", 4<<20) })},
	)
	out = append(out, largeFile{"json: 8 MB of a string, 500 deep", "limit|malformed|unsupported", func() []byte {
		return []byte(`{"class_name":"Sequential","config":` + strings.Repeat("[", 500) + `"` + strings.Repeat("x", 8<<20) + `"` + strings.Repeat("]", 500) + "}")
	}})
	for _, n := range []int{1, 25_000} {
		out = append(out, largeFile{fmt.Sprintf("pickle: %d variables that are searched for", n), "limit|unsupported|malformed|missing weight|shape|unused weight", func() []byte { return npzWeights(t, searched(n)) }})
	}
	for name, header := range map[string]func() string{
		"tensors": func() string {
			return tensors(60_000) + `,"` + strings.Repeat("x", 12<<20) + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`
		},
		"numbers": func() string { return `"a":[` + strings.Repeat("1,", 7<<20) + "1]" },
		"keys":    func() string { return `"a":{` + keysText(1800_000) + "}" },
		"one string": func() string {
			return `"` + strings.Repeat("a", 16<<20-200) + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`
		},
		"escapes": func() string {
			return `"` + strings.Repeat(`\u00e9`, (16<<20-200)/6) + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`
		},
	} {
		out = append(out, largeFile{"kgo: a header of 16 MB of " + name, "limit|malformed", func() []byte {
			return JoinHeader(`{"__metadata__":{"kerasgo.version":"1.0"},`+header()+"}", nil)
		}})
	}
	k := SplitKGO(native(t, "keras3/seed_lstm.keras"))
	grow := func(key string, element any, n int) {
		out = append(out, largeFile{fmt.Sprintf("kgo: %d more %s of %s", n, key, text(element)), "limit|malformed|ok", func() []byte {
			g := SplitKGO(k.Join())
			list, _ := g.Graph[key].([]any)
			for range n {
				list = append(list, element)
			}
			g.Graph[key] = list
			return g.Join()
		}})
	}
	grow("notes", "n", 400_000)
	grow("values", map[string]any{"name": "", "dtype": "bool", "shape": []any{}}, 60_000)
	grow("nodes", map[string]any{"op": "Unary", "inputs": []any{}, "outputs": []any{}}, 60_000)
	grow("layers", map[string]any{"name": "a"}, 60_000)
	grow("layers", map[string]any{"outputs": []any{[]any{1, 2, 3, 4, 5, 6, 7, 8}}}, 45_000)
	return out
}
