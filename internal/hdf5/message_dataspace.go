package hdf5

import (
	"math"
	"math/bits"
)

// dataspace is the extent of a dataset or attribute.
type dataspace struct {
	shape []int
	max   []uint64 // most an axis may grow to; undefined for no bound
	count uint64   // elements
}

func decodeDataspace(c *cursor) dataspace {
	at := c.offset()
	version, rank, flags := c.u8(), int(c.u8()), c.u8()
	null := false
	switch version {
	case 1:
		c.skip(5)
	case 2:
		null = c.u8() == 2
	default:
		if c.err == nil {
			c.err = unsupported(at, "version %d of a dataspace", version)
		}
	}
	if c.err == nil && rank > maxRank {
		c.err = malformed(at, "rank %d; HDF5 has at most %d", rank, maxRank)
	}
	if c.err != nil {
		return dataspace{}
	}
	if null {
		return dataspace{shape: []int{0}, max: []uint64{0}}
	}
	s := dataspace{shape: make([]int, rank), max: make([]uint64, rank), count: 1}
	for i := range s.shape {
		n := c.length()
		if n > math.MaxInt {
			c.err = exceeded(at, "axis of %d elements", n)
			return s
		}
		s.shape[i], s.max[i] = int(n), n
	}
	if flags&1 != 0 {
		for i := range s.max {
			s.max[i] = c.length()
			if s.max[i] == undefined>>(64-8*c.lenSize) {
				s.max[i] = undefined
			} else if c.err == nil && s.max[i] < uint64(s.shape[i]) {
				c.fail("axis of %d elements, more than its maximum of %d", s.shape[i], s.max[i])
			}
		}
	}
	var ok bool
	if s.count, ok = product(1, s.shape); !ok && c.err == nil {
		c.err = exceeded(at, "shape %v has too many elements", s.shape)
	}
	return s
}

// product multiplies n by all of dims; false on overflow of 63 bits.
func product[T int | uint64](n uint64, dims []T) (uint64, bool) {
	zero := n == 0
	for _, d := range dims {
		zero = zero || d == 0
	}
	if zero {
		return 0, true
	}
	for _, d := range dims {
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		n = lo
	}
	return n, true
}

// bytesOf returns the bytes of the data, if this platform can address them.
func (s dataspace) bytesOf(t Datatype, at int64) (int, error) {
	n, ok := product(s.count, []int{t.Size})
	if !ok || n > math.MaxInt {
		return 0, exceeded(at, "%v elements of %d bytes are more than this platform can address", s.shape, t.Size)
	}
	return int(n), nil
}
