package pycode

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxText bounds an expression; code that uses its variables again and again
// can say very much in few bytes.
const maxText = 4 << 10

// term is a piece of an expression. Its level tells what binds as tightly as its
// loosest operator.
type term struct {
	text     string
	level    level
	items    []term // of a tuple or list
	sequence sequence
}

type level uint8

const (
	loosest level = iota // a slice, which only an index may hold
	comparison
	bitOr
	bitXor
	bitAnd
	sum
	product
	unary
	power
	tightest
)

type sequence uint8

const (
	single sequence = iota
	tuple
	list
	null // what newer Pythons push beside a function
)

var levels = map[string]level{
	"<": comparison, "<=": comparison, ">": comparison, ">=": comparison, "==": comparison, "!=": comparison,
	"|": bitOr, "^": bitXor, "&": bitAnd, "+": sum, "-": sum,
	"*": product, "/": product, "//": product, "%": product, "@": product, "**": power,
}

// within is the text where operators looser than l need parentheses.
func (t term) within(l level) string {
	if t.level < l {
		return "(" + t.text + ")"
	}
	return t.text
}

func operation(op string, a, b term) term {
	l := levels[op]
	left, right := l, l+1
	switch l {
	case comparison:
		left++
	case power:
		left, right = tightest, unary
	}
	return term{text: a.within(left) + " " + op + " " + b.within(right), level: l}
}

func prefix(op string, a term) term {
	return term{text: op + a.within(unary), level: unary}
}

func name(s string) term { return term{text: s, level: tightest} }

// isName tells whether an expression can refer to a variable: some of Python's
// names are constants there.
func isName(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != "" && !slices.Contains([]string{"newaxis", "true", "false"}, s)
}

func attribute(of term, s string) term { return name(of.within(tightest) + "." + s) }

// joined is the terms with commas, in what opens and closes.
func joined(opening string, items []string, closing string) string {
	n := 0
	for _, i := range items {
		if n += len(i) + 2; n > maxText {
			return strings.Repeat(" ", maxText+1)
		}
	}
	return opening + strings.Join(items, ", ") + closing
}

func texts(items []term) []string {
	out := make([]string, len(items))
	for i, t := range items {
		out[i] = t.within(comparison)
	}
	return out
}

func sequenceOf(kind sequence, items []term) term {
	opening, closing := "[", "]"
	if kind == tuple {
		opening, closing = "(", ")"
		if len(items) == 1 {
			closing = ",)"
		}
	}
	return term{text: joined(opening, texts(items), closing), level: tightest, items: items, sequence: kind}
}

// index is of[key]; slices may only stand there.
func index(of, key term) (term, bool) {
	items := []term{key}
	if key.sequence == tuple {
		items = key.items
	}
	all := make([]string, len(items))
	for i, t := range items {
		all[i] = t.text
	}
	return name(joined(of.within(tightest)+"[", all, "]")), len(items) > 0
}

func slice(parts []term) term {
	var text strings.Builder
	for i, p := range parts {
		if i > 0 && (i < 2 || p.text != "None") {
			text.WriteByte(':')
		}
		if p.text != "None" {
			text.WriteString(p.within(comparison))
		}
	}
	return term{text: text.String()}
}

// call has the names of its last arguments.
func call(f term, args []term, names []string) term {
	all := texts(args)
	for i, n := range names {
		at := len(all) - len(names) + i
		all[at] = n + "=" + all[at]
	}
	return name(joined(f.within(tightest)+"(", all, ")"))
}

// constant writes what a code object holds as an expression, if there is one.
func constant(v any, old bool) (t term, ok bool) {
	switch c := v.(type) {
	case nil:
		return name("None"), true
	case bool:
		return name(map[bool]string{true: "True", false: "False"}[c]), true
	case ellipsisObject:
		return name("..."), true
	case int64:
		return number(strconv.FormatInt(c, 10)), c > math.MinInt64
	case float64:
		switch s := strconv.FormatFloat(c, 'g', -1, 64); {
		case math.IsNaN(c):
			return term{}, false
		case math.IsInf(c, 0):
			return number(strings.TrimSuffix(strings.Replace(s, "Inf", "1e999", 1), "+")), true
		case strings.ContainsAny(s, ".e"):
			return number(s), true
		default:
			return number(s + ".0"), true
		}
	case string:
		return quoted(c)
	case bytesObject:
		t, ok = quoted(string(c))
		return t, ok && old
	case []any:
		var items []term
		n := 0
		for _, e := range c {
			item, ok := constant(e, old)
			if n += len(item.text); !ok || n > maxText {
				return term{}, false
			}
			items = append(items, item)
		}
		return sequenceOf(tuple, items), true
	}
	return term{}, false
}

func number(s string) term {
	if strings.HasPrefix(s, "-") {
		return term{text: s, level: unary}
	}
	return name(strings.TrimPrefix(s, "+"))
}

// quoted has no escapes, for the language has none; nor characters that a shell
// or a terminal might take for something else.
func quoted(s string) (term, bool) {
	for _, r := range s {
		if r < ' ' || r > '~' || strings.ContainsRune(`'"\`, r) {
			return term{}, false
		}
	}
	return name(`"` + s + `"`), true
}
