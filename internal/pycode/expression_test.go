package pycode

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

type function struct {
	Source     string
	Expression string // "" when it must not be read
	Plain      bool
	Code       map[string]string // by the version of Python
}

// functions are made by scripts/pycode/make.py.
func functions(t testing.TB) (all []function) {
	b, err := os.ReadFile("testdata/functions.json")
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestExpression(t *testing.T) {
	for _, f := range functions(t) {
		if len(f.Code) < 9 {
			t.Errorf("%s: by %d Pythons", f.Source, len(f.Code))
		}
		for version, text := range f.Code {
			c, err := Decode(text)
			if err != nil {
				t.Errorf("%s of Python %s: %v", f.Source, version, err)
				continue
			}
			e, ok := c.Expression()
			switch {
			case ok != (f.Expression != ""):
				t.Errorf("%s of Python %s: %+v", f.Source, version, e)
			case ok && e.Text != f.Expression:
				t.Errorf("%s of Python %s: %s", f.Source, version, e.Text)
			case ok && e.Plain != f.Plain:
				t.Errorf("%s of Python %s: plain is %v", f.Source, version, e.Plain)
			}
		}
	}
}

// python35 is a function of x as Python 3.5 writes it, of which there is none to ask.
func python35(code ...byte) *Code {
	return &Code{layout: 2, Args: []string{"x"}, Names: []string{"K", "mean"}, code: code, locals: []string{"x"},
		consts: []any{nil, 255.0, int64(1), "axis", "epsilon", 1e-7}}
}

func TestExpressionOfPython35(t *testing.T) {
	for want, code := range map[string][]byte{
		"x / 255.0": {124, 0, 0, 100, 1, 0, 27, 83},
		"x[:, 1]":   {124, 0, 0, 100, 0, 0, 100, 0, 0, 133, 2, 0, 100, 2, 0, 102, 2, 0, 25, 83},
		"K.mean(x, 1, axis=1, epsilon=1e-07)": {
			116, 0, 0, 106, 1, 0, 124, 0, 0, 100, 2, 0, 100, 3, 0, 100, 2, 0, 100, 4, 0, 100, 5, 0, 131, 2, 2, 83},
		"x @ x": {124, 0, 0, 144, 0, 0, 124, 0, 0, 16, 83},
	} {
		if e, ok := python35(code...).Expression(); !ok || e.Text != want {
			t.Errorf("%s: %+v", want, e)
		}
	}
}

// python3x is a function of x of Python 3.11 to 3.13.
func python3x(code ...byte) *Code {
	return &Code{Args: []string{"x"}, code: code, locals: []string{"x"}, consts: []any{int64(1)}}
}

// TestExpressionRefused damages functions that can be read.
func TestExpressionRefused(t *testing.T) {
	for name, c := range map[string]*Code{
		"without end":               python35(124, 0, 0),
		"code after the end":        python35(124, 0, 0, 83, 124, 0, 0, 83),
		"two values at the end":     python35(124, 0, 0, 124, 0, 0, 83),
		"nothing at the end":        python35(83),
		"half an instruction":       python35(124, 0),
		"a constant too far":        python35(100, 9, 0, 83),
		"a variable too far":        python35(124, 9, 0, 83),
		"arguments without end":     python35(144, 0, 0, 144, 0, 0, 144, 0, 0, 144, 0, 0),
		"a keyword that is no name": python35(124, 0, 0, 100, 1, 0, 100, 1, 0, 131, 0, 1, 83),
		"a large call":              python35(124, 0, 0, 131, 0xff, 0xff, 83),
		"a slice by itself":         python35(100, 0, 0, 100, 0, 0, 133, 2, 0, 83),
		"a slice that is added to":  python35(124, 0, 0, 100, 0, 0, 100, 0, 0, 133, 2, 0, 100, 2, 0, 23, 25, 83),
		"an index of nothing":       python35(124, 0, 0, 102, 0, 0, 25, 83),
		"a jump":                    python35(124, 0, 0, 113, 6, 0, 83),
		"without a beginning":       python3x(124, 0, 83, 0),
		"Python 3.14":               python3x(128, 0, 82, 0, 94, 1, 44, 0, 0, 0, 35, 0),
		"a cache in use":            python3x(151, 0, 124, 0, 100, 0, 122, 0, 0, 1, 83, 0),
		"half a cache":              python3x(151, 0, 124, 0, 100, 0, 122, 0),
		"a lost null":               python3x(151, 0, 124, 0, 2, 0, 122, 0, 0, 0, 83, 0),
		"a swap of nothing":         python3x(151, 0, 99, 0, 124, 0, 83, 0),
		"a copy of nothing":         python3x(151, 0, 120, 0, 83, 0),
	} {
		if e, ok := c.Expression(); ok {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if _, ok := python3x(151, 0, 124, 0, 100, 0, 122, 0, 0, 0, 83, 0).Expression(); !ok {
		t.Error("what is not damaged is refused")
	}
	c := python35(124, 0, 0, 83)
	c.Args, c.locals = []string{"true"}, []string{"true"}
	if e, ok := c.Expression(); ok {
		t.Errorf("a variable that is a constant elsewhere: %+v", e)
	}
}

// TestExpressionBounds reads code that says much in few bytes.
func TestExpressionBounds(t *testing.T) {
	twice := []byte{4, 23}
	for name, code := range map[string][]byte{
		"doubled":     slices.Concat([]byte{124, 0, 0}, slices.Repeat(twice, 1000), []byte{83}),
		"deep":        slices.Concat([]byte{124, 0, 0}, slices.Repeat([]byte{11}, 1000), []byte{83}),
		"a long time": slices.Concat(slices.Repeat([]byte{9}, maxInstructions+1), []byte{124, 0, 0, 83}),
		"unpacked":    {124, 0, 0, 144, 0xff, 0xff, 92, 0xff, 0xff, 83},
		"wide":        slices.Concat(slices.Repeat([]byte{124, 0, 0}, 4000), []byte{102, 0xa0, 0x0f, 83}),
	} {
		if e, ok := python35(code...).Expression(); ok {
			t.Errorf("%s: %d characters", name, len(e.Text))
		}
	}
}

func FuzzExpression(f *testing.F) {
	for _, fn := range functions(f) {
		for _, text := range fn.Code {
			b, _ := base64.StdEncoding.DecodeString(text)
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse(b)
		if err != nil {
			return
		}
		if e, ok := c.Expression(); ok && len(e.Text) > maxText {
			t.Fatalf("%d characters", len(e.Text))
		}
	})
}

// Functions of models that are published.
func TestExpressionPublished(t *testing.T) {
	for want, text := range map[string]string{
		"tt[:, -1, :]": "4wEAAAAAAAAAAQAAAAUAAABTAAAAcxYAAAB8AGQAZACFAmQBZABkAIUCZgMZAFMAKQJO6f////+pACkB2gJ0dHICAAAAcgIAAAD6Sy9tbnQvMjY0NkJBRjQ0NkJBQzNCOS9SZXBvc2l0b3JpZXMvTlBQL3Nubl90b29sYm94L3NjcmlwdHMvcmVhbHRhc3RlL3J1bi5wedoIPGxhbWJkYT5rAAAA8wAAAAA=",
		"x ** 2 + x":   "4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHMMAAAAfABkARMAfAAXAFMAKQJO6QIAAACpACkB2gF4cgIAAAByAgAAAHpOL3Zhci9mb2xkZXJzL2d0L3NnM3Y4cmQxM2w1Mmp4OTFtZmJnemJmYzAwMDBnbi9UL2lweWtlcm5lbF8xNTU3MS8yMTc2NzAzOTE5LnB52gg8bGFtYmRhPggAAADzAAAAAA==",
		"x":            "4wEAAAAAAAAAAAAAAAEAAAABAAAAQwAAAHMEAAAAfABTACkBTqkAKQHaAXhyAQAAAHIBAAAA+h88aXB5dGhvbi1pbnB1dC0xMi02ZGI4ZTVhZTA2ZGE+2gg8bGFtYmRhPggAAADzAAAAAA==",
		`[[os.environ.get("FLAG", "not found")]]`: "4wEAAAAAAAAAAAAAAAEAAAAEAAAAQwAAAHMSAAAAdABqAaACZAFkAqECZwFnAVMAKQNO2gRGTEFH+glub3QgZm91bmQpA9oCb3PaB2Vudmlyb27aA2dldCkB2gF4qQByBwAAAPoQL3dvcmsvZXhwbG9pdC5wedoIPGxhbWJkYT4FAAAAcwIAAAASAA==",
	} {
		c, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := c.Expression(); !ok || e.Text != want {
			t.Errorf("%+v, want %s", e, want)
		}
	}
}
