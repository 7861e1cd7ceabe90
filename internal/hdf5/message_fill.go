package hdf5

// decodeFill returns the fill value of message 0x05; nil means zeros.
func decodeFill(c *cursor) []byte {
	at := c.offset()
	version := c.u8()
	defined := true
	switch version {
	case 1, 2:
		c.skip(2)
		defined = c.u8() != 0 || version == 1
	case 3:
		defined = c.u8()&0x20 != 0
	default:
		if c.err == nil {
			c.err = unsupported(at, "version %d of a fill value", version)
		}
	}
	if !defined {
		return nil
	}
	return decodeFillOld(c)
}

// decodeFillOld reads the body of message 0x04.
func decodeFillOld(c *cursor) []byte {
	n := c.u32()
	if n == 0 || n == 1<<32-1 { // undefined: written as a size of -1
		return nil
	}
	return c.bytes(clampInt(uint64(n)))
}
