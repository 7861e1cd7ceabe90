"""Make the archives that npz_test.go compares with. Run it in this folder."""

import numpy as np

KINDS = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]

arrays = {}
for kind in KINDS:
    values = np.arange(-6, 18) * 5 if kind[0] != "u" else np.arange(24) * 5
    a = values.reshape(2, 3, 4).astype(kind)
    arrays[f"{kind}_little"] = a
    arrays[f"{kind}_big"] = a.astype(">" + kind)
    arrays[f"{kind}_fortran"] = np.asfortranarray(a)
    arrays[f"{kind}_both"] = np.asfortranarray(a.astype(">" + kind))
arrays["bool"] = np.array([[True, False], [False, True]])
arrays["scalar"] = np.float32(1.5)
arrays["empty"] = np.zeros((0, 3), np.float32)
words = np.array([["", "a", "wörld"], ["日本", "x" * 9, "𝄞"]])
arrays["strings"] = words
arrays["strings_big"] = words.astype(">U9")
arrays["strings_fortran"] = np.asfortranarray(words)
arrays["bytes"] = np.array([b"", b"ab", b"abc"])
arrays["special"] = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45], np.float32)

np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)
for version in ((1, 0), (2, 0), (3, 0)):
    with open(f"v{version[0]}.npy", "wb") as f:
        np.lib.format.write_array(f, np.arange(3, dtype="<i4"), version=version)
