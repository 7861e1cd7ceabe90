package hdf5

import "math"

// dataset is the decoded description of a dataset.
type dataset struct {
	at      int64
	space   dataspace
	typ     Datatype
	header  *header
	size    int // bytes of all elements
	located bool
	err     error // why the data cannot be read

	layout  layout
	filters []filter
	fill    []byte
	chunks  []chunk
	grid    grid
}

// readDataset decodes what describes a dataset, not where its data are: a file
// with data that cannot be read can still be walked.
func (r *reader) readDataset(h *header) (*dataset, error) {
	d := &dataset{at: h.at, header: h}
	c, err := r.messageCursor(h, msgDataspace)
	if err != nil {
		return nil, err
	}
	if d.space = decodeDataspace(&c); c.err != nil {
		return nil, c.err
	}
	if c, err = r.messageCursor(h, msgDatatype); err != nil {
		return nil, err
	}
	if d.typ = decodeDatatype(&c, 0); c.err != nil {
		return nil, c.err
	}
	d.size, err = d.space.bytesOf(d.typ, h.at)
	return d, err
}

func (r *reader) messageCursor(h *header, typ uint16) (cursor, error) {
	m := h.message(typ)
	if m == nil {
		return cursor{}, malformed(h.at, "dataset without a message of type %#x", typ)
	}
	m, err := r.resolve(m)
	if err != nil {
		return cursor{}, err
	}
	return r.cursorOver(m.body, m.at), nil
}

// locate finds the data of a dataset, once.
func (r *reader) locate(d *dataset) error {
	if !d.located {
		d.located = true
		d.err = r.locateData(d)
	}
	return d.err
}

func (r *reader) locateData(d *dataset) error {
	if d.typ.unreadable != "" {
		return unsupported(d.at, "dataset holds %s data", d.typ.unreadable)
	}
	c, err := r.messageCursor(d.header, msgLayout)
	if err != nil {
		return err
	}
	if d.layout, err = decodeLayout(&c); err != nil {
		return err
	}
	for _, typ := range []uint16{msgFillOld, msgFill} {
		if d.header.message(typ) == nil {
			continue
		}
		if c, err = r.messageCursor(d.header, typ); err != nil {
			return err
		}
		if typ == msgFill {
			d.fill = decodeFill(&c)
		} else {
			d.fill = decodeFillOld(&c)
		}
		if c.err != nil {
			return c.err
		}
	}
	if d.fill != nil && len(d.fill) != d.typ.Size {
		return malformed(d.at, "fill value of %d bytes for elements of %d", len(d.fill), d.typ.Size)
	}
	if m := d.header.message(msgExternal); m != nil {
		return unsupported(m.at, "data in external files; external files are not opened")
	}
	if d.size == 0 {
		return nil
	}
	switch l := &d.layout; l.class {
	case layoutCompact:
		if len(l.compact) < d.size {
			return malformed(l.at, "%d bytes of compact data for %d bytes of elements", len(l.compact), d.size)
		}
		return nil
	case layoutContiguous:
		if l.addr == undefined { // never written
			return r.checkStored(d, 0)
		}
		if l.size != undefined && l.size < uint64(d.size) {
			return malformed(l.at, "%d bytes of contiguous data for %d bytes of elements", l.size, d.size)
		}
		if _, err := r.within(l.addr, uint64(d.size), "contiguous data"); err != nil {
			return err
		}
		return r.countData(d, uint64(d.size))
	default:
		return r.locateChunks(d)
	}
}

// countData adds up the stored bytes of all datasets: more than the file holds
// means that datasets share data, which multiplies the memory a reader needs.
func (r *reader) countData(d *dataset, n uint64) error {
	r.dataRead += n
	if r.dataRead > uint64(r.src.size) {
		return malformed(d.at, "datasets overlap: their data are more than the file's %d bytes", r.src.size)
	}
	return nil
}

// checkStored compares the size of a dataset with its stored bytes.
func (r *reader) checkStored(d *dataset, stored uint64) error {
	stored = min(stored, uint64(r.src.size))
	most := uint64(math.MaxInt64)
	if ratio := uint64(r.limits.InflateRatio); ratio == 0 || stored < most/ratio {
		most = stored*ratio + min(uint64(r.limits.UnstoredBytes), most-stored*ratio)
	}
	if uint64(d.size) > most {
		return exceeded(d.at, "dataset of %d bytes with %d bytes stored, more than Limits.InflateRatio and Limits.UnstoredBytes allow (--limit InflateRatio=N)", d.size, stored)
	}
	return nil
}

// readData returns the elements as stored. It takes no lock: d is complete.
func (r *reader) readData(d *dataset) ([]byte, error) {
	switch {
	case d.size == 0:
		return []byte{}, nil
	case d.layout.class == layoutCompact:
		return d.layout.compact[:d.size:d.size], nil
	case d.layout.class == layoutChunked:
		return r.readChunks(d)
	case d.layout.addr == undefined:
		out := make([]byte, d.size)
		fillWith(out, d.fill)
		return out, nil
	}
	return r.src.data(r.offset(d.layout.addr), d.size)
}

// fillWith repeats a fill value; nil leaves zeros.
func fillWith(out, fill []byte) {
	if len(fill) == 0 {
		return
	}
	for n := copy(out, fill); n < len(out); n *= 2 {
		copy(out[n:], out[:n])
	}
}
