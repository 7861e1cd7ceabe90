// Package strictjson refuses the JSON that encoding/json reads loosely.
package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// Options say what Check refuses beside invalid JSON, invalid UTF-8 and
// duplicate keys.
type Options struct {
	MaxDepth int               // nesting of arrays and objects
	Key      func(string) bool // keys must satisfy it, unless nil
}

// Check reports the first thing wrong with b, which must hold one JSON value.
func Check(b []byte, opt Options) error {
	if !utf8.Valid(b) {
		return fmt.Errorf("JSON is not valid UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	c := checker{d, opt}
	if err := c.value(0); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("%w (near byte %d)", err, d.InputOffset())
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("data after the JSON value (near byte %d)", d.InputOffset())
	}
	return nil
}

// Unmarshal checks b and decodes it into v; fields v does not have are errors.
func Unmarshal(b []byte, v any, opt Options) error {
	if err := Check(b, opt); err != nil {
		return err
	}
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

type checker struct {
	d   *json.Decoder
	opt Options
}

func (c checker) value(depth int) error {
	t, err := c.d.Token()
	if err != nil {
		return err
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth == c.opt.MaxDepth {
		return fmt.Errorf("JSON is nested deeper than %d", c.opt.MaxDepth)
	}
	if delim == '[' {
		for c.d.More() {
			if err := c.value(depth + 1); err != nil {
				return err
			}
		}
	} else {
		seen := map[string]bool{}
		for c.d.More() {
			t, err := c.d.Token()
			if err != nil {
				return err
			}
			key := t.(string)
			if seen[key] {
				return fmt.Errorf("key %q appears twice", key)
			}
			if c.opt.Key != nil && !c.opt.Key(key) {
				return fmt.Errorf("key %q is not known", key)
			}
			seen[key] = true
			if err := c.value(depth + 1); err != nil {
				return err
			}
		}
	}
	_, err = c.d.Token()
	return err
}
