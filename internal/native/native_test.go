package native

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kerasgo/kerasgo/internal/safetensors"
	"github.com/kerasgo/kerasgo/internal/strictjson"
	"github.com/kerasgo/kerasgo/ir"
)

const maxHeader = 1 << 20

var ignoreOwner = cmp.Options{cmpopts.IgnoreFields(ir.Tensor{}, "Owner"), cmpopts.IgnoreUnexported(ir.Tensor{}), cmpopts.EquateEmpty()}

func unmarshalStrict(b []byte, v any) error {
	return strictjson.Unmarshal(b, v, jsonOptions(maxHeader))
}

func random(seed uint64, shape ...int) *ir.Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	n := 1
	for _, d := range shape {
		n *= d
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return ir.NewFloat32(v, shape...)
}

// sampleModel has an embedding, a mask, a recurrent layer, a kernel that is
// reshaped first, a shared kernel, strings, a scalar and an open dimension.
func sampleModel(t testing.TB) *ir.Model {
	t.Helper()
	m := &ir.Model{Name: "sample <&> ü", Source: ir.Source{Format: "keras-v3", Dialect: "keras3"}, Notes: []string{"a note"}}
	x := m.AddValue(ir.Value{Name: "ids", Type: ir.Type{DType: ir.Int32, Shape: ir.Shape{ir.Sym("batch"), ir.Sym("time")}}})
	m.Inputs = []ir.Port{{Name: "ids", Value: x}}
	node := func(op ir.Op, layer string, in ...ir.ValueID) ir.ValueID {
		out, err := m.AddNode(op, ir.Origin{Layer: layer, Class: op.Kind()}, in...)
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	zero := m.AddConst("mask/zero", ir.NewInt32([]int32{0}))
	mask := node(&ir.Binary{Fn: "ne"}, "embedding", x, zero)
	table := m.AddConst("embedding/table", random(1, 10, 3))
	y := node(&ir.Gather{}, "embedding", table, x)
	k, u, b := m.AddConst("lstm/kernel", random(2, 3, 16)), m.AddConst("lstm/recurrent", random(3, 4, 16)), m.AddConst("lstm/bias", random(4, 16))
	y = node(&ir.LSTM{Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}}, "lstm", y, k, u, b, mask)
	w := node(&ir.Reshape{Dims: []ir.Extent{ir.Size(4), ir.Size(-1)}}, "dense", m.AddConst("dense/kernel", random(5, 2, 2, 5)))
	bias := random(6, 5)
	y = node(&ir.Dense{Act: ir.Func{Name: "relu_max", C: ir.Float(math.Inf(1))}}, "dense", y, w, m.AddConst("dense/bias", bias))
	y = node(&ir.Binary{Fn: "add"}, "add", y, m.AddConst("", bias))
	m.AddConst("vocabulary", ir.NewString([]string{"", "ä", "word", ""}, 2, 2))
	m.AddConst("vocabulary", ir.NewBool([]bool{true, false}, 2))
	m.Outputs = []ir.Port{{Name: "y", Value: y}}
	m.Layers = []ir.Layer{{Name: "lstm", Class: "LSTM", Outputs: []ir.Shape{{ir.Sym("batch"), ir.Known(4)}, nil}, Params: 128}}
	return m
}

func sampleCases() []ir.Case {
	y := random(9, 2, 5)
	return []ir.Case{
		{Name: "golden", Inputs: []*ir.Tensor{ir.NewInt32([]int32{1, 2, 0, 4}, 2, 2)}, Outputs: []*ir.Tensor{y}, Outputs64: []*ir.Tensor{{DType: ir.Float64, Shape: []int{2, 5}, Data: make([]byte, 80)}}},
		{Name: "v1", Inputs: []*ir.Tensor{ir.NewInt32([]int32{1}, 1, 1)}, Outputs: []*ir.Tensor{random(8, 1, 5)}},
	}
}

func encode(t testing.TB, m *ir.Model, opt Options) []byte {
	t.Helper()
	var b bytes.Buffer
	opt.MaxHeader = maxHeader
	if err := Encode(&b, m, opt); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(b []byte) (*File, error) {
	sf, err := safetensors.Open(b, &b, maxHeader)
	if err != nil {
		return nil, err
	}
	return Decode(sf, maxHeader)
}

func roundTrip(t testing.TB, m *ir.Model, opt Options) *File {
	t.Helper()
	f, err := decode(encode(t, m, opt))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.VerifyDigest(); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRoundTrip(t *testing.T) {
	m, cases := sampleModel(t), sampleCases()
	opt := Options{Cases: cases}
	b := encode(t, m, opt)
	if !bytes.Equal(b, encode(t, m, opt)) {
		t.Error("the same model gives other bytes")
	}
	if !IsNative(b[:64]) || IsNative(b[:8]) || IsNative([]byte("PK\x03\x04")) {
		t.Error("not told by its content")
	}
	f := roundTrip(t, m, opt)
	if d := cmp.Diff(m, f.Model, ignoreOwner); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(cases, f.Cases, ignoreOwner); d != "" {
		t.Error(d)
	}
	for _, v := range f.Model.Values {
		if v.Const != nil && v.Const.DType != ir.String && v.Const.Owner == nil {
			t.Errorf("%s was copied", v.Name)
		}
	}
	if f.Version != "1.0" || f.Weights != ir.Float32 {
		t.Error(f.Version, f.Weights)
	}
	if again := encode(t, f.Model, Options{Cases: f.Cases}); !bytes.Equal(again, b) {
		t.Error("writing what was read gives other bytes")
	}
}

func TestEmptyLists(t *testing.T) {
	m := sampleModel(t)
	m.Notes, m.Layers = nil, nil
	b := encode(t, m, Options{})
	f, err := decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encode(t, f.Model, Options{}), b) {
		t.Error("writing what was read gives other bytes")
	}
}

func TestNarrow(t *testing.T) {
	m := sampleModel(t)
	full := roundTrip(t, m, Options{}).tensors.DataSize
	for _, c := range []struct {
		dtype ir.DType
		bound float64 // of the largest value of a channel
	}{{ir.Float16, 0x1p-11}, {ir.BFloat16, 0x1p-8}, {ir.Int8, 0.5 / 127 * 1.0001}} {
		f := roundTrip(t, m, Options{DType: c.dtype})
		if f.Weights != c.dtype || f.tensors.DataSize >= full {
			t.Errorf("%v: stored as %v, %d bytes against %d", c.dtype, f.Weights, f.tensors.DataSize, full)
		}
		narrow := kernelAxes(m)
		for i, v := range m.Values {
			if v.Const == nil || v.Const.DType == ir.String {
				continue
			}
			got := f.Model.Values[i].Const
			axis, ok := narrow[ir.ValueID(i)]
			if !ok {
				if !bytes.Equal(got.Data, v.Const.Data) {
					t.Errorf("%v: %s is no kernel and was changed", c.dtype, v.Name)
				}
				continue
			}
			want, have := v.Const.Float32s(), got.Float32s()
			n, inner := channels(v.Const.Shape, axis)
			largest := make([]float64, n)
			for j, w := range want {
				ch := j / inner % n
				largest[ch] = max(largest[ch], math.Abs(float64(w)))
			}
			changed := false
			for j, w := range want {
				err := math.Abs(float64(w) - float64(have[j]))
				changed = changed || err > 0
				if err > c.bound*largest[j/inner%n] {
					t.Errorf("%v: %s[%d] is %v, was %v", c.dtype, v.Name, j, have[j], w)
				}
			}
			if !changed {
				t.Errorf("%v: %s was not narrowed", c.dtype, v.Name)
			}
		}
		if len(narrow) != 4 {
			t.Errorf("%d kernels, want embedding, lstm twice, dense", len(narrow))
		}
	}
	if err := Encode(io.Discard, m, Options{MaxHeader: maxHeader, DType: ir.Int32}); !errors.Is(err, ir.ErrUsage) {
		t.Errorf("error %v, want %v", err, ir.ErrUsage)
	}
}

// TestNarrowKeeps has kernels that a narrow dtype cannot hold.
func TestNarrowKeeps(t *testing.T) {
	inf := float32(math.Inf(1))
	for name, c := range map[string]struct {
		dtype  ir.DType
		values []float32
	}{
		"overflow":  {ir.Float16, []float32{70000, 1, 2, 3}},
		"infinite":  {ir.Int8, []float32{inf, 1, 2, 3}},
		"nan":       {ir.Int8, []float32{float32(math.NaN()), 1, 2, 3}},
		"denormals": {ir.Int8, []float32{1e-42, 1e-42, 1e-42, 1e-42}},
		"zeros":     {ir.Int8, []float32{0, 1, 0, 1}},
	} {
		m := &ir.Model{}
		x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Dims(1, 2)}})
		y, err := m.AddNode(&ir.Dense{}, ir.Origin{}, x, m.AddConst("kernel", ir.NewFloat32(c.values, 2, 2)))
		if err != nil {
			t.Fatal(err)
		}
		m.Inputs, m.Outputs = []ir.Port{{Name: "x", Value: x}}, []ir.Port{{Name: "y", Value: y[0]}}
		got := roundTrip(t, m, Options{DType: c.dtype}).Model
		if d := cmp.Diff(m, got, ignoreOwner); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// reframe builds a file of b's tensors with changed metadata.
func reframe(t testing.TB, b []byte, change func(meta map[string]string)) []byte {
	t.Helper()
	f, err := safetensors.Open(b, nil, maxHeader)
	if err != nil {
		t.Fatal(err)
	}
	change(f.Metadata)
	var meta []safetensors.Meta
	for _, k := range []string{keyVersion, keySource, keyWeights, keyDigest, keyGraph, "kerasgo.more", "author"} {
		if v, ok := f.Metadata[k]; ok {
			meta = append(meta, safetensors.Meta{Key: k, Value: v})
		}
	}
	var entries []safetensors.Entry
	for _, x := range f.Tensors {
		data, err := f.Data(x)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, safetensors.Entry{Name: x.Name, DType: x.DType, Shape: x.Shape, Write: raw(data)})
	}
	var out bytes.Buffer
	if err := safetensors.Write(&out, maxHeader, meta, entries); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRefused(t *testing.T) {
	plain := encode(t, sampleModel(t), Options{Cases: sampleCases()})
	small := encode(t, sampleModel(t), Options{DType: ir.Int8})
	set := func(key, v string) func(map[string]string) { return func(m map[string]string) { m[key] = v } }
	del := func(key string) func(map[string]string) { return func(m map[string]string) { delete(m, key) } }
	edit := func(old, new string) func(map[string]string) {
		return func(m map[string]string) {
			t.Helper()
			if !strings.Contains(m[keyGraph], old) {
				t.Fatalf("the graph does not contain %s", old)
			}
			m[keyGraph] = strings.Replace(m[keyGraph], old, new, 1)
		}
	}
	both := func(f ...func(map[string]string)) func(map[string]string) {
		return func(m map[string]string) {
			for _, f := range f {
				f(m)
			}
		}
	}
	for name, c := range map[string]struct {
		file   []byte
		change func(map[string]string)
		kind   error
		want   string
	}{
		"nothing changed":     {plain, func(map[string]string) {}, nil, ""},
		"another's metadata":  {plain, set("author", "x"), nil, ""},
		"newer minor":         {plain, set(keyVersion, "1.7"), nil, ""},
		"newer major":         {plain, set(keyVersion, "2.0"), ir.ErrVersion, "version 2.0"},
		"older major":         {plain, set(keyVersion, "0.9"), ir.ErrVersion, "version 0.9"},
		"no version":          {plain, set(keyVersion, "one"), ir.ErrMalformed, `"one"`},
		"version absent":      {plain, del(keyVersion), ir.ErrMalformed, "not a .kgo"},
		"newer minor, newer":  {plain, both(set(keyVersion, "1.7"), edit(`"op":"LSTM"`, `"op":"MinLSTM"`)), ir.ErrVersion, "1.7"},
		"unknown op":          {plain, edit(`"op":"LSTM"`, `"op":"MinLSTM"`), ir.ErrUnsupported, "MinLSTM"},
		"unknown function":    {plain, edit(`"tanh"`, `"tanhh"`), ir.ErrUnsupported, "tanhh"},
		"unknown parameter":   {plain, edit(`{"fn":"ne"}`, `{"fn":"ne","axis":1}`), ir.ErrMalformed, "axis"},
		"parameter case":      {plain, edit(`{"fn":"ne"}`, `{"FN":"ne"}`), ir.ErrMalformed, "FN"},
		"parameters null":     {plain, edit(`{"fn":"ne"}`, `null`), ir.ErrMalformed, ""},
		"parameters a list":   {plain, edit(`{"fn":"ne"}`, `[]`), ir.ErrMalformed, "corrupt"},
		"duplicate key":       {plain, edit(`{"fn":"ne"}`, `{"fn":"ne","fn":"eq"}`), ir.ErrMalformed, "twice"},
		"NaN":                 {plain, edit(`"c":"inf"`, `"c":NaN`), ir.ErrMalformed, "corrupt"},
		"unknown field":       {plain, edit(`"notes"`, `"remarks"`), ir.ErrMalformed, "remarks"},
		"unknown kerasgo key": {plain, set("kerasgo.more", "x"), ir.ErrMalformed, "kerasgo.more"},
		"source":              {plain, set(keySource, "[]"), ir.ErrMalformed, keySource},
		"weights":             {plain, set(keyWeights, "string"), ir.ErrMalformed, keyWeights},
		"digest":              {plain, set(keyDigest, "abc"), ir.ErrMalformed, keyDigest},
		"no graph":            {plain, del(keyGraph), ir.ErrMalformed, keyGraph},
		"graph cut":           {plain, func(m map[string]string) { m[keyGraph] = m[keyGraph][:50] }, ir.ErrMalformed, "corrupt"},
		"graph twice":         {plain, func(m map[string]string) { m[keyGraph] += m[keyGraph] }, ir.ErrMalformed, "data after"},
		"tensor absent":       {plain, edit(`"tensor":"lstm/kernel"`, `"tensor":"lstm/colonel"`), ir.ErrMalformed, "not in the file"},
		"tensor of another":   {plain, edit(`"tensor":"lstm/kernel"`, `"tensor":"lstm/recurrent"`), ir.ErrMalformed, "shape"},
		"tensor unused":       {plain, edit(`,"data":{"tensor":"lstm/kernel"}`, ``), ir.ErrMalformed, ""},
		"shape":               {plain, edit(`"name":"lstm/kernel","dtype":"float32","shape":[3,16]`, `"name":"lstm/kernel","dtype":"float32","shape":[16,3]`), ir.ErrMalformed, "shape [3, 16]"},
		"dtype":               {plain, edit(`"name":"lstm/kernel","dtype":"float32"`, `"name":"lstm/kernel","dtype":"int32"`), ir.ErrMalformed, "float32"},
		"dtype unknown":       {plain, edit(`"name":"lstm/kernel","dtype":"float32"`, `"name":"lstm/kernel","dtype":"float31"`), ir.ErrMalformed, "float31"},
		"const without shape": {plain, edit(`"shape":[3,16]`, `"shape":null`), ir.ErrMalformed, "lacks"},
		"negative dimension":  {plain, edit(`["batch|0",4]`, `["batch|0",-4]`), ir.ErrMalformed, ""},
		"value out of range":  {plain, edit(`"inputs":[{"name":"ids","value":0}]`, `"inputs":[{"name":"ids","value":900}]`), ir.ErrMalformed, "900"},
		"use before":          {plain, edit(`"params":{"axis":0},"inputs":[3,0]`, `"params":{"axis":0},"inputs":[3,17]`), ir.ErrMalformed, ""},
		"string offsets":      {plain, edit(`"offsets":"vocabulary.offsets"`, `"offsets":"lstm/bias"`), ir.ErrMalformed, "lstm/bias"},
		"strings unplaced":    {plain, edit(`,"offsets":"vocabulary.offsets"`, ``), ir.ErrMalformed, "vocabulary"},
		"scale absent":        {small, edit(`,"scale":"lstm/kernel.scale"`, ``), ir.ErrMalformed, "lstm/kernel"},
		"scale of another":    {small, edit(`"scale":"lstm/kernel.scale"`, `"scale":"embedding/table.scale"`), ir.ErrMalformed, "two ways"},
		"scale axis":          {small, edit(`"scale":"lstm/kernel.scale","axis":1`, `"scale":"lstm/kernel.scale","axis":7`), ir.ErrMalformed, "axis 7"},
		"case without output": {plain, edit(`"outputs":[{"dtype":"float32","shape":[1,5],"data":{"tensor":"case1/out0"}}]`, `"outputs":[]`), ir.ErrMalformed, "v1"},
		"wide node":           {plain, edit(`"params":{"axis":0},"inputs":[3,0]`, `"params":{"axis":0},"inputs":[3`+strings.Repeat(",0", maxInputs)+`]`), ir.ErrLimit, "inputs"},
		"long dimension":      {plain, edit(`"batch|0"`, `"`+strings.Repeat("b", maxDimName+1)+`|0"`), ir.ErrLimit, "dimension"},
		"rank":                {plain, edit(`"shape":["batch|0","time|0"]`, `"shape":[`+strings.Repeat("1,", maxRank)+`1]`), ir.ErrLimit, "rank"},
	} {
		_, err := decode(reframe(t, c.file, c.change))
		if c.kind == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %v with %q", name, err, c.kind, c.want)
		}
	}
}

func TestDigest(t *testing.T) {
	b := encode(t, sampleModel(t), Options{})
	b[len(b)-1] ^= 1
	f, err := decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.VerifyDigest(); !errors.Is(err, ir.ErrChecksum) {
		t.Errorf("error %v, want %v", err, ir.ErrChecksum)
	}
}

// TestDamaged cuts a file everywhere and flips a bit of every byte of its header.
func TestDamaged(t *testing.T) {
	b := encode(t, sampleModel(t), Options{DType: ir.Int8})
	for n := range b {
		if _, err := decode(b[:n]); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "truncated") {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
	end := 8 + int(binary.LittleEndian.Uint64(b))
	for i := range end {
		b[i] ^= 1 << (i % 8)
		if _, err := decode(b); err != nil {
			var e *ir.Error
			if !errors.As(err, &e) {
				t.Fatalf("byte %d: %T: %v", i, err, err)
			}
		}
		b[i] ^= 1 << (i % 8)
	}
}

func TestEncodeRefuses(t *testing.T) {
	m := sampleModel(t)
	for name, c := range map[string]ir.Case{
		"no inputs":   {Outputs: []*ir.Tensor{random(1, 2, 5)}},
		"input shape": {Inputs: []*ir.Tensor{ir.NewInt32([]int32{1}, 1)}, Outputs: []*ir.Tensor{random(1, 1, 5)}},
		"input dtype": {Inputs: []*ir.Tensor{ir.NewInt64([]int64{1}, 1, 1)}, Outputs: []*ir.Tensor{random(1, 1, 5)}},
		"output":      {Inputs: []*ir.Tensor{ir.NewInt32([]int32{1}, 1, 1)}, Outputs: []*ir.Tensor{random(1, 1, 6)}},
	} {
		if err := Encode(io.Discard, m, Options{MaxHeader: maxHeader, Cases: []ir.Case{c}}); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if err := Encode(io.Discard, m, Options{MaxHeader: 1000}); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("error %v, want %v", err, ir.ErrLimit)
	}
	m.Outputs = nil
	if err := Encode(io.Discard, m, Options{MaxHeader: maxHeader}); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("error %v, want %v", err, ir.ErrMalformed)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, sampleModel(f), Options{Cases: sampleCases()}))
	f.Add(encode(f, sampleModel(f), Options{DType: ir.Int8}))
	f.Fuzz(func(t *testing.T, b []byte) { checkDecode(t, b) })
}

// FuzzGraph changes only the graph; what frames it stays valid.
func FuzzGraph(f *testing.F) {
	plain := encode(f, sampleModel(f), Options{Cases: sampleCases()})
	small := encode(f, sampleModel(f), Options{DType: ir.Int8})
	for i, b := range [][]byte{plain, small} {
		sf, err := safetensors.Open(b, nil, maxHeader)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(sf.Metadata[keyGraph], i == 1)
	}
	f.Fuzz(func(t *testing.T, graph string, quantized bool) {
		b := plain
		if quantized {
			b = small
		}
		checkDecode(t, reframe(t, b, func(m map[string]string) { m[keyGraph] = graph }))
	})
}

// checkDecode decodes b; what is accepted must survive being written.
func checkDecode(t *testing.T, b []byte) {
	f, err := decode(b)
	if err != nil {
		var e *ir.Error
		if !errors.As(err, &e) {
			t.Fatalf("%T: %v", err, err)
		}
		return
	}
	again := roundTrip(t, f.Model, Options{Cases: f.Cases})
	if d := cmp.Diff(f.Model, again.Model, ignoreOwner, cmpopts.EquateNaNs()); d != "" {
		t.Fatal(d)
	}
}
