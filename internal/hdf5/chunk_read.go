package hdf5

import (
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Filtered data of this many bytes are worth a second goroutine.
const parallelBytes = 1 << 20

// readChunks puts the chunks of a dataset together.
func (r *reader) readChunks(d *dataset) ([]byte, error) {
	out := make([]byte, d.size)
	if uint64(len(d.chunks)) < d.grid.total {
		fillWith(out, d.fill)
	}
	buffers, workers := d.scratch(), 1
	if len(d.filters) > 0 && d.size >= parallelBytes {
		workers = max(1, min(runtime.GOMAXPROCS(0), len(d.chunks), int(int64(d.size)/4/max(buffers, 1))))
	}
	if err := r.hold(int64(workers) * buffers); err != nil {
		return nil, err
	}
	defer func() { _ = r.hold(int64(-workers) * buffers) }()
	var group errgroup.Group
	for w := range workers {
		part := d.chunks[w*len(d.chunks)/workers : (w+1)*len(d.chunks)/workers]
		group.Go(func() error { return r.readPart(d, part, out) })
	}
	return out, group.Wait()
}

// wholeChunk tells whether one chunk is all of the data.
func (d *dataset) wholeChunk() bool { return d.grid.total == 1 && d.grid.bytes == uint64(d.size) }

// scratch is the bytes of the buffers that undoing the filters takes at most.
func (d *dataset) scratch() int64 {
	n := int64(0)
	for _, f := range d.filters {
		if f.id != filterFletcher32 {
			n++
		}
	}
	if n > 0 && d.wholeChunk() {
		n--
	}
	return min(n, 2) * int64(d.grid.bytes)
}

// readPart reads some of the chunks into their places, which no others share.
func (r *reader) readPart(d *dataset, chunks []chunk, out []byte) error {
	var p pipeline
	if d.wholeChunk() {
		p.whole = out
	}
	var buf []byte
	scaled := make([]uint64, len(d.grid.chunk))
	for _, k := range chunks {
		i := k.index
		for axis := len(scaled) - 1; axis >= 0; axis-- {
			scaled[axis] = i % d.grid.counts[axis]
			i /= d.grid.counts[axis]
		}
		off, err := r.within(k.addr, k.size, "chunk")
		if err != nil {
			return err
		}
		b := buf
		if r.src.r == nil {
			b, err = r.src.data(off, int(k.size))
		} else {
			b, err = r.readInto(off, int(k.size), buf)
			buf = b
		}
		if err != nil {
			return err
		}
		if !(d.layout.index.unfilteredEdges && d.grid.partial(scaled)) {
			if b, err = p.undo(d.filters, k.mask, b, int(d.grid.bytes), off); err != nil {
				return err
			}
		}
		if uint64(len(b)) != d.grid.bytes {
			return malformed(off, "chunk of %d bytes where %d are needed", len(b), d.grid.bytes)
		}
		if &b[0] == &out[0] {
			continue
		}
		d.grid.place(out, b, scaled, uint64(d.typ.Size))
	}
	return nil
}

// readInto is source.data into a buffer that is kept.
func (r *reader) readInto(off int64, n int, buf []byte) ([]byte, error) {
	if cap(buf) < n {
		return r.src.data(off, n)
	}
	return r.src.dataInto(off, buf[:n])
}

// partial tells whether a chunk reaches beyond the data.
func (g *grid) partial(scaled []uint64) bool {
	for i, s := range scaled {
		if (s+1)*g.chunk[i] > g.shape[i] {
			return true
		}
	}
	return false
}

// place copies the part of a chunk that lies in the data.
func (g *grid) place(out, b []byte, scaled []uint64, elem uint64) {
	rank := len(scaled)
	extent := make([]uint64, rank) // of the part
	outStep := make([]uint64, rank)
	inStep := make([]uint64, rank)
	o, in, at := elem, elem, uint64(0)
	for i := rank - 1; i >= 0; i-- {
		start := scaled[i] * g.chunk[i]
		extent[i] = min(g.chunk[i], g.shape[i]-start)
		outStep[i], inStep[i] = o, in
		at += start * o
		o *= g.shape[i]
		in *= g.chunk[i]
	}
	// Axes that are whole in chunk and data are one run with the next.
	last := rank - 1
	for last > 0 && extent[last] == g.chunk[last] && extent[last] == g.shape[last] {
		last--
	}
	run := extent[last] * inStep[last]
	pos := make([]uint64, last)
	from := uint64(0)
	for {
		copy(out[at:at+run], b[from:from+run])
		axis := last - 1
		for ; axis >= 0; axis-- {
			at += outStep[axis]
			from += inStep[axis]
			if pos[axis]++; pos[axis] < extent[axis] {
				break
			}
			at -= extent[axis] * outStep[axis]
			from -= extent[axis] * inStep[axis]
			pos[axis] = 0
		}
		if axis < 0 {
			return
		}
	}
}
