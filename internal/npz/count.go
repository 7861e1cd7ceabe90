package npz

import (
	"fmt"
	"hash"
)

// countWriter measures what is written.
type countWriter struct {
	crc hash.Hash32
	n   uint64
}

func (c *countWriter) Write(p []byte) (int, error) {
	c.n += uint64(len(p))
	return c.crc.Write(p)
}

func bytesText(n int64) string { return fmt.Sprintf("%d bytes", n) }
