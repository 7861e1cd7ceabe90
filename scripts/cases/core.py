"""Dense, Embedding, Masking, Dropout and their kin."""

from .case import KERAS2, Case, chain, is3, layer, pack, sequential, tokens


def embedding(name, shows, shape=(6,), dtype=None, h5=False, **kwargs):
    return chain(
        name, shape, lambda K: [K.layers.Embedding(**kwargs)], shows, (tokens(kwargs["input_dim"], 6),), dtype=dtype, h5=h5
    )


def bare_embedding(K):
    """tf_keras 2 writes batch_input_shape and input_length on the layer itself."""
    return K.Sequential([K.layers.Embedding(9, 4, input_length=6), K.layers.Flatten(), K.layers.Dense(2)])


def dense_named(K):
    return sequential(K, (4,), K.layers.Dense(3, name="a_first"), K.layers.Dense(2, name="Z_second"))


def unused_inputs_shape(K):
    x = K.Input(batch_shape=(2, 4), name="fixed")
    return K.Model(x, K.layers.Dense(3)(x))


def stochastic(K):
    L = K.layers
    x = K.Input((5, 4))
    ys = [
        L.Dropout(0.4)(x),
        L.Dropout(0.4, noise_shape=(None, 1, 4))(x),
        L.SpatialDropout1D(0.3)(x),
        L.GaussianDropout(0.3)(x),
        L.GaussianNoise(0.2)(x),
        L.AlphaDropout(0.2)(x),
        L.SpatialDropout2D(0.3)(L.Reshape((5, 2, 2))(x)),
        L.SpatialDropout3D(0.3)(L.Reshape((5, 2, 2, 1))(x)),
    ]
    return K.Model(x, ys)


SINGLE = [
    Case("input_fixed_batch", unused_inputs_shape, "an InputLayer with a fixed batch", variants=()),
    layer("dense", (5,), "Dense", dict(units=4), h5=True, keras=True),
    layer("dense_no_bias", (5,), "Dense", dict(units=4, use_bias=False), h5=True),
    layer("dense_3d", (3, 5), "Dense", dict(units=4)),
    layer("dense_4d", (2, 3, 5), "Dense", dict(units=4)),
    layer("dense_time", (None, 5), "Dense", dict(units=4, activation="tanh")),
    layer("dense_wide", (70,), "Dense", dict(units=37, activation="relu"), variants=((1, 0), (9, 0))),
    layer(
        "dense_regularized", (5,), "Dense",
        dict(units=3, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2", kernel_constraint="max_norm", kernel_initializer="he_normal"),
    ),
    Case("dense_names", dense_named, "layer names whose sorted order is not the model's", h5=True),
    embedding("embedding", "Embedding of any length", shape=(None,), input_dim=9, output_dim=4, h5=True),
    embedding("embedding_fixed", "Embedding of fixed length", input_dim=9, output_dim=4),
    embedding("embedding_int", "Embedding of an int32 input", dtype="int32", input_dim=9, output_dim=4),
    embedding("embedding_2d", "Embedding of (rows, columns) of ids", shape=(3, 2), input_dim=9, output_dim=4),
    embedding("embedding_regularized", "Embedding with initializer, constraint and regularizer", input_dim=9, output_dim=3, embeddings_constraint="non_neg", embeddings_regularizer="l2", embeddings_initializer="he_normal"),
    Case("embedding_input_length", bare_embedding, "Embedding(input_length=6) first, without an InputLayer", inputs=(tokens(9),), dialects=(KERAS2,), absent="input_length is gone from Keras 3"),
    layer("dropout", (5,), "Dropout", dict(rate=0.5), h5=True),
    Case("stochastic_layers", stochastic, "Dropout (and noise_shape), SpatialDropout1D/2D/3D, GaussianDropout, GaussianNoise, AlphaDropout: identity at inference", h5=True),
    layer("identity", (5,), "Identity", h5=True),
]

CASES = pack("core", SINGLE)
