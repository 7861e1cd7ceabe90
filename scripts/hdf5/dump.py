"""Describe an HDF5 file as h5py sees it: the tree, attributes, types, shapes, and a hash of the data.

    python dump.py FILE.h5 > FILE.json

The Go reader's tests compare with this.
"""

import hashlib
import json
import sys

import h5py
import numpy as np
from h5py import h5a, h5s, h5t


def type_name(tid):
    cls, bits = tid.get_class(), 8 * tid.get_size()
    if cls == h5t.INTEGER:
        return ("int" if tid.get_sign() == h5t.SGN_2 else "uint") + str(bits)
    if cls == h5t.FLOAT:
        exponent_bits = tid.get_fields()[2]
        return "bfloat16" if bits == 16 and exponent_bits == 8 else f"float{bits}"
    if cls == h5t.STRING:
        return "string"
    if cls == h5t.OPAQUE:
        return f"opaque{tid.get_size()}"
    if cls == h5t.ENUM:
        if tid.get_nmembers() == 2 and [tid.get_member_name(i) for i in range(2)] == [b"FALSE", b"TRUE"]:
            return "bool"
        return type_name(tid.get_super())
    raise ValueError(f"datatype of class {cls}")


def elements(id, read):
    """The little-endian bytes of a dataset or attribute that holds no strings."""
    tid = id.get_type()
    if tid.get_class() in (h5t.INTEGER, h5t.FLOAT):
        tid = tid.copy()
        tid.set_order(h5t.ORDER_LE)
        array = np.empty(id.shape, f"V{tid.get_size()}")
        read(array, tid)
        return array.tobytes()
    array = np.empty(id.shape, tid.dtype)
    read(array, None)
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def strings(id, read):
    tid = id.get_type()
    array = np.empty(id.shape, tid.dtype)
    read(array, None)
    out = []
    for v in array.reshape(-1).tolist():
        v = b"" if v is None else v
        v = v.encode() if isinstance(v, str) else v
        if not tid.is_variable_str() and tid.get_strpad() == h5t.STR_SPACEPAD:
            v = v.rstrip(b" ")
        out.append(v.decode())
    return out


def value(id, read):
    tid = id.get_type()
    null = id.get_space().get_simple_extent_type() == h5s.NULL
    out = {"type": type_name(tid), "shape": [0] if null else list(id.shape)}
    if tid.get_class() == h5t.STRING:
        if not null and 0 not in id.shape:
            out["strings"] = strings(id, read)
    else:
        data = b"" if null or 0 in id.shape else elements(id, read)
        out["sha256"] = hashlib.sha256(data).hexdigest()
    return out


def attribute(obj, name):
    id = h5a.open(obj.id, name.encode())
    return value(id, lambda array, tid: id.read(array, mtype=tid))


def dump(path):
    out, seen = {}, set()
    with h5py.File(path, "r") as f:
        stack = [("/", f["/"])]
        while stack:
            name, obj = stack.pop()
            address = h5py.h5o.get_info(obj.id).addr
            if address in seen:
                continue
            seen.add(address)
            names = list(obj.attrs)
            entry = {"attrs": {n: attribute(obj, n) for n in names}, "attr_names": names}
            if isinstance(obj, h5py.Dataset):
                entry["kind"] = "dataset"
                read = lambda array, tid: obj.id.read(h5s.ALL, h5s.ALL, array, mtype=tid)
                entry["data"] = value(obj.id, read)
            else:
                entry["kind"], links, children = "group", [], []
                for n in obj:
                    link = obj.get(n, getlink=True)
                    if isinstance(link, h5py.SoftLink):
                        links.append(f"{n} -> {link.path}")
                    elif isinstance(link, h5py.ExternalLink):
                        links.append(f"{n} -> {link.filename}:{link.path}")
                    else:
                        links.append(n)
                        if not isinstance(obj[n], h5py.Datatype):
                            children.append((name.rstrip("/") + "/" + n, obj[n]))
                entry["links"] = links
                stack.extend(reversed(children))
            out[name] = entry
    return out


if __name__ == "__main__":
    json.dump(dump(sys.argv[1]), sys.stdout, indent=1, ensure_ascii=False, sort_keys=True)
