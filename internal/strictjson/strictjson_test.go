package strictjson

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	opt := Options{MaxDepth: 3, Key: SnakeCase}
	for in, want := range map[string]string{
		`{"a":[1,{"b":null}],"c":"x"}`: "",
		`7`:                            "",
		`{"a":1,"a":2}`:                `"a" appears twice`,
		`{"a":1,"\u0061":2}`:           `"a" appears twice`,
		`{"A":1}`:                      "not known",
		`{"ſ":1}`:                      "not known",
		`[[[[]]]]`:                     "nested deeper than 3",
		`{"a":NaN}`:                    "invalid character",
		`{"a":Infinity}`:               "invalid character",
		`{"a":1} {}`:                   "data after",
		`{"a":1`:                       "unexpected EOF",
		``:                             "unexpected EOF",
		`{"a":1]`:                      "invalid character",
		`{"a" 1}`:                      "invalid character",
		"\"\xff\"":                     "UTF-8",
	} {
		err := Check([]byte(in), opt)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", in, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func TestDeep(t *testing.T) {
	deep := strings.Repeat("[", 1_000_000)
	if err := Check([]byte(deep), Options{MaxDepth: 64}); err == nil {
		t.Error("accepted")
	}
}

func TestUnmarshal(t *testing.T) {
	var v struct {
		A int `json:"a"`
	}
	opt := Options{MaxDepth: 2}
	if err := Unmarshal([]byte(`{"a":3}`), &v, opt); err != nil || v.A != 3 {
		t.Error(v, err)
	}
	if err := Unmarshal([]byte(`{"b":3}`), &v, opt); err == nil {
		t.Error("unknown field accepted")
	}
}
