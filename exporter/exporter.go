package exporter

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/kerasgo/kerasgo/internal/safefile"
	"github.com/kerasgo/kerasgo/ir"
)

// kerasVersion is what the files say they were written by: the version whose
// layouts they have.
const kerasVersion = "3.15.1"

// Format writes a model in one of the formats: WriteKeras or WriteH5.
type Format func(w io.Writer, m *ir.Model) error

// Option changes how WriteFile writes a file.
type Option func(*options)

type options struct{ force bool }

// WithForce lets WriteFile replace a file that exists.
func WithForce() Option { return func(o *options) { o.force = true } }

// FormatOf returns the format that the extension of path names: WriteKeras for
// .keras, WriteH5 for .h5 and .hdf5, and nil for any other.
func FormatOf(path string) Format {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".keras":
		return WriteKeras
	case ".h5", ".hdf5":
		return WriteH5
	}
	return nil
}

// WriteFile writes m to the file at path, in the format that its extension names,
// .keras or .h5. At every moment path holds either what it held before or the
// complete new file. If a file exists there, WriteFile fails with ir.ErrUsage and
// fs.ErrExist, unless WithForce is given.
//
// A model that Keras 3 cannot express is an ir.ErrUnsupported that names all the
// layers concerned.
func WriteFile(path string, m *ir.Model, opts ...Option) error {
	var o options
	for _, f := range opts {
		f(&o)
	}
	write := FormatOf(path)
	if write == nil {
		return &ir.Error{Kind: ir.ErrUsage, File: path, Text: "the name of a Keras file ends in .keras or .h5"}
	}
	return safefile.Write(context.Background(), path, o.force, func(w io.Writer) error { return write(w, m) })
}
