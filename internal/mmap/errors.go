package mmap

import "errors"

var (
	errIsDir    = errors.New("is a directory")
	errTooLarge = errors.New("too large to read into memory")
)
