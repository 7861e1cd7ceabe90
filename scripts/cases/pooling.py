"""Pooling."""

from .case import KERAS3, layer, pack

CF = dict(data_format="channels_first")


def pools(cls, option, shape, kw, **case):
    if "Pooling3D" in cls and "Global" not in cls:
        case["no_f64"] = "TensorFlow has no float64 kernel for it"
    return layer(f"{cls.lower()}_{option}", shape, cls, kw, **case)


LOCAL = [
    p
    for kind in ("Max", "Average")
    for p in (
        pools(f"{kind}Pooling1D", "default", (9, 3), dict(pool_size=2), h5=True),
        pools(f"{kind}Pooling1D", "same", (9, 3), dict(pool_size=3, strides=2, padding="same")),
        pools(f"{kind}Pooling1D", "valid", (9, 3), dict(pool_size=3, strides=1)),
        pools(f"{kind}Pooling1D", "time", (None, 3), dict(pool_size=2)),
        pools(f"{kind}Pooling1D", "channels_first", (3, 9), dict(pool_size=3, padding="same", **CF)),
        pools(f"{kind}Pooling2D", "default", (7, 6, 3), dict(pool_size=2), h5=True),
        pools(f"{kind}Pooling2D", "same", (7, 6, 3), dict(pool_size=3, strides=2, padding="same")),
        pools(f"{kind}Pooling2D", "uneven", (7, 6, 3), dict(pool_size=(2, 3), strides=(1, 2))),
        pools(f"{kind}Pooling2D", "channels_first", (3, 7, 6), dict(pool_size=2, padding="same", **CF)),
        pools(f"{kind}Pooling3D", "default", (4, 5, 6, 2), dict(pool_size=2), h5=True),
        pools(f"{kind}Pooling3D", "same", (4, 5, 6, 2), dict(pool_size=(2, 3, 2), strides=(1, 2, 2), padding="same")),
        pools(f"{kind}Pooling3D", "channels_first", (2, 4, 5, 6), dict(pool_size=2, **CF)),
    )
]

GLOBAL = [
    p
    for kind in ("Max", "Average")
    for n, shape, first in ((1, (5, 3), (3, 5)), (2, (4, 5, 3), (3, 4, 5)), (3, (3, 4, 2, 3), (3, 3, 4, 2)))
    for p in (
        pools(f"Global{kind}Pooling{n}D", "default", shape, {}, h5=True),
        pools(f"Global{kind}Pooling{n}D", "keepdims", shape, dict(keepdims=True)),
        pools(f"Global{kind}Pooling{n}D", "channels_first", first, dict(**CF)),
    )
]

ADAPTIVE = [
    p
    for kind in ("Max", "Average")
    for n, shape, first, size in (
        (1, (7, 3), (3, 7), 3),
        (2, (7, 6, 3), (3, 7, 6), (3, 4)),
        (3, (5, 4, 6, 2), (2, 5, 4, 6), (2, 3, 4)),
    )
    for p in (
        pools(f"Adaptive{kind}Pooling{n}D", "default", shape, dict(output_size=size), dialects=(KERAS3,), absent="new in Keras 3", h5=True),
        pools(f"Adaptive{kind}Pooling{n}D", "channels_first", first, dict(output_size=size, **CF), dialects=(KERAS3,), absent="new in Keras 3"),
    )
] + [
    pools(f"Adaptive{kind}Pooling{n}D", "open", (None,) * n + (3,), dict(output_size=size), dialects=(KERAS3,), absent="new in Keras 3", variants=((1, 2), (2, -3), (1, 8)))
    for kind in ("Max", "Average")
    for n, size in ((1, 3), (2, (3, 4)))
]

CASES = [*pack("pooling", LOCAL), *pack("global_pooling", GLOBAL), *pack("adaptive_pooling", ADAPTIVE)]
