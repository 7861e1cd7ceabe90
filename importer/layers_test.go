package importer

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// withoutFixture are the rows of which no Keras of today can save a model.
var withoutFixture = map[string]string{
	"Equalization":          "Keras 3.15 cannot make it a node of a graph",
	"GroupedQueryAttention": "saved as GroupQueryAttention",
}

func TestLayersHaveFixtures(t *testing.T) {
	b, err := os.ReadFile("../fixtures/MANIFEST.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Layers  []string
		Refused string
	}
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, r := range rows {
		for _, l := range r.Layers {
			have[l] = have[l] || r.Refused == ""
		}
	}
	for _, r := range slices.Concat(table()...) {
		switch _, known := withoutFixture[r.class]; {
		case !have[r.class] && !known:
			t.Errorf("layer %s has no fixture", r.class)
		case have[r.class] && known:
			t.Errorf("layer %s has a fixture now", r.class)
		}
	}
}

// Users' classes bear names of Keras's, which only their calls or arguments tell.
func TestUsersClassOfKerasName(t *testing.T) {
	for class, layer := range map[string]string{
		"Attention":          `{"name": "a", "step_dim": 6}`,
		"AdditiveAttention":  `{"name": "a"}`,
		"MultiHeadAttention": `{"name": "a", "head_num": 2, "activation": "relu"}`,
	} {
		_, err := importArch(seq(in3, `{"class_name": "`+class+`", "config": `+layer+`}`), "2.2.4", nil)
		if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "importer.WithLayer") || !strings.Contains(err.Error(), `layer "a" (`+class+`)`) {
			t.Errorf("%s: %v", class, err)
		}
	}
}

// One problem for what both directions hold.
func TestUnsupportedDirections(t *testing.T) {
	_, err := importArch(seq(in3, `{"class_name": "Bidirectional", "config": {"name": "b", "layer": {"class_name": "MyLSTM", "config": {"name": "l"}}}}`), "2.2.4", nil)
	if err == nil || !strings.Contains(err.Error(), `layer "b/forward_l" (MyLSTM)`) || strings.Contains(err.Error(), "2 layers") {
		t.Error(err)
	}
}

// A masked Bidirectional of any age gives the zeros of tf.keras, and tells so.
func TestMaskedBidirectional(t *testing.T) {
	arch := seq(`{"class_name": "Embedding", "config": {"name": "e", "input_dim": 5, "output_dim": 2, "mask_zero": true, "batch_input_shape": [null, 3]}}`,
		`{"class_name": "Bidirectional", "config": {"name": "b", "merge_mode": "concat", "layer": {"class_name": "SimpleRNN", "config": {"name": "r", "units": 1, "return_sequences": true}}}}`)
	for version, told := range map[string]bool{"2.2.4": true, "2.4.0": false} {
		m := mustImport(t, arch, version, legacyOf("e: e/embeddings:0 5 2",
			"b: forward_r/kernel:0 2 1", "b: forward_r/recurrent_kernel:0 1 1", "b: forward_r/bias:0 1",
			"b: backward_r/kernel:0 2 1", "b: backward_r/recurrent_kernel:0 1 1", "b: backward_r/bias:0 1"))
		directions := 0
		for _, n := range m.Nodes {
			if r, ok := n.Op.(*ir.SimpleRNN); ok && r.ZeroOutputForMask {
				directions++
			}
		}
		if note := strings.Contains(strings.Join(m.Notes, "\n"), "repeated the last output"); directions != 2 || note != told {
			t.Errorf("%s: %d directions with zeros, notes %q", version, directions, m.Notes)
		}
	}
}

// What looks along the last axis is not of pixels or filters when channels come
// first.
func TestConvLSTMChannelsFirst(t *testing.T) {
	in := `{"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 2, 2, 4]}}`
	lstm := func(more string) string {
		return `{"class_name": "ConvLSTM1D", "config": {"name": "c", "filters": 2, "kernel_size": [1], "data_format": "channels_first"` + more + `}}`
	}
	masking := `{"class_name": "Masking", "config": {"name": "m", "mask_value": 0.0}}`
	weights := func() weightsFile {
		return legacyOf("c: c/kernel:0 1 2 8", "c: c/recurrent_kernel:0 1 2 8", "c: c/bias:0 8")
	}
	for _, c := range []struct{ arch, field string }{
		{seq(in, masking, lstm("")), "mask"},
		{seq(in, lstm(`, "activation": "softmax"`)), "activation"},
	} {
		_, err := importArch(c.arch, "2.9.0", weights())
		if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), c.field+": ") {
			t.Errorf("%s: %v", c.field, err)
		}
	}
	mustImport(t, seq(in, lstm("")), "2.9.0", weights())
}
