package exporter

import (
	"slices"
	"unicode/utf8"

	"github.com/kerasgo/kerasgo/ir"
)

// writeTokenize writes a TextVectorization, which looks its tokens up besides: its
// result is the tokens' places, 0 for the empty one, 1 for what is not in the
// vocabulary. What reads the tokens is written by these.
func writeTokenize(n *node) {
	op := n.Op.(*ir.Tokenize)
	words, ok := n.tokensVocabulary()
	if !ok {
		n.unsupported("its tokens are not looked up in one vocabulary, and Keras 3 has no layer that gives tokens themselves")
		return
	}
	if !n.vocabulary(words) {
		return
	}
	config := object{"vocabulary": words, "standardize": nil, "split": nil, "ngrams": nil, "output_mode": "int", "output_sequence_length": nil}
	switch {
	case op.Lower && op.Strip:
		config["standardize"] = "lower_and_strip_punctuation"
	case op.Lower:
		config["standardize"] = "lower"
	case op.Strip:
		config["standardize"] = "strip_punctuation"
	}
	if op.Split != "" {
		config["split"] = op.Split
	}
	if len(op.Ngrams) > 0 {
		config["ngrams"] = ints(op.Ngrams)
	}
	if op.Length > 0 {
		config["output_sequence_length"] = op.Length
	}
	typ := ir.Type{DType: ir.Int64, Shape: n.out().Shape}
	n.values[n.Outputs[0]] = n.layer("TextVectorization", config, ir.Float32, typ, n.tensor(0)).output(0)
}

// tokensVocabulary is the vocabulary that all readers of a Tokenize's result look it
// up in, or compare it with "".
func (n *node) tokensVocabulary() (words []string, ok bool) {
	tokens := n.Outputs[0]
	keys := ir.None
	for i := range n.m.Nodes {
		r := &n.m.Nodes[i]
		if !slices.Contains(r.Inputs, tokens) || !n.used[r.Outputs[0]] {
			continue
		}
		switch op := r.Op.(type) {
		case *ir.Lookup:
			if op.Strict || keys != ir.None && keys != r.Inputs[1] {
				return nil, false
			}
			keys = r.Inputs[1]
		case *ir.Binary:
			other := r.Inputs[0]
			if other == tokens {
				other = r.Inputs[1]
			}
			if empty := n.m.Const(other); empty == nil || !slices.Equal(empty.Strings, []string{""}) || len(empty.Shape) > len(n.out().Shape) {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	table := n.m.Const(keys)
	if table == nil || slices.ContainsFunc(n.m.Outputs, func(p ir.Port) bool { return p.Value == tokens }) {
		return nil, false
	}
	return table.Strings, !slices.Contains(table.Strings, "")
}

// vocabulary reports whether words can be one of Keras 3's, and refuses them
// otherwise.
func (n *node) vocabulary(words []string) bool {
	known := map[string]bool{}
	for _, w := range words {
		if known[w] || !utf8.ValidString(w) {
			n.unsupported("the word %q of its vocabulary is there twice or no UTF-8, which Keras 3 refuses", w)
			return false
		}
		known[w] = true
	}
	if len(words) == 0 {
		n.unsupported("Keras 3 has no lookup without a vocabulary")
	}
	return len(words) > 0
}

// otherToken is a token that is none of words: Keras drops its special token from
// the beginning of a vocabulary.
func otherToken(words []string) string {
	token := "[UNK]"
	for slices.Contains(words, token) {
		token = "[" + token + "]"
	}
	return token
}

// compareText compares strings with a constant, which is a vocabulary of one
// word: Keras 3's operations take no strings.
func (n *node) compareText(fn string) {
	for i := range 2 {
		word := n.m.Const(n.Inputs[i])
		if word == nil || word.Elems() != 1 || len(word.Shape) > len(n.out().Shape) {
			continue
		}
		x := n.tensor(1 - i)
		if x.typ.DType == ir.Int64 { // places of tokens
			n.set(n.like("numpy", map[string]string{"eq": "Equal", "ne": "NotEqual"}[fn], nil, x, scalar(0, ir.Int64)))
			return
		}
		if !n.vocabulary(word.Strings) {
			return
		}
		config := object{"vocabulary": word.Strings, "num_oov_indices": 1, "oov_token": otherToken(word.Strings), "mask_token": nil, "output_mode": "int"}
		typ := ir.Type{DType: ir.Int64, Shape: n.out().Shape}
		place := n.layer("StringLookup", config, ir.Int64, typ, x).output(0)
		n.set(n.like("numpy", map[string]string{"eq": "Greater", "ne": "LessEqual"}[fn], nil, place, scalar(0, ir.Int64)))
		return
	}
	n.unsupported("compares strings with strings, as no layer of Keras 3 does")
}

// spelled are the words at places, which index words; with wrap negative ones count
// from the end.
func (n *node) spelled(words []string, places ref, wrap bool) ref {
	var unique []string
	at, index := map[string]int64{}, make([]int64, len(words))
	for i, w := range words {
		if _, ok := at[w]; !ok {
			at[w] = int64(len(unique))
			unique = append(unique, w)
		}
		index[i] = at[w]
	}
	typ := ir.Type{DType: ir.String, Shape: places.typ.Shape}
	if !n.vocabulary(unique) {
		return ref{&layer{}, 0, typ}
	}
	if wrap || len(unique) < len(words) {
		table := n.argOf(ir.NewInt64(index, len(index)))
		places = n.op("numpy", "Take", ir.Type{DType: ir.Int64, Shape: typ.Shape}, object{"axis": 0}, table, places)
	}
	config := object{"vocabulary": unique, "num_oov_indices": 0, "oov_token": otherToken(unique), "mask_token": nil, "output_mode": "int", "invert": true}
	y := n.layer("StringLookup", config, ir.String, typ, places).output(0)
	// Keras takes the layer's result for int64 until it computes it.
	return n.op("core", "Cast", typ, object{"dtype": "string"}, y)
}

// symbolicText is symbolic for strings: the words of a StringLookup one after the
// other.
func (n *node) symbolicText(t *ir.Tensor) ref {
	places := make([]int64, len(t.Strings))
	for i := range places {
		places[i] = int64(i)
	}
	return n.spelled(t.Strings, n.symbolic(ir.NewInt64(places, t.Shape...)), false)
}
