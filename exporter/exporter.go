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

// Format is a kind of file that is written.
type Format func(w io.Writer, m *ir.Model) error

// FormatOf is the format that a path's extension names, nil for another one:
// WriteKeras for .keras, WriteH5 for .h5 and .hdf5.
func FormatOf(path string) Format {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".keras":
		return WriteKeras
	case ".h5", ".hdf5":
		return WriteH5
	}
	return nil
}

// Save writes m to path as the file's extension says, .keras or .h5. The path
// holds the whole file or, on an error, what it held before; a file that exists
// is replaced.
func Save(m *ir.Model, path string) error {
	write := FormatOf(path)
	if write == nil {
		return &ir.Error{Kind: ir.ErrUsage, File: path, Text: "Keras's files end in .keras or .h5"}
	}
	return safefile.Write(context.Background(), path, true, func(w io.Writer) error { return write(w, m) })
}
