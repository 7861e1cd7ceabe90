package exporter_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/exporter"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
)

// adder adds a node with one output, which becomes the model's.
type adder = func(op ir.Op, layer string, in ...ir.ValueID) ir.ValueID

// network returns a model of one float input [batch, 4] and what adds to it.
func network() (m *ir.Model, add adder) {
	m = &ir.Model{Name: "net"}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(4)}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	return m, func(op ir.Op, layer string, in ...ir.ValueID) ir.ValueID {
		out, err := m.AddNode(op, ir.Origin{Layer: layer, Class: "Test"}, in...)
		if err != nil {
			panic(err)
		}
		m.Outputs = []ir.Port{{Name: layer, Value: out[0]}}
		return out[0]
	}
}

func TestSameBytes(t *testing.T) {
	m, err := importer.Load(suite.Path(t, "keras2/seed_stacked.h5"))
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []exporter.Format{exporter.WriteKeras, exporter.WriteH5} {
		var a, b bytes.Buffer
		if err := errors.Join(write(&a, m), write(&b, m)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Error("the same model gives two files")
		}
	}
}

func TestRefusesAllAtOnce(t *testing.T) {
	m, add := network()
	a := add(&ir.Unary{Func: ir.Func{Name: "i0"}}, "bessel", 0)
	b := add(&ir.Unary{Func: ir.Func{Name: "lgamma"}}, "gamma", a)
	add(&ir.History{Axis: 0, Steps: 1, State: "s"}, "history", b)
	var w bytes.Buffer
	err := exporter.WriteKeras(&w, m)
	if !errors.Is(err, ir.ErrUnsupported) || w.Len() > 0 {
		t.Fatalf("%d bytes, %v", w.Len(), err)
	}
	for _, want := range []string{`"bessel" (Test)`, `"gamma" (Test)`, `"history" (Test)`, "i0", "lgamma", "History", ".kgo"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
}

// custom is an op that the package does not know.
type custom struct{}

func (custom) Kind() string                          { return "example.Custom" }
func (custom) Infer(in []ir.Type) ([]ir.Type, error) { return in[:1], nil }

func TestRefusesCustomOps(t *testing.T) {
	m, add := network()
	add(custom{}, "mine", 0)
	err := exporter.WriteH5(io.Discard, m)
	if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "example.Custom") {
		t.Fatalf("error %v, want %v with %q", err, ir.ErrUnsupported, "example.Custom")
	}
}

func TestRefusesInvalidModels(t *testing.T) {
	m, _ := network()
	if err := exporter.WriteKeras(io.Discard, m); !errors.Is(err, ir.ErrMalformed) {
		t.Fatalf("error %v, want %v", err, ir.ErrMalformed)
	}
}

// Names of layers are unique, without the / of nested models; those of inputs and
// outputs stay.
func TestNames(t *testing.T) {
	m, add := network()
	a := add(&ir.Unary{Func: ir.Func{Name: "relu"}}, "head/act", 0)
	b := add(&ir.Unary{Func: ir.Func{Name: "tanh"}}, "head_act", a)
	add(&ir.Binary{Fn: "add"}, "", b, a)
	m.Outputs[0].Name = "head_act"
	again := exported(t, m)
	if again.Inputs[0].Name != "x" || again.Outputs[0].Name != "head_act" {
		t.Error(again.Inputs, again.Outputs)
	}
	names := map[string]bool{}
	for _, l := range again.Layers {
		if names[l.Name] || strings.Contains(l.Name, "/") {
			t.Errorf("layer %q", l.Name)
		}
		names[l.Name] = true
	}
}

// A model's outputs may be its inputs and constants.
func TestOutputsThatNothingComputes(t *testing.T) {
	m, _ := network()
	m.Outputs = []ir.Port{{Name: "same", Value: 0}, {Name: "fixed", Value: m.AddConst("c", ir.NewFloat32([]float32{1, 2}, 2))},
		{Name: "yes", Value: m.AddConst("b", ir.NewBool([]bool{true}, 1))}, {Name: "ints", Value: m.AddConst("i", ir.NewInt32([]int32{7}, 1))}}
	again := exported(t, m)
	got, err := run(again, []ir.Case{{Inputs: []*ir.Tensor{ir.NewFloat32([]float32{1, 2, 3, 4}, 1, 4)}}}, false)
	if err != nil {
		t.Fatal(err)
	}
	if v := got[0][0].Float32s(); v[3] != 4 {
		t.Error(v)
	}
	if v := got[0][1].Float32s(); v[1] != 2 {
		t.Error(v)
	}
	if got[0][2].Data[0] != 1 || got[0][3].Int64s()[0] != 7 {
		t.Error(got[0][2], got[0][3])
	}
}

func exported(t *testing.T, m *ir.Model) *ir.Model {
	t.Helper()
	var b bytes.Buffer
	if err := exporter.WriteKeras(&b, m); err != nil {
		t.Fatal(err)
	}
	again, err := importer.LoadBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// computesTheSame compares m with what is exported and imported again.
func computesTheSame(t *testing.T, m *ir.Model, cases ...ir.Case) {
	t.Helper()
	want, err := run(m, cases, false)
	if err != nil {
		t.Fatal(err)
	}
	got, err := run(exported(t, m), cases, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := same(got, want, m); err != nil {
		t.Error(err)
	}
}

func TestWriteFile(t *testing.T) {
	m, add := network()
	add(&ir.Unary{Func: ir.Func{Name: "relu"}}, "act", 0)
	dir := t.TempDir()
	for _, name := range []string{"a.keras", "a.h5", "a.HDF5"} {
		path := filepath.Join(dir, name)
		if err := exporter.WriteFile(path, m); err != nil {
			t.Fatal(err)
		}
		if _, err := importer.Load(path); err != nil {
			t.Error(err)
		}
	}
	if err := exporter.WriteFile(filepath.Join(dir, "a.kgo"), m); !errors.Is(err, ir.ErrUsage) {
		t.Errorf("an extension of no format: error %v, want one of usage", err)
	}
	if err := exporter.WriteFile(filepath.Join(dir, "a.h5"), m); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that exists: error %v, want fs.ErrExist", err)
	}
	add(&ir.Unary{Func: ir.Func{Name: "i0"}}, "bessel", 1)
	before, _ := os.ReadFile(filepath.Join(dir, "a.h5"))
	if err := exporter.WriteFile(filepath.Join(dir, "a.h5"), m, exporter.WithForce()); !errors.Is(err, ir.ErrUnsupported) {
		t.Errorf("an op that Keras 3 does not have: error %v, want ir.ErrUnsupported", err)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, "a.h5")); !bytes.Equal(before, after) {
		t.Error("a refused model has replaced a file")
	}
}

// Hyperparameters that Keras 3's activations do not have are kept: Keras 2's
// slope of hard_sigmoid within the gates' weights.
func TestHardSigmoidOfKeras2(t *testing.T) {
	m := &ir.Model{}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(3), ir.Known(2)}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	weight := func(shape ...int) ir.ValueID {
		n := 1
		for _, d := range shape {
			n *= d
		}
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(i%7)/5 - 0.6
		}
		return m.AddConst("w", ir.NewFloat32(v, shape...))
	}
	old := ir.Func{Name: "hard_sigmoid", A: 0.2, B: 0.5}
	tanh := ir.Func{Name: "tanh"}
	for name, op := range map[string]ir.Op{
		"lstm":       &ir.LSTM{Act: tanh, RecurrentAct: old},
		"gru":        &ir.GRU{Act: old, RecurrentAct: old},
		"gru_after":  &ir.GRU{Act: old, RecurrentAct: old, ResetAfter: true},
		"simple_rnn": &ir.SimpleRNN{Act: old},
	} {
		gates := map[string]int{"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[op.Kind()]
		bias := weight(3 * gates)
		if name == "gru_after" {
			bias = weight(2, 3*gates)
		}
		out, err := m.AddNode(op, ir.Origin{Layer: name, Class: op.Kind()}, x, weight(2, 3*gates), weight(3, 3*gates), bias)
		if err != nil {
			t.Fatal(err)
		}
		m.Outputs = append(m.Outputs, ir.Port{Name: name, Value: out[0]})
	}
	in := ir.Case{Inputs: []*ir.Tensor{ir.NewFloat32([]float32{1, -2, 3, 0.5, -0.25, 2}, 1, 3, 2)}}
	computesTheSame(t, m, in)
}

// A function without a name in Keras 3 that the state of an LSTM passes through,
// too, is a model within the layer.
func TestActivationWithoutName(t *testing.T) {
	m := &ir.Model{}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(3), ir.Known(2)}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	weight := func(shape ...int) ir.ValueID {
		return m.AddConst("w", ir.NewFloat32(make([]float32, shape[0]*shape[1]), shape...))
	}
	act := ir.Func{Name: "hard_sigmoid", A: 0.2, B: 0.5}
	out, err := m.AddNode(&ir.LSTM{Act: act, RecurrentAct: act}, ir.Origin{Layer: "lstm", Class: "LSTM"}, x, weight(2, 12), weight(3, 12))
	if err != nil {
		t.Fatal(err)
	}
	m.Outputs = []ir.Port{{Name: "lstm", Value: out[0]}}
	var b bytes.Buffer
	if err := exporter.WriteKeras(&b, m); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("config.json")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Config struct {
			Layers []struct {
				Config struct {
					Activation struct {
						Class string `json:"class_name"`
					} `json:"activation"`
					Recurrent string `json:"recurrent_activation"`
				} `json:"config"`
			} `json:"layers"`
		} `json:"config"`
	}
	if err := json.NewDecoder(f).Decode(&config); err != nil {
		t.Fatal(err)
	}
	if l := config.Config.Layers[1].Config; l.Activation.Class != "Functional" || l.Recurrent != "hard_sigmoid" {
		t.Error(l)
	}
}

// A layer that is called several times is one layer with one copy of its weights,
// and all outputs keep their names.
func TestSharedLayers(t *testing.T) {
	for _, name := range []string{"keras2/mask_shared.h5", "keras2/model_shared_layer.h5", "keras2/model_shared_chain.h5", "keras2/model_nested_shared.h5"} {
		m, err := importer.Load(suite.Path(t, name))
		if err != nil {
			t.Fatal(err)
		}
		again := exported(t, m)
		if got, want := params(again), params(m); got != want {
			t.Errorf("%s: %d parameters, want %d", name, got, want)
		}
		for i, p := range again.Outputs {
			if want := m.Outputs[i].Name; p.Name != want {
				t.Errorf("%s: output %q, want %q", name, p.Name, want)
			}
		}
	}
}

// Layers that only look alike stay apart, and so do those whose outputs have names
// of their own.
func TestSharesNoMoreThanOneLayer(t *testing.T) {
	m, add := network()
	zeros := func() ir.ValueID { return m.AddConst("w", ir.NewFloat32(make([]float32, 16), 4, 4)) }
	w := zeros()
	a, b := add(&ir.Dense{}, "same", 0, zeros()), add(&ir.Dense{}, "same", 0, zeros())
	c := add(&ir.Dense{}, "left", 0, w)
	d := add(&ir.Dense{}, "left", c, w)
	m.Outputs = []ir.Port{{Name: "sum", Value: add(&ir.Binary{Fn: "add"}, "sum", a, b)}, {Name: "left", Value: c}, {Name: "right", Value: d}}
	again := exported(t, m)
	if got := params(again); got != 4*16 {
		t.Errorf("%d parameters, want those of 4 layers", got)
	}
	for i, want := range []string{"sum", "left", "right"} {
		if again.Outputs[i].Name != want {
			t.Errorf("output %q, want %q", again.Outputs[i].Name, want)
		}
	}
}

// params is how many parameters the layers of m have.
func params(m *ir.Model) (n int64) {
	for _, l := range m.Layers {
		if l.Depth == 0 {
			n += l.Params
		}
	}
	return n
}

// text returns a model of one string input [batch, 3] and what adds to it.
func text() (m *ir.Model, add adder) {
	m, add = network()
	m.Values[0].Type = ir.Type{DType: ir.String, Shape: ir.Shape{ir.Sym("batch"), ir.Known(3)}}
	return m, add
}

// Keras drops its special token from the beginning of a vocabulary, and negative
// indices count from the end where the op says so.
func TestWords(t *testing.T) {
	m, add := text()
	words := m.AddConst("words", ir.NewString([]string{"[UNK]", "a", "b"}, 3))
	place := add(&ir.Lookup{First: 5, Missing: 4}, "lookup", 0, words)
	table := m.AddConst("table", ir.NewString([]string{"x", "[UNK]", "y", "x"}, 4))
	minus := m.AddConst("minus", ir.NewInt64([]int64{-8}))
	spelled := add(&ir.Gather{Wrap: true}, "spelled", table, add(&ir.Binary{Fn: "add"}, "minus", place, minus))
	isX := add(&ir.Binary{Fn: "eq"}, "is_x", spelled, m.AddConst("x", ir.NewString([]string{"x"})))
	either := add(&ir.Where{}, "either", isX, spelled, 0)
	m.Outputs = []ir.Port{{Name: "lookup", Value: place}, {Name: "spelled", Value: spelled}, {Name: "either", Value: either},
		{Name: "fixed", Value: m.AddConst("fixed", ir.NewString([]string{"", "π"}, 2))}}
	in := ir.Case{Inputs: []*ir.Tensor{ir.NewString([]string{"b", "[UNK]", "c", "a", "a", "b"}, 2, 3)}}
	computesTheSame(t, m, in)
}

func TestRefusesText(t *testing.T) {
	for name, build := range map[string]func(m *ir.Model, add adder){
		"tokens themselves": func(m *ir.Model, add adder) {
			add(&ir.Tokenize{Lower: true}, "tokens", 0)
		},
		"tokens in two vocabularies": func(m *ir.Model, add adder) {
			tokens := add(&ir.Tokenize{Lower: true}, "tokens", 0)
			a := add(&ir.Lookup{}, "a", tokens, m.AddConst("a", ir.NewString([]string{"a"}, 1)))
			b := add(&ir.Lookup{}, "b", tokens, m.AddConst("b", ir.NewString([]string{"b"}, 1)))
			add(&ir.Binary{Fn: "add"}, "both", a, b)
		},
		"tokens looked up with the empty one": func(m *ir.Model, add adder) {
			add(&ir.Lookup{}, "a", add(&ir.Tokenize{Lower: true}, "tokens", 0), m.AddConst("a", ir.NewString([]string{"a", ""}, 2)))
		},
		"a word twice": func(m *ir.Model, add adder) {
			add(&ir.Lookup{}, "a", 0, m.AddConst("a", ir.NewString([]string{"a", "a"}, 2)))
		},
		"no words": func(m *ir.Model, add adder) {
			add(&ir.Lookup{}, "a", 0, m.AddConst("a", ir.NewString(nil, 0)))
		},
		"no UTF-8": func(m *ir.Model, add adder) {
			add(&ir.Binary{Fn: "eq"}, "a", 0, m.AddConst("a", ir.NewString([]string{"\xff"}, 1)))
		},
	} {
		m, add := text()
		build(m, add)
		if err := exporter.WriteKeras(io.Discard, m); !errors.Is(err, ir.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What was not trained is not trained in the exported model.
func TestFrozenLayers(t *testing.T) {
	for _, name := range []string{"keras2/batch_normalization_frozen.h5", "keras2/model_frozen.h5", "keras2/model_nested_frozen.h5", "keras2/model_nested_all_frozen.h5", "keras2/seed_stacked.h5"} {
		m, err := importer.Load(suite.Path(t, name))
		if err != nil {
			t.Fatal(err)
		}
		again := exported(t, m)
		if got, want := params(again)-trainable(again), params(m)-trainable(m); got != want {
			t.Errorf("%s: %d parameters are frozen, want %d", name, got, want)
		}
	}
}

func trainable(m *ir.Model) (n int64) {
	for _, l := range m.Layers {
		if l.Depth == 0 {
			n += l.Trainable
		}
	}
	return n
}

// A file may declare less of a shape than the op says.
func TestBroadcastOfDeclaredShape(t *testing.T) {
	m, add := network()
	y := add(&ir.Broadcast{Dims: []ir.Extent{ir.Size(2), ir.DimOf(0, 0), ir.Size(4)}}, "wide", 0)
	m.Values[y].Type.Shape[0] = ir.Sym("copies")
	computesTheSame(t, m, ir.Case{Inputs: []*ir.Tensor{ir.NewFloat32([]float32{1, 2, 3, 4}, 1, 4)}})
}
