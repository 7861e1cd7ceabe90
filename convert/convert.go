// Package convert stores models in kerasgo's own format, .kgo, and reads them
// back: the graph, the weights in Keras's layouts and, if wanted, test cases.
// FORMAT.md beside this file describes the format.
//
// A .kgo is a safetensors file, so any tool that reads those reads the weights.
// Reading maps the file and copies no weights that are stored as float32.
package convert

import (
	"context"
	"fmt"
	"io"
	"io/fs"

	"github.com/kerasgo/kerasgo/internal/mmap"
	"github.com/kerasgo/kerasgo/internal/native"
	"github.com/kerasgo/kerasgo/internal/safefile"
	"github.com/kerasgo/kerasgo/internal/safetensors"
	"github.com/kerasgo/kerasgo/ir"
)

// DefaultMaxHeader is the limit on a file's JSON header in bytes. It bounds the
// memory that a hostile file can take; see WithMaxHeader.
const DefaultMaxHeader = 16 << 20

// maxUnmapped bounds a file that can only be read into memory, such as a pipe.
const maxUnmapped = 4 << 30

// An Option changes how a model is written or read.
type Option func(*options)

type options struct {
	native.Options
	force bool
}

// WithDType stores float32 kernels, those of dense layers, convolutions,
// recurrent layers and embeddings, as ir.Float16, ir.BFloat16 or ir.Int8 (with
// one scale a channel); ir.Float32, the default, leaves all as it is. When such
// a file is read the kernels are float32 again, of less precision.
func WithDType(d ir.DType) Option { return func(o *options) { o.DType = d } }

// WithCases stores test cases: inputs and the outputs Keras gave for them.
func WithCases(cases ...ir.Case) Option { return func(o *options) { o.Cases = cases } }

// WithForce lets WriteFile replace a file that exists.
func WithForce() Option { return func(o *options) { o.force = true } }

// WithMaxHeader sets another limit than DefaultMaxHeader. A file that is written
// with a limit can be read with it.
func WithMaxHeader(n int64) Option { return func(o *options) { o.MaxHeader = n } }

func apply(opts []Option) options {
	o := options{Options: native.Options{MaxHeader: DefaultMaxHeader}}
	for _, f := range opts {
		f(&o)
	}
	return o
}

// IsNative reports whether a file that begins with prefix, 64 bytes or all of a
// shorter file, is a .kgo.
func IsNative(prefix []byte) bool { return native.IsNative(prefix) }

// Write writes m, which must be valid. The same model and options give the same
// bytes.
func Write(w io.Writer, m *ir.Model, opts ...Option) error {
	return native.Encode(w, m, apply(opts).Options)
}

// WriteFile writes m beside path and renames it, so that path holds the old file
// or the whole new one at every moment. A file that exists is an ir.ErrUsage
// unless WithForce is given.
func WriteFile(path string, m *ir.Model, opts ...Option) error {
	return WriteFileContext(context.Background(), path, m, opts...)
}

// WriteFileContext is WriteFile; when ctx ends, nothing of the new file stays.
func WriteFileContext(ctx context.Context, path string, m *ir.Model, opts ...Option) error {
	return safefile.Write(ctx, path, apply(opts).force, func(w io.Writer) error { return Write(w, m, opts...) })
}

// ReadFile reads the model of the file at path. Its weights alias a mapping of
// the file, which must not be shortened meanwhile; replacing it is safe.
func ReadFile(path string, opts ...Option) (*ir.Model, error) { return modelOf(Open(path, opts...)) }

// ReadBytes reads the model in b, which its weights alias.
func ReadBytes(b []byte, opts ...Option) (*ir.Model, error) { return modelOf(OpenBytes(b, opts...)) }

// Read reads the model in r, which has size bytes, into memory.
func Read(r io.ReaderAt, size int64, opts ...Option) (*ir.Model, error) {
	return modelOf(OpenAt(r, size, opts...))
}

// ReadFS reads the model of a file in fsys into memory.
func ReadFS(fsys fs.FS, name string, opts ...Option) (*ir.Model, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if r, ok := f.(io.ReaderAt); ok {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		m, err := Read(r, info.Size(), opts...)
		return m, named(name, err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	m, err := ReadBytes(b, opts...)
	return m, named(name, err)
}

// File is a .kgo with all that it holds.
type File struct {
	Model   *ir.Model
	Cases   []ir.Case // may be none
	Version string    // of the format, "1.0"
	Weights ir.DType  // what float32 kernels are stored as
	SHA256  string    // of the data, in hex, as the header says

	file *native.File
}

// Open opens the file at path; see ReadFile.
func Open(path string, opts ...Option) (*File, error) {
	m, err := mmap.Open(path, maxUnmapped)
	if err != nil {
		return nil, err
	}
	sf, err := safetensors.Open(m.Data, m, apply(opts).MaxHeader)
	if err != nil {
		return nil, named(path, err)
	}
	f, err := open(sf, opts)
	return f, named(path, err)
}

// OpenBytes opens b, which the model's weights will alias.
func OpenBytes(b []byte, opts ...Option) (*File, error) {
	sf, err := safetensors.Open(b, nil, apply(opts).MaxHeader)
	if err != nil {
		return nil, err
	}
	return open(sf, opts)
}

// OpenAt opens r, which has size bytes.
func OpenAt(r io.ReaderAt, size int64, opts ...Option) (*File, error) {
	sf, err := safetensors.OpenAt(r, size, apply(opts).MaxHeader)
	if err != nil {
		return nil, err
	}
	return open(sf, opts)
}

func open(sf *safetensors.File, opts []Option) (*File, error) {
	f, err := native.Decode(sf, apply(opts).MaxHeader)
	if err != nil {
		return nil, err
	}
	return &File{Model: f.Model, Cases: f.Cases, Version: f.Version, Weights: f.Weights, SHA256: f.Digest, file: f}, nil
}

// VerifyChecksum reads all data and compares their SHA-256 with the header's;
// the error is an ir.ErrChecksum. Opening a file checks all but this.
func (f *File) VerifyChecksum() error { return f.file.VerifyDigest() }

func modelOf(f *File, err error) (*ir.Model, error) {
	if err != nil {
		return nil, err
	}
	return f.Model, nil
}

// named puts the file's name into an error that has none.
func named(name string, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *ir.Error:
		if e.File == "" {
			e.File = name
		}
		return e
	}
	return fmt.Errorf("%s: %w", name, err)
}
