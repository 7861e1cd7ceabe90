package importer

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"path"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// readZip reads a .keras in place: stored members are parts of the file,
// deflated ones are inflated within the limits.
func readZip(b *blob, lim Limits) (*archive, error) {
	z, err := openZip(b, lim)
	if err != nil {
		return nil, err
	}
	if len(z.File) > lim.Members {
		return nil, inFile(exceeded("Members", int64(lim.Members), "has %d members", len(z.File)), b.name)
	}
	members := map[string]*zip.File{}
	npy := 0
	for _, f := range z.File {
		if members[f.Name] != nil {
			return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: fmt.Sprintf("has two members %q", f.Name)}
		}
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
	if b.inner || members["config.json"] == nil {
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
		if b.inner {
			return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "is a zip file, but not one of weights"}
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
		return m.all(lim.FileBytes)
	}
	return a, nil
}

// openZip reads the directory of a zip. Its entries take several times their
// bytes in memory, which is counted while they are read.
func openZip(b *blob, lim Limits) (*zip.Reader, error) {
	d := &directory{r: b.r, lim: lim, free: 1 << 17} // where the directory is looked for
	z, err := zip.NewReader(d, b.size)
	d.read = true
	switch {
	case d.err != nil:
		return nil, inFile(d.err, b.name)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "is not a whole zip file", Err: err}
	}
	left := uint64(b.size)
	for _, f := range z.File { // members over the same bytes would multiply the time
		if f.CompressedSize64 > left {
			return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: fmt.Sprintf("has members that overlap: they take more than its %d bytes", b.size)}
		}
		left -= f.CompressedSize64
	}
	return z, nil
}

// entryMemory is what an entry of a zip takes in memory to its bytes: at least 46
// with a record of 250, which is in a list and in a map.
const entryMemory = 8

// directory counts what is read until the zip's directory is known.
type directory struct {
	r    io.ReaderAt
	lim  Limits
	free int
	read bool
	err  error
}

func (d *directory) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.r.ReadAt(p, off)
	if d.read {
		return n, err
	}
	if d.free -= n; d.free < 0 {
		if d.err = d.lim.spend(-entryMemory*int64(d.free), "the zip's directory"); d.err != nil {
			return 0, d.err
		}
		d.free = 0
	}
	return n, err
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
	fail := func(kind error, text string, err error) (*blob, error) {
		return nil, &ir.Error{Kind: kind, File: name, Text: text, Err: err}
	}
	n, packed := f.UncompressedSize64, f.CompressedSize64
	if f.Method == zip.Store {
		off, err := f.DataOffset()
		if err != nil || off < 0 || n > uint64(b.size) || int64(n) > b.size-off || packed != n {
			return fail(ir.ErrMalformed, "lies outside of the zip file", err)
		}
		m := b.section(name, off, int64(n))
		got, err := m.crc32()
		if err != nil {
			return nil, err
		}
		if got != f.CRC32 {
			return fail(ir.ErrChecksum, fmt.Sprintf("is damaged: its CRC-32 is %08x, the zip says %08x", got, f.CRC32), nil)
		}
		return m, nil
	}
	if n > math.MaxInt64 || n/uint64(lim.InflateRatio) > packed {
		return nil, inFile(exceeded("InflateRatio", lim.InflateRatio, "inflates from %d to %d bytes", packed, n), name)
	}
	if err := lim.spend(int64(n), "a zip member"); err != nil {
		return nil, inFile(err, name)
	}
	r, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return fail(ir.ErrUnsupported, fmt.Sprintf("is compressed by method %d; stored and deflated members are read", f.Method), nil)
	}
	if err != nil {
		return fail(ir.ErrMalformed, "cannot be inflated", err)
	}
	defer r.Close()
	out := make([]byte, n)
	if _, err := io.ReadFull(r, out); err != nil {
		return fail(ir.ErrMalformed, "cannot be inflated", err)
	}
	switch more, err := io.Copy(io.Discard, io.LimitReader(r, 1)); {
	case errors.Is(err, zip.ErrChecksum):
		return fail(ir.ErrChecksum, "is damaged: its CRC-32 is not what the zip says", nil)
	case err != nil:
		return fail(ir.ErrMalformed, "cannot be inflated", err)
	case more > 0:
		return fail(ir.ErrMalformed, fmt.Sprintf("inflates to more than the %d bytes its header says", n), nil)
	}
	return bytesBlob(name, out, nil), nil
}

func (b *blob) crc32() (uint32, error) {
	if b.bytes != nil {
		return crc32.ChecksumIEEE(b.bytes), nil
	}
	sum := crc32.NewIEEE()
	_, err := io.Copy(sum, io.NewSectionReader(b.r, 0, b.size))
	return sum.Sum32(), err
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
		orderFeatures(v, text)
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
	m.beside, m.inner = beside, true
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
		return m.all(lim.FileBytes)
	}
	return a, nil
}

func savedModel(name string) error {
	return &ir.Error{Kind: ir.ErrUnsupported, File: name, Text: "is a TensorFlow SavedModel, which holds a TensorFlow graph: load it in Python with tf.keras and save it with model.save('model.keras')"}
}
