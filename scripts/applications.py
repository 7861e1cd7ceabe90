#!/usr/bin/env python3
"""Build the models of keras.applications with random weights, and check kerasgo with all of them.

    python applications.py OUT [--only 'MobileNet*'] [--dialect keras3|keras2] [--format keras|h5]
    python applications.py OUT --all [--kerasgo BINARY] [--only ...] [--dialect ...] [--format ...]

For each model OUT gets <name>.keras and <name>.h5 and <name>.npz with inputs and outputs: Keras's in float32, and those of
the same model and weights in float64. BatchNormalization's statistics are random too, and kept near what the layer sees,
so that activations neither die nor explode. Nothing is downloaded.

--all makes them one at a time, each in a process of its own, runs `kerasgo verify` and `kerasgo bench` on every file and
deletes it. OUT/results.jsonl gets a line for each; what has a line is not done again, so an interrupted run goes on
where it was. OUT/results.md is the table. Hours of one core (TF_NUM_INTRAOP_THREADS=1 keeps TensorFlow to it); 8 GB of memory and 5 GB of disk for the largest.
"""

import argparse
import fnmatch
import gc
import json
import os
import pathlib
import subprocess
import sys
import time
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

NAMES = (
    [f"EfficientNetB{i}" for i in range(8)]
    + [f"EfficientNetV2{i}" for i in ("B0", "B1", "B2", "B3", "S", "M", "L")]
    + [f"ResNet{n}{v}" for v in ("", "V2") for n in (50, 101, 152)]
    + [f"DenseNet{n}" for n in (121, 169, 201)]
    + ["InceptionV3", "InceptionResNetV2", "Xception", "NASNetMobile", "NASNetLarge", "VGG16", "VGG19"]
    + ["MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large"]
    + [f"ConvNeXt{n}" for n in ("Tiny", "Small", "Base", "Large", "XLarge")]
)
HEADLESS = dict(include_top=False)
ALTERED = (
    [("MobileNet", dict(alpha=a)) for a in (0.25, 0.5, 0.75)]
    + [("MobileNet", dict(depth_multiplier=2))]
    + [("MobileNetV2", dict(alpha=a)) for a in (0.35, 0.5, 0.75, 1.3, 1.4)]
    + [(f"MobileNetV3{n}", kw) for n in ("Small", "Large")
       for kw in (dict(alpha=0.75), dict(minimalistic=True), dict(alpha=0.75, minimalistic=True), dict(include_preprocessing=False))]
    + [(n, dict(include_preprocessing=False)) for n in ("EfficientNetV2B0", "EfficientNetV2S", "ConvNeXtTiny")]
    + [(n, HEADLESS | dict(pooling=p)) for n in ("MobileNetV3Small", "ResNet50", "EfficientNetB0") for p in ("avg", "max")]
    + [(n, HEADLESS | dict(pooling="avg")) for n in ("DenseNet121", "VGG16", "ConvNeXtTiny", "InceptionResNetV2")]
    + [(n, HEADLESS | dict(pooling="max")) for n in ("Xception", "NASNetMobile", "EfficientNetV2B0", "InceptionV3")]
    + [(n, HEADLESS) for n in ("MobileNetV2", "ResNet50V2", "InceptionV3")]
    + [(n, HEADLESS | dict(pooling="avg", size="open")) for n in ("MobileNetV2", "EfficientNetB0", "DenseNet121", "NASNetMobile")]
    + [("ResNet50", dict(size="96x72")), ("InceptionV3", dict(size="139x107")), ("EfficientNetB0", dict(size="97x65")),
       ("MobileNetV2", dict(size="224x224", classes=1000, classifier_activation="softmax"))]
    + [(n, dict(channels_first=True)) for n in ("MobileNet", "MobileNetV2", "ResNet50", "DenseNet121", "InceptionV3", "Xception",
                                               "VGG16", "EfficientNetB0", "MobileNetV3Small", "EfficientNetV2B0")]
)
SMALLEST = {"InceptionV3": 80, "InceptionResNetV2": 80, "Xception": 80}  # else 64


class Variant:
    """A function of keras.applications with arguments. `size` and `channels_first` are this script's own."""

    def __init__(self, name, arguments=None):
        self.name = name
        self.label = ",".join([name] + [f"{k}={v}" for k, v in (arguments or {}).items()])
        self.arguments = dict(arguments or {})
        size = self.arguments.pop("size", None)
        self.channels_first = self.arguments.pop("channels_first", False)
        n = SMALLEST.get(name, 64)
        self.open = size == "open"
        self.size = (n, n) if size in (None, "open") else tuple(int(s) for s in size.split("x"))

    def shape(self, *spatial):
        return (3, *spatial) if self.channels_first else (*spatial, 3)

    def build(self, K):
        kw = dict(weights=None, classes=10, classifier_activation=None)
        kw["input_shape"] = self.shape(None, None) if self.open else self.shape(*self.size)
        if self.name.startswith("MobileNetV3"):
            kw["dropout_rate"] = 0.0
        K.backend.set_image_data_format("channels_first" if self.channels_first else "channels_last")
        return getattr(K.applications, self.name)(**kw | self.arguments)

    def inputs(self, np, rng):
        rescales = self.name.startswith(("Efficient", "MobileNetV3", "ConvNeXt")) and self.arguments.get("include_preprocessing", True)
        for i, batch in enumerate((2, 1)):
            spatial = [n + 17 * i for n in self.size] if self.open else self.size
            x = rng.uniform(0, 255, (batch, *self.shape(*spatial)))
            yield (x if rescales else x / 127.5 - 1).astype("float32")


VARIANTS = {v.label: v for v in [Variant(n) for n in NAMES] + [Variant(*a) for a in ALTERED]}


def randomise(np, model, rng):
    """Kernels keep their initializers' scale; what starts at 0 or 1 is moved."""
    for w in model.weights:
        name = getattr(w, "path", w.name).split("/")[-1].split(":")[0]
        shape = tuple(w.shape)
        if "variance" in name:
            w.assign(rng.uniform(0.7, 1.4, shape))
        elif name == "gamma" and len(shape) == 1:
            w.assign(rng.uniform(0.8, 1.2, shape))
        elif name in ("beta", "bias", "moving_mean"):
            w.assign(rng.normal(0, 0.1, shape))
        elif len(shape) >= 2:
            receptive = int(np.prod(shape[:-2])) if len(shape) > 2 else 1
            fan = receptive * (1 if "depthwise" in name else shape[-2])
            w.assign(rng.normal(0, 1.2 / np.sqrt(fan), shape))


def run(variant, model, x):
    """XLA computes channels_first on a CPU, which TensorFlow's own kernels refuse."""
    import tensorflow as tf

    if not variant.channels_first:
        return model(x, training=False).numpy()
    return tf.function(lambda x: model(x, training=False), jit_compile=True)(tf.constant(x)).numpy()


def make(variant, K, np, out, formats):
    """Writes the variant's files and returns what is told of it."""
    rng = np.random.default_rng(zlib.crc32(variant.label.encode()))
    K.backend.set_floatx("float32")
    model = variant.build(K)
    randomise(np, model, rng)
    inputs = list(variant.inputs(np, rng))
    single = [run(variant, model, x) for x in inputs]
    for form in formats:
        model.save(out / f"{variant.label}.{form}")
    parameters, weights = model.count_params(), model.get_weights()
    del model
    K.backend.clear_session()
    gc.collect()
    K.backend.set_floatx("float64")
    model = variant.build(K)
    model.set_weights(weights)
    double = [run(variant, model, x.astype("float64")) for x in inputs]
    K.backend.set_floatx("float32")
    K.backend.clear_session()
    arrays = {}
    for i in range(len(inputs)):
        prefix = f"v{i}_" if i else ""
        arrays |= {f"{prefix}in0": inputs[i], f"{prefix}out0": single[i], f"{prefix}f64_out0": double[i]}
    np.savez(out / f"{variant.label}.npz", **arrays)
    spread = float(min(np.ptp(y) for y in single))
    distance = max(float(np.abs(y - d).max() / np.abs(d).max()) for y, d in zip(single, double))
    return dict(parameters=parameters, spread=spread, keras_rounding=distance)


def frameworks(dialect):
    try:
        import numpy as np

        if dialect == "keras3":
            import keras as K
        else:
            import tf_keras as K
    except ImportError as e:
        sys.exit(f"applications.py: {e}. Try: pip install tensorflow keras tf_keras")
    return np, K


def make_files(labels, dialect, out, forms):
    """Makes each here, in this process, and leaves the files."""
    np, K = frameworks(dialect)
    failed = 0
    for label in labels:
        start = time.time()
        try:
            made = make(VARIANTS[label], K, np, out, forms)
        except Exception as e:
            print(f"{label}: cannot be made: {type(e).__name__}: {e}", file=sys.stderr)
            failed += 1
            continue
        if not made["spread"] > 1e-6:
            print(f"{label}: warning: the outputs are degenerate", file=sys.stderr)
        (out / f"{label}.json").write_text(json.dumps(made))
        print(f"{label}: {made['parameters']:,} parameters, {time.time() - start:.0f} s", flush=True)
    return failed


def kerasgo(binary, *args):
    done = subprocess.run([binary, *args, "--json", "--quiet"], capture_output=True, text=True)
    return done.returncode, done.stdout, (done.stderr.strip() or f"ended with code {done.returncode}")[:300]


def check(binary, file, golden):
    """What kerasgo says of one file: verify's verdict, bench's load time and memory."""
    code, text, complaint = kerasgo(binary, "verify", file, "--golden", golden)
    if code not in (0, 4):
        return dict(ok=False, error=complaint)
    results = [o["result"] for o in json.loads(text)["outputs"]]
    told = dict(ok=code == 0, error="" if code == 0 else "differs from Keras",
                difference=max(r["max_abs"] / r["scale"] for r in results), bound=min(r["bound"] / r["scale"] for r in results))
    code, text, complaint = kerasgo(binary, "bench", file, "--golden", golden, "--threads", "1", "--time", "1ms")
    if code:
        return told | dict(ok=False, error=complaint)
    timed = json.loads(text)
    return told | dict(load_ms=timed["load_ns"] / 1e6, peak_rss_mb=timed["peak_rss_mb"])


def check_all(labels, dialects, forms, out, binary):
    results = out / "results.jsonl"
    rows = [json.loads(l) for l in results.read_text().splitlines()] if results.exists() else []
    done = {(r["model"], r["dialect"], r["format"]) for r in rows}
    for label in labels:
        for dialect in dialects:
            wanted = [f for f in formats(dialect, forms) if (label, dialect, f) not in done]
            if not wanted:
                continue
            folder = out / dialect
            command = [sys.executable, __file__, out, "--only", label, "--dialect", dialect]
            for form in wanted:
                command += ["--format", form]
            made = subprocess.run(command, capture_output=True, text=True)
            base = dict(model=label, dialect=dialect)
            if made.returncode:
                why = ([l for l in made.stderr.splitlines() if "cannot be made" in l] or [f"ended with code {made.returncode}"])[0]
                new = [base | dict(format=f, ok=None, error=why[:300]) for f in wanted]
            else:
                base |= json.loads((folder / f"{label}.json").read_text())
                golden = folder / f"{label}.npz"
                new = []
                for form in wanted:
                    file = folder / f"{label}.{form}"
                    size = file.stat().st_size / 1e6
                    new.append(base | dict(format=form, file_mb=size) | check(binary, file, golden))
            with results.open("a") as f:
                for r in new:
                    f.write(json.dumps(r) + "\n")
                    verdict = {True: "ok", False: "FAILED", None: "not made"}[r["ok"]]
                    print(f"{label} {dialect} {r['format']}: {verdict} {r.get('difference', 0):.1e} {r['error']}", flush=True)
            rows += new
            for file in folder.iterdir():
                if file.stem == label:
                    file.unlink()
            (out / "results.md").write_text(table(rows))
    bad = sum(r["ok"] is False for r in rows)
    print(f"{len(rows)} files, {bad} failed, {sum(r['ok'] is None for r in rows)} that Keras could not make or compute")
    return 1 if bad else 0


def table(rows):
    out = [
        "Difference, bound and Keras's rounding (its float32 from its float64 outputs) are relative to the largest output.", "",
        "| model | from | parameters | difference | bound | Keras's rounding | load, ms | file, MB | peak RSS, MB | |", "|" + "---|" * 10,
    ]
    for r in sorted(rows, key=lambda r: (list(VARIANTS).index(r["model"]), r["dialect"], r["format"])):
        cells = [r["model"], f"{r['dialect']} .{r['format']}", f"{r['parameters']:,}" if "parameters" in r else ""]
        cells += [f"{r[k]:.1e}" if k in r else "" for k in ("difference", "bound", "keras_rounding")]
        cells += [f"{r[k]:.0f}" if k in r else "" for k in ("load_ms", "file_mb", "peak_rss_mb")]
        out.append("| " + " | ".join(cells + [" ".join(r["error"].split()) or "ok"]) + " |")
    return "\n".join(out) + "\n"


def formats(dialect, wanted):
    possible = ["keras", "h5"] if dialect == "keras3" else ["h5"]
    return [f for f in possible if not wanted or f in wanted]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path, help="a folder outside the repository")
    parser.add_argument("--only", action="append", help="names as --list gives them, or shell patterns; may be repeated")
    parser.add_argument("--dialect", choices=("keras3", "keras2"), help="default: keras3; with --all both")
    parser.add_argument("--format", choices=("keras", "h5"), action="append", help="default: both (tf_keras: h5)")
    parser.add_argument("--all", action="store_true", help="make, check with kerasgo and delete, one at a time")
    parser.add_argument("--kerasgo", default="kerasgo", help="the binary that --all runs")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    labels = [n for n in VARIANTS if not args.only or any(fnmatch.fnmatchcase(n, p) for p in args.only)]
    if args.list:
        print(*labels, sep="\n")
        return 0
    if not labels:
        sys.exit("applications.py: no such model; --list lists them")
    dialects = [args.dialect] if args.dialect else ["keras3", "keras2"] if args.all else ["keras3"]
    for dialect in dialects:
        (args.out / dialect).mkdir(parents=True, exist_ok=True)
    if args.all:
        return check_all(labels, dialects, args.format, args.out, args.kerasgo)
    return 1 if make_files(labels, dialects[0], args.out / dialects[0], formats(dialects[0], args.format)) else 0


if __name__ == "__main__":
    sys.exit(main())
