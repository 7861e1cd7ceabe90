// Package convert writes models in kerasgo's own format, .kgo, and reads them back.
//
//	err := convert.WriteFile("model.kgo", model)
//	model, err := convert.ReadFile("model.kgo")
//
// A .kgo holds the graph, the weights in Keras's layouts and, with WithCases, test
// cases. It is a safetensors file, so other tools can read its weights. FORMAT.md
// beside this file describes the format.
//
// ReadFile maps the file into memory, and weights that are stored as float32 are
// not copied. The functions named Read return the model alone; those named Open
// return all that the file holds.
//
// Errors are of type *ir.Error, except those of the file system and of readers,
// which are returned with the file's name. What is wrong with a file is an
// ir.ErrMalformed, ir.ErrVersion, ir.ErrChecksum or ir.ErrLimit.
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

// DefaultMaxHeader is the default limit, in bytes, on the JSON header of a file. It
// bounds the memory that a hostile file can take; see WithMaxHeader.
const DefaultMaxHeader = 16 << 20

// maxUnmapped bounds a file that can only be read into memory, such as a pipe.
const maxUnmapped = 4 << 30

// An Option changes how a model is written or read.
type Option func(*options)

type options struct {
	native.Options
	force bool
}

// WithDType stores the float32 kernels of dense layers, convolutions, recurrent
// layers and embeddings as ir.Float16, ir.BFloat16 or ir.Int8 (with one scale for
// each channel). The default, ir.Float32, leaves them as they are. Reading such a
// file makes the kernels float32 again, with the precision that is left.
func WithDType(d ir.DType) Option { return func(o *options) { o.DType = d } }

// WithCases also stores test cases: inputs and the outputs that Keras computed for
// them, which kerasgo verify and kerasgo.Replay compare with.
func WithCases(cases ...ir.Case) Option { return func(o *options) { o.Cases = cases } }

// WithForce lets WriteFile replace a file that exists.
func WithForce() Option { return func(o *options) { o.force = true } }

// WithMaxHeader sets another limit, in bytes, than DefaultMaxHeader. A file that
// was written with a limit can be read with the same limit.
func WithMaxHeader(n int64) Option { return func(o *options) { o.MaxHeader = n } }

func apply(opts []Option) options {
	o := options{Options: native.Options{MaxHeader: DefaultMaxHeader}}
	for _, f := range opts {
		f(&o)
	}
	return o
}

// IsNative reports whether a file is a .kgo, given its first 64 bytes, or all of a
// shorter file.
func IsNative(prefix []byte) bool { return native.IsNative(prefix) }

// Write writes m, which must be valid (ir.Model.Validate), as a .kgo. The same
// model and options always give the same bytes.
func Write(w io.Writer, m *ir.Model, opts ...Option) error {
	return native.Encode(w, m, apply(opts).Options)
}

// WriteFile writes m to the file at path. At every moment path holds either what it
// held before or the complete new file. If a file exists there, WriteFile fails
// with ir.ErrUsage and fs.ErrExist, unless WithForce is given.
func WriteFile(path string, m *ir.Model, opts ...Option) error {
	return WriteFileContext(context.Background(), path, m, opts...)
}

// WriteFileContext is WriteFile, but stops with the error of ctx when ctx is done,
// and then leaves nothing of the new file.
func WriteFileContext(ctx context.Context, path string, m *ir.Model, opts ...Option) error {
	return safefile.Write(ctx, path, apply(opts).force, func(w io.Writer) error { return Write(w, m, opts...) })
}

// ReadFile reads the model in the file at path. The weights are in a mapping of the
// file, which lives as long as they do. The file may be replaced or removed
// meanwhile, but not truncated or changed in place.
func ReadFile(path string, opts ...Option) (*ir.Model, error) { return modelOf(Open(path, opts...)) }

// ReadBytes reads the model in b. Its weights may be parts of b, which must not be
// changed afterwards.
func ReadBytes(b []byte, opts ...Option) (*ir.Model, error) { return modelOf(OpenBytes(b, opts...)) }

// Read reads the model in the first size bytes of r into memory.
func Read(r io.ReaderAt, size int64, opts ...Option) (*ir.Model, error) {
	return modelOf(OpenAt(r, size, opts...))
}

// ReadFS reads the model in a file of fsys into memory.
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

// File is all that a .kgo holds.
type File struct {
	Model   *ir.Model
	Cases   []ir.Case // the test cases, if it holds any
	Version string    // version of the format, such as "1.0"
	Weights ir.DType  // what the kernels are stored as; see WithDType
	SHA256  string    // hash of the data, in hex, as the header states it

	file *native.File
}

// Open reads the file at path and returns all that it holds; see ReadFile.
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

// OpenBytes returns all that the .kgo in b holds; see ReadBytes.
func OpenBytes(b []byte, opts ...Option) (*File, error) {
	sf, err := safetensors.Open(b, nil, apply(opts).MaxHeader)
	if err != nil {
		return nil, err
	}
	return open(sf, opts)
}

// OpenAt returns all that the .kgo in the first size bytes of r holds; see Read.
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

// VerifyChecksum reads all data of the file and compares their SHA-256 with that in
// the header. A difference is an ir.ErrChecksum. Opening a file checks everything
// except this.
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
