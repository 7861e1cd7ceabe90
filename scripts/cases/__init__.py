"""All cases, family by family."""

from . import (
    activations,
    core,
    rnn,
    rnn_cells,
    masks,
    conv,
    pooling,
    normalization,
    reshaping,
    merging,
    models,
)
from .case import BOTH, KERAS2, KERAS3, Case

FAMILIES = {
    "activations": activations.CASES,
    "core": core.CASES,
    "rnn": rnn.CASES,
    "rnn_cells": rnn_cells.CASES,
    "masks": masks.CASES,
    "conv": conv.CASES,
    "pooling": pooling.CASES,
    "normalization": normalization.CASES,
    "reshaping": reshaping.CASES,
    "merging": merging.CASES,
    "models": models.CASES,
}

CASES = [case for family in FAMILIES.values() for case in family]

_seen = set()
for _case in CASES:
    if _case.name in _seen:
        raise ValueError(f"two cases are named {_case.name}")
    _seen.add(_case.name)
