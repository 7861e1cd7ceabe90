package importer

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/ir"
)

// As Keras 1's to_yaml wrote it: flow style, tuples, shared lists.
const yamlModel = `backend: tensorflow
class_name: Sequential
config:
- class_name: Dense
  config: {activation: linear, batch_input_shape: !!python/tuple [null, 3], use_bias: true, name: d,
    units: 2, trainable: &id001 true, rate: 1.0e-05}
- class_name: Dense
  config:
    units: 1
    trainable: *id001
keras_version: 2.1.0
`

func TestYAML(t *testing.T) {
	a, err := readArchive(bytesBlob("model.yaml", []byte(yamlModel), nil), Limits{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	want := object{
		"backend": "tensorflow", "class_name": "Sequential", "keras_version": "2.1.0",
		"config": []any{
			object{"class_name": "Dense", "config": object{"activation": "linear", "batch_input_shape": []any{nil, int64(3)}, "use_bias": true, "name": "d", "units": int64(2), "trainable": true, "rate": 1e-05}},
			object{"class_name": "Dense", "config": object{"units": int64(1), "trainable": true}},
		},
	}
	if d := cmp.Diff(want, a.arch); d != "" {
		t.Error(d)
	}
	if a.version != "2.1.0" || a.backend != "tensorflow" {
		t.Errorf("version %q, backend %q", a.version, a.backend)
	}
}

// Programs append: open("model.yaml", "a"). Keras takes the last model.
func TestYAMLAppended(t *testing.T) {
	a, err := readArchive(bytesBlob("model.yaml", []byte(strings.Replace(yamlModel, "units: 2", "units: 7", 1)+yamlModel), nil), Limits{}.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	if got := at(list(at(a.arch, "config"))[0], "config", "units"); got != int64(2) {
		t.Errorf("units %v, want those of the last", got)
	}
	_, err = readArchive(bytesBlob("model.yaml", []byte(strings.Replace(yamlModel, "    units: 1\n", "    units: 1\n    units: 2\n", 1)), nil), Limits{}.withDefaults())
	if err == nil || !strings.Contains(err.Error(), `"units" is no string or appears twice`) {
		t.Error(err)
	}
}

// A billion laughs: each level names the one before ten times.
func TestYAMLBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("class_name: Sequential\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		prev := strings.Repeat("*a"+string(rune('a'+i-1))+", ", 10)
		if i == 1 {
			prev = strings.Repeat("*a0, ", 10)
		}
		b.WriteString("b" + string(rune('a'+i)) + ": &a" + string(rune('a'+i)) + " [" + strings.TrimSuffix(prev, ", ") + "]\n")
	}
	_, err := readArchive(bytesBlob("bomb.yaml", []byte(b.String()), nil), Limits{}.withDefaults())
	if !errors.Is(err, ir.ErrLimit) {
		t.Errorf("got %v", err)
	}
	deep := "class_name: " + strings.Repeat("[", 100000)
	if _, err := readArchive(bytesBlob("deep.yaml", []byte(deep), nil), Limits{}.withDefaults()); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("got %v", err)
	}
}

// PyYAML writes NumPy values as calls; a program that Keras never runs here.
func TestNumpyInYAML(t *testing.T) {
	array := func(shape, dtype, data string) string {
		return "class_name: Sequential\nconfig:\n  1: 2\n  v: !!python/object/apply:numpy.core.multiarray._reconstruct\n    args: [x]\n    state: [1, " + shape +
			", {args: [" + dtype + ", 0, 1], state: [3, <, null]}, false, !!binary " + data + "]\nbackend: tensorflow\n"
	}
	for text, want := range map[string]any{
		array("[]", "f4", "AADAQA=="):                                   6.0,
		array("[2]", "i4", "AQAAAP7///8="):                              []any{int64(1), int64(-2)},
		array("[2, 1]", "b1", "AQA="):                                   []any{[]any{true}, []any{false}},
		array("[3]", "i4", "AQAAAP7///8="):                              nil,
		array("[0]", "i4", "AQAAAP7///8="):                              nil,
		array("[1000000, 1000000]", "b1", "AQA="):                       nil,
		array("[]", "f4", "AADA"):                                       nil,
		array("[]", "O8", "AADAQA=="):                                   nil,
		strings.ReplaceAll(array("[]", "f4", "AADAQA=="), "<", "\">\""): float64(math.Float32frombits(0x0000c040)),
	} {
		a, err := readArchive(bytesBlob("model.yaml", []byte(text), nil), Limits{}.withDefaults())
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		got := at(a.arch, "config", "v")
		if _, left := got.(object); left != (want == nil) || !left && !cmp.Equal(got, want) {
			t.Errorf("%v, want %v:\n%s", got, want, text)
		}
		if at(a.arch, "config", "1") != int64(2) {
			t.Errorf("the key 1 is lost: %v", at(a.arch, "config"))
		}
	}
}
