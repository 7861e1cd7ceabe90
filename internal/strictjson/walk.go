package strictjson

import (
	"bytes"
	"encoding/json"

	"github.com/kerasgo/kerasgo/ir"
)

// Members calls f for every member of the object b, which Check has accepted.
// Values are parts of b.
func Members(b []byte, f func(key string, value []byte) error) error {
	s := scanner{b: b, opt: Options{MaxDepth: len(b)}}
	if !s.accept('{') {
		return ir.Errorf(ir.ErrMalformed, "want an object, not %.20s", b)
	}
	for !s.accept('}') {
		s.accept(',')
		s.space()
		key, err := s.text()
		if err != nil {
			return err
		}
		s.accept(':')
		value, err := s.part()
		if err != nil {
			return err
		}
		if err := f(string(key), value); err != nil {
			return err
		}
	}
	return nil
}

// Elements calls f for every element of the array b, which Check has accepted.
// A null has none. Elements are parts of b.
func Elements(b []byte, f func(value []byte) error) error {
	s := scanner{b: b, opt: Options{MaxDepth: len(b)}}
	if s.space(); string(b[s.i:]) == "null" {
		return nil
	}
	if !s.accept('[') {
		return ir.Errorf(ir.ErrMalformed, "want a list, not %.20s", b)
	}
	for !s.accept(']') {
		s.accept(',')
		value, err := s.part()
		if err != nil {
			return err
		}
		if err := f(value); err != nil {
			return err
		}
	}
	return nil
}

// maxElement bounds an element of a List: encoding/json takes several times its
// length.
const maxElement = 1 << 20

// List decodes the array b, which Check has accepted, element by element:
// encoding/json would copy all of it first, and grow the slice many times.
func List[T any](b []byte) ([]T, error) {
	n, objects := 0, 0
	err := Elements(b, func(value []byte) error {
		n++
		switch {
		case value[0] == '{':
			objects++
		case value[0] == 'n':
			return ir.Errorf(ir.ErrMalformed, "a list holds null")
		}
		if len(value) > maxElement {
			return ir.Errorf(ir.ErrLimit, "element %d of a list has %d bytes, the limit is %d", n-1, len(value), maxElement)
		}
		return nil
	})
	if err == nil && objects > 0 && objects < n { // else a few bytes could stand for a large T
		err = ir.Errorf(ir.ErrMalformed, "a list holds objects and others")
	}
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, n)
	err = Elements(b, func(value []byte) error {
		var v T
		out = append(out, v)
		if s, ok := any(&out[len(out)-1]).(*string); ok { // a decoder takes a kilobyte
			var err error
			*s, err = String(value)
			return err
		}
		return decode(value, &out[len(out)-1])
	})
	return out, err
}

// String decodes the string b.
func String(b []byte) (string, error) {
	if len(b) == 0 || b[0] != '"' {
		return "", ir.Errorf(ir.ErrMalformed, "want a string, not %.20s", b)
	}
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b[1 : len(b)-1]), nil
	}
	var out string
	err := json.Unmarshal(b, &out)
	return out, err
}

// part steps over a value and returns its text.
func (s *scanner) part() ([]byte, error) {
	s.space()
	from := s.i
	_, err := s.value(0)
	return s.b[from:s.i], err
}
