package hdf5

import (
	"errors"

	"github.com/kerasgo/kerasgo/ir"
)

// ErrNotFound is the cause of the error for a path that names no object.
var ErrNotFound = errors.New("no such object")

func malformed(at int64, format string, args ...any) error {
	return ir.Errorf(ir.ErrMalformed, format, args...).At(at)
}

func unsupported(at int64, format string, args ...any) error {
	return ir.Errorf(ir.ErrUnsupported, format, args...).At(at)
}

func exceeded(at int64, format string, args ...any) error {
	return ir.Errorf(ir.ErrLimit, format, args...).At(at)
}
