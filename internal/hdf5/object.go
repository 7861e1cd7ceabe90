package hdf5

import "github.com/kerasgo/kerasgo/ir"

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
	length int // of the path
}

// child is the object of a link. Each object
// has a path of its own, so long ones in long chains would take a square.
func (n *node) child(addr uint64, name string) (*node, error) {
	c := &node{file: n.file, addr: addr, name: name, parent: n, length: n.length + 1 + len(name)}
	if c.length > maxPath {
		return nil, ir.Errorf(ir.ErrLimit, "groups nest so deep that a path has more than %d bytes", maxPath)
	}
	return c, nil
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
	b := make([]byte, n.length)
	end := n.length
	for at := n; at.parent != nil; at = at.parent {
		end -= copy(b[end-len(at.name):], at.name) + 1
		b[end] = '/'
	}
	return string(b)
}

func (n *node) Addr() uint64 { return n.addr }

func (n *node) Attrs() *Attrs { return &Attrs{n} }
