package hostile

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/ir"
)

// seed reads a fixture.
func seed(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "fixtures", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// native is a fixture as a .kgo.
func native(t testing.TB, name string) []byte {
	t.Helper()
	m, err := importer.LoadBytes(seed(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return written(m)
}

var config = sync.OnceValue(func() Tree { // of the fixture seed_lstm
	b, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "keras3", "seed_lstm.keras"))
	if err != nil {
		panic(err)
	}
	return Parse(Find(Unzip(b), "config.json"))
})

// containers put an architecture with the weights of seed_lstm into a file.
var containers = []struct {
	name string
	with func(t testing.TB, config []byte) []byte
}{
	{".keras", func(t testing.TB, config []byte) []byte {
		return Zip(Replace(Unzip(seed(t, "keras3/seed_lstm.keras")), "config.json", config)...)
	}},
	{"deflated .keras", func(t testing.TB, config []byte) []byte {
		m := Replace(Unzip(seed(t, "keras3/seed_lstm.keras")), "config.json", config)
		for i := range m {
			m[i].Deflate = true
		}
		return Zip(m...)
	}},
	{".h5", func(t testing.TB, config []byte) []byte { return legacy(string(config), nil) }},
}

// legacy writes a whole-model .h5 with weights for the layers of seed_lstm. The
// function may change what is written of a weight.
func legacy(config string, change func(h *HDF5, weight string) (addr uint64, ok bool)) []byte {
	h := NewHDF5()
	floats := func(n uint64) []byte {
		var b []byte
		for i := range n {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i%7)*0.1-0.3))
		}
		return b
	}
	group := func(layer string, weights ...string) Message {
		shapes := map[string][]uint64{"kernel:0": {1, 128}, "recurrent_kernel:0": {32, 128}, "bias:0": {128}, "embeddings:0": {100, 1}}
		if layer == "dense" {
			shapes = map[string][]uint64{"kernel:0": {32, 1}, "bias:0": {1}}
		}
		m := []Message{Texts("weight_names", weights...)}
		for _, w := range weights {
			n := uint64(1)
			for _, d := range shapes[w] {
				n *= d
			}
			addr := uint64(0)
			ok := false
			if change != nil {
				addr, ok = change(h, layer+"/"+w)
			}
			if !ok {
				addr = h.Contiguous(Float32(), floats(n), shapes[w]...)
			}
			m = append(m, Link(w, addr))
		}
		return Link(layer, h.Group(m...))
	}
	layers := []Message{
		Texts("layer_names", "embedding", "lstm", "dense"),
		group("embedding", "embeddings:0"), group("lstm", "kernel:0", "recurrent_kernel:0", "bias:0"), group("dense", "kernel:0", "bias:0"),
	}
	weights := h.Group(layers...)
	return h.Finish(h.Group(h.Text("keras_version", "3.15.1"), h.Text("backend", "tensorflow"), h.Text("model_config", config), Link("model_weights", weights)))
}

// The files that the others are damaged copies of must be good.
func TestSeeds(t *testing.T) {
	for _, c := range containers {
		if err := Try(c.with(t, Text(config()))); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	k := native(t, "keras3/seed_lstm.keras")
	if err := Try(k); err != nil {
		t.Error(err)
	}
	if err := Try(SplitKGO(k).Join()); err != nil {
		t.Error(err)
	}
}

// written is a model as a .kgo.
func written(m *ir.Model) []byte {
	var b bytes.Buffer
	if err := convert.Write(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}
