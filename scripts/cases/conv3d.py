"""Conv3D and ConvLSTM."""

from .case import Case, In, layer, pack, sequential

CF = dict(data_format="channels_first")


def c3(option, shape=(4, 5, 4, 2), h5=False, **kw):
    return layer(f"conv3d_{option}", shape, "Conv3D", dict(filters=3, kernel_size=2) | kw, h5=h5)


CONV3D = [
    c3("valid", h5=True),
    c3("same", padding="same", kernel_size=3),
    c3("strides", strides=2),
    c3("strides_same", strides=(1, 2, 2), padding="same", kernel_size=3),
    c3("dilation", dilation_rate=2, shape=(5, 5, 4, 2)),
    c3("groups", groups=2, filters=4, activation="relu"),
    c3("kernel_uneven", kernel_size=(1, 2, 3), padding="same"),
    c3("no_bias", use_bias=False),
    c3("channels_first", shape=(2, 4, 5, 4), padding="same", **CF),
]


def cl(rank, option, shape, h5=False, only=None, only2=None, variants=((1, 0),), **kw):
    cls = f"ConvLSTM{rank}D"
    return layer(
        f"conv_lstm{rank}d_{option}", shape, cls, dict(filters=2, kernel_size=2) | kw, h5=h5, variants=variants,
        channel_axis=2, only=only, only2=only2,
    )


ONE, TWO, THREE = (3, 5, 2), (3, 4, 5, 2), (2, 3, 3, 4, 1)


def stateful(K):
    L = K.layers
    return K.Sequential([K.Input(batch_shape=(2, 3, 4, 4, 1)), L.ConvLSTM2D(2, 2, stateful=True)])


def initial_state(K):
    L = K.layers
    x, h, c = K.Input((3, 4, 4, 1), name="x"), K.Input((3, 3, 2), name="h"), K.Input((3, 3, 2), name="c")
    return K.Model([x, h, c], L.ConvLSTM2D(2, 2)(x, initial_state=[h, c]))


def masked(K):
    L = K.layers
    x, m = K.Input((4, 3, 3, 1), name="x"), K.Input((4,), dtype="bool", name="m")
    return K.Model([x, m], L.ConvLSTM2D(2, 2, return_sequences=True)(x, mask=m))


def bidirectional(K):
    L = K.layers
    return sequential(K, (3, 4, 4, 1), L.Bidirectional(L.ConvLSTM2D(2, 2, return_sequences=True)))


CONV_LSTM = [
    cl(1, "default", ONE, h5=True),
    cl(1, "sequences_same", ONE, return_sequences=True, padding="same"),
    cl(1, "strides", ONE, strides=2, return_sequences=True),
    cl(1, "dilation", ONE, dilation_rate=2),
    cl(1, "channels_first", (3, 2, 5), return_sequences=True, padding="same", **CF),
    cl(2, "default", TWO, h5=True),
    cl(2, "sequences_same", TWO, return_sequences=True, padding="same", kernel_size=3),
    cl(2, "state", TWO, return_state=True, return_sequences=True),
    cl(2, "backwards", TWO, go_backwards=True, return_sequences=True),
    cl(2, "strides", TWO, strides=2),
    cl(2, "strides_same", TWO, strides=(2, 1), padding="same", return_sequences=True),
    cl(2, "dilation", TWO, dilation_rate=2),
    cl(2, "no_bias", TWO, use_bias=False),
    cl(2, "no_forget_bias", TWO, unit_forget_bias=False),
    cl(2, "activations", TWO, activation="relu", recurrent_activation="hard_sigmoid"),
    cl(2, "sigmoid", TWO, recurrent_activation="sigmoid"),
    cl(2, "dropout", TWO, dropout=0.2, recurrent_dropout=0.2, variants=()),  # tf_keras keeps the first batch's mask
    cl(2, "channels_first", (3, 2, 4, 5), padding="same", **CF),
    cl(3, "default", THREE, h5=True),
    cl(3, "sequences_same", THREE, return_sequences=True, padding="same"),
    cl(3, "channels_first", (2, 1, 3, 3, 4), return_sequences=True, **CF),
    Case("conv_lstm2d_stateful", stateful, "ConvLSTM2D(stateful): the variants are successive calls", calls=2),
    Case("conv_lstm2d_initial_state", initial_state, "ConvLSTM2D with initial_state", variants=((1, 0),)),
    Case("conv_lstm2d_masked", masked, "ConvLSTM2D with a mask", (In("normal"), In("bools")), batch=3, variants=()),
    Case("conv_lstm2d_bidirectional", bidirectional, "Bidirectional(ConvLSTM2D)", variants=()),
]

CASES = [*pack("conv3d_options", CONV3D), *pack("conv_lstm_options", CONV_LSTM)]
