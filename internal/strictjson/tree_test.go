package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// reference is what encoding/json makes of b.
func reference(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return numbered(v), err
}

func numbered(v any) any {
	switch t := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(string(t), 10, 64); err == nil {
			return n
		}
		f, _ := strconv.ParseFloat(string(t), 64)
		return f
	case []any:
		for i := range t {
			t[i] = numbered(t[i])
		}
	case map[string]any:
		for k := range t {
			t[k] = numbered(t[k])
		}
	}
	return v
}

// many is an object and a list of n members each, more than may wait.
func many(n int) string {
	var members, list strings.Builder
	for i := range n {
		fmt.Fprintf(&members, `,"k%d":{"v":[%d]}`, i, i)
		fmt.Fprintf(&list, `,[%d,{"e":"\n%d"}]`, i, i)
	}
	return `{"o":{` + members.String()[1:] + `},"l":[` + list.String()[1:] + `]}`
}

var oddDocuments = []string{
	`null`, `true`, ` false `, `""`, `[]`, `{}`, `[[],{},[{}]]`, "\t{ \"a\" :\r\n[ ] }",
	`0`, `-0`, `-0.0`, `1e400`, `-1e400`, `1e-400`, `1E+2`, `9223372036854775807`, `-9223372036854775808`, `9223372036854775808`,
	`12345678901234567890123456789`, `0.1`, `1.0`, `3e0`,
	`"\"\\\/\b\f\n\r\t"`, `"\u0041\u00e9\ud83d\ude00"`, `"\ud800"`, `"\ud800\u0041"`, `"é😀"`, `"a\u0000b"`, `{"\u0061":"\u0062","b":"é\n"}`, `{"":""}`,
	strings.Repeat("[", 60) + strings.Repeat("]", 60), strings.Repeat(`{"a":`, 60) + `1` + strings.Repeat("}", 60),
	many(1), many(maxOpen - 1), many(maxOpen), many(maxOpen + 1), many(3*maxOpen + 5),
}

func TestTree(t *testing.T) {
	for _, doc := range oddDocuments {
		want, err := reference([]byte(doc))
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		got, _, err := Tree([]byte(doc), Options{MaxDepth: 64})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%.80s is %v, want %v, error %v", doc, got, want, err)
		}
	}
	got, _, err := Tree([]byte(`[NaN,Infinity,-Infinity]`), Options{MaxDepth: 1, Python: true})
	l, _ := got.([]any)
	if err != nil || len(l) != 3 || !math.IsNaN(l[0].(float64)) || l[1] != math.Inf(1) || l[2] != math.Inf(-1) {
		t.Error(got, err)
	}
	text := []byte(`["text"]`)
	if got, _, err = Tree(text, Options{MaxDepth: 1}); err != nil {
		t.Fatal(err)
	}
	if clear(text); !reflect.DeepEqual(got, []any{"text"}) {
		t.Errorf("the tree changes with the text: %v", got)
	}
}

// Tree refuses what Check refuses, with the same words.
func TestTreeErrors(t *testing.T) {
	big := strings.TrimSuffix(many(2*maxOpen), `]}`)
	for _, doc := range []string{
		``, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `[`, `[1`, `[1,`, `[1,]`, `{"a":1,}`, `{,}`, `{1:2}`, `[1 2]`, `[] []`, `{}x`, `"a`, `"\`, `"\x"`, `"\u12"`, "\"\n\"", "\"\xff\"",
		`01`, `1.`, `.5`, `-`, `+1`, `1e`, `1e+`, `--1`, `nul`, `True`, `NaN`, `-Infinity`, `-NaN`, `Infinit`,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"b":{"a":1,"a":2}}`, big + `],"o":1}`, strings.Replace(big+`]}`, `"k100"`, `"k1"`, 1), strings.Replace(big+`]}`, `"k9"`, `"k8"`, 1),
		`[[[[[]]]]]`, strings.Repeat("[", 1_000_000),
	} {
		for _, python := range []bool{false, true} {
			opt := Options{MaxDepth: 4, Python: python}
			want := Check([]byte(doc), opt)
			if _, _, err := Tree([]byte(doc), opt); fmt.Sprint(err) != fmt.Sprint(want) || want == nil && !python {
				t.Errorf("%.40q: %v, want %v", doc, err, want)
			}
		}
	}
}

// The estimate is above what a tree takes, and stops it.
func TestTreeMemory(t *testing.T) {
	used := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	repeat := func(open, e, end string, n int) string { return open + strings.Repeat(e+",", n) + e + end }
	var members strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&members, `"%d":1000,`, i)
	}
	for name, doc := range map[string]string{
		"numbers": repeat("[", "1000", "]", 100_000), "texts": repeat("[", `"a"`, "]", 100_000), "escapes": repeat("[", `"\n"`, "]", 100_000),
		"lists": repeat("[", "[[]]", "]", 50_000), "objects": repeat("[", `{"a":1000}`, "]", 50_000), "members": "{" + members.String() + `"":0}`,
	} {
		before := used()
		tree, memory, err := Tree([]byte(doc), Options{MaxDepth: 4})
		if err != nil {
			t.Fatal(name, err)
		}
		if took := int64(used()) - int64(before) - int64(len(doc)); took > memory {
			t.Errorf("%s: %d bytes, estimated %d", name, took, memory)
		}
		runtime.KeepAlive(tree)
		if _, _, err := Tree([]byte(doc), Options{MaxDepth: 4, MaxMemory: memory - 1}); !errors.Is(err, ir.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := Tree([]byte(doc), Options{MaxDepth: 4, MaxMemory: memory}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzTree compares with encoding/json, and its errors with Check's.
func FuzzTree(f *testing.F) {
	for _, doc := range oddDocuments {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		opt := Options{MaxDepth: 64}
		got, _, err := Tree(b, opt)
		if want := Check(b, opt); fmt.Sprint(err) != fmt.Sprint(want) {
			t.Fatalf("%q: %v, want %v", b, err, want)
		}
		if err != nil {
			return
		}
		if want, err := reference(b); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is %v, want %v, %v", b, got, want, err)
		}
	})
}
