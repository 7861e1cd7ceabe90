package hdf5

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// value is a dataset or an attribute as scripts/hdf5 dumps it.
type value struct {
	Type    string   `json:"type"`
	Shape   []int    `json:"shape"`
	SHA256  string   `json:"sha256,omitempty"` // of the little-endian elements
	Strings []string `json:"strings,omitempty"`
}

// dumped is an object of a file.
type dumped struct {
	Kind  string           `json:"kind"`
	Attrs map[string]value `json:"attrs"`
	Names []string         `json:"attr_names"`
	Links []string         `json:"links,omitempty"` // name, or name -> target
	Data  *value           `json:"data,omitempty"`
}

// dump reads all of a file.
func dump(t testing.TB, f *File) map[string]dumped {
	t.Helper()
	out := map[string]dumped{}
	err := f.Walk(func(o Object) error {
		d := dumped{Attrs: map[string]value{}}
		names, err := o.Attrs().Names()
		if err != nil {
			return err
		}
		d.Names = names
		for _, name := range names {
			a, err := o.Attrs().Get(name)
			if err != nil {
				return err
			}
			v := value{Type: a.Type().Name, Shape: a.Shape()}
			if a.Type().IsString() {
				v.Strings, err = a.Strings()
			} else {
				v.SHA256 = sum(a.Raw())
			}
			if err != nil {
				return err
			}
			d.Attrs[name] = v
		}
		switch o := o.(type) {
		case *Group:
			d.Kind = "group"
			links, err := o.Links()
			if err != nil {
				return err
			}
			for _, l := range links {
				switch l.Kind {
				case HardLink:
					d.Links = append(d.Links, l.Name)
				case SoftLink:
					d.Links = append(d.Links, l.Name+" -> "+l.Target)
				default:
					d.Links = append(d.Links, l.Name+" -> "+l.File+":"+l.Target)
				}
			}
		case *Dataset:
			d.Kind = "dataset"
			d.Data = &value{Type: o.Type().Name, Shape: o.Shape()}
			if o.Type().IsString() {
				d.Data.Strings, err = o.Strings()
			} else {
				var b []byte
				b, err = o.Read()
				d.Data.SHA256 = sum(b)
			}
			if err != nil {
				return err
			}
		}
		out[o.Path()] = d
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func compareDumps(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("differs (-want +got):\n%s", d)
	}
}
