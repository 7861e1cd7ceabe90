package importer

import (
	"strings"
	"testing"
)

// Keras 2.2 forgot the InputLayer that a Sequential begins with (keras#10417).
func TestLostInput(t *testing.T) {
	for _, c := range []struct {
		layer   string
		weights []string
		want    string
	}{
		{`{"class_name": "Dense", "config": {"name": "a", "units": 2}}`, []string{"a: a/kernel:0 3 2", "a: a/bias:0 2"}, "float32[batch, 3]"},
		{`{"class_name": "SimpleRNN", "config": {"name": "a", "units": 2}}`,
			[]string{"a: a/kernel:0 3 2", "a: a/recurrent_kernel:0 2 2", "a: a/bias:0 2"}, "float32[batch, time, 3]"},
		{`{"class_name": "Conv2D", "config": {"name": "a", "filters": 2, "kernel_size": [3, 2], "data_format": "channels_last"}}`,
			[]string{"a: a/kernel:0 3 2 5 2", "a: a/bias:0 2"}, "float32[batch, a_input_1, a_input_2, 5]"},
		{`{"class_name": "Conv2D", "config": {"name": "a", "filters": 2, "kernel_size": [3, 2], "data_format": "channels_first"}}`,
			[]string{"a: a/kernel:0 3 2 5 2", "a: a/bias:0 2"}, "float32[batch, 5, a_input_2, a_input_3]"},
		{`{"class_name": "DepthwiseConv2D", "config": {"name": "a", "kernel_size": [3, 2], "use_bias": false}}`,
			[]string{"a: a/depthwise_kernel:0 3 2 5 1"}, "float32[batch, a_input_1, a_input_2, 5]"},
	} {
		m := mustImport(t, `{"class_name": "Sequential", "config": {"name": "s", "layers": [`+c.layer+`]}}`, "2.2.2", legacyOf(c.weights...))
		got := m.Type(m.Inputs[0].Value).String()
		if got != c.want || !strings.Contains(strings.Join(m.Notes, "\n"), `by the kernel of "a"`) {
			t.Errorf("%s: the input is %s, want %s; notes %q", c.layer, got, c.want, m.Notes)
		}
	}
}
