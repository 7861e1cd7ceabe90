package hdf5

import (
	"io"
	"slices"
)

// Identifiers of filters.
const (
	filterDeflate    = 1
	filterShuffle    = 2
	filterFletcher32 = 3
	filterLZF        = 32000
)

var filterNames = map[uint16]string{
	4: "szip", 5: "nbit", 6: "scaleoffset",
	32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
}

// checkFilters refuses a pipeline with a filter that is not known, by name, and
// one that takes a chunk through a filter twice: each would multiply the time.
func checkFilters(filters []filter, at int64) error {
	for i, f := range filters {
		if slices.ContainsFunc(filters[:i], func(g filter) bool { return g.id == f.id }) {
			return unsupported(at, "filter %d twice", f.id)
		}
		switch f.id {
		case filterDeflate, filterShuffle, filterFletcher32, filterLZF:
			continue
		}
		name := filterNames[f.id]
		if name == "" {
			name = f.name
		}
		return unsupported(at, "filter %d (%s); deflate, shuffle, fletcher32 and lzf can be read", f.id, name)
	}
	return nil
}

// pipeline undoes filters and keeps what can be used again.
type pipeline struct {
	inflate io.ReadCloser
	buf     [2][]byte
	next    int
	whole   []byte // where the chunk belongs, when it is all of the data
	last    bool   // the filter that is undone was the first to be applied
}

// buffer returns n bytes that differ from the last one's.
func (p *pipeline) buffer(n int) []byte {
	if p.last && n == len(p.whole) {
		return p.whole
	}
	p.next ^= 1
	if cap(p.buf[p.next]) < n {
		p.buf[p.next] = make([]byte, n)
	}
	return p.buf[p.next][:n]
}

// undo turns a stored chunk into its size bytes. Filters whose bit is set in
// mask were left out.
func (p *pipeline) undo(filters []filter, mask uint32, b []byte, size int, at int64) ([]byte, error) {
	for i := len(filters) - 1; i >= 0; i-- {
		if mask>>i&1 != 0 {
			continue
		}
		want, exact := sizeBefore(filters[:i], mask, size)
		p.last = mask|^uint32(0)<<i == ^uint32(0)
		var err error
		switch f := filters[i]; f.id {
		case filterDeflate:
			b, err = p.undoDeflate(b, want, exact)
		case filterLZF:
			b, err = p.undoLZF(b, want)
		case filterShuffle:
			b, err = p.undoShuffle(b, f)
		case filterFletcher32:
			b, err = undoFletcher32(b)
		}
		if err != nil {
			return nil, malformed(at, "chunk is damaged: %v", err)
		}
	}
	return b, nil
}

// sizeBefore is the size of a chunk after the given filters were applied, at
// most when it is not exact. HDF5 stores what would not get smaller as it is,
// deflate's a little larger.
func sizeBefore(filters []filter, mask uint32, size int) (n int, exact bool) {
	n, exact = size, true
	for i, f := range filters {
		if mask>>i&1 != 0 {
			continue
		}
		switch f.id {
		case filterFletcher32:
			n += 4
		case filterDeflate, filterLZF:
			n, exact = n+n/1000+64, false
		}
	}
	return n, exact
}
