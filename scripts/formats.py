"""The ways a model is written to disk."""

import pathlib
import shutil

from cases.case import KERAS3


def save(maker, case, model):
    """Write the case's files; returns the manifest's list of {path, format, weights, all}."""
    formats = case.formats
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
}
