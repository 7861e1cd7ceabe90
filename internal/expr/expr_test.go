package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// render writes the tree with every grouping shown.
func render(e Expr) string {
	many := func(items []Expr) string {
		var out []string
		for _, i := range items {
			out = append(out, render(i))
		}
		return strings.Join(out, ", ")
	}
	switch t := e.(type) {
	case nil:
		return ""
	case *Literal:
		return fmt.Sprintf("%#v", t.Value)
	case *Name:
		return t.Name
	case *Call:
		s := many(t.Args)
		for _, k := range t.Keywords {
			s += ", " + k.Name + "=" + render(k.Value)
		}
		return t.Func + "(" + s + ")"
	case *Operation:
		if len(t.Args) == 1 {
			return "(" + t.Op + render(t.Args[0]) + ")"
		}
		return "(" + render(t.Args[0]) + " " + t.Op + " " + render(t.Args[1]) + ")"
	case *Index:
		return render(t.X) + "[" + many(t.Items) + "]"
	case *Slice:
		return render(t.Start) + ":" + render(t.Stop) + ":" + render(t.Step)
	case *List:
		return "[" + many(t.Items) + "]"
	}
	return "?"
}

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"x / 255.0":                       "(x / 255)",
		"1 + 2 * x ** -2 ** 3":            "(1 + (2 * (x ** (-(2 ** 3)))))",
		"-x ** 2":                         "(-(x ** 2))",
		"a - b - c // d % e":              "((a - b) - ((c // d) % e))",
		"x[:, 0, ::2, newaxis, ..., -1]":  "x[::, 0, ::2, <nil>, expr.Ellipsis{}, (-1)]",
		"x[1:-1][0]":                      "x[1:(-1):][0]",
		"mean(x, axis=(1, 2), keep=True)": "mean(x, axis=[1, 2], keep=true)",
		"tf.nn.relu(x - 1e-3) > .5":       "(tf.nn.relu((x - 0.001)) > 0.5)",
		"x > 0 & y < 1":                   "", // as in Python, & binds tighter: 0 & y
		"(x > 0) & ~(y < 1)":              `((x > 0) & (~(y < 1)))`,
		"reshape(x, [-1, 4,])":            "reshape(x, [(-1), 4])",
		"x0, x1 @ x2":                     "[x0, (x1 @ x2)]",
		`cast(x, "float32")`:              `cast(x, "float32")`,
		"closure[0][1] * arguments['a']":  `(closure[0][1] * arguments["a"])`,
		"1_000":                           "1000",
		"()":                              "[]",
	} {
		e, err := Parse(in)
		if want == "" {
			if !errors.Is(err, ir.ErrUsage) {
				t.Errorf("%s: %v, want an error", in, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", in, err)
		} else if got := render(e); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestWalk(t *testing.T) {
	e, err := Parse("[a[b:c:d, e], -f(g, h=i + 1)]")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	Walk(e, func(e Expr) {
		if n, ok := e.(*Name); ok {
			names = append(names, n.Name)
		}
	})
	slices.Sort(names)
	if got := strings.Join(names, ""); got != "abcdegi" {
		t.Errorf("%s", got)
	}
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "unexpected end",
		"x +":                  "unexpected end",
		"x[":                   "unexpected end",
		"x[]":                  "index is empty",
		"f(a=1, 2)":            "without a name",
		"f(a=1, a=2)":          "twice",
		"1(2)":                 "only functions",
		"a < b < c":            "do not chain",
		"x $ y":                "character '$'",
		"'abc":                 "without end",
		`'a\n'`:                "escapes",
		"x y":                  "unexpected \"y\"",
		"a.":                   "behind the dot",
		"99999999999999999999": "out of range",
	} {
		if _, err := Parse(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
	for _, in := range []string{strings.Repeat("(", 100_000), strings.Repeat("-", 60_000) + "x", strings.Repeat("x+", 30_000) + "x", strings.Repeat("x[", 1000), strings.Repeat(" ", MaxBytes+1)} {
		if _, err := Parse(in); !errors.Is(err, ir.ErrLimit) {
			t.Errorf("%.10q…: %v, want a limit", in, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"x / 255.0", "x[:, 0, ::2, None]", "concat(x, y, axis=-1)", "-x ** 2 > (1, [2])", "a.b('c')"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s)
		if (e == nil) == (err == nil) {
			t.Fatalf("tree %v, error %v", e, err)
		}
		if err == nil {
			render(e)
		}
	})
}
