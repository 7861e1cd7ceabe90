package importer

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/ir"
)

// fixtureFiles are the files of fixtures in some formats.
func fixtureFiles(t testing.TB, ext ...string) []string {
	t.Helper()
	var out []string
	for _, dir := range []string{"keras1", "keras2", "keras3", "old"} {
		for _, e := range ext {
			f, err := filepath.Glob(filepath.Join("..", "fixtures", dir, "*"+e))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, f...)
		}
	}
	if len(out) == 0 {
		t.Fatal("no fixtures")
	}
	return out
}

// architectures are the architectures of all fixtures.
func architectures(t testing.TB) map[string]*archive {
	t.Helper()
	out := map[string]*archive{}
	for _, f := range fixtureFiles(t, ".keras", ".h5") {
		a, err := openModel(f, Limits{}.withDefaults())
		if err == nil && a.arch != nil {
			out[filepath.Base(filepath.Dir(f))+"/"+filepath.Base(f)] = a
		}
	}
	return out
}

// nasty are values that a configuration should not have.
var nasty = []any{
	nil, true, false, int64(0), int64(-1), int64(1), int64(3), int64(1 << 31), int64(math.MaxInt64), int64(math.MinInt64), 0.5, math.NaN(), math.Inf(1), -1e308,
	"", "x", "channels_first", "same", []any{}, []any{int64(-1)}, []any{nil, nil, nil}, []any{[]any{}}, object{}, object{"class_name": "Dense", "config": object{}},
	object{"class_name": "__keras_tensor__", "config": object{"keras_history": []any{"x", int64(0), int64(0)}}},
}

// mutate copies a tree and changes one random place in it.
func mutate(r *rand.Rand, v any) any {
	size := 0
	var count func(v any)
	count = func(v any) {
		size++
		switch t := v.(type) {
		case []any:
			for _, e := range t {
				count(e)
			}
		case object:
			for _, k := range sortedKeys(t) {
				count(t[k])
			}
		}
	}
	count(v)
	target := r.IntN(size)
	at := -1
	var walk func(v any) any
	walk = func(v any) any {
		at++
		hit := at == target
		switch t := v.(type) {
		case []any:
			out := make([]any, 0, len(t))
			for _, e := range t {
				out = append(out, walk(e))
			}
			if hit {
				switch r.IntN(4) {
				case 0:
					return nasty[r.IntN(len(nasty))]
				case 1:
					return append(out, out...)
				case 2:
					return out[:len(out)/2]
				default:
					r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
				}
			}
			return out
		case object:
			out := make(object, len(t))
			for _, k := range sortedKeys(t) {
				out[k] = walk(t[k])
			}
			if hit {
				keys := sortedKeys(t)
				if len(keys) == 0 || r.IntN(3) == 0 {
					return nasty[r.IntN(len(nasty))]
				}
				delete(out, keys[r.IntN(len(keys))])
			}
			return out
		}
		if hit {
			if n, ok := v.(int64); ok && r.IntN(2) == 0 {
				return n + int64(r.IntN(7)) - 3
			}
			return nasty[r.IntN(len(nasty))]
		}
		return v
	}
	return walk(v)
}

// TestMutatedArchitectures builds architectures that are wrong in one place or
// more: each gives a model that validates, or an error, quickly.
func TestMutatedArchitectures(t *testing.T) {
	rounds := 5
	if testing.Short() {
		rounds = 3
	}
	for name, a := range architectures(t) {
		r := rand.New(rand.NewPCG(1, uint64(len(name))))
		for range rounds {
			arch := mutate(r, a.arch)
			for r.IntN(3) == 0 {
				arch = mutate(r, arch)
			}
			start := time.Now()
			o := newOptions(nil)
			b, err := build(&archive{name: name, arch: arch, version: a.version}, o)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s: took %v", name, took)
			}
			var e *ir.Error
			if err != nil && !errors.As(err, &e) {
				t.Errorf("%s: error of type %T: %v", name, err, err)
			}
			if err == nil {
				noFault(t, problem(b.errs, name))
			}
			if err == nil && len(b.errs) > 0 && problem(b.errs, name) == nil {
				t.Errorf("%s: no error for %v", name, b.errs)
			}
		}
	}
}

// TestMutatedFiles changes bytes of whole files.
func TestMutatedFiles(t *testing.T) {
	files := fixtureFiles(t, "seed_bilstm.h5", "seed_bilstm.keras", "model_nested.h5", "model_nested.keras", "container_keras_npz_rnn_keras3.npzweights.keras")
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(2, uint64(len(f))))
		for range rounds {
			b := append([]byte(nil), data...)
			for range 1 + r.IntN(8) {
				b[r.IntN(len(b))] = byte(r.Uint32())
			}
			if r.IntN(4) == 0 {
				b = b[:r.IntN(len(b))]
			}
			if _, err := LoadBytes(b); err != nil {
				noFault(t, err)
				var e *ir.Error
				if !errors.As(err, &e) {
					t.Errorf("%s: error of type %T: %v", f, err, err)
				}
			}
		}
	}
}

// noFault reports a panic that became an error.
func noFault(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "internal fault") {
		t.Error(err)
	}
}

// A fault in a layer's function is that layer's error.
func TestFaultyLayer(t *testing.T) {
	faulty := func(*Layer, *Call) []Value { panic("oh") }
	_, err := Load("../fixtures/keras3/seed_lstm.keras", WithLayer("LSTM", faulty))
	if err == nil || !strings.Contains(err.Error(), "lstm") || !strings.Contains(err.Error(), "internal fault") || errors.Is(err, ir.ErrMalformed) {
		t.Error(err)
	}
}

func TestTruncated(t *testing.T) {
	for _, f := range fixtureFiles(t, "seed_lstm.h5", "seed_lstm.keras") {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, 100, len(data) / 2, len(data) - 1} {
			_, err := LoadBytes(data[:n])
			if !errors.Is(err, ir.ErrMalformed) {
				t.Errorf("%s cut to %d bytes: %v", f, n, err)
			}
			if err != nil && strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("%s cut to %d bytes: more than one line: %v", f, n, err)
			}
		}
	}
}

func TestJSONLimits(t *testing.T) {
	lim := Limits{JSONBytes: 1000, JSONValues: 100, JSONDepth: 10}.withDefaults()
	for name, doc := range map[string]string{
		"bytes": `{"a": "` + strings.Repeat("x", 1000) + `"}`,
		"depth": strings.Repeat("[", 11) + strings.Repeat("]", 11), "values": "[" + strings.Repeat("1,", 101) + "1]",
	} {
		if _, err := parseJSON([]byte(doc), "doc", lim); !errors.Is(err, ir.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, doc := range []string{"", "{", `{"a" 1}`, "[1,]", "NaNa", "[Infinit]", `"\`, "[1 2]", "nul", "[-NaN]", "[NaN5]", "[1Infinity]", "[.Infinity]"} {
		if v, err := parseJSON([]byte(doc), "doc", lim); err == nil {
			t.Errorf("%q is %v", doc, v)
		}
	}
	v, err := parseJSON([]byte(`[NaN, Infinity, -Infinity, 1e400, 12345678901234567890, -3, "NaN \" Infinity"]`), "doc", lim)
	if err != nil {
		t.Fatal(err)
	}
	l := list(v)
	if f, _ := l[0].(float64); !math.IsNaN(f) || l[1] != math.Inf(1) || l[2] != math.Inf(-1) || l[3] != math.Inf(1) || l[4] != 12345678901234567890.0 || l[5] != int64(-3) || l[6] != `NaN " Infinity` {
		t.Errorf("got %v", l)
	}
}

// A model that calls a model twice that calls a model twice …
func TestInliningBomb(t *testing.T) {
	model := func(name string, inner object) object {
		layers := []any{object{"class_name": "InputLayer", "name": "in", "config": object{"batch_shape": []any{nil, int64(2)}, "name": "in"}, "inbound_nodes": []any{}}}
		last := []any{"in", int64(0), int64(0)}
		if inner != nil {
			inner["inbound_nodes"] = []any{[]any{[]any{"in", int64(0), int64(0), object{}}}, []any{[]any{str(inner["name"]), int64(1), int64(0), object{}}}}
			layers = append(layers, inner)
			last = []any{str(inner["name"]), int64(2), int64(0)}
		}
		return object{"class_name": "Functional", "name": name, "config": object{
			"name": name, "layers": layers, "input_layers": []any{[]any{"in", int64(0), int64(0)}}, "output_layers": []any{last},
		}}
	}
	var m object
	for i := range 40 {
		m = model("m"+string(rune('a'+i)), m)
	}
	o := newOptions([]Option{WithLimits(Limits{Nodes: 100000})})
	b, err := build(&archive{arch: m, version: "2.4.0"}, o)
	if err == nil {
		err = problem(b.errs, "")
	}
	if !errors.Is(err, ir.ErrLimit) {
		t.Errorf("got %v", err)
	}
}

func FuzzLoadBytes(f *testing.F) {
	for _, name := range fixtureFiles(f, "seed_lstm.h5", "seed_lstm.keras") {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [null, 3]}}]}`))
	f.Add([]byte(yamlModel))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := InspectBytes(b); err == nil && r.Model != nil {
			if err := r.Model.Validate(); err != nil {
				t.Error(err)
			}
		} else {
			noFault(t, err)
		}
		if _, err := LoadBytes(b); err != nil {
			noFault(t, err)
		}
	})
}
