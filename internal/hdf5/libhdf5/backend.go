//go:build cgo && libhdf5

package libhdf5

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	gonum "gonum.org/v1/hdf5"

	"github.com/kerasgo/kerasgo/internal/hdf5"
	"github.com/kerasgo/kerasgo/ir"
)

// File is a file opened by the C library; it must be closed.
type File struct {
	*hdf5.File
	backend *backend
}

// Open opens the file at path for reading.
func Open(path string) (*File, error) {
	defer enter()()
	f, err := gonum.OpenFile(path, gonum.F_ACC_RDONLY)
	if err != nil {
		return nil, failed(err, "libhdf5 cannot open the file")
	}
	b := &backend{file: f, objects: map[uint64]known{}}
	if b.root, err = b.know("/"); err != nil {
		f.Close()
		return nil, err
	}
	return &File{hdf5.NewFile(b), b}, nil
}

// Close releases the file.
func (f *File) Close() error {
	defer enter()()
	return f.backend.file.Close()
}

// library guards all calls: the C library, as Debian builds it, is for one
// thread.
var library sync.Mutex

// enter locks the library and keeps it, for this thread, from printing its
// errors.
func enter() (leave func()) {
	library.Lock()
	runtime.LockOSThread()
	_ = gonum.DisplayErrors(false)
	return func() {
		runtime.UnlockOSThread()
		library.Unlock()
	}
}

// backend names objects by their addresses and opens them by the first path
// that led there.
type backend struct {
	file    *gonum.File
	root    uint64
	objects map[uint64]known
}

type known struct {
	path string
	kind hdf5.ObjectKind
}

func failed(cause error, format string, args ...any) error {
	e := ir.Errorf(ir.ErrMalformed, format, args...)
	e.Err = cause
	return e
}

// know notes the object at path.
func (b *backend) know(path string) (uint64, error) {
	addr, kind, err := object(b.file.ID(), path)
	if err != nil {
		return 0, failed(err, "libhdf5 cannot find %q", path)
	}
	if _, ok := b.objects[addr]; !ok {
		b.objects[addr] = known{path, kind}
	}
	return addr, nil
}

func (b *backend) Root() uint64 { return b.root }

func (b *backend) Kind(addr uint64) (hdf5.ObjectKind, error) {
	o, ok := b.objects[addr]
	if !ok {
		return 0, ir.Errorf(ir.ErrMalformed, "no object at address %d", addr)
	}
	return o.kind, nil
}

// Links returns the links by name, also where the file tracks their creation.
func (b *backend) Links(addr uint64) ([]hdf5.Link, error) {
	defer enter()()
	o := b.objects[addr]
	g, err := b.file.OpenGroup(o.path)
	if err != nil {
		return nil, failed(err, "libhdf5 cannot open group %q", o.path)
	}
	defer g.Close()
	n, err := g.NumObjects()
	if err != nil {
		return nil, failed(err, "libhdf5 cannot list group %q", o.path)
	}
	links := make([]hdf5.Link, n)
	for i := range links {
		name, err := g.ObjectNameByIndex(uint(i))
		if err == nil {
			links[i], err = b.link(g, o.path, name)
		}
		if err != nil {
			return nil, failed(err, "libhdf5 cannot read link %d of %q", i, o.path)
		}
	}
	return links, nil
}

func (b *backend) Link(addr uint64, name string) (hdf5.Link, bool, error) {
	defer enter()()
	o := b.objects[addr]
	g, err := b.file.OpenGroup(o.path)
	if err != nil {
		return hdf5.Link{}, false, failed(err, "libhdf5 cannot open group %q", o.path)
	}
	defer g.Close()
	if !g.LinkExists(name) {
		return hdf5.Link{}, false, nil
	}
	l, err := b.link(g, o.path, name)
	return l, err == nil, err
}

func (b *backend) link(g *gonum.Group, path, name string) (hdf5.Link, error) {
	l, err := link(g.ID(), name)
	if err != nil || l.Kind != hdf5.HardLink {
		return l, err
	}
	l.Addr, err = b.know(strings.TrimSuffix(path, "/") + "/" + name)
	return l, err
}

// attributed is what gonum's groups and datasets have in common.
type attributed interface {
	ID() int64
	OpenAttribute(string) (*gonum.Attribute, error)
	Close() error
}

func (b *backend) open(addr uint64) (attributed, error) {
	o := b.objects[addr]
	var a attributed
	var err error
	switch o.kind {
	case hdf5.KindGroup:
		a, err = b.file.OpenGroup(o.path)
	case hdf5.KindDataset:
		a, err = b.file.OpenDataset(o.path)
	default:
		return nil, ir.Errorf(ir.ErrUnsupported, "%q is a %v, not a group or a dataset", o.path, o.kind)
	}
	if err != nil {
		return nil, failed(err, "libhdf5 cannot open %v %q", o.kind, o.path)
	}
	return a, nil
}

func (b *backend) AttrNames(addr uint64) ([]string, error) {
	defer enter()()
	o, err := b.open(addr)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	names, err := attributeNames(o.ID())
	if err != nil {
		return nil, failed(err, "libhdf5 cannot list the attributes of %q", b.objects[addr].path)
	}
	return names, nil
}

func (b *backend) Attr(addr uint64, name string) (*hdf5.Attr, error) {
	defer enter()()
	o, err := b.open(addr)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	if !hasAttribute(o.ID(), name) {
		return nil, nil
	}
	a, err := o.OpenAttribute(name)
	if err != nil {
		return nil, failed(err, "libhdf5 cannot open attribute %q", name)
	}
	defer a.Close()
	space := a.Space()
	defer space.Close()
	typ := &gonum.Datatype{Identifier: a.GetType()}
	defer typ.Close()
	v, err := newValues(space, typ)
	if err != nil {
		return nil, err
	}
	if err := v.read(func(p any) error { return a.Read(p, typ) }); err != nil {
		return nil, failed(err, "libhdf5 cannot read attribute %q", name)
	}
	return hdf5.NewAttr(name, v.shape, v.typ, v.raw, v.strings), nil
}

func (b *backend) Dataset(addr uint64) (hdf5.DatasetInfo, error) {
	defer enter()()
	v, err := b.data(addr, false)
	if err != nil {
		return hdf5.DatasetInfo{}, err
	}
	return hdf5.DatasetInfo{Shape: v.shape, Type: v.typ}, nil
}

func (b *backend) Read(addr uint64) ([]byte, error) {
	defer enter()()
	v, err := b.data(addr, true)
	if err != nil {
		return nil, err
	}
	if v.variable {
		return nil, ir.Errorf(ir.ErrUnsupported, "raw bytes of variable-length strings; read them as strings")
	}
	return v.raw, nil
}

func (b *backend) Strings(addr uint64) ([]string, error) {
	defer enter()()
	v, err := b.data(addr, true)
	if err != nil {
		return nil, err
	}
	if !v.typ.IsString() {
		return nil, ir.Errorf(ir.ErrMalformed, "dataset is %s, not text", v.typ.Name)
	}
	return v.strings, nil
}

func (b *backend) data(addr uint64, read bool) (*values, error) {
	path := b.objects[addr].path
	d, err := b.file.OpenDataset(path)
	if err != nil {
		return nil, failed(err, "libhdf5 cannot open dataset %q", path)
	}
	defer d.Close()
	space := d.Space()
	defer space.Close()
	typ, err := d.Datatype()
	if err != nil {
		return nil, failed(err, "libhdf5 cannot tell the type of %q", path)
	}
	defer typ.Close()
	v, err := newValues(space, typ)
	if err != nil || !read {
		return v, err
	}
	if err := v.read(d.Read); err != nil {
		return nil, failed(err, "libhdf5 cannot read dataset %q", path)
	}
	return v, nil
}

// values are the elements of a dataset or an attribute.
type values struct {
	shape       []int
	typ         hdf5.Datatype
	variable    bool
	spacePadded bool
	raw         []byte
	strings     []string
}

func newValues(space *gonum.Dataspace, typ *gonum.Datatype) (*values, error) {
	v := &values{}
	v.typ, v.variable, v.spacePadded = describe(typ.ID())
	if v.typ.Name == "" {
		return nil, ir.Errorf(ir.ErrUnsupported, "data of class %d", v.typ.Class)
	}
	switch space.SimpleExtentType() {
	case gonum.S_SCALAR: // SimpleExtentDims panics on it
	case gonum.S_NULL:
		v.shape = []int{0}
	default:
		dims, _, err := space.SimpleExtentDims()
		if err != nil {
			return nil, failed(err, "libhdf5 cannot tell the shape")
		}
		for _, n := range dims {
			v.shape = append(v.shape, int(n))
		}
	}
	return v, nil
}

// read takes all elements; fn reads to where its pointer leads.
func (v *values) read(fn func(p any) error) error {
	count := 1
	for _, n := range v.shape {
		count *= n
	}
	v.raw = make([]byte, count*v.typ.Size)
	if count == 0 {
		return nil
	}
	if v.variable {
		// Go may not see these as pointers: they are the C library's.
		pointers := make([]uintptr, count)
		if err := fn(&pointers[0]); err != nil {
			return err
		}
		v.raw = nil
		for i := range pointers {
			p := *(*unsafe.Pointer)(unsafe.Pointer(&pointers[i]))
			if p == nil {
				v.strings = append(v.strings, "")
			} else {
				v.strings = append(v.strings, takeString(p))
			}
		}
		return nil
	}
	if err := fn(&v.raw[0]); err != nil {
		return err
	}
	if !v.typ.IsString() {
		v.raw = v.typ.LittleEndian(v.raw)
		return nil
	}
	for i := 0; i < len(v.raw); i += v.typ.Size {
		pad := "\x00"
		if v.spacePadded {
			pad = " "
		}
		v.strings = append(v.strings, strings.TrimRight(string(v.raw[i:i+v.typ.Size]), pad))
	}
	return nil
}

// Version returns the version of the C library.
func Version() (string, error) {
	v, err := gonum.LibVersion()
	return fmt.Sprint(v), err
}
