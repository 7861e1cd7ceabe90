package hdf5

import (
	"math"
	"sync"
	"sync/atomic"
)

// reader is the back end written in Go. Its lock covers all metadata; data are
// read without it.
type reader struct {
	src    *source
	limits Limits

	superblock
	skipChecksums bool

	mu       sync.Mutex
	spent    int64        // metadata bytes so far
	budget   int64        // most metadata bytes an honest file of this size has
	held     atomic.Int64 // memory that Limits.Spend would have been asked for; data count without the lock
	dataRead uint64
	objects  map[uint64]*object
	heaps    map[uint64]*globalHeap
	messages []message // where a header's messages are collected
}

func newReader(src *source, c config) (*reader, error) {
	r := &reader{
		src: src, limits: c.limits.withDefaults(), skipChecksums: c.skipChecksums,
		budget:  1<<20 + 8*min(src.size, math.MaxInt64/16),
		objects: map[uint64]*object{}, heaps: map[uint64]*globalHeap{},
	}
	if err := r.readSuperblock(); err != nil {
		return nil, err
	}
	root, err := r.object(r.root)
	if err != nil {
		return nil, err
	}
	if root.kind != KindGroup {
		return nil, malformed(r.offset(r.root), "the root object is a %v, not a group", root.kind)
	}
	return r, nil
}

// offset turns an address into an offset in the file, for messages.
func (r *reader) offset(addr uint64) int64 { return r.base + int64(addr&math.MaxInt64) }

// within returns the offset of n bytes at addr, or an error when they do not
// lie in the file.
func (r *reader) within(addr, n uint64, what string) (int64, error) {
	room := uint64(r.src.size - r.base)
	switch {
	case addr == undefined:
		return 0, malformed(r.base, "%s has no address", what)
	case addr > room || n > room-addr:
		return 0, malformed(r.offset(addr), "%s of %d bytes at address %d reaches beyond the end of the file (%d bytes)", what, n, addr, r.src.size)
	case n > math.MaxInt:
		return 0, exceeded(r.offset(addr), "%s of %d bytes is more than this platform can address", what, n)
	}
	return r.base + int64(addr), nil
}

// block returns a cursor over n bytes of metadata at addr.
func (r *reader) block(addr, n uint64, what string) cursor {
	c := cursor{offSize: r.offSize, lenSize: r.lenSize}
	if c.at, c.err = r.within(addr, n, what); c.err != nil {
		return c
	}
	if c.err = r.spend(int64(n), c.at); c.err != nil {
		return c
	}
	c.b, c.err = r.src.metadata(c.at, int(n))
	return c
}

// spend counts bytes of metadata, or memory that stands for them.
func (r *reader) spend(n, at int64) error {
	r.spent += n
	if r.spent > r.limits.MetadataBytes {
		return exceeded(at, "more than %d bytes of metadata; Limits.MetadataBytes raises the limit (--limit MetadataBytes=N)", r.limits.MetadataBytes)
	}
	if r.spent > r.budget {
		return malformed(at, "structures overlap: more than %d bytes of metadata in a file of %d bytes", r.budget, r.src.size)
	}
	return nil
}

// hold counts memory that is not a part of the file.
func (r *reader) hold(n int64) error {
	if r.limits.Spend != nil {
		return r.limits.Spend(n)
	}
	if r.held.Add(n) > 16<<20+r.src.size {
		return exceeded(0, "structures of a file of %d bytes take more than %d bytes of memory", r.src.size, 16<<20+r.src.size)
	}
	return nil
}

// cursorOver returns a cursor over a part of a block that was read before.
func (r *reader) cursorOver(b []byte, at int64) cursor {
	return cursor{b: b, at: at, offSize: r.offSize, lenSize: r.lenSize}
}

// checksum reads the checksum that follows everything c has read and compares.
func (r *reader) checksum(c *cursor, what string) {
	end := c.pos
	want := c.u32()
	if c.err != nil || r.skipChecksums {
		return
	}
	if got := lookup3(c.b[:end]); got != want {
		c.err = malformed(c.at, "%s is damaged: its checksum is %08x, the file says %08x", what, got, want)
	}
}

func (r *reader) Root() uint64 { return r.root }

func (r *reader) Kind(addr uint64) (ObjectKind, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.object(addr)
	if err != nil {
		return 0, err
	}
	return o.kind, nil
}

func (r *reader) Links(addr uint64) ([]Link, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.group(addr)
	if err != nil {
		return nil, err
	}
	return g.links, nil
}

func (r *reader) Link(addr uint64, name string) (Link, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := r.group(addr)
	if err != nil {
		return Link{}, false, err
	}
	l, ok := g.link(name)
	return l, ok, nil
}

func (r *reader) AttrNames(addr uint64) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.attributes(addr)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(o.attrs))
	for i := range o.attrs {
		names[i] = o.attrs[i].name
	}
	return names, nil
}

func (r *reader) Attr(addr uint64, name string) (*Attr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o, err := r.attributes(addr)
	if err != nil {
		return nil, err
	}
	if i, ok := o.attrByName[name]; ok {
		return r.attrValue(&o.attrs[i])
	}
	return nil, nil
}

func (r *reader) Dataset(addr uint64) (DatasetInfo, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, err := r.dataset(addr)
	if err != nil {
		return DatasetInfo{}, err
	}
	return DatasetInfo{Shape: d.space.shape, Type: d.typ}, nil
}

func (r *reader) Read(addr uint64) ([]byte, error) {
	r.mu.Lock()
	d, err := r.dataset(addr)
	if err == nil {
		err = r.locate(d)
	}
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if d.typ.variable {
		return nil, unsupported(d.at, "raw bytes of variable-length strings; read them as strings")
	}
	b, err := r.readData(d)
	if err != nil {
		return nil, err
	}
	return d.typ.LittleEndian(b), nil
}

func (r *reader) Strings(addr uint64) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d, err := r.dataset(addr)
	if err != nil {
		return nil, err
	}
	if !d.typ.IsString() {
		return nil, malformed(d.at, "dataset is %s, not text", d.typ.Name)
	}
	if err := r.locate(d); err != nil {
		return nil, err
	}
	b, err := r.readData(d)
	if err != nil {
		return nil, err
	}
	return r.decodeStrings(d.typ, b, d.at)
}
