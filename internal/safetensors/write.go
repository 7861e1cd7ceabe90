package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Align is what the data's offset in a written file is a multiple of.
const Align = 64

// Entry is a tensor to write. Write gives its bytes, row-major and
// little-endian; it is called once for each pass over the data.
type Entry struct {
	Name  string
	DType ir.DType
	Shape []int
	Write func(io.Writer) error
}

// Size is the entry's bytes.
func (e Entry) Size() int64 {
	n := int64(e.DType.Size())
	for _, d := range e.Shape {
		n *= int64(d)
	}
	return n
}

// Meta is one string of the header's metadata.
type Meta struct{ Key, Value string }

// Sort puts larger elements first, so that with aligned data every tensor is
// aligned to its element; entries of one size keep their order.
func Sort(entries []Entry) {
	slices.SortStableFunc(entries, func(a, b Entry) int { return b.DType.Size() - a.DType.Size() })
}

// Write writes a file whose header's JSON has at most maxHeader bytes. The
// metadata come first in the header, in the order given, then the entries, in
// the order given.
func Write(w io.Writer, maxHeader int64, meta []Meta, entries []Entry) error {
	header, err := header(meta, entries)
	if err != nil {
		return err
	}
	if n := int64(len(header) - 8); n > maxHeader {
		return ir.Errorf(ir.ErrLimit, "the header takes %d bytes, the limit is %d", n, maxHeader)
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	return WriteData(w, entries)
}

// WriteData writes the entries' bytes, without a header.
func WriteData(w io.Writer, entries []Entry) error {
	for _, e := range entries {
		c := &counter{w: w}
		if err := e.Write(c); err != nil {
			return err
		}
		if c.n != e.Size() {
			return fmt.Errorf("tensor %q of shape %v and dtype %v wrote %d bytes, wants %d", e.Name, e.Shape, e.DType, c.n, e.Size())
		}
	}
	return nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func header(meta []Meta, entries []Entry) ([]byte, error) {
	names := map[ir.DType]string{}
	for name, d := range dtypes {
		names[d] = name
	}
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	b.WriteByte('{')
	if len(meta) > 0 {
		b.WriteString(quote(metadataKey) + ":{")
		for i, m := range meta {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quote(m.Key) + ":" + quote(m.Value))
		}
		b.WriteByte('}')
	}
	seen := map[string]bool{metadataKey: true}
	var at int64
	for i, e := range entries {
		if seen[e.Name] {
			return nil, fmt.Errorf("two tensors are named %q", e.Name)
		}
		seen[e.Name] = true
		if names[e.DType] == "" {
			return nil, ir.Errorf(ir.ErrDType, "tensor %q has dtype %v", e.Name, e.DType)
		}
		if i > 0 || len(meta) > 0 {
			b.WriteByte(',')
		}
		shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(e.Shape), "[]"), " ", ",")
		fmt.Fprintf(&b, `%s:{"dtype":%q,"shape":[%s],"data_offsets":[%d,%d]}`, quote(e.Name), names[e.DType], shape, at, at+e.Size())
		at += e.Size()
	}
	b.WriteByte('}')
	for b.Len()%Align != 0 {
		b.WriteByte(' ')
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-8))
	return b.Bytes(), nil
}

// quote is s in JSON without escapes for HTML.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
