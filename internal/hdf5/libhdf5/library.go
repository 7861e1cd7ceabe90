//go:build cgo && libhdf5

package libhdf5

// #cgo linux,amd64 CFLAGS: -I/usr/lib/x86_64-linux-gnu/hdf5/serial/include
// #cgo linux,arm64 CFLAGS: -I/usr/lib/aarch64-linux-gnu/hdf5/serial/include
// #cgo darwin CFLAGS: -I/usr/local/include
// #define H5_USE_110_API
// #include <hdf5.h>
// #include <stdlib.h>
//
// static unsigned long object_number(H5G_stat_t *s) { return s->objno[0]; }
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/hdf5"
)

// The calls of the C library that gonum.org/v1/hdf5 does not offer.

// object tells an object's address and kind. The kind is 0 for what is neither
// group, dataset nor datatype.
func object(loc int64, path string) (uint64, hdf5.ObjectKind, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var s C.H5G_stat_t
	if C.H5Gget_objinfo(C.hid_t(loc), name, true, &s) < 0 {
		return 0, 0, fmt.Errorf("no object %q", path)
	}
	kinds := map[C.H5G_obj_t]hdf5.ObjectKind{C.H5G_GROUP: hdf5.KindGroup, C.H5G_DATASET: hdf5.KindDataset, C.H5G_TYPE: hdf5.KindDatatype}
	return uint64(C.object_number(&s)), kinds[s._type], nil
}

// link describes a link of a group without following it; a hard link's address
// is left to the caller.
func link(group int64, name string) (hdf5.Link, error) {
	l := hdf5.Link{Name: name}
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	var info C.H5L_info_t
	if C.H5Lget_info(C.hid_t(group), cName, &info, C.H5P_DEFAULT) < 0 {
		return l, fmt.Errorf("no link %q", name)
	}
	switch info._type {
	case C.H5L_TYPE_HARD:
		l.Kind = hdf5.HardLink
		return l, nil
	case C.H5L_TYPE_SOFT:
		l.Kind = hdf5.SoftLink
	case C.H5L_TYPE_EXTERNAL:
		l.Kind = hdf5.ExternalLink
	default:
		l.Kind = hdf5.UserLink
		return l, nil
	}
	size := *(*C.size_t)(unsafe.Pointer(&info.u)) // the union's val_size
	value := C.malloc(size + 1)
	defer C.free(value)
	if C.H5Lget_val(C.hid_t(group), cName, value, size, C.H5P_DEFAULT) < 0 {
		return l, fmt.Errorf("link %q has no value", name)
	}
	if l.Kind == hdf5.SoftLink {
		l.Target = C.GoString((*C.char)(value))
		return l, nil
	}
	var flags C.uint
	var file, target *C.char
	if C.H5Lunpack_elink_val(value, size, &flags, &file, &target) < 0 {
		return l, fmt.Errorf("external link %q cannot be read", name)
	}
	l.File, l.Target = C.GoString(file), C.GoString(target)
	return l, nil
}

// attributeNames lists the attributes of an open object by name.
func attributeNames(id int64) ([]string, error) {
	dot := C.CString(".")
	defer C.free(unsafe.Pointer(dot))
	var info C.H5O_info_t
	if C.H5Oget_info(C.hid_t(id), &info) < 0 {
		return nil, fmt.Errorf("object cannot be described")
	}
	names := make([]string, 0, int(info.num_attrs))
	for i := range C.hsize_t(info.num_attrs) {
		n := C.H5Aget_name_by_idx(C.hid_t(id), dot, C.H5_INDEX_NAME, C.H5_ITER_INC, i, nil, 0, C.H5P_DEFAULT)
		if n < 0 {
			return nil, fmt.Errorf("attribute %d has no name", i)
		}
		buf := (*C.char)(C.malloc(C.size_t(n) + 1))
		C.H5Aget_name_by_idx(C.hid_t(id), dot, C.H5_INDEX_NAME, C.H5_ITER_INC, i, buf, C.size_t(n)+1, C.H5P_DEFAULT)
		names = append(names, C.GoString(buf))
		C.free(unsafe.Pointer(buf))
	}
	return names, nil
}

func hasAttribute(id int64, name string) bool {
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	return C.H5Aexists(C.hid_t(id), cName) > 0
}

// describe translates a datatype.
func describe(typ int64) (t hdf5.Datatype, variable, spacePadded bool) {
	id := C.hid_t(typ)
	t.Class, t.Size = hdf5.Class(C.H5Tget_class(id)), int(C.H5Tget_size(id))
	number := id
	if t.Class == hdf5.ClassEnum {
		number = C.H5Tget_super(id)
		defer C.H5Tclose(number)
	}
	if C.H5Tget_order(number) == C.H5T_ORDER_BE {
		t.Order = hdf5.BigEndian
	}
	switch t.Class {
	case hdf5.ClassInt, hdf5.ClassEnum:
		t.Signed = C.H5Tget_sign(number) == C.H5T_SGN_2
		t.Name = fmt.Sprintf("int%d", 8*t.Size)
		if !t.Signed {
			t.Name = "u" + t.Name
		}
		if t.Class == hdf5.ClassEnum && isBool(id) {
			t.Name = "bool"
		}
	case hdf5.ClassFloat:
		t.Signed = true
		t.Name = fmt.Sprintf("float%d", 8*t.Size)
		var sign, expAt, expBits, manAt, manBits C.size_t
		C.H5Tget_fields(id, &sign, &expAt, &expBits, &manAt, &manBits)
		if t.Size == 2 && expBits == 8 {
			t.Name = "bfloat16"
		}
	case hdf5.ClassString:
		t.Name = "string"
		variable = C.H5Tis_variable_str(id) > 0
		spacePadded = C.H5Tget_strpad(id) == C.H5T_STR_SPACEPAD
	case hdf5.ClassOpaque:
		t.Name = fmt.Sprintf("opaque%d", t.Size)
	}
	return t, variable, spacePadded
}

func isBool(id C.hid_t) bool {
	if C.H5Tget_nmembers(id) != 2 {
		return false
	}
	for i, want := range []string{"FALSE", "TRUE"} {
		name := C.H5Tget_member_name(id, C.uint(i))
		got := C.GoString(name)
		C.H5free_memory(unsafe.Pointer(name))
		if got != want {
			return false
		}
	}
	return true
}

// takeString copies and frees a string that the library allocated.
func takeString(p unsafe.Pointer) string {
	s := C.GoString((*C.char)(p))
	C.H5free_memory(p)
	return s
}
