"""How layers are put together: Sequential, Functional, nested, shared, several inputs and outputs."""

from .case import KERAS2, KERAS3, Case, is3, normal, sequential, tokens


def case(name, build, shows, **kw):
    kw.setdefault("h5", kw.get("keras", False))
    return Case(f"model_{name}", build, shows, **kw)


def sequential_plain(K):
    L = K.layers
    return K.Sequential([K.Input((5,)), L.Dense(4, activation="relu"), L.Dropout(0.2), L.Dense(3, activation="softmax")])


def sequential_no_input(K):
    """No InputLayer in the list: tf_keras puts batch_input_shape on the first layer."""
    L = K.layers
    if is3(K):
        m = K.Sequential([L.Dense(4), L.Dense(3)])
        m.build((None, 5))
        return m
    return K.Sequential([L.Dense(4, input_shape=(5,)), L.Dense(3)])


def functional(K):
    L = K.layers
    x = K.Input((5,), name="x")
    a = L.Dense(4, activation="relu", name="a")(x)
    b = L.Dense(4, activation="tanh", name="b")(x)
    return K.Model(x, L.Dense(2, name="head")(L.Add(name="sum")([a, b])), name="diamond")


_trained = {}


def trained(K):
    """A registered subclass with a training step of its own and a functional graph."""
    if K.__name__ not in _trained:
        cls = type("Trained", (K.Model,), {"train_step": lambda self, data: {}})
        _trained[K.__name__] = K.saving.register_keras_serializable("mine")(cls)
    x = K.Input((5,), name="x")
    return _trained[K.__name__](x, K.layers.Dense(2)(K.layers.Dense(4, activation="relu")(x)))


def own_chain(K):
    """Subclasses of Sequential: the whole, registered, and one in it, not registered."""
    L = K.layers
    if ("chain", K.__name__) not in _trained:
        cls = type("OwnChain", (K.Sequential,), {"train_step": lambda self, data: {}})
        _trained["chain", K.__name__] = K.saving.register_keras_serializable("mine")(cls), type("Block", (K.Sequential,), {})
    chain, block = _trained["chain", K.__name__]
    return chain([K.Input((4,)), L.Dense(3), block([K.Input((3,)), L.Dense(5, activation="relu"), L.BatchNormalization()], name="block"), L.Dense(2)])


def with_losses(K):
    """add_loss and add_metric put layers into the graph that no output depends on, and so do Lambdas of a loss."""
    import tensorflow as tf

    L = K.layers
    x = K.Input((4,))
    z = L.Dense(2, name="z")(x)
    y = L.Dense(4, activation="sigmoid", name="y")(z)
    m = K.Model(x, y)
    m.add_loss(tf.reduce_mean(tf.square(x - y)) + tf.reduce_mean(L.Lambda(lambda t: t * t, name="penalty")(z)))
    m.add_metric(tf.reduce_mean(z), name="mean")
    return m


def residual(K):
    L = K.layers
    x = y = K.Input((6, 4))
    for i in range(3):
        h = L.LayerNormalization()(y)
        h = L.Dense(8, activation="gelu")(h)
        y = L.Add()([y, L.Dense(4)(h)])
    return K.Model(x, L.GlobalAveragePooling1D()(y))


def multi_io(K):
    L = K.layers
    a, b = K.Input((4,), name="a"), K.Input((None, 3), name="b")
    h = L.Concatenate(name="join")([L.Dense(3, name="da")(a), L.LSTM(3, name="lb")(b)])
    return K.Model([a, b], [L.Dense(2, name="first")(h), L.Dense(1, activation="sigmoid", name="second")(h)])


def outputs_twice(K):
    """One tensor is two outputs; an input is an output."""
    L = K.layers
    x = K.Input((4,), name="x")
    y = L.Dense(3, name="y")(x)
    return K.Model(x, [y, L.Dense(2, name="z")(y), y])


def input_unused_order(K):
    """Inputs listed in another order than made."""
    L = K.layers
    a, b = K.Input((3,), name="zz"), K.Input((2,), name="aa")
    return K.Model([b, a], L.Dense(2)(L.Concatenate()([a, b])))


def dict_io(K):
    L = K.layers
    a, b = K.Input((3,), name="zeta"), K.Input((2,), name="alpha")
    h = L.Concatenate()([a, b])
    return K.Model({"zeta": a, "alpha": b}, {"y": L.Dense(2, name="y")(h), "b": L.Dense(1, name="b")(h)})


def dict_in(K):
    L = K.layers
    a, b = K.Input((3,), name="left"), K.Input((3,), name="right")
    return K.Model(dict(left=a, right=b), L.Dense(2)(L.Subtract()([a, b])))


def nested_struct(K):
    L = K.layers
    a, b, c = (K.Input((3,), name=n) for n in "abc")
    h = L.Dense(4)(L.Concatenate()([a, b, c]))
    return K.Model([a, {"p": b, "q": c}], {"main": L.Dense(2, name="m")(h), "rest": [L.Dense(1, name="r0")(h), L.Dense(1, name="r1")(h)]})


def shared_layer(K):
    L = K.layers
    a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
    d = L.Dense(3, activation="tanh", name="shared")
    return K.Model([a, b], L.Dense(2)(L.Multiply()([d(a), d(b)])))


def shared_chain(K):
    """A layer applied to its own output."""
    L = K.layers
    x = y = K.Input((4,))
    d = L.Dense(4, activation="tanh")
    for _ in range(3):
        y = d(y)
    return K.Model(x, y)


def block(K, name, inputs=4, units=3):
    L = K.layers
    a = K.Input((inputs,))
    return K.Model(a, L.Dense(units, activation="relu")(L.BatchNormalization()(L.Dense(5)(a))), name=name)


def nested(K):
    L = K.layers
    x = K.Input((4,))
    return K.Model(x, L.Dense(2)(block(K, "inner")(x)))


def nested_sequential(K):
    L = K.layers
    inner = K.Sequential([K.Input((4,)), L.Dense(3, activation="tanh"), L.BatchNormalization()], name="inner")
    return sequential(K, (4,), inner, L.Dense(2))


def nested_functional(K):
    """A Functional, which has an input layer, in a Sequential, which shows none."""
    L = K.layers
    return sequential(K, (4,), L.Dense(4), block(K, "inner"), L.Dense(2))


def nested_first(K):
    """Nested models all the way: the transfer-learning shape."""
    L = K.layers
    base = K.Sequential([K.Input((6, 6, 2)), L.Conv2D(3, 3, use_bias=False), L.BatchNormalization(), L.ReLU(), L.GlobalAveragePooling2D()], name="base")
    head = K.Sequential([K.Input((3,)), L.Dense(4, activation="relu"), L.Dense(2, activation="softmax")], name="head")
    m = K.Sequential([base, head])
    m.build((None, 6, 6, 2))
    return m


def nested_twice(K):
    L = K.layers
    a = K.Input((4,))
    middle = K.Model(a, L.Dense(4)(block(K, "innermost")(a)), name="middle")
    x = K.Input((4,))
    return K.Model(x, L.Dense(2)(middle(x)))


def nested_frozen(K):
    """Freezing part of a nested model changes the order of its weights in the h5."""
    L = K.layers
    x = K.Input((4,))
    inner = block(K, "inner")
    inner.layers[2].trainable = False
    return K.Model(x, L.Dense(2)(inner(x)))


def nested_all_frozen(K):
    L = K.layers
    x = K.Input((4,))
    inner = block(K, "inner")
    inner.trainable = False
    return K.Model(x, L.Dense(2)(inner(x)))


def nested_shared(K):
    L = K.layers
    a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
    tower = block(K, "tower")
    return K.Model([a, b], L.Dot(1)([tower(a), tower(b)]))


def nested_in_two(K):
    L = K.layers
    i, j, a, b = K.Input((6,)), K.Input((6,)), K.Input((6,), name="a"), K.Input((6,), name="b")
    inner = K.Model(i, [L.Dense(5, activation="relu")(i), L.Dense(4)(i)], name="inner")
    middle = K.Model(j, L.Concatenate()(inner(j)), name="middle")
    return K.Model([a, b], L.Dense(2)(L.Concatenate()([middle(a), middle(b), *inner(a)])))


def nested_shared_only_second(K):
    """The nested model's first call is no part of the outer model."""
    L = K.layers
    a = K.Input((4,), name="a")
    tower = block(K, "tower")
    tower(K.Input((4,), name="elsewhere"))
    return K.Model(a, L.Dense(2)(tower(a)))


def nested_multi(K):
    L = K.layers
    a, b = K.Input((3,), name="ia"), K.Input((2,), name="ib")
    h = L.Concatenate()([a, b])
    inner = K.Model([a, b], [L.Dense(2, name="p")(h), L.Dense(3, name="q")(h)], name="inner")
    x, y = K.Input((3,), name="x"), K.Input((2,), name="y")
    p, q = inner([x, y])
    return K.Model([x, y], [L.Dense(1, name="out")(q), p])


def nested_rnn(K):
    L = K.layers
    enc = K.Sequential([K.Input((None, 3)), L.LSTM(4, return_sequences=True), L.LSTM(3)], name="encoder")
    x = K.Input((None, 3))
    return K.Model(x, L.Dense(2)(enc(x)))


def frozen(K):
    m = sequential_plain(K)
    m.layers[0].trainable = False
    return m


def slashes(K):
    L = K.layers
    x = K.Input((4,), name="in")
    return K.Model(x, L.Dense(2, name="head/out/logits")(L.Dense(3, name="conv1/conv")(x)), name="net")


def unicode_names(K):
    L = K.layers
    x = K.Input((4,), name="entrée")
    return K.Model(x, L.Dense(2, name="層")(x), name="модель")


def many_layers(K):
    """Numbers as names: 10 must sort after 9."""
    L = K.layers
    return K.Sequential([K.Input((3,)), *(L.Dense(3, activation="tanh") for _ in range(12))])


def compiled(K):
    m = sequential_plain(K)
    m.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    import numpy as np

    m.train_on_batch(np.ones((2, 5), "float32"), np.eye(3, dtype="float32")[:2])
    return m


def long_names(K):
    """weight_names beyond 64 KB are split over weight_names0, weight_names1, ..."""
    L = K.layers
    inner = K.Sequential([K.Input((1,)), *(L.Dense(1, use_bias=False, name="x" * 900 + f"{i:03d}") for i in range(40))], name="inner")
    return K.Sequential([K.Input((1,)), inner])


def scalar_output(K):
    L = K.layers
    return sequential(K, (3, 4), L.GlobalMaxPooling1D(), L.Dense(1))


def int_input(K):
    L = K.layers
    x = K.Input((4,), dtype="int32", name="ids")
    return K.Model(x, L.GlobalAveragePooling1D()(L.Embedding(9, 3)(x)))


def tabular(K):
    """Ids of two vocabularies and numbers."""
    L = K.layers
    a, b, n = K.Input((1,), name="city"), K.Input((1,), name="kind"), K.Input((3,), name="numbers")
    e = [L.Flatten()(L.Embedding(v, d)(t)) for t, v, d in ((a, 9, 3), (b, 5, 2))]
    h = L.Concatenate()([*e, L.BatchNormalization()(n)])
    return K.Model([a, b, n], L.Dense(1, activation="sigmoid")(L.Dense(4, activation="relu")(h)))


def ecg(K):
    """CNN then LSTM, as autoencoders of signals have it."""
    L = K.layers
    return sequential(
        K, (12, 2), L.Conv1D(4, 3, padding="same", activation="relu"), L.MaxPooling1D(2), L.LSTM(5, return_sequences=True),
        L.TimeDistributed(L.Dense(4)), L.UpSampling1D(2), L.Conv1D(2, 3, padding="same"),
    )


CONTAINERS_3 = {
    "json+weights.h5": "JSON architecture and .weights.h5",
    "json+sharded": "JSON architecture and sharded weights",
    "keras+npz": ".keras with its weights as npz",
    "keras-dir": "an unpacked .keras",
}
CONTAINERS_2 = {
    "json+h5": "JSON architecture and weights-only h5",
    "json+weights.h5": "JSON architecture and .weights.h5",
}


def containers():
    """The same three models in each way of storing weights apart."""
    for dialect, table in ((KERAS3, CONTAINERS_3), (KERAS2, CONTAINERS_2)):
        for form, words in table.items():
            for what, build in (("functional", functional), ("nested", nested), ("rnn", multi_io)):
                slug = form.replace("+", "_").replace(".", "_").replace("-", "_")
                yield Case(
                    f"container_{slug}_{what}_{dialect}", build, words, formats=(form,), dialects=(dialect,),
                    absent="a way of storing of the other dialect", variants=(),
                )


CASES = [
    case("sequential", sequential_plain, "Sequential", keras=True, summary=True),
    case("sequential_no_input", sequential_no_input, "Sequential without an InputLayer", h5=True),
    case("functional", functional, "Functional: a diamond", keras=True, summary=True),
    case("trained", trained, "a registered subclass of Model with a functional graph", keras=True),
    case("own_chain", own_chain, "subclasses of Sequential", keras=True),
    case("with_losses", with_losses, "add_loss and add_metric", dialects=(KERAS2,), absent="Keras 3 has no such layers", keras=True, no_f64="Keras does not copy the graph of a loss"),
    case("residual", residual, "residual blocks"),
    case("multi_io", multi_io, "two inputs, two outputs", keras=True, summary=True),
    case("outputs_twice", outputs_twice, "a tensor is an output twice"),
    case("input_order", input_unused_order, "inputs in another order than made"),
    case("dict_io", dict_io, "dicts of inputs and outputs", keras=True),
    case("dict_in", dict_in, "a dict of inputs"),
    case("nested_structure", nested_struct, "inputs and outputs in nested lists and dicts"),
    case("shared_layer", shared_layer, "a layer used twice", h5=True),
    case("shared_chain", shared_chain, "a layer applied to its own output"),
    case("nested", nested, "a Functional in a Functional", keras=True, summary=True),
    case("nested_sequential", nested_sequential, "a Sequential in a Sequential", keras=True),
    case("nested_functional", nested_functional, "a Functional in a Sequential", summary=True),
    case("nested_transfer", nested_first, "base and head, both Sequential, no InputLayer outside"),
    case("nested_twice", nested_twice, "nested twice", keras=True, summary=True),
    case("nested_frozen", nested_frozen, "a nested model with a frozen layer", h5=True, summary=True),
    case("nested_all_frozen", nested_all_frozen, "a frozen nested model", h5=True),
    case("nested_shared", nested_shared, "a nested model used twice", keras=True, summary=True),
    case("nested_in_two", nested_in_two, "a nested model that is part of another one too: Keras itself cannot load its .keras", inputs=(normal(), normal()), keras=True),
    case("nested_second_call", nested_shared_only_second, "only the second call of a nested model is in the graph"),
    case("nested_multi", nested_multi, "a nested model with two inputs and outputs"),
    case("nested_rnn", nested_rnn, "LSTMs in a nested Sequential"),
    case("frozen", frozen, "a frozen layer", h5=False, summary=True),
    case("slashes", slashes, "names with slashes", dialects=(KERAS2,), absent="Keras 3 forbids / in names"),
    case("unicode", unicode_names, "names beyond ASCII", dialects=(KERAS3,), absent="TensorFlow's name scopes in tf_keras refuse them"),
    case("many_layers", many_layers, "more than ten layers of a class", h5=True),
    case("compiled", compiled, "compiled and trained: the optimizer's state is in the file", h5=True, keras=True),
    case("long_names", long_names, "weight_names split into pieces", dialects=(KERAS2,), absent="needs only one dialect", variants=()),
    case("scalar_output", scalar_output, "one number a row"),
    case("int_input", int_input, "an int32 input", inputs=(tokens(9),)),
    case("tabular", tabular, "embeddings and numbers", inputs=(tokens(9), tokens(5), normal())),
    case("conv_lstm_signal", ecg, "Conv1D, pooling, LSTM, TimeDistributed, UpSampling1D"),
    *containers(),
]
