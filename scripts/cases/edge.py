"""Numbers and sizes at the edge: NaN, infinities, the huge and the tiny, no rows, no steps, one step, masked throughout."""

from .activations import NAMES_3, NAMES_BOTH
from .case import BOTH, KERAS3, broken, chain, In, normal, pack, padded, padded_tokens, scaled, subnormal, tokens

NO_F64 = "NaN and infinity have no distance"
RNNS = ("LSTM", "GRU", "SimpleRNN")


def one(name, shape, cls, kwargs=None, **case):
    return chain(name, shape, lambda K: [getattr(K.layers, cls)(**(kwargs or {}))], f"{cls}({kwargs or ''})", **case)


def family(prefix, inputs, **case):
    """The same layers for some kind of input.

    Left out: sparsemax of NaN, which TensorFlow sorts anywhere; elu and selu of the tiny, for which Keras's exp(x)-1 is 0.
    """
    skip = {"broken": ("sparsemax",), "tiny": ("elu", "selu"), "subnormal": ("elu", "selu")}.get(prefix, ())
    case = dict(inputs=(inputs,), batch=6, variants=(), **case)
    out = [one(f"{prefix}_{a}", (6,), "Activation", dict(activation=a), **case) for a in NAMES_BOTH if a not in ("linear", *skip)]
    out += [one(f"{prefix}_{a}", (6,), "Activation", dict(activation=a), dialects=(KERAS3,), absent="not in tf_keras", **case) for a in NAMES_3 if a not in skip]
    vectors = [
        ("dense", "Dense", dict(units=4)), ("dense_relu", "Dense", dict(units=4, activation="relu")), ("dense_softmax", "Dense", dict(units=4, activation="softmax")),
        ("batch_norm", "BatchNormalization", {}), ("layer_norm", "LayerNormalization", {}), ("relu_max", "ReLU", dict(max_value=1.0, negative_slope=0.1)),
        ("leaky", "LeakyReLU", {}), ("softmax_layer", "Softmax", {}), ("unit_norm", "UnitNormalization", {}), ("rescaling", "Rescaling", dict(scale=0.5, offset=1.0)),
    ]
    out += [one(f"{prefix}_{n}", (6,), c, k, **case) for n, c, k in vectors]
    sequences = [
        (cls.lower(), cls, dict(units=3, return_sequences=True)) for cls in RNNS
    ] + [
        ("conv1d", "Conv1D", dict(filters=4, kernel_size=3, padding="same")), ("max_pool1d", "MaxPooling1D", {}), ("average_pool1d", "AveragePooling1D", dict(pool_size=2)),
        ("global_max", "GlobalMaxPooling1D", {}), ("global_average", "GlobalAveragePooling1D", {}), ("masking", "Masking", {}),
    ]
    out += [one(f"{prefix}_{n}", (5, 4), c, k, **case) for n, c, k in sequences]
    pictures = [
        ("conv2d", "Conv2D", dict(filters=5, kernel_size=3, padding="same")), ("conv2d_wide", "Conv2D", dict(filters=16, kernel_size=3, padding="same")),
        ("depthwise", "DepthwiseConv2D", dict(kernel_size=3)), ("max_pool2d", "MaxPooling2D", {}), ("average_pool2d", "AveragePooling2D", dict(pool_size=3, strides=1, padding="same")),
        ("max_pool_same", "MaxPooling2D", dict(pool_size=3, strides=1, padding="same")), ("transpose", "Conv2DTranspose", dict(filters=3, kernel_size=3, strides=2, padding="same")),
    ]
    out += [one(f"{prefix}_{n}", (8, 8, 4), c, k, **case) for n, c, k in pictures]
    return pack(prefix, out)


SIZES = ((0, 0), (1, 0), (2, -4), (0, -4))  # no rows; one step; both
LSTM_SIZES = ((1, 0), (2, -4))  # without rows Keras 3's LSTM fails; without steps all of Keras's recurrent layers do


def sizes():
    out = [one(f"sizes_{cls.lower()}{'_sequences' if s else ''}", (None, 3), cls, dict(units=4, return_sequences=s, return_state=s), variants=LSTM_SIZES if cls == "LSTM" else SIZES) for cls in RNNS for s in (False, True)]
    out += [
        chain(f"sizes_bidirectional_{cls.lower()}", (None, 3), lambda K, cls=cls: [K.layers.Bidirectional(getattr(K.layers, cls)(3, return_sequences=True))], f"Bidirectional({cls})", variants=LSTM_SIZES if cls == "LSTM" else SIZES)
        for cls in RNNS
    ]
    out += [
        one("sizes_conv1d_same", (None, 3), "Conv1D", dict(filters=4, kernel_size=3, padding="same"), variants=SIZES),
        one("sizes_conv1d_causal", (None, 3), "Conv1D", dict(filters=4, kernel_size=3, padding="causal"), variants=SIZES),
        one("sizes_pool_same", (None, 3), "MaxPooling1D", dict(padding="same"), variants=SIZES),
        one("sizes_global_average", (None, 3), "GlobalAveragePooling1D", variants=SIZES),
        one("sizes_softmax", (None, 3), "Softmax", dict(axis=1), variants=SIZES),
        one("sizes_dense", (None, 3), "Dense", dict(units=4), variants=SIZES),
        one("sizes_layer_norm", (None, 3), "LayerNormalization", variants=SIZES),
        one("sizes_embedding", (None,), "Embedding", dict(input_dim=10, output_dim=3), inputs=(tokens(10),), variants=SIZES),
    ]
    empty = ((0, 0), (1, 0))
    out += [
        one("empty_conv2d", (8, 8, 3), "Conv2D", dict(filters=4, kernel_size=3), variants=empty),
        one("empty_depthwise", (8, 8, 3), "DepthwiseConv2D", dict(kernel_size=3), variants=empty),
        one("empty_max_pool", (8, 8, 3), "MaxPooling2D", variants=empty),
        one("empty_flatten", (8, 8, 3), "Flatten", variants=empty),
        one("empty_batch_norm", (8, 8, 3), "BatchNormalization", variants=empty),
        one("empty_upsampling", (8, 8, 3), "UpSampling2D", variants=empty),
    ]
    return pack("sizes", out)


def masked():
    """Rows masked throughout, at the end and in the middle, with values that must not get through."""
    out = []
    for cls in RNNS:
        for name, kw in {"": {}, "_sequences": dict(return_sequences=True, return_state=True), "_backwards": dict(go_backwards=True, return_sequences=True)}.items():
            out.append(chain(
                f"masked_{cls.lower()}{name}", (6, 3), lambda K, cls=cls, kw=kw: [K.layers.Masking(mask_value=1e9), getattr(K.layers, cls)(3, **kw)],
                f"Masking, {cls}({kw})", inputs=(padded(6, fill=1e9),), batch=4, variants=(),
            ))
        out.append(chain(
            f"masked_bidirectional_{cls.lower()}", (6, 3), lambda K, cls=cls: [K.layers.Masking(mask_value=1e9), K.layers.Bidirectional(getattr(K.layers, cls)(3, return_sequences=True))],
            f"Masking, Bidirectional({cls})", inputs=(padded(6, fill=1e9),), batch=4, variants=(),
        ))
    out.append(chain(
        "masked_average", (6, 3), lambda K: [K.layers.Masking(mask_value=1e9), K.layers.GlobalAveragePooling1D()], "Masking, GlobalAveragePooling1D: a row masked throughout is 0/0",
        inputs=(padded(6, fill=1e9),), batch=4, variants=(), no_f64=NO_F64,
    ))
    return out


CASES = [
    *family("broken", broken(), no_f64=NO_F64),
    *family("huge", scaled(1e37), no_f64=NO_F64),
    *family("large", scaled(1e4)),
    *family("tiny", scaled(1e-30)),
    *family("subnormal", subnormal(), no_f64="float64 has no subnormals here"),
    *sizes(),
    *pack("masked", masked()),
]
