package hdf5

import "bytes"

// localHeap holds the names of an old group.
type localHeap struct {
	data []byte
	at   int64
}

func (r *reader) readLocalHeap(addr uint64) (*localHeap, error) {
	c := r.block(addr, uint64(8+2*r.lenSize+r.offSize), "local heap")
	c.signature("HEAP", 0)
	c.skip(3)
	size := c.length()
	c.skip(r.lenSize)
	data := c.addr()
	if c.err != nil {
		return nil, c.err
	}
	d := r.block(data, size, "local heap")
	return &localHeap{d.b, d.at}, d.err
}

// heapName returns the NUL-terminated string at an offset. It counts as
// metadata: many entries may share one long name.
func (r *reader) heapName(h *localHeap, off uint64) (string, error) {
	if off >= uint64(len(h.data)) {
		return "", malformed(h.at, "name at %d in a local heap of %d bytes", off, len(h.data))
	}
	b := h.data[off:]
	n := bytes.IndexByte(b, 0)
	if n < 0 {
		return "", malformed(h.at+int64(off), "name without end in a local heap")
	}
	if err := r.spend(int64(n), h.at); err != nil {
		return "", err
	}
	return string(b[:n]), r.hold(int64(n))
}
