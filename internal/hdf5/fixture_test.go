package hdf5

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

const fixtureDir = "../../fixtures/hdf5"

// fixture returns the bytes of a fixture, which may be compressed.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(fixtureDir, name+".h5"))
	if err == nil {
		return b
	}
	return unpack(t, filepath.Join(fixtureDir, name+".h5.gz"))
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func fixtureNames(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(fixtureDir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(strings.TrimSuffix(e.Name(), ".gz"), ".h5"); ok {
			names = append(names, name)
		}
	}
	if len(names) < 30 {
		t.Fatalf("only %d fixtures in %s", len(names), fixtureDir)
	}
	return names
}

// undumped are the fixtures without a description by h5py.
var undumped = map[string]bool{"refused": true, "deep": true, "shared_heap": true, "limits": true}

func openFixture(t testing.TB, name string) *File {
	t.Helper()
	f, err := OpenBytes(fixture(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAgainstH5py(t *testing.T) {
	for _, name := range fixtureNames(t) {
		if undumped[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var want map[string]dumped
			if err := json.Unmarshal(unpack(t, filepath.Join(fixtureDir, name+".json.gz")), &want); err != nil {
				t.Fatal(err)
			}
			b := fixture(t, name)
			mapped, err := OpenBytes(b)
			if err != nil {
				t.Fatal(err)
			}
			compareDumps(t, normal(dump(t, mapped)), normal(want))
			read, err := Open(readerAt{bytes.NewReader(b)}, int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			compareDumps(t, normal(dump(t, read)), normal(want))
		})
	}
}

// readerAt hides all methods but ReadAt.
type readerAt struct{ io.ReaderAt }

// normal makes empty and absent lists equal: JSON does not keep them apart.
func normal(d map[string]dumped) map[string]dumped {
	for k, o := range d {
		if len(o.Names) == 0 {
			o.Names = nil
		}
		if len(o.Links) == 0 {
			o.Links = nil
		}
		for n, v := range o.Attrs {
			o.Attrs[n] = v.normal()
		}
		if o.Data != nil {
			v := o.Data.normal()
			o.Data = &v
		}
		d[k] = o
	}
	return d
}

func (v value) normal() value {
	if len(v.Strings) == 0 {
		v.Strings = nil
	}
	if len(v.Shape) == 0 {
		v.Shape = nil
	}
	return v
}

func TestRefusedByName(t *testing.T) {
	f := openFixture(t, "refused")
	for path, want := range map[string]string{
		"compound": "compound", "complex": "compound", "reference": "reference", "array": "array",
		"vlen": "variable-length sequence", "scaleoffset": "scaleoffset", "external": "external files",
		"virtual": "virtual", "nbit": "nbit", "bitfield": "bitfield", "int17": "17-bit integer",
	} {
		d, err := f.Dataset(path)
		if err != nil {
			t.Errorf("%s: cannot be looked at: %v", path, err)
			continue
		}
		if _, err := d.Read(); !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not name %q", path, err, want)
		}
	}
	if _, err := f.Lookup("type"); !errors.Is(err, ir.ErrUnsupported) {
		t.Errorf("committed datatype: %v", err)
	}
	if _, err := f.Root().Attrs().Get("compound"); !errors.Is(err, ir.ErrUnsupported) {
		t.Errorf("compound attribute: %v", err)
	}
	if d, err := f.Dataset("fine"); err != nil {
		t.Error(err)
	} else if b, err := d.Read(); err != nil || len(b) != 4 {
		t.Errorf("readable dataset beside the others: %v, %v", b, err)
	}
	if err := f.Walk(func(Object) error { return nil }); err != nil {
		t.Errorf("walk: %v", err)
	}

	shared := openFixture(t, "shared_heap")
	if _, err := shared.Dataset("x1"); !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "shared-message heap") {
		t.Errorf("shared messages: %v", err)
	}
}

func TestLinks(t *testing.T) {
	f := openFixture(t, "links")
	for path, want := range map[string]string{
		"soft": "/a/b/x", "chain": "/a/b/x", "/a/relative": "/a/b/x", "group/b/x": "/a/b/x", "again": "/again",
		"/a/b/up/b/up/b/x": "/a/b/up/b/up/b/x", "a//b/./x": "/a/b/x",
	} {
		d, err := f.Dataset(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if d.Path() != want {
			t.Errorf("%s leads to %s, not %s", path, d.Path(), want)
		}
	}
	a, err := f.Group("a")
	if err != nil {
		t.Fatal(err)
	}
	if up, err := f.Group("a/b/up"); err != nil || up.Addr() != a.Addr() {
		t.Errorf("hard links to one group have different addresses: %v", err)
	}
	if _, err := f.Lookup("dangling"); !errors.Is(err, ErrNotFound) || !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("dangling: %v", err)
	}
	if _, err := f.Lookup("a/b/x/y"); !errors.Is(err, ErrNotFound) {
		t.Errorf("below a dataset: %v", err)
	}
	if _, err := f.Lookup("loop"); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("loop: %v", err)
	}
	if _, err := f.Lookup("outside"); !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "other.h5") {
		t.Errorf("external link: %v", err)
	}
	if ok, err := a.Has("nothing"); ok || err != nil {
		t.Errorf("Has of nothing: %v, %v", ok, err)
	}
	if _, err := f.Group("again"); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("dataset as a group: %v", err)
	}
	if _, err := f.Dataset("a"); !errors.Is(err, ir.ErrMalformed) {
		t.Errorf("group as a dataset: %v", err)
	}
}

func TestDeep(t *testing.T) {
	groups := 0
	err := openFixture(t, "deep").Walk(func(o Object) error {
		groups++
		return nil
	})
	if err != nil || groups != 3001 {
		t.Errorf("%d groups, %v", groups, err)
	}
}

func TestStringLists(t *testing.T) {
	root := openFixture(t, "attributes_split").Root().Attrs()
	split, err := ChunkedStrings(root, "weight_names")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := ChunkedStrings(root, "layer_names")
	if err != nil {
		t.Fatal(err)
	}
	compareDumps(t, split, whole)
	if len(whole) != 30 {
		t.Errorf("%d names", len(whole))
	}
	if s, err := ChunkedStrings(root, "nothing"); s != nil || err != nil {
		t.Errorf("absent list: %v, %v", s, err)
	}

	attrs := openFixture(t, "attributes").Root().Attrs()
	for _, name := range []string{"empty", "null", "empty_strings"} {
		if s, err := ChunkedStrings(attrs, name); s == nil || len(s) != 0 || err != nil {
			t.Errorf("%s: %#v, %v", name, s, err)
		}
	}
	if a, err := attrs.Get("vlen_utf8"); err != nil {
		t.Error(err)
	} else if s, err := a.String(); s != "größer" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	for _, name := range []string{"int", "vlen_array"} {
		a, err := attrs.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.String(); err == nil {
			t.Errorf("%s is one string", name)
		}
	}
}

// Contiguous data must be a part of the file's bytes.
func TestAlias(t *testing.T) {
	b := fixture(t, "superblock0")
	f, err := OpenBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	d, err := f.Dataset("model_weights/dense/dense/kernel:0")
	if err != nil {
		t.Fatal(err)
	}
	data, err := d.Read()
	if err != nil {
		t.Fatal(err)
	}
	if cap(data) != len(data) {
		t.Error("data can be appended to")
	}
	old := data[0]
	at := bytes.Index(b, data)
	b[at]++
	if data[0] == old {
		t.Error("contiguous data were copied")
	}
}

func TestTruncated(t *testing.T) {
	for _, name := range fixtureNames(t) {
		b := fixture(t, name)
		for _, n := range []int{0, 1, 7, 8, 50, len(b) / 2, len(b) - 1} {
			_, err := OpenBytes(b[:n])
			if !errors.Is(err, ir.ErrMalformed) {
				t.Errorf("%s cut to %d of %d bytes: %v", name, n, len(b), err)
			}
			if n > 100 && name != "userblock_latest" && !strings.Contains(err.Error(), "truncated") {
				t.Errorf("%s cut to %d of %d bytes: %v", name, n, len(b), err)
			}
		}
	}
}

func TestReadError(t *testing.T) {
	b := fixture(t, "superblock0")
	broken := errors.New("broken disk")
	_, err := Open(failing{broken}, int64(len(b)))
	if !errors.Is(err, broken) || errors.Is(err, ir.ErrMalformed) {
		t.Errorf("%v", err)
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }
