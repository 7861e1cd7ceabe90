package importer

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/kerasgo/kerasgo/internal/hdf5"
	"github.com/kerasgo/kerasgo/internal/mmap"
	"github.com/kerasgo/kerasgo/ir"
)

// archive is what a Keras file holds, whatever its container.
type archive struct {
	name    string // for errors
	format  string // "keras-v3", "keras-v3-directory", "hdf5", "hdf5-weights", "json", …
	version string // keras_version as the file says
	backend string
	arch    any         // the architecture; nil for weights alone
	weights weightsFile // nil for an architecture alone
	// asset opens a file below assets/ of a .keras, nil when there are none.
	asset func(name string) ([]byte, error)
}

// weightsFile is a file's weights: legacyWeights or pathWeights.
type weightsFile interface {
	root() weightScope
	all() []*stored
}

// blob is the bytes of a file or of a part of one: in memory (or mapped, kept
// alive by owner) or behind an io.ReaderAt.
type blob struct {
	name  string
	bytes []byte
	owner any
	r     io.ReaderAt
	size  int64
	// beside opens a file next to this one, nil when there is no such place.
	beside func(name string) (*blob, error)
	inner  bool // the weights within a .keras, which may not be a .keras again
}

func bytesBlob(name string, b []byte, owner any) *blob {
	return &blob{name: name, bytes: b, owner: owner, r: bytes.NewReader(b), size: int64(len(b))}
}

// section is a part of a blob.
func (b *blob) section(name string, off, n int64) *blob {
	if b.bytes != nil {
		return bytesBlob(name, b.bytes[off:off+n:off+n], b.owner)
	}
	return &blob{name: name, r: io.NewSectionReader(b.r, off, n), size: n}
}

// all is the whole content, at most limit bytes.
func (b *blob) all(limit int64) ([]byte, error) {
	if b.size > limit {
		return nil, inFile(ir.Errorf(ir.ErrLimit, "has %d bytes; at most %d are read", b.size, limit), b.name)
	}
	if b.bytes != nil {
		return b.bytes, nil
	}
	out := make([]byte, b.size)
	if _, err := io.ReadFull(io.NewSectionReader(b.r, 0, b.size), out); err != nil {
		return nil, err
	}
	return out, nil
}

func (b *blob) head(n int) []byte {
	out := make([]byte, min(int64(n), b.size))
	m, _ := b.r.ReadAt(out, 0)
	return out[:m]
}

func (b *blob) hdf5(lim Limits) (*hdf5.File, error) {
	if b.bytes != nil {
		return hdf5.OpenBytes(b.bytes, lim.hdf5())
	}
	return hdf5.Open(b.r, b.size, lim.hdf5())
}

// openPath opens a file by mmap.
func openPath(p string, lim Limits) (*blob, error) {
	m, err := mmap.Open(p, lim.FileBytes)
	if err != nil {
		return nil, err
	}
	b := bytesBlob(p, m.Data, m)
	dir := filepath.Dir(p)
	b.beside = func(name string) (*blob, error) {
		if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
			return nil, &ir.Error{Kind: ir.ErrMalformed, File: name, Text: "is no plain file name"}
		}
		return openPath(filepath.Join(dir, name), lim)
	}
	return b, nil
}

// openFS reads a file of an fs.FS.
func openFS(fsys fs.FS, name string, lim Limits) (*blob, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() > lim.FileBytes {
		return nil, inFile(exceeded("FileBytes", lim.FileBytes, "is read into memory and has %d bytes", st.Size()), name)
	}
	data, err := io.ReadAll(io.LimitReader(f, lim.FileBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > lim.FileBytes {
		return nil, inFile(exceeded("FileBytes", lim.FileBytes, "is read into memory and is longer"), name)
	}
	b := bytesBlob(name, data, nil)
	b.beside = func(sibling string) (*blob, error) { return openFS(fsys, path.Join(path.Dir(name), sibling), lim) }
	return b, nil
}

// readArchive tells what a blob is by its content and reads its structure.
func readArchive(b *blob, lim Limits) (*archive, error) {
	if !b.inner {
		lim.another(b.size)
	}
	h := b.head(4096)
	switch {
	case len(h) == 0:
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "the model file is empty"}
	case bytes.HasPrefix(h, []byte("PK\x03\x04")), bytes.HasPrefix(h, []byte("PK\x05\x06")):
		return readZip(b, lim)
	case isHDF5(b):
		return readHDF5(b, lim)
	}
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(h, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(trimmed, []byte("{")), bytes.HasPrefix(bytes.Join(bytes.Fields(trimmed[:min(len(trimmed), 64)]), nil), []byte("[{")):
		return readJSON(b, lim)
	case bytes.HasPrefix(trimmed, []byte(`"{`)): // json.dump(model.to_json())
		return readJSON(b, lim)
	case looksLikeYAML(trimmed):
		return readYAML(b, lim)
	}
	return nil, foreign(b.name, h)
}

// isHDF5 looks for the signature at 0, 512, 1024, 2048, …
func isHDF5(b *blob) bool {
	const sig = "\x89HDF\r\n\x1a\n"
	buf := make([]byte, len(sig))
	for off := int64(0); off+int64(len(sig)) <= b.size; off = max(512, off*2) {
		if n, _ := b.r.ReadAt(buf, off); n == len(sig) && string(buf) == sig {
			return true
		}
		if off > 1<<40 {
			break
		}
	}
	return false
}

// foreign names the formats that are not Keras's.
func foreign(name string, h []byte) error {
	e := &ir.Error{Kind: ir.ErrMalformed, File: name, Text: "is no Keras file: neither HDF5, nor a .keras zip, nor a JSON or YAML architecture"}
	kind, hint := "", ""
	switch {
	case len(h) >= 8 && string(h[4:8]) == "TFL3":
		kind, hint = "a TensorFlow Lite model", "give the Keras model it was made from"
	case bytes.HasPrefix(h, []byte{0x80, 2}), bytes.HasPrefix(h, []byte{0x80, 3}), bytes.HasPrefix(h, []byte{0x80, 4}), bytes.HasPrefix(h, []byte{0x80, 5}):
		kind, hint = "a Python pickle, which only Python can (and should not) load", "save the model with model.save('model.keras')"
	case bytes.HasPrefix(h, []byte("\x08")) && bytes.Contains(h[:min(len(h), 256)], []byte("onnx")), bytes.HasPrefix(h, []byte("\x08")) && bytes.Contains(h[:min(len(h), 64)], []byte("pytorch")):
		kind, hint = "an ONNX model", "give the Keras model it was made from"
	case bytes.Contains(h[:min(len(h), 32)], []byte("\x08\x01\x1a\x02\x08\x01")), bytes.HasPrefix(h, []byte("model_checkpoint_path:")), strings.Contains(name, ".data-0000"):
		kind, hint = "part of a TensorFlow checkpoint", "in Python, give it to model.load_weights and save the model with model.save('model.keras')"
	case bytes.Contains(h, []byte("saved_model")), bytes.Contains(h, []byte("_tf_keras_")), bytes.HasPrefix(h, []byte("\x08\x01\x12")):
		kind, hint = "part of a TensorFlow SavedModel", "load it in Python and save it with model.save('model.keras')"
	case bytes.HasPrefix(h, []byte("version https://git-lfs")):
		return &ir.Error{Kind: ir.ErrMalformed, File: name, Text: "is a Git LFS pointer, not the model: fetch it with git lfs pull"}
	case bytes.HasPrefix(h, []byte("<")):
		return &ir.Error{Kind: ir.ErrMalformed, File: name, Text: "is an HTML or XML page, not a model; perhaps the download failed"}
	}
	if kind != "" {
		e.Kind, e.Text = ir.ErrUnsupported, "is "+kind+": "+hint
	}
	return e
}

// openModel opens a path: a file, or the directory of an unpacked .keras.
func openModel(p string, lim Limits) (*archive, error) {
	st, err := os.Stat(p)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return readDir(os.DirFS(p), ".", p, lim, func(name string) (*blob, error) { return lim.counted(openPath(filepath.Join(p, name), lim)) })
	}
	b, err := openPath(p, lim)
	if err != nil {
		return nil, err
	}
	return readArchive(b, lim)
}

func openModelFS(fsys fs.FS, name string, lim Limits) (*archive, error) {
	st, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		return readDir(fsys, name, name, lim, func(f string) (*blob, error) { return lim.counted(openFS(fsys, path.Join(name, f), lim)) })
	}
	b, err := openFS(fsys, name, lim)
	if err != nil {
		return nil, err
	}
	return readArchive(b, lim)
}
