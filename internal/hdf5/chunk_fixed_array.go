package hdf5

// chunksFixedArray lists the chunks of a dataset whose axes cannot grow
// without bound: an array of all chunks, in pages when it is long.
func (r *reader) chunksFixedArray(d *dataset) error {
	c := r.block(d.layout.addr, uint64(8+r.lenSize+r.offSize+4), "fixed array")
	c.signature("FAHD", 0)
	c.skip(1)
	size, pageBits := int(c.u8()), int(c.u8())
	d.checkElementSize(&c, size)
	count, data := c.length(), c.addr()
	r.checksum(&c, "fixed array")
	if c.err == nil && (pageBits > 31 || count > 1<<40) {
		c.fail("fixed array of %d elements in pages of %d bits", count, pageBits)
	}
	if c.err != nil || data == undefined {
		return c.err
	}
	a := arrayIndex{r: r, d: d, size: size, scaled: make([]uint64, len(d.grid.chunk))}
	var err error
	if a.numbering, err = d.numbering(); err != nil {
		return err
	}
	head := uint64(6 + r.offSize)
	page := uint64(1) << pageBits
	if count <= page {
		b := r.block(data, head+count*uint64(size)+4, "fixed array data")
		b.signature("FADB", 0)
		b.skip(1 + r.offSize)
		a.elements(&b, 0, count)
		r.checksum(&b, "fixed array data")
		return b.err
	}
	pages := (count-1)/page + 1
	b := r.block(data, head+(pages+7)/8+4, "fixed array data")
	b.signature("FADB", 0)
	b.skip(1 + r.offSize)
	written := b.bytes(int((pages + 7) / 8))
	r.checksum(&b, "fixed array data")
	if b.err != nil {
		return b.err
	}
	at := data + uint64(len(b.b))
	for i := range pages {
		n := min(page, count-i*page)
		if bitSet(written, i) {
			if err := a.page(at, i*page, n); err != nil {
				return err
			}
		}
		at += n*uint64(size) + 4
	}
	return nil
}

// bitSet tells whether bit i is set, counting from the highest of each byte.
func bitSet(b []byte, i uint64) bool { return b[i/8]&(0x80>>(i%8)) != 0 }

// arrayIndex collects the chunks of a fixed or extensible array.
type arrayIndex struct {
	r *reader
	d *dataset
	numbering
	size   int // bytes of an element
	scaled []uint64
}

// elements decodes n elements, the first of which has the given index.
func (a *arrayIndex) elements(c *cursor, first, n uint64) {
	for i := range n {
		k := a.d.chunkElement(c, a.size)
		if c.err != nil {
			return
		}
		if k.addr != undefined {
			a.position(first+i, a.scaled)
			if err := a.r.addChunk(a.d, k, a.scaled); err != nil {
				c.err = err
				return
			}
		}
	}
}

// page decodes a page: elements and a checksum.
func (a *arrayIndex) page(addr, first, n uint64) error {
	c := a.r.block(addr, n*uint64(a.size)+4, "page of an array of chunks")
	a.elements(&c, first, n)
	a.r.checksum(&c, "page of an array of chunks")
	return c.err
}
