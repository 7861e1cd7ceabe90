"""The ways a model is written to disk."""

import json
import shutil

from cases.case import KERAS3


def save(maker, case, model):
    """Write the case's files; returns the manifest's list of {path, format, weights, all}."""
    if case.saved:
        model = case.saved(model)
    formats = case.formats or (() if maker.dialect == KERAS3 else case.formats2)
    if not formats:
        if maker.dialect == KERAS3:
            formats = ("keras", "h5") if case.h5 else ("keras",)
        else:
            formats = ("h5", "keras") if case.keras else ("h5",)
    return [entry for f in formats if (entry := WRITERS[f](maker, case, model))]


def whole(ext):
    def write(maker, case, model):
        path = f"{maker.dialect}/{case.name}.{ext}"
        model.save(maker.root / path)
        return {"path": path, "format": ext, "all": [path]}

    return write


def json_and(ext, form):
    """The architecture as JSON, the weights beside it."""

    def write(maker, case, model):
        arch, weights = f"{maker.dialect}/{case.name}.json", f"{maker.dialect}/{case.name}{ext}"
        (maker.root / arch).write_text(model.to_json())
        model.save_weights(maker.root / weights)
        return {"path": arch, "weights": weights, "format": form, "all": [arch, weights]}

    return write


def sharded(maker, case, model):
    """JSON and weights in shards so small that layers, and one layer's variables, straddle them."""
    arch, index = f"{maker.dialect}/{case.name}.json", f"{maker.dialect}/{case.name}.weights.json"
    (maker.root / arch).write_text(model.to_json())
    model.save_weights(maker.root / index, max_shard_size=SHARD_GB)
    parts = sorted(p.name for p in (maker.root / maker.dialect).glob(f"{case.name}_0*.weights.h5"))
    return {"path": arch, "weights": index, "format": "json+sharded", "all": [arch, index, *(f"{maker.dialect}/{p}" for p in parts)]}


def keras1(form):
    """As Keras 1.2.2 wrote: fixed-length byte attributes, a version at the root only."""

    def write(maker, case, model):
        import h5py
        import numpy as np

        arch, ext = case.old.architecture(), {"keras1": ".h5", "keras1-json": ".weights.h5", "keras1-yaml": ".weights.h5"}[form]
        base = f"{maker.dialect}/{case.name}"
        with h5py.File(maker.root / (base + ext), "w") as f:
            top = f
            if form == "keras1":
                f.attrs["keras_version"] = np.bytes_("1.2.2")
                f.attrs["model_config"] = np.bytes_(json.dumps({k: arch[k] for k in ("class_name", "config")}))
                top = f.create_group("model_weights")
            weights = case.old.weights(model)
            top.attrs["layer_names"] = [name.encode() for name, _ in weights]
            for name, arrays in weights:
                group = top.create_group(name)
                group.attrs["weight_names"] = [n.encode() for n, _ in arrays]
                for n, a in arrays:
                    group[n] = a.astype("float32")
        if form == "keras1":
            return {"path": base + ext, "format": "h5", "all": [base + ext]}
        kind = form.removeprefix("keras1-")
        text = json.dumps(arch) if kind == "json" else yaml(arch)
        (maker.root / f"{base}.{kind}").write_text(text)
        return {"path": f"{base}.{kind}", "weights": base + ext, "format": f"{kind}+h5", "all": [f"{base}.{kind}", base + ext]}

    return write


def yaml(x, indent=0):
    """As PyYAML of that age printed: blocks, and {...} or [...] for what holds only scalars."""
    pad = "  " * indent

    def flow(v):
        match v:
            case None:
                return "null"
            case bool():
                return str(v).lower()
            case list() | tuple():
                return "[" + ", ".join(map(flow, v)) + "]"
            case dict():
                return "{" + ", ".join(f"{k}: {flow(v[k])}" for k in sorted(v)) + "}"
        return str(v)

    def leaf(v):
        values = v.values() if isinstance(v, dict) else v
        return not any(isinstance(i, (dict, list, tuple)) for i in values)

    if isinstance(x, dict):
        if leaf(x) and indent:
            return pad + flow(x) + "\n"
        out = ""
        for k in sorted(x):
            v = x[k]
            nested = isinstance(v, (dict, list, tuple)) and not leaf(v)
            deeper = indent if isinstance(v, (list, tuple)) else indent + 1
            out += f"{pad}{k}:\n{yaml(v, deeper)}" if nested else f"{pad}{k}: {flow(v)}\n"
        return out
    out = ""
    for v in x:
        text = yaml(v, indent + 1) if isinstance(v, (dict, list, tuple)) else pad + "  " + flow(v) + "\n"
        out += pad + "- " + text[len(pad) + 2 :]
    return out


SHARD_GB = 400 / 1024**3


def npz_weights(maker, case, model):
    """A .keras whose weights are an npz, as saving_lib can write."""
    from keras.src.saving import saving_lib

    path = f"{maker.dialect}/{case.name}.npzweights.keras"
    saving_lib.save_model(model, str(maker.root / path), weights_format="npz")
    return {"path": path, "format": "keras+npz", "all": [path]}


def directory(maker, case, model):
    """The same as a .keras, not zipped."""
    path = f"{maker.dialect}/{case.name}.dir"
    shutil.rmtree(maker.root / path, ignore_errors=True)
    model.save(maker.root / path, zipped=False)
    every = sorted(str(p.relative_to(maker.root)) for p in (maker.root / path).rglob("*") if p.is_file())
    return {"path": path, "format": "keras-dir", "all": every}


WRITERS = {
    "keras": whole("keras"),
    "h5": whole("h5"),
    "json+weights.h5": json_and(".weights.h5", "json+weights.h5"),
    "json+h5": json_and(".weights-only.h5", "json+h5"),
    "json+sharded": sharded,
    "keras+npz": npz_weights,
    "keras-dir": directory,
    "keras1": keras1("keras1"),
    "keras1-json": keras1("keras1-json"),
    "keras1-yaml": keras1("keras1-yaml"),
}
