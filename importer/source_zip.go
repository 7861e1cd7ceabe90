package importer

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// readZip reads a .keras in place: stored members are parts of the file,
// deflated ones are inflated within the limits.
func readZip(b *blob, lim Limits) (*archive, error) {
	z, err := zip.NewReader(b.r, b.size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "is not a whole zip file", Err: err}
	}
	if len(z.File) > lim.Members {
		return nil, &ir.Error{Kind: ir.ErrLimit, File: b.name, Text: fmt.Sprintf("has %d members, the limit is %d", len(z.File), lim.Members)}
	}
	members := map[string]*zip.File{}
	npy := 0
	for _, f := range z.File {
		members[f.Name] = f
		if strings.HasSuffix(f.Name, ".npy") {
			npy++
		}
	}
	open := func(name string) (*blob, error) {
		f := members[name]
		if f == nil {
			return nil, fs.ErrNotExist
		}
		return member(b, f, lim)
	}
	if members["config.json"] == nil {
		switch {
		case npy > 0 && npy == len(z.File):
			w, err := readNPZWeights(b, lim)
			if err != nil {
				return nil, inFile(err, b.name)
			}
			return &archive{name: b.name, format: "npz-weights", weights: w}, nil
		case members["archive/data.pkl"] != nil || hasSuffixMember(members, "/data.pkl"):
			return nil, &ir.Error{Kind: ir.ErrUnsupported, File: b.name, Text: "is a PyTorch checkpoint, not a Keras model"}
		case hasSuffixMember(members, "saved_model.pb"):
			return nil, savedModel(b.name)
		}
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "is a zip file without config.json, so not a .keras file"}
	}
	a, err := readV3("keras-v3", b.name, open, lim)
	if err != nil {
		return nil, err
	}
	a.asset = func(name string) ([]byte, error) {
		m, err := open(path.Join("assets", name))
		if err != nil {
			return nil, err
		}
		return m.all(lim.InflateBytes)
	}
	return a, nil
}

func hasSuffixMember(members map[string]*zip.File, suffix string) bool {
	for n := range members {
		if strings.HasSuffix(n, suffix) {
			return true
		}
	}
	return false
}

// member opens one member of a zip.
func member(b *blob, f *zip.File, lim Limits) (*blob, error) {
	name := b.name + ":" + f.Name
	if f.Method == zip.Store {
		off, err := f.DataOffset()
		n := int64(f.UncompressedSize64)
		if err != nil || off < 0 || n < 0 || n > b.size-off || f.CompressedSize64 != f.UncompressedSize64 {
			return nil, &ir.Error{Kind: ir.ErrMalformed, File: name, Text: "lies outside of the zip file", Err: err}
		}
		return b.section(name, off, n), nil
	}
	n, packed := f.UncompressedSize64, f.CompressedSize64
	if n > uint64(lim.InflateBytes) || n/uint64(lim.InflateRatio) > packed {
		return nil, &ir.Error{Kind: ir.ErrLimit, File: name, Text: fmt.Sprintf("inflates from %d to %d bytes", packed, n)}
	}
	r, err := f.Open()
	if err != nil {
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: name, Text: "cannot be inflated", Err: err}
	}
	defer r.Close()
	var buf bytes.Buffer
	buf.Grow(int(min(n, 64<<20)))
	if _, err := io.Copy(&buf, io.LimitReader(r, int64(n)+1)); err != nil {
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: name, Text: "cannot be inflated", Err: err}
	}
	if uint64(buf.Len()) != n {
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: name, Text: fmt.Sprintf("inflates to %d bytes, its header says %d", buf.Len(), n)}
	}
	return bytesBlob(name, buf.Bytes(), nil), nil
}

// readV3 reads config.json, metadata.json and the weights of a .keras, zipped
// or not.
func readV3(format, name string, open func(string) (*blob, error), lim Limits) (*archive, error) {
	a := &archive{name: name, format: format}
	doc := func(file string) (any, error) {
		m, err := open(file)
		if err != nil {
			return nil, err
		}
		text, err := m.all(lim.JSONBytes)
		if err != nil {
			return nil, err
		}
		v, err := parseJSON(text, file, lim)
		return v, inFile(err, name)
	}
	var err error
	if a.arch, err = doc("config.json"); err != nil {
		return nil, err
	}
	meta, err := doc("metadata.json")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	a.version = str(at(meta, "keras_version"))
	for _, w := range []string{"model.weights.h5", "model.weights.npz", "model.weights.json"} {
		m, err := open(w)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		a.weights, err = readWeights(m, open, lim)
		return a, err
	}
	return nil, &ir.Error{Kind: ir.ErrMalformed, File: name, Text: "has an architecture but no model.weights.h5, .npz or .json"}
}

// readWeights reads the weights member of a .keras.
func readWeights(m *blob, beside func(string) (*blob, error), lim Limits) (weightsFile, error) {
	m.beside = beside
	w, err := readArchive(m, lim)
	if err != nil {
		return nil, err
	}
	if w.weights == nil {
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: m.name, Text: "holds no weights"}
	}
	return w.weights, nil
}

// readDir reads the directory of an unpacked .keras and refuses the others.
func readDir(fsys fs.FS, dir, name string, lim Limits, open func(string) (*blob, error)) (*archive, error) {
	exists := func(f string) bool {
		_, err := fs.Stat(fsys, path.Join(dir, f))
		return err == nil
	}
	switch {
	case exists("config.json"):
	case exists("saved_model.pb"), exists("keras_metadata.pb"):
		return nil, savedModel(name)
	case exists("_CHECKPOINT_METADATA"), exists("checkpoint"), exists("_METADATA"):
		return nil, &ir.Error{Kind: ir.ErrUnsupported, File: name, Text: "is a checkpoint directory (Orbax or TensorFlow), not a model: restore it in Python and save it with model.save('model.keras')"}
	default:
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: name, Text: "is a directory without config.json, so not an unpacked .keras"}
	}
	a, err := readV3("keras-v3-directory", name, open, lim)
	if err != nil {
		return nil, err
	}
	a.asset = func(file string) ([]byte, error) {
		p := path.Join("assets", file)
		if !fs.ValidPath(p) {
			return nil, &ir.Error{Kind: ir.ErrMalformed, File: name, Text: fmt.Sprintf("asset %q leaves the directory", file)}
		}
		m, err := open(p)
		if err != nil {
			return nil, err
		}
		return m.all(lim.InflateBytes)
	}
	return a, nil
}

func savedModel(name string) error {
	return &ir.Error{Kind: ir.ErrUnsupported, File: name, Text: "is a TensorFlow SavedModel, which holds a TensorFlow graph: load it in Python with tf.keras and save it with model.save('model.keras')"}
}
