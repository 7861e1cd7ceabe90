package hdf5

// filter is a step of the pipeline that chunks went through when written.
type filter struct {
	id     uint16
	name   string
	values []uint32
}

func decodeFilters(c *cursor) []filter {
	at := c.offset()
	version, n := c.u8(), int(c.u8())
	if c.err == nil && version != 1 && version != 2 {
		c.err = unsupported(at, "version %d of a filter pipeline", version)
	}
	if version == 1 {
		c.skip(6)
	}
	if c.err == nil && n > 32 {
		c.fail("pipeline of %d filters", n)
	}
	var out []filter
	for range n {
		if c.err != nil {
			return nil
		}
		f := filter{id: c.u16()}
		nameSize := 0
		if version == 1 || f.id >= 256 {
			nameSize = int(c.u16())
		}
		c.skip(2) // whether it is optional: only for writing
		values := int(c.u16())
		if version == 1 {
			nameSize = align8(nameSize)
		}
		f.name = cString(c.bytes(nameSize))
		p := c.bytes(4 * values)
		for i := 0; i+4 <= len(p); i += 4 {
			f.values = append(f.values, uint32(p[i])|uint32(p[i+1])<<8|uint32(p[i+2])<<16|uint32(p[i+3])<<24)
		}
		if version == 1 && values%2 == 1 {
			c.skip(4)
		}
		out = append(out, f)
	}
	return out
}
