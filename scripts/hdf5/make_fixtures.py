"""Write fixtures/hdf5: one small file for each structure of the format, and h5py's description of it.

    python make_fixtures.py [NAME ...]

Without names, all of them; the headers hold times, so files differ from run to run. Files that compress well are
kept as .h5.gz. Those of UNDESCRIBED hold what h5py cannot tell, or what the reader refuses.
"""

import ctypes
import glob
import gzip
import json
import os
import sys
import tempfile

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5p, h5s, h5t

from dump import dump

# The library h5py itself has loaded, for the calls that h5py leaves out.
libhdf5 = ctypes.CDLL(glob.glob(os.path.join(os.path.dirname(h5py.__file__), "../h5py.libs/libhdf5-*"))[0])

rng = np.random.default_rng(7)


def floats(*shape, dtype="f4"):
    return rng.standard_normal(shape).astype(dtype)


def call(function, plist, *args):
    kinds = {int: ctypes.c_ulong}
    if getattr(libhdf5, function)(ctypes.c_int64(plist.id), *(kinds[type(a)](a) for a in args)) < 0:
        raise RuntimeError(function)


def created(path, **set):
    """A file made with the given creation properties, e.g. set_sizes=(4, 4)."""
    plist = h5p.create(h5p.FILE_CREATE)
    for name, args in set.items():
        call("H5P" + name, plist, *args)
    return h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, fcpl=plist))


def keras_like(f):
    g = f.create_group("model_weights")
    g.attrs["layer_names"] = np.array([b"dense", b"dropout"])
    g.attrs["backend"] = "tensorflow"
    d = g.create_group("dense")
    d.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
    d["dense/kernel:0"], d["dense/bias:0"] = floats(3, 5), floats(5)
    g.create_group("dropout").attrs["weight_names"] = np.array([])
    f["iteration"] = np.int64(7)


def superblock0(path):
    with h5py.File(path, "w") as f:
        keras_like(f)


def superblock1(path):
    with created(path, set_istore_k=(4,)) as f:
        f.create_dataset("chunked", data=floats(20, 20), chunks=(2, 2))


def superblock2(path):
    with h5py.File(path, "w", libver=("v108", "v108")) as f:
        keras_like(f)


def superblock3(path):
    with h5py.File(path, "w", libver="latest") as f:
        keras_like(f)


def sizes(n):
    def write(path):
        with created(path, set_sizes=(n, n)) as f:
            keras_like(f)
            f["soft"] = h5py.SoftLink("/model_weights/dense")
            f.attrs["texts"] = ["one", "", "three hundred"]
    return write


def userblock(path):
    with h5py.File(path, "w", userblock_size=1024) as f:
        keras_like(f)
    with open(path, "r+b") as f:
        f.write(b"#!/bin/sh\n")


def userblock_latest(path):
    with h5py.File(path, "w", userblock_size=512, libver="latest") as f:
        keras_like(f)


def old_group_levels(path):
    with h5py.File(path, "w") as f:
        f["x"] = floats(2)
        g = f.create_group("many")
        for i in range(400):
            g[f"layer_{i:03d}"] = f["x"]


def old_group_deep(path):
    with created(path, set_sym_k=(1, 1)) as f:
        for i in range(60):
            f[f"n{i * 37 % 60:02d}"] = h5py.SoftLink(f"/target/{i}")


def new_group_compact(path):
    with h5py.File(path, "w", libver="latest") as f:
        for n in ["zeta", "alpha", "ünïcode", "x" * 300]:
            f[n] = floats(2)


def new_group_dense(path):
    with h5py.File(path, "w", libver="latest") as f:
        f["x"] = floats(2)
        for i in range(1500):
            f[f"link_{i * 7 % 1500}"] = f["x"] if i % 2 else h5py.SoftLink("x")


def heap_nested(path):
    """A fractal heap of more than 512 KiB, whose indirect blocks hold indirect blocks."""
    with h5py.File(path, "w", libver="latest") as f:
        f["x"] = np.int8(1)
        for i in range(900):
            f[f"s{i}"] = h5py.SoftLink("/" + "a" * 1500)


def track_order(path):
    with h5py.File(path, "w", track_order=True) as f:
        for n in ["c", "a", "b"]:
            f.create_group(n, track_order=True)
        for i in range(20):
            f["a"].create_dataset(f"d{i * 7 % 20}", data=np.float32(i))
        for i in range(5):
            f["b"].attrs[f"k{i * 3 % 5}"] = i
        for i in range(30):
            f["c"].attrs[f"k{i * 7 % 30}"] = float(i)


def attributes(path):
    with h5py.File(path, "w") as f:
        a = f.attrs
        a["vlen_utf8"] = "größer"
        a.create("vlen_ascii", "plain", dtype=h5py.string_dtype("ascii"))
        a["vlen_array"] = ["a", "", "ccc"]
        a["vlen_2d"] = np.array([["a", "b"], ["c", "d"], ["e", ""]], dtype=object)
        a["fixed"] = np.array([b"full", b"sh", b""])
        a["fixed_scalar"] = np.bytes_(b"scalar")
        a["empty"] = np.array([])
        a["empty_strings"] = np.array([], dtype="S1")
        a["null"] = h5py.Empty("f4")
        a["int"] = np.arange(6, dtype="i2").reshape(2, 3)
        a["big"] = np.arange(3, dtype=">f8")
        a["bool"] = True
        a["bools"] = [True, False]
        t = h5t.C_S1.copy()
        t.set_size(6)
        t.set_strpad(h5t.STR_SPACEPAD)
        h5a.create(f.id, b"spaces", t, h5s.create(h5s.SCALAR)).write(np.array(b"ab    ", "S6"), mtype=t)
        t.set_strpad(h5t.STR_NULLTERM)
        h5a.create(f.id, b"terminated", t, h5s.create(h5s.SCALAR)).write(np.array(b"abc", "S6"), mtype=t)
        f.create_group("none")


def attributes_split(path):
    names = [f"layer_{i}_with_a_rather_long_name" for i in range(30)]
    with h5py.File(path, "w") as f:
        for i in range(3):
            f.attrs[f"weight_names{i}"] = np.array([n.encode() for n in names[10 * i:10 * i + 10]])
        f.attrs["layer_names"] = np.array([n.encode() for n in names])


def attributes_dense(path):
    with h5py.File(path, "w", libver="latest") as f:
        for i in range(200):
            f.attrs[f"attr_{i:03d}"] = np.float32(i) if i % 2 else f"text {i}"


def attributes_huge(path):
    with h5py.File(path, "w", libver="latest") as f:
        f.attrs["huge"] = np.zeros(20000, "f4")
        f.attrs["huge_text"] = np.array([b"x" * 1000] * 70)
        f.attrs["small"] = 1


def types(path):
    with h5py.File(path, "w") as f:
        for t in ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]:
            f["le_" + t] = (floats(3, 4) * 50).astype(t)
            f["be_" + t] = (floats(3, 4) * 50).astype(np.dtype(t).newbyteorder(">"))
        f["bool"] = np.array([True, False, True])
        f["opaque"] = floats(4, 2).view("u2").reshape(-1, 2)[:, 1].copy().view("V2")
        f["opaque"].attrs["dtype"] = "bfloat16"
        f.create_dataset("enum", data=[1, 2, 1], dtype=h5py.enum_dtype({"RED": 1, "GREEN": 2}, basetype="i4"))
        f.create_dataset("enum_be", data=[1, 2, 1], dtype=h5py.enum_dtype({"ONE": 1, "TWO": 2, "LONGER_NAME": 3}, basetype=">u2"))
        bf16 = h5t.IEEE_F32LE.copy()
        bf16.set_fields(15, 7, 8, 0, 7)
        bf16.set_ebias(127)
        bf16.set_precision(16)
        bf16.set_size(2)
        d = h5d.create(f.id, b"bfloat16", bf16, h5s.create_simple((3,)))
        d.write(h5s.ALL, h5s.ALL, np.array([0x3F80, 0xC000, 0x4049], "u2").view("V2"), mtype=bf16)
        f["scalar"] = np.float32(3)
        f["empty"] = np.zeros((0, 3), "f4")
        f["null"] = h5py.Empty("i4")
        f["text"] = "a string"
        f["texts"] = np.array(["x", "", "yz"], dtype=object)
        f["fixed"] = np.array([[b"ab", b"c"], [b"", b"de"]])


def committed(path):
    with h5py.File(path, "w") as f:
        f["type"] = np.dtype("f4")
        f.create_dataset("x", data=floats(3), dtype=f["type"])
        f.attrs.create("a", floats(2), dtype=f["type"])


def committed_latest(path):
    with h5py.File(path, "w", libver="latest") as f:
        f["type"] = np.dtype("f4")
        f.create_dataset("x", data=floats(3), dtype=f["type"])
        f.attrs.create("a", floats(2), dtype=f["type"])


def links(path):
    with h5py.File(path, "w") as f:
        g = f.create_group("a/b")
        g["x"] = floats(2)
        f["soft"] = h5py.SoftLink("/a/b/x")
        f["a/relative"] = h5py.SoftLink("b/x")
        f["chain"] = h5py.SoftLink("soft")
        f["dangling"] = h5py.SoftLink("/nowhere")
        f["loop"] = h5py.SoftLink("loop")
        f["group"] = h5py.SoftLink("/a")
        f["outside"] = h5py.ExternalLink("other.h5", "/x")
        f["a/b/up"] = f["a"]  # a cycle
        f["again"] = f["a/b/x"]


def links_latest(path):
    with h5py.File(path, "w", libver="latest") as f:
        f["x"] = floats(2)
        f["soft"] = h5py.SoftLink("/x")
        f["outside"] = h5py.ExternalLink("other.h5", "/x")
        f["self"] = f["/"]


def unaligned(path):
    """Data of odd lengths, after which headers lie at odd addresses."""
    with h5py.File(path, "w") as f:
        for i in range(1, 8):
            f[f"g{i}/x"] = np.arange(i, dtype="u1")
            f[f"g{i}/y"] = floats(3)


def compact(path):
    with h5py.File(path, "w") as f:
        plist = h5p.create(h5p.DATASET_CREATE)
        plist.set_layout(h5d.COMPACT)
        x = floats(4, 3)
        h5d.create(f.id, b"x", h5t.IEEE_F32BE, h5s.create_simple((4, 3)), plist).write(h5s.ALL, h5s.ALL, x)


def never_written(path):
    with h5py.File(path, "w") as f:
        f.create_dataset("zeros", (5, 3), "f4")
        f.create_dataset("ones", (5, 3), "f4", fillvalue=1)
        f.create_dataset("chunked", (5, 3), ">i4", chunks=(2, 2), fillvalue=-7)


def chunked(libver):
    def write(path):
        with h5py.File(path, "w", libver=libver) as f:
            x = floats(13, 9)
            smooth = np.arange(13 * 9, dtype="f4").reshape(13, 9)
            f.create_dataset("plain", data=x, chunks=(4, 4))
            f.create_dataset("gzip", data=smooth, chunks=(4, 4), compression="gzip")
            f.create_dataset("shuffle", data=smooth, chunks=(5, 9), compression="gzip", shuffle=True)
            f.create_dataset("shuffle_f8", data=smooth.astype("f8"), chunks=(5, 3), compression="gzip", shuffle=True)
            f.create_dataset("fletcher", data=x, chunks=(4, 4), fletcher32=True)
            f.create_dataset("fletcher_odd", data=np.arange(9, dtype="u1"), chunks=(3,), fletcher32=True)
            f.create_dataset("all", data=smooth, chunks=(4, 4), compression="gzip", shuffle=True, fletcher32=True)
            f.create_dataset("lzf", data=np.tile(smooth, (4, 1)), chunks=(40, 9), compression="lzf")
            f.create_dataset("lzf_shuffle", data=smooth, chunks=(13, 9), compression="lzf", shuffle=True)
            f.create_dataset("big_endian", data=smooth.astype(">f4"), chunks=(4, 4), compression="gzip", shuffle=True)
            f.create_dataset("3d", data=floats(5, 6, 7), chunks=(2, 3, 4))
            f.create_dataset("one", data=x, chunks=(13, 9))
            f.create_dataset("one_gzip", data=smooth, chunks=(13, 9), compression="gzip")
            f.create_dataset("text", data=np.array([["a", "bc"], ["", "d"]], dtype=object), chunks=(1, 2))
            d = f.create_dataset("missing", (12, 12), "f4", chunks=(4, 4), fillvalue=2.5)
            d[4:8, 4:8] = 1
            d = f.create_dataset("missing_gzip", (12, 12), "i2", chunks=(4, 4), compression="gzip", fillvalue=-1)
            d[0, 0] = 1
            f.create_dataset("grows", data=x, chunks=(4, 4), maxshape=(None, 9))
            f.create_dataset("grows_second", data=x, chunks=(2, 2), maxshape=(20, None))
            f.create_dataset("grows_second_gzip", data=smooth, chunks=(2, 2), maxshape=(20, None), compression="gzip")
            f.create_dataset("grows_both", data=x, chunks=(4, 4), maxshape=(None, None))
            f.create_dataset("grows_both_gzip", data=smooth, chunks=(4, 4), maxshape=(None, None), compression="gzip")
            f.create_dataset("bounded", data=x, chunks=(2, 2), maxshape=(30, 40))
            d = f.create_dataset("shrunk", data=x, chunks=(2, 2), maxshape=(None, None))
            d.resize((7, 3))
            d = f.create_dataset("shrunk_first", data=x, chunks=(2, 2), maxshape=(None, 9))
            d.resize((5, 9))
    return write


def chunks_implicit(path):
    with h5py.File(path, "w", libver="latest") as f:
        for name, shape, most in [("fixed", (13, 9), (13, 9)), ("bounded", (6, 5), (13, 9))]:
            plist = h5p.create(h5p.DATASET_CREATE)
            plist.set_chunk((4, 4))
            plist.set_alloc_time(h5d.ALLOC_TIME_EARLY)
            d = h5d.create(f.id, name.encode(), h5t.IEEE_F32LE, h5s.create_simple(shape, most), plist)
            d.write(h5s.ALL, h5s.ALL, floats(*shape))


def chunks_many(path):
    """Chunk indices with several levels or pages."""
    with h5py.File(path, "w", libver="latest") as f:
        f.create_dataset("pages", data=np.arange(2500, dtype="u1"), chunks=(1,))
        f.create_dataset("pages_gzip", data=np.arange(1200, dtype="u1"), chunks=(1,), compression="gzip")
        f.create_dataset("array", data=np.arange(3000, dtype="u1"), chunks=(1,), maxshape=(None,))
        f.create_dataset("array_gzip", data=np.arange(300, dtype="u1"), chunks=(1,), maxshape=(None,), compression="gzip")
        d = f.create_dataset("array_pages", (150000,), "u1", chunks=(1,), maxshape=(None,), fillvalue=3)
        d[140000], d[135000] = 1, 2
        f.create_dataset("tree", data=np.arange(6400, dtype="u2").reshape(80, 80), chunks=(1, 1), maxshape=(None, None))
        d = f.create_dataset("pages_sparse", (5000,), "u1", chunks=(1,))
        d[4990] = 1


def chunks_unfiltered_edges(path):
    with h5py.File(path, "w", libver="latest") as f:
        for name, most in [("fixed", (13, 9)), ("array", (h5s.UNLIMITED, 9)), ("tree", (h5s.UNLIMITED,) * 2)]:
            plist = h5p.create(h5p.DATASET_CREATE)
            plist.set_chunk((4, 4))
            plist.set_deflate(4)
            call("H5Pset_chunk_opts", plist, 2)  # H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS
            d = h5d.create(f.id, name.encode(), h5t.IEEE_F32LE, h5s.create_simple((13, 9), most), plist)
            d.write(h5s.ALL, h5s.ALL, np.arange(13 * 9, dtype="f4").reshape(13, 9))


def old_chunk_levels(path):
    with h5py.File(path, "w") as f:
        f.create_dataset("tree", data=np.arange(900, dtype="u1").reshape(30, 30), chunks=(1, 1))


def deep(path):
    with h5py.File(path, "w", libver="latest") as f:
        g = f
        for _ in range(3000):
            g = g.create_group("g")


def limits(path):
    """Datasets far larger than what is stored of them."""
    with h5py.File(path, "w") as f:
        f.create_dataset("unwritten", (1 << 40,), "f4")
        f.create_dataset("unwritten_chunks", (1 << 40,), "f4", chunks=(1 << 20,))
        d = f.create_dataset("one_chunk", (1 << 40,), "f4", chunks=(1 << 10,), compression="gzip")
        d[0] = 1
        f.create_dataset("zeros", data=np.zeros(1 << 21, "f4"), chunks=(1 << 20,), compression="gzip", compression_opts=9)
        for i in range(8):
            f[f"data_{i}"] = np.arange(i, i + 4096, dtype="i8")


def shared_heap(path):
    """Messages in the file's shared-message heap, which the reader refuses."""
    with created(path, set_shared_mesg_nindexes=(1,), set_shared_mesg_index=(0, 0x1F, 1)) as f:
        for i in range(3):
            f.create_dataset(f"x{i}", data=np.arange(3, dtype="f4"))


def refused(path):
    with h5py.File(path, "w", libver="latest") as f:
        f["compound"] = np.zeros(2, [("a", "f4"), ("b", "i2")])
        f["complex"] = np.zeros(2, "c8")
        f.create_dataset("reference", data=np.array([f.ref], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)
        f.create_dataset("array", (2,), np.dtype(("f4", (3,))))
        d = f.create_dataset("vlen", (2,), h5py.vlen_dtype("i4"))
        d[0] = [1, 2]
        f.create_dataset("scaleoffset", data=np.arange(100), chunks=(50,), scaleoffset=4)
        f.create_dataset("external", (10,), "f4", external=[("data.bin", 0, h5f.UNLIMITED)])
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
        f.create_virtual_dataset("virtual", layout)
        plist = h5p.create(h5p.DATASET_CREATE)
        plist.set_chunk((4,))
        plist.set_filter(h5py.h5z.FILTER_NBIT)
        h5d.create(f.id, b"nbit", h5t.STD_I32LE, h5s.create_simple((8,)), plist)
        h5d.create(f.id, b"bitfield", h5t.STD_B8LE, h5s.create_simple((8,)))
        t = h5t.STD_I32LE.copy()
        t.set_precision(17)
        h5d.create(f.id, b"int17", t, h5s.create_simple((8,)))
        f["fine"] = np.float32(1)
        f["type"] = np.dtype("f4")
        f.attrs["compound"] = np.zeros(2, [("a", "f4")])


FIXTURES = {
    "superblock0": superblock0, "superblock1": superblock1, "superblock2": superblock2, "superblock3": superblock3,
    "sizes2": sizes(2), "sizes4": sizes(4), "userblock": userblock, "userblock_latest": userblock_latest,
    "old_group_levels": old_group_levels, "old_group_deep": old_group_deep, "new_group_compact": new_group_compact,
    "new_group_dense": new_group_dense, "heap_nested": heap_nested, "track_order": track_order,
    "attributes": attributes, "attributes_split": attributes_split, "attributes_dense": attributes_dense,
    "attributes_huge": attributes_huge, "types": types, "committed": committed, "committed_latest": committed_latest,
    "links": links, "links_latest": links_latest, "unaligned": unaligned, "compact": compact,
    "never_written": never_written, "chunked_old": chunked("earliest"), "chunked_latest": chunked("latest"),
    "chunks_implicit": chunks_implicit, "chunks_many": chunks_many, "chunks_unfiltered_edges": chunks_unfiltered_edges,
    "old_chunk_levels": old_chunk_levels, "deep": deep, "refused": refused,
    "shared_heap": shared_heap, "limits": limits,
}


UNDESCRIBED = {"refused", "deep", "shared_heap", "limits"}


def main():
    out = os.path.join(os.path.dirname(__file__), "../../fixtures/hdf5")
    os.makedirs(out, exist_ok=True)
    for name in sys.argv[1:] or FIXTURES:
        write = FIXTURES[name]
        with tempfile.TemporaryDirectory() as temp:
            path = os.path.join(temp, name + ".h5")
            write(path)
            raw = open(path, "rb").read()
            packed = gzip.compress(raw, 9, mtime=0)
            if len(packed) < len(raw) / 4 and len(raw) > 1 << 14:
                target, data = name + ".h5.gz", packed
            else:
                target, data = name + ".h5", raw
            open(os.path.join(out, target), "wb").write(data)
            if name not in UNDESCRIBED:
                text = json.dumps(dump(path), indent=0, ensure_ascii=False, sort_keys=True).encode()
                open(os.path.join(out, name + ".json.gz"), "wb").write(gzip.compress(text, 9, mtime=0))
            print(f"{target:30} {len(raw):9} -> {len(data):8}")


if __name__ == "__main__":
    main()
