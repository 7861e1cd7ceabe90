package hostile

import (
	"archive/zip"
	"bytes"
	"fmt"
	"testing"
)

func zips(t testing.TB) (out []file) {
	good := Unzip(seed(t, "keras3/seed_lstm.keras"))
	arch, weights := Find(good, "config.json"), Find(good, "model.weights.h5")
	add := func(name, want string, members ...Member) {
		out = append(out, file{"zip: " + name, Zip(members...), want})
	}
	one := func(m Member) []Member { // in place of a good member
		var rest []Member
		for _, g := range good {
			if g.Name != m.Name {
				rest = append(rest, g)
			}
		}
		return append(rest, m)
	}
	zeros := make([]byte, 28<<20)
	add("no members", "malformed")
	add("no config", "malformed", good[:1]...)
	add("no weights", "malformed", Member{Name: "config.json", Data: arch}, Member{Name: "metadata.json", Data: Find(good, "metadata.json")})
	add("two configs", "malformed", append(good[:len(good):len(good)], Member{Name: "config.json", Data: arch})...)
	add("a name that leaves the archive", "ok", append(good[:len(good):len(good)], Member{Name: "../../evil", Data: arch})...)
	add("an absolute name", "ok", append(good[:len(good):len(good)], Member{Name: "/etc/passwd", Data: arch})...)
	add("config of other CRC", "checksum", one(Member{Name: "config.json", Data: arch, CRC: 7})...)
	add("weights of other CRC", "checksum", one(Member{Name: "model.weights.h5", Data: weights, CRC: 7})...)
	add("deflated weights of other CRC", "checksum", one(Member{Name: "model.weights.h5", Data: weights, Deflate: true, CRC: 7})...)
	add("stored config said larger", "malformed", one(Member{Name: "config.json", Data: arch, Size: uint64(len(arch)) + 10})...)
	add("stored weights said huge", "malformed", one(Member{Name: "model.weights.h5", Data: weights, Size: 1 << 60, Packed: 1 << 60})...)
	add("deflated weights said larger", "malformed", one(Member{Name: "model.weights.h5", Data: weights, Deflate: true, Size: uint64(len(weights)) + 1})...)
	add("deflated weights said smaller", "malformed", one(Member{Name: "model.weights.h5", Data: weights, Deflate: true, Size: uint64(len(weights)) - 1})...)
	add("deflated weights said huge", "limit", one(Member{Name: "model.weights.h5", Data: weights, Deflate: true, Size: 1 << 62})...)
	add("deflated bomb as config", "limit", one(Member{Name: "config.json", Data: zeros, Deflate: true})...)
	add("deflated bomb as weights", "limit", one(Member{Name: "model.weights.h5", Data: zeros, Deflate: true})...)
	add("bomb said small", "malformed", one(Member{Name: "model.weights.h5", Data: zeros, Deflate: true, Size: 1 << 20})...)
	add("metadata that is no JSON", "malformed", one(Member{Name: "metadata.json", Data: []byte("{"), CRC: 0})...)
	add("metadata deflated bomb", "limit", one(Member{Name: "metadata.json", Data: zeros, Deflate: true})...)
	add("weights that are a zip", "malformed", one(Member{Name: "model.weights.h5", Data: Zip(good...)})...)
	add("weights that are empty", "malformed", one(Member{Name: "model.weights.h5"})...)
	add("weights that are text", "malformed", one(Member{Name: "model.weights.h5", Data: []byte("{}")})...)
	add("a PyTorch checkpoint", "unsupported", Member{Name: "archive/data.pkl", Data: []byte("x")})
	add("a SavedModel", "unsupported", Member{Name: "m/saved_model.pb", Data: []byte("x")})
	var sharded []Member
	for _, g := range good {
		if g.Name != "model.weights.h5" {
			sharded = append(sharded, g)
		}
	}
	add("shards that leave the archive", "malformed", append(sharded, Member{Name: "model.weights.json", Data: []byte(`{"weight_map":{"/a":["../x.h5"]}}`)})...)
	add("shards that are missing", "malformed|", append(sharded, Member{Name: "model.weights.json", Data: []byte(`{"weight_map":{"/a":["x.h5"]}}`)})...)
	for i, m := range []uint16{1, 9, 12, 14, 93, 98} {
		b := Zip(one(Member{Name: "config.json", Data: arch})...)
		at := bytes.LastIndex(b, []byte("config.json")) - 46
		b[at+10] = byte(m) // the method, in the central directory
		out = append(out, file{fmt.Sprintf("zip: method %d (%d)", m, i), b, "unsupported|malformed"})
	}
	quine := bytes.Repeat(Zip(good...), 2)
	out = append(out, file{"zip: twice in a row", quine, "ok|malformed"})
	var many bytes.Buffer
	w := zip.NewWriter(&many)
	for i := range 70000 {
		if _, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	_ = w.Close()
	out = append(out, file{"zip: 70,000 members", many.Bytes(), "malformed"})
	return out
}

func hdf5Files(t testing.TB) (out []file) {
	arch := string(Text(config()))
	add := func(name, want string, b []byte) { out = append(out, file{"hdf5: " + name, b, want}) }
	weight := func(name, want string, write func(h *HDF5) uint64) {
		add(name, want, legacy(arch, func(h *HDF5, w string) (uint64, bool) {
			if w != "lstm/recurrent_kernel:0" {
				return 0, false
			}
			return write(h), true
		}))
	}
	weight("a deflated weight", "ok", func(h *HDF5) uint64 { return h.Deflated(32, 128) })
	weight("a bomb of another shape", "shape", func(h *HDF5) uint64 { return h.Deflated(4096, 4096) })
	weight("a weight of another shape", "shape", func(h *HDF5) uint64 { return h.Deflated(32, 129) })
	weight("a chunk that is no deflate", "malformed", func(h *HDF5) uint64 { return h.Chunked(h.Raw(make([]byte, 4096)), 4096, 32, 128) })
	weight("a chunk beyond the file", "malformed", func(h *HDF5) uint64 { return h.Chunked(1<<40, 4096, 32, 128) })
	weight("a chunk of no bytes", "malformed|limit", func(h *HDF5) uint64 { return h.Chunked(96, 0, 32, 128) })
	weight("a chunk tree that is its own child", "malformed|limit", func(h *HDF5) uint64 {
		tree := append([]byte("TREE\x01\x01\x01\x00"), bytes.Repeat([]byte{255}, 16)...)
		tree = append(tree, make([]byte, 32)...)
		tree = le.AppendUint64(tree, h.Next())
		return h.chunkedAt(h.Raw(append(tree, make([]byte, 32)...)), []uint16{1}, 32, 128)
	})
	weight("a chunk tree of 65,535 children", "malformed", func(h *HDF5) uint64 {
		return h.chunkedAt(h.Raw(append([]byte("TREE\x01\x00\xff\xff"), bytes.Repeat([]byte{255}, 64)...)), []uint16{1}, 32, 128)
	})
	weight("data beyond the file", "malformed", func(h *HDF5) uint64 { return h.Dataset(Float32(), 1<<40, 4*32*128, 32, 128) })
	weight("data at the largest address", "malformed", func(h *HDF5) uint64 { return h.Dataset(Float32(), undefined-1, 4*32*128, 32, 128) })
	weight("data that were never written", "ok|malformed", func(h *HDF5) uint64 { return h.Dataset(Float32(), undefined, 0, 32, 128) })
	weight("data shorter than the shape", "malformed", func(h *HDF5) uint64 { return h.Dataset(Float32(), 96, 100, 32, 128) })
	weight("data over the headers", "malformed", func(h *HDF5) uint64 { return h.Dataset(Float32(), 0, 4*32*128, 32, 128) })
	weight("a shape that overflows", "limit", func(h *HDF5) uint64 { return h.Dataset(Float32(), 96, 100, 1<<33, 1<<33) })
	weight("a shape that overflows to nothing", "limit", func(h *HDF5) uint64 { return h.Dataset(Float32(), 96, 0, 1<<32, 1<<32) })
	weight("a shape of huge axes and a zero", "shape|malformed|limit", func(h *HDF5) uint64 { return h.Dataset(Float32(), 96, 0, 1<<62, 1<<62, 0) })
	weight("rank 40", "malformed", func(h *HDF5) uint64 { return h.Dataset(Float32(), 96, 4, make([]uint64, 40)...) })
	weight("rank 0", "shape|missing weight|malformed", func(h *HDF5) uint64 { return h.Dataset(Float32(), 96, 4) })
	weight("strings", "dtype|unsupported|malformed|shape", func(h *HDF5) uint64 { return h.Contiguous(FixedString(4), make([]byte, 4*32*128), 32, 128) })
	weight("an unknown type", "unsupported|malformed", func(h *HDF5) uint64 { return h.Dataset([]byte{0x1f, 0, 0, 0, 4, 0, 0, 0}, 96, 4*32*128, 32, 128) })
	weight("a type of no bytes", "malformed", func(h *HDF5) uint64 { return h.Dataset([]byte{0x11, 0, 0, 0, 0, 0, 0, 0}, 96, 4*32*128, 32, 128) })
	weight("a float of odd layout", "unsupported|malformed", func(h *HDF5) uint64 {
		f := Float32()
		f[15] = 5
		return h.Contiguous(f, make([]byte, 4*32*128), 32, 128)
	})
	weight("a group", "malformed", func(h *HDF5) uint64 { return h.Group() })
	weight("no header", "malformed", func(h *HDF5) uint64 { return h.Raw(make([]byte, 64)) })
	weight("no object", "malformed", func(*HDF5) uint64 { return undefined })
	weight("the superblock", "malformed", func(*HDF5) uint64 { return 0 })
	weight("external storage", "unsupported", func(h *HDF5) uint64 {
		return h.Object(Message{1, Space(32, 128)}, Message{3, Float32()}, Message{7, make([]byte, 32)}, Message{8, append([]byte{3, 1}, bytes.Repeat([]byte{255}, 16)...)})
	})
	weight("a header that continues in itself", "malformed", func(h *HDF5) uint64 {
		body := le.AppendUint64(le.AppendUint64(nil, h.Next()+16), 64)
		return h.Object(Message{16, body}, Message{16, body}, Message{1, Space(32, 128)})
	})

	root := func(name, want string, messages func(h *HDF5) []Message) {
		h := NewHDF5()
		add(name, want, h.Finish(h.Group(messages(h)...)))
	}
	root("an empty group", "malformed", func(*HDF5) []Message { return nil })
	root("no weights beside the architecture", "malformed", func(h *HDF5) []Message { return []Message{h.Text("model_config", arch)} })
	root("weights behind a soft link to themselves", "limit|malformed", func(h *HDF5) []Message {
		return []Message{h.Text("model_config", arch), SoftLink("model_weights", "/model_weights")}
	})
	root("weights behind an external link", "unsupported", func(h *HDF5) []Message {
		return []Message{h.Text("model_config", arch), ExternalLink("model_weights", "/etc/passwd", "/")}
	})
	root("weights that are the root", "malformed", func(h *HDF5) []Message {
		return []Message{h.Text("model_config", arch), SoftLink("model_weights", "/")}
	})
	root("a name twice", "malformed", func(h *HDF5) []Message {
		g := h.Group()
		return []Message{h.Text("model_config", arch), Link("model_weights", g), Link("model_weights", g)}
	})
	for _, name := range []string{"model_weights//", "/", "."} {
		root(fmt.Sprintf("a group named %q", name), "malformed", func(h *HDF5) []Message {
			return []Message{h.Text("model_config", arch), Link("model_weights", h.Group()), Link(name, h.Group())}
		})
	}
	root("an architecture that is a number", "malformed", func(*HDF5) []Message {
		return []Message{Attribute("model_config", Float32(), Space(), make([]byte, 4))}
	})
	root("an architecture of two strings", "malformed", func(*HDF5) []Message { return []Message{Texts("model_config", "{}", "{}")} })
	root("an architecture in no heap", "malformed", func(*HDF5) []Message {
		ref := le.AppendUint32(le.AppendUint64(le.AppendUint32(nil, 100), 7), 1)
		return []Message{Attribute("model_config", VariableString(), Space(), ref)}
	})
	root("a group that holds itself", "malformed", func(h *HDF5) []Message {
		at := h.Next()
		return []Message{Link("layers", at), Link("vars", at)}
	})
	root("layer names without layers", "malformed", func(*HDF5) []Message { return []Message{Texts("layer_names", "a", "b")} })
	root("an attribute larger than the file", "malformed|limit", func(*HDF5) []Message {
		return []Message{Attribute("layer_names", FixedString(1000), Space(1<<40), nil)}
	})

	good := seed(t, "keras3/seed_lstm.h5")
	patch := func(name, want string, at int, bytes ...byte) {
		b := append([]byte(nil), good...)
		copy(b[at:], bytes)
		add(name, want, b)
	}
	patch("no signature", "malformed", 0, 'x')
	patch("superblock of version 9", "unsupported", 8, 9)
	patch("addresses of 3 bytes", "malformed", 13, 3)
	patch("lengths of 255 bytes", "malformed", 14, 255)
	patch("an end beyond the file", "malformed", 40, 255, 255, 255, 255, 255)
	patch("a root beyond the file", "malformed", 64, 255, 255, 255, 127)
	patch("a root in the superblock", "malformed", 64, 0, 0, 0, 0)
	for i, b := 0, bytes.Index(good, []byte("TREE")); i < 8; i++ {
		patch(fmt.Sprintf("byte %d of a tree", i), "malformed|unsupported|limit", b+i, 0xf7)
	}
	for i, b := 0, bytes.Index(good, []byte("SNOD")); i < 4; i++ {
		patch(fmt.Sprintf("byte %d of a symbol table", i), "malformed|unsupported|limit", b+i, 0xf7)
	}
	for i, b := 0, bytes.Index(good, []byte("HEAP")); i < 4; i++ {
		patch(fmt.Sprintf("byte %d of a heap", i), "malformed|unsupported|limit", b+i, 0xf7)
	}
	return out
}
