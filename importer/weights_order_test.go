package importer

import (
	"strings"
	"testing"
)

// biases checks which of the file's arrays each bias got, in the
// order of the file.
func biases(t *testing.T, arch string, w *legacyWeights, want ...string) []string {
	t.Helper()
	m := mustImport(t, arch, "2.2.4", w)
	first := constOf(t, m, want[0]+"/bias")
	for i, name := range want {
		if got := constOf(t, m, name+"/bias"); got != first+float32(2*i) {
			t.Errorf("%s has array %v, want %v", name, got, first+float32(2*i))
		}
	}
	return m.Notes
}

func denses(names ...string) []string {
	var out []string
	for _, n := range names {
		out = append(out, `{"class_name": "Dense", "config": {"name": "`+n+`", "units": 3}}`, `{"class_name": "Dropout", "config": {"name": "dropout_`+n+`", "rate": 0.5}}`)
	}
	return out
}

func denseGroups(group string, names ...string) []string {
	var out []string
	for _, n := range names {
		g := group
		if g == "" {
			g = n
		}
		out = append(out, g+": "+n+"/kernel:0 3 3", g+": "+n+"/bias:0 3")
	}
	return out
}

// A notebook that makes the model again counts its layers on: the architecture of
// one run and the weights of another share names that mean other layers. Keras
// goes by the order.
func TestWeightsOfAnotherSession(t *testing.T) {
	for _, names := range [][]string{{"dense_2", "dense_3", "dense_4"}, {"dense_1", "dense_2", "dense_3"}, {"dense_7", "dense_9", "dense_8"}} {
		arch := seq(append([]string{in3}, denses("dense_2", "dense_3", "dense_4")...)...)
		notes := biases(t, arch, legacyOf(denseGroups("", names...)...), "dense_2", "dense_3", "dense_4")
		if told := strings.Contains(strings.Join(notes, "\n"), "by the order of the layers"); told == (names[0] == "dense_2") {
			t.Errorf("%v: notes %q", names, notes)
		}
	}
}

// The same within a nested model, and for a graph of TensorFlow 1 that had the
// names already.
func TestNestedWeightsOfAnotherSession(t *testing.T) {
	inner := seq(append([]string{in3}, denses("dense", "dense_1", "dense_2")...)...)
	for _, names := range [][]string{{"dense", "dense_1", "dense_2"}, {"dense_1", "dense_2", "dense_3"}, {"dense_1", "dense_1_1", "dense_2_1"}} {
		biases(t, seq(inner), legacyOf(denseGroups("s", names...)...), "s/dense", "s/dense_1", "s/dense_2")
		biases(t, seq(inner), legacyOf(denseGroups("s_4", names...)...), "s/dense", "s/dense_1", "s/dense_2")
	}
}

// What differs in more than names is matched by name, and what is left is told.
func TestWeightsOfAnotherModel(t *testing.T) {
	arch := seq(append([]string{in3}, denses("dense_1", "dense_2")...)...)
	_, err := importArch(arch, "2.2.4", legacyOf(denseGroups("", "dense_1", "dense_2", "dense_3")...))
	if err == nil || !strings.Contains(err.Error(), "dense_3/kernel:0") {
		t.Error(err)
	}
}

// numberedCells are the arrays of two cells whose session had one already.
func numberedCells(group string, prefixes ...string) (out []string) {
	for _, p := range prefixes {
		for _, n := range []string{"1", "2"} {
			out = append(out, group+": "+p+n+"/kernel:0 3 3", group+": "+p+n+"/recurrent_kernel:0 3 3", group+": "+p+n+"/bias:0 3")
		}
	}
	return out
}

// TensorFlow 1 names all cells' arrays after the layer and numbers them: kernel,
// kernel_1. What is left under the plain name may be the other direction's.
func TestStackedCellsOfTensorFlow1(t *testing.T) {
	cell := `{"class_name": "SimpleRNNCell", "config": {"units": 3}}`
	rnn := func(name string) string {
		return `{"class_name": "RNN", "config": {"name": "` + name + `", "return_sequences": true, "cell": {"class_name": "StackedRNNCells", "config": {"cells": [` + cell + `,` + cell + `]}}}}`
	}
	both := `{"class_name": "Bidirectional", "config": {"name": "b", "layer": ` + rnn("rnn") + `}}`
	lines := func(group string, prefixes ...string) (out []string) {
		for _, p := range prefixes {
			for _, n := range []string{"", "_1"} {
				out = append(out, group+": "+p+"/kernel"+n+":0 3 3", group+": "+p+"/recurrent_kernel"+n+":0 3 3", group+": "+p+"/bias"+n+":0 3")
			}
		}
		return out
	}
	for _, c := range []struct {
		arch string
		w    *legacyWeights
	}{
		{seq(in3, both), legacyOf(lines("b", "b/forward_rnn", "b/backward_rnn")...)},
		{seq(seq(in3, rnn("rnn"), rnn("rnn_1"))), legacyOf(lines("s", "rnn", "rnn_1")...)},
		{seq(in3, both), legacyOf(numberedCells("b", "b/forward_rnn/simple_rnn_cell_", "b/backward_rnn/simple_rnn_cell_")...)},
	} {
		m := mustImport(t, c.arch, "2.2.4", c.w)
		last := float32(0)
		for _, v := range m.Values {
			if v.Const == nil || !strings.HasSuffix(v.Name, "/bias") {
				continue
			}
			if got := v.Const.Float32s()[0]; last != 0 && got != last+3 {
				t.Errorf("%s has array %v, want %v", v.Name, got, last+3)
			}
			last = v.Const.Float32s()[0]
		}
	}
}
