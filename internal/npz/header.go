package npz

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 1 << 16
	maxRank   = 32
	align     = 64 // of the data in what is written, as numpy's
)

// Header is what an .npy says of its array.
type Header struct {
	Descr   string // numpy's type string: "<f4", "|b1", "<U7", "|O"
	Fortran bool   // the first axis varies fastest
	Shape   []int
}

// readHeader reads a header; n is its bytes, magic included.
func readHeader(r io.Reader) (h Header, n int64, err error) {
	b := make([]byte, 12)
	if _, err := io.ReadFull(r, b[:10]); err != nil {
		return h, 0, short("header", err)
	}
	if string(b[:6]) != magic {
		return h, 0, ir.Errorf(ir.ErrMalformed, "not an .npy: it begins with %q", b[:6])
	}
	size, n := int64(binary.LittleEndian.Uint16(b[8:])), int64(10)
	switch b[6] {
	case 1:
	case 2, 3:
		if _, err := io.ReadFull(r, b[10:]); err != nil {
			return h, 0, short("header", err)
		}
		size, n = int64(binary.LittleEndian.Uint32(b[8:])), 12
	default:
		return h, 0, ir.Errorf(ir.ErrVersion, ".npy format %d.%d; formats 1 to 3 are supported", b[6], b[7])
	}
	if size > maxHeader {
		return h, 0, ir.Errorf(ir.ErrLimit, ".npy header of %d bytes, the limit is %d", size, maxHeader)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, 0, short("header", err)
	}
	h, err = parseHeader(string(text))
	return h, n + size, err
}

// parseHeader reads the Python dict that describes the array.
func parseHeader(text string) (Header, error) {
	p := &literal{rest: text}
	var h Header
	seen := map[string]bool{}
	p.expect("{")
	for p.err == nil && !p.accept("}") {
		key := p.string()
		if seen[key] {
			p.fail("key %q appears twice", key)
		}
		seen[key] = true
		p.expect(":")
		switch key {
		case "descr":
			if p.peek("[") {
				return h, ir.Errorf(ir.ErrUnsupported, "structured arrays are not supported")
			}
			h.Descr = p.string()
		case "fortran_order":
			h.Fortran = p.bool()
		case "shape":
			h.Shape = p.tuple()
		default:
			p.fail("key %q is not known", key)
		}
		if !p.accept(",") {
			p.expect("}")
			break
		}
	}
	if p.err == nil && strings.TrimSpace(p.rest) != "" {
		p.fail("text after the dict")
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("want descr, fortran_order and shape")
	}
	return h, p.err
}

// literal parses the few forms of Python literals that headers hold. After an
// error it does nothing.
type literal struct {
	rest string
	err  error
}

func (p *literal) fail(format string, args ...any) {
	if p.err == nil {
		p.err = ir.Errorf(ir.ErrMalformed, ".npy header: %s (before %.20q)", fmt.Sprintf(format, args...), p.rest)
	}
}

func (p *literal) peek(s string) bool {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	return strings.HasPrefix(p.rest, s)
}

func (p *literal) accept(s string) bool {
	if p.err != nil || !p.peek(s) {
		return false
	}
	p.rest = p.rest[len(s):]
	return true
}

func (p *literal) expect(s string) {
	if !p.accept(s) {
		p.fail("want %q", s)
	}
}

func (p *literal) string() string {
	for _, q := range []string{"'", `"`} {
		if p.accept(q) {
			if s, rest, ok := strings.Cut(p.rest, q); ok && !strings.Contains(s, `\`) {
				p.rest = rest
				return s
			}
		}
	}
	p.fail("want a string")
	return ""
}

func (p *literal) bool() bool {
	if p.accept("True") {
		return true
	}
	if !p.accept("False") {
		p.fail("want True or False")
	}
	return false
}

func (p *literal) tuple() []int {
	out := []int{}
	p.expect("(")
	for p.err == nil && !p.accept(")") {
		p.peek("")
		n := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
		v, err := strconv.ParseInt(p.rest[:n], 10, strconv.IntSize)
		if err != nil {
			p.fail("want a dimension")
			break
		}
		p.rest = p.rest[n:]
		p.accept("L") // Python 2 wrote long integers so
		if out = append(out, int(v)); len(out) > maxRank {
			p.fail("more than %d dimensions", maxRank)
		}
		if !p.accept(",") {
			p.expect(")")
			break
		}
	}
	return out
}

// elem is the element type of an array.
type elem struct {
	dtype ir.DType
	size  int  // bytes of an element in the file
	big   bool // big-endian
	ucs4  bool // a string of code points, else of bytes
}

var elems = map[string]ir.DType{
	"f2": ir.Float16, "f4": ir.Float32, "f8": ir.Float64, "V2": ir.BFloat16, // as ml_dtypes writes it
	"i1": ir.Int8, "i2": ir.Int16, "i4": ir.Int32, "i8": ir.Int64,
	"u1": ir.Uint8, "u2": ir.Uint16, "u4": ir.Uint32, "u8": ir.Uint64,
	"b1": ir.Bool, "?": ir.Bool,
}

func (h Header) elem() (elem, error) {
	descr := h.Descr
	var e elem
	if strings.IndexAny(descr, "<>|=") == 0 {
		e.big = descr[0] == '>'
		descr = descr[1:]
	}
	if d, ok := elems[descr]; ok {
		e.dtype, e.size = d, d.Size()
		return e, nil
	}
	if descr != "" && (descr[0] == 'U' || descr[0] == 'S') {
		n, err := strconv.ParseUint(descr[1:], 10, 24)
		if err == nil {
			e.dtype, e.size, e.ucs4 = ir.String, int(n), descr[0] == 'U'
			if e.ucs4 {
				e.size *= 4
			}
			return e, nil
		}
	}
	if strings.HasPrefix(descr, "O") {
		return e, ir.Errorf(ir.ErrUnsupported, "arrays of Python objects are pickles, which are not read; save it with a numeric or a string dtype")
	}
	return e, ir.Errorf(ir.ErrUnsupported, "numpy dtype %q is not supported", h.Descr)
}

// size is the array's bytes for elements of the given size.
func (h Header) size(elem int) (int64, error) {
	p := uint64(elem)
	for _, d := range h.Shape {
		if d == 0 {
			return 0, nil
		}
	}
	for _, d := range h.Shape {
		hi, lo := bits.Mul64(p, uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, ir.Errorf(ir.ErrMalformed, "shape %v of dtype %q overflows", h.Shape, h.Descr)
		}
		p = lo
	}
	return int64(p), nil
}

func short(what string, err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &ir.Error{Kind: ir.ErrMalformed, Text: "truncated in its " + what, Err: err}
}
