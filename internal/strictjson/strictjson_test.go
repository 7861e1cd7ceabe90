package strictjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kerasgo/kerasgo/ir"
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
		`{"a":NaN}`:                    "unexpected character",
		`{"a":Infinity}`:               "unexpected character",
		`{"a":1} {}`:                   "data after",
		`{"a":1`:                       "unexpected end",
		``:                             "unexpected end",
		`{"a":1]`:                      "unexpected character",
		`{"a" 1}`:                      "unexpected character",
		"\"\xff\"":                     "UTF-8",
		`[1,]`:                         "unexpected character",
		`{"a":1,}`:                     "unexpected character",
		`[01]`:                         "unexpected character",
		`[1.]`:                         "unexpected character",
		`[-]`:                          "unexpected character",
		`[1e]`:                         "unexpected character",
		`[-0.5e-7,1E+9,true,false]`:    "",
		`["\x"]`:                       "string",
		`["\u12"]`:                     "string",
		`["\"]`:                        "unexpected end",
		"[\"\n\"]":                     "unexpected character",
		`[nul]`:                        "unexpected character",
		`[1 2]`:                        "unexpected character",
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

func TestLimits(t *testing.T) {
	for in, opt := range map[string]Options{
		`[1,2,3]`:     {MaxDepth: 9, MaxItems: 3},
		`[{},{},{}]`:  {MaxDepth: 9, MaxObjects: 2},
		`{"a":[[1]]}`: {MaxDepth: 2},
	} {
		if err := Check([]byte(in), opt); !errors.Is(err, ir.ErrLimit) {
			t.Errorf("%s: %v", in, err)
		}
	}
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, `,"k%d":%d`, i, i)
	}
	many := "{" + b.String()[1:]
	if err := Check([]byte(many+"}"), Options{MaxDepth: 1}); err != nil {
		t.Error(err)
	}
	for _, k := range []int{0, 31, 32, 99} {
		if err := Check(fmt.Appendf(nil, `%s,"k%d":0}`, many, k), Options{MaxDepth: 1}); err == nil || !strings.Contains(err.Error(), "twice") {
			t.Errorf("k%d: %v", k, err)
		}
	}
}

// FuzzCheck compares with encoding/json.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,{"b":null}],"c":"x\u00e9\n"}`, `[true,false,""]`, `0`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		err := Check(b, Options{MaxDepth: 50})
		valid := json.Valid(b) && utf8.Valid(b)
		if err == nil && !valid {
			t.Fatalf("accepted %q", b)
		}
		if err != nil && valid && !strings.Contains(err.Error(), "twice") && !errors.Is(err, ir.ErrLimit) {
			t.Fatalf("refused %q: %v", b, err)
		}
	})
}

func TestWalk(t *testing.T) {
	var got []string
	err := Members([]byte(` { "a\u0062" : [ 1 , {"x":"]"} ] , "c":"d}" , "e": null } `), func(k string, v []byte) error {
		got = append(got, k+"="+string(v))
		return nil
	})
	if want := []string{`ab=[ 1 , {"x":"]"} ]`, `c="d}"`, `e=null`}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	list, err := List[[]int]([]byte(`[[1],[],[2,3]]`))
	if err != nil || fmt.Sprint(list) != "[[1] [] [2 3]]" {
		t.Error(list, err)
	}
	if list, err := List[int]([]byte(`null`)); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	if s, err := String([]byte(`"a\n"`)); err != nil || s != "a\n" {
		t.Error(s, err)
	}
	_, err1 := List[int]([]byte(`{}`))
	_, err2 := List[int]([]byte(`["x"]`))
	_, err3 := String([]byte(`1`))
	_, err4 := List[struct{}]([]byte(`[{"x":1}]`))
	_, err5 := List[struct{}]([]byte(`[{},0]`))
	_, err6 := List[struct{}]([]byte(`[null]`))
	for i, err := range []error{err1, err2, err3, err4, err5, err6, Members([]byte(`[]`), nil)} {
		if err == nil {
			t.Errorf("%d: no error", i)
		}
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
