"""What a case is, and the inputs it is fed.

A case builds one small model from the Keras module it is given: `keras` (Keras 3) or `tf_keras` (Keras 2). The
case files import no Keras, so that a table can be read, listed and tested without it.
"""

import dataclasses
import zlib
from typing import Any, Callable

import numpy as np

KERAS3, KERAS2 = "keras3", "keras2"
BOTH = (KERAS3, KERAS2)


@dataclasses.dataclass(frozen=True)
class In:
    """How to fill one model input. `length` is what an unknown axis other than the batch becomes."""

    kind: str = "normal"
    vocab: int = 10
    values: tuple = ()
    length: int = 5
    fill: float = 0.0


def tokens(vocab=10, length=5):
    return In("tokens", vocab=vocab, length=length)


def padded_tokens(vocab=10, length=5):
    """Ids with 0 as padding: no padding, at the end, in the middle, everywhere (rows in turn)."""
    return In("padded_tokens", vocab=vocab, length=length)


def padded(length=5, fill=0.0):
    """Floats whose timesteps are `fill` in the pattern of padded_tokens."""
    return In("padded", length=length, fill=fill)


def normal(length=5):
    return In("normal", length=length)


def positive(length=5):
    return In("positive", length=length)


def unit(length=5):
    """Uniform in (-0.9, 0.9)."""
    return In("unit", length=length)


def broken(length=5):
    """Floats, of which some are NaN, infinite or -0: a different one in each row, in the last two infinities of both signs."""
    return In("broken", length=length)


def scaled(factor, length=5):
    """Normal times a factor."""
    return In("scaled", fill=factor, length=length)


def subnormal(length=5):
    """Floats too small for a normal float32, and zeros of both signs."""
    return In("subnormal", length=length)


def image():
    """Pixels, 0 to 255."""
    return In("image")


def choice(*values, length=5):
    return In("choice", values=tuple(values), length=length)


def bools(length=5):
    return In("bools", length=length)


def keep_pattern(batch, length):
    """True where a row's timestep is not padding."""
    keep = np.ones((batch, length), bool)
    for row in range(batch):
        match row % 4:
            case 1:
                keep[row, max(1, length - 2) :] = False
            case 2:
                keep[row, 1 : 1 + max(1, length // 3)] = False
            case 3:
                keep[row, :] = False
    return keep


def make(spec, shape, dtype, rng):
    """An array for one input of a concrete shape; dtype is the model input's."""
    match spec.kind:
        case "tokens":
            x = rng.integers(0, spec.vocab, shape)
        case "padded_tokens":
            x = rng.integers(1, spec.vocab, shape)
            x = x * keep_pattern(shape[0], shape[1]).reshape(shape[:2] + (1,) * (len(shape) - 2))
        case "padded":
            x = rng.standard_normal(shape)
            keep = keep_pattern(shape[0], shape[1]).reshape(shape[:2] + (1,) * (len(shape) - 2))
            x = np.where(keep, x, spec.fill)
        case "normal":
            x = rng.standard_normal(shape)
        case "broken":
            x = rng.standard_normal(shape)
            flat = x.reshape(shape[0], -1) if x.size else x
            for row in range(shape[0]):
                for k, v in enumerate([(np.nan,), (np.inf,), (-np.inf,), (-0.0,), (np.inf, -np.inf), (np.inf, np.inf)][row % 6]):
                    flat[row, (7 * row + 3 + 5 * k) % flat.shape[1]] = v
        case "scaled":
            x = rng.standard_normal(shape) * spec.fill
        case "subnormal":
            x = rng.choice([1e-40, -1e-41, 1e-45, 0.0, -0.0, 3e-39], shape)
        case "positive":
            x = rng.uniform(0.1, 2.0, shape)
        case "unit":
            x = rng.uniform(-0.9, 0.9, shape)
        case "image":
            x = rng.integers(0, 256, shape)
        case "choice":
            x = np.array(spec.values, dtype=object)[rng.integers(0, len(spec.values), shape)]
        case "feature":  # by dtype
            if dtype == "string":
                x = np.array(["cat", "dog", "fish", "newt"], dtype=object)[rng.integers(0, 4, shape)]
            else:
                x = rng.integers(0, 7, shape) if "int" in dtype else rng.standard_normal(shape)
        case "bools":
            x = rng.integers(0, 2, shape)
        case _:
            raise ValueError(f"unknown kind of input: {spec.kind}")
    if dtype == "string":
        return x.astype(np.str_)
    if dtype in ("bfloat16", "float16"):  # an npz has no bfloat16
        dtype = "float32"
    return x.astype(dtype)


@dataclasses.dataclass(frozen=True)
class Part:
    """Layers in a row on one input."""

    shape: tuple
    dtype: str | None
    layers: Callable[[Any], list]

    def model(self, K):
        """Sequential; Functional where tf_keras does not allow Sequential several outputs."""
        try:
            return sequential(K, self.shape, *self.layers(K), dtype=self.dtype)
        except ValueError as e:
            if "single output tensor" not in str(e):
                raise
        K.backend.clear_session()
        x = y = K.Input(self.shape, **({"dtype": self.dtype} if self.dtype else {}))
        for one in self.layers(K):
            y = one(y)
        return K.Model(x, y)


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    build: Callable[[Any], Any]
    shows: str
    inputs: tuple = (In(),)
    dialects: tuple = BOTH
    absent: str = ""  # why a dialect is missing
    h5: bool = False  # Keras 3: also the legacy .h5
    keras: bool = False  # tf_keras: also the .keras zip
    formats: tuple = ()  # instead of the dialect's own: see formats.py
    formats2: tuple = ()  # the same, for tf_keras only
    alone: bool = False  # not to be packed
    summary: bool = False
    batch: int = 2
    variants: tuple | None = None  # (batch, added length), ...; by default batch 1, two steps longer
    calls: int = 1  # stateful: successive calls
    policy: str = ""  # global dtype policy while building
    after: Callable[[Any, Any], None] | None = None  # once the weights are set: quantize, ...
    saved: Callable[[Any], Any] | None = None  # what of the model is saved, if not the model
    keep: tuple = ()  # weights whose path contains one of these are left as built
    no_f64: str = ""  # why there is no float64 output
    last: Callable[[Any], Any] | None = None  # channels_last equivalent, for what TensorFlow's CPU kernels refuse
    stuffed: Callable[[list], list] | None = None  # if `last` has other weights: how they are made from the model's
    channel_axis: int = 1
    part: Part | None = None  # what build makes, when it is layers in a row
    last_part: Part | None = None
    equivalent: Callable[[Any], Any] | None = None  # tf_keras: runs in its stead, with the weights of the saved h5
    old: Any = None  # keras1.OldModel
    refused: str | dict = ""  # what an importer must refuse this model for, by dialect where they differ
    precision: float = 1e-4  # most that float32 may be from float64, of the largest output

    def seed(self, *more):
        return [zlib.crc32(self.name.encode()), *more]


def is3(K):
    return K.__name__ == "keras"


def sequential(K, shape, *layers, dtype=None, batch_size=None, name=None):
    kw = {k: v for k, v in dict(dtype=dtype, batch_size=batch_size).items() if v is not None}
    return K.Sequential([K.Input(shape, **kw), *layers], **({"name": name} if name else {}))


def words(cls, kwargs):
    return f"{cls}({', '.join(f'{k}={v!r}' for k, v in kwargs.items())})"


def chain(name, shape, layers, shows, inputs=(In(),), *, dtype=None, last=None, last_shape=None, last_model=None, **case):
    """A Sequential of the layers that layers(K) gives; such cases can be packed."""
    part = Part(shape, dtype, layers)
    turned = Part(last_shape, dtype, last) if last else None
    return Case(
        name, part.model, shows, inputs, part=part, last_part=turned, last=turned.model if turned else last_model, **case
    )


def layer(name, shape, cls, /, kwargs=None, *, dtype=None, only=None, only2=None, channel_axis=1, **case):
    """A Sequential of one layer. `only` and `only2` replace kwargs in Keras 3 and in tf_keras."""
    kwargs = kwargs or {}

    def make(data_format=None):
        def layers(K):
            kw = {**kwargs, **((only if is3(K) else only2) or {})}
            if data_format:
                kw["data_format"] = data_format
            return [getattr(K.layers, cls)(**kw)]

        return layers

    if kwargs.get("data_format") == "channels_first":
        axis = channel_axis - 1
        case |= dict(last=make("channels_last"), last_shape=shape[:axis] + shape[axis + 1 :] + (shape[axis],))
    case.setdefault("shows", words(cls, kwargs))
    return chain(name, shape, make(), dtype=dtype, channel_axis=channel_axis, **case)


# -- packing ---------------------------------------------------------------------------------------------------------

MOST = 16


def pack(prefix, cases):
    """Small cases that take the same input become one model with an output each, named after the case.

    An HDF5 file of one small layer is nine tenths overhead. What has a file of its own for a reason (tf_keras's .keras
    too, a summary, state) is left alone.
    """
    groups, out = {}, []
    for c in cases:
        if c.part is None or c.keras or c.summary or c.formats or c.calls > 1 or c.policy or c.after or c.refused or c.stuffed or c.alone:
            out.append(c)
            continue
        key = (c.part.shape, c.part.dtype, c.inputs, c.dialects, c.batch, c.variants, c.precision, c.no_f64, c.channel_axis, c.last is None, c.keep, c.formats2)
        groups.setdefault(key, []).append(c)
    names = set()
    for group in groups.values():
        for i in range(0, len(group), MOST):
            few = group[i : i + MOST]
            if len(few) == 1:
                out.append(few[0])
                continue
            name = prefix + "_" + ("x".join("n" if d is None else str(d) for d in few[0].part.shape) or "scalar")
            if len(few[0].dialects) == 1:
                name += "_" + few[0].dialects[0]
            if name in names:
                name += f"_{sum(n.startswith(name) for n in names) + 1}"
            names.add(name)
            out.append(packed(name, few))
    return out


def packed(name, cases):
    def build(which):
        def model(K):
            part = getattr(cases[0], which)
            x = K.Input(part.shape, **({"dtype": part.dtype} if part.dtype else {}))
            outs = []
            for c in cases:
                y, layers = x, getattr(c, which).layers(K)
                rename(K, layers[-1], c.name)
                for one in layers:
                    y = one(y)
                outs += y if isinstance(y, (list, tuple)) else [y]
            return K.Model(x, outs)

        return model

    return dataclasses.replace(
        cases[0], name=name, build=build("part"), last=build("last_part") if cases[0].last else None, part=None, last_part=None, h5=any(c.h5 for c in cases),
        shows="; ".join(f"{c.name}: {c.shows}" for c in cases), absent=cases[0].absent,
    )


def rename(K, layer, name):
    if is3(K):
        layer.name = name
    else:
        layer._name = name
