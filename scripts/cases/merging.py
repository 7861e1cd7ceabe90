"""Merging layers."""

from .case import Case, In


def merge(name, cls, shapes, shows=None, h5=False, **kwargs):
    def build(K):
        xs = [K.Input(s, name=f"x{i}") for i, s in enumerate(shapes)]
        return K.Model(xs, getattr(K.layers, cls)(**kwargs)(xs))

    return Case(name, build, shows or f"{cls}({kwargs}) of {', '.join(map(str, shapes))}", (In(),), h5=h5)


S = (3, 4)

CASES = [
    merge("add", "Add", [S, S], h5=True),
    merge("add_three", "Add", [S, S, S]),
    merge("add_broadcast", "Add", [(3, 4), (1, 4)]),
    merge("add_rank", "Add", [(3, 4), (4,)], "Add of different ranks: Keras moves the batch axis"),
    merge("subtract", "Subtract", [S, S], h5=True),
    merge("multiply", "Multiply", [S, S], h5=True),
    merge("multiply_three", "Multiply", [S, S, S]),
    merge("multiply_broadcast", "Multiply", [(4, 4, 3), (1, 1, 3)], "Multiply by a channel gate"),
    merge("average", "Average", [S, S, S], h5=True),
    merge("maximum", "Maximum", [S, S, S], h5=True),
    merge("minimum", "Minimum", [S, S], h5=True),
    merge("concatenate", "Concatenate", [(3, 4), (3, 2)], h5=True),
    merge("concatenate_axis", "Concatenate", [(3, 4), (2, 4)], axis=1),
    merge("concatenate_negative", "Concatenate", [(3, 4), (2, 4)], axis=-2),
    merge("concatenate_many", "Concatenate", [(2, 2, 1), (2, 2, 3), (2, 2, 2)], axis=3),
    merge("dot", "Dot", [(4,), (4,)], axes=1, h5=True),
    merge("dot_matrix", "Dot", [(3, 4), (5, 4)], axes=2),
    merge("dot_axes", "Dot", [(3, 4), (5, 3)], axes=(1, 2)),
    merge("dot_normalize", "Dot", [(4,), (4,)], axes=1, normalize=True),
    merge("dot_negative", "Dot", [(3, 4), (5, 4)], axes=-1, normalize=True),
    merge("dot_vector", "Dot", [(3, 4), (4,)], axes=(2, 1)),
    merge("dot_4d", "Dot", [(2, 3, 4), (2, 4, 5)], axes=(3, 2), shows="Dot of 4D tensors"),
]
