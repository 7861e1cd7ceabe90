// Package pycode reads the marshalled code object of a Python function, as Keras
// stores that of a Lambda layer, far enough to tell a user what is in it: the
// names of its arguments, of what it refers to, its constants, and of a function
// that only returns an expression, the expression. It never runs it.
package pycode

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kerasgo/kerasgo/ir"
)

// Code is what is told of a function.
type Code struct {
	Python string   // the versions that write such code: "2.7", "3.8 to 3.10", …
	Name   string   // "<lambda>" or the function's name
	Args   []string // its arguments
	Names  []string // globals and attributes it refers to
	Free   []string // variables of its closure, in the order of the closure
	Consts []any    // nil, bool, int64, float64, string, []any

	layout int
	flags  int
	named  int // of the arguments, those that can only be given by name
	code   []byte
	consts []any    // as they are read
	locals []string // all local variables; since 3.11 those of the closure too
	cells  bool     // some variables are shared with functions within it
	tries  bool     // it has handlers of exceptions
}

// The limits of a code object.
const (
	maxBytes = 1 << 20
	maxDepth = 64
	maxItems = 1 << 16
)

// Decode reads a code object from the text that Keras stores: base64, or the
// bytes as characters.
func Decode(text string) (*Code, error) {
	if len(text) > 2*maxBytes {
		return nil, ir.Errorf(ir.ErrLimit, "code of %d bytes", len(text))
	}
	if b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
		if c, err := Parse(b); err == nil {
			return c, nil
		}
	}
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 255 {
			return nil, notCode()
		}
		raw = append(raw, byte(r))
	}
	return Parse(raw)
}

func notCode() error {
	return ir.Errorf(ir.ErrUnsupported, "is no marshalled Python code that is known")
}

// layouts are the headers of code objects: how many numbers come first, and
// whether the names of local variables are one list with their kinds.
var layouts = []struct {
	python  string
	numbers int
	kinds   bool
	old     bool // Python 2: strings are bytes
}{
	{"3.11 or later", 5, true, false},
	{"3.8 to 3.10", 6, false, false},
	{"3.0 to 3.7", 5, false, false},
	{"2.7", 4, false, true},
}

// Parse reads a marshalled code object of Python 2.7 or 3.
func Parse(b []byte) (*Code, error) {
	if len(b) > maxBytes {
		return nil, ir.Errorf(ir.ErrLimit, "code of %d bytes", len(b))
	}
	for i := range layouts {
		r := &reader{b: b, layout: i}
		v := r.value(0)
		if c, ok := v.(*Code); ok && !r.bad && r.pos == len(b) {
			return c, nil
		}
	}
	return nil, notCode()
}

type reader struct {
	b      []byte
	pos    int
	layout int
	refs   []any
	texts  []any // Python 2's interned strings
	items  int
	bad    bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b)-r.pos {
		r.bad = true
		return nil
	}
	r.pos += n
	return r.b[r.pos-n : r.pos]
}

func (r *reader) int32() int {
	if b := r.take(4); b != nil {
		return int(int32(binary.LittleEndian.Uint32(b)))
	}
	return 0
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// Objects that no type of Go tells.
type (
	bytesObject    string // bytes, or Python 2's str; text is told by use
	ellipsisObject struct{}
	otherObject    string // what it is
	collection     []any  // of another kind than a tuple
)

// value reads one object.
func (r *reader) value(depth int) any {
	r.items++
	if r.items > maxItems || depth > maxDepth {
		r.bad = true
	}
	if r.bad {
		return nil
	}
	code := r.byte()
	ref := -1
	if code&0x80 != 0 && !layouts[r.layout].old {
		ref = len(r.refs)
		r.refs = append(r.refs, nil)
	}
	v := r.object(code&0x7f, depth)
	if ref >= 0 && !r.bad {
		r.refs[ref] = v
	}
	return v
}

func (r *reader) object(code byte, depth int) any {
	switch code {
	case 'N':
		return nil
	case 'T', 'F':
		return code == 'T'
	case '.':
		return ellipsisObject{}
	case 'i':
		return int64(r.int32())
	case 'I':
		if b := r.take(8); b != nil {
			return int64(binary.LittleEndian.Uint64(b))
		}
	case 'l':
		return r.long()
	case 'g':
		if b := r.take(8); b != nil {
			return math.Float64frombits(binary.LittleEndian.Uint64(b))
		}
	case 'f':
		f, err := strconv.ParseFloat(string(r.take(int(r.byte()))), 64)
		r.bad = r.bad || err != nil
		return f
	case 'y':
		r.take(16)
		return otherObject("a complex number")
	case 's':
		return bytesObject(r.take(r.int32()))
	case 't':
		v := bytesObject(r.take(r.int32()))
		if layouts[r.layout].old {
			r.texts = append(r.texts, v)
			return v
		}
		return r.text([]byte(v))
	case 'R':
		if i := r.int32(); i >= 0 && i < len(r.texts) {
			return r.texts[i]
		}
		r.bad = true
	case 'u', 'a', 'A':
		return r.text(r.take(r.int32()))
	case 'z', 'Z':
		return r.text(r.take(int(r.byte())))
	case 'r':
		if i := r.int32(); i >= 0 && i < len(r.refs) {
			return r.refs[i]
		}
		r.bad = true
	case '(':
		return r.list(r.int32(), depth)
	case ')':
		return r.list(int(r.byte()), depth)
	case '[', '<', '>':
		return collection(r.list(r.int32(), depth))
	case ':': // slice
		return collection(r.list(3, depth))
	case 'c':
		return r.code(depth)
	default:
		r.bad = true
	}
	return nil
}

func (r *reader) text(b []byte) any {
	if !utf8.Valid(b) {
		return strconv.QuoteToASCII(string(b))
	}
	return string(b)
}

// long has 15 bits a digit; what does not fit is told as such.
func (r *reader) long() any {
	n := r.int32()
	negative := n < 0
	if negative {
		n = -n
	}
	if n < 0 || n > maxItems {
		r.bad = true
		return nil
	}
	v, fits := int64(0), n <= 4
	for i := range n {
		b := r.take(2)
		if b != nil && fits {
			v |= int64(binary.LittleEndian.Uint16(b)) << (15 * i)
		}
	}
	switch {
	case !fits:
		return otherObject("a large integer")
	case negative:
		return -v
	}
	return v
}

func (r *reader) list(n, depth int) []any {
	if n < 0 || n > len(r.b)-r.pos {
		r.bad = true
		return nil
	}
	out := make([]any, 0, n)
	for range n {
		out = append(out, r.value(depth+1))
		if r.bad {
			return nil
		}
	}
	return out
}

// code reads a code object. Its kinds of local variables (3.11) are bits: 0x20
// local, 0x40 cell, 0x80 free.
func (r *reader) code(depth int) any {
	l := layouts[r.layout]
	numbers := make([]int, l.numbers)
	for i := range numbers {
		numbers[i] = r.int32()
	}
	c := &Code{Python: l.python, layout: r.layout, flags: numbers[l.numbers-1]}
	code, ok := r.value(depth + 1).(bytesObject)
	c.code = []byte(code)
	r.bad = r.bad || !ok
	c.consts, _ = r.value(depth + 1).([]any)
	for _, v := range c.consts {
		c.Consts = append(c.Consts, r.plain(v))
	}
	c.Names = r.names(depth)
	if l.kinds || l.numbers == 6 {
		c.named = numbers[2]
	} else if !l.old {
		c.named = numbers[1]
	}
	args := numbers[0] + c.named
	c.locals = r.names(depth)
	if args < 0 || args > len(c.locals) {
		r.bad = true
		return nil
	}
	c.Args = c.locals[:args]
	if l.kinds {
		kinds, _ := r.value(depth + 1).(bytesObject)
		for i, name := range c.locals {
			if i < len(kinds) && kinds[i]&0x80 != 0 {
				c.Free = append(c.Free, name)
			}
			c.cells = c.cells || i < len(kinds) && kinds[i]&0x40 != 0
		}
	} else {
		c.Free = r.names(depth)
		c.cells = len(r.names(depth)) > 0
	}
	r.value(depth + 1) // file
	c.Name = asText(r.value(depth + 1))
	if l.kinds {
		r.value(depth + 1) // qualified name
	}
	r.int32()                                // first line
	_, ok = r.value(depth + 1).(bytesObject) // line numbers
	if l.kinds {
		c.tries = r.value(depth+1) != bytesObject("")
	}
	if !ok || c.Name == "" {
		r.bad = true
	}
	return c
}

// names reads a tuple of strings.
func (r *reader) names(depth int) []string {
	list, ok := r.value(depth + 1).([]any)
	if !ok {
		r.bad = true
	}
	out := make([]string, 0, len(list))
	for _, v := range list {
		s := asText(v)
		if s == "" {
			r.bad = true
		}
		out = append(out, s)
	}
	return out
}

func asText(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case bytesObject:
		return string(t)
	}
	return ""
}

// plain is a constant as it is told. References make it possible that a short
// text holds very much.
func (r *reader) plain(v any) any {
	if r.items++; r.items > maxItems {
		r.bad = true
		return nil
	}
	switch t := v.(type) {
	case bytesObject:
		return string(t)
	case otherObject:
		return string(t)
	case ellipsisObject:
		return "..."
	case *Code:
		return "the function " + t.Name
	case collection:
		return r.plain([]any(t))
	case []any:
		out := make([]any, 0, len(t))
		for _, e := range t {
			if r.bad {
				return nil
			}
			out = append(out, r.plain(e))
		}
		return out
	}
	return v
}
