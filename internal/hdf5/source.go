package hdf5

import (
	"io"

	"github.com/kerasgo/kerasgo/ir"
)

const (
	pageSize  = 8 << 10
	pageCount = 512 // 4 MiB
)

// source is the file's bytes: in memory, or behind a ReaderAt with a cache of
// pages for metadata.
type source struct {
	b     []byte
	r     io.ReaderAt
	size  int64
	pages map[int64][]byte
}

// metadata returns n bytes at off, which must lie in the file. The slice may
// be shared and must not be written to.
func (s *source) metadata(off int64, n int) ([]byte, error) {
	if s.r == nil {
		return s.b[off : off+int64(n) : off+int64(n)], nil
	}
	if n == 0 {
		return nil, nil
	}
	if n > pageSize {
		return s.data(off, n)
	}
	first, last := off/pageSize, (off+int64(n)-1)/pageSize
	p, err := s.page(first)
	if err != nil {
		return nil, err
	}
	from := int(off - first*pageSize)
	if first == last {
		return p[from : from+n : from+n], nil
	}
	out := append(make([]byte, 0, n), p[from:]...)
	if p, err = s.page(last); err != nil {
		return nil, err
	}
	return append(out, p[:n-len(out)]...), nil
}

func (s *source) page(i int64) ([]byte, error) {
	if p, ok := s.pages[i]; ok {
		return p, nil
	}
	if s.pages == nil || len(s.pages) >= pageCount {
		s.pages = map[int64][]byte{}
	}
	off := i * pageSize
	p, err := s.data(off, int(min(pageSize, s.size-off)))
	if err != nil {
		return nil, err
	}
	s.pages[i] = p
	return p, nil
}

// data is metadata without the cache; it may be called by several goroutines.
func (s *source) data(off int64, n int) ([]byte, error) {
	if s.r == nil {
		return s.b[off : off+int64(n) : off+int64(n)], nil
	}
	return s.dataInto(off, make([]byte, n))
}

func (s *source) dataInto(off int64, p []byte) ([]byte, error) {
	if got, err := s.r.ReadAt(p, off); got < len(p) {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		e := &ir.Error{Text: "read failed", Err: err}
		return nil, e.At(off)
	}
	return p, nil
}
