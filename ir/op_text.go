package ir

import (
	"regexp"
	"slices"
	"strings"
)

// Text changes texts, or says something of each. Inputs: strings; one, or for the
// function "join" several of one shape. Output: of that shape, string, of "length"
// int32, of "match" bool.
//
// "lower" and "upper" change ASCII letters, "strip" drops ASCII spaces at both
// ends, "length" counts bytes or, with Runes, code points. "substr" takes at most
// Count bytes from Start on, which is from the end when negative and must be inside.
// "join" puts With between the texts of its inputs. Pattern is a regular expression
// as RE2 has them: "match" tells whether it matches the whole text, "replace" puts
// With, in which \1 is what the first group matched, for each match, or for the
// First one.
type Text struct {
	Fn      string `json:"fn"` // one of TextFuncs
	Runes   bool   `json:"runes,omitempty"`
	Start   int    `json:"start,omitempty"`
	Count   int    `json:"count,omitempty"`
	Pattern string `json:"pattern,omitempty"`
	With    string `json:"with,omitempty"`
	First   bool   `json:"first,omitempty"`
}

// TextFuncs are the functions of Text.
var TextFuncs = []string{"lower", "upper", "strip", "length", "substr", "join", "match", "replace"}

func (*Text) Kind() string { return "Text" }

// mostPattern bounds the bytes of a Pattern, and of With.
const mostPattern = 1 << 12

// Expression compiles Pattern.
func (o *Text) Expression() (*regexp.Regexp, error) {
	pattern := o.Pattern
	if o.Fn == "match" {
		pattern = `\A(?:` + pattern + `)\z`
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, Errorf(ErrUnsupported, "pattern %q: %v", o.Pattern, err)
	}
	return re, nil
}

// Template is With as package regexp writes it: ${1} is the first group.
func (o *Text) Template(groups int) (string, error) {
	var out strings.Builder
	for i := 0; i < len(o.With); i++ {
		c := o.With[i]
		switch {
		case c == '$':
			out.WriteString("$$")
		case c != '\\':
			out.WriteByte(c)
		default:
			if i++; i == len(o.With) || o.With[i] != '\\' && (o.With[i] < '0' || o.With[i] > '9' || int(o.With[i]-'0') > groups) {
				return "", Errorf(ErrMalformed, "replacement %q: a backslash stands before the number of one of %d groups, or another", o.With, groups)
			}
			if o.With[i] == '\\' {
				out.WriteByte('\\')
			} else {
				out.WriteString("${" + o.With[i:i+1] + "}")
			}
		}
	}
	return out.String(), nil
}

func (o *Text) Infer(in []Type) ([]Type, error) {
	if !slices.Contains(TextFuncs, o.Fn) {
		return nil, Errorf(ErrUnsupported, "function of texts %q is not known", o.Fn)
	}
	most := 1
	if o.Fn == "join" {
		most = max(1, len(in))
	}
	if err := arity(in, 1, most); err != nil {
		return nil, err
	}
	out := in[0].Shape
	for i, t := range in {
		if t.DType != String {
			return nil, Errorf(ErrDType, "input %d is %v, wants strings", i, t.DType)
		}
		if !t.Shape.CompatibleWith(out) {
			return nil, Errorf(ErrShape, "joins %v and %v", out, t.Shape)
		}
	}
	if max(len(o.Pattern), len(o.With)) > mostPattern {
		return nil, Errorf(ErrLimit, "a pattern of %d bytes for %d, the limit is %d", len(o.Pattern), len(o.With), mostPattern)
	}
	dt := String
	switch o.Fn {
	case "length":
		dt = Int32
	case "match":
		dt = Bool
	case "substr":
		if o.Count < 0 {
			return nil, Errorf(ErrMalformed, "takes %d bytes", o.Count)
		}
	}
	if o.Fn == "match" || o.Fn == "replace" {
		re, err := o.Expression()
		if err != nil {
			return nil, err
		}
		if _, err := o.Template(re.NumSubexp()); err != nil {
			return nil, err
		}
	}
	return one(dt, out), nil
}
