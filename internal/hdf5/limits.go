package hdf5

// Limits bounds what a file may ask for. A zero field means its default.
type Limits struct {
	// MetadataBytes is the number of bytes of headers, trees and heaps that are
	// read over the life of a File. Default 1 GiB. Independent of it, a file
	// may not make the reader see more than a small multiple of its own size,
	// which only overlapping structures do.
	MetadataBytes int64

	// Members is the largest number of links in one group. Default 1<<20.
	Members int

	// InflateRatio is how many times larger than its stored bytes the data of a
	// chunked dataset may be. Default 1100: deflate reaches at most 1032.
	InflateRatio int64

	// UnstoredBytes is how much more than InflateRatio allows a dataset may hold
	// in chunks that were never written and read as the fill value.
	// Default 1 MiB.
	UnstoredBytes int64

	// Spend is asked before n bytes of memory are taken that are not a part of
	// the file: decoded structures, strings, buffers of filters; n is negative
	// for buffers that are let go. Its error ends the reading. Data that are
	// returned by Read are the caller's to count. Default: 16 MiB and the
	// file's size.
	Spend func(n int64) error
}

const (
	maxRank      = 32 // H5S_MAX_RANK
	maxTypeDepth = 8
	maxSoftLinks = 16 // H5L_NUM_LINKS
	maxPath      = 8 << 10
	maxMessages  = 1<<16 - 1 // the count in a version 1 header has two bytes
)

// What decoded structures take, beside the bytes of their names.
const (
	messageMemory   = 64
	objectMemory    = 256
	groupMemory     = 320
	linkMemory      = 224
	attributeMemory = 272
	datasetMemory   = 512
	chunkMemory     = 72
	stringMemory    = 40 // with a copy of the list
	nodeMemory      = 48 // of the addresses that were seen in a tree
	heapMemory      = 96 // of an object or a block in a heap
)

func (l Limits) withDefaults() Limits {
	if l.MetadataBytes == 0 {
		l.MetadataBytes = 1 << 30
	}
	if l.Members == 0 {
		l.Members = 1 << 20
	}
	if l.InflateRatio == 0 {
		l.InflateRatio = 1100
	}
	if l.UnstoredBytes == 0 {
		l.UnstoredBytes = 1 << 20
	}
	return l
}
