"""Where a mask goes, and what it does there."""

from .case import KERAS3, Case, In, chain, is3, pack, padded, padded_tokens, sequential

IDS = (padded_tokens(10),)


def ids(name, layers, shows, shape=(None,), **case):
    """Embedding(mask_zero) and what follows."""

    case.setdefault("variants", ((2, 3),) if shape == (None,) else ())
    return chain(
        f"mask_{name}", shape, lambda K: [K.layers.Embedding(10, 4, mask_zero=True), *layers(K.layers, K)], shows, IDS, batch=4, **case
    )


def through(name, layers, shows, **case):
    """... and an LSTM shows whether the mask got there."""
    return ids(name, lambda L, K: [*layers(L, K), L.LSTM(3)], shows, **case)


def graph(name, build, shows, inputs=IDS, **case):
    case.setdefault("variants", ((2, 3),))
    return Case(f"mask_{name}", build, shows, inputs, batch=4, **case)


def merge(cls, both=True):
    def build(K):
        L = K.layers
        a, b = K.Input((None,), name="a"), K.Input((None,), name="b")
        x = L.Embedding(10, 3, mask_zero=True)(a)
        y = L.Embedding(10, 3, mask_zero=both)(b)
        return K.Model([a, b], L.LSTM(3)(getattr(L, cls)()([x, y])))

    shows = f"{cls} of two masked inputs" if both else f"{cls} of a masked and an unmasked input"
    return graph(f"{cls.lower()}_{'both' if both else 'one'}", build, shows, (padded_tokens(10), In("padded_tokens", vocab=10)))


def concatenate_time(K):
    L = K.layers
    a, b = K.Input((None,), name="a"), K.Input((None,), name="b")
    x, y = L.Embedding(10, 3, mask_zero=True)(a), L.Embedding(10, 3, mask_zero=True)(b)
    return K.Model([a, b], L.LSTM(3)(L.Concatenate(axis=1)([x, y])))


def concatenate_time_one(K):
    L = K.layers
    a, b = K.Input((None,), name="a"), K.Input((None, 3), name="b")
    x = L.Embedding(10, 3, mask_zero=True)(a)
    return K.Model([a, b], L.LSTM(3)(L.Concatenate(axis=1)([x, b])))


def explicit(K):
    """The mask as a model input, passed as an argument."""
    L = K.layers
    x, m = K.Input((None, 3), name="x"), K.Input((None,), dtype="bool", name="m")
    return K.Model([x, m], [L.LSTM(3)(x, mask=m), L.GRU(2, return_sequences=True)(x, mask=m), L.Bidirectional(L.LSTM(2))(x, mask=m)])


def softmax(K):
    L = K.layers
    x, m = K.Input((3, 4), name="x"), K.Input((3, 4), dtype="bool", name="m")
    return K.Model([x, m], L.Softmax()(x, mask=m))


def softmax_axes(K):
    L = K.layers
    x, m = K.Input((3, 4), name="x"), K.Input((3, 4), dtype="bool", name="m")
    return K.Model([x, m], L.Softmax(axis=(1, 2))(x, mask=m))


def nested(K):
    L = K.layers
    inner = K.Sequential([K.Input((None,)), L.Embedding(10, 3, mask_zero=True)], name="words")
    return sequential(K, (None,), inner, L.LSTM(3))


def nested_inside(K):
    L = K.layers
    a = K.Input((None, 4))
    inner = K.Model(a, L.LSTM(3)(L.Dropout(0.1)(a)), name="head")
    return sequential(K, (None,), L.Embedding(10, 4, mask_zero=True), inner)


def nested_functional(K):
    L = K.layers
    a = K.Input((None, 4))
    inner = K.Model(a, L.TimeDistributed(L.Dense(3))(a), name="middle")
    x = K.Input((None,))
    y = inner(L.Embedding(10, 4, mask_zero=True)(x))
    return K.Model(x, L.GRU(3)(y))


def shared(K):
    """One embedding, two uses: two masks."""
    L = K.layers
    a, b = K.Input((None,), name="a"), K.Input((None,), name="b")
    e, r = L.Embedding(10, 3, mask_zero=True), L.LSTM(3)
    return K.Model([a, b], [r(e(a)), r(e(b))])


def reshape_stops(K):
    L = K.layers
    return sequential(K, (4,), L.Embedding(10, 4, mask_zero=True), L.Reshape((4, 4)), L.LSTM(3))


def masking_then(name, layers, shows, fill=0.0, dim=3, **case):
    return chain(
        f"masking_{name}", (None, dim), lambda K: [K.layers.Masking(fill), *layers(K.layers)], shows, (padded(5, fill),), batch=4,
        variants=((2, 3),), **case,
    )


def masking_partial(K):
    """Masking hides a step only if every feature equals the value."""
    L = K.layers
    return sequential(K, (None, 2), L.Masking(1.0), L.LSTM(3, return_sequences=True))


def activation_softmax(K):
    L = K.layers
    return sequential(K, (None,), L.Embedding(10, 4, mask_zero=True), L.Activation("softmax"), L.LSTM(3))


def since_keras3(K):
    """Layers that pass masks on in Keras 3 only."""
    L = K.layers
    x = K.Input((None,))
    y = L.Embedding(10, 4, mask_zero=True)(x)
    layers = [L.Identity(), L.Rescaling(2.0), L.Normalization(axis=None, mean=0.1, variance=2.0)]
    return K.Model(x, [L.LSTM(3)(one(y)) for one in layers])


def nested_cast(K):
    """The inner model's input is float32: tf_keras loses the mask where it casts."""
    L = K.layers
    x = K.Input((None,))
    y = L.Embedding(10, 4, mask_zero=True, dtype="float64")(x)
    inner = K.Sequential([K.Input((None, 4)), L.LSTM(3, return_sequences=True)], name="inner")
    return K.Model(x, inner(y))


def last_of_directions(K):
    """A Bidirectional without sequences overrules its layer's zero_output_for_mask."""
    L = K.layers
    x = K.Input((None,))
    y = L.Embedding(10, 3, mask_zero=True)(x)
    layers = [L.GRU(2, zero_output_for_mask=True), L.RNN(L.LSTMCell(2), zero_output_for_mask=True)] if not is3(K) else [L.RNN(L.GRUCell(2), zero_output_for_mask=True)]
    return K.Model(x, [L.Bidirectional(one)(y) for one in layers])


def pixels(K):
    """Masks of pixels, as Masking makes them of pictures, and softmax inside ConvLSTM."""
    L = K.layers
    x, s = K.Input((3, 4, 3, 2), name="pictures"), K.Input((None, 5, 2), name="lines")
    kw = dict(kernel_size=2, padding="same", return_sequences=True)
    y, z = L.Masking(0.0)(x), L.Masking(0.0)(s)
    outs = [L.ConvLSTM2D(3, **kw)(y), L.ConvLSTM2D(2, kernel_size=1, activation="softmax", go_backwards=True)(y)]
    outs += [L.ConvLSTM1D(3, recurrent_activation="softmax", **kw)(z), *L.ConvLSTM1D(2, kernel_size=3, padding="same", return_state=True)(z)]
    return K.Model([x, s], [*outs, L.Bidirectional(L.ConvLSTM1D(2, **kw))(z)])


def tagger(K):
    """softmax does not look at the mask, and Permute, though it moves nothing, ends it."""
    L = K.layers
    x = K.Input((None,))
    y = L.LSTM(4, return_sequences=True)(L.Embedding(10, 3, mask_zero=True)(x))
    return K.Model(x, [L.Dense(5, activation="softmax")(y), L.GRU(3)(L.Permute((1, 2))(y))])


def attention_rows(K):
    """A mask of two axes beside the batch: tf_keras spreads it otherwise than Keras 3."""
    L = K.layers
    x = K.Input((3, 3, 4))
    y = L.Masking()(x)
    return K.Model(x, L.MultiHeadAttention(2, 3, attention_axes=(2,))(y, y))


CASES = pack("mask_options", [
    masking_then("alone", lambda L: [], "Masking sets hidden steps to 0", h5=True),
    masking_then("value", lambda L: [L.LSTM(3)], "Masking(mask_value=-1)", fill=-1.0, h5=True),
    masking_then("lstm_sequences", lambda L: [L.LSTM(3, return_sequences=True)], "Masking then LSTM sequences"),
    masking_then("bidirectional", lambda L: [L.Bidirectional(L.GRU(3))], "Masking then Bidirectional"),
    masking_then("stacked", lambda L: [L.LSTM(3, return_sequences=True), L.GRU(3, return_sequences=True), L.SimpleRNN(2)], "the mask goes from one RNN to the next"),
    masking_then("not_returned", lambda L: [L.LSTM(3), L.RepeatVector(3), L.LSTM(2)], "the mask ends where return_sequences is False"),
    masking_then("dense", lambda L: [L.Dense(3), L.LSTM(2)], "the mask goes through Dense"),
    Case("masking_partial", masking_partial, "only steps equal to the value in every feature are hidden", (In("choice", values=(1.0, 0.5)),), batch=4, variants=((2, 3),)),
    through("dropout", lambda L, K: [L.Dropout(0.2), L.SpatialDropout1D(0.2), L.GaussianNoise(0.1)], "through Dropout, SpatialDropout1D, GaussianNoise"),
    through("activation", lambda L, K: [L.Activation("tanh"), L.LeakyReLU(), L.ELU()], "through Activation, LeakyReLU, ELU"),
    through("dense", lambda L, K: [L.Dense(3)], "through Dense"),
    through("layer_norm", lambda L, K: [L.LayerNormalization()], "through LayerNormalization"),
    through("batch_norm", lambda L, K: [L.BatchNormalization()], "through BatchNormalization"),
    through("time_distributed", lambda L, K: [L.TimeDistributed(L.Dense(3))], "through TimeDistributed"),
    through("bidirectional", lambda L, K: [L.Bidirectional(L.LSTM(3, return_sequences=True))], "through Bidirectional"),
    through("conv1d", lambda L, K: [L.Conv1D(3, 3, padding="same")], "Conv1D: in Keras 3 it passes the mask on"),
    through("conv1d_valid", lambda L, K: [L.Conv1D(3, 1)], "Conv1D of one step"),
    through("permute", lambda L, K: [L.Permute((1, 2))], "Permute drops the mask"),
    through("embedding_chain", lambda L, K: [L.Masking(0.0)], "Masking replaces the mask of Embedding"),
    ids("flatten", lambda L, K: [L.Flatten(), L.Dense(2)], "Flatten drops the mask", shape=(5,)),
    graph("reshape", reshape_stops, "Reshape drops the mask", variants=()),
    ids("global_average_pooling", lambda L, K: [L.GlobalAveragePooling1D()], "GlobalAveragePooling1D leaves hidden steps out"),
    ids("global_average_pooling_keepdims", lambda L, K: [L.GlobalAveragePooling1D(keepdims=True)], "GlobalAveragePooling1D(keepdims)"),
    ids("global_max_pooling", lambda L, K: [L.GlobalMaxPooling1D()], "GlobalMaxPooling1D ignores the mask"),
    graph("activation_softmax", activation_softmax, "Activation('softmax') with a mask"),
    *(merge(cls) for cls in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")),
    *(merge(cls, False) for cls in ("Add", "Multiply", "Concatenate")),
    graph("concatenate_time", concatenate_time, "Concatenate(axis=1) joins the masks", (padded_tokens(10), padded_tokens(10, 4))),
    graph("concatenate_time_one", concatenate_time_one, "Concatenate(axis=1), one without a mask", (padded_tokens(10), In("normal", length=4)), dialects=(KERAS3,), absent="tf_keras cannot join a mask with none along time"),
    graph("explicit", explicit, "mask= given as an input", (In("normal"), In("bools"))),
    Case("mask_softmax", softmax, "Softmax()(x, mask)", (In("normal"), In("bools")), batch=3),
    Case("mask_softmax_axes", softmax_axes, "Softmax over two axes with a mask", (In("normal"), In("bools")), batch=3),
    graph("nested_embedding", nested, "the mask comes out of a nested Sequential", h5=True),
    graph("nested_lstm", nested_inside, "the mask goes into a nested model"),
    graph("nested_functional", nested_functional, "the mask goes in and out of a nested Functional"),
    graph("shared", shared, "one Embedding, used twice: two masks", (padded_tokens(10), padded_tokens(10))),
    graph("since_keras3", since_keras3, "through Identity, Rescaling, Normalization"),
    graph("nested_cast", nested_cast, "into a nested model of another dtype", no_f64="in float64 nothing is cast"),
    graph("last_of_directions", last_of_directions, "Bidirectional and zero_output_for_mask"),
    graph("pixels", pixels, "Masking of pictures, ConvLSTM, softmax in it", (In("choice", values=(0.0, 0.0, 0.7)), In("choice", values=(0.0, -0.4)))),
    graph("tagger", tagger, "softmax behind a masked layer, and the mask's end"),
    graph("attention_rows", attention_rows, "MultiHeadAttention along one of two masked axes", (In("choice", values=(0.0, 0.7)),), variants=(), no_f64="where all of a row is hidden, float32 loses the scores beside -1e9 and float64 does not"),
])
