// Package strictjson refuses the JSON that encoding/json reads loosely, and
// JSON that would take much memory to decode.
package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	MaxMemory  int64             // bytes of the decoded tree, see Memory
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
	_, err := Memory(b, opt)
	return err
}

// Memory is Check that also estimates, from above, the memory of b decoded into
// maps, slices and boxed values.
func Memory(b []byte, opt Options) (int64, error) {
	if !utf8.Valid(b) {
		return 0, ir.Errorf(ir.ErrMalformed, "JSON is not valid UTF-8")
	}
	s := scanner{b: b, opt: opt}
	if err := s.value(0); err != nil {
		return 0, err
	}
	if s.space(); s.i < len(b) {
		return 0, s.bad("data after the JSON value")
	}
	return s.memory, nil
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

// scanner walks JSON without building anything.
type scanner struct {
	b              []byte
	i              int
	opt            Options
	items, objects int
	memory         int64
	keys           [][]byte // of the open objects, the innermost last
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

func (s *scanner) value(depth int) error {
	if s.items++; s.opt.MaxItems > 0 && s.items > s.opt.MaxItems {
		return s.exceeded("JSON of more than %d values", s.opt.MaxItems)
	}
	if err := s.take(valueMemory); err != nil {
		return err
	}
	if s.space(); s.i >= len(s.b) {
		return s.unexpected()
	}
	switch c := s.b[s.i]; {
	case c == '{' || c == '[':
		if depth == s.opt.MaxDepth {
			return s.exceeded("JSON is nested deeper than %d", s.opt.MaxDepth)
		}
		s.i++
		if c == '{' {
			return s.object(depth + 1)
		}
		return s.array(depth + 1)
	case c == '"':
		_, err := s.text()
		return err
	case s.word("true", "false", "null"), s.opt.Python && s.word("NaN", "Infinity", "-Infinity"):
		return nil
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	return s.unexpected()
}

func (s *scanner) word(words ...string) bool {
	for _, w := range words {
		if bytes.HasPrefix(s.b[s.i:], []byte(w)) {
			s.i += len(w)
			return true
		}
	}
	return false
}

func (s *scanner) array(depth int) error {
	if err := s.take(arrayMemory); err != nil {
		return err
	}
	if s.accept(']') {
		return nil
	}
	for {
		if err := s.value(depth); err != nil {
			return err
		}
		if s.accept(']') {
			return nil
		}
		if !s.accept(',') {
			return s.unexpected()
		}
	}
}

func (s *scanner) object(depth int) error {
	if s.objects++; s.opt.MaxObjects > 0 && s.objects > s.opt.MaxObjects {
		return s.exceeded("JSON of more than %d objects", s.opt.MaxObjects)
	}
	if err := s.take(objectMemory); err != nil {
		return err
	}
	if s.accept('}') {
		return nil
	}
	first := len(s.keys)
	for {
		if s.space(); s.i >= len(s.b) || s.b[s.i] != '"' {
			return s.unexpected()
		}
		key, err := s.text()
		if err != nil {
			return err
		}
		if s.opt.Key != nil && !s.opt.Key(string(key)) {
			return s.bad("key %q is not known", key)
		}
		s.keys = append(s.keys, key)
		if len(s.keys)-first > 8 {
			if err := s.take(memberMemory); err != nil {
				return err
			}
		}
		if !s.accept(':') {
			return s.unexpected()
		}
		if err := s.value(depth); err != nil {
			return err
		}
		if s.accept('}') {
			return s.unique(first)
		}
		if !s.accept(',') {
			return s.unexpected()
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

func (s *scanner) number() error {
	digits := func() bool {
		from := s.i
		for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
			s.i++
		}
		return s.i > from
	}
	at := func(chars string) bool {
		if s.i < len(s.b) && bytes.IndexByte([]byte(chars), s.b[s.i]) >= 0 {
			s.i++
			return true
		}
		return false
	}
	at("-")
	if !at("0") && !digits() {
		return s.unexpected()
	}
	if at(".") && !digits() {
		return s.unexpected()
	}
	if at("eE") {
		at("+-")
		if !digits() {
			return s.unexpected()
		}
	}
	return nil
}
