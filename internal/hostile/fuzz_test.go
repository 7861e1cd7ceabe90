package hostile

import (
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/importer"
)

// try fails when a file takes long, makes much more memory than its size, let go
// or not, or gives an error that is not the project's.
func try(t *testing.T, b []byte) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	err := Try(b)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 512<<20+uint64(16*len(b)) {
		t.Errorf("%d bytes were allocated for a file of %d", used, len(b))
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	known(t, err)
}

// known reports an error that is not the project's, or a panic that became one.
func known(t *testing.T, err error) {
	t.Helper()
	if err != nil && (Kind(err) == "" || strings.Contains(err.Error(), "internal fault")) {
		t.Errorf("error of no known kind: %T: %v", err, err)
	}
}

// small are the fixtures of some extension that are small.
func small(t testing.TB, ext string, most int) (out [][]byte) {
	for _, dir := range []string{"keras3", "keras2", "keras1", "old"} {
		names, err := filepath.Glob(filepath.Join("..", "..", "fixtures", dir, "*"+ext))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(b) <= most {
				out = append(out, b)
			}
		}
	}
	return out
}

// FuzzFile loads, compiles and runs any bytes.
func FuzzFile(f *testing.F) {
	for _, ext := range []string{".keras", ".h5", ".json"} {
		for i, b := range small(f, ext, 30_000) {
			if i%8 == 0 {
				f.Add(b)
			}
		}
	}
	f.Add(native(f, "keras3/seed_lstm.keras"))
	f.Fuzz(func(t *testing.T, b []byte) { try(t, b) })
}

// architectures are the .keras fixtures, taken apart.
var architectures = sync.OnceValue(func() (out [][]Member) {
	names, _ := filepath.Glob(filepath.Join("..", "..", "fixtures", "keras*", "*.keras"))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		if m := Unzip(b); len(b) < 200_000 && json.Valid(Find(m, "config.json")) {
			out = append(out, m)
		}
	}
	return out
})

// FuzzConfig changes places of a good architecture in a good container.
func FuzzConfig(f *testing.F) {
	for i := range 40 {
		f.Add(uint64(i), byte(1+i%5), uint16(i*37))
	}
	f.Fuzz(func(t *testing.T, seed uint64, changes byte, which uint16) {
		all := architectures()
		members := all[int(which)%len(all)]
		doc := Parse(Find(members, "config.json"))
		r := rand.New(rand.NewPCG(seed, 1))
		for range 1 + int(changes)%8 {
			doc = Mutate(r, doc)
		}
		try(t, Zip(Replace(members, "config.json", Text(doc))...))
	})
}

// FuzzArchitecture is FuzzConfig for an architecture alone.
func FuzzArchitecture(f *testing.F) {
	for i, m := range architectures() {
		if i%10 == 0 {
			f.Add(Find(m, "config.json"))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		start := time.Now()
		r, err := importer.InspectBytes(b)
		if err == nil && r.Model != nil {
			err = r.Model.Validate()
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
		known(t, err)
		if r != nil {
			for _, p := range r.Problems {
				if strings.Contains(p.Text, "internal fault") {
					t.Error(p)
				}
			}
		}
	})
}

// FuzzZip puts any weights and any architecture into a good zip.
func FuzzZip(f *testing.F) {
	m := Unzip(seed(f, "keras3/seed_lstm.keras"))
	f.Add(Find(m, "config.json"), Find(m, "model.weights.h5"), byte(0))
	f.Add(Find(m, "config.json"), Find(m, "model.weights.h5"), byte(3))
	f.Add([]byte(`{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [null, 3]}}]}`), []byte{}, byte(1))
	f.Fuzz(func(t *testing.T, config, weights []byte, deflate byte) {
		try(t, Zip(Member{Name: "config.json", Data: config, Deflate: deflate&1 != 0}, Member{Name: "model.weights.h5", Data: weights, Deflate: deflate&2 != 0}))
	})
}

// FuzzWeights changes numbers in the weights file within a good .keras, whose
// checksums are right again.
func FuzzWeights(f *testing.F) {
	for i := range 20 {
		f.Add(uint64(i), byte(i), uint16(i*53))
	}
	f.Fuzz(func(t *testing.T, seed uint64, changes byte, which uint16) {
		all := architectures()
		members := all[int(which)%len(all)]
		w := append([]byte(nil), Find(members, "model.weights.h5")...)
		if len(w) < 16 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 2))
		for range 1 + int(changes)%6 {
			at := r.IntN(len(w) - 8)
			switch r.IntN(4) {
			case 0:
				w[at] ^= 1 << r.IntN(8)
			case 1:
				binary.LittleEndian.PutUint64(w[at:], []uint64{0, 1, 1 << 31, 1<<63 - 1, ^uint64(0), uint64(len(w)), uint64(r.IntN(len(w)))}[r.IntN(7)])
			case 2:
				copy(w[at:], w[r.IntN(len(w)-8):][:8])
			case 3:
				binary.LittleEndian.PutUint16(w[at:], uint16(r.Uint32()))
			}
		}
		try(t, Zip(Replace(members, "model.weights.h5", w)...))
	})
}

var nativeSeeds = sync.OnceValue(func() (out [][]byte) {
	for i, m := range architectures() {
		if i%9 != 0 {
			continue
		}
		model, err := importer.LoadBytes(Zip(m...))
		if err != nil {
			continue
		}
		out = append(out, written(model))
	}
	return out
})

// FuzzKGO changes places of a good graph, whose file is then sealed again.
func FuzzKGO(f *testing.F) {
	for i := range 40 {
		f.Add(uint64(i), byte(i), uint16(i))
	}
	f.Fuzz(func(t *testing.T, seed uint64, changes byte, which uint16) {
		all := nativeSeeds()
		k := SplitKGO(all[int(which)%len(all)])
		r := rand.New(rand.NewPCG(seed, 3))
		var doc Tree = k.Graph
		doc = Parse(Text(doc))
		for range 1 + int(changes)%6 {
			doc = Mutate(r, doc)
		}
		g, ok := doc.(map[string]any)
		if !ok {
			return
		}
		k.Graph = g
		try(t, k.Join())
	})
}

// FuzzKGOHeader writes any header over any data.
func FuzzKGOHeader(f *testing.F) {
	b := native(f, "keras3/seed_lstm.keras")
	n := le.Uint64(b)
	f.Add(string(b[8:8+n]), b[8+n:])
	f.Add(`{"__metadata__":{"kerasgo.version":"1.0"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, []byte("abcd"))
	f.Fuzz(func(t *testing.T, header string, data []byte) { try(t, JoinHeader(header, data)) })
}

func FuzzYAML(f *testing.F) {
	f.Add("config:\n- class_name: Dense\n  config: {activation: linear, batch_input_shape: !!python/tuple [null, 3], units: &a 2}\n- class_name: Dense\n  config:\n    units: *a\n")
	f.Add(strings.TrimPrefix(yamlBomb(), "class_name: Sequential\n"))
	f.Fuzz(func(t *testing.T, text string) { try(t, []byte("class_name: Sequential\n"+text)) })
}

// FuzzPickle puts any pickle into the weights of a good .keras.
func FuzzPickle(f *testing.F) {
	for _, p := range pickles(f) {
		if inner := Find(Unzip(p.data), "model.weights.npz"); inner != nil {
			for _, m := range Unzip(inner) {
				if i := strings.Index(string(m.Data), "\x80\x04"); i >= 0 && len(m.Data) < 20_000 {
					f.Add(m.Data[i:])
				}
			}
		}
	}
	head := "\x93NUMPY\x01\x00\x46\x00" + "{'descr': '|O', 'fortran_order': False, 'shape': (), }"
	head += strings.Repeat(" ", 10+0x46-len(head)-1) + "\n"
	members := Unzip(seed(f, "keras3/container_keras_npz_rnn_keras3.npzweights.keras"))
	f.Fuzz(func(t *testing.T, code []byte) {
		npz := Zip(Member{Name: "layers/lstm/cell.npy", Data: append([]byte(head), code...)})
		try(t, Zip(Replace(members, "model.weights.npz", npz)...))
	})
}
