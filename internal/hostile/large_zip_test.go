package hostile

import (
	"bytes"
	"fmt"
)

// largeZips are zips of many members, which take more in memory than in the
// file.
func largeZips() []largeFile {
	directory := func(n int, comment int) []byte {
		entry := make([]byte, 46+comment)
		copy(entry, "PK\x01\x02")
		le.PutUint16(entry[32:], uint16(comment))
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
	// Members that lie over one another: each is all of the file.
	overlapping := func() []byte {
		b := Zip(Member{Name: "config.json", Data: []byte("{}")}, Member{Name: "a.npy", Data: make([]byte, 16<<20)})
		const n = 20_000
		at := bytes.LastIndex(b, []byte("PK\x01\x02"))
		entry := bytes.Clone(b[at : at+46+5])
		head := b[:bytes.Index(b, []byte("PK\x01\x02"))]
		var dir []byte
		for i := range n {
			le.PutUint16(entry[28:], 8) // the length of the name
			dir = append(append(dir, entry[:46]...), fmt.Sprintf("%04x.npy", i)[:8]...)
		}
		out := append(bytes.Clone(head), dir...)
		tail := end(dir, n)
		le.PutUint32(tail[16:], uint32(len(head)))
		return append(out, tail...)
	}
	return []largeFile{
		{"zip: 20,000 members over one another", "malformed", overlapping},
		{"zip: 400,000 members without a name", "limit", zip(400_000, 0)},
		{"zip: 1,500,000 members without a name", "limit", zip(1_500_000, 0)},
		{"zip: 300 members with comments of 64 kB", "malformed|limit", zip(300, 65535)},
	}
}
