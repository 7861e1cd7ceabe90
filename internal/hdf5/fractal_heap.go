package hdf5

import "math/bits"

// fractalHeap stores links and attributes of the newer format. Managed objects
// lie in a linear space of direct blocks, whose sizes double every other row
// of a table of width columns; rows beyond the largest block are indirect.
type fractalHeap struct {
	at        int64
	idSize    int
	checked   bool // direct blocks have a checksum
	offBytes  int  // bytes of an offset in the linear space
	lenBytes  int  // bytes of the length in a managed object's ID
	hugeTree  uint64
	hugeBytes int // bytes of a huge object's number

	width    uint64
	start    uint64 // size of the smallest block
	largest  uint64 // size of the largest direct block
	maxBits  int    // of the linear space
	root     uint64
	rootRows int // 0: root is a direct block

	direct   map[uint64]cursor
	indirect map[uint64][]uint64
	huge     map[uint64]hugeObject
}

type hugeObject struct{ addr, size uint64 }

func (r *reader) readFractalHeap(addr uint64) (*fractalHeap, error) {
	c := r.block(addr, uint64(22+12*r.lenSize+3*r.offSize+4), "fractal heap")
	c.signature("FRHP", 0)
	h := &fractalHeap{at: c.at, direct: map[uint64]cursor{}, indirect: map[uint64][]uint64{}}
	h.idSize = int(c.u16())
	filters := c.u16()
	flags := c.u8()
	h.checked = flags&2 != 0
	maxManaged := uint64(c.u32())
	c.length() // next number of a huge object
	h.hugeTree = c.addr()
	c.length() // free space
	c.addr()
	c.skip(4*r.lenSize + 4*r.lenSize) // statistics
	h.width, h.start, h.largest = uint64(c.u16()), c.length(), c.length()
	h.maxBits = int(c.u16())
	c.skip(2)
	h.root, h.rootRows = c.addr(), int(c.u16())
	if c.err != nil {
		return nil, c.err
	}
	if filters != 0 {
		return nil, unsupported(h.at, "fractal heap with filters")
	}
	r.checksum(&c, "fractal heap")
	if c.err != nil {
		return nil, c.err
	}
	power := func(n uint64) bool { return n != 0 && n&(n-1) == 0 }
	switch {
	case !power(h.width), !power(h.start), !power(h.largest), h.start > h.largest:
		return nil, malformed(h.at, "fractal heap of width %d with blocks of %d to %d bytes", h.width, h.start, h.largest)
	case h.maxBits > 64, h.maxBits < log2(h.start*h.width), h.rootRows > h.maxRows(), h.largest > 1<<31, h.start*h.width > 1<<40:
		return nil, malformed(h.at, "fractal heap of %d bits, %d rows and blocks of %d bytes", h.maxBits, h.rootRows, h.start)
	case h.idSize < 2:
		return nil, malformed(h.at, "fractal heap with IDs of %d bytes", h.idSize)
	}
	h.offBytes = (h.maxBits + 7) / 8
	h.lenBytes = min((log2(h.largest)+7)/8, encodedSize(max(maxManaged, 1)))
	h.hugeBytes = min(h.idSize-1, 8)
	return h, nil
}

func log2(n uint64) int { return bits.Len64(n) - 1 }

// maxRows is the number of rows that span the whole linear space.
func (h *fractalHeap) maxRows() int { return h.maxBits - log2(h.start*h.width) + 1 }

// directRows is the number of rows that hold direct blocks.
func (h *fractalHeap) directRows() int { return log2(h.largest) - log2(h.start) + 2 }

// rowStart is where a row begins in its block's space, rowBlock the size of
// each block in it.
func (h *fractalHeap) rowStart(row int) uint64 {
	if row == 0 {
		return 0
	}
	return h.start * h.width << (row - 1)
}

func (h *fractalHeap) rowBlock(row int) uint64 { return h.start << max(0, row-1) }

// heapObject returns a cursor over the object of an ID.
func (r *reader) heapObject(h *fractalHeap, id []byte) (cursor, error) {
	c := r.cursorOver(id, h.at)
	head := c.u8()
	if c.err != nil {
		return c, c.err
	}
	switch head >> 4 & 3 {
	case 0:
		off, n := c.uint(h.offBytes), c.uint(h.lenBytes)
		if c.err != nil {
			return c, c.err
		}
		return r.managedObject(h, off, n)
	case 1:
		return r.hugeObject(h, &c)
	case 2:
		n := int(head&15) + 1
		if h.idSize-1 > 16 {
			n = int(head&15)<<8 + int(c.u8()) + 1
		}
		at := c.offset()
		return r.cursorOver(c.bytes(n), at), c.err
	}
	return c, malformed(h.at, "fractal heap ID of an unknown kind")
}

// managedObject finds the direct block of an offset in the linear space.
func (r *reader) managedObject(h *fractalHeap, off, n uint64) (cursor, error) {
	block, size, rows := h.root, h.start, h.rootRows
	if h.maxBits < 64 && off >= 1<<h.maxBits {
		return cursor{}, malformed(h.at, "offset %d in a fractal heap of %d bits", off, h.maxBits)
	}
	for rows > 0 {
		children, err := r.indirectBlock(h, block, rows)
		if err != nil {
			return cursor{}, err
		}
		row := 0
		if first := h.start * h.width; off >= first {
			row = log2(off/first) + 1
		}
		if row >= rows {
			return cursor{}, malformed(h.at, "offset in row %d of a fractal heap block of %d rows", row, rows)
		}
		size = h.rowBlock(row)
		within := off - h.rowStart(row)
		block = children[uint64(row)*h.width+within/size]
		off = within % size
		rows = 0
		if row >= h.directRows() {
			rows = log2(size) - log2(h.start*h.width) + 1
		}
	}
	b, err := r.directBlock(h, block, size)
	if err != nil {
		return cursor{}, err
	}
	if off > size || n > size-off {
		return cursor{}, malformed(b.at, "object of %d bytes at %d in a fractal heap block of %d bytes", n, off, size)
	}
	if err := r.spend(int64(n), b.at); err != nil {
		return cursor{}, err
	}
	return r.cursorOver(b.b[off:off+n], b.at+int64(off)), nil
}

func (r *reader) directBlock(h *fractalHeap, addr, size uint64) (cursor, error) {
	if c, ok := h.direct[addr]; ok {
		if uint64(len(c.b)) != size {
			return c, malformed(c.at, "fractal heap block of %d and of %d bytes", len(c.b), size)
		}
		return c, nil
	}
	c := r.block(addr, size, "fractal heap block")
	c.signature("FHDB", 0)
	c.skip(r.offSize + h.offBytes)
	sumAt := c.pos
	if h.checked {
		want := c.u32()
		if c.err == nil && !r.skipChecksums {
			// The checksum covers the block with zeros in its own place.
			b := append([]byte(nil), c.b...)
			clear(b[sumAt : sumAt+4])
			if got := lookup3(b); got != want {
				c.err = malformed(c.at, "fractal heap block is damaged: its checksum is %08x, the file says %08x", got, want)
			}
		}
	}
	if c.err == nil {
		c.err = r.hold(heapMemory)
	}
	if c.err != nil {
		return c, c.err
	}
	h.direct[addr] = c
	return c, nil
}

// indirectBlock returns the addresses of a block's children, direct ones first.
func (r *reader) indirectBlock(h *fractalHeap, addr uint64, rows int) ([]uint64, error) {
	n := rows * int(h.width)
	if children, ok := h.indirect[addr]; ok {
		if len(children) != n {
			return nil, malformed(h.at, "fractal heap block with %d and with %d children", len(children), n)
		}
		return children, nil
	}
	head := 5 + r.offSize + h.offBytes
	c := r.block(addr, uint64(head+n*r.offSize+4), "fractal heap block")
	c.signature("FHIB", 0)
	c.skip(r.offSize + h.offBytes)
	if c.err == nil {
		c.err = r.hold(int64(heapMemory + 8*n))
	}
	if c.err != nil {
		return nil, c.err
	}
	children := make([]uint64, n)
	for i := range children {
		children[i] = c.addr()
	}
	r.checksum(&c, "fractal heap block")
	if c.err != nil {
		return nil, c.err
	}
	h.indirect[addr] = children
	return children, nil
}

// hugeObject reads an object with storage of its own: its ID holds address and
// size when they fit, else a number to look up in a B-tree.
func (r *reader) hugeObject(h *fractalHeap, id *cursor) (cursor, error) {
	var o hugeObject
	if h.idSize-1 >= r.offSize+r.lenSize {
		o = hugeObject{id.addr(), id.length()}
	} else {
		if h.huge == nil {
			h.huge = map[uint64]hugeObject{}
			err := r.walkTree2(h.hugeTree, treeHugeObjects, func(rec *cursor) error {
				o := hugeObject{rec.addr(), rec.length()}
				h.huge[rec.length()] = o
				return r.hold(heapMemory)
			})
			if err != nil {
				return cursor{}, err
			}
		}
		n := id.uint(h.hugeBytes)
		var ok bool
		if o, ok = h.huge[n]; !ok && id.err == nil {
			return cursor{}, malformed(h.at, "fractal heap has no huge object %d", n)
		}
	}
	if id.err != nil {
		return cursor{}, id.err
	}
	c := r.block(o.addr, o.size, "huge object of a fractal heap")
	return c, c.err
}
