// Package mmap maps files into memory, read-only, where the OS can, and reads
// them otherwise.
package mmap

import (
	"io"
	"os"
	"runtime"
)

// File is the content of a file. Data stays valid as long as the File is
// reachable, so whoever keeps a part of Data keeps the File too; when nothing
// refers to it any more, it is unmapped. There is nothing to close.
//
// A mapped file must not be truncated or rewritten in place while it is in use:
// reading past its new end kills the process.
type File struct {
	Data   []byte
	Mapped bool // false when the content was read into memory
}

// Open maps the file at path. Files that cannot be mapped (empty ones, pipes,
// systems without mmap) are read into memory instead, up to limit bytes.
func Open(path string, limit int64) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return nil, &os.PathError{Op: "read", Path: path, Err: errIsDir}
	}
	if size := st.Size(); st.Mode().IsRegular() && size > 0 && int64(int(size)) == size {
		if b, err := mapFile(f, int(size)); err == nil {
			m := &File{Data: b, Mapped: true}
			runtime.AddCleanup(m, func(b []byte) { unmap(b) }, b)
			return m, nil
		}
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, &os.PathError{Op: "read", Path: path, Err: errTooLarge}
	}
	return &File{Data: b}, nil
}

// Release says that b, a part of Data, is not wanted for now: a mapping gives
// its memory back, and reads b from the file again when it is wanted after all.
func (f *File) Release(b []byte) {
	if f.Mapped {
		release(b)
	}
}
