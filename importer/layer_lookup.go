package importer

import (
	"errors"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var lookupNeutral = anyKeys("vocabulary_size", "has_input_vocabulary", "encoding", "vocabulary_dtype", "max_values", "oov_value")

// vocabulary is the table of a look-up layer.
type vocabulary struct {
	strings  []string // one of the two
	ints     []int64
	oov      int     // indices for what is not in it
	masked   bool    // has a mask token
	mask     any     // it
	mode     string  // output_mode
	idf      []any   // as the configuration gives them
	special  bool    // the list began with the special tokens
	original int     // its length then
	oovToken any     // what an unknown index becomes
	maxSize  int     // of the encoded axis, 0 for the vocabulary's own
	oovHash  ir.Hash // for more than one oov index
	modulo   bool    // instead of oovHash
}

func (v *vocabulary) size() int { return len(v.strings) + len(v.ints) }

// start is the index of the first token.
func (v *vocabulary) start() int { return v.oovStart() + v.oov }

func (v *vocabulary) oovStart() int {
	if v.masked && v.mode == "int" {
		return 1
	}
	return 0
}

// lookupArgs reads a look-up layer's arguments and its vocabulary, which is in
// the configuration or, if the layer learnt it, in an asset.
func (l *Layer) lookupArgs(text bool) *vocabulary {
	v := &vocabulary{mode: l.outputMode("int"), oov: l.Int("num_oov_indices", 1), mask: l.Raw("mask_token"), oovToken: l.Raw("oov_token")}
	v.masked = v.mask != nil
	l.Ignore("max_tokens")
	if l.Bool("pad_to_max_tokens", false) {
		v.maxSize = l.PositiveInt("max_tokens")
	}
	if v.oov < 0 || v.oov > math.MaxInt32 {
		l.badKey("num_oov_indices", v.oov, "a number of indices")
		return v
	}
	v.idf = list(l.Raw("idf_weights"))
	v.oovHash.Bins, v.oovHash.Key = int64(max(v.oov, 1)), l.salt()
	l.Ignore("oov_method")
	v.modulo = !text && l.OneOf("oov_method", "floormod", "floormod", "farmhash") == "floormod"
	raw, ok := l.Raw("vocabulary").([]any)
	if o, isArray := l.Raw("vocabulary").(object); isArray { // Keras 2's arrays
		raw, ok = o["value"].([]any)
	}
	switch {
	case ok && len(raw) > 0:
	case str(l.Raw("vocabulary")) != "":
		l.Fail(ir.ErrUnsupported, "vocabulary", "is the path %q, outside of the model file, which is not opened; save the model with the vocabulary in it", str(l.Raw("vocabulary")))
	default:
		raw = l.vocabularyAsset(text)
	}
	if l.err != nil {
		return v
	}
	v.original = len(raw)
	raw = v.withoutSpecial(raw)
	for i, e := range raw {
		switch t := e.(type) {
		case string:
			v.strings = append(v.strings, t)
		case int64:
			v.ints = append(v.ints, t)
		default:
			l.Fail(ir.ErrMalformed, "vocabulary", "entry %d is %s", i, show(e))
			return v
		}
	}
	if text && len(v.ints) > 0 || !text && len(v.strings) > 0 {
		l.Fail(ir.ErrMalformed, "vocabulary", "holds values that are no %s", map[bool]string{true: "strings", false: "integers"}[text])
	}
	return v
}

// withoutSpecial drops the mask and oov tokens that a list may begin with.
func (v *vocabulary) withoutSpecial(raw []any) []any {
	if v.start() > len(raw) {
		return raw
	}
	for i := range v.start() {
		want := v.oovToken
		if i < v.oovStart() {
			want = v.mask
		}
		if show(raw[i]) != show(want) {
			return raw
		}
	}
	v.special = true
	return raw[v.start():]
}

// vocabularyAsset reads vocabulary.txt: a token a line, special ones first. The
// line of a token "" is empty. When it is the last one, Keras 2 keeps it and Keras 3
// loses it on loading.
func (l *Layer) vocabularyAsset(text bool) []any {
	b, err := l.Asset("vocabulary.txt")
	if errors.Is(err, fs.ErrNotExist) {
		b, err = l.Scope.Scope("lookup_layer", "_lookup_layer").Asset("vocabulary.txt")
	}
	if errors.Is(err, fs.ErrNotExist) {
		l.Fail(ir.ErrUnsupported, "vocabulary", "the vocabulary that the layer was adapted to is not in the file: HDF5 files cannot hold it; save the model as .keras, or give the layer its vocabulary as an argument")
		return nil
	}
	if err != nil {
		l.fail(err)
		return nil
	}
	lines := strings.Split(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n")
	for len(lines) > 0 && lines[len(lines)-1] == "" && (!text || l.Keras3()) {
		lines = lines[:len(lines)-1]
	}
	out := make([]any, len(lines))
	for i, s := range lines {
		out[i] = s
		if text {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
		if err != nil {
			l.Fail(ir.ErrMalformed, "vocabulary.txt", "line %d is %q, wants an integer", i+1, s)
			return nil
		}
		out[i] = n
	}
	return out
}

func lowerLookup(l *Layer, c *Call) []Value {
	text := l.Class == "StringLookup"
	x := c.Single(l).ID
	v := l.lookupArgs(text)
	if l.err != nil {
		return nil
	}
	if l.Bool("invert", false) {
		return one(l.inverseLookup(v, x))
	}
	key := ir.Int64
	if text {
		key = ir.String
	}
	if d := l.Type(x).DType; d != key && (text || !d.IsInt() && !d.IsFloat()) {
		l.Fail(ir.ErrDType, "inputs", "are %v, want %v", d, key)
		return nil
	}
	if !text {
		x = l.Cast(x, ir.Int64)
	}
	return one(l.encodeLookup(v, l.find(v, x)))
}

// find is the index of every element: the mask token's, an oov index, or the
// token's own.
func (l *Layer) find(v *vocabulary, x ir.ValueID) ir.ValueID {
	keys := l.Const("vocabulary", v.tensor)
	op := &ir.Lookup{First: int64(v.start()), Missing: -1}
	switch v.oov {
	case 0:
		op.Strict = true
	case 1:
		op.Missing = int64(v.oovStart())
	}
	masked := ir.None
	known := x
	if v.masked {
		masked = l.Binary("eq", x, l.token("mask_token", v.mask, l.Type(x).DType))
	}
	if op.Strict && v.masked { // the mask token is not in the vocabulary, but no error
		first := l.Const("first", func() *ir.Tensor {
			t := *v.tensor()
			t.Shape, t.Strings = []int{}, t.Strings[:min(1, len(t.Strings))]
			t.Data = t.Data[:min(8, len(t.Data))]
			return &t
		})
		known = l.Add(&ir.Where{}, masked, first, x)
	}
	ids := l.Add(op, known, keys)
	if v.oov > 1 {
		bucket := ir.None
		if v.modulo {
			bucket = l.Binary("mod", x, l.Scalar(float64(v.oov), ir.Int64))
		} else {
			bucket = l.Add(&v.oovHash, x)
		}
		bucket = l.Binary("add", bucket, l.Scalar(float64(v.oovStart()), ir.Int64))
		ids = l.Add(&ir.Where{}, l.Binary("eq", ids, l.Scalar(-1, ir.Int64)), bucket, ids)
	}
	if !v.masked {
		return ids
	}
	if v.mode == "int" {
		return l.Add(&ir.Where{}, masked, l.Scalar(0, ir.Int64), ids)
	}
	dropped := l.Const("dropped", func() *ir.Tensor { return ir.NewInt64([]int64{math.MaxInt64}) })
	return l.Add(&ir.Where{}, masked, dropped, ids)
}

func (v *vocabulary) tensor() *ir.Tensor {
	if v.ints != nil {
		return ir.NewInt64(v.ints, len(v.ints))
	}
	return ir.NewString(v.strings, len(v.strings))
}

// encodeLookup is what output_mode makes of indices. Keras 3 gives counts as
// int64 whatever the policy.
func (l *Layer) encodeLookup(v *vocabulary, ids ir.ValueID) ir.ValueID {
	if v.mode == "int" {
		return ids
	}
	depth := v.maxSize
	if depth == 0 {
		depth = v.start() + v.size()
	}
	dt := ir.Int64
	if !l.Keras3() {
		dt = ir.Float32
		if p := l.integerPolicy(dt); l.Class != "TextVectorization" && !(l.Class == "IntegerLookup" && p == ir.Int64) { // int64 is that of its keys
			dt = p
		}
	}
	if v.mode != "tf_idf" {
		return l.encode(ids, v.mode, depth, dt, ir.None)
	}
	counts := l.Cast(l.encode(ids, "count", depth, ir.Int64, ir.None), ir.Float32)
	return l.Binary("mul", counts, l.idfWeights(v, depth))
}

// idfWeights are stored, or made from the configuration's as set_vocabulary does:
// special tokens get the mean.
func (l *Layer) idfWeights(v *vocabulary, depth int) ir.ValueID {
	for _, w := range l.Stored() {
		if w.Name == "Variable" { // as tf.keras 2 names it in .h5 files
			return l.uncounted(l.Scope, w.Name, depth)
		}
	}
	if v.idf == nil || slices.ContainsFunc(l.Stored(), func(w StoredWeight) bool { return w.Name == "idf_weights" }) {
		scope := l.Scope
		if len(l.Stored()) == 0 && l.Class == "TextVectorization" {
			scope = l.Scope.Scope("lookup_layer", "_lookup_layer")
		}
		w := l.uncounted(scope, "idf_weights", depth)
		if !l.Keras3() && v.idf == nil { // the number of documents counts
			l.b.count(l, ir.NewInt64([]int64{0}), false)
		}
		for _, other := range l.Scope.Scope("lookup_layer", "_lookup_layer").w.stored() { // stored twice
			other.used = true
		}
		return w
	}
	given, shape, ok := numbers(v.idf)
	if !ok || len(shape) != 1 || len(given) != v.original {
		l.Fail(ir.ErrMalformed, "idf_weights", "has shape %v for a vocabulary of %d", shape, v.original)
		return ir.None
	}
	all := make([]float32, 0, depth)
	if !v.special {
		mean := 0.0
		for _, w := range v.idf {
			n, _ := asFloat(w)
			mean += n
		}
		mean /= float64(len(given))
		for range v.start() {
			all = append(all, float32(mean))
		}
	}
	all = append(all, given...)
	if len(all) > depth {
		l.Fail(ir.ErrMalformed, "idf_weights", "are %d for %d tokens", len(all), depth)
		return ir.None
	}
	all = append(all, make([]float32, depth-len(all))...)
	return l.Const("idf_weights", func() *ir.Tensor { return ir.NewFloat32(all, depth) })
}

// uncounted is a variable that Keras does not count among a layer's parameters.
func (l *Layer) uncounted(s *Scope, name string, dims ...int) ir.ValueID {
	return l.Const(name, func() *ir.Tensor {
		w, err := s.w.next(name, dims)
		if err != nil {
			l.fail(err)
			return nil
		}
		t, err := w.read()
		l.fail(err)
		return t
	})
}

// inverseLookup makes tokens of indices: the mask token of 0, the oov token of
// what is no token's index.
func (l *Layer) inverseLookup(v *vocabulary, x ir.ValueID) ir.ValueID {
	if d := l.Type(x).DType; !d.IsInt() {
		l.Fail(ir.ErrDType, "inputs", "are %v, want int64", d)
		return ir.None
	}
	x = l.Cast(x, ir.Int64)
	n := v.size()
	table := l.Const("inverse", func() *ir.Tensor {
		if v.ints != nil {
			other, ok := v.oovToken.(int64)
			if !ok {
				other = -1
			}
			return ir.NewInt64(append(slices.Clone(v.ints), other), n+1)
		}
		return ir.NewString(append(slices.Clone(v.strings), str(v.oovToken)), n+1)
	})
	at := l.Binary("sub", x, l.Scalar(float64(v.start()), ir.Int64))
	last := l.Scalar(float64(n), ir.Int64)
	inside := l.Binary("and", l.Binary("ge", at, l.Scalar(0, ir.Int64)), l.Binary("lt", at, last))
	y := l.Add(&ir.Gather{}, table, l.Add(&ir.Where{}, inside, at, last))
	if !v.masked {
		return y
	}
	mask := l.token("mask_token", v.mask, l.Type(y).DType)
	return l.Add(&ir.Where{}, l.Binary("eq", x, l.Scalar(0, ir.Int64)), mask, y)
}
