package hdf5

import "slices"

// entry is an entry of an old group.
type entry struct {
	name   uint64 // offset in the group's local heap
	header uint64
	cache  uint32
	target uint32 // of a soft link, offset in the local heap
}

const cachedSoftLink = 2

func (r *reader) entrySize() int { return r.lenSize + r.offSize + 8 + 16 }

// readEntry decodes a symbol table entry. The name offset has the size of a
// length, not of an address.
func (r *reader) readEntry(c *cursor) entry {
	e := entry{name: c.length(), header: c.addr(), cache: c.u32()}
	c.skip(4)
	e.target = c.u32()
	c.skip(12)
	return e
}

// symbolTable lists an old group: a B-tree whose leaves are symbol table nodes,
// with the names in a local heap.
func (r *reader) symbolTable(m *message) ([]orderedLink, error) {
	c := r.cursorOver(m.body, m.at)
	tree, heapAddr := c.addr(), c.addr()
	if c.err != nil {
		return nil, c.err
	}
	heap, err := r.readLocalHeap(heapAddr)
	if err != nil {
		return nil, err
	}
	var out []orderedLink
	err = r.walkTree1(tree, 0, r.lenSize, func(_ *cursor, child uint64) error {
		var err error
		out, err = r.symbolNode(out, child, heap)
		return err
	})
	return out, err
}

// symbolNode appends the links of a leaf.
func (r *reader) symbolNode(out []orderedLink, addr uint64, heap *localHeap) ([]orderedLink, error) {
	c := r.block(addr, 8, "symbol table node")
	c.signature("SNOD", 1)
	c.skip(1)
	n := int(c.u16())
	if c.err != nil {
		return nil, c.err
	}
	if n > r.limits.Members-len(out) {
		return nil, r.tooManyLinks(c.at)
	}
	c = r.block(addr, uint64(8+n*r.entrySize()), "symbol table node")
	c.skip(8)
	if err := r.hold(int64(n * linkMemory)); err != nil {
		return nil, err
	}
	out = slices.Grow(out, n)
	for range n {
		at := c.offset()
		e := r.readEntry(&c)
		if c.err != nil {
			return nil, c.err
		}
		name, err := r.heapName(heap, e.name)
		if err != nil {
			return nil, err
		}
		l := Link{Name: name, Kind: HardLink, Addr: e.header}
		if e.cache == cachedSoftLink {
			l = Link{Name: name, Kind: SoftLink}
			if l.Target, err = r.heapName(heap, uint64(e.target)); err != nil {
				return nil, err
			}
		} else if e.header == undefined {
			return nil, malformed(at, "entry %q has no object", name)
		}
		out = append(out, orderedLink{Link: l})
	}
	return out, nil
}
