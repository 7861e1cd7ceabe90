package hdf5

import "math"

const (
	layoutCompact    = 0
	layoutContiguous = 1
	layoutChunked    = 2
	layoutVirtual    = 3
)

// layout tells where the data of a dataset are.
type layout struct {
	class   uint8
	at      int64
	compact []byte
	addr    uint64 // of contiguous data, or of the chunk index
	size    uint64 // of contiguous data, undefined when not stored

	chunk []uint64 // extent of a chunk
	elem  uint64   // bytes of an element, as the layout has it
	index chunkIndex
}

// chunkIndex is how the chunks of a dataset are found.
type chunkIndex struct {
	kind uint8

	unfilteredEdges bool // chunks that reach beyond the data bypass the filters
	wideSizes       bool // sizes of filtered chunks have the size of a length

	singleSize uint64 // of a single chunk, when filtered
	singleMask uint32
}

const (
	indexTree1           = 0
	indexSingle          = 1
	indexImplicit        = 2
	indexFixedArray      = 3
	indexExtensibleArray = 4
	indexTree2           = 5
)

func decodeLayout(c *cursor) (layout, error) {
	l := layout{at: c.offset(), size: undefined}
	version := c.u8()
	switch {
	case c.err != nil:
	case version == 1 || version == 2:
		l.decode1(c)
	case version >= 3 && version <= 5:
		l.decode3(c, version)
	default:
		return l, unsupported(l.at, "version %d of a data layout", version)
	}
	if c.err != nil {
		return l, c.err
	}
	switch l.class {
	case layoutCompact, layoutContiguous:
	case layoutChunked:
		for _, n := range l.chunk {
			if n == 0 {
				return l, malformed(l.at, "chunk of extent %v", l.chunk)
			}
		}
		if n, ok := product(l.elem, l.chunk); !ok || n > math.MaxInt {
			return l, exceeded(l.at, "chunk of extent %v", l.chunk)
		}
	case layoutVirtual:
		return l, unsupported(l.at, "virtual dataset")
	default:
		return l, unsupported(l.at, "data layout %d", l.class)
	}
	return l, nil
}

func (l *layout) decode1(c *cursor) {
	rank := int(c.u8())
	l.class = c.u8()
	c.skip(5)
	if l.class != layoutCompact {
		l.addr = c.addr()
	}
	dims := l.dims(c, rank, 4)
	switch l.class {
	case layoutCompact:
		l.compact = c.bytes(clampInt(uint64(c.u32())))
	case layoutChunked:
		l.setChunk(c, dims)
	}
}

func (l *layout) decode3(c *cursor, version uint8) {
	l.class = c.u8()
	switch l.class {
	case layoutCompact:
		l.compact = c.bytes(int(c.u16()))
	case layoutContiguous:
		l.addr, l.size = c.addr(), c.length()
	case layoutChunked:
		if version == 3 {
			rank := int(c.u8())
			l.addr = c.addr()
			l.setChunk(c, l.dims(c, rank, 4))
			return
		}
		l.decodeIndex(c, version)
	}
}

func (l *layout) decodeIndex(c *cursor, version uint8) {
	flags, rank, width := c.u8(), int(c.u8()), int(c.u8())
	if c.err == nil && (width < 1 || width > 8) {
		c.fail("chunk extents of %d bytes", width)
	}
	l.setChunk(c, l.dims(c, rank, width))
	l.index.unfilteredEdges = flags&1 != 0
	l.index.wideSizes = version >= 5
	at := c.offset()
	l.index.kind = c.u8()
	switch l.index.kind {
	case indexSingle:
		if flags&2 != 0 {
			l.index.singleSize, l.index.singleMask = c.length(), c.u32()
		}
	case indexImplicit:
	case indexFixedArray:
		c.skip(1) // creation parameters, which the index repeats
	case indexExtensibleArray:
		c.skip(5)
	case indexTree2:
		c.skip(6)
	default:
		if c.err == nil {
			c.err = unsupported(at, "chunk index of kind %d", l.index.kind)
		}
	}
	l.addr = c.addr()
}

func (l *layout) dims(c *cursor, rank, width int) []uint64 {
	if c.err == nil && rank > maxRank+1 {
		c.fail("layout of rank %d", rank)
	}
	if c.err != nil {
		return nil
	}
	dims := make([]uint64, rank)
	for i := range dims {
		dims[i] = c.uint(width)
	}
	return dims
}

// setChunk splits the extent of a chunk, whose last axis is the element's bytes.
func (l *layout) setChunk(c *cursor, dims []uint64) {
	if c.err == nil && len(dims) < 2 {
		c.fail("chunk of rank %d", len(dims))
	}
	if c.err == nil {
		l.chunk, l.elem = dims[:len(dims)-1], dims[len(dims)-1]
	}
}
