//go:build cgo && libhdf5

package libhdf5

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kerasgo/kerasgo/internal/hdf5"
)

// The reader in Go and the C library must find the same in every file.
func TestAgainstTheLibrary(t *testing.T) {
	if v, err := Version(); err != nil {
		t.Fatal(err)
	} else {
		t.Log("libhdf5", v)
	}
	files, err := filepath.Glob("../../../fixtures/hdf5/*.h5*")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, ext := range []string{"h5", "hdf5"} {
		more, err := filepath.Glob("../../../../shared/real/*/*." + ext)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".gz")
		switch name {
		case "refused.h5", "shared_heap.h5", "limits.h5": // the library reads more
			continue
		}
		t.Run(name, func(t *testing.T) { compare(t, unpacked(t, path)) })
	}
}

func unpacked(t *testing.T, path string) string {
	if !strings.HasSuffix(path, ".gz") {
		return path
	}
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
	out := filepath.Join(t.TempDir(), "unpacked.h5")
	if err := os.WriteFile(out, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

func compare(t *testing.T, path string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := hdf5.OpenBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	got, want := objects(t, ours), objects(t, theirs.File)
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("the two differ (-libhdf5 +ours):\n%s", d)
	}
}

type content struct {
	Name    string
	Shape   []int
	Type    string
	Signed  bool
	Order   hdf5.Order
	Size    int
	Raw     string
	Strings []string
	Failure bool
}

type described struct {
	Links []hdf5.Link
	Attrs []content
	Data  *content
}

// objects reads all of a file. Links and attributes are sorted: the library
// back end does not know the order of creation.
func objects(t *testing.T, f *hdf5.File) map[string]described {
	out := map[string]described{}
	err := f.Walk(func(o hdf5.Object) error {
		var d described
		names, err := o.Attrs().Names()
		if err != nil {
			return err
		}
		slices.Sort(names)
		for _, n := range names {
			a, err := o.Attrs().Get(n)
			if err != nil {
				return err
			}
			c := contentOf(a.Type(), a.Shape())
			c.Name, c.Raw = n, string(a.Raw())
			if a.Type().IsString() {
				c.Strings, err = a.Strings()
			}
			if err != nil {
				return err
			}
			d.Attrs = append(d.Attrs, c)
		}
		switch o := o.(type) {
		case *hdf5.Group:
			links, err := o.Links()
			if err != nil {
				return err
			}
			for _, l := range links {
				l.Addr = 0
				d.Links = append(d.Links, l)
			}
			slices.SortFunc(d.Links, func(a, b hdf5.Link) int { return strings.Compare(a.Name, b.Name) })
		case *hdf5.Dataset:
			c := contentOf(o.Type(), o.Shape())
			if o.Type().IsString() {
				c.Strings, err = o.Strings()
			} else {
				var b []byte
				b, err = o.Read()
				c.Raw = string(b)
			}
			c.Failure = err != nil
			d.Data = &c
		}
		if strings.HasPrefix(o.Name(), "lzf") { // h5py's own filter, which the library lacks
			return nil
		}
		out[o.Path()] = d
		if len(o.Path()) > 400 { // the library searches each path from the root
			return hdf5.SkipGroup
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func contentOf(typ hdf5.Datatype, shape []int) content {
	c := content{Shape: shape, Type: typ.Name, Signed: typ.Signed, Order: typ.Order, Size: typ.Size}
	if typ.IsString() {
		c.Size = 0 // of variable length: a pointer's to the library, a reference's in the file
	}
	return c
}
