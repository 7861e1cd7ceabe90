package hdf5

import "slices"

// Message types of object headers.
const (
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgFillOld      = 0x04
	msgFill         = 0x05
	msgLink         = 0x06
	msgExternal     = 0x07
	msgLayout       = 0x08
	msgGroupInfo    = 0x0a
	msgFilters      = 0x0b
	msgAttribute    = 0x0c
	msgContinuation = 0x10
	msgSymbolTable  = 0x11
	msgDriverInfo   = 0x14
	msgAttrInfo     = 0x15
	msgLast         = 0x18
)

const (
	flagShared       = 0x02 // message flag: the body is elsewhere
	flagMustKnow     = 0x80 // message flag: a reader that does not know the type must fail
	flagTimes        = 0x20 // header flag
	flagPhaseChange  = 0x10
	flagTrackedAttrs = 0x04
)

// message is one message of an object header.
type message struct {
	typ   uint16
	flags uint8
	order uint16 // of creation, where tracked
	body  []byte
	at    int64
}

// header is a decoded object header.
type header struct {
	at           int64
	messages     []message
	trackedAttrs bool
}

func (h *header) message(typ uint16) *message {
	for i := range h.messages {
		if h.messages[i].typ == typ {
			return &h.messages[i]
		}
	}
	return nil
}

func (r *reader) readHeader(addr uint64) (*header, error) {
	c := r.block(addr, 6, "object header")
	if c.err != nil {
		return nil, c.err
	}
	switch {
	case string(c.b[:4]) == "OHDR":
		return r.readHeader2(addr)
	case c.b[0] == 1:
		return r.readHeader1(addr)
	}
	return nil, malformed(c.at, "no object header at address %d", addr)
}

// readHeader1 decodes version 1: no checksums. Messages are aligned from the
// start of the header, which itself may lie at any address.
func (r *reader) readHeader1(addr uint64) (*header, error) {
	c := r.block(addr, 16, "object header")
	c.skip(8)
	size := c.u32()
	if c.err != nil {
		return nil, c.err
	}
	h := &header{at: c.at}
	c = r.block(addr+16, uint64(size), "object header")
	return h, r.readBlocks(h, c, func(c *cursor) message {
		m := message{typ: c.u16()}
		size := c.u16()
		m.flags = c.u8()
		c.skip(3)
		m.at = c.offset()
		m.body = c.bytes(int(size))
		return m
	}, 8, "")
}

// readHeader2 decodes version 2, "OHDR".
func (r *reader) readHeader2(addr uint64) (*header, error) {
	c := r.block(addr, 6, "object header")
	c.signature("OHDR", 2)
	flags := c.u8()
	if c.err != nil {
		return nil, c.err
	}
	h := &header{at: c.at, trackedAttrs: flags&flagTrackedAttrs != 0}
	prefix := 6
	if flags&flagTimes != 0 {
		prefix += 16
	}
	if flags&flagPhaseChange != 0 {
		prefix += 4
	}
	width := 1 << (flags & 3)
	c = r.block(addr, uint64(prefix+width), "object header")
	c.skip(prefix)
	size := c.uint(width)
	if c.err != nil {
		return nil, c.err
	}
	head := uint64(prefix + width)
	if size > undefined-head-4 {
		return nil, malformed(c.at, "object header of %d bytes", size)
	}
	c = r.block(addr, head+size+4, "object header")
	c.skip(int(head))
	messageHead := 4
	if h.trackedAttrs {
		messageHead = 6
	}
	return h, r.readBlocks(h, c, func(c *cursor) message {
		m := message{typ: uint16(c.u8())}
		size := c.u16()
		m.flags = c.u8()
		if h.trackedAttrs {
			m.order = c.u16()
		}
		m.at = c.offset()
		m.body = c.bytes(int(size))
		return m
	}, messageHead, "OCHK")
}

// readBlocks decodes the messages of a first block and of the blocks that
// continue it. The newer format (a signature) ends each with a checksum.
func (r *reader) readBlocks(h *header, c cursor, next func(*cursor) message, head int, signature string) error {
	messages := r.messages[:0]
	seen := map[uint64]bool{}
	type span struct{ addr, size uint64 }
	var more []span
	for {
		if signature != "" && c.err == nil {
			start := c.pos
			c.pos = len(c.b) - 4
			r.checksum(&c, "object header")
			c.pos, c.b = start, c.b[:len(c.b)-4]
		}
		for c.left() >= head {
			m := next(&c)
			if c.err != nil {
				break
			}
			switch {
			case m.typ == 0:
				continue
			case m.typ > msgLast && m.flags&flagMustKnow != 0:
				return unsupported(m.at, "object header message of type %#x, which a reader must understand", m.typ)
			case m.typ != msgContinuation:
				if len(messages) == maxMessages {
					return malformed(m.at, "object header of more than %d messages", maxMessages)
				}
				if err := r.hold(messageMemory); err != nil {
					return err
				}
				messages = append(messages, m)
				continue
			}
			b := r.cursorOver(m.body, m.at)
			s := span{b.addr(), b.length()}
			if b.err != nil {
				return b.err
			}
			if seen[s.addr] {
				return malformed(m.at, "object header continues at address %d twice", s.addr)
			}
			seen[s.addr] = true
			if err := r.hold(nodeMemory); err != nil {
				return err
			}
			more = append(more, s)
		}
		if c.err != nil {
			return c.err
		}
		if len(more) == 0 {
			r.messages, h.messages = messages, slices.Clone(messages)
			return nil
		}
		c = r.block(more[0].addr, more[0].size, "object header continuation")
		more = more[1:]
		if signature != "" {
			got := c.bytes(4)
			if c.err == nil && string(got) != signature {
				c.fail("signature is %q, not %q", got, signature)
			}
			if len(c.b) < 8 {
				c.fail("object header continuation of %d bytes", len(c.b))
			}
		}
	}
}
