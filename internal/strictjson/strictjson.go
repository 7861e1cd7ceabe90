// Package strictjson refuses the JSON that encoding/json reads loosely, and
// JSON that would take much memory to decode.
package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/kerasgo/kerasgo/ir"
)

// Options say what Check refuses beside invalid JSON, invalid UTF-8 and
// duplicate keys. Zero limits are none, but for MaxDepth.
type Options struct {
	MaxDepth   int               // nesting of arrays and objects
	MaxItems   int               // values in all
	MaxObjects int               // objects in all
	MaxMemory  int64             // bytes of the decoded tree, see Tree
	Key        func(string) bool // keys must satisfy it, unless nil
	Python     bool              // NaN, Infinity and -Infinity are numbers, as Python writes them
	Advice     string            // ends the error for a limit: how to raise it
}

// What a decoded tree of maps, slices and boxed values takes at most, beside
// the text of its strings.
const (
	objectMemory = 400
	memberMemory = 64 // of an object beyond its eighth
	arrayMemory  = 48
	valueMemory  = 40
)

// Sized are the options for JSON of at most n bytes whose decoded form shall
// take memory in proportion to n.
func Sized(n int64, depth int) Options {
	return Options{MaxDepth: depth, MaxItems: int(n / 32), MaxObjects: int(n / 256)}
}

// Check reports the first thing wrong with b, which must hold one JSON value.
func Check(b []byte, opt Options) error {
	s := scanner{b: b, opt: opt}
	_, err := s.document()
	return err
}

// Unmarshal checks b and decodes it into v; fields v does not have are errors.
func Unmarshal(b []byte, v any, opt Options) error {
	if err := Check(b, opt); err != nil {
		return err
	}
	return decode(b, v)
}

func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// SnakeCase admits lower-case ASCII keys only, so that no two keys are one to
// encoding/json, which ignores case.
func SnakeCase(key string) bool {
	for _, c := range []byte(key) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// scanner walks JSON once. It makes a tree only for Tree.
type scanner struct {
	b              []byte
	doc            string // b, of which the tree's strings are parts; empty without a tree
	i              int
	opt            Options
	items, objects int
	memory         int64
	keys           [][]byte // of the open objects, the innermost last
	open           []member // of the open objects and lists of a tree, the innermost last
}

// document steps over the one value that b must hold.
func (s *scanner) document() (any, error) {
	if !utf8.Valid(s.b) {
		return nil, ir.Errorf(ir.ErrMalformed, "JSON is not valid UTF-8")
	}
	v, err := s.value(0)
	if err != nil {
		return nil, err
	}
	if s.space(); s.i < len(s.b) {
		return nil, s.bad("data after the JSON value")
	}
	return v, nil
}

func (s *scanner) exceeded(format string, args ...any) error {
	return ir.Errorf(ir.ErrLimit, "%s", fmt.Sprintf(format, args...)+s.opt.Advice)
}

// take counts memory of the decoded tree.
func (s *scanner) take(n int64) error {
	if s.memory += n; s.opt.MaxMemory > 0 && s.memory > s.opt.MaxMemory {
		return s.exceeded("JSON that takes more than %d bytes when it is decoded", s.opt.MaxMemory)
	}
	return nil
}

func (s *scanner) bad(format string, args ...any) error {
	return ir.Errorf(ir.ErrMalformed, "%s (at byte %d of the JSON)", fmt.Sprintf(format, args...), s.i)
}

func (s *scanner) unexpected() error {
	if s.i >= len(s.b) {
		return s.bad("unexpected end of JSON")
	}
	return s.bad("unexpected character %q", s.b[s.i])
}

func (s *scanner) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\t' || s.b[s.i] == '\n' || s.b[s.i] == '\r') {
		s.i++
	}
}

// accept steps over c, after white space.
func (s *scanner) accept(c byte) bool {
	if s.space(); s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// value steps over a value and returns it if a tree is made.
func (s *scanner) value(depth int) (any, error) {
	if s.items++; s.opt.MaxItems > 0 && s.items > s.opt.MaxItems {
		return nil, s.exceeded("JSON of more than %d values", s.opt.MaxItems)
	}
	if err := s.take(valueMemory); err != nil {
		return nil, err
	}
	if s.space(); s.i >= len(s.b) {
		return nil, s.unexpected()
	}
	from := s.i
	switch c := s.b[from]; {
	case c == '{' || c == '[':
		if depth == s.opt.MaxDepth {
			return nil, s.exceeded("JSON is nested deeper than %d", s.opt.MaxDepth)
		}
		s.i++
		if c == '{' {
			return s.object(depth + 1)
		}
		return s.array(depth + 1)
	case c == '"':
		text, err := s.text()
		if err != nil || !s.makesTree() {
			return nil, err
		}
		return s.str(text, from), nil
	case s.word("true"):
		return true, nil
	case s.word("false"):
		return false, nil
	case s.word("null"):
		return nil, nil
	case s.opt.Python && s.word("NaN"):
		return math.NaN(), nil
	case s.opt.Python && s.word("Infinity"):
		return math.Inf(1), nil
	case s.opt.Python && s.word("-Infinity"):
		return math.Inf(-1), nil
	case c == '-' || c >= '0' && c <= '9':
		whole, err := s.number()
		if err != nil || !s.makesTree() {
			return nil, err
		}
		return number(s.doc[from:s.i], whole), nil
	}
	return nil, s.unexpected()
}

func (s *scanner) word(w string) bool {
	if s.b[s.i] != w[0] || !bytes.HasPrefix(s.b[s.i:], []byte(w)) {
		return false
	}
	s.i += len(w)
	return true
}

func (s *scanner) array(depth int) (any, error) {
	if err := s.take(arrayMemory); err != nil {
		return nil, err
	}
	first := len(s.open)
	var list []any
	if s.accept(']') {
		return s.closeList(list, first), nil
	}
	for {
		v, err := s.value(depth)
		if err != nil {
			return nil, err
		}
		if s.add("", v); len(s.open)-first >= maxOpen {
			list = s.closeList(list, first)
		}
		if s.accept(']') {
			return s.closeList(list, first), nil
		}
		if !s.accept(',') {
			return nil, s.unexpected()
		}
	}
}

func (s *scanner) object(depth int) (any, error) {
	if s.objects++; s.opt.MaxObjects > 0 && s.objects > s.opt.MaxObjects {
		return nil, s.exceeded("JSON of more than %d objects", s.opt.MaxObjects)
	}
	if err := s.take(objectMemory); err != nil {
		return nil, err
	}
	first, firstKey := len(s.open), len(s.keys)
	var members map[string]any
	if s.accept('}') {
		return s.closeObject(members, first), nil
	}
	for {
		if s.space(); s.i >= len(s.b) || s.b[s.i] != '"' {
			return nil, s.unexpected()
		}
		from := s.i
		key, err := s.text()
		if err != nil {
			return nil, err
		}
		if s.opt.Key != nil && !s.opt.Key(string(key)) {
			return nil, s.bad("key %q is not known", key)
		}
		s.keys = append(s.keys, key)
		if len(s.keys)-firstKey > 8 {
			if err := s.take(memberMemory); err != nil {
				return nil, err
			}
		}
		var name string
		if s.makesTree() {
			name = s.str(key, from)
		}
		if !s.accept(':') {
			return nil, s.unexpected()
		}
		v, err := s.value(depth)
		if err != nil {
			return nil, err
		}
		if s.add(name, v); len(s.open)-first >= maxOpen {
			members = s.closeObject(members, first)
		}
		if s.accept('}') {
			members = s.closeObject(members, first)
			if len(members) == len(s.keys)-firstKey {
				s.keys = s.keys[:firstKey]
				return members, nil
			}
			return nil, s.unique(firstKey)
		}
		if !s.accept(',') {
			return nil, s.unexpected()
		}
	}
}

// unique closes the object whose keys begin at first. Sorting in place takes no
// memory, of which a set would take several times the text.
func (s *scanner) unique(first int) error {
	own := s.keys[first:]
	slices.SortFunc(own, bytes.Compare)
	for i := 1; i < len(own); i++ {
		if bytes.Equal(own[i-1], own[i]) {
			return s.bad("key %.80q appears twice", own[i])
		}
	}
	s.keys = s.keys[:first]
	return nil
}

// text steps over a string and returns what it stands for.
func (s *scanner) text() ([]byte, error) {
	start, escaped := s.i, false
	for s.i++; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			if !escaped {
				return s.b[start+1 : s.i-1], nil
			}
			var out string
			if err := json.Unmarshal(s.b[start:s.i], &out); err != nil {
				return nil, s.bad("string: %v", err)
			}
			return []byte(out), nil
		case c == '\\':
			escaped = true
			s.i++ // what follows is checked by Unmarshal
		case c < ' ':
			return nil, s.unexpected()
		}
	}
	return nil, s.unexpected()
}

// number steps over a number and tells whether it is written as an integer.
func (s *scanner) number() (whole bool, err error) {
	whole = true
	s.skip('-', '-')
	if !s.skip('0', '0') && !s.digits() {
		return false, s.unexpected()
	}
	if s.skip('.', '.') {
		if whole = false; !s.digits() {
			return false, s.unexpected()
		}
	}
	if s.skip('e', 'E') {
		s.skip('+', '-')
		if whole = false; !s.digits() {
			return false, s.unexpected()
		}
	}
	return whole, nil
}

// skip steps over a character that is one of two.
func (s *scanner) skip(a, b byte) bool {
	if s.i < len(s.b) && (s.b[s.i] == a || s.b[s.i] == b) {
		s.i++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	from := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > from
}
