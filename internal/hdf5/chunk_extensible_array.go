package hdf5

// extensibleArray is the index of a dataset with one growing axis: elements in
// the index block itself, then in data blocks of doubling size, whose
// addresses are in the index block or, later, in secondary blocks.
type extensibleArray struct {
	arrayIndex
	maxBits  int    // of an element's index
	inIndex  uint64 // elements in the index block
	blockMin uint64 // elements of the smallest data block
	pointers uint64 // data block pointers of the smallest secondary block
	page     uint64 // elements of a page
	offBytes int
}

func (r *reader) chunksExtensibleArray(d *dataset) error {
	c := r.block(d.layout.addr, uint64(12+6*r.lenSize+r.offSize+4), "extensible array")
	c.signature("EAHD", 0)
	c.skip(1)
	a := extensibleArray{arrayIndex: arrayIndex{r: r, d: d, scaled: make([]uint64, len(d.grid.chunk))}}
	a.size = int(c.u8())
	a.maxBits = int(c.u8())
	a.inIndex, a.blockMin, a.pointers = uint64(c.u8()), uint64(c.u8()), uint64(c.u8())
	pageBits := int(c.u8())
	d.checkElementSize(&c, a.size)
	c.skip(6 * r.lenSize)
	index := c.addr()
	r.checksum(&c, "extensible array")
	power := func(n uint64) bool { return n != 0 && n&(n-1) == 0 }
	if c.err == nil && (!power(a.blockMin) || !power(a.pointers) || a.maxBits > 64 || a.maxBits < log2(a.blockMin) || pageBits > 31) {
		c.fail("extensible array of %d bits with blocks of %d elements", a.maxBits, a.blockMin)
	}
	if c.err != nil || index == undefined {
		return c.err
	}
	a.page = 1 << pageBits
	a.offBytes = (a.maxBits + 7) / 8
	var err error
	if a.numbering, err = d.numbering(); err != nil {
		return err
	}
	return a.indexBlock(index)
}

// superBlock gives the number of data blocks of super block u and the elements
// of each.
func (a *extensibleArray) superBlock(u int) (blocks, elements uint64) {
	return 1 << (u / 2), a.blockMin << ((u + 1) / 2)
}

func (a *extensibleArray) indexBlock(addr uint64) error {
	r := a.r
	supers := 1 + a.maxBits - log2(a.blockMin)
	direct := min(2*log2(a.pointers), supers) // super blocks whose data blocks the index block points to
	blocks := 2 * (a.pointers - 1)
	size := 6 + uint64(r.offSize) + a.inIndex*uint64(a.size) + (blocks+uint64(supers-direct))*uint64(r.offSize) + 4
	c := r.block(addr, size, "extensible array index block")
	c.signature("EAIB", 0)
	c.skip(1 + r.offSize)
	a.elements(&c, 0, a.inIndex)
	addrs := make([]uint64, 0, blocks)
	for range blocks {
		addrs = append(addrs, c.addr())
	}
	secondary := make([]uint64, 0, supers-direct)
	for range supers - direct {
		secondary = append(secondary, c.addr())
	}
	r.checksum(&c, "extensible array index block")
	if c.err != nil {
		return c.err
	}
	first := a.inIndex
	for u := range supers {
		n, elements := a.superBlock(u)
		if u >= direct {
			if s := secondary[u-direct]; s != undefined {
				if err := a.secondaryBlock(s, first, n, elements); err != nil {
					return err
				}
			}
			first += n * elements
			continue
		}
		for range n {
			if len(addrs) == 0 {
				return malformed(c.at, "extensible array with %d data blocks in its index block", blocks)
			}
			if addrs[0] != undefined {
				if err := a.dataBlock(addrs[0], first, elements, nil); err != nil {
					return err
				}
			}
			addrs = addrs[1:]
			first += elements
		}
	}
	return nil
}

func (a *extensibleArray) secondaryBlock(addr, first, blocks, elements uint64) error {
	r := a.r
	var pages, bitmap uint64
	if elements > a.page {
		pages = elements / a.page
		bitmap = blocks * ((pages + 7) / 8)
	}
	head := uint64(6 + r.offSize + a.offBytes)
	c := r.block(addr, head+bitmap+blocks*uint64(r.offSize)+4, "extensible array secondary block")
	c.signature("EASB", 0)
	c.skip(1 + r.offSize + a.offBytes)
	written := c.bytes(clampInt(bitmap))
	start := c.pos
	c.skip(clampInt(blocks * uint64(r.offSize)))
	r.checksum(&c, "extensible array secondary block")
	if c.err != nil {
		return c.err
	}
	c.pos = start
	for b := range blocks {
		if data := c.addr(); data != undefined {
			var isWritten func(page uint64) bool
			if pages > 0 {
				isWritten = func(page uint64) bool { return bitSet(written, b*pages+page) }
			}
			if err := a.dataBlock(data, first, elements, isWritten); err != nil {
				return err
			}
		}
		first += elements
	}
	return nil
}

// dataBlock decodes a data block; written, when not nil, tells which of its
// pages exist.
func (a *extensibleArray) dataBlock(addr, first, n uint64, written func(page uint64) bool) error {
	r := a.r
	head := uint64(6 + r.offSize + a.offBytes)
	if n > 1<<40 {
		return malformed(r.offset(addr), "extensible array data block of %d elements", n)
	}
	if written == nil {
		c := r.block(addr, head+n*uint64(a.size)+4, "extensible array data block")
		c.signature("EADB", 0)
		c.skip(1 + r.offSize + a.offBytes)
		a.elements(&c, first, n)
		r.checksum(&c, "extensible array data block")
		return c.err
	}
	c := r.block(addr, head+4, "extensible array data block")
	c.signature("EADB", 0)
	c.skip(1 + r.offSize + a.offBytes)
	r.checksum(&c, "extensible array data block")
	if c.err != nil {
		return c.err
	}
	at := addr + head + 4
	for page := range n / a.page {
		if written(page) {
			if err := a.arrayIndex.page(at, first, a.page); err != nil {
				return err
			}
		}
		first += a.page
		at += a.page*uint64(a.size) + 4
	}
	return nil
}
