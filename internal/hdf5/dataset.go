package hdf5

// Dataset is an array.
type Dataset struct {
	node
	info DatasetInfo
}

func newDataset(n *node) (*Dataset, error) {
	info, err := n.file.backend.Dataset(n.addr)
	if err != nil {
		return nil, err
	}
	return &Dataset{*n, info}, nil
}

// Shape returns the axes: empty for a scalar, [0] for a dataset without a
// dataspace. It must not be written to.
func (d *Dataset) Shape() []int { return d.info.Shape }

// Type returns the type of an element, as stored.
func (d *Dataset) Type() Datatype { return d.info.Type }

// Len returns the number of elements.
func (d *Dataset) Len() int {
	n := 1
	for _, s := range d.info.Shape {
		n *= s
	}
	return n
}

// Read returns the elements in row-major order, little-endian whatever their
// order in the file: Len()*Type().Size bytes. When the file was opened over
// bytes and the data are contiguous and little-endian they are a part of those
// bytes, aligned to nothing; they must not be written to.
func (d *Dataset) Read() ([]byte, error) { return d.file.backend.Read(d.addr) }

// Strings returns the elements of a dataset of strings in row-major order.
func (d *Dataset) Strings() ([]string, error) { return d.file.backend.Strings(d.addr) }
