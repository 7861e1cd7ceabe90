package hdf5

import "io"

// File is an open HDF5 file. It and all that comes from it may be used by
// several goroutines at once.
type File struct {
	backend Backend
}

// Option changes how a file is opened.
type Option func(*config)

type config struct {
	limits        Limits
	skipChecksums bool
}

// WithLimits replaces the default limits.
func WithLimits(l Limits) Option {
	return func(c *config) { c.limits = l }
}

// Open reads the file that r holds in its first size bytes. Metadata are read
// in blocks and cached; data are read when asked for, each time.
func Open(r io.ReaderAt, size int64, opts ...Option) (*File, error) {
	return open(&source{r: r, size: size}, opts)
}

// OpenBytes reads a file held in memory or mapped. Contiguous data are
// returned as sub-slices of b, which must not change while they are in use.
func OpenBytes(b []byte, opts ...Option) (*File, error) {
	return open(&source{b: b, size: int64(len(b))}, opts)
}

func open(src *source, opts []Option) (*File, error) {
	var c config
	for _, o := range opts {
		o(&c)
	}
	r, err := newReader(src, c)
	if err != nil {
		return nil, err
	}
	return NewFile(r), nil
}

// NewFile gives a back end the interface of this package.
func NewFile(b Backend) *File { return &File{backend: b} }

// Root returns the group "/".
func (f *File) Root() *Group {
	return &Group{node{file: f, addr: f.backend.Root()}}
}

// Lookup returns the group or dataset at a path from the root.
func (f *File) Lookup(path string) (Object, error) { return f.Root().Lookup(path) }

// Group returns the group at a path from the root.
func (f *File) Group(path string) (*Group, error) { return f.Root().Group(path) }

// Dataset returns the dataset at a path from the root.
func (f *File) Dataset(path string) (*Dataset, error) { return f.Root().Dataset(path) }
