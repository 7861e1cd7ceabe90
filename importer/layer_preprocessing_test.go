package importer

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

const text1 = `{"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 1], "dtype": "string"}}`

func lookupLayer(class, args string) string {
	return `{"class_name": "` + class + `", "config": {"name": "l", "trainable": true, ` + args + `}}`
}

// What a layer was adapted to, or a Python function it calls, may not be in the
// file; paths in it are never opened.
func TestPreprocessingRefused(t *testing.T) {
	for _, c := range []struct{ class, args, want string }{
		{"StringLookup", `"vocabulary": null`, "save the model as .keras"},
		{"StringLookup", `"vocabulary": "/etc/passwd"`, "which is not opened"},
		{"StringLookup", `"vocabulary": ["a", 1]`, "no strings"},
		{"StringLookup", `"vocabulary": ["a"], "output_mode": "tf_idf", "idf_weights": [1.0, 2.0]`, "vocabulary of 1"},
		{"StringLookup", `"vocabulary": ["a"], "num_oov_indices": -1`, "num_oov_indices"},
		{"StringLookup", `"vocabulary": ["a"], "output_mode": "hot"`, "one_hot"},
		{"TextVectorization", `"vocabulary": ["a"], "standardize": {"class_name": "function", "config": "f"}`, "Python function"},
		{"TextVectorization", `"vocabulary": ["a"], "split": {"class_name": "function", "config": "f"}`, "Python function"},
		{"TextVectorization", `"vocabulary": ["a"], "ngrams": 100000`, "ngrams"},
		{"Hashing", `"num_bins": 0`, "num_bins"},
		{"Hashing", `"num_bins": 3, "salt": "x"`, "salt"},
		{"HashedCrossing", `"num_bins": 3`, "wants 2 or more"},
	} {
		_, err := importArch(seq(text1, lookupLayer(c.class, c.args)), "3.9.0", pathsOf())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `layer "l"`) {
			t.Errorf("%s %s: got %v, want %q", c.class, c.args, err, c.want)
		}
	}
}

// vocabularyOf imports a look-up layer whose vocabulary is an asset.
func vocabularyOf(t *testing.T, class, args, asset string) (*ir.Model, error) {
	t.Helper()
	o := newOptions(nil)
	v, err := parseJSON([]byte(seq(text1, lookupLayer(class, args))), "arch", o.limits)
	if err != nil {
		t.Fatal(err)
	}
	a := &archive{name: "test", arch: v, version: "3.9.0", weights: pathsOf(), asset: func(name string) ([]byte, error) {
		if strings.HasSuffix(name, "/vocabulary.txt") {
			return []byte(asset), nil
		}
		return nil, fs.ErrNotExist
	}}
	return o.load(a, nil)
}

// keras#22119 and PR#21751: the first line of an asset is empty when the mask
// token is; empty lines at its end are none.
func TestVocabularyAsset(t *testing.T) {
	for _, c := range []struct {
		args, asset string
		want        []string
	}{
		{`"mask_token": null`, "[UNK]\ncat\ndog", []string{"cat", "dog"}},
		{`"mask_token": ""`, "\n[UNK]\ncat\ndog\n", []string{"cat", "dog"}},
		{`"mask_token": "", "oov_token": "?"`, "\r\n?\r\ncat\r\n", []string{"cat"}},
		{`"num_oov_indices": 0`, "cat\ndog", []string{"cat", "dog"}},
	} {
		m, err := vocabularyOf(t, "StringLookup", c.args+`, "vocabulary": null`+map[bool]string{true: "", false: `, "oov_token": "[UNK]"`}[strings.Contains(c.args, "oov_token")], c.asset)
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		var got []string
		for _, v := range m.Values {
			if v.Const != nil && strings.HasSuffix(v.Name, "/vocabulary") {
				got = v.Const.Strings
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.args, got, c.want)
		}
	}
	if _, err := vocabularyOf(t, "IntegerLookup", `"vocabulary": null`, "-1\nx"); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("a word among integers: %v", err)
	}
}

// A layer that is called twice has two numbers of tokens.
func TestTokensOfTwoCalls(t *testing.T) {
	arch := `{"class_name": "Functional", "config": {"name": "f", "layers": [
		{"class_name": "InputLayer", "name": "a", "config": {"name": "a", "batch_shape": [null, 1], "dtype": "string"}, "inbound_nodes": []},
		{"class_name": "InputLayer", "name": "b", "config": {"name": "b", "batch_shape": [null, 1], "dtype": "string"}, "inbound_nodes": []},
		{"class_name": "TextVectorization", "name": "l", "config": {"name": "l", "vocabulary": ["cat"]}, "inbound_nodes": [[["a", 0, 0, {}]], [["b", 0, 0, {}]]]}],
		"input_layers": [["a", 0, 0], ["b", 0, 0]], "output_layers": [["l", 0, 0], ["l", 1, 0]]}}`
	m := mustImport(t, arch, "2.9.0", nil)
	a, b := m.Type(m.Outputs[0].Value).Shape, m.Type(m.Outputs[1].Value).Shape
	if len(a) != 2 || len(b) != 2 || a[1] == b[1] {
		t.Errorf("shapes %v and %v", a, b)
	}
}
