package hdf5

import "errors"

// SkipGroup, returned by Walk's function for a group, leaves out what is in it.
//
//lint:ignore ST1012 named like fs.SkipDir
var SkipGroup = errors.New("skip this group")

// Walk calls fn for every group and dataset that hard links reach, the root
// first, each object once, so that cycles and shared objects end. Soft and
// external links and committed datatypes are passed over. It stops at the
// first error.
func (f *File) Walk(fn func(Object) error) error {
	seen := map[uint64]bool{}
	stack := []*node{{file: f, addr: f.backend.Root()}}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[at.addr] {
			continue
		}
		seen[at.addr] = true
		kind, err := f.backend.Kind(at.addr)
		if err != nil {
			return err
		}
		switch kind {
		case KindDataset:
			d, err := newDataset(at)
			if err != nil {
				return err
			}
			if err := fn(d); err != nil {
				return err
			}
		case KindGroup:
			if err := fn(&Group{*at}); errors.Is(err, SkipGroup) {
				continue
			} else if err != nil {
				return err
			}
			links, err := f.backend.Links(at.addr)
			if err != nil {
				return err
			}
			for i := len(links) - 1; i >= 0; i-- {
				if l := links[i]; l.Kind == HardLink && !seen[l.Addr] {
					child, err := at.child(l.Addr, l.Name)
					if err != nil {
						return err
					}
					stack = append(stack, child)
				}
			}
		}
	}
	return nil
}
