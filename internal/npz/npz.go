package npz

import (
	"archive/zip"
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Limits bound what an archive may take. Zero fields mean the defaults.
type Limits struct {
	ArrayBytes int64 // of one array, unpacked; default 4 GiB
	Ratio      int64 // of an array unpacked to packed, beyond 16 MiB; default 250
	Arrays     int   // default 65,536
	// UnpackedBytes of all arrays that are read together; default 32 MiB and
	// twice the archive's size.
	UnpackedBytes int64
}

const (
	ratioFree    = 16 << 20
	unpackedFree = 32 << 20
)

func (l Limits) orDefaults() Limits {
	if l.ArrayBytes == 0 {
		l.ArrayBytes = 4 << 30
	}
	if l.Ratio == 0 {
		l.Ratio = 250
	}
	if l.Arrays == 0 {
		l.Arrays = 1 << 16
	}
	return l
}

// Archive is an .npz. Arrays are read when they are asked for.
type Archive struct {
	names  []string
	files  map[string]*zip.File
	limits Limits
	close  func() error
	taken  map[string]int64 // memory of the arrays that were read
}

// Open opens the .npz at path; Close closes it.
func Open(path string, limits Limits) (*Archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var a *Archive
		if a, err = Read(f, info.Size(), limits); err == nil {
			a.close = f.Close
			return a, nil
		}
	}
	_ = f.Close()
	var e *ir.Error
	if errors.As(err, &e) && e.File == "" {
		e.File = path
	}
	return nil, err
}

// Read opens the .npz in r, which has size bytes.
func Read(r io.ReaderAt, size int64, limits Limits) (*Archive, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, &ir.Error{Kind: ir.ErrMalformed, Text: "not an .npz", Err: err}
	}
	a := &Archive{files: map[string]*zip.File{}, limits: limits.orDefaults(), taken: map[string]int64{}}
	if a.limits.UnpackedBytes == 0 {
		a.limits.UnpackedBytes = unpackedFree + 2*min(size, 1<<60)
	}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue
		}
		if a.files[name] != nil {
			return nil, ir.Errorf(ir.ErrMalformed, "two arrays are named %q", name)
		}
		if len(a.names) == a.limits.Arrays {
			return nil, ir.Errorf(ir.ErrLimit, "more than %d arrays", a.limits.Arrays)
		}
		a.files[name] = f
		a.names = append(a.names, name)
	}
	return a, nil
}

// ReadBytes opens the .npz in b.
func ReadBytes(b []byte, limits Limits) (*Archive, error) {
	return Read(bytes.NewReader(b), int64(len(b)), limits)
}

// Close releases the file, if Open made the archive.
func (a *Archive) Close() error {
	if a.close == nil {
		return nil
	}
	return a.close()
}

// Names lists the arrays in the archive's order.
func (a *Archive) Names() []string { return slices.Clone(a.names) }

// Has reports whether there is an array of that name.
func (a *Archive) Has(name string) bool { return a.files[name] != nil }

// Tensor reads an array.
func (a *Archive) Tensor(name string) (*ir.Tensor, error) {
	var t *ir.Tensor
	err := a.read(name, func(r io.Reader, _ int64) (err error) {
		if t, err = ReadNPY(r, min(a.limits.ArrayBytes, a.room(name))); err == nil {
			a.taken[name] = memory(t)
		}
		return err
	})
	return t, err
}

// memory is what an array takes.
func memory(t *ir.Tensor) int64 {
	n := int64(len(t.Data)) + stringBytes*int64(len(t.Strings))
	for _, s := range t.Strings {
		n += int64(len(s))
	}
	return n
}

// room is how many bytes the array may take beside those that were read.
func (a *Archive) room(name string) int64 {
	n := a.limits.UnpackedBytes
	for other, taken := range a.taken {
		if other != name {
			n -= taken
		}
	}
	return max(n, 0)
}

func (a *Archive) read(name string, use func(r io.Reader, size int64) error) error {
	f := a.files[name]
	if f == nil {
		return &ir.Error{Kind: ir.ErrUsage, Field: name, Text: "is not in the .npz, which has " + strings.Join(a.names, ", ")}
	}
	size := int64(min(f.UncompressedSize64, 1<<62))
	packed := int64(min(f.CompressedSize64, 1<<52))
	switch {
	case size > a.limits.ArrayBytes:
		return &ir.Error{Kind: ir.ErrLimit, Field: name, Text: "array of " + bytesText(size) + ", the limit is " + bytesText(a.limits.ArrayBytes)}
	case size > ratioFree && size/a.limits.Ratio > packed:
		return &ir.Error{Kind: ir.ErrLimit, Field: name, Text: "array of " + bytesText(size) + " from " + bytesText(packed) + ", more than the ratio that is allowed"}
	}
	if size > a.room(name) {
		return &ir.Error{Kind: ir.ErrLimit, Field: name, Text: "array of " + bytesText(size) + ", with the others more than the limit of " + bytesText(a.limits.UnpackedBytes) + " (--limit NPZBytes=N)"}
	}
	a.taken[name] = size
	r, err := f.Open()
	if err == nil {
		err = use(r, size)
		if err == nil { // reading to the end checks the CRC and that nothing follows
			var n int64
			if n, err = io.Copy(io.Discard, r); err == nil && n > 0 {
				err = ir.Errorf(ir.ErrMalformed, "%d bytes follow the array", n)
			}
		}
		_ = r.Close()
	}
	if err == nil {
		return nil
	}
	if e := new(ir.Error); errors.As(err, &e) {
		c := *e
		c.Field = name
		return &c
	}
	return &ir.Error{Kind: ir.ErrMalformed, Field: name, Text: "cannot be unpacked", Err: err}
}

// Array is a named array to write.
type Array struct {
	Name   string
	Tensor *ir.Tensor
}

// Write writes an .npz, not compressed. The same arrays give the same bytes.
func Write(w io.Writer, arrays []Array) error {
	z := zip.NewWriter(w)
	for _, a := range arrays {
		size := &countWriter{crc: crc32.NewIEEE()}
		if err := WriteNPY(size, a.Tensor); err != nil {
			return err
		}
		// Sizes in front of the data: numpy and others then need not seek.
		f, err := z.CreateRaw(&zip.FileHeader{
			Name: a.Name + ".npy", Method: zip.Store, CRC32: size.crc.Sum32(),
			CompressedSize64: size.n, UncompressedSize64: size.n,
		})
		if err != nil {
			return err
		}
		if err := WriteNPY(f, a.Tensor); err != nil {
			return err
		}
	}
	return z.Close()
}
