package hdf5

import (
	"compress/zlib"
	"fmt"
	"io"
)

// undoDeflate inflates into want bytes, no more; fewer only when the size is
// not exact.
func (p *pipeline) undoDeflate(b []byte, want int, exact bool) ([]byte, error) {
	in := &byteReader{b: b}
	if p.inflate == nil {
		z, err := zlib.NewReader(in)
		if err != nil {
			return nil, err
		}
		p.inflate = z
	} else if err := p.inflate.(zlib.Resetter).Reset(in, nil); err != nil {
		return nil, err
	}
	out := p.buffer(want)
	n, err := io.ReadFull(p.inflate, out)
	if err == nil {
		// One byte more, to have the checksum verified.
		var over [1]byte
		if m, e := p.inflate.Read(over[:]); m != 0 {
			return nil, fmt.Errorf("it inflates to more than %d bytes", want)
		} else if e != io.EOF && e != nil {
			return nil, e
		}
		return out, nil
	}
	if err == io.ErrUnexpectedEOF && in.truncated {
		return nil, err
	}
	if (err == io.ErrUnexpectedEOF || err == io.EOF) && !exact {
		return out[:n], nil
	}
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		return nil, fmt.Errorf("it inflates to %d bytes, not %d", n, want)
	}
	return nil, err
}

// byteReader lets the inflater read single bytes and remembers a read beyond
// the end.
type byteReader struct {
	b         []byte
	truncated bool
}

func (r *byteReader) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		r.truncated = true
		return 0, io.EOF
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}

func (r *byteReader) ReadByte() (byte, error) {
	if len(r.b) == 0 {
		r.truncated = true
		return 0, io.EOF
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c, nil
}
