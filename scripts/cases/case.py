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
        case "positive":
            x = rng.uniform(0.1, 2.0, shape)
        case "unit":
            x = rng.uniform(-0.9, 0.9, shape)
        case "image":
            x = rng.integers(0, 256, shape)
        case "choice":
            x = np.array(spec.values, dtype=object)[rng.integers(0, len(spec.values), shape)]
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
    summary: bool = False
    batch: int = 2
    variants: tuple | None = None  # (batch, added length), ...; by default batch 1, two steps longer
    calls: int = 1  # stateful: successive calls
    policy: str = ""  # global dtype policy while building
    after: Callable[[Any, Any], None] | None = None  # once the weights are set: quantize, ...
    keep: tuple = ()  # weights whose path contains one of these are left as built
    no_f64: str = ""  # why there is no float64 output
    last: Callable[[Any], Any] | None = None  # channels_last equivalent, for what TensorFlow's CPU kernels refuse
    channel_axis: int = 1
    refused: str = ""  # what an importer must refuse this model for
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


def layer(name, shape, cls, /, kwargs=None, *, dtype=None, only=None, only2=None, channel_axis=1, **case):
    """A Sequential of one layer. `only` and `only2` replace kwargs in Keras 3 and in tf_keras."""
    kwargs = kwargs or {}

    def build(K):
        kw = kwargs
        if is3(K) and only is not None:
            kw = {**kwargs, **only}
        if not is3(K) and only2 is not None:
            kw = {**kwargs, **only2}
        return sequential(K, shape, getattr(K.layers, cls)(**kw), dtype=dtype)

    last = None
    if kwargs.get("data_format") == "channels_first":
        axis = channel_axis - 1
        last_shape = shape[:axis] + shape[axis + 1 :] + (shape[axis],)

        def last(K):
            return sequential(K, last_shape, getattr(K.layers, cls)(**{**kwargs, "data_format": "channels_last"}))

    case.setdefault("shows", words(cls, kwargs))
    return Case(name, build, last=last, channel_axis=channel_axis, **case)


def functional(name, build, shows, **case):
    return Case(name, build, shows, **case)
