"""What only old Keras has, and what no importer may run: Lambda."""

import numpy as np

from .case import KERAS2, KERAS3, Case, chain, layer, pack, sequential, words

ONLY2 = dict(dialects=(KERAS2,), absent="gone from Keras 3")
CF = dict(data_format="channels_first")


def lc1(option, **kw):
    return layer(f"locally_connected1d_{option}", (7, 3), "LocallyConnected1D", dict(filters=2, kernel_size=3) | kw, **ONLY2)


def lc2(option, shape=(5, 4, 2), **kw):
    return layer(f"locally_connected2d_{option}", shape, "LocallyConnected2D", dict(filters=2, kernel_size=2) | kw, **ONLY2)


def cudnn(cls, bidirectional=False, nested=False, **kwargs):
    """Saved with CuDNN's own weight layout; run as the plain layer Keras turns it into."""

    def layers(K, plain):
        L = K.layers
        if plain:
            own = dict(reset_after=True, recurrent_activation="sigmoid") if cls == "GRU" else dict(recurrent_activation="sigmoid")
            rnn = getattr(L, cls)(4, **own, **kwargs)
        else:
            from tf_keras.src.layers.rnn.cudnn_gru import CuDNNGRU
            from tf_keras.src.layers.rnn.cudnn_lstm import CuDNNLSTM

            rnn = dict(LSTM=CuDNNLSTM, GRU=CuDNNGRU)[cls](4, **kwargs)
        rnn = L.Bidirectional(rnn) if bidirectional else rnn
        return [rnn, L.Dense(2)]

    def build(plain):
        def model(K):
            if nested:
                return K.Sequential([K.Input((5, 3)), K.Sequential([K.Input((5, 3)), *layers(K, plain)], name="inner")])
            return sequential(K, (5, 3), *layers(K, plain))

        return model

    name = f"cudnn_{cls.lower()}" + ("_bidirectional" if bidirectional else "") + ("_nested" if nested else "") + ("_sequences" if kwargs else "")
    return Case(name, build(False), f"CuDNN{cls}, its weights in CuDNN's layout", equivalent=build(True), **ONLY2)


# -- Lambda ----------------------------------------------------------------------------------------------------------


def lam(name, f, shows, case={}, **kwargs):
    def build(K):
        return sequential(K, (4,), K.layers.Dense(3), K.layers.Lambda(f, name="the_lambda", **kwargs), K.layers.Dense(2))

    return Case(f"lambda_{name}", build, shows, h5=True, **case)


def read(K):
    """Functions that bytecode tells: with closures, defaults, several inputs and outputs."""
    factor, table = 0.5, np.linspace(-1, 1, 16).reshape(4, 4)
    a, b = K.Input((4, 4)), K.Input((4, 4))
    on_both = [
        K.layers.Lambda(lambda t: t[0] - t[1], name="difference"),
        K.layers.Lambda(lambda t: (t[0] @ t[1]) / (2 + t[1] ** 2), name="product"),
    ]
    on_one = [
        K.layers.Lambda(lambda x: x[:, -1, ::2], name="last"),
        K.layers.Lambda(lambda x: x[..., None, 1:], name="axis"),
        K.layers.Lambda(lambda x, shift=1.5: (x - shift) * factor, name="scaled"),
        K.layers.Lambda(lambda x, times: -x * times, arguments=dict(times=3), name="argument"),
        K.layers.Lambda(lambda x: x + table, name="table"),
        K.layers.Lambda(lambda x: (x > 0) & ~(x >= 1) | (x <= -1) ^ (x < -2), name="logic"),
        K.layers.Lambda(lambda x: x // 0.5 - x % 0.75, name="remainder"),
        K.layers.TimeDistributed(K.layers.Lambda(lambda x: 2 ** x - x[:, :1], name="inner"), name="steps"),
    ]
    first, second = K.layers.Lambda(lambda x: [x[:, :2], x * x], name="pair")(b)
    return K.Model([a, b], [*(layer([a, b]) for layer in on_both), *(layer(a) for layer in on_one), first, second])


def outside(K):
    global ops
    ops = getattr(K, "ops", None) or K.backend
    return sequential(K, (4,), K.layers.Dense(3), K.layers.Lambda(lambda x: ops.concatenate([x, ops.abs(x)], axis=-1), name="the_lambda"))


def scale(x, factor=2.0):
    return x * factor


def backend(x):
    import tf_keras.backend as B

    y = B.relu(B.batch_dot(B.repeat(x, 2), x, axes=(2, 1)) - 1.0, alpha=0.1, max_value=2.0)
    return B.batch_flatten(B.switch(x[:, :1] > 0, y, B.batch_dot(y, y, axes=1) / (B.sum(B.square(x), axis=1, keepdims=True) + B.epsilon()) - y))


def lam_backend(K):
    return sequential(K, (4,), K.layers.Dense(3), K.layers.Lambda(backend, name="the_lambda"))


def pictures(x):
    import tf_keras.backend as B

    wide = B.reshape(x, (-1, B.int_shape(x)[2], x.shape[1] * B.int_shape(x)[-1]))
    return [
        B.resize_images(x, 2, 3, "channels_last"), B.resize_images(x, 1, 2, "channels_last", "bilinear"), B.spatial_2d_padding(x, ((1, 2), (0, 3))), B.spatial_2d_padding(x), B.temporal_padding(wide, (2, 1)), B.temporal_padding(wide),
        B.pool2d(x, (2, 2), (1, 2), "same", pool_mode="avg"), B.pool2d(x, (2, 3)), B.resize_volumes(B.expand_dims(x, 1), 2, 1, 3, "channels_last"), B.spatial_3d_padding(B.expand_dims(x, 1), ((1, 0), (0, 1), (2, 2))),
        B.pool3d(B.expand_dims(x, 1), (1, 2, 2), (1, 2, 1)), B.cast(B.in_top_k(wide[:, 0], B.argmax(wide[:, 1], axis=-1), 3), "float32"), wide * float(len(x.shape)),
    ]


def spelled(x):
    import tf_keras.backend as B

    decoded = B.ctc_decode(x, B.sum(B.ones_like(x[:, :, 0]), axis=1))
    return [B.cast(decoded[0][0], "float32"), decoded[1]]


def lam_of(shape, f):
    def build(K):
        x = K.Input(shape)
        return K.Model(x, K.layers.Lambda(f, name="the_lambda")(K.layers.Activation("softmax")(x)))

    return build


def experimental(name, shape, cls, **kwargs):
    return chain(name, shape, lambda K: [getattr(K.layers.experimental, cls)(**kwargs)], words(cls, kwargs), **ONLY2)


LOCAL = [
    experimental("random_fourier_features", (6,), "RandomFourierFeatures", output_dim=5, scale=2.0),
    experimental("random_fourier_features_laplacian", (6,), "RandomFourierFeatures", output_dim=5, kernel_initializer="laplacian"),
    experimental("sync_batch_normalization", (6,), "SyncBatchNormalization", epsilon=0.01),
    layer("thresholded_relu", (6,), "ThresholdedReLU", dict(theta=0.4), **ONLY2),
    lc1("default"),
    lc1("strides", strides=2, use_bias=False),
    lc1("implementation_2", implementation=2, activation="relu"),
    lc1("implementation_3", implementation=3),
    layer("locally_connected1d_channels_first", (3, 7), "LocallyConnected1D", dict(filters=2, kernel_size=3, **CF), **ONLY2),
    lc1("implementation_2_same", implementation=2, padding="same"),
    lc2("default"),
    lc2("strides", strides=(2, 1)),
    lc2("implementation_2", implementation=2, padding="same"),
    lc2("implementation_3", implementation=3, use_bias=False),
    lc2("channels_first", shape=(2, 5, 4), **CF),
]

CASES = [
    *pack("legacy_options", LOCAL),
    cudnn("LSTM"),
    cudnn("GRU"),
    cudnn("LSTM", bidirectional=True),
    cudnn("GRU", bidirectional=True),
    cudnn("LSTM", nested=True),
    lam("scale", lambda x: x / 255.0, "Lambda(lambda x: x / 255.0)"),
    lam("slice", lambda x: x[:, 1:], "Lambda(lambda x: x[:, 1:])"),
    lam("square", lambda x: x * x, "Lambda(lambda x: x * x)"),
    Case("lambda_backend", lam_backend, "Lambda of functions of keras.backend", refused="Lambda", **ONLY2),
    lam("function", scale, "Lambda of a named function with arguments", dict(refused={KERAS3: "Lambda"}), arguments=dict(factor=3.0)),
    Case("lambda_read", read, "Lambdas of operators and indices", h5=True),
    Case("lambda_outside", outside, "Lambda of functions of a module", refused="Lambda"),
    Case("lambda_pictures", lam_of((4, 6, 2), pictures), "Lambda of keras.backend's functions of pictures, and shapes", refused="Lambda", no_f64="TensorFlow pools no float64", **ONLY2),
    Case("lambda_ctc_decode", lam_of((7, 5), spelled), "Lambda of keras.backend's ctc_decode", refused="Lambda", variants=((1, 0),), no_f64="keras.backend adds a float32", **ONLY2),
]
