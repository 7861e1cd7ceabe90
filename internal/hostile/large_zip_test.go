package hostile

import (
	"bytes"
	"encoding/binary"
)

// largeZips are zips of many members, which take more in memory than in the
// file.
func largeZips() []largeFile {
	directory := func(n int, comment int) []byte {
		entry := make([]byte, 46+comment)
		copy(entry, "PK\x01\x02")
		binary.LittleEndian.PutUint16(entry[32:], uint16(comment))
		return bytes.Repeat(entry, n)
	}
	end := func(dir []byte, n int) []byte {
		b := append([]byte("PK\x05\x06"), 0, 0, 0, 0)
		b = le.AppendUint16(le.AppendUint16(b, uint16(n)), uint16(n))
		return append(le.AppendUint32(le.AppendUint32(b, uint32(len(dir))), 4), 0, 0)
	}
	zip := func(n, comment int) func() []byte {
		return func() []byte {
			dir := directory(n, comment)
			return append(append([]byte("PK\x03\x04"), dir...), end(dir, n)...)
		}
	}
	return []largeFile{
		{"zip: 400,000 members without a name", "limit", zip(400_000, 0)},
		{"zip: 1,500,000 members without a name", "limit", zip(1_500_000, 0)},
		{"zip: 300 members with comments of 64 kB", "malformed|limit", zip(300, 65535)},
	}
}
