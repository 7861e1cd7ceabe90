package hdf5

import (
	"math"
	"strings"
)

const (
	linkHard     = 0
	linkSoft     = 1
	linkExternal = 64
)

// decodeLink decodes a link message, also as kept in a fractal heap.
func (r *reader) decodeLink(c *cursor) (orderedLink, error) {
	at := c.offset()
	version, flags := c.u8(), c.u8()
	if c.err == nil && version != 1 {
		return orderedLink{}, unsupported(at, "version %d of a link", version)
	}
	kind := uint8(linkHard)
	if flags&0x08 != 0 {
		kind = c.u8()
	}
	var l orderedLink
	if flags&0x04 != 0 {
		l.order = int64(c.u64())
	}
	if flags&0x10 != 0 {
		c.skip(1) // character set
	}
	l.Name = string(c.bytes(clampInt(c.uint(1 << (flags & 3)))))
	if c.err == nil && (l.Name == "" || strings.IndexByte(l.Name, 0) >= 0) {
		c.fail("link name %q", l.Name)
	}
	switch kind {
	case linkHard:
		l.Kind, l.Addr = HardLink, c.addr()
		if c.err == nil && l.Addr == undefined {
			c.fail("link %q has no object", l.Name)
		}
	case linkSoft:
		l.Kind, l.Target = SoftLink, string(c.bytes(int(c.u16())))
	case linkExternal:
		l.Kind = ExternalLink
		b := c.bytes(int(c.u16()))
		if len(b) > 0 { // the first byte holds version and flags, both 0
			file, target, _ := strings.Cut(string(b[1:]), "\x00")
			l.File, l.Target = file, strings.TrimRight(target, "\x00")
		}
	default:
		l.Kind = UserLink
	}
	if c.err != nil {
		return l, c.err
	}
	return l, r.hold(int64(linkMemory + len(l.Name) + len(l.Target) + len(l.File)))
}

// clampInt keeps a size from the file in the range of int; such a size fails
// where it is used.
func clampInt(n uint64) int { return int(min(n, math.MaxInt32)) }

// denseLinks lists a group whose links are in a fractal heap, and tells
// whether the group tracks the order of creation.
func (r *reader) denseLinks(m *message) ([]orderedLink, bool, error) {
	c := r.cursorOver(m.body, m.at)
	version, flags := c.u8(), c.u8()
	if c.err == nil && version != 0 {
		return nil, false, unsupported(m.at, "version %d of link information", version)
	}
	tracked := flags&1 != 0
	if tracked {
		c.skip(8)
	}
	heapAddr, names := c.addr(), c.addr()
	if c.err != nil || heapAddr == undefined {
		return nil, tracked, c.err
	}
	heap, err := r.readFractalHeap(heapAddr)
	if err != nil {
		return nil, tracked, err
	}
	var out []orderedLink
	err = r.walkTree2(names, treeLinkNames, func(rec *cursor) error {
		if len(out) >= r.limits.Members {
			return r.tooManyLinks(m.at)
		}
		rec.skip(4) // hash of the name
		body, err := r.heapObject(heap, rec.bytes(heap.idSize))
		if err != nil {
			return err
		}
		l, err := r.decodeLink(&body)
		out = append(out, l)
		return err
	})
	return out, tracked, err
}

// denseAttributes lists the attributes of an object that keeps them in a
// fractal heap.
func (r *reader) denseAttributes(m *message) ([]attribute, error) {
	c := r.cursorOver(m.body, m.at)
	version, flags := c.u8(), c.u8()
	if c.err == nil && version != 0 {
		return nil, unsupported(m.at, "version %d of attribute information", version)
	}
	if flags&1 != 0 {
		c.skip(2)
	}
	heapAddr, names := c.addr(), c.addr()
	if c.err != nil || heapAddr == undefined {
		return nil, c.err
	}
	heap, err := r.readFractalHeap(heapAddr)
	if err != nil {
		return nil, err
	}
	var out []attribute
	err = r.walkTree2(names, treeAttrNames, func(rec *cursor) error {
		id := rec.bytes(heap.idSize)
		flags, order := rec.u8(), rec.u32()
		if rec.err == nil && flags&flagShared != 0 {
			return unsupported(rec.at, "attribute in the file's shared-message heap")
		}
		body, err := r.heapObject(heap, id)
		if err != nil {
			return err
		}
		a, err := r.decodeAttribute(body.b, body.at)
		a.order = order
		out = append(out, a)
		return err
	})
	return out, err
}
