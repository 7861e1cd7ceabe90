package hdf5

import "bytes"

const signature = "\x89HDF\r\n\x1a\n"

// superblock is what of it matters for reading.
type superblock struct {
	base             int64 // offset of address 0 in the file
	offSize, lenSize int   // bytes of an address, of a length
	root             uint64
}

func (r *reader) readSuperblock() error {
	at, err := r.findSignature()
	if err != nil {
		return err
	}
	r.base, r.offSize, r.lenSize = at, 8, 8
	c := r.block(8, 1, "superblock")
	switch version := c.u8(); {
	case c.err != nil:
		return c.err
	case version <= 1:
		return r.superblock0(version)
	case version <= 3:
		return r.superblock2()
	default:
		return unsupported(at+8, "superblock version %d", version)
	}
}

// findSignature looks where a user block may end: at 0, 512, 1024, 2048, ...
func (r *reader) findSignature() (int64, error) {
	for at := int64(0); at <= r.src.size-int64(len(signature)); at = max(512, 2*at) {
		b, err := r.src.metadata(at, len(signature))
		if err != nil {
			return 0, err
		}
		if bytes.Equal(b, []byte(signature)) {
			return at, nil
		}
	}
	return 0, malformed(0, "not an HDF5 file: no signature")
}

func (r *reader) setSizes(c *cursor) {
	r.offSize, r.lenSize = int(c.u8()), int(c.u8())
	if c.err == nil && !(validSize(r.offSize) && validSize(r.lenSize)) {
		c.err = malformed(c.offset()-2, "addresses of %d and lengths of %d bytes; 2, 4 and 8 exist", r.offSize, r.lenSize)
	}
	c.offSize, c.lenSize = r.offSize, r.lenSize
}

func validSize(n int) bool { return n == 2 || n == 4 || n == 8 }

func (r *reader) superblock0(version uint8) error {
	c := r.block(0, 16, "superblock")
	c.skip(8 + 5)
	r.setSizes(&c)
	if c.err != nil {
		return c.err
	}
	size := 24 + 4*r.offSize + r.entrySize()
	if version == 1 {
		size += 4
	}
	c = r.block(0, uint64(size), "superblock")
	c.skip(24)
	if version == 1 {
		c.skip(4)
	}
	base, _, eof, driver := c.addr(), c.addr(), c.addr(), c.addr()
	entry := r.readEntry(&c)
	if c.err != nil {
		return c.err
	}
	if err := r.checkEnd(base, eof); err != nil {
		return err
	}
	if driver != undefined {
		d := r.block(driver, 16, "driver information")
		d.skip(8)
		name := d.bytes(8)
		if d.err != nil {
			return d.err
		}
		return unsupported(d.at, "file is split over several (driver %q)", name)
	}
	r.root = entry.header
	return nil
}

func (r *reader) superblock2() error {
	c := r.block(0, 12, "superblock")
	c.skip(9)
	r.setSizes(&c)
	if c.err != nil {
		return c.err
	}
	c = r.block(0, uint64(12+4*r.offSize+4), "superblock")
	c.skip(12)
	base, extension, eof, root := c.addr(), c.addr(), c.addr(), c.addr()
	r.checksum(&c, "superblock")
	if c.err != nil {
		return c.err
	}
	if err := r.checkEnd(base, eof); err != nil {
		return err
	}
	r.root = root
	if extension == undefined {
		return nil
	}
	h, err := r.readHeader(extension)
	if err != nil {
		return err
	}
	if m := h.message(msgDriverInfo); m != nil {
		return unsupported(m.at, "file is split over several")
	}
	return nil
}

// checkEnd compares the file's size with the one it says it has, so that a cut
// file is one clear error. The stored end counts from the start of the file;
// when the stored base differs from the real one, as after a user block was
// added or removed, libhdf5 moves both.
func (r *reader) checkEnd(base, eof uint64) error {
	if eof == undefined || base > eof {
		return malformed(r.base, "superblock gives the file's end as %d and its base as %d", eof, base)
	}
	if room := uint64(r.src.size - r.base); eof-base > room {
		return malformed(r.base, "file is truncated: its superblock says %d bytes, it has %d", eof-base+uint64(r.base), r.src.size)
	}
	return nil
}
