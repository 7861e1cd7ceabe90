package hostile

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"hash/crc32"
)

// Member is a file of a zip. Size, Packed and CRC are written in place of the
// true ones when they are not zero.
type Member struct {
	Name         string
	Data         []byte
	Deflate      bool
	Size, Packed uint64
	CRC          uint32
}

// Zip writes members as they are, duplicates and odd names too.
func Zip(members ...Member) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.Name, CRC32: crc32.ChecksumIEEE(m.Data), UncompressedSize64: uint64(len(m.Data))}
		data := m.Data
		if m.Deflate {
			h.Method, data = zip.Deflate, Deflate(m.Data)
		}
		h.CompressedSize64 = uint64(len(data))
		if m.Size != 0 {
			h.UncompressedSize64 = m.Size
		}
		if m.Packed != 0 {
			h.CompressedSize64 = m.Packed
		}
		if m.CRC != 0 {
			h.CRC32 = m.CRC
		}
		w, err := z.CreateRaw(h)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Unzip reads all members of a good zip.
func Unzip(b []byte) []Member {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		panic(err)
	}
	var out []Member
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			panic(err)
		}
		var data bytes.Buffer
		if _, err := data.ReadFrom(r); err != nil {
			panic(err)
		}
		out = append(out, Member{Name: f.Name, Data: data.Bytes(), Deflate: f.Method == zip.Deflate})
	}
	return out
}

// Replace returns the members with another content of one of them.
func Replace(members []Member, name string, data []byte) []Member {
	out := append([]Member(nil), members...)
	for i := range out {
		if out[i].Name == name {
			out[i].Data = data
			return out
		}
	}
	return append(out, Member{Name: name, Data: data})
}

// Find is the content of a member.
func Find(members []Member, name string) []byte {
	for _, m := range members {
		if m.Name == name {
			return m.Data
		}
	}
	return nil
}

// Deflate compresses as well as it can.
func Deflate(b []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
	return out.Bytes()
}
