package hdf5

// chunksTree1 lists the chunks of layouts before version 4. A key holds the
// chunk's size, filter mask and position in elements, with a last axis for
// the bytes of an element.
func (r *reader) chunksTree1(d *dataset) error {
	rank := len(d.grid.chunk)
	scaled := make([]uint64, rank)
	return r.walkTree1(d.layout.addr, 1, 8+8*(rank+1), func(key *cursor, child uint64) error {
		k := chunk{addr: child, size: uint64(key.u32()), mask: key.u32()}
		for i := range scaled {
			at := key.u64()
			if at%d.grid.chunk[i] != 0 {
				return malformed(key.at, "chunk at element %d of axis %d, with chunks of %d", at, i, d.grid.chunk[i])
			}
			scaled[i] = at / d.grid.chunk[i]
		}
		if key.err != nil {
			return key.err
		}
		return r.addChunk(d, k, scaled)
	})
}

// chunksTree2 lists the chunks of datasets with several growing axes.
func (r *reader) chunksTree2(d *dataset) error {
	rank := len(d.grid.chunk)
	kind := uint8(treeChunks)
	if len(d.filters) > 0 {
		kind = treeFilteredChunks
	}
	scaled := make([]uint64, rank)
	return r.walkTree2(d.layout.addr, kind, func(rec *cursor) error {
		d.checkElementSize(rec, len(rec.b)-8*rank)
		k := d.chunkElement(rec, len(rec.b)-8*rank)
		for i := range scaled {
			scaled[i] = rec.u64()
		}
		if rec.err != nil {
			return rec.err
		}
		return r.addChunk(d, k, scaled)
	})
}
