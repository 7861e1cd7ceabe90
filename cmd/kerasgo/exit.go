package main

import (
	"context"
	"errors"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// The exit codes.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2
	exitUnsupported = 3
	exitParity      = 4
	exitMalformed   = 5
	exitLimit       = 6
	exitInterrupted = 130
)

func exitCode(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled) || ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, ir.ErrUsage), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	case errors.Is(err, ir.ErrParity):
		return exitParity
	case errors.Is(err, ir.ErrLimit):
		return exitLimit
	case errors.Is(err, ir.ErrUnsupported), errors.Is(err, ir.ErrVersion):
		return exitUnsupported
	case errors.Is(err, ir.ErrMalformed), errors.Is(err, ir.ErrChecksum), errors.Is(err, ir.ErrMissingWeight),
		errors.Is(err, ir.ErrUnusedWeight), errors.Is(err, ir.ErrShape), errors.Is(err, ir.ErrDType):
		return exitMalformed
	}
	return exitInternal
}
