"""One case in one dialect: build, set the weights, save, run in float32 and in float64, and describe."""

import contextlib
import io
import json
import pathlib
import time
import traceback
import warnings
import zipfile

import numpy as np

from cases.case import KERAS3, make
from formats import save

# Layers whose weights mean something as built.
KEEP_CLASSES = ("Normalization", "STFTSpectrogram", "TextVectorization", "StringLookup", "IntegerLookup", "Discretization")
KEEP = ("rnn_state", "seed_generator")


class Maker:
    def __init__(self, dialect, root, check=False):
        warnings.filterwarnings("ignore")
        self.dialect, self.root, self.check = dialect, pathlib.Path(root), check
        import tensorflow as tf

        self.tf = tf
        if dialect == KERAS3:
            import keras as K
            from keras.src.saving import saving_lib, serialization_lib
        else:
            import tf_keras as K
            from tf_keras.src.saving import saving_lib, serialization_lib
        self.K = K
        saving_lib.datetime = _FrozenDate
        zipfile.time = _FrozenTime
        self.ids = {}
        serialization_lib.id = lambda x: self.ids.setdefault(id(x), len(self.ids) + 1)  # shared_object_id, not an address
        (self.root / dialect).mkdir(parents=True, exist_ok=True)

    def row(self, case):
        try:
            return self._row(case)
        except Exception as e:
            where = traceback.extract_tb(e.__traceback__)[-1]
            text = str(e).strip().replace("\n", " ")
            return {"name": case.name, "dialect": self.dialect, "failed": f"{type(e).__name__}: {text[:400]} [{where.filename}:{where.lineno}]"}

    def _row(self, case):
        self.ids.clear()
        notes = []
        model = self.build(case.build, case.policy or "float32")
        self.randomise(case, model)
        if case.after:
            case.after(self.K, model)
        files = save(self, case, model)
        batches = self.batches(case, model)
        specs = self.describe_inputs(model), None
        summary = self.summary(case, model)

        runner, turned = model, False
        if case.equivalent:
            runner = self.equivalent(case, files, "float32")
            notes.append("the outputs are those of the plain layers Keras turns it into")
        try:
            outs = [self.call(runner, b) for b in batches]
        except Exception as e:
            if not case.last:
                raise
            if case.stuffed:
                notes.append("TensorFlow's CPU kernels refuse dilation here; the outputs are those of an undilated kernel with zeros between its taps")
            else:
                notes.append("TensorFlow's CPU kernels refuse channels_first here; the outputs are those of the channels_last equivalent, transposed")
            runner, turned = self.build(case.last, "float32"), True
            self.give(case, model, runner)
            outs = [self.call_turned(case, runner, b) for b in batches]
        names = self.output_names(model, len(outs[0]))
        for o in outs[0]:
            if o.dtype.kind == "f" and not np.isfinite(o).all():
                notes.append("an output is not finite")

        f64 = None
        if case.no_f64:
            notes.append(f"no float64 output: {case.no_f64}")
        else:
            if case.equivalent:
                twin = self.equivalent(case, files, "float64")
            else:
                twin = self.build(case.last if turned else case.build, "float64")
                self.give(case, model, twin, turned)
            call = (lambda b: self.call_turned(case, twin, b)) if turned else (lambda b: self.call(twin, b))
            f64 = [call(b) for b in batches]
            self.compare(case, outs, f64)

        golden = {}
        for i, batch in enumerate(batches):
            prefix = f"v{i}_" if i else ""
            for j, x in enumerate(batch):
                golden[f"{prefix}in{j}"] = x
            for j, y in enumerate(outs[i]):
                golden[f"{prefix}out{j}"] = y.astype(np.float32) if y.dtype.kind not in "biuU" else y
            for j, y in enumerate(f64[i] if f64 else ()):
                golden[f"{prefix}f64_out{j}"] = y
        golden_path = f"{self.dialect}/{case.name}.npz"
        write_npz(self.root / golden_path, golden)

        if case.old:
            notes.append("written by hand in Keras 1.2.2's layout; the outputs are those of the same layers in tf_keras")
        row = {
            "name": case.name,
            "dialect": self.dialect,
            "files": files,
            "golden": golden_path,
            "keras_version": "1.2.2" if case.old else self.K.__version__,
            "tf_version": self.tf.__version__,
            "layers": sorted({old.cls for _, old in case.old.layers}) if case.old else layer_classes(self.K, model),
            "options": case.shows,
            "inputs": specs[0],
            "outputs": [{"name": n, "dtype": str(o.dtype), "shape": list(o.shape)} for n, o in zip(names, outs[0])],
            "variants": len(batches) - 1,
            "params": int(model.count_params()),
        }
        if case.saved:
            row["layers"] = sorted({*row["layers"], type(case.saved(model)).__name__})
        if summary:
            row["summary"] = summary
        if case.calls > 1:
            row["stateful"] = True
        if refused := case.refused.get(self.dialect) if isinstance(case.refused, dict) else case.refused:
            row["refused"] = refused
        if notes:
            row["notes"] = "; ".join(notes)
        if self.check and not turned:
            row["warnings"] = self.reload(case, files, batches, outs)
        return row

    # -- building ----------------------------------------------------------------------------------------------

    def build(self, build, policy):
        K = self.K
        K.backend.clear_session()
        K.utils.set_random_seed(1)
        if self.dialect == KERAS3:
            set_policy, set_floatx = K.config.set_dtype_policy, K.config.set_floatx
        else:
            set_policy, set_floatx = K.mixed_precision.set_global_policy, K.backend.set_floatx
        try:
            if policy == "float64":
                set_floatx("float64")
            set_policy(policy)
            return build(K)
        finally:
            set_floatx("float32")
            set_policy("float32")

    def equivalent(self, case, files, policy):
        model = self.build(case.equivalent, policy)
        model.load_weights(str(self.root / files[0]["path"]))
        return model

    def randomise(self, case, model):
        kept = {id(w) for l in model._flatten_layers() if type(l).__name__ in KEEP_CLASSES for w in l.weights}
        for i, w in enumerate(weights_of(model)):
            if id(w) in kept:
                continue
            path = getattr(w, "path", w.name)
            dtype = np.dtype(dtype_name(w.dtype)) if dtype_name(w.dtype) != "bfloat16" else np.dtype("float32")
            if dtype.kind != "f" or any(k in ("/" + path) for k in case.keep) or any(k in path for k in KEEP):
                continue
            w.assign(self.tf.cast(random_weight(path.split("/")[-1], tuple(w.shape), np.random.default_rng(case.seed(i))), dtype_name(w.dtype)))

    def batches(self, case, model):
        variants = case.variants
        if case.calls > 1:
            variants = [(case.batch, 0)] * (case.calls - 1)
        elif variants is None:
            variants = [(1, 2)]
        out = []
        for v, (batch, more) in enumerate([(case.batch, 0), *variants]):
            arrays = []
            for i, x in enumerate(model.inputs):
                spec = case.inputs[i] if i < len(case.inputs) else case.inputs[-1]
                shape = [batch if a == 0 and d is None else spec.length + more if d is None else d for a, d in enumerate(x.shape)]
                arrays.append(make(spec, tuple(int(d) for d in shape), dtype_name(x.dtype), np.random.default_rng(case.seed(1000 + v, i))))
            out.append(arrays)
        return out

    # -- running -----------------------------------------------------------------------------------------------

    def call(self, model, arrays):
        tf = self.tf
        tensors = [tf.cast(tf.constant(a), x.dtype) if a.dtype.kind != "U" else tf.constant(a) for a, x in zip(arrays, model.inputs)]
        if self.dialect == KERAS3:
            tree, struct = self.K.tree, getattr(model, "_inputs_struct", None)
            packed = tensors[0] if struct is None else tree.pack_sequence_as(struct, tensors)
            flat = tree.flatten(model(packed, training=False))
        else:
            struct = getattr(model, "_nested_inputs", None)
            packed = tensors[0] if struct is None else tf.nest.pack_sequence_as(struct, tensors)
            flat = tf.nest.flatten(model(packed, training=False))
        return [as_array(tf, y) for y in flat]

    def give(self, case, model, twin, turned=True):
        if case.stuffed and turned:
            twin.set_weights(case.stuffed([np.asarray(w) for w in model.get_weights()]))
        else:
            copy_weights(model, twin)

    def call_turned(self, case, model, arrays):
        if case.stuffed:
            return self.call(model, arrays)
        axis = case.channel_axis
        outs = self.call(model, [np.moveaxis(a, axis, -1) for a in arrays])
        rank = arrays[0].ndim
        return [
            np.moveaxis(y, -1, axis) if y.ndim == rank else np.moveaxis(y, -1, axis - 1) if axis == 2 and y.ndim == rank - 1 else y
            for y in outs
        ]

    def compare(self, case, outs, f64):
        for i, (a, b) in enumerate(zip(outs, f64)):
            for j, (x, y) in enumerate(zip(a, b)):
                if x.shape != y.shape:
                    raise ValueError(f"output {j} is {x.shape} in float32, {y.shape} in float64")
                if x.dtype.kind != "f":
                    if not np.array_equal(x, y):
                        raise ValueError(f"output {j} differs in float64")
                    continue
                ok = np.isfinite(y)
                if not np.array_equal(ok, np.isfinite(x)):
                    raise ValueError(f"output {j} is not finite in other places in float64")
                worst = np.abs(x[ok].astype(np.float64) - y[ok]).max(initial=0) / max(np.abs(y[ok]).max(initial=0), 1e-30)
                if worst > (case.precision if case.policy in ("", "float64") else 0.1):
                    raise ValueError(f"output {j} of batch {i} is {worst:.2g} from float64")

    def reload(self, case, files, batches, outs):
        said = []
        for f in files:
            if f["format"] not in ("keras", "h5") or case.refused or case.equivalent or case.old:
                continue
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    loaded = self.K.models.load_model(self.root / f["path"], compile=False)
                runs = [self.call(loaded, b) for b in batches]
            except Exception as e:
                said.append(f"{f['path']} does not load or run: {type(e).__name__} {str(e)[:150]!r}")
                continue
            for a, b in zip(runs, outs):
                for x, y in zip(a, b):
                    if x.dtype.kind == "U":
                        same = np.array_equal(x, y)
                    else:
                        same = x.shape == y.shape and np.allclose(x, y, rtol=1e-5, atol=1e-6, equal_nan=True)
                    if not same:
                        said.append(f"{f['path']} gives other numbers when loaded")
        return sorted(set(said))

    # -- describing --------------------------------------------------------------------------------------------

    def describe_inputs(self, model):
        names = getattr(model, "input_names", None) or [x.name for x in model.inputs]
        return [
            {"name": n, "dtype": dtype_name(x.dtype), "shape": [None if d is None else int(d) for d in x.shape]}
            for n, x in zip(names, model.inputs)
        ]

    def output_names(self, model, n):
        names = list(getattr(model, "output_names", None) or ())
        if len(names) != n:
            names = [x.name for x in model.outputs]
        return names

    def summary(self, case, model):
        """What model.summary() prints for the model of the file, and with expand_nested where that is different."""
        if not case.summary:
            return None
        kw = dict(line_length=80) if self.dialect == KERAS3 else {}
        loaded = type(model).from_config(model.get_config())
        tables = []
        for expand in (False, True):
            lines = []
            loaded.summary(print_fn=lambda s, line_break=True: lines.append(s), expand_nested=expand, **kw)
            text = "\n".join(l.rstrip() for l in "\n".join(lines).splitlines()).strip("\n") + "\n"
            if text not in tables:
                tables.append(text)
        path = f"{self.dialect}/{case.name}.summary.txt"
        (self.root / path).write_text("\n".join(tables))
        return path


class _FrozenDate:
    """Stands for the datetime module in saving_lib, so that files do not change by the day."""

    class datetime:
        @staticmethod
        def now():
            import datetime

            return datetime.datetime(2026, 1, 1)


class _FrozenTime:
    """Stands for the time module in zipfile."""

    time = staticmethod(lambda: 0.0)
    localtime = staticmethod(lambda *_: time.struct_time((2026, 1, 1, 0, 0, 0, 0, 1, 0)))


def dtype_name(dtype):
    return getattr(dtype, "name", dtype)


def as_array(tf, y):
    if isinstance(y, tf.RaggedTensor):
        y = y.to_tensor()
    if isinstance(y, tf.sparse.SparseTensor):
        y = tf.sparse.to_dense(y)
    if getattr(y, "dtype", None) == tf.bfloat16:
        y = tf.cast(y, tf.float32)
    a = np.asarray(y)
    if a.dtype.kind in "OS":
        return np.array([b.decode() if isinstance(b, bytes) else str(b) for b in a.ravel()]).reshape(a.shape)
    return a


def weights_of(model):
    """The variables; tf_keras counts a lookup's vocabulary among the weights."""
    return [w for w in model.weights if hasattr(w, "shape") and None not in tuple(w.shape)]


def copy_weights(model, twin):
    source, target = weights_of(model), weights_of(twin)
    if len(source) != len(target):
        raise ValueError(f"{len(source)} weights, and {len(target)} in the twin")
    for a, b in zip(source, target):
        if tuple(a.shape) != tuple(b.shape):
            raise ValueError(f"weight {a.name} is {a.shape}, and {b.shape} in the twin")
        b.assign(np.asarray(a.numpy() if hasattr(a, "numpy") else a).astype(np.float64 if dtype_name(b.dtype) == "float64" else dtype_name(b.dtype)))


def random_weight(name, shape, rng):
    """Weights of a trained model's size; nothing is 0 or 1 that could hide a mistake."""
    name = name.split(":")[0]
    if "variance" in name or "stddev" in name:
        return rng.uniform(0.5, 2.0, shape)
    if name in ("gamma", "scale") or name.endswith("_gamma"):
        return rng.uniform(0.5, 1.5, shape)
    if name == "alpha":
        return rng.uniform(0.1, 0.4, shape)
    if "embedding" in name:
        return rng.standard_normal(shape) * 0.5
    if len(shape) < 2 or "bias" in name or name in ("beta", "moving_mean", "renorm_mean"):
        return rng.standard_normal(shape) * 0.3
    fan = int(np.prod(shape[:-1]))
    return rng.standard_normal(shape) / np.sqrt(max(fan, 1))


def layer_classes(K, model):
    """Every layer and op class in the model's configuration, wrapped and nested ones too."""
    known = {n for n in dir(K.layers) if n[0].isupper()} | {"Functional", "Sequential", "Model", "FeatureSpace"}
    found = set()

    def walk(x):
        if isinstance(x, dict):
            cls, module = x.get("class_name"), x.get("module") or ""
            if isinstance(cls, str):
                if ".ops." in module or module.startswith("keras.ops"):
                    found.add("ops." + cls)
                elif cls in ("TFOpLambda", "SlicingOpLambda"):
                    found.add(cls)
                    found.add(f"{cls}:{x['config'].get('function')}")
                elif cls in known and not module.startswith(("keras.initializers", "keras.regularizers")) or ".layers" in module or ".applications." in module:
                    found.add(cls)
            for v in x.values():
                walk(v)
        elif isinstance(x, (list, tuple)):
            for v in x:
                walk(v)

    walk(json.loads(model.to_json()))
    return sorted(found)


def write_npz(path, arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    data = buffer.getvalue()
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
