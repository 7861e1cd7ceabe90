package native

import (
	"errors"
	"io"
	"io/fs"
)

// prefixSize is how much of a file IsNative wants to see.
const prefixSize = 64

// IsNative reports whether a file that begins with prefix, 64 bytes or all of a
// shorter file, is a .kgo.
func IsNative(prefix []byte) bool {
	const start = `{"__metadata__":{"` + keyVersion + `"`
	return len(prefix) >= 8+len(start) && string(prefix[8:8+len(start)]) == start
}

// FileIsNative is IsNative for what an Open returned, which it closes. A
// directory is none.
func FileIsNative(f fs.File, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || st.IsDir() {
		return false, err
	}
	var head [prefixSize]byte
	n, err := io.ReadFull(f, head[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	return IsNative(head[:n]), nil
}
