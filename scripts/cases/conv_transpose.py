"""Transposed convolutions."""

import numpy as np

from .case import layer, pack, sequential

CF = dict(data_format="channels_first")


def t1(option, shape=(5, 3), h5=False, **kw):
    return layer(f"conv1d_transpose_{option}", shape, "Conv1DTranspose", dict(filters=4, kernel_size=3) | kw, h5=h5)


def t2(option, shape=(4, 5, 3), h5=False, **kw):
    return layer(f"conv2d_transpose_{option}", shape, "Conv2DTranspose", dict(filters=4, kernel_size=3) | kw, h5=h5)


def t3(option, shape=(2, 3, 3, 2), h5=False, **kw):
    return layer(f"conv3d_transpose_{option}", shape, "Conv3DTranspose", dict(filters=2, kernel_size=2) | kw, h5=h5)


def dilated(name, shape, cls, rate, **kw):
    """TensorFlow's CPU kernels refuse it: a kernel with zeros between its taps computes the same."""
    n = 1 if cls == "Conv1DTranspose" else 2
    full = dict(filters=4, kernel_size=3, dilation_rate=rate) | kw

    def last(K):
        return sequential(K, shape, getattr(K.layers, cls)(**{**full, "kernel_size": 2 * rate + 1, "dilation_rate": 1}))

    def stuffed(weights):
        w = weights[0]
        wide = np.zeros((2 * rate + 1,) * n + w.shape[n:], w.dtype)
        wide[(slice(None, None, rate),) * n] = w
        return [wide, *weights[1:]]

    return layer(name, shape, cls, full, stuffed=stuffed, last_model=last)


CASES = pack("conv_transpose", [
    t1("valid", h5=True),
    t1("same", padding="same"),
    t1("strides", strides=2),
    t1("strides_same", strides=2, padding="same", activation="relu"),
    t1("strides_same_even", strides=2, padding="same", kernel_size=4),
    t1("strides_beyond_kernel", strides=4, kernel_size=2, padding="valid"),
    t1("output_padding", strides=2, output_padding=1, padding="same"),
    t1("output_padding_valid", strides=3, output_padding=2),
    dilated("conv1d_transpose_dilation", (5, 3), "Conv1DTranspose", 2),
    dilated("conv1d_transpose_dilation_same", (5, 3), "Conv1DTranspose", 2, padding="same"),
    t1("no_bias", use_bias=False),
    t1("time", shape=(None, 3), strides=2, padding="same"),
    t1("channels_first", shape=(3, 5), strides=2, padding="same", **CF),
    t2("valid", h5=True),
    t2("same", padding="same"),
    t2("strides", strides=2),
    t2("strides_same", strides=2, padding="same", activation="relu"),
    t2("strides_same_even", strides=2, padding="same", kernel_size=4),
    t2("strides_uneven", strides=(1, 3), padding="same", kernel_size=(2, 3)),
    t2("strides_beyond_kernel", strides=3, kernel_size=2),
    t2("output_padding", strides=2, output_padding=1, padding="same"),
    t2("output_padding_uneven", strides=(2, 3), output_padding=(1, 0), padding="valid"),
    dilated("conv2d_transpose_dilation", (4, 5, 3), "Conv2DTranspose", 2),
    dilated("conv2d_transpose_dilation_same", (4, 5, 3), "Conv2DTranspose", 2, padding="same"),
    t2("no_bias", use_bias=False),
    t2("any_size", shape=(None, None, 3), strides=2, padding="same"),
    t2("channels_first", shape=(3, 4, 5), strides=2, padding="same", **CF),
    t3("valid", h5=True),
    t3("same", padding="same"),
    t3("strides", strides=2, padding="same", kernel_size=3),
    t3("strides_valid", strides=(1, 2, 2)),
    t3("output_padding", strides=2, output_padding=1, padding="same"),
    t3("no_bias", use_bias=False, activation="tanh"),
    t3("channels_first", shape=(2, 2, 3, 3), strides=2, padding="same", **CF),
])
