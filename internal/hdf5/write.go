package hdf5

import (
	"encoding/binary"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// A Writer is a file to be written: a tree of groups and datasets, the root
// first. What is written is the least of the newer format: superblock 2, object
// headers with checksums, links and attributes in these headers, contiguous
// little-endian data, no times. The same tree gives the same bytes.
type Writer struct {
	root NewGroup
}

// NewGroup is a group to be written.
type NewGroup struct {
	attrs []newAttr
	links []newLink
}

type newLink struct {
	name  string
	group *NewGroup // or
	data  *ir.Tensor
}

type newAttr struct {
	name    string
	array   bool
	strings []string
}

// Root is the group of the path "/".
func (w *Writer) Root() *NewGroup { return &w.root }

// Group returns the group at a path of names separated by "/", which is made
// where it is missing.
func (g *NewGroup) Group(path string) *NewGroup {
	for _, name := range strings.Split(path, "/") {
		i := slices.IndexFunc(g.links, func(l newLink) bool { return l.name == name && l.group != nil })
		if i < 0 {
			i = len(g.links)
			g.links = append(g.links, newLink{name: name, group: &NewGroup{}})
		}
		g = g.links[i].group
	}
	return g
}

// Dataset adds t, of a float or integer dtype that HDF5 has, at a path whose
// groups are made where they are missing. Its data must not change before the
// file is written.
func (g *NewGroup) Dataset(path string, t *ir.Tensor) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		g, path = g.Group(path[:i]), path[i+1:]
	}
	g.links = append(g.links, newLink{name: path, data: t})
}

// Text adds an attribute of one string.
func (g *NewGroup) Text(name, value string) {
	g.attrs = append(g.attrs, newAttr{name: name, strings: []string{value}})
}

// headerLimit is what Keras lets an attribute hold (HDF5_OBJECT_HEADER_LIMIT).
const headerLimit = 64512

// Texts adds an attribute of a list of strings, in parts name0, name1, … where it
// is longer than headerLimit, as Keras does; see ChunkedStrings.
func (g *NewGroup) Texts(name string, values []string) {
	width := 1
	for _, v := range values {
		width = max(width, len(v))
	}
	most := max(1, headerLimit/width)
	if len(values) <= most {
		g.attrs = append(g.attrs, newAttr{name: name, array: true, strings: values})
		return
	}
	for i := 0; len(values) > 0; i++ {
		n := min(most, len(values))
		g.attrs = append(g.attrs, newAttr{name: name + strconv.Itoa(i), array: true, strings: values[:n]})
		values = values[n:]
	}
}

// WriteTo writes the file.
func (w *Writer) WriteTo(to io.Writer) (int64, error) {
	p := plan{}
	if err := p.place(&w.root); err != nil {
		return 0, err
	}
	if err := p.placeText(); err != nil {
		return 0, err
	}
	p.placeData()
	out := make([]byte, 0, p.metadata)
	out = p.superblock(out)
	for i := range p.objects {
		out = append(out, make([]byte, int(p.objects[i].addr)-len(out))...)
		out = p.header(out, i)
	}
	out = p.heap(out)
	written := int64(0)
	write := func(b []byte) error {
		n, err := to.Write(b)
		written += int64(n)
		return err
	}
	if err := write(out); err != nil {
		return written, err
	}
	for _, o := range p.objects {
		if o.data == nil || len(o.data.Data) == 0 {
			continue
		}
		if err := write(make([]byte, int64(o.dataAddr)-written)); err != nil {
			return written, err
		}
		if err := write(o.data.Data); err != nil {
			return written, err
		}
	}
	return written, nil
}

const (
	superblock2Size = 48
	heapHead        = 16
	minHeap         = 4096
	dataAlign       = 64
)

func align(n uint64, to uint64) uint64 { return (n + to - 1) / to * to }

// plan is where everything lies.
type plan struct {
	objects  []placed
	at       uint64 // where the next thing lies
	text     []string
	textID   map[string]int // 1, 2, …
	textAddr uint64
	metadata uint64
	end      uint64
}

type placed struct {
	addr, size uint64
	group      *NewGroup
	children   []int // of a group, by link
	data       *ir.Tensor
	dataAddr   uint64
}

// place gives g and all below it their places.
func (p *plan) place(root *NewGroup) error {
	p.at = superblock2Size
	p.objects = []placed{{group: root}}
	for i := 0; i < len(p.objects); i++ {
		if g := p.objects[i].group; g != nil {
			seen := map[string]bool{}
			for _, l := range g.links {
				if l.name == "" || strings.Contains(l.name, "\x00") || seen[l.name] || len(l.name) > 1<<15 {
					return ir.Errorf(ir.ErrUnsupported, "HDF5 cannot hold an object named %q here", l.name)
				}
				seen[l.name] = true
				if l.data != nil {
					if err := writable(l.data); err != nil {
						return err
					}
				}
				p.objects[i].children = append(p.objects[i].children, len(p.objects))
				p.objects = append(p.objects, placed{group: l.group, data: l.data})
			}
		}
		o := &p.objects[i]
		o.addr, o.size = p.at, uint64(len(p.header(nil, i)))
		p.at = align(p.at+o.size, 8)
	}
	return nil
}

func writable(t *ir.Tensor) error {
	if !t.DType.IsFloat() && !t.DType.IsInt() || t.DType == ir.BFloat16 {
		return ir.Errorf(ir.ErrDType, "HDF5 data of %v are not written", t.DType)
	}
	if len(t.Shape) > 32 {
		return ir.Errorf(ir.ErrLimit, "HDF5 data have 32 axes at most, not %d", len(t.Shape))
	}
	return t.Check()
}

// placeText places the heap with all single strings.
func (p *plan) placeText() error {
	p.textAddr, p.textID = p.at, map[string]int{}
	for _, o := range p.objects {
		if o.group == nil {
			continue
		}
		for _, a := range o.group.attrs {
			if a.array || p.textID[a.strings[0]] > 0 {
				continue
			}
			p.at += heapHead + align(uint64(len(a.strings[0])), 8)
			p.text = append(p.text, a.strings[0])
			p.textID[a.strings[0]] = len(p.text)
		}
	}
	if len(p.text) > math.MaxUint16 {
		return ir.Errorf(ir.ErrLimit, "a file of %d different texts in attributes; %d are written", len(p.text), math.MaxUint16)
	}
	p.at = max(p.at+2*heapHead, p.textAddr+minHeap)
	p.metadata = p.at
	return nil
}

func (p *plan) placeData() {
	p.end = p.at
	for i := range p.objects {
		if o := &p.objects[i]; o.data != nil && len(o.data.Data) > 0 {
			o.dataAddr = align(p.end, dataAlign)
			p.end = o.dataAddr + uint64(len(o.data.Data))
		}
	}
}

func (p *plan) superblock(b []byte) []byte {
	b = append(b, signature...)
	b = append(b, 2, 8, 8, 0)
	b = binary.LittleEndian.AppendUint64(b, 0)
	b = binary.LittleEndian.AppendUint64(b, undefined)
	b = binary.LittleEndian.AppendUint64(b, p.end)
	b = binary.LittleEndian.AppendUint64(b, p.objects[0].addr)
	return binary.LittleEndian.AppendUint32(b, lookup3(b))
}

// header appends the header of object i.
func (p *plan) header(b []byte, i int) []byte {
	start := len(b)
	b = append(b, "OHDR\x02\x02\x00\x00\x00\x00"...)
	body := len(b)
	if o := &p.objects[i]; o.group != nil {
		b = p.groupMessages(b, o)
	} else {
		b = datasetMessages(b, o)
	}
	binary.LittleEndian.PutUint32(b[body-4:], uint32(len(b)-body))
	return binary.LittleEndian.AppendUint32(b, lookup3(b[start:]))
}

// appendMessage appends a message whose body f appends.
func appendMessage(b []byte, typ uint8, f func(b []byte) []byte) []byte {
	b = append(b, typ, 0, 0, 0)
	at := len(b)
	b = f(b)
	binary.LittleEndian.PutUint16(b[at-3:], uint16(len(b)-at))
	return b
}

func (p *plan) groupMessages(b []byte, o *placed) []byte {
	b = appendMessage(b, msgLinkInfo, func(b []byte) []byte {
		b = append(b, 0, 0)
		b = binary.LittleEndian.AppendUint64(b, undefined)
		return binary.LittleEndian.AppendUint64(b, undefined)
	})
	b = appendMessage(b, msgGroupInfo, func(b []byte) []byte { return append(b, 0, 0) })
	for k, l := range o.group.links {
		b = appendMessage(b, msgLink, func(b []byte) []byte {
			b = append(b, 1, 0x11, 1) // a name of UTF-8, its length in two bytes
			b = binary.LittleEndian.AppendUint16(b, uint16(len(l.name)))
			b = append(b, l.name...)
			addr := uint64(0)
			if k < len(o.children) {
				addr = p.objects[o.children[k]].addr
			}
			return binary.LittleEndian.AppendUint64(b, addr)
		})
	}
	for _, a := range o.group.attrs {
		b = appendMessage(b, msgAttribute, func(b []byte) []byte { return p.attribute(b, a) })
	}
	return b
}

func (p *plan) attribute(b []byte, a newAttr) []byte {
	var typ, space, data []byte
	width := 0
	switch {
	case !a.array:
		typ, space = variableString, []byte{2, 0, 0, 0}
		data = binary.LittleEndian.AppendUint32(data, uint32(len(a.strings[0])))
		data = binary.LittleEndian.AppendUint64(data, p.textAddr)
		data = binary.LittleEndian.AppendUint32(data, uint32(p.textID[a.strings[0]]))
	case len(a.strings) == 0: // as NumPy, and so Keras, has an empty list
		typ, space = appendType(nil, ir.Float64), appendSpace(nil, []int{0})
	default:
		for _, s := range a.strings {
			width = max(width, len(s), 1)
		}
		typ = binary.LittleEndian.AppendUint32([]byte{0x13, 1, 0, 0}, uint32(width))
		space = appendSpace(nil, []int{len(a.strings)})
		for _, s := range a.strings {
			data = append(data, s...)
			data = append(data, make([]byte, width-len(s))...)
		}
	}
	b = append(b, 3, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(a.name)+1))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(typ)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(space)))
	b = append(b, 1) // the name is UTF-8
	b = append(b, a.name...)
	b = append(b, 0)
	b = append(append(b, typ...), space...)
	return append(b, data...)
}

// variableString is the type of a string of UTF-8 in the heap.
var variableString = []byte{0x19, 1, 1, 0, 16, 0, 0, 0, 0x13, 0x10, 0, 0, 1, 0, 0, 0}

// heap appends the collection of p.text; its last entry is what is free.
func (p *plan) heap(b []byte) []byte {
	b = append(b, make([]byte, int(p.textAddr)-len(b))...)
	b = append(b, "GCOL\x01\x00\x00\x00"...)
	b = binary.LittleEndian.AppendUint64(b, p.metadata-p.textAddr)
	for i, s := range p.text {
		b = binary.LittleEndian.AppendUint16(b, uint16(i+1))
		b = append(b, 1, 0, 0, 0, 0, 0)
		b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
		b = append(b, make([]byte, -len(s)&7)...)
	}
	free := p.metadata - uint64(len(b))
	b = append(b, make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint64(b, free)
	return append(b, make([]byte, free-heapHead)...)
}

func datasetMessages(b []byte, o *placed) []byte {
	b = appendMessage(b, msgDataspace, func(b []byte) []byte { return appendSpace(b, o.data.Shape) })
	b = appendMessage(b, msgDatatype, func(b []byte) []byte { return appendType(b, o.data.DType) })
	b = appendMessage(b, msgFill, func(b []byte) []byte { return append(b, 3, 0x0a) })
	return appendMessage(b, msgLayout, func(b []byte) []byte {
		addr := o.dataAddr
		if len(o.data.Data) == 0 {
			addr = undefined
		}
		b = append(b, 3, 1)
		b = binary.LittleEndian.AppendUint64(b, addr)
		return binary.LittleEndian.AppendUint64(b, uint64(len(o.data.Data)))
	})
}

func appendSpace(b []byte, shape []int) []byte {
	simple := byte(1)
	if len(shape) == 0 {
		simple = 0
	}
	b = append(b, 2, byte(len(shape)), 0, simple)
	for _, n := range shape {
		b = binary.LittleEndian.AppendUint64(b, uint64(n))
	}
	return b
}

func appendType(b []byte, d ir.DType) []byte {
	size := d.Size()
	if d.IsInt() {
		signed := byte(0x08)
		if d == ir.Uint8 || d == ir.Uint16 || d == ir.Uint32 || d == ir.Uint64 {
			signed = 0
		}
		b = binary.LittleEndian.AppendUint32(append(b, 0x10, signed, 0, 0), uint32(size))
		return binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, 0), uint16(8*size))
	}
	mantissa, exponent := 23, 8
	switch d {
	case ir.Float16:
		mantissa, exponent = 10, 5
	case ir.Float64:
		mantissa, exponent = 52, 11
	}
	b = binary.LittleEndian.AppendUint32(append(b, 0x11, 0x20, byte(8*size-1), 0), uint32(size))
	b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, 0), uint16(8*size))
	b = append(b, byte(mantissa), byte(exponent), 0, byte(mantissa))
	return binary.LittleEndian.AppendUint32(b, 1<<(exponent-1)-1)
}
