package hostile

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
)

var le = binary.LittleEndian

const undefined = ^uint64(0)

// HDF5 writes an HDF5 file of the oldest format, which has no checksums. The
// methods give addresses; anything can be linked to anything.
type HDF5 struct{ b []byte }

// NewHDF5 begins a file.
func NewHDF5() *HDF5 { return &HDF5{b: make([]byte, 96)} }

// Message is a message of an object header.
type Message struct {
	Type uint16
	Body []byte
}

func (h *HDF5) put(b []byte) uint64 {
	h.b = append(h.b, make([]byte, -len(h.b)&7)...)
	at := len(h.b)
	h.b = append(h.b, b...)
	return uint64(at)
}

// Raw writes bytes and returns their address.
func (h *HDF5) Raw(b []byte) uint64 { return h.put(b) }

// Next is the address that is written next.
func (h *HDF5) Next() uint64 { return uint64(len(h.b)+7) &^ 7 }

// Finish writes the superblock over the root's header at an address.
func (h *HDF5) Finish(root uint64) []byte {
	s := append([]byte("\x89HDF\r\n\x1a\n"), 0, 0, 0, 0, 0, 8, 8, 0)
	s = le.AppendUint16(s, 4)
	s = le.AppendUint16(s, 16)
	s = le.AppendUint32(s, 0)
	for _, v := range []uint64{0, undefined, uint64(len(h.b)), undefined, 0, root, 0, 0, 0} {
		s = le.AppendUint64(s, v)
	}
	copy(h.b, s)
	return h.b
}

func pad8(b []byte) []byte { return append(b, make([]byte, -len(b)&7)...) }

// Object writes an object header.
func (h *HDF5) Object(messages ...Message) uint64 {
	var body []byte
	for _, m := range messages {
		b := pad8(bytes.Clone(m.Body))
		body = le.AppendUint16(body, m.Type)
		body = le.AppendUint16(body, uint16(len(b)))
		body = append(body, 0, 0, 0, 0)
		body = append(body, b...)
	}
	head := append([]byte{1, 0}, le.AppendUint16(nil, uint16(len(messages)))...)
	head = le.AppendUint32(head, 1)
	head = le.AppendUint32(head, uint32(len(body)))
	head = le.AppendUint32(head, 0)
	return h.put(append(head, body...))
}

// Link is a hard link.
func Link(name string, addr uint64) Message {
	b := append([]byte{1, 1}, le.AppendUint16(nil, uint16(len(name)))...)
	return Message{6, le.AppendUint64(append(b, name...), addr)}
}

// SoftLink leads to a path.
func SoftLink(name, target string) Message {
	b := append([]byte{1, 9, 1}, le.AppendUint16(nil, uint16(len(name)))...)
	b = le.AppendUint16(append(b, name...), uint16(len(target)))
	return Message{6, append(b, target...)}
}

// ExternalLink leads to a path of another file.
func ExternalLink(name, file, target string) Message {
	b := append([]byte{1, 9, 64}, le.AppendUint16(nil, uint16(len(name)))...)
	value := "\x00" + file + "\x00" + target + "\x00"
	b = le.AppendUint16(append(b, name...), uint16(len(value)))
	return Message{6, append(b, value...)}
}

// Group writes a group of links and attributes.
func (h *HDF5) Group(messages ...Message) uint64 {
	info := append([]byte{0, 0}, bytes.Repeat([]byte{255}, 16)...)
	return h.Object(append([]Message{{2, info}, {10, []byte{0, 0}}}, messages...)...)
}

// Space is a dataspace of some extent.
func Space(shape ...uint64) []byte {
	b := []byte{1, byte(len(shape)), 0, 0, 0, 0, 0, 0}
	for _, d := range shape {
		b = le.AppendUint64(b, d)
	}
	return b
}

// Float32 is the type of float32 elements.
func Float32() []byte {
	return []byte{0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0}
}

// FixedString is the type of strings of n bytes.
func FixedString(n int) []byte { return le.AppendUint32([]byte{0x13, 0, 0, 0}, uint32(n)) }

// VariableString is the type of strings in a global heap.
func VariableString() []byte { return append([]byte{0x19, 1, 0, 0, 16, 0, 0, 0}, FixedString(1)...) }

// Attribute is any attribute.
func Attribute(name string, typ, space, data []byte) Message {
	b := []byte{1, 0}
	b = le.AppendUint16(b, uint16(len(name)+1))
	b = le.AppendUint16(b, uint16(len(typ)))
	b = le.AppendUint16(b, uint16(len(space)))
	for _, part := range [][]byte{append([]byte(name), 0), typ, space} {
		b = append(b, pad8(bytes.Clone(part))...)
	}
	return Message{12, append(b, data...)}
}

// Text is an attribute of one string, in a heap of its own.
func (h *HDF5) Text(name, value string) Message {
	return Attribute(name, VariableString(), Space(), h.inHeap(value))
}

func (h *HDF5) inHeap(value string) []byte {
	object := le.AppendUint32([]byte{1, 0, 1, 0}, 0)
	object = pad8(append(le.AppendUint64(object, uint64(len(value))), value...))
	free := max(16, 4096-16-len(object)) // libhdf5 reads no heap below 4096 bytes
	heap := append([]byte("GCOL\x01\x00\x00\x00"), le.AppendUint64(nil, uint64(16+len(object)+free))...)
	rest := le.AppendUint64(make([]byte, 8, free), uint64(free))
	at := h.put(append(append(heap, object...), rest[:free]...))
	ref := le.AppendUint32(nil, uint32(len(value)))
	return le.AppendUint32(le.AppendUint64(ref, at), 1)
}

// Texts is an attribute of a list of strings.
func Texts(name string, values ...string) Message {
	size := 1
	for _, v := range values {
		size = max(size, len(v))
	}
	var data []byte
	for _, v := range values {
		data = append(append(data, v...), make([]byte, size-len(v))...)
	}
	return Attribute(name, FixedString(size), Space(uint64(len(values))), data)
}

// Contiguous writes a dataset of elements that follow one another.
func (h *HDF5) Contiguous(typ []byte, data []byte, shape ...uint64) uint64 {
	return h.Dataset(typ, h.put(data), uint64(len(data)), shape...)
}

// Dataset writes a contiguous dataset over any address.
func (h *HDF5) Dataset(typ []byte, addr, size uint64, shape ...uint64) uint64 {
	layout := le.AppendUint64(le.AppendUint64([]byte{3, 1}, addr), size)
	return h.Object(Message{1, Space(shape...)}, Message{3, typ}, Message{5, []byte{2, 2, 0, 0}}, Message{8, layout})
}

// Deflated writes a dataset of float32 zeros in one deflated chunk.
func (h *HDF5) Deflated(shape ...uint64) uint64 {
	n := uint64(4)
	for _, d := range shape {
		n *= d
	}
	var packed bytes.Buffer
	z, _ := zlib.NewWriterLevel(&packed, zlib.BestCompression)
	_, err := z.Write(make([]byte, n))
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		panic(err)
	}
	return h.Chunked(h.put(packed.Bytes()), uint32(packed.Len()), shape...)
}

// Chunked writes a dataset whose only chunk, deflated, lies at an address.
func (h *HDF5) Chunked(addr uint64, size uint32, shape ...uint64) uint64 {
	return h.Filtered([]uint16{1}, addr, size, shape...)
}

// Filtered is Chunked for any filters.
func (h *HDF5) Filtered(filters []uint16, addr uint64, size uint32, shape ...uint64) uint64 {
	key := func(size uint32, offset []uint64) []byte {
		b := le.AppendUint32(le.AppendUint32(nil, size), 0)
		for _, o := range append(offset, 0) {
			b = le.AppendUint64(b, o)
		}
		return b
	}
	tree := append([]byte("TREE\x01\x00\x01\x00"), bytes.Repeat([]byte{255}, 16)...)
	tree = append(tree, key(size, make([]uint64, len(shape)))...)
	tree = le.AppendUint64(tree, addr)
	tree = append(tree, key(0, shape)...)
	return h.chunkedAt(h.put(tree), filters, shape...)
}

func (h *HDF5) chunkedAt(tree uint64, filters []uint16, shape ...uint64) uint64 {
	layout := le.AppendUint64([]byte{3, 2, byte(len(shape) + 1)}, tree)
	for _, d := range shape {
		layout = le.AppendUint32(layout, uint32(d))
	}
	layout = le.AppendUint32(layout, 4)
	pipeline := append([]byte{1, byte(len(filters))}, make([]byte, 6)...)
	for _, id := range filters { // one value each: the bytes of an element, or a level
		pipeline = le.AppendUint16(pipeline, id)
		pipeline = append(pipeline, 0, 0, 0, 0, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0)
	}
	return h.Object(Message{1, Space(shape...)}, Message{3, Float32()}, Message{5, []byte{2, 2, 0, 0}}, Message{8, layout}, Message{11, pipeline})
}
