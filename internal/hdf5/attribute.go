package hdf5

import (
	"strconv"

	"github.com/kerasgo/kerasgo/ir"
)

// Attrs are the attributes of an object.
type Attrs struct{ of *node }

// Names returns the names of all attributes.
func (a *Attrs) Names() ([]string, error) { return a.of.file.backend.AttrNames(a.of.addr) }

// Get returns the attribute of that name, or nil when there is none.
func (a *Attrs) Get(name string) (*Attr, error) { return a.of.file.backend.Attr(a.of.addr, name) }

// Attr is a small array attached to an object.
type Attr struct {
	name    string
	shape   []int
	typ     Datatype
	raw     []byte
	strings []string
}

// NewAttr is for back ends. Of raw (little-endian elements) and strings it
// takes the one that fits the type.
func NewAttr(name string, shape []int, typ Datatype, raw []byte, strings []string) *Attr {
	return &Attr{name, shape, typ, raw, strings}
}

func (a *Attr) Name() string   { return a.name }
func (a *Attr) Shape() []int   { return a.shape }
func (a *Attr) Type() Datatype { return a.typ }

// Raw returns the elements, little-endian, row-major; nil for strings of
// variable length.
func (a *Attr) Raw() []byte { return a.raw }

// Strings returns the elements of an attribute of strings, of either kind, a
// scalar as one. Keras writes an empty list of names as an empty float64
// array, so an empty array of any type is an empty, non-nil list.
func (a *Attr) Strings() ([]string, error) {
	if a.typ.IsString() {
		return a.strings, nil
	}
	for _, n := range a.shape {
		if n == 0 {
			return []string{}, nil
		}
	}
	e := ir.Errorf(ir.ErrMalformed, "attribute is %s, not text", a.typ.Name)
	e.Field = a.name
	return nil, e
}

// String returns the value of an attribute that holds one string.
func (a *Attr) String() (string, error) {
	s, err := a.Strings()
	if err != nil {
		return "", err
	}
	if len(s) != 1 {
		e := ir.Errorf(ir.ErrMalformed, "attribute holds %d strings, not 1", len(s))
		e.Field = a.name
		return "", e
	}
	return s[0], nil
}

// ChunkedStrings returns the list stored in the attribute name or, as Keras
// splits a list too long for one attribute, in name0, name1, and so on. It is
// nil when there is neither.
func ChunkedStrings(attrs *Attrs, name string) ([]string, error) {
	a, err := attrs.Get(name)
	if err != nil {
		return nil, err
	}
	if a != nil {
		return a.Strings()
	}
	var all []string
	for i := 0; ; i++ {
		a, err := attrs.Get(name + strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		if a == nil {
			return all, nil
		}
		part, err := a.Strings()
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = []string{}
		}
		all = append(all, part...)
	}
}
