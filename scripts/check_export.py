#!/usr/bin/env python3
"""Convert models with kerasgo to .keras and .h5 of Keras 3, load these with Keras, and compare with the goldens.

    python check_export.py KERASGO fixtures [--only 'keras2/lstm*'] [--format keras|h5]
    python check_export.py KERASGO real --dir /path/to/published/models

Needs Keras 3. `fixtures` reads fixtures/MANIFEST.json, `real` a MANIFEST.tsv whose rows name a folder and its files. Prints a
line for each model that is refused or differs, and the counts; the exit code is 1 if any differs. Dilated transposed
convolutions run on CPUs only with oneDNN (TF_ENABLE_ONEDNN_OPTS=1 --only '*_transpose_dilation*'), which the goldens of the
others were made without.
"""

import argparse
import collections
import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # as the goldens were made

import keras  # noqa: E402
import numpy as np  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent


def fixtures():
    for row in json.loads((ROOT / "fixtures" / "MANIFEST.json").read_text()):
        if row.get("refused"):
            continue
        file = row["files"][0]
        weights = ROOT / "fixtures" / file["weights"] if file.get("weights") else None
        yield f"{row['dialect']}/{row['name']}", ROOT / "fixtures" / file["path"], weights, ROOT / "fixtures" / row["golden"], row.get("stateful", False)


def real(folder):
    for line in (folder / "MANIFEST.tsv").read_text().splitlines()[1:]:
        name, files, *_ = line.split("\t")
        model, _, weights = files.partition(" + ")
        golden = folder / name / "golden.npz"
        if golden.exists():
            yield name, folder / name / model, folder / name / weights if weights else None, golden, "stateful" in name


def cases(golden, count, names, kind):
    """The arrays of kind "in" or "out" of every case of a golden."""
    for prefix in [""] + [f"v{i}_" for i in range(1, 100)]:
        out = []
        for i in range(count):
            for key in (f"{prefix}{kind}{i}", prefix + names[i]):
                if key in golden.files:
                    out.append(golden[key])
                    break
        if len(out) < count:
            return
        yield out


def differs(got, want, half):
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        return f"shape {got.shape}, want {want.shape}"
    if want.dtype.kind == "U":
        got = np.char.decode(got.astype(bytes), "utf-8")
    if want.dtype.kind not in "fV":
        return "" if np.array_equal(got, want) else f"{np.sum(got != want)} elements differ"
    got, want = got.astype(np.float64), want.astype(np.float64)
    if not np.array_equal(np.isfinite(got), np.isfinite(want)):
        return "not finite in other places"
    fine = np.isfinite(want)
    if not fine.any():
        return ""
    worst, scale = np.max(np.abs(got - want)[fine]), np.max(np.abs(want[fine]))
    bound = (2e-2 if half else 1e-4) * max(scale, 1e-3)
    return "" if worst <= bound else f"differs by {worst:.3g}, the largest is {scale:.3g}"


def check(kerasgo, model, weights, golden, stateful, fmt, folder):
    """"" when the same, a text with "refused: " in front, or one of what differs."""
    out = folder / f"model.{fmt}"
    out.unlink(missing_ok=True)
    done = subprocess.run([kerasgo, "convert", model, *(["--weights", weights] if weights else []), "-o", out], capture_output=True, text=True)
    if done.returncode:
        return "refused: " + done.stderr.strip()
    loaded = keras.models.load_model(out, compile=False)
    half = any(layer.compute_dtype in ("float16", "bfloat16") for layer in loaded.layers)
    golden = np.load(golden, allow_pickle=False)
    info = json.loads(subprocess.run([kerasgo, "inspect", "--json", model, *(["--weights", weights] if weights else [])], capture_output=True, text=True).stdout)
    ins, outs = ([p["name"] for p in info[k]] for k in ("inputs", "outputs"))
    if [t.name for t in loaded.inputs] != ins:
        return f"inputs are {[t.name for t in loaded.inputs]}, want {ins}"
    wants = list(cases(golden, len(outs), outs, "out"))
    if not wants:
        return "golden without outputs"
    if stateful:
        for layer in loaded.layers:
            if hasattr(layer, "reset_states"):
                layer.reset_states()
    for i, (given, want) in enumerate(zip(cases(golden, len(ins), ins, "in"), wants)):
        given = [g.astype(t.dtype) if t.dtype != "string" else g for g, t in zip(given, loaded.inputs)]
        got = loaded(given if len(given) > 1 else given[0], training=False)
        got = got if isinstance(got, (list, tuple)) else [got]
        if len(got) != len(want):
            return f"{len(got)} outputs, want {len(want)}"
        for name, a, b in zip(outs, got, want):
            bfloat16 = keras.backend.standardize_dtype(a.dtype) == "bfloat16"
            a = keras.ops.convert_to_numpy(keras.ops.cast(a, "float32") if bfloat16 else a)
            if text := differs(a, b, half):
                return f"case {i}, output {name}: {text}"
    return ""


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("kerasgo")
    p.add_argument("what", choices=["fixtures", "real"])
    p.add_argument("--dir", type=pathlib.Path)
    p.add_argument("--only", default="*")
    p.add_argument("--format", choices=["keras", "h5"])
    args = p.parse_args()
    counts, reasons = collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for name, model, weights, golden, stateful in fixtures() if args.what == "fixtures" else real(args.dir):
            if not fnmatch.fnmatch(name, args.only):
                continue
            for fmt in [args.format] if args.format else ["keras", "h5"]:
                keras.backend.clear_session()
                try:
                    text = check(args.kerasgo, model, weights, golden, stateful, fmt, pathlib.Path(folder))
                except Exception as e:  # whatever Keras raises is the result
                    text = f"{type(e).__name__}: {str(e)[:400]}"
                kind = "same" if not text else "refused" if text.startswith("refused: ") else "DIFFERS"
                counts[kind + " ." + fmt] += 1
                if text:
                    print(kind, name, fmt, re.sub(r"\s+", " ", text)[:600], flush=True)
                if kind == "refused":
                    reasons[re.sub(r'"[^"]*"|\d+', "…", text)[:150]] += 1
                    counts["refused .h5"] += 0 if args.format else 1
                    break
    for reason, n in reasons.most_common():
        print(n, reason)
    print(dict(counts))
    sys.exit(any(k.startswith("DIFFERS") for k in counts))


if __name__ == "__main__":
    main()
