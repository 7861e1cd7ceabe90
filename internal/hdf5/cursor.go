package hdf5

import "encoding/binary"

// undefined is the address of what does not exist: all ones, of any size.
const undefined = ^uint64(0)

// cursor reads a structure field by field. After the first failure all reads
// give zeros and err stays, so a decoder checks it once per structure.
type cursor struct {
	b   []byte
	pos int
	at  int64 // of b[0] in the file
	err error

	offSize, lenSize int
}

func (c *cursor) offset() int64 { return c.at + int64(c.pos) }

func (c *cursor) left() int {
	if c.err != nil {
		return 0
	}
	return len(c.b) - c.pos
}

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = malformed(c.offset(), format, args...)
	}
}

// bytes returns the next n bytes; nil after a failure.
func (c *cursor) bytes(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > len(c.b)-c.pos {
		c.fail("structure of %d bytes ends within a field of %d bytes", len(c.b), n)
		return nil
	}
	p := c.b[c.pos : c.pos+n : c.pos+n]
	c.pos += n
	return p
}

func (c *cursor) skip(n int) { c.bytes(n) }

// uint reads an unsigned number of n bytes, n at most 8.
func (c *cursor) uint(n int) uint64 {
	var v uint64
	for i, x := range c.bytes(n) {
		v |= uint64(x) << (8 * i)
	}
	return v
}

func (c *cursor) u8() uint8 {
	if p := c.bytes(1); p != nil {
		return p[0]
	}
	return 0
}

func (c *cursor) u16() uint16 {
	if p := c.bytes(2); p != nil {
		return binary.LittleEndian.Uint16(p)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if p := c.bytes(4); p != nil {
		return binary.LittleEndian.Uint32(p)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if p := c.bytes(8); p != nil {
		return binary.LittleEndian.Uint64(p)
	}
	return 0
}

// addr reads a file address.
func (c *cursor) addr() uint64 {
	v := c.uint(c.offSize)
	if v == undefined>>(64-8*c.offSize) {
		return undefined
	}
	return v
}

// length reads a size or an offset within a structure.
func (c *cursor) length() uint64 { return c.uint(c.lenSize) }

// signature reads four bytes that must be want, then a version that must be
// version.
func (c *cursor) signature(want string, version uint8) {
	at := c.offset()
	got := c.bytes(4)
	if c.err == nil && string(got) != want {
		c.err = malformed(at, "signature is %q, not %q", got, want)
	}
	if v := c.u8(); c.err == nil && v != version {
		c.err = unsupported(at, "version %d of structure %q", v, want)
	}
}
