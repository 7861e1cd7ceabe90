"""Convolutions."""

from .case import Case, layer, pack, sequential

CF = dict(data_format="channels_first")


def conv1d(option, h5=False, shape=(9, 3), **kw):
    return layer(f"conv1d_{option}", shape, "Conv1D", dict(filters=4, kernel_size=3) | kw, h5=h5)


def conv2d(option, h5=False, shape=(7, 6, 3), **kw):
    return layer(f"conv2d_{option}", shape, "Conv2D", dict(filters=4, kernel_size=3) | kw, h5=h5)


CONV1D = [
    conv1d("valid", h5=True),
    conv1d("same", padding="same"),
    conv1d("causal", padding="causal", h5=True),
    conv1d("causal_time", shape=(None, 3), padding="causal", dilation_rate=2),
    conv1d("causal_strides", padding="causal", strides=2),
    conv1d("strides", strides=2),
    conv1d("strides_same", padding="same", strides=2),
    conv1d("strides_same_even", padding="same", strides=3, kernel_size=4, shape=(10, 3)),
    conv1d("dilation", dilation_rate=2),
    conv1d("dilation_same", dilation_rate=3, padding="same"),
    conv1d("even_same", kernel_size=4, padding="same"),
    conv1d("groups", groups=2, shape=(9, 4)),
    conv1d("groups_causal", groups=2, shape=(9, 4), padding="causal"),
    conv1d("no_bias", use_bias=False),
    conv1d("activation", activation="relu"),
    conv1d("time", shape=(None, 3), padding="same", activation="tanh"),
    conv1d("one", kernel_size=1),
    conv1d("wide", filters=19, kernel_size=5, shape=(17, 11), padding="same"),
    conv1d("channels_first", shape=(3, 9), padding="same", **CF),
    conv1d("channels_first_strides", shape=(3, 9), strides=2, **CF),
    conv1d("channels_first_dilation", shape=(3, 9), dilation_rate=2, **CF),
    conv1d("channels_first_groups", shape=(4, 9), groups=2, **CF),
]

CONV2D = [
    conv2d("valid", h5=True),
    conv2d("same", padding="same"),
    conv2d("strides", strides=2),
    conv2d("strides_uneven", strides=(2, 3), padding="same"),
    conv2d("strides_same", strides=2, padding="same"),
    conv2d("strides_same_even", strides=2, padding="same", kernel_size=4, shape=(8, 7, 3)),
    conv2d("strides_same_one", strides=2, padding="same", kernel_size=1),
    conv2d("dilation", dilation_rate=2),
    conv2d("dilation_same", dilation_rate=(2, 1), padding="same"),
    conv2d("kernel_uneven", kernel_size=(3, 1)),
    conv2d("kernel_uneven_same", kernel_size=(2, 5), padding="same"),
    conv2d("groups", groups=2, shape=(6, 6, 4)),
    conv2d("groups_depthwise", groups=4, shape=(6, 6, 4), padding="same"),
    conv2d("no_bias", use_bias=False),
    conv2d("activation", activation="relu"),
    conv2d("pointwise", kernel_size=1),
    conv2d("any_size", shape=(None, None, 3), padding="same", strides=2),
    conv2d("wide", filters=18, shape=(9, 10, 7), padding="same", activation="relu"),
    conv2d("channels_first", shape=(3, 7, 6), h5=True, **CF),
    conv2d("channels_first_same", shape=(3, 7, 6), padding="same", strides=2, **CF),
    conv2d("channels_first_dilation", shape=(3, 7, 6), dilation_rate=2, **CF),
    conv2d("channels_first_groups", shape=(4, 7, 8), groups=2, **CF),
]

DEPTHWISE = [
    layer("depthwise_conv2d", (7, 6, 3), "DepthwiseConv2D", dict(kernel_size=3), h5=True),
    layer("depthwise_conv2d_multiplier", (7, 6, 3), "DepthwiseConv2D", dict(kernel_size=3, depth_multiplier=2, padding="same", activation="relu")),
    layer("depthwise_conv2d_strides", (7, 6, 3), "DepthwiseConv2D", dict(kernel_size=3, strides=2, padding="same")),
    layer("depthwise_conv2d_dilation", (7, 6, 3), "DepthwiseConv2D", dict(kernel_size=3, dilation_rate=2)),
    layer("depthwise_conv2d_no_bias", (7, 6, 3), "DepthwiseConv2D", dict(kernel_size=(2, 3), use_bias=False)),
    layer("depthwise_conv2d_channels_first", (3, 7, 5), "DepthwiseConv2D", dict(kernel_size=3, depth_multiplier=2, padding="same", **CF)),
    layer("depthwise_conv1d", (9, 3), "DepthwiseConv1D", dict(kernel_size=3), h5=True),
    layer("depthwise_conv1d_multiplier", (9, 3), "DepthwiseConv1D", dict(kernel_size=3, depth_multiplier=2, padding="same", activation="tanh")),
    layer("depthwise_conv1d_strides", (9, 3), "DepthwiseConv1D", dict(kernel_size=4, strides=2, padding="same")),
    layer("depthwise_conv1d_dilation", (9, 3), "DepthwiseConv1D", dict(kernel_size=3, dilation_rate=2, use_bias=False)),
    layer("depthwise_conv1d_channels_first", (3, 9), "DepthwiseConv1D", dict(kernel_size=3, padding="same", **CF)),
]

SEPARABLE = [
    layer("separable_conv2d", (7, 6, 3), "SeparableConv2D", dict(filters=4, kernel_size=3), h5=True),
    layer("separable_conv2d_multiplier", (7, 6, 3), "SeparableConv2D", dict(filters=4, kernel_size=3, depth_multiplier=2, padding="same", activation="relu")),
    layer("separable_conv2d_strides", (7, 6, 3), "SeparableConv2D", dict(filters=4, kernel_size=3, strides=2, padding="same")),
    layer("separable_conv2d_dilation", (7, 6, 3), "SeparableConv2D", dict(filters=4, kernel_size=3, dilation_rate=2, use_bias=False)),
    layer("separable_conv2d_channels_first", (3, 7, 6), "SeparableConv2D", dict(filters=4, kernel_size=3, padding="same", **CF)),
    layer("separable_conv1d", (9, 3), "SeparableConv1D", dict(filters=4, kernel_size=3), h5=True),
    layer("separable_conv1d_multiplier", (9, 3), "SeparableConv1D", dict(filters=4, kernel_size=3, depth_multiplier=2, padding="same", activation="relu")),
    layer("separable_conv1d_causal", (9, 3), "SeparableConv1D", dict(filters=4, kernel_size=3, padding="causal"), only=dict(padding="same"), shows="SeparableConv1D(padding='causal') in tf_keras, 'same' in Keras 3, which has no causal one"),
    layer("separable_conv1d_strides", (9, 3), "SeparableConv1D", dict(filters=4, kernel_size=3, strides=2)),
    layer("separable_conv1d_dilation", (9, 3), "SeparableConv1D", dict(filters=4, kernel_size=3, dilation_rate=2, use_bias=False)),
    layer("separable_conv1d_channels_first", (3, 9), "SeparableConv1D", dict(filters=4, kernel_size=3, padding="same", **CF)),
]


def cnn(K):
    L = K.layers
    return sequential(
        K, (12, 12, 3),
        L.Conv2D(6, 3, use_bias=False), L.BatchNormalization(), L.ReLU(), L.MaxPooling2D(),
        L.DepthwiseConv2D(3, padding="same", use_bias=False), L.BatchNormalization(), L.ReLU(6.0),
        L.SeparableConv2D(8, 3, activation="swish"), L.Flatten(), L.Dense(5, activation="softmax"),
    )


CASES = [
    *pack("conv1d_options", CONV1D),
    *pack("conv2d_options", CONV2D),
    *pack("depthwise_options", DEPTHWISE),
    *pack("separable_options", SEPARABLE),
    Case("conv_cnn", cnn, "convolutions, BatchNormalization, pooling, Flatten, Dense", h5=True, keras=True, summary=True),
]
