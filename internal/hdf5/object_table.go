package hdf5

// object is what is known of an object of the file; parts are filled in when
// first asked for, and failures stay.
type object struct {
	addr   uint64
	kind   ObjectKind
	header *header

	group      *group
	groupErr   error
	attrs      []attribute
	attrByName map[string]int // the first of a name
	attrsDone  bool
	attrsErr   error
	dataset    *dataset
	datasetErr error
}

func (r *reader) object(addr uint64) (*object, error) {
	if o, ok := r.objects[addr]; ok {
		return o, nil
	}
	h, err := r.readHeader(addr)
	if err == nil {
		err = r.hold(objectMemory)
	}
	if err != nil {
		return nil, err
	}
	o := &object{addr: addr, header: h}
	for _, m := range h.messages {
		switch m.typ {
		case msgLayout:
			o.kind = KindDataset
		case msgSymbolTable, msgLinkInfo, msgLink, msgGroupInfo:
			if o.kind != KindDataset {
				o.kind = KindGroup
			}
		case msgDatatype:
			if o.kind == 0 {
				o.kind = KindDatatype
			}
		}
	}
	if o.kind == 0 {
		return nil, malformed(h.at, "object at address %d is neither a group nor a dataset", addr)
	}
	r.objects[addr] = o
	return o, nil
}

func (r *reader) group(addr uint64) (*group, error) {
	o, err := r.object(addr)
	if err != nil {
		return nil, err
	}
	if o.kind != KindGroup {
		return nil, malformed(o.header.at, "object at address %d is a %v, not a group", addr, o.kind)
	}
	if o.group == nil && o.groupErr == nil {
		if err := r.hold(groupMemory); err != nil {
			return nil, err
		}
		o.group, o.groupErr = r.readGroup(o.header)
	}
	return o.group, o.groupErr
}

// attributes returns an object whose attributes are read.
func (r *reader) attributes(addr uint64) (*object, error) {
	o, err := r.object(addr)
	if err != nil {
		return nil, err
	}
	if !o.attrsDone {
		o.attrs, o.attrsErr = r.readAttributes(o.header)
		o.attrsDone = true
		if len(o.attrs) > 0 {
			o.attrByName = make(map[string]int, len(o.attrs))
		}
		for i := len(o.attrs) - 1; i >= 0; i-- {
			o.attrByName[o.attrs[i].name] = i
		}
	}
	return o, o.attrsErr
}

func (r *reader) dataset(addr uint64) (*dataset, error) {
	o, err := r.object(addr)
	if err != nil {
		return nil, err
	}
	if o.kind != KindDataset {
		return nil, malformed(o.header.at, "object at address %d is a %v, not a dataset", addr, o.kind)
	}
	if o.dataset == nil && o.datasetErr == nil {
		if err := r.hold(datasetMemory); err != nil {
			return nil, err
		}
		o.dataset, o.datasetErr = r.readDataset(o.header)
	}
	return o.dataset, o.datasetErr
}
