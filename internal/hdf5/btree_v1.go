package hdf5

// walkTree1 calls leaf for each child of the lowest nodes of a version 1
// B-tree, in order, with a cursor over its key. Keys have keySize bytes.
func (r *reader) walkTree1(root uint64, kind uint8, keySize int, leaf func(key *cursor, child uint64) error) error {
	seen := map[uint64]bool{}
	var walk func(addr uint64, level int) error
	walk = func(addr uint64, level int) error {
		head := 8 + 2*r.offSize
		c := r.block(addr, uint64(head), "B-tree node")
		got := c.bytes(4)
		if c.err == nil && string(got) != "TREE" {
			return malformed(c.at, "signature is %q, not %q", got, "TREE")
		}
		k, l, n := c.u8(), int(c.u8()), int(c.u16())
		switch {
		case c.err != nil:
			return c.err
		case k != kind:
			return malformed(c.at, "B-tree node of kind %d, not %d", k, kind)
		case level >= 0 && l != level:
			return malformed(c.at, "B-tree node of level %d, not %d", l, level)
		case seen[addr]:
			return malformed(c.at, "B-tree reaches its node at address %d twice", addr)
		}
		seen[addr] = true
		if err := r.hold(nodeMemory); err != nil {
			return err
		}
		c = r.block(addr, uint64(head+n*(keySize+r.offSize)), "B-tree node")
		c.skip(head)
		for range n {
			keyAt := c.offset()
			key := r.cursorOver(c.bytes(keySize), keyAt)
			child := c.addr()
			if c.err != nil {
				return c.err
			}
			var err error
			switch {
			case l > 0:
				err = walk(child, l-1)
			case kind == 0 && seen[child]:
				err = malformed(keyAt, "B-tree reaches its child at address %d twice", child)
			default:
				if kind == 0 {
					seen[child] = true
					err = r.hold(nodeMemory)
				}
				if err == nil {
					err = leaf(&key, child)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return walk(root, -1)
}
