"""Keras 1's files: argument and class names, weight layouts and containers of Keras 1.2.2.

Keras of that age does not run beside TensorFlow 2. So a case says both what Keras 1 would have written and the tf_keras
layers that compute the same; the weights of the latter are cut up into Keras 1's arrays by `split`. What Keras 1 itself
wrote is in ../old_keras.py.
"""

import dataclasses
from typing import Any, Callable

import numpy as np

from .case import Case, In, normal, padded_tokens, tokens

KERAS1 = "keras1"


@dataclasses.dataclass(frozen=True)
class Old:
    """A Keras 1 layer: its class and config, and what computes it."""

    cls: str
    config: dict
    make: Callable[[Any], tuple]  # K -> (function of a tensor, the tf_keras layers whose weights it has)
    split: Callable[[list], list] = lambda ws: []  # their arrays -> [(suffix of the name, array)]
    inbound: tuple = ()  # names; empty: the layer before


@dataclasses.dataclass(frozen=True)
class OldModel:
    """name -> layer, in order. `graph` is a Keras 1 Model, else Sequential."""

    shape: tuple
    dtype: str
    layers: tuple  # of (name, Old)
    graph: bool = False
    outputs: tuple = ()
    ending: str = ":0"  # of TensorFlow's variables' names; Theano's have none

    def build(self, K):
        """The tf_keras model that computes it, and for each layer the layers that hold its weights."""
        x = K.Input(self.shape, **({"dtype": "int32"} if self.dtype == "int32" else {}))
        values, before, owners = {"input_1": x}, x, []
        for name, old in self.layers:
            f, layers = old.make(K)
            takes = [values[n] for n in old.inbound]
            before = f(takes if len(takes) > 1 else takes[0] if takes else before)
            values[name] = before
            owners.append((name, old, layers))
        model = K.Model(x, [values[n] for n in self.outputs] if len(self.outputs) > 1 else before)
        model.owners = owners
        return model

    def architecture(self):
        """What model.get_config() gave, wrapped as to_json does."""
        shape = [None, *self.shape]
        if not self.graph:
            layers = []
            for i, (name, old) in enumerate(self.layers):
                config = {"name": name, "trainable": True, **old.config}
                if i == 0:
                    config |= {"batch_input_shape": shape, "input_dtype": self.dtype}
                layers.append({"class_name": old.cls, "config": config})
            return {"class_name": "Sequential", "config": layers, "keras_version": "1.2.2"}
        layers = [{
            "class_name": "InputLayer", "name": "input_1", "inbound_nodes": [],
            "config": {"batch_input_shape": shape, "input_dtype": self.dtype, "sparse": False, "name": "input_1"},
        }]
        before = "input_1"
        for name, old in self.layers:
            takes = old.inbound or (before,)
            layers.append({
                "class_name": old.cls, "config": {"name": name, "trainable": True, **old.config}, "name": name,
                "inbound_nodes": [[[n, 0, 0] for n in takes]],
            })
            before = name
        outs = self.outputs or (before,)
        config = {"name": "model_1", "layers": layers, "input_layers": [["input_1", 0, 0]], "output_layers": [[n, 0, 0] for n in outs]}
        return {"class_name": "Model", "config": config, "keras_version": "1.2.2"}

    def weights(self, model):
        """(layer name, [(array name, array)]) in order."""
        out = [("input_1", [])] if self.graph else []
        for name, old, layers in model.owners:
            arrays = [np.asarray(w) for l in layers for w in l.get_weights()]
            out.append((name, [((f"{name}_{s}" if not s.startswith("=") else s[1:].format(name=name)) + self.ending, a) for s, a in old.split(arrays)]))
        return out


# -- layers ----------------------------------------------------------------------------------------------------------

NONE = dict(W_regularizer=None, b_regularizer=None, activity_regularizer=None, W_constraint=None, b_constraint=None)
RNN = dict(W_regularizer=None, U_regularizer=None, b_regularizer=None, dropout_W=0.0, dropout_U=0.0)


def one(make):
    """A single tf_keras layer."""

    def f(K):
        layer = make(K.layers)
        return layer, [layer]

    return f


def plain(cls, config, make):
    def f(K):
        return make(K.layers), []

    return Old(cls, config, f)


def w_b(ws):
    return list(zip(("W", "b"), ws))


def dense(units, activation="linear", bias=True, **more):
    config = dict(output_dim=units, init="glorot_uniform", activation=activation, bias=bias, input_dim=None, **NONE, **more)
    return Old("Dense", config, one(lambda L: L.Dense(units, activation=activation, use_bias=bias)), w_b)


def time_distributed_dense(units, activation="linear"):
    config = dict(output_dim=units, init="glorot_uniform", activation=activation, bias=True, input_dim=None, input_length=None, **NONE)
    return Old("TimeDistributedDense", config, one(lambda L: L.Dense(units, activation=activation)), w_b)


def activation(name):
    return plain("Activation", dict(activation=name), lambda L: L.Activation(name))


def dropout(p):
    return plain("Dropout", dict(p=p), lambda L: L.Dropout(p))


def flatten():
    return plain("Flatten", {}, lambda L: L.Flatten())


def reshape(shape):
    return plain("Reshape", dict(target_shape=list(shape)), lambda L: L.Reshape(shape))


def permute(dims):
    return plain("Permute", dict(dims=list(dims)), lambda L: L.Permute(dims))


def repeat(n):
    return plain("RepeatVector", dict(n=n), lambda L: L.RepeatVector(n))


def masking(value=0.0):
    return plain("Masking", dict(mask_value=value), lambda L: L.Masking(value))


def embedding(vocab, dim, length, mask_zero=False):
    config = dict(input_dim=vocab, output_dim=dim, init="uniform", input_length=length, mask_zero=mask_zero, activity_regularizer=None, W_regularizer=None, W_constraint=None, dropout=0.0)
    return Old("Embedding", config, one(lambda L: L.Embedding(vocab, dim, mask_zero=mask_zero)), lambda ws: [("W", ws[0])])


def split_lstm(ws, prefix=""):
    """Twelve arrays, gate by gate, in the order i, c, f, o."""
    w, u, b = ws
    n = u.shape[0]
    where = dict(i=0, f=1, c=2, o=3)
    return [(f"{prefix}{kind}_{g}", a[..., where[g] * n : (where[g] + 1) * n]) for g in "icfo" for kind, a in (("W", w), ("U", u), ("b", b))]


def split_gru(ws, prefix=""):
    w, u, b = ws
    n = u.shape[0]
    return [(f"{prefix}{kind}_{g}", a[..., i * n : (i + 1) * n]) for i, g in enumerate("zrh") for kind, a in (("W", w), ("U", u), ("b", b))]


def rnn_config(cls, units, sequences, backwards, consume):
    config = dict(return_sequences=sequences, go_backwards=backwards, stateful=False, unroll=False, consume_less=consume, input_dim=None, input_length=None, output_dim=units, init="glorot_uniform", inner_init="orthogonal", activation="tanh", **RNN)
    if cls != "SimpleRNN":
        config["inner_activation"] = "hard_sigmoid"
    if cls == "LSTM":
        config["forget_bias_init"] = "one"
    return config


def rnn_layer(L, cls, units, sequences, backwards):
    kw = dict(return_sequences=sequences, go_backwards=backwards)
    if cls == "GRU":
        kw |= dict(reset_after=False, recurrent_activation="hard_sigmoid")
    if cls == "LSTM":
        kw |= dict(recurrent_activation="hard_sigmoid")
    return getattr(L, cls)(units, **kw)


def splitter(cls, consume):
    if cls == "SimpleRNN" or consume == "gpu":
        return lambda ws: list(zip(("W", "U", "b"), ws))
    return split_lstm if cls == "LSTM" else split_gru


def rnn(cls, units, sequences=False, backwards=False, consume="cpu"):
    config = rnn_config(cls, units, sequences, backwards, consume)
    return Old(cls, config, one(lambda L: rnn_layer(L, cls, units, sequences, backwards)), splitter(cls, consume))


def bidirectional(cls, units, merge="concat", sequences=False):
    inner = {"class_name": cls, "config": {"name": "inner_1", "trainable": True, **rnn_config(cls, units, sequences, False, "cpu")}}
    cut = splitter(cls, "cpu")

    def split(ws):
        half = len(ws) // 2
        return [(f"={way}_inner_1_{s}", a) for way, part in (("forward", ws[:half]), ("backward", ws[half:])) for s, a in cut(part)]

    return Old("Bidirectional", dict(layer=inner, merge_mode=merge), one(lambda L: L.Bidirectional(rnn_layer(L, cls, units, sequences, False), merge_mode=merge)), split)


def time_distributed(units):
    inner = {"class_name": "Dense", "config": {"name": "inner_2", "trainable": True, **dense(units).config}}
    return Old("TimeDistributed", dict(layer=inner), one(lambda L: L.TimeDistributed(L.Dense(units))), lambda ws: [("=inner_2_W", ws[0]), ("=inner_2_b", ws[1])])


def batch_normalization(axis=-1, epsilon=0.001):
    """running_std holds the variance."""
    config = dict(epsilon=epsilon, mode=0, axis=axis, momentum=0.99, gamma_regularizer=None, beta_regularizer=None)
    return Old("BatchNormalization", config, one(lambda L: L.BatchNormalization(axis=axis, epsilon=epsilon)), lambda ws: list(zip(("gamma", "beta", "running_mean", "running_std"), ws)))


def maxout(units, features):
    config = dict(output_dim=units, init="glorot_uniform", nb_feature=features, bias=True, input_dim=None, **NONE)

    def make(K):
        import tensorflow as tf

        d = K.layers.Dense(units * features)
        return lambda x: tf.reduce_max(K.layers.Reshape((features, units))(d(x)), axis=1), [d]

    def split(ws):
        w, b = ws
        return [("W", w.reshape(w.shape[0], features, units).transpose(1, 0, 2)), ("b", b.reshape(features, units))]

    return Old("MaxoutDense", config, make, split)


def highway(units, act="relu"):
    config = dict(init="glorot_uniform", transform_bias=-2, activation=act, bias=True, input_dim=None, **NONE)

    def make(K):
        d, t = K.layers.Dense(units, activation=act), K.layers.Dense(units, activation="sigmoid")

        def f(x):
            g = t(x)
            return d(x) * g + (1.0 - g) * x

        return f, [d, t]

    return Old("Highway", config, make, lambda ws: [("W", ws[0]), ("W_carry", ws[2]), ("b", ws[1]), ("b_carry", ws[3])])


def parametric_softplus(shape):
    """alpha * log(1 + exp(beta * x)), arrays of the input's shape."""

    def make(K):
        import tensorflow as tf

        class Softplus(K.layers.Layer):
            def build(self, s):
                self.alphas = self.add_weight("alpha", s[1:])
                self.betas = self.add_weight("alpha", s[1:])

            def call(self, x):
                return self.alphas * tf.math.softplus(self.betas * x)

        l = Softplus()
        return l, [l]

    return Old("ParametricSoftplus", dict(alpha_init=0.2, beta_init=5.0), make, lambda ws: list(zip(("alphas", "betas"), ws)))


def leaky(alpha):
    return plain("LeakyReLU", dict(alpha=alpha), lambda L: L.LeakyReLU(alpha=alpha))


def elu(alpha):
    return plain("ELU", dict(alpha=alpha), lambda L: L.ELU(alpha))


def prelu():
    return Old("PReLU", dict(init="zero", shared_axes=None), one(lambda L: L.PReLU()), lambda ws: [("alphas", ws[0])])


def ordered(order, make):
    """In th order: TensorFlow's CPU kernels want the channels last, so turn, compute, turn back."""

    def f(K):
        layer = make(K.layers)
        if order == "tf":
            return layer, [layer]
        return lambda x: K.layers.Permute((3, 1, 2))(layer(K.layers.Permute((2, 3, 1))(x))), [layer]

    return f


def conv2d(filters, rows, cols, order="tf", act="linear", border="valid", subsample=(1, 1), cls="Convolution2D", atrous=None, bias=True):
    config = dict(nb_filter=filters, nb_row=rows, nb_col=cols, init="glorot_uniform", activation=act, border_mode=border, subsample=list(subsample), dim_ordering=order, bias=bias, **NONE)
    kw = dict(activation=act, padding=border, strides=subsample, use_bias=bias)
    if atrous:
        config["atrous_rate"], kw["dilation_rate"] = list(atrous), atrous
    turn = (lambda w: w) if order == "tf" else (lambda w: w.transpose(3, 2, 0, 1))
    return Old(cls, config, ordered(order, lambda L: L.Conv2D(filters, (rows, cols), **kw)), lambda ws: [("W", turn(ws[0])), *[("b", w) for w in ws[1:]]])


def deconv2d(filters, rows, cols, output_shape, subsample, border):
    config = dict(nb_filter=filters, nb_row=rows, nb_col=cols, init="glorot_uniform", activation="linear", border_mode=border, subsample=list(subsample), dim_ordering="tf", bias=True, output_shape=[None, *output_shape], **NONE)
    return Old("Deconvolution2D", config, one(lambda L: L.Conv2DTranspose(filters, (rows, cols), strides=subsample, padding=border)), lambda ws: [("W", ws[0].transpose(0, 1, 3, 2)), ("b", ws[1])])


def separable2d(filters, rows, cols):
    config = dict(nb_filter=filters, nb_row=rows, nb_col=cols, init="glorot_uniform", activation="linear", border_mode="same", subsample=[1, 1], depth_multiplier=1, dim_ordering="tf", bias=True, depthwise_regularizer=None, pointwise_regularizer=None, b_regularizer=None, activity_regularizer=None, depthwise_constraint=None, pointwise_constraint=None, b_constraint=None)
    return Old("SeparableConvolution2D", config, one(lambda L: L.SeparableConv2D(filters, (rows, cols), padding="same")), lambda ws: list(zip(("depthwise_kernel", "pointwise_kernel", "b"), ws)))


def conv1d(filters, length, act="linear", border="valid", subsample=1, cls="Convolution1D", atrous=None):
    config = dict(nb_filter=filters, filter_length=length, init="glorot_uniform", activation=act, border_mode=border, subsample_length=subsample, bias=True, input_dim=None, input_length=None, **NONE)
    kw = dict(activation=act, padding=border, strides=subsample)
    if atrous:
        config["atrous_rate"], kw["dilation_rate"] = atrous, atrous
    return Old(cls, config, one(lambda L: L.Conv1D(filters, length, **kw)), lambda ws: [("W", ws[0][:, None]), ("b", ws[1])])


def pool2d(kind, size=(2, 2), strides=None, border="valid", order="tf"):
    strides = strides or size
    config = dict(pool_size=list(size), strides=list(strides), border_mode=border, dim_ordering=order)
    make = ordered(order, lambda L: getattr(L, f"{kind}Pooling2D")(size, strides, padding=border))
    return Old(f"{kind}Pooling2D", config, lambda K: (make(K)[0], []))


def pool1d(kind, length=2):
    return plain(f"{kind}Pooling1D", dict(pool_length=length, stride=length, border_mode="valid"), lambda L: getattr(L, f"{kind}Pooling1D")(length))


def global_pool2d(kind):
    return plain(f"Global{kind}Pooling2D", dict(dim_ordering="tf"), lambda L: getattr(L, f"Global{kind}Pooling2D")())


def zero_padding2d(padding):
    """A dict by side, as Keras 1 allowed."""
    top, bottom, left, right = padding
    return plain("ZeroPadding2D", dict(padding=dict(top_pad=top, bottom_pad=bottom, left_pad=left, right_pad=right), dim_ordering="tf"), lambda L: L.ZeroPadding2D(((top, bottom), (left, right))))


def cropping2d(cropping):
    return plain("Cropping2D", dict(cropping=[list(c) for c in cropping], dim_ordering="tf"), lambda L: L.Cropping2D(cropping))


def upsampling2d(size):
    return plain("UpSampling2D", dict(size=list(size), dim_ordering="tf"), lambda L: L.UpSampling2D(size))


def upsampling1d(length):
    return plain("UpSampling1D", dict(length=length), lambda L: L.UpSampling1D(length))


def noise(cls, **config):
    return plain(cls, config, lambda L: L.Activation("linear"))


def merge(mode, inbound, make, concat_axis=-1, dot_axes=-1):
    config = dict(mode=mode, concat_axis=concat_axis, dot_axes=dot_axes, output_shape=None, output_mask=None, arguments={}, mode_type="raw", output_shape_type="raw", output_mask_type="raw")
    return Old("Merge", config, lambda K: (make(K.layers), []), inbound=tuple(inbound))


def on(old, *inbound):
    return dataclasses.replace(old, inbound=inbound)


def own(cls, config, names, formula):
    """A layer that tf_keras lacks: arrays of the input's shape, and what is computed with them."""

    def make(K):
        class Own(K.layers.Layer):
            def build(self, s):
                self.arrays = [self.add_weight(n, s[1:] if cls != "BatchNormalization" else s[-1:]) for n in names]

            def call(self, x):
                import tensorflow as tf

                return formula(tf, x, *self.arrays)

        l = Own()
        return l, [l]

    return Old(cls, config, make, lambda ws: list(zip(names, ws)))


def srelu():
    def formula(tf, x, tl, al, tr, ar):
        right = tl + tf.abs(tr)
        return tl + tf.minimum(tf.nn.relu(x - tl), right - tl) - al * tf.nn.relu(tl - x) + tf.nn.relu(x - right) * ar

    config = dict(t_left_init="zero", a_left_init="glorot_uniform", t_right_init="glorot_uniform", a_right_init="one", shared_axes=None)
    return own("SReLU", config, ("t_left", "a_left", "t_right", "a_right"), formula)


def batch_mode(mode):
    """By a sample's own features (1), or by the batch (2)."""

    def formula(tf, x, gamma, beta, mean, std):
        axes = [-1] if mode == 1 else [0]
        m, v = tf.reduce_mean(x, axes, keepdims=True), tf.math.reduce_variance(x, axes, keepdims=True)
        return gamma * (x - m) / (tf.sqrt(v + 0.001) + (0.001 if mode == 1 else 0.0)) + beta

    config = dict(epsilon=0.001, mode=mode, axis=-1, momentum=0.99, gamma_regularizer=None, beta_regularizer=None)
    return own("BatchNormalization", config, ("gamma", "beta", "running_mean", "running_std"), formula)


def conv3d(filters, size, order="tf"):
    config = dict(nb_filter=filters, init="glorot_uniform", activation="linear", border_mode="valid", subsample=[1, 1, 1], dim_ordering=order, bias=True, **NONE)
    config |= {f"kernel_dim{i + 1}": n for i, n in enumerate(size)}

    def make(K):
        layer = K.layers.Conv3D(filters, size)
        if order == "tf":
            return layer, [layer]
        return lambda x: K.layers.Permute((4, 1, 2, 3))(layer(K.layers.Permute((2, 3, 4, 1))(x))), [layer]

    turn = (lambda w: w) if order == "tf" else (lambda w: w.transpose(4, 3, 0, 1, 2))
    return Old("Convolution3D", config, make, lambda ws: [("W", turn(ws[0])), ("b", ws[1])])


def deconv2d_th(filters, size, output_shape):
    config = dict(nb_filter=filters, nb_row=size, nb_col=size, init="glorot_uniform", activation="linear", border_mode="same", subsample=[2, 2], dim_ordering="th", bias=True, output_shape=[None, *output_shape], **NONE)
    make = ordered("th", lambda L: L.Conv2DTranspose(filters, size, strides=2, padding="same"))
    return Old("Deconvolution2D", config, make, lambda ws: [("W", ws[0].transpose(2, 3, 0, 1)), ("b", ws[1])])


def conv_lstm(filters, size):
    config = dict(return_sequences=False, go_backwards=False, stateful=False, nb_filter=filters, nb_row=size, nb_col=size, init="glorot_uniform", inner_init="orthogonal", forget_bias_init="one", activation="tanh", inner_activation="hard_sigmoid", dim_ordering="tf", border_mode="same", subsample=[1, 1], **RNN)

    def split(ws):
        w, u, b = ws
        where = dict(i=0, f=1, c=2, o=3)
        return [(f"{k}_{g}", a[..., where[g] * filters : (where[g] + 1) * filters]) for g in "icfo" for k, a in (("W", w), ("U", u), ("b", b))]

    return Old("ConvLSTM2D", config, one(lambda L: L.ConvLSTM2D(filters, size, padding="same", recurrent_activation="hard_sigmoid")), split)


def local1d(filters, length):
    config = dict(nb_filter=filters, filter_length=length, init="glorot_uniform", activation="linear", border_mode="valid", subsample_length=1, bias=True, input_dim=None, input_length=None, **NONE)
    return Old("LocallyConnected1D", config, one(lambda L: L.LocallyConnected1D(filters, length)), w_b)


def theano(old):
    """Its kernels are turned: Theano convolves, TensorFlow correlates."""
    return dataclasses.replace(old, split=lambda ws: [(n, a[..., ::-1, ::-1] if n == "W" else a) for n, a in old.split(ws)])


def unordered(old):
    """From before dim_ordering."""
    return dataclasses.replace(old, config={k: v for k, v in old.config.items() if k != "dim_ordering"})


class MergeFirst:
    """A Sequential that begins with a Merge of two Sequentials, each with an input of its own."""

    branches = (("left", (6,), dense(4, "relu")), ("right", (5, 3), rnn("LSTM", 4)))
    top = ("top", dense(2))

    def build(self, K):
        xs, ys, self.owners = [], [], []
        for name, shape, old in self.branches:
            f, layers = old.make(K)
            xs.append(K.Input(shape))
            ys.append(f(xs[-1]))
            self.owners.append((name, old, layers))
        f, layers = self.top[1].make(K)
        self.owners.append((self.top[0], self.top[1], layers))
        model = K.Model(xs, f(K.layers.Concatenate()(ys)))
        model.owners = self.owners
        return model

    def architecture(self):
        branch = [
            {"class_name": "Sequential", "config": [{"class_name": o.cls, "config": {"name": n, "trainable": True, "batch_input_shape": [None, *s], "input_dtype": "float32", **o.config}}]}
            for n, s, o in self.branches
        ]
        merged = dict(name="merge_1", mode="concat", concat_axis=-1, dot_axes=-1, output_shape=None, output_mask=None, arguments={}, mode_type="raw", output_shape_type="raw", output_mask_type="raw", layers=branch)
        top = {"class_name": self.top[1].cls, "config": {"name": self.top[0], "trainable": True, **self.top[1].config}}
        return {"class_name": "Sequential", "config": [{"class_name": "Merge", "config": merged}, top], "keras_version": "1.2.2"}

    layers = (*((n, o) for n, _, o in branches), ("merge_1", Old("Merge", {}, None)), top)
    weights = OldModel.weights
    graph, ending = False, ":0"


# -- cases -----------------------------------------------------------------------------------------------------------


def case(name, shows, shape, layers, dtype="float32", graph=False, outputs=(), inputs=(normal(),), forms=("keras1",), ending=":0", **kw):
    named = tuple(l if isinstance(l, tuple) else (f"{l.cls.lower()}_{i + 1}", l) for i, l in enumerate(layers))
    model = OldModel(shape, dtype, named, graph, outputs, ending)
    return Case(
        f"keras1_{name}", model.build, shows, inputs, dialects=(KERAS1,), absent="Keras 1's own", formats=forms, old=model,
        variants=((1, 0),), **kw,
    )



MLP = [dense(6, "relu"), dropout(0.3), batch_normalization(), dense(3, "softmax")]
TEXT = [embedding(12, 4, 5), rnn("LSTM", 5), dense(1, "sigmoid")]

MERGED = [
    ("a", on(dense(4, "tanh"), "input_1")),
    ("b", on(dense(4, "relu"), "input_1")),
    ("sum", merge("sum", "ab", lambda L: L.Add())),
    ("mul", merge("mul", "ab", lambda L: L.Multiply())),
    ("ave", merge("ave", "ab", lambda L: L.Average())),
    ("max", merge("max", "ab", lambda L: L.Maximum())),
    ("concat", merge("concat", "ab", lambda L: L.Concatenate())),
    ("dot", merge("dot", "ab", lambda L: L.Dot(1), dot_axes=[1, 1])),
    ("cos", merge("cos", "ab", lambda L: (lambda xs: L.Reshape((1, 1))(L.Dot(1, normalize=True)(xs))), dot_axes=[1, 1])),
]

MERGE_FIRST = MergeFirst()

CASES = [
    case("mlp", "Dense, Dropout(p), BatchNormalization with running_std; a list config", (5,), MLP),
    case("mlp_weights", "the same, JSON and weights-only h5", (5,), MLP, forms=("keras1-json",)),
    case("mlp_yaml", "the same, YAML and weights-only h5", (5,), MLP, forms=("keras1-yaml",)),
    case("lstm", "LSTM in twelve arrays, hard_sigmoid", (5, 3), [rnn("LSTM", 4, True), rnn("LSTM", 3), dense(2)]),
    case("lstm_gpu", "LSTM with consume_less=gpu in three arrays", (5, 3), [rnn("LSTM", 4, consume="gpu"), dense(2)]),
    case("gru", "GRU in nine arrays", (5, 3), [rnn("GRU", 4, True, True), rnn("GRU", 3), dense(2)]),
    case("simple_rnn", "SimpleRNN", (5, 3), [rnn("SimpleRNN", 4), dense(2)]),
    case("bidirectional", "Bidirectional(LSTM), Bidirectional(GRU)", (5, 3), [bidirectional("LSTM", 3, sequences=True), bidirectional("GRU", 2, "sum")]),
    case("text", "Embedding, LSTM, Dense", (5,), TEXT, "int32", inputs=(tokens(12),)),
    case("text_masked", "Embedding(mask_zero)", (5,), [embedding(12, 4, 5, True), rnn("GRU", 5), dense(2)], "int32", inputs=(padded_tokens(12),), batch=4),
    case("masking", "Masking, LSTM, RepeatVector, TimeDistributed", (5, 3), [masking(), rnn("LSTM", 4), repeat(3), rnn("LSTM", 3, True), time_distributed(2)]),
    case("time_distributed_dense", "TimeDistributedDense", (4, 3), [time_distributed_dense(5, "tanh"), flatten(), dense(2)]),
    case("maxout_highway", "MaxoutDense, Highway", (5,), [maxout(4, 3), highway(4), dense(2)], no_f64="written with float32 constants"),
    case("activations", "LeakyReLU, ELU, PReLU, Activation", (5,), [dense(4), leaky(0.2), dense(4), elu(0.7), dense(4), prelu(), dense(3), activation("hard_sigmoid")]),
    case("parametric_softplus", "ParametricSoftplus", (5,), [dense(4), parametric_softplus((4,))], no_f64="a layer of its own"),
    case("cnn_tf", "Convolution2D in tf order", (8, 7, 3), [conv2d(4, 3, 3, act="relu"), pool2d("Max"), zero_padding2d((1, 0, 2, 1)), conv2d(3, 2, 3, border="same", subsample=(2, 1)), flatten(), dense(3)]),
    case("cnn_th", "Convolution2D in th order", (3, 8, 7), [conv2d(4, 3, 3, "th", act="relu"), pool2d("Average", (2, 2), (1, 2), order="th"), conv2d(3, 2, 2, "th", border="same"), batch_normalization(axis=1), flatten(), dense(3)]),
    case("atrous", "AtrousConvolution2D", (8, 8, 2), [conv2d(3, 3, 3, cls="AtrousConvolution2D", atrous=(2, 2)), upsampling2d((2, 1)), cropping2d(((1, 0), (0, 1))), global_pool2d("Average")]),
    case("deconv", "Deconvolution2D, SeparableConvolution2D", (4, 4, 3), [separable2d(4, 3, 3), deconv2d(2, 3, 3, (9, 9, 2), (2, 2), "valid"), global_pool2d("Max")]),
    case("conv1d", "Convolution1D with its kernel of four axes, AtrousConvolution1D", (12, 3), [conv1d(4, 3, "relu"), pool1d("Max"), conv1d(3, 2, cls="AtrousConvolution1D", atrous=2), upsampling1d(2), pool1d("Average"), flatten(), dense(2)]),
    case("noise", "GaussianNoise(sigma), GaussianDropout(p), SpatialDropout1D(p)", (4, 3), [noise("GaussianNoise", sigma=0.1), noise("GaussianDropout", p=0.2), noise("SpatialDropout1D", p=0.2), flatten(), dense(2)]),
    case("shapes", "Reshape, Permute", (4, 3), [reshape((2, 6)), permute((2, 1)), flatten(), dense(2)]),
    case("merge", "a Model with Merge in every mode", (5,), MERGED, graph=True, outputs=("sum", "mul", "ave", "max", "concat", "dot", "cos")),
    case("conv3d_th", "Convolution3D in th order", (2, 5, 4, 4), [conv3d(3, (3, 2, 2), "th"), flatten(), dense(2)]),
    case("conv3d_tf", "Convolution3D in tf order", (5, 4, 4, 2), [conv3d(3, (3, 2, 2)), flatten(), dense(2)]),
    case("deconv_th", "Deconvolution2D in th order", (2, 4, 3), [deconv2d_th(3, 3, (3, 8, 6)), flatten(), dense(2)]),
    case("conv_lstm", "ConvLSTM2D in twelve arrays", (3, 5, 4, 2), [conv_lstm(2, 2), flatten(), dense(2)]),
    case("local1d", "LocallyConnected1D", (7, 3), [local1d(2, 3), flatten(), dense(2)]),
    case("gru_gpu", "GRU with consume_less=gpu", (5, 3), [rnn("GRU", 4, consume="gpu"), dense(2)]),
    case("srelu", "SReLU", (5,), [dense(4), srelu(), dense(2)], no_f64="a layer of its own"),
    case("batch_normalization_modes", "BatchNormalization modes 1 and 2", (5,), [dense(4), batch_mode(1), dense(4), batch_mode(2)], no_f64="a layer of its own", batch=5),
    case("theano", "written by Theano: kernels turned, names without :0", (3, 8, 7), [theano(conv2d(4, 3, 2, "th")), pool2d("Max", order="th"), theano(conv2d(3, 2, 2, "th")), flatten(), dense(3)], ending=""),
    case("no_ordering", "dim_ordering is missing: the kernels tell it", (3, 8, 7), [unordered(conv2d(4, 3, 2, "th")), unordered(pool2d("Max", order="th")), flatten(), dense(3)]),
    Case("keras1_merge_first", MERGE_FIRST.build, "a Sequential that begins with a Merge of two", (normal(),), dialects=(KERAS1,), absent="Keras 1's own", formats=("keras1",), old=MERGE_FIRST, variants=((1, 0),)),
]
