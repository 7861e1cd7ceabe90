package hdf5

import "fmt"

// Class is the kind of a datatype, numbered as in the file format.
type Class uint8

const (
	ClassInt       Class = 0
	ClassFloat     Class = 1
	ClassTime      Class = 2
	ClassString    Class = 3
	ClassBitfield  Class = 4
	ClassOpaque    Class = 5
	ClassCompound  Class = 6
	ClassReference Class = 7
	ClassEnum      Class = 8
	ClassVlen      Class = 9 // sequences; strings of variable length are ClassString
	ClassArray     Class = 10
	ClassComplex   Class = 11
)

// Order is the byte order of numbers in the file. Data are returned
// little-endian whatever it is.
type Order uint8

const (
	LittleEndian Order = iota
	BigEndian
)

// Datatype is the type of an element.
type Datatype struct {
	Class  Class
	Size   int // bytes of an element in the file
	Signed bool
	Order  Order

	// Name is "int8" to "int64", "uint8" to "uint64", "float16", "float32",
	// "float64", "bfloat16", "bool" (an enumeration of FALSE and TRUE),
	// "string" (of fixed or variable length) or "opaque" with the size, such
	// as the "opaque2" in which Keras keeps bfloat16. Other enumerations have
	// the name of their numbers. Types without readable data are named by
	// their class.
	Name string

	variable   bool   // string of variable length
	padding    uint8  // of a string: 0 NUL-terminated, 1 NUL-padded, 2 space-padded
	unreadable string // what the data are, when they cannot be read
}

// IsString tells whether the elements are strings, of fixed or variable length.
func (t Datatype) IsString() bool { return t.Class == ClassString }

// unnamed holds the classes whose data are refused.
var unnamed = map[Class]string{
	ClassTime: "time", ClassBitfield: "bitfield", ClassCompound: "compound", ClassReference: "reference",
	ClassArray: "array", ClassComplex: "complex", ClassVlen: "variable-length sequence",
}

// decodeDatatype reads a datatype message or a base type within one.
func decodeDatatype(c *cursor, depth int) Datatype {
	at := c.offset()
	if depth > maxTypeDepth {
		c.fail("datatypes nested more than %d deep", maxTypeDepth)
	}
	head := c.u8()
	flags := uint32(c.uint(3))
	size := c.u32()
	t := Datatype{Class: Class(head & 15), Size: int(size)}
	version := head >> 4
	if c.err == nil && (version < 1 || version > 5) {
		c.err = unsupported(at, "version %d of a datatype", version)
	}
	if c.err == nil && (size == 0 || size > 1<<30) {
		c.err = malformed(at, "datatype of %d bytes", size)
	}
	if c.err != nil {
		return t
	}
	switch t.Class {
	case ClassInt:
		t.decodeInt(c, flags)
	case ClassFloat:
		t.decodeFloat(c, flags)
	case ClassString:
		t.Name, t.padding = "string", uint8(flags&15)
	case ClassOpaque:
		c.skip(int(flags & 0xff))
		t.Name = fmt.Sprintf("opaque%d", size)
	case ClassEnum:
		t.decodeEnum(c, version, int(flags&0xffff), depth)
	case ClassVlen:
		if flags&15 == 1 {
			t.Class, t.Name, t.variable = ClassString, "string", true
			if want := 4 + c.offSize + 4; t.Size != want {
				c.fail("variable-length string of %d bytes, not %d", t.Size, want)
			}
			break
		}
		t.Name, t.unreadable = "vlen", unnamed[t.Class]
	default:
		name, ok := unnamed[t.Class]
		if !ok {
			name = fmt.Sprintf("class %d", t.Class)
		}
		t.Name, t.unreadable = name, name
	}
	return t
}

func (t *Datatype) decodeInt(c *cursor, flags uint32) {
	offset, precision := c.u16(), c.u16()
	t.Order, t.Signed = Order(flags&1), flags&8 != 0
	t.Name = fmt.Sprintf("int%d", precision)
	if !t.Signed {
		t.Name = "u" + t.Name
	}
	if offset != 0 || int(precision) != 8*t.Size || t.Size > 8 || t.Size&(t.Size-1) != 0 {
		t.unreadable = fmt.Sprintf("%d-bit integer in %d bytes", precision, t.Size)
	}
}

func (t *Datatype) decodeFloat(c *cursor, flags uint32) {
	offset, precision := c.u16(), c.u16()
	expAt, expBits, manAt, manBits := c.u8(), c.u8(), c.u8(), c.u8()
	bias := c.u32()
	t.Signed, t.Order = true, Order(flags&1)
	type layout struct {
		bits                        int
		sign, eAt, eBits, mAt, mLen uint8
		bias                        uint32
	}
	switch (layout{int(precision), uint8(flags >> 8), expAt, expBits, manAt, manBits, bias}) {
	case layout{16, 15, 10, 5, 0, 10, 15}:
		t.Name = "float16"
	case layout{16, 15, 7, 8, 0, 7, 127}:
		t.Name = "bfloat16"
	case layout{32, 31, 23, 8, 0, 23, 127}:
		t.Name = "float32"
	case layout{64, 63, 52, 11, 0, 52, 1023}:
		t.Name = "float64"
	}
	vax, implied := flags&0x40 != 0, flags>>4&3 == 2
	if t.Name == "" || offset != 0 || vax || !implied || t.Size*8 != int(precision) {
		t.Name = fmt.Sprintf("float of %d bits", precision)
		t.unreadable = fmt.Sprintf("%d-bit float of an uncommon layout (exponent of %d bits)", precision, expBits)
	}
}

func (t *Datatype) decodeEnum(c *cursor, version uint8, members, depth int) {
	base := decodeDatatype(c, depth+1)
	if c.err == nil && (base.Class != ClassInt || base.Size != t.Size) {
		c.fail("enumeration of %d bytes over %s of %d bytes", t.Size, base.Name, base.Size)
	}
	if c.err != nil {
		return
	}
	var bools int
	names := make([]string, 0, min(members, 2))
	for range members {
		start := c.pos
		for c.u8() != 0 {
		}
		if c.err != nil {
			return
		}
		if members == 2 {
			names = append(names, string(c.b[start:c.pos-1]))
		}
		if version < 3 {
			c.skip((8 - (c.pos-start)%8) % 8)
		}
	}
	for i := range members {
		v := c.bytes(base.Size)
		if members == 2 && base.Size == 1 && c.err == nil && int(v[0]) == i && names[i] == [2]string{"FALSE", "TRUE"}[i] {
			bools++
		}
	}
	t.Signed, t.Order, t.Name, t.unreadable = base.Signed, base.Order, base.Name, base.unreadable
	if bools == 2 {
		t.Name = "bool"
	}
}

// LittleEndian returns the elements in b, as stored, in little-endian order: b
// itself when they are. It is for back ends; what this package returns is so
// already.
func (t Datatype) LittleEndian(b []byte) []byte {
	if t.Order == LittleEndian || t.Size < 2 {
		return b
	}
	out := make([]byte, len(b))
	for i := 0; i+t.Size <= len(b); i += t.Size {
		for j := range t.Size {
			out[i+j] = b[i+t.Size-1-j]
		}
	}
	return out
}

// fixedString cuts the padding off an element of a fixed-length string.
func (t Datatype) fixedString(b []byte) string {
	n := len(b)
	switch t.padding {
	case 0:
		return cString(b)
	case 2:
		for n > 0 && b[n-1] == ' ' {
			n--
		}
	default:
		for n > 0 && b[n-1] == 0 {
			n--
		}
	}
	return string(b[:n])
}

// cString returns b up to its first NUL.
func cString(b []byte) string {
	for i, x := range b {
		if x == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
