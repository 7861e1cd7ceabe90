package importer

import (
	"fmt"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// lowerTextVectorization splits texts into tokens, padded with "", and looks
// them up. "" is the mask token, so padding becomes 0, or is not counted.
func lowerTextVectorization(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	if d := l.Type(x).DType; l.err == nil && d != ir.String {
		l.Fail(ir.ErrDType, "inputs", "are %v, want strings", d)
	}
	op := &ir.Tokenize{Tokens: l.tokensName(), Ngrams: l.ngrams()}
	switch s := l.named("standardize", "lower_and_strip_punctuation"); s {
	case "":
	case "lower_and_strip_punctuation":
		op.Lower, op.Strip = true, true
	case "lower":
		op.Lower = true
	case "strip_punctuation":
		op.Strip = true
	default:
		l.Unsupported("standardize", s)
	}
	op.Split = l.named("split", "whitespace")
	if !slices.Contains([]string{"", "whitespace", "character"}, op.Split) {
		l.Unsupported("split", op.Split)
	}
	if l.Bool("ragged", false) {
		l.Note("its output is ragged in Keras; here it is padded")
	}
	l.cfg.m["mask_token"], l.cfg.m["oov_token"] = "", "[UNK]"
	v := l.lookupArgs(true)
	if l.Has("output_sequence_length") {
		op.Length = l.PositiveInt("output_sequence_length")
	}
	l.Ignore("output_sequence_length")
	if l.err != nil {
		return nil
	}
	if op.Split != "" && l.Rank(x) > 1 {
		if l.Dim(x, -1) != ir.Known(1) {
			l.Fail(ir.ErrShape, "inputs", "have shape %v; a layer that splits texts wants one text in a row", l.Shape(x))
			return nil
		}
		x = l.Squeeze(x, -1)
	}
	if op.Split != "" || op.Lower || op.Strip || len(op.Ngrams) > 0 || op.Length > 0 {
		x = l.Add(op, x)
	}
	return one(l.encodeLookup(v, l.find(v, x)))
}

// named is an argument that is a name, or null for none; a serialized Python
// function is refused.
func (l *Layer) named(key, def string) string {
	v, given := l.cfg.m[key]
	l.Ignore(key)
	switch t := v.(type) {
	case string:
		return t
	case nil:
		if given {
			return ""
		}
		return def
	}
	l.Fail(ir.ErrUnsupported, key, "is a Python function; do its work before the model, or use one of Keras's names")
	return ""
}

// ngrams reads a list of widths, or n for all up to it.
func (l *Layer) ngrams() []int {
	v := l.Raw("ngrams")
	if v == nil {
		return nil
	}
	n, ok := asInt(v)
	if !ok {
		return l.Ints("ngrams", 0)
	}
	if n < 1 || n > 64 {
		l.badKey("ngrams", v, "1 to 64")
		return nil
	}
	var out []int
	for w := range n {
		out = append(out, w+1)
	}
	return out
}

// tokensName names the number of tokens, for each call of the layer another.
func (l *Layer) tokensName() string {
	name := symbolName(l.Name) + "_tokens"
	if l.checked || name != l.Name+"_tokens" { // called before; or the name may be another layer's too
		name = fmt.Sprintf("%s_%d", name, len(l.b.m.Nodes))
	}
	return name
}
