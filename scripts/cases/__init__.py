"""All cases, family by family."""

from . import (
    activations,
    architectures,
    arguments,
    attention,
    core,
    rnn,
    rnn_cells,
    masks,
    conv,
    conv3d,
    conv_transpose,
    dtypes,
    edge,
    images,
    keras1,
    legacy,
    merging,
    models,
    normalization,
    ops,
    ops_more,
    pooling,
    preprocessing,
    reshaping,
    tf_ops,
    tf_ops_more,
)
from .case import BOTH, KERAS2, KERAS3, Case

FAMILIES = {
    "activations": activations.CASES,
    "arguments": arguments.CASES,
    "core": core.CASES,
    "rnn": rnn.CASES,
    "rnn_cells": rnn_cells.CASES,
    "masks": masks.CASES,
    "conv": conv.CASES,
    "conv_transpose": conv_transpose.CASES,
    "conv3d": conv3d.CASES,
    "pooling": pooling.CASES,
    "normalization": normalization.CASES,
    "reshaping": reshaping.CASES,
    "merging": merging.CASES,
    "models": models.CASES,
    "attention": attention.CASES,
    "preprocessing": preprocessing.CASES,
    "images": images.CASES,
    "ops": ops.CASES,
    "ops_more": ops_more.CASES,
    "tf_ops": tf_ops.CASES,
    "tf_ops_more": tf_ops_more.CASES,
    "dtypes": dtypes.CASES,
    "legacy": legacy.CASES,
    "architectures": architectures.CASES,
    "keras1": keras1.CASES,
    "edge": edge.CASES,
}

CASES = [case for family in FAMILIES.values() for case in family]

_seen = set()
for _case in CASES:
    if _case.name in _seen:
        raise ValueError(f"two cases are named {_case.name}")
    _seen.add(_case.name)
