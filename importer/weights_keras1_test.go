package importer

import (
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// counted makes weights whose elements are 0, 1, 2, …
func counted(layer, path string, shape ...int) *legacyWeights {
	w := legacyOf(layer + ": " + path)
	s := w.groups[0].weights[0]
	v := make([]float32, product(shape))
	for i := range v {
		v[i] = float32(i)
	}
	s.shape = shape
	s.read = func() (*ir.Tensor, error) { return ir.NewFloat32(v, shape...), nil }
	return w
}

func firstConst(t *testing.T, m *ir.Model) []float32 {
	t.Helper()
	for _, v := range m.Values {
		if v.Const != nil {
			return v.Const.Float32s()
		}
	}
	t.Fatal("no constant")
	return nil
}

// Theano's convolutions turn their kernels: Keras 2 says so, in Keras 1 only
// TensorFlow's variables are named ":0", and the user may know better.
func TestTheanoKernels(t *testing.T) {
	turned, plain := []float32{3, 2, 1, 0}, []float32{0, 1, 2, 3}
	image := `{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 4, 4, 1]}}`
	keras2 := seq(image, `{"class_name": "Conv2D", "config": {"name": "c", "filters": 1, "kernel_size": [2, 2], "use_bias": false}}`)
	keras1 := seq(image, `{"class_name": "Convolution2D", "config": {"name": "c", "nb_filter": 1, "nb_row": 2, "nb_col": 2, "bias": false, "dim_ordering": "tf"}}`)
	for _, c := range []struct {
		arch, version, backend, path string
		opts                         []Option
		want                         []float32
	}{
		{keras2, "2.0.8", "theano", "c/kernel", nil, turned},
		{keras2, "2.0.8", "tensorflow", "c/kernel:0", nil, plain},
		{keras2, "2.0.8", "", "c/kernel:0", nil, plain},
		{keras1, "1.2.2", "", "c_W", nil, turned},
		{keras1, "1.2.2", "", "c_W:0", nil, plain},
		{keras1, "1.2.2", "", "c_W:0", []Option{WithKeras1Backend("theano")}, turned},
		{keras1, "1.2.2", "", "c_W", []Option{WithKeras1Backend("tensorflow")}, plain},
	} {
		o := newOptions(c.opts)
		v, err := parseJSON([]byte(c.arch), "arch", o.limits)
		if err != nil {
			t.Fatal(err)
		}
		m, err := o.load(&archive{name: "test", arch: v, version: c.version, backend: c.backend, weights: counted("c", c.path, 2, 2, 1, 1)}, nil)
		if err != nil {
			t.Errorf("%s %s: %v", c.version, c.path, err)
			continue
		}
		if got := firstConst(t, m); !slices.Equal(got, c.want) {
			t.Errorf("%s, backend %q, %s: kernel %v, want %v", c.version, c.backend, c.path, got, c.want)
		}
	}
}

// Keras 1 arrays without names, as Theano wrote them, go by their order.
func TestKeras1Unnamed(t *testing.T) {
	arch := seq(`{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 3]}}`,
		`{"class_name": "Dense", "config": {"name": "d", "output_dim": 2}}`)
	mustImport(t, arch, "1.0.1", legacyOf("d: param_0 3 2", "d: param_1 2"))
}

// Upsamplings, paddings and croppings never say dim_ordering: it is that of the
// others, which only a file without any leaves open.
func TestKeras1Ordering(t *testing.T) {
	up := `{"class_name": "UpSampling2D", "config": {"name": "u", "size": [2, 1]}}`
	for others, want := range map[string]string{
		`{"class_name": "MaxPooling2D", "config": {"name": "p", "pool_size": [1, 1], "strides": [1, 1], "border_mode": "valid", "dim_ordering": "th"}}`: "[batch, 3, 8, 5]",
		`{"class_name": "MaxPooling2D", "config": {"name": "p", "pool_size": [1, 1], "strides": [1, 1], "border_mode": "valid", "dim_ordering": "tf"}}`: "[batch, 6, 4, 5]",
		`{"class_name": "Activation", "config": {"name": "p", "activation": "relu"}}`:                                                                   "[batch, 6, 4, 5]",
	} {
		arch := seq(`{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 3, 4, 5]}}`, up, others)
		m := mustImport(t, arch, "1.2.2", nil)
		if got := m.Type(m.Outputs[0].Value).Shape.String(); got != want || !strings.Contains(strings.Join(m.Notes, "\n"), `"u"`) {
			t.Errorf("%s: output %s, want %s; notes %q", others, got, want, m.Notes)
		}
	}
}

// keras#8860, #10356: a gate of CuDNN's kernel has rows and columns swapped.
func TestFromCuDNN(t *testing.T) {
	v := []float32{ // 2 inputs, 2 gates of 3 units
		0, 1, 2, 10, 11, 12,
		3, 4, 5, 13, 14, 15,
	}
	got := fromCuDNN(ir.NewFloat32(v, 2, 6), 2).Float32s()
	want := []float32{
		0, 2, 4, 10, 12, 14,
		1, 3, 5, 11, 13, 15,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Keras 2.0 kept some of Keras 1's layers as they were.
func TestKeras1LayersInKeras2(t *testing.T) {
	arch := `{"class_name": "Model", "config": {"name": "f", "layers": [
		{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_input_shape": [null, 4]}, "inbound_nodes": []},
		{"class_name": "MaxoutDense", "name": "m", "config": {"name": "m", "output_dim": 4, "nb_feature": 3, "init": "glorot_uniform", "bias": true}, "inbound_nodes": [[["x", 0, 0, {}]]]},
		{"class_name": "Highway", "name": "h", "config": {"name": "h", "activation": "relu", "transform_bias": -1, "bias": true}, "inbound_nodes": [[["x", 0, 0, {}]]]},
		{"class_name": "Merge", "name": "s", "config": {"name": "s", "mode": "sum", "concat_axis": -1, "dot_axes": -1}, "inbound_nodes": [[["m", 0, 0, {}], ["h", 0, 0, {}]]]}],
		"input_layers": [["x", 0, 0]], "output_layers": [["s", 0, 0]]}}`
	mustImport(t, arch, "2.0.4", legacyOf("m: m/W:0 3 4 4", "m: m/b:0 3 4", "h: h/W:0 4 4", "h: h/b:0 4", "h: h/W_carry:0 4 4", "h: h/b_carry:0 4"))
}

// Keras 1 does not write shared_axes; what is neither shared nor the input's is told.
func TestKeras1SharedAxes(t *testing.T) {
	arch := seq(in3, `{"class_name": "PReLU", "config": {"name": "p", "init": "zero"}}`)
	arch = strings.Replace(arch, "[null, null, 3]", "[null, 4, 3]", 1)
	mustImport(t, arch, "1.2.2", legacyOf("p: p_alphas:0 1 3"))
	for _, shape := range []string{"2 3", "4 6", "3", "4 3 1"} {
		if _, err := importArch(arch, "1.2.2", legacyOf("p: p_alphas:0 "+shape)); err == nil {
			t.Errorf("alphas of %s are taken for 4 3", shape)
		}
	}
}

// An architecture without a version, whose Keras 1 arguments are in wrappers only.
func TestKeras1InWrappers(t *testing.T) {
	lstm := `{"class_name": "LSTM", "config": {"name": "l", "output_dim": 2, "inner_activation": "hard_sigmoid"}}`
	for _, wrapped := range []string{
		`{"class_name": "Bidirectional", "config": {"name": "b", "merge_mode": "sum", "layer": ` + lstm + `}}`,
		`{"class_name": "Sequential", "config": [` + lstm + `]}`,
	} {
		v, err := parseJSON([]byte(`{"class_name": "Sequential", "config": [`+wrapped+`]}`), "arch", newOptions(nil).limits)
		if err != nil {
			t.Fatal(err)
		}
		if d := newDialect("", v, Limits{}); d.name != "keras1" {
			t.Errorf("%s: %s", wrapped, d.name)
		}
	}
}

// Keras 2 reads weights of Keras 1 into its own models.
func TestKeras1WeightsInKeras2(t *testing.T) {
	arch := seq(in3, `{"class_name": "SimpleRNN", "config": {"name": "r", "units": 2}}`, `{"class_name": "GRU", "config": {"name": "g", "units": 2}}`)
	_, err := importArch(arch, "2.1.6", legacyOf("r: r_W:0 3 2", "r: r_U:0 2 2", "r: r_b:0 2"))
	if err == nil || strings.Contains(err.Error(), `"r"`) {
		t.Error(err)
	}
	rnn := strings.Replace(arch, `"units": 2}}`, `"units": 2, "return_sequences": true}}`, 1)
	m := mustImport(t, rnn, "2.1.6", legacyOf("r: r_W:0 3 2", "r: r_U:0 2 2", "r: r_b:0 2",
		"g: g_W_z:0 2 2", "g: g_U_z:0 2 2", "g: g_b_z:0 2", "g: g_W_r:0 2 2", "g: g_U_r:0 2 2", "g: g_b_r:0 2", "g: g_W_h:0 2 2", "g: g_U_h:0 2 2", "g: g_b_h:0 2"))
	for _, v := range m.Values {
		if v.Name == "g/cell/bias" {
			b := v.Const.Float32s()
			if b[2] != b[0]+3 || b[4] != b[2]+3 {
				t.Errorf("gates %v", b)
			}
		}
	}
}
