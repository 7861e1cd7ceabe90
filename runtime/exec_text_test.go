package runtime

import (
	"errors"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		op       ir.Text
		in, want string
	}{
		{ir.Text{Fn: "lower"}, "AZ Ä[", "az Ä["},
		{ir.Text{Fn: "upper"}, "az ä{", "AZ ä{"},
		{ir.Text{Fn: "strip"}, "\v a b\u00a0\n", "a b\u00a0"},
		{ir.Text{Fn: "substr", Start: -3, Count: 2}, "abcd", "bc"},
		{ir.Text{Fn: "replace", Pattern: `(a)(b)?`, With: `$1\2\1`}, "ab a", "$1ba $1a"},
		{ir.Text{Fn: "replace", Pattern: `\s+`, With: ` `, First: true}, "a  b  c", "a b  c"},
		{ir.Text{Fn: "join", With: "_"}, "a", "a"},
	} {
		got, _ := runStrings(t, compileText(t, &c.op), c.in)
		if got[0] != c.want {
			t.Errorf("%+v of %q: %q, want %q", c.op, c.in, got[0], c.want)
		}
	}
}

func TestTextErrors(t *testing.T) {
	for _, c := range []struct {
		op   ir.Text
		in   string
		want error
	}{
		{ir.Text{Fn: "substr", Start: 3, Count: 1}, "ab", ir.ErrUsage},
		{ir.Text{Fn: "substr", Start: -3, Count: 1}, "ab", ir.ErrUsage},
		{ir.Text{Fn: "replace", Pattern: "", With: strings.Repeat("x", 1<<12)}, strings.Repeat("a", 1<<20), ir.ErrLimit},
		{ir.Text{Fn: "join"}, strings.Repeat("a", mostText+1), ir.ErrLimit},
	} {
		if _, err := compileText(t, &c.op).Run(NewTensor([]string{c.in})); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.op.Fn, err, c.want)
		}
	}
	strs := ir.Type{DType: ir.String, Shape: ir.Dims(2)}
	for _, op := range []ir.Text{
		{Fn: "turn"}, {Fn: "replace", Pattern: "("}, {Fn: "replace", Pattern: "a", With: `\1`}, {Fn: "replace", Pattern: "(a)", With: `\`}, {Fn: "replace", Pattern: "(a)", With: `\x`},
		{Fn: "match", Pattern: strings.Repeat("a", 1<<13)}, {Fn: "substr", Count: -1},
	} {
		if _, err := op.Infer([]ir.Type{strs}); err == nil {
			t.Errorf("%+v is accepted", op)
		}
	}
	if _, err := (&ir.Text{Fn: "lower"}).Infer([]ir.Type{strs, strs}); err == nil {
		t.Error("two inputs are accepted")
	}
}
