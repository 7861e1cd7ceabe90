package hdf5

// Backend reads one open file. Objects are named by numbers: for the reader of
// this package the addresses of their headers, for others any number that is
// the same for the same object.
type Backend interface {
	Root() uint64
	Kind(object uint64) (ObjectKind, error)

	// Links returns the links of a group: by creation order where the file
	// tracks it, else by name.
	Links(group uint64) ([]Link, error)
	// Link returns the link of that name; false when there is none.
	Link(group uint64, name string) (Link, bool, error)

	// AttrNames returns the names in the same order as Links.
	AttrNames(object uint64) ([]string, error)
	// Attr returns the attribute of that name; nil when there is none.
	Attr(object uint64, name string) (*Attr, error)

	Dataset(object uint64) (DatasetInfo, error)
	// Read returns the elements, little-endian, row-major. The slice must not
	// be written to.
	Read(dataset uint64) ([]byte, error)
	Strings(dataset uint64) ([]string, error)
}

// ObjectKind tells the kinds of objects apart.
type ObjectKind uint8

const (
	KindGroup ObjectKind = iota + 1
	KindDataset
	KindDatatype // a committed datatype: it has a name but no data
)

func (k ObjectKind) String() string {
	switch k {
	case KindGroup:
		return "group"
	case KindDataset:
		return "dataset"
	case KindDatatype:
		return "named datatype"
	}
	return "unknown object"
}

// LinkKind tells the kinds of links apart.
type LinkKind uint8

const (
	HardLink LinkKind = iota + 1
	SoftLink
	ExternalLink
	UserLink // defined by another program; cannot be followed
)

// Link is an entry of a group.
type Link struct {
	Name   string
	Kind   LinkKind
	Addr   uint64 // of the object, for a hard link
	Target string // path, for a soft or external link
	File   string // for an external link
}

// DatasetInfo describes a dataset without its data. Shape is empty for a
// scalar and [0] for a null dataspace.
type DatasetInfo struct {
	Shape []int
	Type  Datatype
}
