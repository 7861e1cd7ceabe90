"""The recurrent layers, with every option, and Bidirectional and TimeDistributed round them."""

from .case import KERAS2, Case, chain, is3, layer, normal, pack, padded, padded_tokens, sequential, tokens

RNNS = ("LSTM", "GRU", "SimpleRNN")


# -- the five models of the RNN notebook ---------------------------------------------------------------------------


def embedding(K, dim, length=32):
    """As the notebook writes it in each Keras: input_length is gone from Keras 3."""
    if is3(K):
        return [K.Input((length,)), K.layers.Embedding(100, dim)]
    return [K.layers.Embedding(100, dim, input_length=length)]


def seed(name, shows, make, length=32, variants=((1, 0), (5, 0)), **case):
    return Case(name, make, shows, inputs=(tokens(100, 32),), variants=variants, h5=True, keras=True, summary=True, **case)


SEEDS = [
    seed(
        "seed_lstm", "Embedding(100,1) LSTM(32) Dense(1), length 32: 4,485 parameters",
        lambda K: K.Sequential([*embedding(K, 1), K.layers.LSTM(32), K.layers.Dense(1)]),
    ),
    seed(
        "seed_lstm3", "Embedding(100,3) LSTM(32) Dense(1): 4,941 parameters",
        lambda K: K.Sequential([*embedding(K, 3), K.layers.LSTM(32), K.layers.Dense(1)]),
    ),
    seed(
        "seed_bilstm", "Embedding(100,3) Bidirectional(LSTM(32)) Dense(1), any length: 9,581 parameters",
        lambda K: K.Sequential([*embedding(K, 3, None), K.layers.Bidirectional(K.layers.LSTM(32)), K.layers.Dense(1)]),
        variants=((1, 0), (3, -21)),
    ),
    seed(
        "seed_stacked", "Embedding(100,32) LSTM(32, return_sequences) LSTM(32) Dense(1): 19,873 parameters",
        lambda K: K.Sequential([*embedding(K, 32), K.layers.LSTM(32, return_sequences=True), K.layers.LSTM(32), K.layers.Dense(1)]),
    ),
    seed(
        "seed_dropout", "Embedding(100,32) LSTM(32, dropout, recurrent_dropout) Dense(1, sigmoid): 11,553 parameters",
        lambda K: K.Sequential([
            *embedding(K, 32), K.layers.LSTM(32, dropout=0.2, recurrent_dropout=0.2), K.layers.Dense(1, activation="sigmoid"),
        ]),
    ),
]


# -- options ---------------------------------------------------------------------------------------------------------

OPTIONS = {
    "": {},
    "sequences": dict(return_sequences=True),
    "state": dict(return_state=True),
    "sequences_state": dict(return_sequences=True, return_state=True),
    "backwards": dict(go_backwards=True),
    "backwards_sequences": dict(go_backwards=True, return_sequences=True),
    "unroll": dict(unroll=True, return_sequences=True),
    "dropout": dict(dropout=0.3, recurrent_dropout=0.2),
    "no_bias": dict(use_bias=False, return_sequences=True),
    "relu": dict(activation="relu"),
    "linear": dict(activation=None, return_sequences=True),
}
GATES = {
    "hard_sigmoid": dict(recurrent_activation="hard_sigmoid", return_sequences=True),
    "activations": dict(activation="softsign", recurrent_activation="tanh"),
}


# Activations that look along the units.
ROWS = {
    "softmax": dict(activation="softmax", return_sequences=True),
    "softmax_backwards": dict(activation="softmax", go_backwards=True),
}


def options(cls):
    own = OPTIONS | ROWS
    if cls != "SimpleRNN":
        own["softmax_gates"] = dict(recurrent_activation="softmax", return_sequences=True, return_state=True)
    if cls == "GRU":
        own["reset_before_softmax"] = dict(reset_after=False, activation="softmax", recurrent_activation="softmax", use_bias=False)
    if cls != "SimpleRNN":
        own |= GATES
    if cls == "LSTM":
        own["no_forget_bias"] = dict(unit_forget_bias=False)
        own["implementation"] = dict(implementation=1)
    if cls == "GRU":
        own["reset_before"] = dict(reset_after=False)
        own["reset_before_sequences"] = dict(reset_after=False, return_sequences=True, return_state=True)
        own["reset_before_no_bias"] = dict(reset_after=False, use_bias=False)
        own["reset_before_activations"] = dict(reset_after=False, activation="relu", recurrent_activation="hard_sigmoid")
        own["reset_before_backwards"] = dict(reset_after=False, go_backwards=True, return_sequences=True)
    for option, kwargs in own.items():
        fixed = kwargs.get("unroll")
        yield layer(
            "_".join(filter(None, (cls.lower(), option))), (5 if fixed else None, 3), cls, dict(units=4, **kwargs),
            h5=option in ("", "sequences_state", "reset_before"), keras=option == "",
        )


def initial_state(cls):
    def build(K):
        x = K.Input((None, 3), name="x")
        states = [K.Input((4,), name=f"s{i}") for i in range(2 if cls == "LSTM" else 1)]
        rnn = getattr(K.layers, cls)(4, return_sequences=True, return_state=True)
        return K.Model([x, *states], rnn(x, initial_state=states if len(states) > 1 else states[0]))

    return Case(f"{cls.lower()}_initial_state", build, f"{cls} with initial_state given by inputs, return_state", h5=cls == "LSTM")


def encoder_decoder(cls):
    def build(K):
        L = K.layers
        source, target = K.Input((None, 3), name="source"), K.Input((None, 2), name="target")
        _, *state = getattr(L, cls)(4, return_state=True, name="encoder")(source)
        y = getattr(L, cls)(4, return_sequences=True, name="decoder")(target, initial_state=state)
        return K.Model([source, target], L.Dense(2)(y))

    return Case(f"{cls.lower()}_encoder_decoder", build, f"a {cls}'s final state is the initial state of another", inputs=(normal(5), normal(4)))


def stateful(cls, sequences=False):
    def build(K):
        kw = dict(stateful=True, return_sequences=sequences)
        return K.Sequential([K.Input(batch_shape=(2, 4, 3)), getattr(K.layers, cls)(4, **kw), K.layers.Dense(2)])

    name = f"{cls.lower()}_stateful" + ("_sequences" if sequences else "")
    return Case(name, build, f"{cls}(stateful): the variants are successive calls", calls=3, h5=cls == "LSTM" and not sequences)


def stateful_bidirectional(K):
    return K.Sequential([K.Input(batch_shape=(2, 4, 3)), K.layers.Bidirectional(K.layers.GRU(3, stateful=True, return_sequences=True))])


def stateful_masked(K):
    L = K.layers
    return K.Sequential([K.Input(batch_shape=(4, 5, 3)), L.Masking(0.0), L.LSTM(3, stateful=True, return_sequences=True)])


def stateful_initial_state(K):
    """tf.keras takes a given initial state only while the recorded one is zero; Keras 3 takes it always."""
    L = K.layers
    x = K.Input(batch_shape=(2, 4, 3), name="x")
    states = [K.Input(batch_shape=(2, 4), name=f"s{i}") for i in range(4)]
    y = L.LSTM(4, stateful=True, return_sequences=True)(x, initial_state=states[:2])
    z = L.GRU(4, stateful=True)(x, initial_state=states[2:3])
    b = L.Bidirectional(L.SimpleRNN(4, stateful=True))(x, initial_state=states[2:])
    return K.Model([x, *states], [y, z, b])


def masked(cls, option, **kwargs):
    return chain(
        f"{cls.lower()}_masked{option}", (None,),
        lambda K: [K.layers.Embedding(10, 3, mask_zero=True), getattr(K.layers, cls)(4, **kwargs)],
        f"{cls}({kwargs}) after Embedding(mask_zero)", (padded_tokens(10),), batch=4, variants=((2, 3),),
    )


MASKED = {
    "": {},
    "_sequences": dict(return_sequences=True),
    "_zero_output": dict(return_sequences=True, zero_output_for_mask=True),
    "_backwards": dict(return_sequences=True, go_backwards=True),
    "_state": dict(return_sequences=True, return_state=True),
    "_backwards_zero_output": dict(return_sequences=True, go_backwards=True, zero_output_for_mask=True),
}


# -- Bidirectional ---------------------------------------------------------------------------------------------------


def bidirectional(name, shows, cls="LSTM", merge="concat", backward=None, h5=False, keras=False, time=None, only2="", **kwargs):
    def layers(K):
        L = K.layers
        kw = {} if backward is None else dict(backward_layer=backward(L))
        return [L.Bidirectional(getattr(L, cls)(4, **kwargs), merge_mode=merge, **kw)]

    case = dict(dialects=(KERAS2,), absent=only2) if only2 else {}
    return chain(f"bidirectional_{name}", (time, 3), layers, shows, h5=h5, keras=keras, **case)


def bidirectional_masked(name, layers, shows, batch=4):
    return chain(
        f"bidirectional_masked_{name}", (None,), lambda K: [K.layers.Embedding(10, 3, mask_zero=True), *layers(K.layers)],
        shows, (padded_tokens(10),), batch=batch, variants=((2, 3),),
    )


def bidirectional_initial_state(K):
    L = K.layers
    x = K.Input((None, 3), name="x")
    states = [K.Input((4,), name=f"s{i}") for i in range(4)]
    y = L.Bidirectional(L.LSTM(4, return_sequences=True))(x, initial_state=states)
    return K.Model([x, *states], y)


def bidirectional_encoder(K):
    L = K.layers
    x = K.Input((None, 3))
    y, fh, fc, bh, bc = L.Bidirectional(L.LSTM(4, return_state=True, return_sequences=True))(x)
    h = L.Concatenate()([fh, bh])
    c = L.Concatenate()([fc, bc])
    return K.Model(x, [L.LSTM(8)(y, initial_state=[h, c]), y])


def bidirectional_stacked(K):
    L = K.layers
    return sequential(
        K, (None, 3),
        L.Bidirectional(L.LSTM(3, return_sequences=True), name="lower"),
        L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="ave", name="middle"),
        L.Bidirectional(L.SimpleRNN(2), name="upper"),
        L.Dense(2),
    )


BIDIRECTIONAL = [
    bidirectional("lstm", "merge_mode concat", h5=True, keras=True),
    bidirectional("lstm_sequences", "concat of sequences", return_sequences=True),
    *(bidirectional(f"{m}", f"merge_mode {m}", cls="GRU", merge=m) for m in ("sum", "mul", "ave")),
    *(bidirectional(f"{m}_sequences", f"merge_mode {m} of sequences", cls="LSTM", merge=m, return_sequences=True) for m in ("sum", "mul", "ave")),
    bidirectional("none", "merge_mode None: two outputs", cls="GRU", merge=None, h5=True),
    bidirectional("none_sequences", "merge_mode None of sequences", cls="LSTM", merge=None, return_sequences=True),
    bidirectional("state", "return_state", return_state=True, h5=True),
    bidirectional("sequences_state", "return_sequences and return_state", cls="GRU", return_state=True, return_sequences=True),
    bidirectional("gru", "GRU inside", cls="GRU", h5=True),
    bidirectional("gru_reset_before", "GRU(reset_after=False) inside", cls="GRU", reset_after=False),
    bidirectional("simple_rnn", "SimpleRNN inside", cls="SimpleRNN", return_sequences=True),
    bidirectional("backward_layer", "another backward layer: GRU(5, go_backwards)", backward=lambda L: L.GRU(5, go_backwards=True), h5=True),
    bidirectional("backward_layer_sequences", "another backward layer, sum of sequences", merge="sum", backward=lambda L: L.LSTM(4, go_backwards=True, return_sequences=True, activation="relu"), return_sequences=True),
    bidirectional("go_backwards", "the forward layer goes backwards", return_sequences=True, go_backwards=True, only2="Keras 3 refuses a forward layer that goes backwards"),
    bidirectional("unroll", "unrolled", time=4, return_sequences=True, unroll=True),
    bidirectional("dropout", "dropout and recurrent_dropout", dropout=0.2, recurrent_dropout=0.2),
    bidirectional("no_bias", "use_bias=False", use_bias=False),
    bidirectional_masked("lstm", lambda L: [L.Bidirectional(L.LSTM(3))], "masked, last output"),
    bidirectional_masked("sequences", lambda L: [L.Bidirectional(L.LSTM(3, return_sequences=True))], "masked, sequences"),
    bidirectional_masked("zero_output", lambda L: [L.Bidirectional(L.GRU(3, return_sequences=True, zero_output_for_mask=True))], "masked, sequences, zero_output_for_mask"),
    bidirectional_masked(
        "stacked", lambda L: [L.Bidirectional(L.LSTM(3, return_sequences=True)), L.Bidirectional(L.GRU(2))],
        "the mask goes through Bidirectional to the next one",
    ),
    bidirectional_masked(
        "sum", lambda L: [L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="sum"), L.LSTM(2)], "masked, merge_mode sum, then LSTM",
    ),
    Case("bidirectional_initial_state", bidirectional_initial_state, "initial_state of both directions"),
    Case("bidirectional_encoder", bidirectional_encoder, "the states of both directions, concatenated, start another LSTM"),
    Case("bidirectional_stacked", bidirectional_stacked, "three, each of another cell", h5=True),
    Case("bidirectional_stateful", stateful_bidirectional, "stateful: the variants are successive calls", calls=3),
]


# -- TimeDistributed -------------------------------------------------------------------------------------------------


def td(name, shape, inner, shows, h5=False, inputs=(normal(),)):
    return chain(f"time_distributed_{name}", shape, lambda K: [K.layers.TimeDistributed(inner(K))], shows, inputs, h5=h5)


def td_model(K):
    L = K.layers
    return K.Sequential([K.Input((4, 3)), L.Dense(3, activation="tanh"), L.Flatten(), L.Dense(2)], name="inner")


def td_functional(K):
    L = K.layers
    a = K.Input((4, 4, 2))
    b = L.Conv2D(3, 3)(a)
    return K.Model(a, L.GlobalAveragePooling2D()(b), name="frame")


def td_masked(K):
    L = K.layers
    return sequential(K, (None,), L.Embedding(10, 3, mask_zero=True), L.TimeDistributed(L.Dense(4)), L.LSTM(3))


def td_nested_rnn(K):
    """Sentences of words: the inner LSTM runs per sentence."""
    L = K.layers
    return sequential(K, (3, 4, 2), L.TimeDistributed(L.LSTM(3)), L.GRU(2))


def td_fixed(K):
    """A batch of a fixed size, for the layer too."""
    L = K.layers
    x, a = K.Input((3, 5), batch_size=4), K.Input((5,), batch_size=4)
    return K.Model(x, [L.TimeDistributed(L.LSTM(2))(L.Reshape((3, 1, 5))(x)), L.TimeDistributed(K.Model(a, L.Dense(2)(L.Reshape((5,))(a))))(x)])


def td_across(K):
    """Layers whose steps combine the examples of the batch: Keras 3 calls them step by step, tf_keras on all steps together."""
    L = K.layers
    x, a = K.Input((3, 5)), K.Input((5,))
    outs = [L.TimeDistributed(L.Softmax(axis=0))(x), L.TimeDistributed(L.UnitNormalization(axis=0))(x)]
    if is3(K):
        o = K.ops
        outs.append(L.TimeDistributed(K.Model(a, a - o.mean(a, axis=0, keepdims=True)))(x))
        outs.append(L.TimeDistributed(K.Model(a, o.sum(a * 2.0, axis=-1, keepdims=True) + o.flip(a)))(x))
    return K.Model(x, outs)


TIME_DISTRIBUTED = [
    Case("time_distributed_fixed", td_fixed, "TimeDistributed of layers with a fixed batch", batch=4, variants=()),
    Case("time_distributed_across", td_across, "TimeDistributed of layers that combine examples", batch=4, variants=((3, 0),)),
    td("dense", (None, 5), lambda K: K.layers.Dense(3), "TimeDistributed(Dense)", h5=True),
    td("conv", (3, 5, 5, 2), lambda K: K.layers.Conv2D(2, 3), "TimeDistributed(Conv2D)"),
    td("model", (3, 4, 3), td_model, "TimeDistributed(Sequential)", h5=True),
    td("functional", (2, 4, 4, 2), td_functional, "TimeDistributed(Functional)"),
    td("batchnorm", (3, 4), lambda K: K.layers.BatchNormalization(), "TimeDistributed(BatchNormalization)"),
    td("bidirectional", (2, 4, 3), lambda K: K.layers.Bidirectional(K.layers.LSTM(2)), "TimeDistributed(Bidirectional(LSTM))"),
    td("flatten", (3, 2, 2), lambda K: K.layers.Flatten(), "TimeDistributed(Flatten)"),
    td("time_distributed", (2, 3, 4), lambda K: K.layers.TimeDistributed(K.layers.Dense(2)), "TimeDistributed twice"),
    Case("time_distributed_masked", td_masked, "the mask goes through TimeDistributed", (padded_tokens(10),), batch=4, variants=((2, 3),)),
    Case("time_distributed_rnn", td_nested_rnn, "TimeDistributed(LSTM) then GRU"),
]


def only_lstm_gru(K):
    """A padded sequence with every fourth float in use, as real networks have them."""
    L = K.layers
    return sequential(K, (None, 11), L.LSTM(19, return_sequences=True), L.GRU(17, return_sequences=True), L.SimpleRNN(9), L.Dense(3))


CASES = [
    *SEEDS,
    *(c for cls in RNNS for c in pack(f"{cls.lower()}_options", options(cls))),
    *(f(cls) for cls in RNNS for f in (initial_state, encoder_decoder, stateful)),
    *(stateful(cls, True) for cls in RNNS),
    Case("rnn_stateful_initial_state", stateful_initial_state, "stateful with an initial_state: successive calls", calls=3),
    Case("lstm_stateful_masked", stateful_masked, "stateful with a mask", (padded(5),), batch=4, calls=2),
    *pack("rnn_masked", [
        *(masked(cls, o, **kw) for cls in RNNS for o, kw in MASKED.items()),
        masked("GRU", "_softmax", return_sequences=True, recurrent_activation="softmax"),
        masked("LSTM", "_softmax", activation="softmax", zero_output_for_mask=True),
        masked("GRU", "_reset_before", return_sequences=True, reset_after=False),
    ]),
    Case("rnn_odd_sizes", only_lstm_gru, "LSTM, GRU and SimpleRNN with units that are no multiple of a vector", variants=((1, 8), (7, 0))),
    *pack("bidirectional_options", BIDIRECTIONAL),
    *TIME_DISTRIBUTED,
]
