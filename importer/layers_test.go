package importer

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// withoutFixture are the rows of which no Keras of today can save a model.
var withoutFixture = map[string]string{
	"Equalization":          "Keras 3.15 cannot make it a node of a graph",
	"GroupedQueryAttention": "saved as GroupQueryAttention",
	"TensorFlowOpLayer":     "TensorFlow up to 2.3 wrote it; see TestTensorFlowOpLayer",
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
