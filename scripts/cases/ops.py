"""keras.ops as nodes of a functional graph.

Each line is one output of a model: a name, a function of (ops, inputs). Models hold a few related ops.
"""

import numpy as np

from .case import KERAS3, Case, In, choice, positive, tokens, unit

ONLY3 = dict(dialects=(KERAS3,), absent="keras.ops is Keras 3's")
WHOLE = "its outputs are whole numbers or their twin would be the same"


def ops(name, shapes, lines, inputs=None, dtypes=None, h5=False, fixed=None, **case):
    inputs = inputs or tuple(In() for _ in shapes)
    dtypes = dtypes or [None] * len(shapes)

    def build(K):
        xs = [K.Input(s, name=f"x{i}", batch_size=fixed, **({"dtype": d} if d else {})) for i, (s, d) in enumerate(zip(shapes, dtypes))]
        outs = []
        for f in lines.values():
            y = f(K.ops, *xs)
            outs += y if isinstance(y, (list, tuple)) else [y]
        return K.Model(xs, outs)

    return Case(f"ops_{name}", build, ", ".join(lines), inputs, h5=h5, variants=() if fixed else ((1, 0),), **ONLY3, **case)


def unary(*names):
    return {n: (lambda o, x, n=n: getattr(o, n)(x)) for n in names}


def binary(*names):
    return {n: (lambda o, x, y, n=n: getattr(o, n)(x, y)) for n in names}


A = (3, 4)
AB = [(3, 4), (3, 4)]

ARITHMETIC = [
    ops("add_subtract", AB, binary("add", "subtract", "multiply", "maximum", "minimum"), h5=True),
    ops("divide", AB, binary("divide", "true_divide", "floor_divide", "mod", "divide_no_nan"), (In(), positive())),
    ops("power", AB, binary("power", "arctan2", "hypot", "logaddexp", "logaddexp2"), (positive(), positive())),
    ops("constants", [A], {
        "x + 2": lambda o, x: x + 2.0, "3 - x": lambda o, x: 3.0 - x, "x * 0.5": lambda o, x: x * 0.5, "1 / (x*x + 1)": lambda o, x: 1.0 / (x * x + 1.0),
        "-x": lambda o, x: -x, "abs": lambda o, x: abs(x), "x ** 2": lambda o, x: x**2, "x // 0.5": lambda o, x: x // 0.5, "x % 0.7": lambda o, x: x % 0.7,
    }, h5=True),
    ops("constants_array", [A], {
        "x + array": lambda o, x: o.add(x, np.array([1.0, 2.0, 3.0, 4.0], "float32")), "x * tensor": lambda o, x: x * o.convert_to_tensor([[0.5], [1.5], [2.5]]),
        "maximum(x, 0)": lambda o, x: o.maximum(x, 0.0), "minimum(1, x)": lambda o, x: o.minimum(1.0, x),
    }, no_f64="its constants are float32"),
    ops("broadcast", [(3, 4), (4,), (3, 1)], {
        "add": lambda o, x, y, z: o.add(x, o.expand_dims(y, 1)), "multiply": lambda o, x, y, z: o.multiply(x, z),
    }),
    ops("unary_math", [A], unary("negative", "absolute", "square", "exp", "expm1", "sin", "cos", "tan", "sinh", "cosh"), (unit(),)),
    ops("unary_positive", [A], unary("sqrt", "rsqrt", "reciprocal", "log", "log1p", "log2", "log10", "cbrt"), (positive(),)),
    ops("unary_inverse", [A], unary("arcsin", "arccos", "arctan", "arcsinh", "arctanh", "erf", "erfc", "erfinv"), (unit(),)),
    ops("unary_more", [A], {**unary("exp2", "deg2rad", "rad2deg", "sinc", "i0", "tanh"), "arccosh": lambda o, x: o.arccosh(x + 1.0), "heaviside": lambda o, x: o.heaviside(x - 1.0, x)}, (positive(),)),
    ops("rounding", [A], {**unary("ceil", "floor", "trunc", "sign"), "round": lambda o, x: o.round(x), "round 2": lambda o, x: o.round(x, 2)}),
    ops("clip", [A], {
        "clip": lambda o, x: o.clip(x, -0.5, 0.75), "nan_to_num": lambda o, x: o.nan_to_num(o.log(x), nan=1.5, neginf=-3.0, posinf=3.0), "stop_gradient": lambda o, x: o.stop_gradient(x),
        "identity copy": lambda o, x: o.copy(x), "fmod": lambda o, x: o.fmod(x, 0.3),
    }),
    ops("activations", [A], unary("relu", "relu6", "sigmoid", "silu", "softplus", "softsign", "selu", "log_sigmoid", "hard_sigmoid", "hard_silu")),
    ops("activations_more", [A], {
        **unary("hard_tanh", "tanh_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "sparsemax"),
        "elu": lambda o, x: o.elu(x, alpha=0.5), "celu": lambda o, x: o.celu(x, alpha=0.5), "leaky_relu": lambda o, x: o.leaky_relu(x, 0.1),
        "gelu": lambda o, x: o.gelu(x, approximate=True), "gelu exact": lambda o, x: o.gelu(x, approximate=False),
    }),
    ops("activations_axis", [A], {
        "softmax": lambda o, x: o.softmax(x), "softmax axis": lambda o, x: o.softmax(x, axis=1), "log_softmax": lambda o, x: o.log_softmax(x, axis=-2), "glu": lambda o, x: o.glu(x, axis=2),
        "soft_shrink": lambda o, x: o.soft_shrink(x, 0.3), "hard_shrink": lambda o, x: o.hard_shrink(x, 0.4), "threshold": lambda o, x: o.threshold(x, 0.2, -1.0),
    }),
]

LOGIC = [
    ops("compare", AB, {n: (lambda o, x, y, n=n: getattr(o, n)(o.round(x), o.round(y))) for n in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")}),
    ops("logical", AB, {
        "and": lambda o, x, y: o.logical_and(x > 0, y > 0), "or": lambda o, x, y: o.logical_or(x > 0, y > 0), "not": lambda o, x, y: o.logical_not(x > 0), "xor": lambda o, x, y: o.logical_xor(x > 0, y > 0),
        "any": lambda o, x, y: o.any(x > 1, axis=-1), "all": lambda o, x, y: o.all(x > -1, axis=1, keepdims=True),
    }),
    ops("where", AB, {
        "where": lambda o, x, y: o.where(x > y, x, y), "where constants": lambda o, x, y: o.where(x > 0, 1.0, 0.0), "where one constant": lambda o, x, y: o.where(y < 0, x, 0.0),
        "isnan": lambda o, x, y: o.isnan(o.log(x)), "isinf": lambda o, x, y: o.isinf(x / 0.0), "isfinite": lambda o, x, y: o.isfinite(o.log(x)),
    }),
    ops("cast", [A], {
        "int32": lambda o, x: o.cast(x * 3.0, "int32"), "bool": lambda o, x: o.cast(o.round(x), "bool"), "from bool": lambda o, x: o.cast(x > 0, "float32"), "int and back": lambda o, x: o.cast(o.cast(x, "int64"), "float32"),
    }, no_f64="casts to float32 on purpose"),
    ops("integers", [(4,), (4,)], {**binary("add", "multiply", "subtract", "floor_divide", "mod"), "bitwise_and": lambda o, x, y: o.bitwise_and(x, y), "bitwise_or": lambda o, x, y: o.bitwise_or(x, y), "bitwise_xor": lambda o, x, y: o.bitwise_xor(x, y), "left_shift": lambda o, x, y: o.left_shift(x, 2), "right_shift": lambda o, x, y: o.right_shift(x, 1)},
        (tokens(50), choice(1, 2, 3, 7)), ["int32", "int32"], no_f64=WHOLE),
    ops("one_hot", [(4,)], {"one_hot": lambda o, x: o.one_hot(x, 5), "one_hot axis": lambda o, x: o.one_hot(x, 5, axis=1), "multi_hot": lambda o, x: o.multi_hot(x, 5)}, (tokens(5),), ["int32"], no_f64=WHOLE),
]

REDUCE = [
    ops("reduce", [(3, 4, 2)], {
        "sum": lambda o, x: o.sum(x, axis=-1), "mean": lambda o, x: o.mean(x, axis=1), "max": lambda o, x: o.max(x, axis=(1, 2)), "min": lambda o, x: o.min(x, axis=2, keepdims=True),
        "prod": lambda o, x: o.prod(x, axis=-1), "var": lambda o, x: o.var(x, axis=1), "std": lambda o, x: o.std(x, axis=(1, 2), keepdims=True), "logsumexp": lambda o, x: o.logsumexp(x, axis=-1),
    }, h5=True),
    ops("reduce_more", [(3, 4)], {
        "amax": lambda o, x: o.amax(x, axis=1), "amin": lambda o, x: o.amin(x, axis=-1), "ptp": lambda o, x: o.ptp(x, axis=1), "median": lambda o, x: o.median(x, axis=-1), "quantile": lambda o, x: o.quantile(x, 0.3, axis=-1),
        "average": lambda o, x: o.average(x, axis=1), "count_nonzero": lambda o, x: o.count_nonzero(o.round(x), axis=-1), "cumsum": lambda o, x: o.cumsum(x, axis=1), "cumprod": lambda o, x: o.cumprod(x, axis=-1), "diff": lambda o, x: o.diff(x, axis=1),
    }),
    ops("reduce_batch", [(3,)], {"sum over the batch": lambda o, x: o.sum(x, axis=0, keepdims=True), "mean of all": lambda o, x: x - o.mean(x)}),
    ops("norm", [(3, 4)], {
        "norm": lambda o, x: o.norm(x, axis=-1), "norm 1": lambda o, x: o.norm(x, ord=1, axis=1), "norm inf": lambda o, x: o.norm(x, ord=float("inf"), axis=-1, keepdims=True),
        "normalize": lambda o, x: o.normalize(x, axis=-1), "normalize order 1": lambda o, x: o.normalize(x, axis=1, order=1), "moments": lambda o, x: o.moments(x, axes=[2]),
        "rms_normalization": lambda o, x: o.rms_normalization(x), "layer_normalization": lambda o, x: o.layer_normalization(x),
    }),
    ops("arg", [(3, 5)], {
        "argmax": lambda o, x: o.argmax(x, axis=-1), "argmin": lambda o, x: o.argmin(x, axis=1), "argmax keepdims": lambda o, x: o.argmax(x, axis=-1, keepdims=True), "argsort": lambda o, x: o.argsort(x, axis=-1),
        "sort": lambda o, x: o.sort(x, axis=-1), "sort axis": lambda o, x: o.sort(x, axis=1), "top_k": lambda o, x: list(o.top_k(x, 3)),
    }),
]

LINEAR = [
    ops("matmul", [(3, 4), (4, 5)], {"matmul": lambda o, x, y: o.matmul(x, y), "x @ y": lambda o, x, y: x @ y, "einsum": lambda o, x, y: o.einsum("bij,bjk->bik", x, y), "einsum sum": lambda o, x, y: o.einsum("bij,bjk->bk", x, y)}),
    ops("dot", [(3, 4)], {
        "dot": lambda o, x: o.dot(x, o.ones((4, 2))), "tensordot": lambda o, x: o.tensordot(x, o.ones((4, 2)), axes=1), "einsum transpose": lambda o, x: o.einsum("bij->bji", x), "einsum two": lambda o, x: o.einsum("bij,bkj->bik", x, x),
        "trace": lambda o, x: o.trace(o.matmul(x, o.transpose(x, (0, 2, 1))), axis1=1, axis2=2), "matmul constant": lambda o, x: o.matmul(x, o.reshape(o.arange(8, dtype="float32"), (4, 2))),
    }, no_f64="its constants are float32"),
    ops("attention", [(4, 2, 3), (5, 2, 3), (5, 2, 3)], {"dot_product_attention": lambda o, q, k, v: o.dot_product_attention(q, k, v), "scale": lambda o, q, k, v: o.dot_product_attention(q, k, v, scale=0.3)}),
    ops("attention_causal", [(4, 2, 3)], {"is_causal": lambda o, q: o.dot_product_attention(q, q, q, is_causal=True)}),
    ops("triangle", [(4, 4)], {"tril": lambda o, x: o.tril(x), "triu": lambda o, x: o.triu(x, k=1), "diagonal": lambda o, x: o.diagonal(x, axis1=1, axis2=2), "outer": lambda o, x: o.einsum("bi,bj->bij", x[:, 0], x[:, 1]), "cross": lambda o, x: o.cross(x[:, :, :3], x[:, :, 1:])}),
]

SHAPE = [
    ops("reshape", [(3, 4)], {
        "reshape": lambda o, x: o.reshape(x, (-1, 2, 6)), "transpose": lambda o, x: o.transpose(x, (0, 2, 1)), "expand_dims": lambda o, x: o.expand_dims(x, 1), "expand_dims -1": lambda o, x: o.expand_dims(x, -1),
        "squeeze": lambda o, x: o.squeeze(o.expand_dims(x, 2), 2), "swapaxes": lambda o, x: o.swapaxes(x, 1, 2), "moveaxis": lambda o, x: o.moveaxis(x, 1, -1), "ravel": lambda o, x: o.reshape(o.ravel(x), (-1, 4)),
    }, h5=True),
    ops("reshape_time", [(None, 4)], {"split heads": lambda o, x: o.transpose(o.reshape(x, (-1, 5, 2, 2)), (0, 2, 1, 3)), "sum": lambda o, x: o.sum(x, axis=1)}),
    ops("join", [(3, 4), (3, 4)], {
        "concatenate": lambda o, x, y: o.concatenate([x, y], axis=1), "concatenate -1": lambda o, x, y: o.concatenate([x, y], axis=-1), "stack": lambda o, x, y: o.stack([x, y], axis=1), "stack -1": lambda o, x, y: o.stack([x, y], axis=-1),
        "hstack": lambda o, x, y: o.hstack([x, y]), "append": lambda o, x, y: o.append(x, y, axis=2), "vstack": lambda o, x, y: o.vstack([x, y]),
    }),
    ops("part", [(4, 6)], {
        "split": lambda o, x: o.split(x, 3, axis=-1), "split at": lambda o, x: o.split(x, [1, 3], axis=1), "unstack": lambda o, x: o.unstack(x, 4, axis=1),
    }),
    ops("repeat", [(3, 2)], {
        "tile": lambda o, x: o.tile(x, (1, 2, 3)), "repeat": lambda o, x: o.repeat(x, 2, axis=1), "broadcast_to": lambda o, x: o.broadcast_to(o.sum(x, axis=(0, 1), keepdims=True), (1, 3, 2)), "flip": lambda o, x: o.flip(x, axis=1),
        "roll": lambda o, x: o.roll(x, 1, axis=1), "roll back": lambda o, x: o.roll(x, -1, axis=2), "rot90": lambda o, x: o.rot90(x, axes=(1, 2)),
    }),
    ops("pad", [(3, 4)], {
        "constant": lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 1))), "value": lambda o, x: o.pad(x, ((0, 0), (1, 0), (2, 0)), constant_values=1.5), "reflect": lambda o, x: o.pad(x, ((0, 0), (1, 2), (2, 1)), mode="reflect"), "symmetric": lambda o, x: o.pad(x, ((0, 0), (1, 2), (2, 1)), mode="symmetric"),
    }),
    ops("get_item", [(5, 6)], {
        "x[:, 0]": lambda o, x: x[:, 0], "x[:, -1]": lambda o, x: x[:, -1], "x[:, 1:3]": lambda o, x: x[:, 1:3], "x[..., ::2]": lambda o, x: x[..., ::2], "x[:, ::-1]": lambda o, x: x[:, ::-1],
        "x[:, None]": lambda o, x: x[:, None], "x[:, 1:, -2:]": lambda o, x: x[:, 1:, -2:], "x[..., 0]": lambda o, x: x[..., 0],
    }, h5=True),
    ops("slice", [(5, 6)], {"slice": lambda o, x: o.slice(x, (0, 1, 2), (1, 3, 2)), "slice_update": lambda o, x: o.slice_update(x, (0, 1, 1), o.ones((1, 2, 3)))}, no_f64="its constants are float32", batch=2),
    ops("take", [(5, 3)], {
        "take": lambda o, x: o.take(x, [0, 2, 4], axis=1), "take one": lambda o, x: o.take(x, 1, axis=-1), "take_along_axis": lambda o, x: o.take_along_axis(x, o.argsort(x, axis=1), axis=1), "flip lr": lambda o, x: o.fliplr(x),
    }),
    ops("take_ids", [(4,)], {"rows of a constant": lambda o, x: o.take(o.reshape(o.arange(12, dtype="float32"), (6, 2)), x, axis=0)}, (tokens(6),), ["int32"], no_f64="its constants are float32"),
    ops("rearrange", [(4, 4, 3)], {"patches": lambda o, x: o.rearrange(x, "b (h p) (w q) c -> b (h w) (p q c)", p=2, q=2), "swap": lambda o, x: o.rearrange(x, "b h w c -> b c h w")}, fixed=2),
    ops("like", [(3, 4)], {
        "zeros_like": lambda o, x: x + o.zeros_like(x), "ones_like": lambda o, x: x + o.ones_like(x), "full_like": lambda o, x: o.full_like(x, 2.5) - x, "arange": lambda o, x: x + o.arange(4, dtype=x.dtype), "shape": lambda o, x: x * o.cast(o.shape(x)[1], x.dtype),
    }),
]

# ops.conv_transpose is not here: as a node it calls itself with padding and output_padding exchanged, in Keras 3.15.
MORE = [
    ops("nan", [A], {
        n: (lambda o, x, n=n: getattr(o, n)(o.log(x), axis=-1)) for n in ("nanmax", "nanmin", "nanmean", "nansum", "nanprod", "nanvar", "nanstd", "nanargmax")
    }),
    ops("less_used", AB, {
        **binary("fmax", "fmin", "isclose"), "dstack": lambda o, x, y: o.dstack([x, y]), "fabs": lambda o, x, y: o.fabs(x), "signbit": lambda o, x, y: o.signbit(x), "percentile": lambda o, x, y: o.percentile(x, 30, axis=-1),
        "trapezoid": lambda o, x, y: o.trapezoid(x, axis=-1), "hsplit": lambda o, x, y: o.hsplit(x, 3),
    }),
    ops("segment", [(6, 6, 2)], {"unfold": lambda o, x: o.unfold(o.transpose(x, (0, 3, 1, 2)), 2, stride=2), "sobel": lambda o, x: o.image.sobel_edges(x)}),
]

NN = [
    ops("pool", [(6, 6, 2)], {
        "max_pool": lambda o, x: o.max_pool(x, 2), "max_pool same": lambda o, x: o.max_pool(x, 3, strides=2, padding="same"), "average_pool": lambda o, x: o.average_pool(x, 2), "average_pool same": lambda o, x: o.average_pool(x, 3, strides=2, padding="same"),
        "adaptive_average_pool": lambda o, x: o.adaptive_average_pool(x, (2, 4), data_format="channels_last"), "adaptive_max_pool": lambda o, x: o.adaptive_max_pool(x, (4, 2), data_format="channels_last"),
    }),
    ops("conv", [(6, 6, 2)], {
        "conv": lambda o, x: o.conv(x, o.reshape(o.arange(36, dtype="float32") * 0.1 - 1.8, (3, 3, 2, 2)), padding="same"), "depthwise_conv": lambda o, x: o.depthwise_conv(x, o.reshape(o.arange(18, dtype="float32") * 0.1, (3, 3, 2, 1))),
        "separable_conv": lambda o, x: o.separable_conv(x, o.reshape(o.arange(18, dtype="float32") * 0.1, (3, 3, 2, 1)), o.reshape(o.arange(6, dtype="float32") * 0.1, (1, 1, 2, 3))),
    }, no_f64="its constants are float32"),
    ops("batch_normalization", [(4, 3)], {"batch_normalization": lambda o, x: o.batch_normalization(x, mean=o.convert_to_tensor([0.1, 0.2, 0.3]), variance=o.convert_to_tensor([1.0, 2.0, 0.5]), axis=-1)}, no_f64="its constants are float32"),
    ops("space_depth_open", [(None, None, 4)], {"depth_to_space": lambda o, x: o.depth_to_space(x, 2), "space_to_depth": lambda o, x: o.space_to_depth(x, 2)}, inputs=(In(length=4),)),
    ops("space_depth", [(4, 6, 4)], {"depth_to_space": lambda o, x: o.depth_to_space(x, 2), "space_to_depth": lambda o, x: o.space_to_depth(x, 2)}),
    ops("image", [(6, 8, 3)], {
        "resize": lambda o, x: o.image.resize(x, (4, 5)), "resize nearest": lambda o, x: o.image.resize(x, (9, 9), interpolation="nearest"), "pad_images": lambda o, x: o.image.pad_images(x, 1, 2, 1, 1), "crop_images": lambda o, x: o.image.crop_images(x, 1, 2, 1, 1),
        "rgb_to_grayscale": lambda o, x: o.image.rgb_to_grayscale(x), "extract_patches": lambda o, x: o.image.extract_patches(x, (2, 2)),
    }, (positive(),)),
    ops("image_colour", [(3, 3, 3)], {"rgb_to_hsv": lambda o, x: o.image.rgb_to_hsv(x), "hsv_to_rgb": lambda o, x: o.image.hsv_to_rgb(x * 0.5)}, (positive(),)),
]


def tokens_positions(K):
    """Positions as text models make them."""
    L = K.layers
    x = K.Input((5,), dtype="int32")
    pos = K.ops.arange(0, K.ops.shape(x)[1], 1)
    return K.Model(x, L.Embedding(9, 4)(x) + L.Embedding(20, 4, name="positions")(pos))


def se_block(K):
    L, o = K.layers, K.ops
    x = K.Input((4, 4, 6))
    s = o.mean(x, axis=(1, 2), keepdims=True)
    s = L.Dense(6, activation="sigmoid")(L.Dense(3, activation="relu")(s))
    return K.Model(x, o.relu(x * s + x))


def op_and_merge(K):
    """keras.ops.add beside the layer Add: the class names are equal, the modules are not."""
    L, o = K.layers, K.ops
    a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
    return K.Model([a, b], [o.add(a, b), L.Add()([a, b]), o.multiply(a, 2.0), L.Multiply()([a, b]), o.concatenate([a, b]), L.Concatenate()([a, b]), o.maximum(a, b), L.Maximum()([a, b])])


def nested_with_ops(K):
    L, o = K.layers, K.ops
    a = K.Input((4,))
    inner = K.Model(a, o.tanh(L.Dense(3)(a)) * 2.0, name="inner")
    x = K.Input((4,))
    return K.Model(x, o.sum(inner(x) + 1.0, axis=-1, keepdims=True))


GRAPHS = [
    Case("ops_positions", tokens_positions, "positions by arange, their Embedding, + of the two", (tokens(9, 5),), no_f64="Keras computes the positions' Embedding before the weights are set", **ONLY3),
    Case("ops_squeeze_excite", se_block, "squeeze and excite with ops", h5=True, **ONLY3),
    Case("ops_and_layers", op_and_merge, "ops and layers of the same class name", h5=True, **ONLY3),
    Case("ops_nested", nested_with_ops, "ops in a nested model", **ONLY3),
]

CASES = [*ARITHMETIC, *LOGIC, *REDUCE, *LINEAR, *SHAPE, *MORE, *NN, *GRAPHS]
