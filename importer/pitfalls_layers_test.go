package importer

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// More public reports: what layers compute. Those of reading files are in
// pitfalls_test.go.

func nodes(m *ir.Model, layer string) (out []ir.Node) {
	for _, n := range m.Nodes {
		if n.Origin.Layer == layer {
			out = append(out, n)
		}
	}
	return out
}

// funcModel is a functional model of Keras 2's form, of lines "name class config
// inbound", whose last layer is its output.
func funcModel(lines ...string) string {
	var layers, ins []string
	last := ""
	for _, line := range lines {
		f := strings.SplitN(line, " ", 4)
		var in []string
		for _, n := range strings.Split(f[3], ",") {
			if n != "" {
				in = append(in, `["`+n+`", 0, 0, {}]`)
			}
		}
		inbound := ""
		if len(in) > 0 {
			inbound = "[" + strings.Join(in, ",") + "]"
		} else {
			ins = append(ins, `["`+f[0]+`", 0, 0]`)
		}
		layers = append(layers, fmt.Sprintf(`{"class_name": %q, "name": %q, "config": %s, "inbound_nodes": [%s]}`, f[1], f[0], f[2], inbound))
		last = f[0]
	}
	return `{"class_name": "Model", "config": {"name": "f", "layers": [` + strings.Join(layers, ",") + `], "input_layers": [` + strings.Join(ins, ",") +
		`], "output_layers": [["` + last + `", 0, 0]]}}`
}

// tfjs#23, keras#20327: a stateful layer that is given an initial state uses it
// always in Keras 2 by itself, in tf.keras while its own is zero.
func TestStatefulInitialState(t *testing.T) {
	arch := funcModel(`x InputLayer {"name":"x","batch_input_shape":[2,4,3]} `, `s InputLayer {"name":"s","batch_input_shape":[2,3]} `,
		`r SimpleRNN {"name":"r","units":3,"stateful":true,"use_bias":false} x,s`)
	for version, want := range map[string]ir.Recurrence{"2.2.5": {}, "2.3.1": {}, "2.2.4-tf": {State: "r", InitialIfZero: true}, "2.9.0": {State: "r", InitialIfZero: true}} {
		m := mustImport(t, arch, version, legacyOf("r: r/kernel:0 3 3", "r: r/recurrent_kernel:0 3 3"))
		if got := nodes(m, "r")[0].Op.(*ir.SimpleRNN).Recurrence; got != want {
			t.Errorf("Keras %s: %+v, want %+v", version, got, want)
		}
	}
}

// The states of a stack of cells come last cell first from old Keras 2.
func TestReversedStates(t *testing.T) {
	cell := func(class string, units int) string {
		return fmt.Sprintf(`{"class_name":%q,"config":{"name":"c%d","units":%d,"use_bias":false}}`, class, units, units)
	}
	for _, c := range []struct {
		key, version string
		want         bool
	}{{"", "2.1.6", true}, {"", "2.3.1", false}, {`,"reverse_state_order":true`, "2.3.1", true}, {`,"reverse_state_order":true`, "2.9.0", false}} {
		arch := seq(in3, `{"class_name":"RNN","config":{"name":"r","return_state":true,"cell":{"class_name":"StackedRNNCells","config":{"name":"stack"`+c.key+
			`,"cells":[`+cell("GRUCell", 2)+`,`+cell("LSTMCell", 5)+`]}}}}`)
		m := mustImport(t, arch, c.version, legacyOf("r: a/kernel:0 3 6", "r: a/recurrent_kernel:0 2 6", "r: b/kernel:0 2 20", "r: b/recurrent_kernel:0 5 20"))
		var got []string
		for _, o := range m.Outputs {
			got = append(got, m.Type(o.Value).Shape.String())
		}
		want := "[batch, 5] [batch, 2] [batch, 5] [batch, 5]"
		if c.want {
			want = "[batch, 5] [batch, 5] [batch, 5] [batch, 2]"
		}
		if strings.Join(got, " ") != want {
			t.Errorf("Keras %s%s: %v, want %v", c.version, c.key, got, want)
		}
	}
}

// Layers whose computation is not in the file are refused by name, with a way
// round; so are cells that are Python code.
func TestWayRound(t *testing.T) {
	for class, want := range map[string]string{
		"TFSMLayer": "SavedModel", "JaxLayer": "JAX", "TorchModuleWrapper": "PyTorch", "DenseFeatures": "FeatureSpace", "InstanceMethod": "ragged", "Graph": "rebuild it as a Model",
	} {
		_, err := importArch(seq(in3, `{"class_name": "`+class+`", "config": {"name": "l"}}`), "2.9.0", nil)
		if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", class, err)
		}
	}
	_, err := importArch(`{"class_name": "Graph", "config": {"nodes": {}, "input_config": [], "node_config": [], "output_config": []}}`, "1.0.8", nil)
	if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "rebuild it as a Model") {
		t.Errorf("Graph: %v", err)
	}
	_, err = importArch(seq(in3, `{"class_name":"RNN","config":{"name":"r","cell":{"class_name":"My>Cell","config":{"name":"c","units":3}}}}`), "2.9.0", nil)
	if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "My>Cell") {
		t.Errorf("custom cell: %v", err)
	}
	_, err = importArch(seq(in3, `{"class_name":"GRU","config":{"name":"r","units":2,"num_constants":1}}`), "2.9.0", nil)
	if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "num_constants") {
		t.Errorf("constants: %v", err)
	}
}

// Theano pools "same" with the same padding on both sides.
func TestTheanoPooling(t *testing.T) {
	arch := seq(`{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 7, 8, 2]}}`,
		`{"class_name": "MaxPooling2D", "config": {"name": "p", "pool_size": [3, 2], "strides": [2, 2], "border_mode": "same", "dim_ordering": "tf"}}`)
	m := mustImport(t, arch, "1.2.2", nil, WithKeras1Backend("theano"))
	op := nodes(m, "p")[0].Op.(*ir.Pool)
	if op.Padding.Same || fmt.Sprint(op.Padding) != "{false [1 1] [1 1]}" || m.Type(m.Outputs[0].Value).String() != "float32[batch, 4, 4, 2]" {
		t.Errorf("%+v, output %v", op, m.Type(m.Outputs[0].Value))
	}
	m = mustImport(t, arch, "1.2.2", nil, WithKeras1Backend("tensorflow"))
	if op := nodes(m, "p")[0].Op.(*ir.Pool); !op.Padding.Same {
		t.Errorf("%+v", op)
	}
}

// DL4J#3597: weights lie as deep as the names of scopes say.
func TestScopedWeights(t *testing.T) {
	arch := seq(in3, `{"class_name": "Dense", "config": {"name": "dense_1", "units": 2}}`)
	m := mustImport(t, arch, "2.1.2", legacyOf("dense_1: global/shared/dense_1_W:0 3 2", "dense_1: global/shared/dense_1_b:0 2"))
	if constOf(t, m, "dense_1/kernel") == 0 {
		t.Error("the kernel is empty")
	}
}

// keras#19151, #19441: arguments that say nothing new are let pass; others are
// refused with their value.
func TestNeutralGroups(t *testing.T) {
	in := `{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 6, 6, 2]}}`
	arch := func(groups string) string {
		return seq(in, `{"class_name": "DepthwiseConv2D", "config": {"name": "d", "kernel_size": [3, 3], "use_bias": false, "groups": `+groups+`}}`)
	}
	w := func() weightsFile { return legacyOf("d: d/depthwise_kernel:0 3 3 2 1") }
	mustImport(t, arch("1"), "2.9.0", w())
	if _, err := importArch(arch("2"), "2.9.0", w()); !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "groups") || !strings.Contains(err.Error(), "2") {
		t.Errorf("groups 2: %v", err)
	}
}

// teachablemachine#65, DL4J#5411, #6481, #9108, keras2ncnn#48: models in models.
// frugally-deep#285, #237: names with slashes, and TimeDistributed of a model.
func TestNestedSequential(t *testing.T) {
	dense := func(name, more string) string {
		return `{"class_name": "Dense", "config": {"name": "` + name + `", "units": 3, "use_bias": false` + more + `}}`
	}
	inner := `{"class_name": "Sequential", "config": {"name": "features", "layers": [` + dense("conv1/conv", `, "batch_input_shape": [null, 3]`) + `]}}`
	m := mustImport(t, seq(inner, dense("conv1/conv", "")), "2.4.0", legacyOf("features: conv1/conv/kernel:0 3 3", "conv1/conv: conv1/conv/kernel:0 3 3"))
	if ops(m) != "Dense Dense" || m.Nodes[0].Origin.Layer != "features/conv1/conv" || m.Nodes[0].Inputs[1] == m.Nodes[1].Inputs[1] {
		t.Errorf("got\n%v", m)
	}
	m = mustImport(t, seq(in3, `{"class_name": "TimeDistributed", "config": {"name": "each", "layer": `+inner+`}}`), "2.4.0", legacyOf("each: each/conv1/conv/kernel:0 3 3"))
	if got := m.Type(m.Outputs[0].Value).Shape.String(); len(m.Type(m.Outputs[0].Value).Shape) != 3 || !strings.HasSuffix(got, ", 3]") {
		t.Errorf("TimeDistributed of a model gives %s", got)
	}
}

// tfjs#128, #84: borders are numbers, pairs, or pairs for each axis.
func TestPaddingSpellings(t *testing.T) {
	in := `{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 4, 5, 2]}}`
	for padding, want := range map[string]string{
		"1": "[batch, 6, 7, 2]", "[1, 2]": "[batch, 6, 9, 2]", "[[1, 0], [2, 3]]": "[batch, 5, 10, 2]", "[[1, 1], [2, 2]]": "[batch, 6, 9, 2]",
	} {
		m := mustImport(t, seq(in, `{"class_name": "ZeroPadding2D", "config": {"name": "z", "padding": `+padding+`}}`), "2.4.0", nil)
		if got := m.Type(m.Outputs[0].Value).Shape.String(); got != want {
			t.Errorf("padding %s: %s, want %s", padding, got, want)
		}
	}
}

// DTLN#4, tfjs#3578: a causal convolution sees no later step.
func TestCausal(t *testing.T) {
	m := mustImport(t, seq(in3, `{"class_name": "Conv1D", "config": {"name": "c", "filters": 2, "kernel_size": [3], "padding": "causal", "dilation_rate": [2], "use_bias": false}}`),
		"2.4.0", legacyOf("c: c/kernel:0 3 3 2"))
	for _, n := range m.Nodes {
		if o, ok := n.Op.(*ir.Conv); ok && (len(o.Padding.Before) != 1 || o.Padding.Before[0] != 4 || len(o.Padding.After) != 0) {
			t.Errorf("padding %+v", o.Padding)
		}
	}
}

// DL4J#7248, #10039: no recurrent layer stands for another.
func TestNothingApproximated(t *testing.T) {
	cell := func(class string, gates int) *ir.Model {
		return mustImport(t, seq(in3, `{"class_name": "`+class+`", "config": {"name": "l", "units": 2, "use_bias": false}}`), "2.9.0",
			legacyOf(fmt.Sprintf("l: l/kernel:0 3 %d", 2*gates), fmt.Sprintf("l: l/recurrent_kernel:0 2 %d", 2*gates)))
	}
	for class, gates := range map[string]int{"LSTM": 4, "GRU": 3, "SimpleRNN": 1} {
		if got := ops(cell(class, gates)); got != class {
			t.Errorf("%s becomes %s", class, got)
		}
	}
	_, err := importArch(seq(in3, `{"class_name": "GRU", "config": {"name": "l", "units": 2, "use_bias": false, "activation": "made_up"}}`), "2.9.0",
		legacyOf("l: l/kernel:0 3 6", "l: l/recurrent_kernel:0 2 6"))
	if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "made_up") {
		t.Errorf("an unknown activation: %v", err)
	}
}

// DL4J#4395: a backend that nobody knows changes nothing.
func TestUnknownBackend(t *testing.T) {
	arch := seq(`{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 6, 6, 2]}}`,
		`{"class_name": "Conv2D", "config": {"name": "c", "filters": 1, "kernel_size": [3, 3], "use_bias": false}}`)
	for _, backend := range []string{"", "NONE", "tensorflow"} {
		v, err := parseJSON([]byte(arch), "arch", Limits{}.withDefaults())
		if err != nil {
			t.Fatal(err)
		}
		a := &archive{name: "test", format: "test", arch: v, version: "2.2.4", backend: backend, weights: legacyOf("c: c/kernel:0 3 3 2 1")}
		if m, err := newOptions(nil).load(a, nil); err != nil || ops(m) != "Conv" {
			t.Errorf("backend %q: %v", backend, err)
		}
	}
}

// A stateful layer within TimeDistributed would see the steps in turn.
func TestStatefulPerStep(t *testing.T) {
	for _, inner := range []string{
		`{"class_name":"LSTM","config":{"name":"l","units":2,"stateful":true}}`,
		`{"class_name":"Bidirectional","config":{"name":"b","layer":{"class_name":"LSTM","config":{"name":"l","units":2,"stateful":true}}}}`,
		`{"class_name":"Sequential","config":{"name":"s","layers":[{"class_name":"LSTM","config":{"name":"l","units":2,"stateful":true,"batch_input_shape":[2,4,3]}}]}}`,
	} {
		_, err := importArch(seq(`{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [2, 5, 4, 3]}}`,
			`{"class_name": "TimeDistributed", "config": {"name": "td", "layer": `+inner+`}}`), "2.9.0", nil)
		if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "side by side") {
			t.Errorf("%s: %v", inner, err)
		}
	}
}

// keras#19898: a bidirectional LSTM as Keras 2.3 by itself wrote it, whose
// weights are named after the layer within, and whose gates are hard sigmoids.
func TestBidirectionalOfKeras23(t *testing.T) {
	arch := seq(`{"class_name": "Embedding", "config": {"name": "embedding_1", "trainable": true, "batch_input_shape": [null, 10], "dtype": "float32", "input_dim": 7, "output_dim": 3, "embeddings_initializer": {"class_name": "RandomUniform", "config": {"minval": -0.05, "maxval": 0.05, "seed": null}}, "embeddings_regularizer": null, "activity_regularizer": null, "embeddings_constraint": null, "mask_zero": false, "input_length": 10}}`,
		`{"class_name": "Bidirectional", "config": {"name": "bidirectional_1", "trainable": true, "dtype": "float32", "layer": {"class_name": "LSTM", "config": {"name": "lstm_1", "trainable": true, "dtype": "float32", "return_sequences": false, "return_state": false, "go_backwards": false, "stateful": false, "unroll": false, "units": 2, "activation": "tanh", "recurrent_activation": "hard_sigmoid", "use_bias": true, "unit_forget_bias": true, "dropout": 0.2, "recurrent_dropout": 0.0, "implementation": 1}}, "merge_mode": "concat"}}`)
	var w []string
	for _, d := range []string{"forward", "backward"} {
		for _, v := range []string{"kernel:0 3 8", "recurrent_kernel:0 2 8", "bias:0 8"} {
			w = append(w, "bidirectional_1: bidirectional_1/"+d+"_lstm_1/"+v)
		}
	}
	m := mustImport(t, arch, "2.3.1", legacyOf(append(w, "embedding_1: embedding_1/embeddings:0 7 3")...))
	var both []*ir.LSTM
	kernels := map[ir.ValueID]bool{}
	for _, n := range m.Nodes {
		if o, ok := n.Op.(*ir.LSTM); ok {
			both = append(both, o)
			kernels[n.Inputs[1]] = true
		}
	}
	if len(both) != 2 || len(kernels) != 2 || both[0].GoBackwards == both[1].GoBackwards {
		t.Fatalf("%d recurrences with %d kernels:\n%v", len(both), len(kernels), m)
	}
	if f := both[0].RecurrentAct; f.Name != "hard_sigmoid" || f.A != 0.2 {
		t.Errorf("the gates are %v", f)
	}
}

// keras#19151, #19441: arguments of a Lambda that Keras keeps changing are let
// pass; the function itself is refused, or replaced.
func TestLambdaArguments(t *testing.T) {
	for _, more := range []string{
		``, `, "output_shape": null, "output_shape_type": "raw", "output_shape_module": null, "module": "__main__", "arguments": {}`,
		`, "mask": null, "output_shape": [3], "arguments": {}`,
	} {
		arch := seq(in3, `{"class_name": "Lambda", "config": {"name": "half", "trainable": true, "function": ["4wEAAAA=", null, null], "function_type": "lambda"`+more+`}}`)
		if _, err := importArch(arch, "2.9.0", nil); !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "half") {
			t.Errorf("%s: %v", more, err)
		}
		if m := mustImport(t, arch, "2.9.0", nil, WithLambda("half", "x / 2")); len(m.Nodes) == 0 {
			t.Errorf("%s: nothing computes", more)
		}
	}
}

// Keras on TensorFlow takes the bias of a convolution for one of columns when
// there are as many: a note says so.
func TestBiasAxisNote(t *testing.T) {
	for _, c := range []struct {
		version string
		filters int
		more    string
		want    bool
	}{{"3.15.1", 6, "", true}, {"3.6.0", 6, "", false}, {"3.15.1", 5, "", false}, {"3.15.1", 6, `,"use_bias":false`, false}} {
		arch := seq(`{"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 2, 5, 6]}}`,
			fmt.Sprintf(`{"class_name": "Conv2D", "config": {"name": "c", "filters": %d, "kernel_size": [1, 1], "data_format": "channels_first"%s}}`, c.filters, c.more))
		w := []string{fmt.Sprintf("c: c/kernel 1 1 2 %d", c.filters)}
		if c.more == "" {
			w = append(w, fmt.Sprintf("c: c/bias %d", c.filters))
		}
		m := mustImport(t, arch, c.version, legacyOf(w...))
		if got := strings.Contains(strings.Join(m.Notes, "\n"), "as many filters"); got != c.want {
			t.Errorf("Keras %s, %d filters%s: %q", c.version, c.filters, c.more, m.Notes)
		}
	}
}

// Operations that have no lowering say why.
func TestNoOperation(t *testing.T) {
	for class, want := range map[string]string{"Cond": "Python functions", "Unique": "the data decide", "Eig": "eigh", "ElasticTransform": "random", "View": "cast", "Histogram": "digitize", "Nonesuch": "WithLayer"} {
		arch := fmt.Sprintf(`{"module": "keras", "class_name": "Functional", "config": {"name": "m", "layers": [
			{"module": "keras.layers", "class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [null, 3]}, "inbound_nodes": []},
			{"module": "keras.src.ops.core", "class_name": %q, "name": "op", "config": {"name": "op"}, "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"shape": [null, 3], "dtype": "float32", "keras_history": ["x", 0, 0]}}], "kwargs": {}}]}
			], "input_layers": [["x", 0, 0]], "output_layers": [["op", 0, 0]]}}`, class)
		_, err := importArch(arch, "3.15.1", nil)
		if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", class, err)
		}
	}
}

// Keras on TensorFlow turns a rectangle twice as if it were a square: a note says so.
func TestTurnedTwiceNote(t *testing.T) {
	for shape, want := range map[string]bool{"[2, 3, 3]": false, "[2, 3, 4]": true} {
		arch := fmt.Sprintf(`{"module": "keras", "class_name": "Functional", "config": {"name": "m", "layers": [
			{"module": "keras.layers", "class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": %s}, "inbound_nodes": []},
			{"module": "keras.src.ops.numpy", "class_name": "Rot90", "name": "op", "config": {"name": "op", "k": 2, "axes": [1, 2]}, "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"shape": %[1]s, "dtype": "float32", "keras_history": ["x", 0, 0]}}], "kwargs": {}}]}
			], "input_layers": [["x", 0, 0]], "output_layers": [["op", 0, 0]]}}`, shape)
		m := mustImport(t, arch, "3.15.1", nil)
		if got := strings.Contains(strings.Join(m.Notes, "\n"), "mixes the elements"); got != want {
			t.Errorf("%s: %q", shape, m.Notes)
		}
	}
}
