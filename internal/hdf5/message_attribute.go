package hdf5

import (
	"cmp"
	"slices"
)

// attribute is a decoded attribute message; its data are as in the file.
type attribute struct {
	name  string
	typ   Datatype
	space dataspace
	data  []byte
	at    int64
	order uint32
}

func (r *reader) readAttributes(h *header) ([]attribute, error) {
	var out []attribute
	for i := range h.messages {
		m := &h.messages[i]
		switch m.typ {
		case msgAttribute:
			if m.flags&flagShared != 0 {
				return nil, unsupported(m.at, "attribute in the file's shared-message heap")
			}
			a, err := r.decodeAttribute(m.body, m.at)
			if err != nil {
				return nil, err
			}
			a.order = uint32(m.order)
			out = append(out, a)
		case msgAttrInfo:
			dense, err := r.denseAttributes(m)
			if err != nil {
				return nil, err
			}
			out = append(out, dense...)
		}
	}
	slices.SortStableFunc(out, func(a, b attribute) int {
		if h.trackedAttrs {
			return cmp.Compare(a.order, b.order)
		}
		return cmp.Compare(a.name, b.name)
	})
	return out, nil
}

func (r *reader) decodeAttribute(body []byte, at int64) (attribute, error) {
	c := r.cursorOver(body, at)
	a := attribute{at: at}
	version, flags := c.u8(), c.u8()
	nameSize, typeSize, spaceSize := int(c.u16()), int(c.u16()), int(c.u16())
	pad := func(n int) int { return n }
	switch version {
	case 1:
		flags = 0
		pad = func(n int) int { return (n + 7) &^ 7 }
	case 2:
	case 3:
		c.skip(1)
	default:
		if c.err == nil {
			c.err = unsupported(at, "version %d of an attribute", version)
		}
	}
	name := c.bytes(pad(nameSize))
	if c.err != nil {
		return a, c.err
	}
	a.name = cString(name[:nameSize])

	typAt := c.offset()
	t := r.cursorOver(c.bytes(pad(typeSize)), typAt)
	spaceAt := c.offset()
	s := r.cursorOver(c.bytes(pad(spaceSize)), spaceAt)
	if c.err != nil {
		return a, c.err
	}
	if flags&1 != 0 {
		m, err := r.sharedMessage(&t, msgDatatype)
		if err != nil {
			return a, err
		}
		t = r.cursorOver(m.body, m.at)
	}
	if flags&2 != 0 {
		return a, unsupported(spaceAt, "attribute with a shared dataspace")
	}
	a.typ = decodeDatatype(&t, 0)
	a.space = decodeDataspace(&s)
	if err := cmp.Or(t.err, s.err); err != nil {
		return a, err
	}
	size, err := a.space.bytesOf(a.typ, at)
	if err != nil {
		return a, err
	}
	if a.data = c.bytes(size); c.err != nil {
		return a, c.err
	}
	return a, r.hold(int64(attributeMemory + len(a.name) + 16*len(a.space.shape)))
}

// attrValue decodes the data of an attribute.
func (r *reader) attrValue(a *attribute) (*Attr, error) {
	if a.typ.IsString() {
		s, err := r.decodeStrings(a.typ, a.data, a.at)
		if err != nil {
			return nil, err
		}
		raw := a.data
		if a.typ.variable {
			raw = nil
		}
		return NewAttr(a.name, a.space.shape, a.typ, raw, s), nil
	}
	if a.typ.unreadable != "" && a.space.count > 0 {
		return nil, unsupported(a.at, "attribute %q holds %s data", a.name, a.typ.unreadable)
	}
	return NewAttr(a.name, a.space.shape, a.typ, a.typ.LittleEndian(a.data), nil), nil
}

// decodeStrings turns elements of a string type into strings.
func (r *reader) decodeStrings(t Datatype, b []byte, at int64) ([]string, error) {
	memory := len(b) / t.Size * stringMemory
	if !t.variable {
		memory += len(b)
	}
	if err := r.hold(int64(memory)); err != nil {
		return nil, err
	}
	out := make([]string, 0, len(b)/t.Size)
	for len(b) >= t.Size {
		e := b[:t.Size]
		b = b[t.Size:]
		if !t.variable {
			out = append(out, t.fixedString(e))
			continue
		}
		c := r.cursorOver(e, at)
		n, heap, index := c.u32(), c.addr(), c.u32()
		if n == 0 || heap == 0 || heap == undefined {
			out = append(out, "")
			continue
		}
		s, err := r.heapString(heap, index, n)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
