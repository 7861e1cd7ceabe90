package hdf5

import "strings"

// Object is a *Group or a *Dataset.
type Object interface {
	// Name is the last element of Path; "/" for the root.
	Name() string
	// Path is the path by which the object was reached, from the root.
	Path() string
	// Addr is the same for the same object, whatever the path.
	Addr() uint64
	Attrs() *Attrs
}

// node keeps its path as a chain: groups may be nested thousands deep.
type node struct {
	file   *File
	addr   uint64
	name   string
	parent *node
}

func (n *node) Name() string {
	if n.parent == nil {
		return "/"
	}
	return n.name
}

func (n *node) Path() string {
	if n.parent == nil {
		return "/"
	}
	var names []string
	for at := n; at.parent != nil; at = at.parent {
		names = append(names, at.name)
	}
	var b strings.Builder
	for i := len(names) - 1; i >= 0; i-- {
		b.WriteByte('/')
		b.WriteString(names[i])
	}
	return b.String()
}

func (n *node) Addr() uint64 { return n.addr }

func (n *node) Attrs() *Attrs { return &Attrs{n} }
