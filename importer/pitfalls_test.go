package importer

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// What users of other importers ran into: each test is a public report.

// legacyOf makes the weights of an .h5: "layer: path shape…" lines in order.
func legacyOf(lines ...string) *legacyWeights {
	w := &legacyWeights{}
	for _, line := range lines {
		layer, rest, _ := strings.Cut(line, ": ")
		f := strings.Fields(rest)
		var g *legacyGroup
		for _, have := range w.groups {
			if have.name == layer {
				g = have
			}
		}
		if g == nil {
			g = &legacyGroup{name: layer}
			w.groups = append(w.groups, g)
		}
		if len(f) > 0 {
			s := storedOf(f[0], f[1:])
			s.name = strings.TrimSuffix(filepath.Base(s.path), ":0")
			g.weights = append(g.weights, s)
		}
	}
	return w
}

// pathsOf makes the weights of a .keras: "object-path index shape…" lines; an
// index may be followed by =name of the object.
func pathsOf(lines ...string) *pathWeights {
	w := &pathWeights{groups: map[string]*varGroup{}}
	for _, line := range lines {
		f := strings.Fields(line)
		g := w.group(strings.Trim(f[0], "/"))
		if len(f) > 1 {
			index, name, named := strings.Cut(f[1], "=")
			if named {
				g.name = name
			}
			s := storedOf(f[0]+"/vars/"+index, f[2:])
			s.name = index
			g.vars = append(g.vars, s)
		}
	}
	return w.index()
}

var storedCount float32

func storedOf(path string, dims []string) *stored {
	s := &stored{path: path, dtype: ir.Float32, shape: []int{}}
	n := 1
	for _, d := range dims {
		var v int
		fmt.Sscan(d, &v)
		s.shape = append(s.shape, v)
		n *= v
	}
	storedCount++
	data := make([]float32, n)
	for i := range data {
		data[i] = storedCount
	}
	s.read = func() (*ir.Tensor, error) { return ir.NewFloat32(data, s.shape...), nil }
	return s
}

// importArch imports an architecture with weights in memory.
func importArch(arch, version string, w weightsFile, opts ...Option) (*ir.Model, error) {
	o := newOptions(opts)
	v, err := parseJSON([]byte(arch), "arch", o.limits)
	if err != nil {
		return nil, err
	}
	a := &archive{name: "test", format: "test", arch: v, version: version, weights: w}
	if w == nil {
		a.weights = legacyOf()
	}
	return o.load(a, nil)
}

func mustImport(t *testing.T, arch, version string, w weightsFile, opts ...Option) *ir.Model {
	t.Helper()
	m, err := importArch(arch, version, w, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ops are the kinds of the graph's nodes.
func ops(m *ir.Model) string {
	var out []string
	for _, n := range m.Nodes {
		out = append(out, n.Op.Kind())
	}
	return strings.Join(out, " ")
}

// constOf is the first element of a constant by name.
func constOf(t *testing.T, m *ir.Model, name string) float32 {
	t.Helper()
	for _, v := range m.Values {
		if v.Const != nil && v.Name == name {
			return v.Const.Float32s()[0]
		}
	}
	t.Fatalf("no constant %q in\n%v", name, m)
	return 0
}

func seq(layers ...string) string {
	return `{"class_name": "Sequential", "config": {"name": "s", "layers": [` + strings.Join(layers, ",") + `]}}`
}

const in3 = `{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, null, 3]}}`

// tfjs#8494, #8489
func TestInputShapeSpellings(t *testing.T) {
	for _, cfg := range []string{
		`"batch_shape": [null, 4]`, `"batch_input_shape": [null, 4]`, `"batchInputShape": [null, 4]`, `"shape": [4]`, `"input_shape": [4]`,
		`"batch_shape": {"class_name": "TensorShape", "items": [null, 4]}`,
	} {
		m := mustImport(t, seq(`{"class_name": "InputLayer", "config": {"name": "x", `+cfg+`}}`, `{"class_name": "Activation", "config": {"name": "a", "activation": "relu"}}`), "3.0.0", nil)
		if got := m.Type(m.Inputs[0].Value).String(); got != "float32[batch, 4]" {
			t.Errorf("%s: %s", cfg, got)
		}
	}
}

// tfjs#8321, #755, #2858
func TestMissingWeight(t *testing.T) {
	arch := seq(in3, `{"class_name": "Dense", "config": {"name": "d", "units": 2}}`)
	_, err := importArch(arch, "2.4.0", legacyOf("d: d/kernel:0 3 2", "e: e/bias:0 2"))
	if !errors.Is(err, ir.ErrMissingWeight) {
		t.Fatal(err)
	}
	for _, want := range []string{`layer "d" (Dense)`, "bias", "[2]", "d/kernel:0 [3, 2]"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	_, err = importArch(arch, "2.4.0", legacyOf("d: d/kernel:0 3 5", "d: d/bias:0 2"))
	if !errors.Is(err, ir.ErrShape) || !strings.Contains(err.Error(), "[3, 5]") || !strings.Contains(err.Error(), "[3, 2]") {
		t.Errorf("wrong shape: %v", err)
	}
	_, err = importArch(arch, "3.4.0", pathsOf("layers/dense 0 3 2"))
	if !errors.Is(err, ir.ErrMissingWeight) || !strings.Contains(err.Error(), "layers/dense/vars") {
		t.Errorf("v3: %v", err)
	}
}

// RTNeural#148
func TestUnusedWeight(t *testing.T) {
	arch := seq(in3, `{"class_name": "Dense", "config": {"name": "d", "units": 2, "use_bias": false}}`)
	for _, w := range []weightsFile{legacyOf("d: d/kernel:0 3 2", "d: d/more:0 7"), pathsOf("layers/dense 0 3 2", "layers/dense 1 7")} {
		_, err := importArch(arch, "3.0.0", w)
		if !errors.Is(err, ir.ErrUnusedWeight) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := importArch(arch, "3.0.0", pathsOf("layers/dense 0 3 2", "optimizer 0 5")); !errors.Is(err, ir.ErrUnusedWeight) {
		t.Log("the reader leaves optimizer state out before")
	}
}

// tfjs#3102, #3314; ethnicolr#101, RPNet#1
func TestRecurrentWeightNames(t *testing.T) {
	arch := seq(in3, `{"class_name": "LSTM", "config": {"name": "l", "units": 2, "time_major": false, "implementation": 2}}`)
	mustImport(t, arch, "2.4.0", legacyOf("l: l/lstm_cell_58/kernel:0 3 8", "l: l/lstm_cell_58/recurrent_kernel:0 2 8", "l: l/lstm_cell_58/bias:0 8"))
	mustImport(t, arch, "2.2.0", legacyOf("l: l/kernel:0 3 8", "l: l/recurrent_kernel:0 2 8", "l: l/bias:0 8"))
	mustImport(t, arch, "3.1.0", legacyOf("l: sequential/l/lstm_cell/kernel 3 8", "l: sequential/l/lstm_cell/recurrent_kernel 2 8", "l: sequential/l/lstm_cell/bias 8"))
	mustImport(t, arch, "3.1.0", pathsOf("layers/lstm/cell 0 3 8", "layers/lstm/cell 1 2 8", "layers/lstm/cell 2 8"))
}

// An architecture's layers may have other names than the weights file's.
func TestRenamedLayers(t *testing.T) {
	arch := seq(in3, `{"class_name": "Dense", "config": {"name": "a", "units": 2}}`, `{"class_name": "Dense", "config": {"name": "b", "units": 2}}`)
	m := mustImport(t, arch, "2.4.0", legacyOf("dense_7: dense_7/kernel:0 3 2", "dense_7: dense_7/bias:0 2", "dense_8: dense_8/kernel:0 2 2", "dense_8: dense_8/bias:0 2"))
	if constOf(t, m, "a/bias") >= constOf(t, m, "b/bias") {
		t.Error("the order of layers is not kept")
	}
}

// keras#19559, #19304, PR #19509, #19669: a nested model's calls count from 1 in
// Keras 2, from 0 among arguments and from 1 among outputs in Keras 3.
func TestNestedNodeIndex(t *testing.T) {
	inner := `"class_name": "%s", "name": "inner", "config": {"name": "inner", "layers": [
		{"class_name": "InputLayer", "name": "i", "config": {"name": "i", "batch_input_shape": [null, 3]}, "inbound_nodes": []},
		{"class_name": "Dense", "name": "d", "config": {"name": "d", "units": 3, "use_bias": false}, "inbound_nodes": [%s]}],
		"input_layers": [["i", 0, 0]], "output_layers": [["d", 0, 0]]}`
	outer := func(class, in, call, out string) string {
		return `{"class_name": "` + class + `", "config": {"name": "outer", "layers": [
		{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_input_shape": [null, 3]}, "inbound_nodes": []},
		{` + fmt.Sprintf(inner, class, in) + `, "inbound_nodes": [` + call + `]}],
		"input_layers": [["x", 0, 0]], "output_layers": ` + out + `}}`
	}
	k2 := func(l string, n int) string { return fmt.Sprintf(`[["%s", %d, 0, {}]]`, l, n) }
	k3 := func(l string, n int) string {
		return fmt.Sprintf(`{"args": [{"class_name": "__keras_tensor__", "config": {"shape": [null, 3], "dtype": "float32", "keras_history": ["%s", %d, 0]}}], "kwargs": {}}`, l, n)
	}
	for name, c := range map[string]struct{ arch, version string }{
		"keras2":              {outer("Model", k2("i", 0), k2("x", 0)+","+k2("inner", 1), `[["inner", 2, 0]]`), "2.2.4"},
		"tf.keras":            {outer("Functional", k2("i", 0), k2("x", 0)+","+k2("inner", 1), `[["inner", 2, 0]]`), "2.9.0"},
		"keras3":              {outer("Functional", k3("i", 0), k3("x", 0)+","+k3("inner", 0), `["inner", 2, 0]`), "3.9.0"},
		"keras3 from 0":       {outer("Functional", k3("i", 0), k3("x", 0)+","+k3("inner", 0), `[["inner", 1, 0]]`), "3.0.0"},
		"bare call, tf.keras": {outer("Functional", `["i", 0, 0, {}]`, `["x", 0, 0, {}], ["inner", 1, 0, {}]`, `["inner", 2, 0]`), "2.9.0"},
	} {
		w := weightsFile(legacyOf("inner: d/kernel:0 3 3"))
		m, err := importArch(c.arch, c.version, w)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name == "keras3 from 0" {
			continue // two outputs may stand for either; it must import
		}
		if ops(m) != "Dense Dense" || m.Nodes[1].Inputs[0] != m.Nodes[0].Outputs[0] || m.Outputs[0].Value != m.Nodes[1].Outputs[0] {
			t.Errorf("%s:\n%v", name, m)
		}
		if m.Nodes[0].Inputs[1] != m.Nodes[1].Inputs[1] {
			t.Errorf("%s: the shared kernel is bound twice", name)
		}
		if m.Nodes[0].Origin.Layer != "inner/d" {
			t.Errorf("%s: origin %v", name, m.Nodes[0].Origin)
		}
	}
}

// keras#18913, #19274; keras#22891
func TestAlternatePaths(t *testing.T) {
	arch := seq(in3, `{"class_name": "Bidirectional", "config": {"name": "b", "merge_mode": "concat", "layer": {"class_name": "SimpleRNN", "config": {"name": "r", "units": 2}}}}`,
		`{"class_name": "Dense", "config": {"name": "d", "units": 1}}`, `{"class_name": "Dense", "config": {"name": "e", "units": 1}}`)
	cell := func(at string) []string { return []string{at + " 0 3 2", at + " 1 2 2", at + " 2 2"} }
	for name, lines := range map[string][]string{
		"present": append(append(cell("layers/bidirectional/forward_layer/cell"), cell("layers/bidirectional/backward_layer/cell")...),
			"layers/dense 0 4 1", "layers/dense 1 1", "layers/dense_1 0 1 1", "layers/dense_1 1 1"),
		"private": append(append(cell("layers/bidirectional/_forward_layer/cell"), cell("layers/bidirectional/_backward_layer/cell")...),
			"layers/dense 0 4 1", "layers/dense 1 1", "layers/dense_1 0 1 1", "layers/dense_1 1 1"),
		"2.13": append(append(cell("_layer_checkpoint_dependencies/bidirectional/forward_layer/cell"), cell("_layer_checkpoint_dependencies/bidirectional/backward_layer/cell")...),
			"_layer_checkpoint_dependencies/dense 0 4 1", "_layer_checkpoint_dependencies/dense 1 1", "_layer_checkpoint_dependencies/dense_2 0 1 1", "_layer_checkpoint_dependencies/dense_2 1 1"),
		"other order, by name": append(append(cell("layers/bidirectional/forward_layer/cell"), cell("layers/bidirectional/backward_layer/cell")...),
			"layers/dense 0=e 1 1", "layers/dense 1 1", "layers/dense_1 0=d 4 1", "layers/dense_1 1 1"),
	} {
		if _, err := importArch(arch, "3.5.0", pathsOf(lines...)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TensorFlow 2.12 and 2.13 list each layer with weights twice and skip a number:
// lstm, lstm_2. Those without variables of their own hold them in their cells.
func TestSkippedNumbers(t *testing.T) {
	arch := seq(in3, `{"class_name": "SimpleRNN", "config": {"name": "r", "units": 2, "return_sequences": true}}`,
		`{"class_name": "SimpleRNN", "config": {"name": "s", "units": 1}}`)
	at := "_layer_checkpoint_dependencies/simple_rnn"
	m := mustImport(t, arch, "2.13.1", pathsOf(at+"/cell 0 3 2", at+"/cell 1 2 2", at+"/cell 2 2", at+"_2/cell 0 2 1", at+"_2/cell 1 1 1", at+"_2/cell 2 1"))
	if r, s := constOf(t, m, "r/cell/kernel"), constOf(t, m, "s/cell/kernel"); r == s {
		t.Errorf("r and s both have %v", r)
	}
}

// Keras 3.2 wrote 0 for every call of a shared model.
func TestLostCalls(t *testing.T) {
	tensor := func(layer string, node int) string {
		return fmt.Sprintf(`{"class_name": "__keras_tensor__", "config": {"shape": [null, 3], "dtype": "float32", "keras_history": ["%s", %d, 0]}}`, layer, node)
	}
	input := func(name string) string {
		return `{"class_name": "InputLayer", "name": "` + name + `", "config": {"name": "` + name + `", "batch_shape": [null, 3]}, "inbound_nodes": []}`
	}
	arch := func(second int) string {
		return `{"class_name": "Functional", "config": {"name": "m", "layers": [` + input("x") + `, ` + input("y") + `,
		{"class_name": "Sequential", "name": "s", "config": {"name": "s", "layers": [` + input("i") + `, {"class_name": "Activation", "config": {"name": "a", "activation": "relu"}}]},
			"inbound_nodes": [{"args": [` + tensor("x", 0) + `], "kwargs": {}}, {"args": [` + tensor("y", 0) + `], "kwargs": {}}]},
		{"class_name": "Subtract", "module": "keras.layers", "name": "d", "config": {"name": "d"}, "inbound_nodes": [{"args": [[` + tensor("s", 0) + `, ` + tensor("s", second) + `]], "kwargs": {}}]}],
		"input_layers": [["x", 0, 0], ["y", 0, 0]], "output_layers": [["d", 0, 0]]}}`
	}
	if m := mustImport(t, arch(1), "3.2.1", nil); len(m.Nodes) != 3 {
		t.Errorf("%v", m)
	}
	if _, err := importArch(arch(0), "3.2.1", nil); !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), `"s"`) {
		t.Error(err)
	}
}

// keras#12619, #10180, #11847, #13259: with a frozen part, trainable weights
// come first; names decide, not the order.
func TestFrozenOrder(t *testing.T) {
	arch := `{"class_name": "Sequential", "config": [
		{"class_name": "Sequential", "config": {"name": "m", "layers": [
			{"class_name": "Dense", "config": {"name": "d", "units": 3, "trainable": false, "use_bias": false, "batch_input_shape": [null, 3]}},
			{"class_name": "Dense", "config": {"name": "e", "units": 3, "use_bias": false}}]}}]}`
	m := mustImport(t, arch, "2.2.2", legacyOf("m: e/kernel:0 3 3", "m: d/kernel:0 3 3"))
	if e, d := constOf(t, m, "m/e/kernel"), constOf(t, m, "m/d/kernel"); e+1 != d {
		t.Errorf("d has %v, e has %v: taken by order", d, e)
	}
	if l := m.Layers[1]; l.Params != 18 || l.Trainable != 9 {
		t.Errorf("%+v", l)
	}
}

// netron#157, #818
func TestSequentialSpellings(t *testing.T) {
	dense := `{"class_name": "Dense", "config": {"name": "d", "units": 2, "use_bias": false, "batch_input_shape": [null, 3]}}`
	for _, arch := range []string{
		`{"class_name": "Sequential", "config": [` + dense + `]}`,
		`{"class_name": "Sequential", "config": {"name": "s", "layers": [` + dense + `]}}`,
		`{"class_name": "keras.Sequential", "config": {"name": "s", "layers": [` + dense + `]}}`,
		`{"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense", "config": {"name": "d", "units": 2, "use_bias": false}}], "build_input_shape": [null, 3]}}`,
		`{"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense", "config": {"name": "d", "units": 2, "use_bias": false}}]}, "build_config": {"input_shape": [null, 3]}}`,
	} {
		m := mustImport(t, arch, "", legacyOf("d: d/kernel:0 3 2"))
		if ops(m) != "Dense" || m.Inputs[0].Name != "d_input" {
			t.Errorf("%s:\n%v", arch, m)
		}
	}
}

// netron#73, DL4J#5006, netron#1503
func TestWeightsOnly(t *testing.T) {
	for _, w := range []weightsFile{legacyOf("dense_1: k 3 2"), pathsOf("layers/dense_1 0 3 2")} {
		o := newOptions(nil)
		_, err := o.load(&archive{name: "w.h5", weights: w}, nil)
		if !errors.Is(err, ir.ErrUsage) || !strings.Contains(err.Error(), "--weights") || !strings.Contains(err.Error(), "dense_1") {
			t.Errorf("got %v", err)
		}
	}
}

// keras#19089
func TestModulePaths(t *testing.T) {
	for _, module := range []string{"keras.src.engine.functional", "keras.src.models.functional", "keras.engine.functional", "tf_keras.src.models.functional", "keras.models"} {
		arch := `{"module": "` + module + `", "class_name": "Functional", "registered_name": "Functional", "config": {"name": "f", "layers": [
		{"module": "` + module + `", "class_name": "InputLayer", "registered_name": null, "name": "x", "config": {"name": "x", "batch_shape": [null, 3]}, "inbound_nodes": []},
		{"module": "keras.layers", "class_name": "ReLU", "registered_name": null, "name": "r", "config": {"name": "r", "max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}, "inbound_nodes": [[["x", 0, 0, {}]]]}],
		"input_layers": [["x", 0, 0]], "output_layers": [["r", 0, 0]]}}`
		mustImport(t, arch, "2.15.0", nil)
	}
}

// GhostFaceNets#52, tf#62209
func TestDTypePolicies(t *testing.T) {
	for spelling, want := range map[string]ir.DType{
		`"float32"`: ir.Float32, `null`: ir.Float32, `"mixed_float16"`: ir.Float16,
		`{"class_name": "Policy", "config": {"name": "mixed_bfloat16"}}`:                                                         ir.BFloat16,
		`{"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float64"}, "registered_name": null}`:               ir.Float64,
		`{"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "mixed_bfloat16"}}`: ir.BFloat16,
		`"int8_from_mixed_float16"`: ir.Float16,
	} {
		m := mustImport(t, seq(in3, `{"class_name": "Activation", "config": {"name": "a", "activation": "tanh", "dtype": `+spelling+`}}`), "3.0.0", nil)
		if got := m.Type(m.Outputs[0].Value).DType; got != want {
			t.Errorf("%s: computes in %v, want %v", spelling, got, want)
		}
	}
}

// tensorflow#65381
func TestHardSigmoidByVersion(t *testing.T) {
	for version, want := range map[string]float64{"1.2.2": 0.2, "2.2.4": 0.2, "2.15.0": 0.2, "3.0.5": 1.0 / 6, "3.15.1": 1.0 / 6} {
		m := mustImport(t, seq(in3, `{"class_name": "LSTM", "config": {"name": "l", "units": 2, "recurrent_activation": "hard_sigmoid", "use_bias": false}}`), version,
			legacyOf("l: l/kernel:0 3 8", "l: l/recurrent_kernel:0 2 8"))
		f := m.Nodes[0].Op.(*ir.LSTM).RecurrentAct
		if f.Name != "hard_sigmoid" || math.Abs(float64(f.A)-want) > 1e-12 {
			t.Errorf("Keras %s: %+v", version, f)
		}
	}
}

// tfjs#2442: a GRU without the key reset_after is of the old kind.
func TestGRUResetAfter(t *testing.T) {
	for _, c := range []struct {
		key, version, bias string
		want               bool
	}{{"", "2.1.3", "6", false}, {`, "reset_after": false`, "2.9.0", "6", false}, {`, "reset_after": true`, "2.9.0", "2 6", true}, {"", "3.1.0", "2 6", true}} {
		m := mustImport(t, seq(in3, `{"class_name": "GRU", "config": {"name": "g", "units": 2`+c.key+`}}`), c.version,
			legacyOf("g: g/kernel:0 3 6", "g: g/recurrent_kernel:0 2 6", "g: g/bias:0 "+c.bias))
		if got := m.Nodes[0].Op.(*ir.GRU).ResetAfter; got != c.want {
			t.Errorf("%+v: reset_after %v", c, got)
		}
	}
}

// keras-js#129, tfjs#2279, keras#7227: masks reach every recurrent layer.
func TestMasksReach(t *testing.T) {
	cell := func(l string) []string {
		return []string{l + ": " + l + "/kernel:0 3 3", l + ": " + l + "/recurrent_kernel:0 3 3", l + ": " + l + "/bias:0 3"}
	}
	arch := seq(in3, `{"class_name": "Masking", "config": {"name": "m", "mask_value": 0.0}}`,
		`{"class_name": "SimpleRNN", "config": {"name": "a", "units": 3, "return_sequences": true}}`,
		`{"class_name": "Dropout", "config": {"name": "drop", "rate": 0.5}}`,
		`{"class_name": "SimpleRNN", "config": {"name": "b", "units": 3}}`)
	masked := func(m *ir.Model) (n int) {
		for _, node := range m.Nodes {
			if _, ok := node.Op.(*ir.SimpleRNN); ok && node.Inputs[4] != ir.None {
				n++
			}
		}
		return n
	}
	if m := mustImport(t, arch, "2.4.0", legacyOf(append(cell("a"), cell("b")...)...)); masked(m) != 2 {
		t.Errorf("%d of 2 layers have the mask:\n%v", masked(m), m)
	}
	if m := mustImport(t, arch, "2.4.0", legacyOf(append(cell("a"), cell("b")...)...), WithIgnoreMasks()); masked(m) != 0 {
		t.Errorf("WithIgnoreMasks leaves a mask:\n%v", m)
	}
}

// tfjs#2205, DL4J#4935, #8441, keras#12791
func TestFlattenChannelsFirst(t *testing.T) {
	in := `{"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 2, 3, 4]}}`
	m := mustImport(t, seq(in, `{"class_name": "Flatten", "config": {"name": "f", "data_format": "channels_first"}}`), "2.4.0", nil)
	if ops(m) != "Transpose Reshape" {
		t.Errorf("got %s", ops(m))
	}
	m = mustImport(t, seq(in, `{"class_name": "Flatten", "config": {"name": "f"}}`), "2.4.0", nil, WithDataFormat("channels_first"))
	if ops(m) != "Transpose Reshape" {
		t.Errorf("WithDataFormat: %s", ops(m))
	}
}

func TestUnknownArguments(t *testing.T) {
	arch := func(arg string) string {
		return seq(in3, `{"class_name": "Dense", "config": {"name": "d", "units": 2, "use_bias": false, `+arg+`}}`)
	}
	w := func() weightsFile { return legacyOf("d: d/kernel:0 3 2") }
	m := mustImport(t, arch(`"fancy": false, "kernel_initializer": {"class_name": "X"}`), "2.4.0", w())
	if len(m.Notes) != 1 || !strings.Contains(m.Notes[0], "fancy") {
		t.Errorf("notes %q", m.Notes)
	}
	_, err := importArch(arch(`"fancy": 3`), "2.4.0", w())
	if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), `layer "d" (Dense): fancy`) || !strings.Contains(err.Error(), "3") {
		t.Errorf("got %v", err)
	}
}

// Everything unsupported is told at once, nested and wrapped layers too.
func TestAllProblemsAtOnce(t *testing.T) {
	arch := seq(in3, `{"class_name": "Warp", "config": {"name": "w1"}}`, `{"class_name": "Warp", "config": {"name": "w2"}}`,
		`{"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "Weft", "config": {"name": "v"}}]}}`,
		`{"class_name": "TimeDistributed", "config": {"name": "td", "layer": {"class_name": "Woof", "config": {"name": "u"}}}}`,
		`{"class_name": "My>Dense", "config": {"name": "custom", "units": 1}}`)
	_, err := importArch(arch, "2.4.0", nil)
	if !errors.Is(err, ir.ErrUnsupported) {
		t.Fatal(err)
	}
	for _, want := range []string{"2 layers of class Warp (w1, w2)", `"m/v" (Weft)`, `"td/u" (Woof)`, "My>Dense", "WithLayer"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

// tf-keras#910, #917, CVE-2026-0897: what a file names is never run or opened.
func TestForeignFiles(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		kind error
		want string
	}{
		"pickle":   {"\x80\x04\x95\x10\x00", ir.ErrUnsupported, "pickle"},
		"tflite":   {"\x1c\x00\x00\x00TFL3\x00", ir.ErrUnsupported, "TensorFlow Lite"},
		"onnx":     {"\x08\x07\x12\x07pytorch", ir.ErrUnsupported, "ONNX"},
		"index":    {"\x00\x00\x06\x08\x01\x1a\x02\x08\x01\x00\x1c\x0f_CHE", ir.ErrUnsupported, "TensorFlow checkpoint"},
		"latest":   {"model_checkpoint_path: \"ckpt\"\n", ir.ErrUnsupported, "TensorFlow checkpoint"},
		"metadata": {"\x0a\xf9\x5b\x1a\x04root\"\x11_tf_keras_network", ir.ErrUnsupported, "SavedModel"},
		"nothing":  {`{"name": "Sequential", "layers": []}`, ir.ErrMalformed, "class_name"},
		"keras0":   {`{"name": "Sequential", "layers": [{"name": "Dense", "output_dim": 3}]}`, ir.ErrUnsupported, "before Keras 1"},
		"graph":    {`{"name": "Graph", "node_config": [{"name": "d"}], "nodes": {"d": {"name": "Dense"}}}`, ir.ErrUnsupported, "before Keras 1"},
		"yaml 0":   {"layers:\n- {name: Dense, output_dim: 3}\nloss: mse\nname: Sequential\n", ir.ErrUnsupported, "before Keras 1"},
		"lfs":      {"version https://git-lfs.github.com/spec/v1\n", ir.ErrMalformed, "git lfs pull"},
		"html":     {"<!DOCTYPE html>", ir.ErrMalformed, "HTML"},
		"tfjs":     {`{"modelTopology": {}, "weightsManifest": []}`, ir.ErrUnsupported, "TensorFlow.js"},
		"json":     {`{"a": 1}`, ir.ErrMalformed, "class_name"},
		"empty":    {"", ir.ErrMalformed, "empty"},
		"noise":    {"\x00\x01\x02\x03", ir.ErrMalformed, "no Keras file"},
		"subclass": {`{"class_name": "MyModel", "config": {}}`, ir.ErrUnsupported, "subclassed"},
	} {
		_, err := InspectBytes([]byte(c.data))
		if name == "subclass" {
			_, err = importArch(c.data, "2.4.0", nil)
		}
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "saved_model.pb"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "SavedModel") {
		t.Errorf("SavedModel: %v", err)
	}
	if _, err := Load(t.TempDir()); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("empty directory: %v", err)
	}
}

// The shards a *.weights.json names lie beside it and nowhere else.
func TestShardPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"../x.h5", "/etc/passwd", `a\b`, ".."} {
		p := filepath.Join(dir, "m.weights.json")
		if err := os.WriteFile(p, fmt.Appendf(nil, `{"weight_map": {"/layers/dense/vars": [%q]}}`, name), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(p); !errors.Is(err, ir.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArchitectureAlone(t *testing.T) {
	arch := []byte(seq(in3, `{"class_name": "LSTM", "config": {"name": "l", "units": 1000}}`))
	if _, err := LoadBytes(arch); !errors.Is(err, ir.ErrUsage) || !strings.Contains(err.Error(), "--weights") {
		t.Errorf("got %v", err)
	}
	r, err := InspectBytes(arch)
	if err != nil || len(r.Problems) > 0 {
		t.Fatalf("%v, %v", err, r)
	}
	if r.Params != 4*1000*(3+1000+1) || r.Outputs[0].Shape.String() != "[batch, 1000]" {
		t.Errorf("%d parameters, outputs %v", r.Params, r.Outputs)
	}
}

// A call with training=True keeps dropout on when predicting; what draws nothing
// is not concerned.
func TestTrainingCalls(t *testing.T) {
	arch := func(layer string) string {
		return `{"class_name": "Functional", "config": {"name": "f", "layers": [
		{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_input_shape": [null, 3]}, "inbound_nodes": []},
		{` + layer + `, "name": "l", "inbound_nodes": [[["x", 0, 0, {"training": true}]]]}],
		"input_layers": [["x", 0, 0]], "output_layers": [["l", 0, 0]]}}`
	}
	_, err := importArch(arch(`"class_name": "Dropout", "config": {"name": "l", "rate": 0.5}`), "2.9.0", nil)
	if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "training=True") {
		t.Errorf("got %v", err)
	}
	mustImport(t, arch(`"class_name": "Dropout", "config": {"name": "l", "rate": 0.0}`), "2.9.0", nil)
	mustImport(t, arch(`"class_name": "ReLU", "config": {"name": "l"}`), "2.9.0", nil)
}

// A nested model gets its inputs in its own dtype and rank, as in Keras.
func TestNestedInputsConform(t *testing.T) {
	arch := `{"class_name": "Sequential", "config": {"name": "s", "layers": [
		{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 3], "dtype": "int32"}},
		{"class_name": "Sequential", "config": {"name": "m", "layers": [
			{"class_name": "InputLayer", "config": {"name": "y", "batch_input_shape": [null, 3, 1], "dtype": "float32"}},
			{"class_name": "ReLU", "config": {"name": "r"}}]}}]}}`
	m := mustImport(t, arch, "2.9.0", nil)
	if got := m.Type(m.Outputs[0].Value).String(); got != "float32[batch, 3, 1]" {
		t.Errorf("got %s\n%v", got, m)
	}
}

// Names that say nothing: the order decides, and the user is told.
func TestWeightsByOrder(t *testing.T) {
	arch := seq(in3, `{"class_name": "Dense", "config": {"name": "d", "units": 2}}`)
	m := mustImport(t, arch, "2.4.0", legacyOf("d: param_0 3 2", "d: param_1 2"))
	if len(m.Notes) != 2 || !strings.Contains(m.Notes[0], "param_0") {
		t.Errorf("notes %q", m.Notes)
	}
}

// A mask given as an argument goes on to the output since Keras 3.11 and in
// Keras 2; in between only a mask that came with the tensor does.
func TestExplicitMasksGoOn(t *testing.T) {
	ref := func(l string) string {
		return `{"class_name": "__keras_tensor__", "config": {"shape": [null, null, 3], "dtype": "float32", "keras_history": ["` + l + `", 0, 0]}}`
	}
	rnn := func(name, in, kwargs string) string {
		return `{"module": "keras.layers", "class_name": "SimpleRNN", "name": "` + name + `", "config": {"name": "` + name + `", "trainable": true, "units": 3, "return_sequences": true, "use_bias": false},
			"inbound_nodes": [{"args": [` + ref(in) + `], "kwargs": {` + kwargs + `}}]}`
	}
	input := func(name, shape, dtype string) string {
		return `{"module": "keras.layers", "class_name": "InputLayer", "name": "` + name + `", "config": {"name": "` + name + `", "batch_shape": ` + shape + `, "dtype": "` + dtype + `"}, "inbound_nodes": []}`
	}
	arch := `{"class_name": "Functional", "config": {"name": "f", "layers": [` + strings.Join([]string{
		input("x", "[null, null, 3]", "float32"), input("m", "[null, null]", "bool"), rnn("a", "x", `"mask": `+ref("m")), rnn("b", "a", ""),
	}, ",") + `], "input_layers": [["x", 0, 0], ["m", 0, 0]], "output_layers": [["b", 0, 0]]}}`
	for version, want := range map[string]bool{"3.4.1": false, "3.10.0": false, "3.11.1": true, "3.15.1": true} {
		m := mustImport(t, arch, version, legacyOf("a: a/kernel 3 3", "a: a/recurrent_kernel 3 3", "b: b/kernel 3 3", "b: b/recurrent_kernel 3 3"))
		first, second := m.Nodes[0].Inputs[4] != ir.None, m.Nodes[1].Inputs[4] != ir.None
		if !first || second != want {
			t.Errorf("Keras %s: masks %v, %v, want true, %v", version, first, second, want)
		}
	}
}

// Programs dump model.get_config(), which has no class_name.
func TestConfigAlone(t *testing.T) {
	dense := `{"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [null, 3]}}`
	chain := strings.Replace(dense, `"config"`, `"name": "d", "inbound_nodes": [[["x", 0, 0, {}]]], "config"`, 1)
	for _, text := range []string{
		`[` + dense + `]`,
		"[\n  " + dense + `]`,
		`{"name": "s", "layers": [` + dense + `]}`,
		`{"name": "m", "layers": [{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_input_shape": [null, 3]}, "inbound_nodes": []}, ` + chain + `],
			"input_layers": [["x", 0, 0]], "output_layers": [["d", 0, 0]]}`,
	} {
		o := newOptions(nil)
		a, err := readArchive(bytesBlob("config.json", []byte(text), nil), o.limits)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		a.weights = legacyOf("d: d/kernel:0 3 2", "d: d/bias:0 2")
		if m, err := o.load(a, nil); err != nil || ops(m) != "Dense" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// An Embedding that begins a Sequential takes rows of input_length ids, or of any number.
func TestEmbeddingFirst(t *testing.T) {
	for length, want := range map[string]string{"null": "[batch, time]", "7": "[batch, 7]"} {
		m := mustImport(t, seq(`{"class_name": "Embedding", "config": {"name": "e", "input_dim": 9, "output_dim": 4, "input_length": `+length+`}}`), "2.4.0", legacyOf("e: e/embeddings:0 9 4"))
		if got := m.Type(m.Inputs[0].Value).Shape.String(); got != want {
			t.Errorf("%s: %s, want %s", length, got, want)
		}
	}
}
