package runtime

import (
	"regexp"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// mostText bounds the bytes that a text may have where something is replaced, and
// those of all texts that are joined: texts that are joined with themselves, again
// and again, would grow without end.
const mostText = 1 << 26

func prepareText(_ *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Text)
	if op.Fn == "join" {
		return &executor{bind: func(b *binding) (step, error) { return joinTexts(b, op.With), nil }}, nil
	}
	var re *regexp.Regexp
	if op.Fn == "match" || op.Fn == "replace" {
		var err error
		if re, err = op.Expression(); err != nil {
			return nil, err
		}
	}
	switch op.Fn {
	case "length":
		return eachText(func(s string) (int32, error) { return textLength(s, op.Runes), nil }), nil
	case "match":
		return eachText(func(s string) (bool, error) { return re.MatchString(s), nil }), nil
	case "replace":
		template, err := op.Template(re.NumSubexp())
		if err != nil {
			return nil, err
		}
		return eachText(func(s string) (string, error) { return replaceText(re, op, template, s) }), nil
	case "substr":
		return eachText(func(s string) (string, error) { return partOfText(s, op.Start, op.Count) }), nil
	}
	change := map[string]func(string) string{
		"lower": func(s string) string { return changeLetters(s, 'A', 'Z') },
		"upper": func(s string) string { return changeLetters(s, 'a', 'z') },
		"strip": func(s string) string { return strings.Trim(s, " \t\n\v\f\r") },
	}[op.Fn]
	return eachText(func(s string) (string, error) { return change(s), nil }), nil
}

func eachText[T any](f func(s string) (T, error)) *executor {
	return &executor{bind: func(b *binding) (step, error) {
		in, out := slot[string](b.in[0]), slot[T](b.out[0])
		return func(e *exec) error {
			for i, s := range *in {
				if e.stopped() {
					return nil // the run says why
				}
				y, err := f(s)
				if err != nil {
					return err
				}
				(*out)[i] = y
			}
			return nil
		}, nil
	}}
}

func joinTexts(b *binding, separator string) step {
	out, in := slot[string](b.out[0]), make([]*[]string, len(b.in))
	for k := range in {
		in[k] = slot[string](b.in[k])
	}
	parts := make([]string, len(in))
	return func(e *exec) error {
		left := mostText
		for i := range *out {
			if e.stopped() {
				return nil // the run says why
			}
			for k := range in {
				parts[k] = (*in[k])[i]
				left -= len(parts[k]) + len(separator)
			}
			if left < 0 {
				return ir.Errorf(ir.ErrLimit, "%d texts that are joined take more than %d bytes", len(*out), mostText)
			}
			(*out)[i] = strings.Join(parts, separator)
		}
		return nil
	}
}

// textLength counts bytes, or those that begin a code point, as TensorFlow does.
func textLength(s string, runes bool) int32 {
	if !runes {
		return int32(len(s))
	}
	n := int32(0)
	for i := range len(s) {
		if s[i]&0xC0 != 0x80 {
			n++
		}
	}
	return n
}

// replaceText refuses what could make a text far larger: groups of matches that do
// not overlap are no longer, together, than the text.
func replaceText(re *regexp.Regexp, op *ir.Text, template, s string) (string, error) {
	if mulLimit(len(s)+1, len(op.With)+1) > mostText {
		return "", ir.Errorf(ir.ErrLimit, "a text of %d bytes may grow beyond %d where %q is put for %q", len(s), mostText, op.With, op.Pattern)
	}
	if !op.First {
		return re.ReplaceAllString(s, template), nil
	}
	at := re.FindStringSubmatchIndex(s)
	if at == nil {
		return s, nil
	}
	return string(append(re.ExpandString([]byte(s[:at[0]]), template, s, at), s[at[1]:]...)), nil
}

func partOfText(s string, start, count int) (string, error) {
	if start > len(s) || -start > len(s) {
		return "", ir.Errorf(ir.ErrUsage, "a part from %d on of a text of %d bytes", start, len(s))
	}
	if start < 0 {
		start += len(s)
	}
	return s[start:][:min(count, len(s)-start)], nil
}

// changeLetters turns the ASCII letters from lo to hi into those of the other case.
func changeLetters(s string, lo, hi byte) string {
	out := []byte(nil)
	for i := range len(s) {
		if s[i] >= lo && s[i] <= hi {
			if out == nil {
				out = []byte(s)
			}
			out[i] ^= 'a' - 'A'
		}
	}
	if out == nil {
		return s
	}
	return string(out)
}
