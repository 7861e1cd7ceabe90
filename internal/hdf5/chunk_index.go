package hdf5

import (
	"cmp"
	"slices"
)

// chunk is where a chunk is stored.
type chunk struct {
	addr, size uint64
	mask       uint32 // filters that were not applied, by bit
	index      uint64 // row-major, in the grid of the dataset's present shape
}

// grid is the division of a dataset into chunks.
type grid struct {
	shape  []uint64
	chunk  []uint64
	counts []uint64 // chunks along each axis
	total  uint64
	bytes  uint64 // of a chunk before filters
}

// locateChunks lists the chunks of a dataset and checks them against it.
func (r *reader) locateChunks(d *dataset) error {
	l := &d.layout
	if len(l.chunk) != len(d.space.shape) {
		return malformed(l.at, "chunks of rank %d in a dataset of rank %d", len(l.chunk), len(d.space.shape))
	}
	if l.elem != uint64(d.typ.Size) {
		return malformed(l.at, "chunks of %d-byte elements in a dataset of %d-byte elements", l.elem, d.typ.Size)
	}
	if m := d.header.message(msgFilters); m != nil {
		c := r.cursorOver(m.body, m.at)
		if d.filters = decodeFilters(&c); c.err != nil {
			return c.err
		}
		if err := checkFilters(d.filters, m.at); err != nil {
			return err
		}
	}
	g := grid{chunk: l.chunk}
	g.bytes, _ = product(l.elem, l.chunk)
	for i, n := range d.space.shape {
		g.shape = append(g.shape, uint64(n))
		g.counts = append(g.counts, (uint64(n)-1)/l.chunk[i]+1)
	}
	g.total, _ = product(1, g.counts) // no more than the elements
	d.grid = g

	var err error
	if l.addr != undefined {
		err = r.listChunks(d)
	}
	if err != nil {
		return err
	}
	slices.SortFunc(d.chunks, func(a, b chunk) int { return cmp.Compare(a.index, b.index) })
	var stored uint64
	for i, k := range d.chunks {
		if i > 0 && d.chunks[i-1].index == k.index {
			return malformed(r.offset(k.addr), "chunk %d is stored twice", k.index)
		}
		if _, err := r.within(k.addr, k.size, "chunk"); err != nil {
			return err
		}
		stored += k.size
		if stored > uint64(r.src.size) {
			return malformed(l.at, "chunks overlap: they hold more than the file's %d bytes", r.src.size)
		}
		if len(d.filters) == 0 && k.size != g.bytes {
			return malformed(r.offset(k.addr), "chunk of %d bytes where %d are needed", k.size, g.bytes)
		}
		if most := k.size*uint64(r.limits.InflateRatio) + 1<<16; g.bytes > most {
			return exceeded(r.offset(k.addr), "chunk of %d bytes with %d bytes stored; Limits.InflateRatio raises the limit (--limit InflateRatio=N)", g.bytes, k.size)
		}
	}
	if err := r.checkStored(d, stored); err != nil {
		return err
	}
	return r.countData(d, stored)
}

// addChunk appends a chunk at the given position in units of chunks. Chunks
// beyond the present shape are left over from a larger one.
func (r *reader) addChunk(d *dataset, k chunk, scaled []uint64) error {
	for i, s := range scaled {
		if s >= d.grid.counts[i] {
			return nil
		}
		k.index = k.index*d.grid.counts[i] + s
	}
	if err := r.hold(chunkMemory); err != nil {
		return err
	}
	d.chunks = append(d.chunks, k)
	return nil
}

func (r *reader) listChunks(d *dataset) error {
	switch l := &d.layout; l.index.kind {
	case indexTree1:
		return r.chunksTree1(d)
	case indexSingle:
		k := chunk{addr: l.addr, size: d.grid.bytes}
		if len(d.filters) > 0 {
			k.size, k.mask = l.index.singleSize, l.index.singleMask
		}
		return r.addChunk(d, k, make([]uint64, len(l.chunk)))
	case indexImplicit:
		return r.chunksImplicit(d)
	case indexFixedArray:
		return r.chunksFixedArray(d)
	case indexExtensibleArray:
		return r.chunksExtensibleArray(d)
	default:
		return r.chunksTree2(d)
	}
}

// chunkElement decodes an element of an array index: an address and, when the
// dataset has filters, size and mask. size is the element's.
func (d *dataset) chunkElement(c *cursor, size int) chunk {
	k := chunk{addr: c.addr(), size: d.grid.bytes}
	if len(d.filters) > 0 {
		k.size = c.uint(size - c.offSize - 4)
		k.mask = c.u32()
	}
	return k
}

// checkElementSize tells whether an array index's elements have the one size
// that fits the dataset.
func (d *dataset) checkElementSize(c *cursor, size int) {
	want := c.offSize
	if len(d.filters) > 0 {
		want += d.chunkSizeBytes(c) + 4
	}
	if c.err == nil && size != want {
		c.fail("chunk index with elements of %d bytes, not %d", size, want)
	}
}

// chunkSizeBytes is the number of bytes of a filtered chunk's size: enough for
// one a little larger than the unfiltered.
func (d *dataset) chunkSizeBytes(c *cursor) int {
	if d.layout.index.wideSizes {
		return c.lenSize
	}
	return min(8, 1+(log2(d.grid.bytes)+8)/8)
}

// numbering turns an index of a fixed or extensible array into a position.
// The arrays count over the largest shape; a growing axis, if not the first,
// is moved to the front.
type numbering struct {
	axes []int    // order in which axes count, slowest first
	down []uint64 // chunks per step of each of them
}

func (d *dataset) numbering() (numbering, error) {
	rank := len(d.grid.chunk)
	n := numbering{axes: make([]int, 0, rank), down: make([]uint64, rank)}
	grows := 0
	for i, m := range d.space.max {
		if m == undefined {
			grows = i
			break
		}
	}
	n.axes = append(n.axes, grows)
	for i := range rank {
		if i != grows {
			n.axes = append(n.axes, i)
		}
	}
	step := uint64(1)
	for i := rank - 1; i >= 0; i-- {
		n.down[i] = step
		if i == 0 {
			break
		}
		axis := n.axes[i]
		most := d.space.max[axis]
		if most == undefined || most == 0 {
			return n, malformed(d.layout.at, "array of chunks for a dataset with axes of %v", d.space.max)
		}
		var ok bool
		if step, ok = product(step, []uint64{(most-1)/d.grid.chunk[axis] + 1}); !ok {
			return n, exceeded(d.layout.at, "dataset may grow to %v", d.space.max)
		}
	}
	return n, nil
}

// position writes the position of element i into scaled.
func (n numbering) position(i uint64, scaled []uint64) {
	for j, axis := range n.axes {
		scaled[axis] = i / n.down[j]
		i %= n.down[j]
	}
}

// chunksImplicit lists chunks stored one after another, all of them.
func (r *reader) chunksImplicit(d *dataset) error {
	n, err := d.numbering()
	if err != nil {
		return err
	}
	if len(d.filters) > 0 {
		return malformed(d.layout.at, "filtered chunks without an index")
	}
	total, ok := product(d.grid.bytes, []uint64{d.grid.total})
	if !ok {
		return malformed(d.layout.at, "%d chunks of %d bytes", d.grid.total, d.grid.bytes)
	}
	if _, err := r.within(d.layout.addr, total, "chunks"); err != nil {
		return err
	}
	scaled := make([]uint64, len(d.grid.chunk))
	for range d.grid.total {
		var i uint64
		for j, axis := range n.axes {
			i += scaled[axis] * n.down[j]
		}
		off, ok := product(i, []uint64{d.grid.bytes})
		if !ok || off > undefined>>1-d.layout.addr {
			return malformed(d.layout.at, "chunk %d lies beyond all files", i)
		}
		if err := r.addChunk(d, chunk{addr: d.layout.addr + off, size: d.grid.bytes}, scaled); err != nil {
			return err
		}
		for axis := len(scaled) - 1; axis >= 0; axis-- {
			if scaled[axis]++; scaled[axis] < d.grid.counts[axis] {
				break
			}
			scaled[axis] = 0
		}
	}
	return nil
}
