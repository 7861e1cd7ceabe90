package hdf5

import (
	"errors"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Group is a folder of groups and datasets.
type Group struct{ node }

// Links returns the group's links: in order of creation where the file tracks
// it, else by name. Soft and external links are listed, not followed.
func (g *Group) Links() ([]Link, error) {
	return g.file.backend.Links(g.addr)
}

// Lookup returns the object at a path of names separated by "/", from this
// group or, when the path begins with "/", from the root. Soft links are
// followed; an external link is an error, its file is never opened. When the
// path names nothing, the error matches [ErrNotFound].
func (g *Group) Lookup(path string) (Object, error) {
	at, kind, err := g.file.resolve(&g.node, path)
	if err != nil {
		return nil, err
	}
	switch kind {
	case KindGroup:
		return &Group{*at}, nil
	case KindDataset:
		d, err := newDataset(at)
		if err != nil {
			return nil, err
		}
		return d, nil
	default:
		return nil, ir.Errorf(ir.ErrUnsupported, "%s is a %v, not a group or a dataset", at.Path(), kind)
	}
}

// Group is Lookup for a group.
func (g *Group) Group(path string) (*Group, error) {
	o, err := g.Lookup(path)
	if err != nil {
		return nil, err
	}
	if sub, ok := o.(*Group); ok {
		return sub, nil
	}
	return nil, ir.Errorf(ir.ErrMalformed, "%s is a dataset where a group is expected", o.Path())
}

// Dataset is Lookup for a dataset.
func (g *Group) Dataset(path string) (*Dataset, error) {
	o, err := g.Lookup(path)
	if err != nil {
		return nil, err
	}
	if d, ok := o.(*Dataset); ok {
		return d, nil
	}
	return nil, ir.Errorf(ir.ErrMalformed, "%s is a group where a dataset is expected", o.Path())
}

// Has tells whether a path from this group names an object.
func (g *Group) Has(path string) (bool, error) {
	_, _, err := g.file.resolve(&g.node, path)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// resolve walks a path. Soft links replace the rest of the path in place, so
// neither their nesting nor their number recurses.
func (f *File) resolve(from *node, path string) (*node, ObjectKind, error) {
	root := &node{file: f, addr: f.backend.Root()}
	start := func(from *node, path string) (*node, string) {
		if strings.HasPrefix(path, "/") {
			return root, path
		}
		return from, path
	}
	at, rest := start(from, path)
	followed := 0
	for {
		rest = strings.TrimLeft(rest, "/")
		if rest == "" {
			kind, err := f.backend.Kind(at.addr)
			return at, kind, err
		}
		name, more, _ := strings.Cut(rest, "/")
		rest = more
		if name == "." {
			continue
		}
		kind, err := f.backend.Kind(at.addr)
		if err != nil {
			return nil, 0, err
		}
		if kind != KindGroup {
			return nil, 0, notFound(at, name)
		}
		link, ok, err := f.backend.Link(at.addr, name)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			return nil, 0, notFound(at, name)
		}
		switch link.Kind {
		case HardLink:
			if at, err = at.child(link.Addr, name); err != nil {
				return nil, 0, err
			}
		case SoftLink:
			if followed++; followed > maxSoftLinks {
				return nil, 0, ir.Errorf(ir.ErrLimit, "%q passes more than %d soft links", path, maxSoftLinks)
			}
			at, rest = start(at, link.Target+"/"+rest)
		case ExternalLink:
			return nil, 0, ir.Errorf(ir.ErrUnsupported,
				"%q is an external link to %q in file %q; external files are not opened", name, link.Target, link.File)
		default:
			return nil, 0, ir.Errorf(ir.ErrUnsupported, "%q is a link of a user-defined kind", name)
		}
	}
}

func notFound(at *node, name string) error {
	e := ir.Errorf(ir.ErrMalformed, "%q holds no %q", at.Path(), name)
	e.Err = ErrNotFound
	return e
}
