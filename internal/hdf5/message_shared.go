package hdf5

// resolve returns the message itself or, for one that is kept in a committed
// datatype, the message there.
func (r *reader) resolve(m *message) (*message, error) {
	if m.flags&flagShared == 0 {
		return m, nil
	}
	c := r.cursorOver(m.body, m.at)
	return r.sharedMessage(&c, m.typ)
}

// sharedMessage reads a reference to a message of the given type elsewhere.
func (r *reader) sharedMessage(c *cursor, typ uint16) (*message, error) {
	at := c.offset()
	version, kind := c.u8(), c.u8()
	if version == 1 {
		c.skip(6)
	}
	if c.err != nil {
		return nil, c.err
	}
	switch {
	case version < 1 || version > 3:
		return nil, unsupported(at, "version %d of a shared message", version)
	case version == 3 && kind == 1:
		return nil, unsupported(at, "message in the file's shared-message heap")
	}
	addr := c.addr()
	if c.err != nil {
		return nil, c.err
	}
	o, err := r.object(addr)
	if err != nil {
		return nil, err
	}
	m := o.header.message(typ)
	if m == nil {
		return nil, malformed(at, "object at address %d has no message of type %#x to share", addr, typ)
	}
	if m.flags&flagShared != 0 {
		return nil, malformed(m.at, "shared message refers to another")
	}
	return m, nil
}
