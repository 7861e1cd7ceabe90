package importer

import "github.com/kerasgo/kerasgo/ir"

// textOps are TensorFlow's functions of strings.
var textOps = []opRow{
	{name: "strings.lower", params: "x encoding", lower: changeText("lower"), note: "TensorFlow's, of ASCII letters"},
	{name: "strings.upper", params: "x encoding", lower: changeText("upper"), note: "TensorFlow's, of ASCII letters"},
	{name: "strings.strip", params: "x", lower: changeText("strip"), note: "TensorFlow's"},
	{name: "strings.length", params: "x unit", lower: opTextLength, note: "TensorFlow's"},
	{name: "strings.substr", params: "x pos len unit", lower: opSubstr, note: "TensorFlow's, of bytes"},
	{name: "strings.join", params: "inputs separator", lower: opJoinTexts, note: "TensorFlow's"},
	{name: "strings.regex_full_match", params: "x pattern", lower: opRegexFullMatch, note: "TensorFlow's"},
	{name: "strings.regex_replace", params: "x pattern rewrite replace_global", lower: opRegexReplace, note: "TensorFlow's"},
	{name: "strings.to_hash_bucket_fast", params: "x num_buckets", lower: opHashBucket, note: "TensorFlow's"},
	{name: "strings.to_hash_bucket_strong", params: "x num_buckets key", lower: opHashBucket, note: "TensorFlow's"},
}

func changeText(fn string) opFunc {
	return func(o *opCall) []Value {
		if o.text("encoding", "") != "" {
			o.bad("encoding", "none: letters beyond ASCII depend on TensorFlow's tables")
		}
		return outputs(o.Add(&ir.Text{Fn: fn}, o.tensor("x")))
	}
}

func opTextLength(o *opCall) []Value {
	unit := o.text("unit", "BYTE")
	if unit != "BYTE" && unit != "UTF8_CHAR" {
		o.bad("unit", "BYTE or UTF8_CHAR")
	}
	return outputs(o.Add(&ir.Text{Fn: "length", Runes: unit != "BYTE"}, o.tensor("x")))
}

func opSubstr(o *opCall) []Value {
	if o.text("unit", "BYTE") != "BYTE" {
		o.bad("unit", "BYTE")
	}
	return outputs(o.Add(&ir.Text{Fn: "substr", Start: o.whole("pos"), Count: o.size("len")}, o.tensor("x")))
}

// opJoinTexts repeats single texts to the shape of the others.
func opJoinTexts(o *opCall) []Value {
	in := o.tensors("inputs")
	var shape []dimension
	for _, x := range in {
		if o.Rank(x) > len(shape) {
			shape = o.dimensionsOf(x)
		}
	}
	for i, x := range in {
		if o.err == nil && o.Rank(x) == 0 && len(shape) > 0 {
			in[i] = o.broadcastTo("inputs", x, append([]dimension(nil), shape...))
		}
	}
	return outputs(o.Add(&ir.Text{Fn: "join", With: o.text("separator", "")}, in...))
}

func opRegexFullMatch(o *opCall) []Value {
	return outputs(o.Add(&ir.Text{Fn: "match", Pattern: o.text("pattern", "")}, o.tensor("x")))
}

func opRegexReplace(o *opCall) []Value {
	op := &ir.Text{Fn: "replace", Pattern: o.text("pattern", ""), With: o.text("rewrite", ""), First: !o.flag("replace_global", true)}
	return outputs(o.Add(op, o.tensor("x")))
}

func opHashBucket(o *opCall) []Value {
	op := &ir.Hash{Bins: int64(o.size("num_buckets"))}
	if o.given("key") {
		for _, n := range o.wholes("key", 2) {
			op.Key = append(op.Key, int64(n))
		}
	}
	return outputs(o.Add(op, o.tensor("x")))
}
