#!/usr/bin/env python3
"""Run your own Keras model on made-up inputs and store what it answers, for `kerasgo verify MODEL --golden NPZ`.

    python golden.py model.h5 [-o golden.npz] [--seed N] [--float64]

Needs Keras: `pip install tensorflow keras` for files of Keras 3, `pip install tensorflow tf_keras` for older ones.
The npz holds in0, in1, ... and out0, out1, ... in the model's order, then v1_in0, v1_out0, ... for another batch
size (and another length, where the model leaves it open). Stateful models: the v's are successive calls. With
--float64 it also holds f64_out0, v1_f64_out0, ...: what the same model answers in double precision.
"""

import argparse
import functools
import json
import os
import pathlib
import shutil
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def fail(text):
    sys.exit(f"golden.py: {text}")


def import_numpy():
    try:
        import numpy
    except ImportError:
        fail("numpy is not installed in this Python. Try: pip install tensorflow keras")
    return numpy


# -- which Keras -----------------------------------------------------------------------------------------------------


def file_version(path):
    """The keras_version a file states, or ''."""
    path = pathlib.Path(path)
    if path.is_dir():
        meta = path / "metadata.json"
        return json.loads(meta.read_text()).get("keras_version", "") if meta.exists() else ""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as z:
            return json.loads(z.read("metadata.json")).get("keras_version", "") if "metadata.json" in z.namelist() else ""
    if path.suffix == ".json":
        return json.loads(path.read_text()).get("keras_version", "")
    try:
        import h5py
    except ImportError:
        return ""
    if not h5py.is_hdf5(path):
        fail(f"{path} is neither HDF5, nor a .keras zip, nor JSON")
    with h5py.File(path) as f:
        version = f.attrs.get("keras_version", "")
        return version.decode() if isinstance(version, bytes) else str(version)


def is_json(path):
    if os.path.isdir(path):
        return False
    with open(path, "rb") as f:
        return f.read(64).lstrip()[:1] in (b"{", b"[")


def named_by_content(path, scratch, weights=False):
    """A path to the same file with the suffix by which Keras tells its kind."""
    path = pathlib.Path(path)
    if path.is_dir():
        return str(path)
    zipped = zipfile.is_zipfile(path)
    right = (".weights.h5", ".h5", ".hdf5") if weights else (".keras",) if zipped else (".h5", ".hdf5")
    if path.name.endswith(right):
        return str(path)
    link = pathlib.Path(scratch) / ("model" + (".h5" if weights else right[0]))
    try:
        os.symlink(path.absolute(), link)
    except OSError:
        shutil.copyfile(path, link)
    return str(link)


def import_keras(name):
    if name == "keras":
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        import keras as K
    else:
        import tf_keras as K
    if name == "keras" and not K.__version__.startswith("3"):
        raise ImportError(f"keras is {K.__version__}, not 3")
    return K


def allow_code(K):
    """Lets K run the Python code in a file."""
    (K.config if hasattr(K, "config") and hasattr(K.config, "enable_unsafe_deserialization") else K.__internal__).enable_unsafe_deserialization()


def load(path, weights, version, wanted, unsafe):
    order = [wanted] if wanted else ["keras", "tf_keras"] if version.startswith("3") or not version else ["tf_keras", "keras"]
    said = []
    for name in order:
        try:
            K = import_keras(name)
        except ImportError as e:
            said.append(f"{name}: not installed ({e})")
            continue
        try:
            if unsafe:
                allow_code(K)
            with tempfile.TemporaryDirectory() as scratch:
                if is_json(path):
                    model = K.models.model_from_json(pathlib.Path(path).read_text())
                    if weights:
                        model.load_weights(named_by_content(weights, scratch, weights=True))
                else:
                    model = K.models.load_model(named_by_content(path, scratch), compile=False)
            if type(model).__name__ == "FeatureSpace":
                model = K.Model(model.get_inputs(), model.get_encoded_features())
            return K, model
        except Exception as e:
            said.append(f"{name} {K.__version__}: {type(e).__name__}: {str(e).strip()[:600]}")
    if all("not installed" in s for s in said):
        fail("no Keras in this Python. Try: pip install tensorflow " + ("keras" if order[0] == "keras" else "tf_keras"))
    fail(f"{path}" + (f" (keras_version {version})" if version else "") + " cannot be loaded:\n  " + "\n  ".join(said)
         + ("\nIf you trust the file, --unsafe lets Keras run the Python code in it." if not unsafe and any("safe_mode" in s for s in said) else ""))


# -- inputs ----------------------------------------------------------------------------------------------------------


def all_layers(model):
    for layer in getattr(model, "layers", []):
        yield layer
        yield from all_layers(layer)
        for inner in ("layer", "forward_layer"):
            if hasattr(layer, inner):
                yield getattr(layer, inner)
                yield from all_layers(getattr(layer, inner))


def vocabulary(K, model, index):
    """The smallest input_dim of the Embeddings an input reaches; 0 where there is none.

    Followed through the graph where that works; else every Embedding of the model is taken to be meant.
    """
    embeddings = [l for l in all_layers(model) if type(l).__name__ in ("Embedding", "ReversibleEmbedding")]
    if not embeddings:
        return 0
    reached = []
    for e in embeddings:
        try:
            source = e.input
            if source is model.inputs[index] or getattr(source, "name", None) == model.inputs[index].name:
                reached.append(e.input_dim)
        except Exception:
            pass
    if reached:
        return min(reached)
    one_input = len(model.inputs) == 1
    looks_like_ids = str(getattr(model.inputs[index].dtype, "name", model.inputs[index].dtype)).startswith("int")
    first = [l for l in all_layers(model) if type(l).__name__ not in ("InputLayer", "Sequential", "Functional", "Model")]
    starts = bool(first) and first[0] in embeddings
    return min(e.input_dim for e in embeddings) if looks_like_ids or (one_input and starts) else 0


def words(model):
    """Words the model's lookups know, and one none does."""
    known = []
    for l in all_layers(model):
        if hasattr(l, "get_vocabulary"):
            known += [str(w) for w in l.get_vocabulary()][:50]
    return [w for w in known if w] + ["zzz unknown"]


def shape_of(x, batch, length):
    shape = [None if d is None else int(d) for d in x.shape]
    return tuple(batch if a == 0 and d is None else length if d is None else d for a, d in enumerate(shape))


def make_inputs(np, K, model, batch, length, seed):
    arrays = []
    for i, x in enumerate(model.inputs):
        rng = np.random.default_rng([seed, batch, length, i])
        shape, dtype = shape_of(x, batch, length), getattr(x.dtype, "name", str(x.dtype))
        vocab = vocabulary(K, model, i)
        if dtype == "string":
            a = np.array(words(model), dtype=object)[rng.integers(0, len(words(model)), shape)].astype(np.str_)
        elif dtype == "bool":
            a = rng.integers(0, 2, shape).astype(bool)
        elif vocab:
            a = rng.integers(0, vocab, shape)
        elif dtype.startswith(("int", "uint")):
            a = rng.integers(0, 10, shape)
        elif len(shape) == 4 and shape[-1] in (1, 3, 4):
            a = rng.uniform(0, 1, shape)
        else:
            a = rng.standard_normal(shape)
        arrays.append(a if dtype == "string" else a.astype("float32" if dtype in ("bfloat16", "float16") else dtype))
    return arrays


# -- running ---------------------------------------------------------------------------------------------------------


def run(np, K, model, arrays, keep64=False):
    import tensorflow as tf

    tensors = [tf.constant(a) if a.dtype.kind == "U" else tf.cast(tf.constant(a), x.dtype) for a, x in zip(arrays, model.inputs)]
    new = K.__name__ == "keras"
    struct = getattr(model, "_inputs_struct" if new else "_nested_inputs", None)
    pack, flatten = (K.tree.pack_sequence_as, K.tree.flatten) if new else (tf.nest.pack_sequence_as, tf.nest.flatten)
    y = model(tensors[0] if struct is None else pack(struct, tensors), training=False)
    return [as_array(np, tf, t, keep64) for t in flatten(y)]


def as_array(np, tf, t, keep64=False):
    if isinstance(t, tf.RaggedTensor):
        t = t.to_tensor()
    if isinstance(t, tf.sparse.SparseTensor):
        t = tf.sparse.to_dense(t)
    if t.dtype in (tf.bfloat16, tf.float16) or t.dtype == tf.float64 and not keep64:
        t = tf.cast(t, tf.float32)
    a = np.asarray(t)
    return np.char.decode(a.astype(np.bytes_), "utf-8") if a.dtype.kind in "OS" else a


# -- the same model in double precision ------------------------------------------------------------------------------


def in_float64(K, model):
    """A copy of the model that computes in float64; an exception when Keras cannot make one."""

    def widen(v):
        if isinstance(v, dict):
            if v.get("class_name") in ("DTypePolicy", "Policy") and isinstance(v.get("config"), dict):
                return {**v, "config": {**v["config"], "name": "float64"}}
            return {k: "float64" if k == "dtype" and w in HALF_OR_SINGLE else widen(w) for k, w in v.items()}
        if isinstance(v, (list, tuple)):
            return type(v)(widen(w) for w in v)
        return v

    floatx = K.backend.floatx()
    K.backend.set_floatx("float64")
    try:
        twin = type(model).from_config(widen(model.get_config()))
        twin.set_weights(model.get_weights())
    finally:
        K.backend.set_floatx(floatx)
    return twin


HALF_OR_SINGLE = ("float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")


def agree(np, single, double):
    """Whether the float64 outputs are those of the same function."""
    for x, y in zip(single, double, strict=True):
        if x.shape != y.shape or x.dtype.kind != y.dtype.kind:
            return False
        if x.dtype.kind == "f":
            ok = np.isfinite(x) & np.isfinite(y)
            if np.abs(x[ok] - y[ok]).max(initial=0) > 0.01 * max(np.abs(y[ok]).max(initial=0), 1e-6):
                return False
    return True


# -- what every layer answers ----------------------------------------------------------------------------------------


class Recorder:
    """Keeps the outputs of every call of every layer, nested models' included, while it is open."""

    def __init__(self, np, K, model):
        import tensorflow as tf

        self.np, self.tf, self.K = np, tf, K
        self.flatten = K.tree.flatten if K.__name__ == "keras" else tf.nest.flatten
        self.calls = {}  # by path: class and a list of calls, each a list of arrays
        self.layers = list(self.walk(model, ""))

    def walk(self, model, prefix):
        for layer in model.layers:
            path = prefix + layer.name
            yield path, layer
            if hasattr(layer, "layers"):
                yield from self.walk(layer, path + "/")

    def __enter__(self):
        for path, layer in self.layers:
            self.calls[path] = (type(layer).__name__, [])
            layer.call = self.wrapped(path, layer.call)
        return self

    def __exit__(self, *_):
        for _, layer in self.layers:
            del layer.call

    def wrapped(self, path, call):
        @functools.wraps(call)
        def f(*args, **kwargs):
            y = call(*args, **kwargs)
            self.calls[path][1].append([as_array(self.np, self.tf, t, keep64=True) for t in self.flatten(y) if t is not None])
            return y

        return f

    def save(self, into, prefix=""):
        """Puts the arrays into a dict and returns where they are."""
        index = []
        for i, (path, (cls, calls)) in enumerate(self.calls.items()):
            names = [[f"{prefix}{i}_{c}_{j}" for j in range(len(outs))] for c, outs in enumerate(calls)]
            into.update({n: a for row, outs in zip(names, calls) for n, a in zip(row, outs)})
            index.append({"layer": path, "class": cls, "calls": names})
        return index


def is_stateful(model):
    return any(getattr(l, "stateful", False) for l in all_layers(model))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help=".h5, .keras (zip or directory), or .json with --weights")
    parser.add_argument("-o", "--output", help="the npz to write (default: MODEL.golden.npz)")
    parser.add_argument("--weights", help="weights for a .json architecture")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keras", choices=("keras", "tf_keras"), help="which Keras to use (default: by the file)")
    parser.add_argument("--batches", default="1,3", help="batch sizes, comma-separated (default 1,3)")
    parser.add_argument("--length", type=int, help="what an unknown axis becomes (default 20, then 13)")
    parser.add_argument("--inputs", metavar="NPZ", help="run on these inputs, in0, in1, ..., v1_in0, ..., instead of made-up ones")
    parser.add_argument("--float64", action="store_true", help="store the outputs of the model in double precision too")
    parser.add_argument("--layers", metavar="NPZ", help="also write what every layer gives for the first inputs")
    parser.add_argument("--unsafe", action="store_true", help="let Keras run the Python code in the file, such as that of Lambda layers (safe_mode=False)")
    parser.add_argument("--about", metavar="JSON", help="also write which Keras ran, and notes")
    args = parser.parse_args()

    if not os.path.exists(args.model):
        fail(f"{args.model}: no such file")
    np = import_numpy()
    version = file_version(args.model)
    if is_json(args.model) and not args.weights:
        fail("an architecture holds no weights: add --weights FILE")
    K, model = load(args.model, args.weights, version, args.keras, args.unsafe)
    if not getattr(model, "inputs", None):
        fail("the model has no fixed inputs (it was never called or built), so nothing can be made for it")

    given = given_inputs(np, args.inputs, len(model.inputs)) if args.inputs else None
    try:
        batches = [len(g[0]) if g[0].ndim else 1 for g in given] if given else [int(b) for b in args.batches.split(",")]
    except ValueError:
        fail(f"--batches {args.batches!r}: expected numbers such as 1,3")
    stateful = is_stateful(model)
    golden, layers, notes, twin = {}, {}, [], None
    if args.float64:
        try:
            twin = in_float64(K, model)
        except Exception as e:
            notes.append(f"no float64 outputs: {type(e).__name__}: {str(e).strip()[:200]}")
    for i, batch in enumerate(batches):
        length = args.length or (20 if i % 2 == 0 or stateful else 13)
        arrays = given[i] if given else make_inputs(np, K, model, batch, length, args.seed + i)
        record = i == 0 and args.layers
        try:
            outs = record_run(np, K, model, arrays, layers, "") if record else run(np, K, model, arrays)
        except Exception as e:
            shapes = ", ".join(str(a.shape) for a in arrays)
            fail(f"the model does not run on inputs of shape {shapes}: {type(e).__name__}: {str(e).strip()[:600]}\nTry --length N or --batches N.")
        prefix = f"v{i}_" if i else ""
        golden |= {f"{prefix}in{j}": a for j, a in enumerate(arrays)}
        golden |= {f"{prefix}out{j}": a for j, a in enumerate(outs)}
        if twin is not None:
            try:
                wide = record_run(np, K, twin, arrays, layers, "f64_") if record else run(np, K, twin, arrays, keep64=True)
                if not agree(np, outs, wide):
                    raise ValueError("they are far from the float32 outputs")
                golden |= {f"{prefix}f64_out{j}": a for j, a in enumerate(wide)}
            except Exception as e:
                notes.append(f"no float64 outputs: {type(e).__name__}: {str(e).strip()[:200]}")
                golden = {k: a for k, a in golden.items() if "f64_" not in k}
                twin = None
                layers.pop("f64_", None)
        for j, a in enumerate(outs):
            if a.dtype.kind == "f" and not np.isfinite(a).all():
                notes.append(f"output {j} of batch {batch} is not finite")
    out = args.output or str(args.model).rstrip("/") + ".golden.npz"
    np.savez(out, **golden)
    about = {"keras": K.__name__, "version": K.__version__, "stateful": stateful, "notes": notes}
    if args.layers:
        arrays = {}
        about["layers"] = layers[""].save(arrays)
        about["layers64"] = layers["f64_"].save(arrays, "f64_") if "f64_" in layers else []
        np.savez(args.layers, **arrays)
    if args.about:
        pathlib.Path(args.about).write_text(json.dumps(about))
    for n in notes:
        print(f"golden.py: note: {n}", file=sys.stderr)
    print(f"{out}: {K.__name__} {K.__version__}, {len(model.inputs)} inputs, {len(outs)} outputs, {len(batches)} batches", file=sys.stderr)


def record_run(np, K, model, arrays, layers, prefix):
    with Recorder(np, K, model) as r:
        outs = run(np, K, model, arrays, keep64=bool(prefix))
    layers[prefix] = r
    return outs


def given_inputs(np, path, n):
    """The cases of an npz: in0, ..., then v1_in0, ..., and so on."""
    with np.load(path) as z:
        cases = []
        while (prefix := f"v{len(cases)}_" if cases else "") + "in0" in z:
            names = [f"{prefix}in{j}" for j in range(n)]
            if any(name not in z for name in names):
                fail(f"{path} has no {', '.join(name for name in names if name not in z)}; the model has {n} inputs")
            cases.append([z[name] for name in names])
    if not cases:
        fail(f"{path} has no array in0")
    return cases


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
