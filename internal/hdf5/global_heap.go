package hdf5

// globalHeap is a collection of objects of variable length. Strings are made
// once, so that many references to a long one cost no memory.
type globalHeap struct {
	at      int64
	objects map[uint32][]byte
	strings map[uint32]string
}

func (r *reader) readGlobalHeap(addr uint64) (*globalHeap, error) {
	if h, ok := r.heaps[addr]; ok {
		return h, nil
	}
	// Headers are padded to 8 bytes, which shows when lengths have 2 or 4.
	head := align8(8 + r.lenSize)
	c := r.block(addr, uint64(head), "global heap")
	c.signature("GCOL", 1)
	c.skip(3)
	size := c.length()
	if c.err == nil && size < uint64(head) {
		c.fail("global heap of %d bytes", size)
	}
	if c.err != nil {
		return nil, c.err
	}
	c = r.block(addr, size, "global heap")
	c.skip(head)
	h := &globalHeap{at: c.at, objects: map[uint32][]byte{}, strings: map[uint32]string{}}
	for c.left() >= head {
		start := c.pos
		index := c.u16()
		c.skip(6)
		n := c.length()
		if index == 0 { // free space, the rest
			break
		}
		c.pos = start
		c.skip(head)
		if n > uint64(c.left()) {
			c.fail("global heap object of %d bytes reaches beyond its heap", n)
			break
		}
		if err := r.hold(heapMemory); err != nil {
			return nil, err
		}
		h.objects[uint32(index)] = c.bytes(int(n))
		c.skip(min((8-int(n%8))%8, c.left()))
	}
	if c.err != nil {
		return nil, c.err
	}
	r.heaps[addr] = h
	return h, nil
}

// heapString returns the first n bytes of an object, up to a NUL.
func (r *reader) heapString(addr uint64, index, n uint32) (string, error) {
	h, err := r.readGlobalHeap(addr)
	if err != nil {
		return "", err
	}
	b, ok := h.objects[index]
	if !ok {
		return "", malformed(h.at, "global heap has no object %d", index)
	}
	if uint64(n) > uint64(len(b)) {
		return "", malformed(h.at, "string of %d bytes in global heap object %d of %d bytes", n, index, len(b))
	}
	s, ok := h.strings[index]
	if !ok {
		if err := r.hold(int64(len(b))); err != nil {
			return "", err
		}
		s = cString(b)
		h.strings[index] = s
	}
	return s[:min(int(n), len(s))], nil
}

func align8(n int) int { return (n + 7) &^ 7 }
