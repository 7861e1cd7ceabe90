package hostile

import (
	"bytes"
	"compress/zlib"
	"fmt"
)

// largeHDF5 are files whose structures or data take much more memory when they
// are read than in the file.
func largeHDF5() (out []largeFile) {
	add := func(name, want string, data func() []byte) { out = append(out, largeFile{"hdf5: " + name, want, data}) }
	embedding := func(name, want string, rows uint64, write func(h *HDF5) uint64) {
		c := Set(config(), "config/layers/1/config/input_dim", rows)
		add(name, want, func() []byte {
			return legacy(string(Text(c)), func(h *HDF5, w string) (uint64, bool) {
				if w != "embedding/embeddings:0" {
					return 0, false
				}
				return write(h), true
			})
		})
	}

	embedding("6 million chunks of one element", "limit|malformed", 6<<20, func(h *HDF5) uint64 {
		data := h.Raw(make([]byte, 24<<20))
		return h.Object(Message{1, Space(6<<20, 1)}, Message{3, Float32()}, Message{5, []byte{2, 2, 0, 0}}, Message{8, implicit(data, 1, 1, 4)})
	})
	for _, filters := range [][]uint16{{2, 1}, {1, 2, 1, 2, 1, 2, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
		embedding(fmt.Sprintf("a bomb of 22 MB through %d filters", len(filters)), "ok|limit|unsupported|malformed", 22<<18, func(h *HDF5) uint64 {
			b := make([]byte, 22<<20)
			for i, id := range filters {
				if id != 1 {
					continue
				}
				b = zlibbed(b)
				if i < len(filters)-1 { // what follows the stream is not read, but inflated first
					b = append(b, make([]byte, 22<<20+i<<21)...)
				}
			}
			return h.Filtered(filters, h.Raw(b), uint32(len(b)), 22<<18, 1)
		})
	}

	add("a header of 3 million messages", "limit|malformed", func() []byte {
		h := NewHDF5()
		return h.Finish(h.Object(make([]Message, 3<<20)...))
	})
	add("a header of 3 million unknown messages", "limit|malformed", func() []byte {
		h := NewHDF5()
		m := make([]Message, 3<<20)
		for i := range m {
			m[i].Type = 14
		}
		return h.Finish(h.Object(append([]Message{{10, []byte{0, 0}}}, m...)...))
	})
	add("60,000 attributes", "limit|malformed", func() []byte {
		h := NewHDF5()
		m := make([]Message, 60_000)
		for i := range m {
			m[i] = Attribute("a", Float32(), Space(0), nil)
		}
		return h.Finish(h.Group(m...))
	})
	add("30,000 lists of layers", "limit|malformed|usage", func() []byte {
		h := NewHDF5()
		m := make([]Message, 30_000)
		for i := range m {
			m[i] = Attribute(fmt.Sprintf("layer_names%d", i), FixedString(1), Space(0), nil)
		}
		return h.Finish(h.Group(m...))
	})
	add("a million links", "limit|malformed", func() []byte {
		h := NewHDF5()
		const nodes, each = 20, 50_000
		var names []byte
		for n := range nodes * each {
			names = append(names, fmt.Sprintf("%07d\x00", n)...)
		}
		heap := append([]byte("HEAP\x00\x00\x00\x00"), le.AppendUint64(nil, uint64(len(names)))...)
		heapAt := h.Raw(le.AppendUint64(le.AppendUint64(heap, 0), h.Raw(names)))
		tree := append([]byte("TREE\x00\x00"), nodes, 0)
		tree = append(tree, bytes.Repeat([]byte{255}, 16)...)
		for n := range nodes {
			node := le.AppendUint16([]byte("SNOD\x01\x00"), each)
			for i := range each {
				node = le.AppendUint64(le.AppendUint64(node, uint64(8*(n*each+i))), 96)
				node = append(node, make([]byte, 24)...)
			}
			tree = le.AppendUint64(le.AppendUint64(tree, 0), h.Raw(node))
		}
		treeAt := h.Raw(append(tree, make([]byte, 8)...))
		return h.Finish(h.Object(Message{17, le.AppendUint64(le.AppendUint64(nil, treeAt), heapAt)}))
	})
	add("a million names of one byte", "limit|malformed", func() []byte {
		h := NewHDF5()
		var m []Message
		for i := range 20 {
			m = append(m, Attribute(fmt.Sprintf("layer_names%d", i), FixedString(1), Space(60_000), bytes.Repeat([]byte("a"), 60_000)))
		}
		return h.Finish(h.Group(append(m, Link("a", h.Group(Texts("weight_names"))))...))
	})
	add("layers that share their weights", "limit|malformed", func() []byte {
		h := NewHDF5()
		d := h.Contiguous(Float32(), make([]byte, 4), 1)
		layer := h.Group(Attribute("weight_names", FixedString(1), Space(2000), bytes.Repeat([]byte("w"), 2000)), Link("w", d))
		return h.Finish(h.Group(Attribute("layer_names", FixedString(1), Space(500), bytes.Repeat([]byte("a"), 500)), Link("a", layer)))
	})
	add("100,000 groups within one another", "limit|malformed", func() []byte {
		h := NewHDF5()
		at := h.Contiguous(Float32(), make([]byte, 4), 1)
		for range 100_000 {
			at = h.Group(Link("vars", at))
		}
		return h.Finish(at)
	})
	add("strings in heaps that overlap", "limit|malformed", func() []byte {
		// Each of the heaps begins within the only object of the one before it.
		const n, size = 6, 16 << 20
		h := NewHDF5()
		at := h.Raw(bytes.Repeat([]byte("x"), size))
		var refs []byte
		for i := range n {
			from, left := int(at)+64*i, uint64(size-64*i)
			heap := append([]byte("GCOL\x01\x00\x00\x00"), le.AppendUint64(nil, left)...)
			heap = le.AppendUint64(append(heap, 1, 0, 1, 0, 0, 0, 0, 0), left-32)
			copy(h.b[from:], heap)
			refs = le.AppendUint32(refs, uint32(left-32))
			refs = le.AppendUint32(le.AppendUint64(refs, uint64(from)), 1)
		}
		return h.Finish(h.Group(Attribute("layer_names", VariableString(), Space(n), refs)))
	})
	return out
}

// implicit is a layout of chunks that follow one another; the last axis is the
// bytes of an element.
func implicit(addr uint64, dims ...uint64) []byte {
	b := []byte{4, 2, 0, byte(len(dims)), 8}
	for _, d := range dims {
		b = le.AppendUint64(b, d)
	}
	return le.AppendUint64(append(b, 2), addr)
}

func zlibbed(b []byte) []byte {
	var out bytes.Buffer
	z, _ := zlib.NewWriterLevel(&out, zlib.BestCompression)
	if _, err := z.Write(b); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
