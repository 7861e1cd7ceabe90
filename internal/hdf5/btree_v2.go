package hdf5

import "math/bits"

// Record types of version 2 B-trees.
const (
	treeHugeObjects    = 1
	treeLinkNames      = 5
	treeAttrNames      = 8
	treeChunks         = 10
	treeFilteredChunks = 11
)

const tree2Overhead = 4 + 1 + 1 + 4 // signature, version, type, checksum

// walkTree2 calls fn for each record of a version 2 B-tree, in order.
func (r *reader) walkTree2(addr uint64, kind uint8, fn func(rec *cursor) error) error {
	c := r.block(addr, uint64(22+r.offSize+r.lenSize), "B-tree header")
	c.signature("BTHD", 0)
	at := c.offset()
	got := c.u8()
	if c.err == nil && got != kind {
		return malformed(at, "B-tree of record type %d, not %d", got, kind)
	}
	nodeSize, recSize, depth := int(c.u32()), int(c.u16()), int(c.u16())
	c.skip(2)
	root, count := c.addr(), uint64(c.u16())
	c.skip(r.lenSize)
	r.checksum(&c, "B-tree header")
	if c.err != nil {
		return c.err
	}
	if recSize == 0 || nodeSize < tree2Overhead+recSize {
		return malformed(c.at, "B-tree with nodes of %d and records of %d bytes", nodeSize, recSize)
	}
	if root == undefined || count == 0 {
		return nil
	}
	t := &tree2{r: r, kind: kind, recSize: recSize, fn: fn, seen: map[uint64]bool{}}
	leafMax := uint64((nodeSize - tree2Overhead) / recSize)
	t.countSize = encodedSize(leafMax)
	t.totalSize = []int{0}
	total := leafMax
	for range depth {
		pointer := r.offSize + t.countSize + t.totalSize[len(t.totalSize)-1]
		most := (nodeSize - tree2Overhead - pointer) / (recSize + pointer)
		if most < 1 {
			return malformed(c.at, "B-tree of depth %d with nodes of %d bytes", depth, nodeSize)
		}
		hi, lo := bits.Mul64(uint64(most)+1, total)
		sum, carry := bits.Add64(lo, uint64(most), 0)
		if hi != 0 || carry != 0 {
			return malformed(c.at, "B-tree of depth %d", depth)
		}
		total = sum
		t.totalSize = append(t.totalSize, encodedSize(total))
	}
	return t.node(root, count, depth)
}

// encodedSize is the number of bytes for a number up to n.
func encodedSize(n uint64) int { return (bits.Len64(n)-1)/8 + 1 }

type tree2 struct {
	r         *reader
	kind      uint8
	recSize   int
	countSize int   // bytes of a child's number of records
	totalSize []int // by level: bytes of the number of records in and below
	fn        func(*cursor) error
	seen      map[uint64]bool
}

// node visits a node that its parent says has count records.
func (t *tree2) node(addr, count uint64, level int) error {
	r := t.r
	size := 6 + count*uint64(t.recSize) + 4 // count is below 1<<32
	pointer := 0
	what := "BTLF"
	if level > 0 {
		what = "BTIN"
		pointer = r.offSize + t.countSize + t.totalSize[level-1]
		size += (count + 1) * uint64(pointer)
	}
	c := r.block(addr, size, "B-tree node")
	c.signature(what, 0)
	if kind := c.u8(); c.err == nil && kind != t.kind {
		return malformed(c.at, "B-tree node of record type %d, not %d", kind, t.kind)
	}
	if c.err == nil && t.seen[addr] {
		return malformed(c.at, "B-tree reaches its node at address %d twice", addr)
	}
	t.seen[addr] = true
	if c.err == nil {
		c.err = r.hold(nodeMemory)
	}
	recordsAt := c.offset()
	records := c.bytes(int(count) * t.recSize)
	childrenAt := c.offset()
	children := r.cursorOver(c.bytes((int(count)+1)*pointer), childrenAt)
	r.checksum(&c, "B-tree node")
	if c.err != nil {
		return c.err
	}
	for i := range int(count) + 1 {
		if level > 0 {
			child, n := children.addr(), children.uint(t.countSize)
			children.skip(t.totalSize[level-1])
			if children.err != nil {
				return children.err
			}
			if n > 1<<32 {
				return malformed(childrenAt, "B-tree node of %d records", n)
			}
			if err := t.node(child, n, level-1); err != nil {
				return err
			}
		}
		if i == int(count) {
			break
		}
		from := i * t.recSize
		rec := r.cursorOver(records[from:from+t.recSize], recordsAt+int64(from))
		if err := t.fn(&rec); err != nil {
			return err
		}
		if rec.err != nil {
			return rec.err
		}
	}
	return nil
}
