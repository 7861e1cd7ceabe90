"""Fixtures by the Keras that wrote such files: KERAS_BACKEND=... python scripts/old_keras.py CASE... --rows ROWS

Runs in a Python with that old Keras (3.6 and newer will do) and writes fixtures/old/ and a row of the manifest a line;
`make_fixtures.py --rows ROWS` then adds the rows. The case says which Keras it is for; others refuse.
"""

from __future__ import print_function

import argparse
import io
import json
import os
import sys

import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "fixtures", "old")

if os.environ.get("KERAS_BACKEND") == "theano":
    import theano.ifelse  # Keras 1 uses it without importing it

try:
    import keras
    from keras import backend as K
    from keras import layers as L
    from keras.models import Model, Sequential
except ImportError:
    from tensorflow import keras
    from tensorflow.keras import Model, Sequential
    from tensorflow.keras import backend as K
    from tensorflow.keras import layers as L

CASES = {}


class Case(object):
    def __init__(self, version, backend, shows, build, inputs, formats, again):
        self.version, self.backend, self.shows, self.build = version, backend, shows, build
        self.inputs, self.formats, self.again = inputs, formats, again


def case(version, backend, shows, inputs, formats=("h5",), again=False):
    """inputs are shapes without the batch, or the size of a vocabulary and a length."""

    def add(build):
        CASES["old_" + build.__name__] = Case(version, backend, shows, build, inputs, formats, again)
        return build

    return add


# -- Keras 1 ---------------------------------------------------------------------------------------------------------


@case("1.2.2", "theano", "paddings, croppings, upsamplings do not say dim_ordering, PReLU not its shared_axes; Theano's SReLU and LocallyConnected2D", [(3, 5, 4)])
def keras1_theano():
    K.set_image_dim_ordering("th")
    m = Sequential()
    m.add(L.ZeroPadding2D((1, 2), input_shape=(3, 5, 4)))
    m.add(L.Convolution2D(2, 2, 3, border_mode="same"))
    m.add(L.PReLU(shared_axes=[2, 3]))
    m.add(L.UpSampling2D((1, 2)))
    m.add(L.Cropping2D(((1, 2), (3, 0))))
    m.add(L.SReLU())
    m.add(L.MaxPooling2D((3, 2), strides=(1, 2), border_mode="same"))
    m.add(L.LocallyConnected2D(2, 2, 3))
    return m


@case("1.2.2", "theano", "Theano's padding of transposed convolutions and of even windows in ConvLSTM2D", [(2, 3, 4), (2, 2, 4, 3)])
def keras1_theano_windows():
    K.set_image_dim_ordering("th")
    a, b = L.Input((2, 3, 4)), L.Input((2, 2, 4, 3))
    y = L.Deconvolution2D(2, 3, 3, output_shape=(None, 2, 6, 8), subsample=(2, 2), border_mode="same")(a)
    return Model([a, b], [y, L.ConvLSTM2D(2, 3, 2, border_mode="same")(b)])


@case("1.2.2", "tensorflow", "loaded and saved again in one session: TensorFlow's names end in _1", [(9, 4)], again=True)
def keras1_again():
    m = Sequential()
    m.add(L.Embedding(9, 3, input_length=4))
    m.add(L.LSTM(2, return_sequences=True))
    m.add(L.Bidirectional(L.GRU(2)))
    m.add(L.BatchNormalization())
    m.add(L.Dense(2))
    return m


@case("1.2.2", "tensorflow", "Merge by a lambda", [(3,), (3,)])
def keras1_merge_lambda():
    a, b = L.Input((3,)), L.Input((3,))
    x, y = L.Dense(2)(a), L.Dense(2)(b)
    return Model([a, b], L.merge([x, y], mode=lambda x: x[0] - 2 * x[1], output_shape=lambda s: s[0]))


def normalizations(modes):
    i = L.Input((3,))
    return Model(i, [L.BatchNormalization(mode=m, epsilon=0.01)(i) for m in modes])


@case("1.0.3", "theano", "BatchNormalization of standard deviations, no version in the architecture", [(3,)], ("json",))
def keras103_batch_normalization():
    return normalizations([0, 1])


@case("1.0.5", "theano", "BatchNormalization of standard deviations, all modes", [(3,)], ("json",))
def keras105_batch_normalization():
    return normalizations([0, 1, 2])


@case("1.0.6", "theano", "BatchNormalization of standard deviations, on Theano only", [(3,)], ("json",))
def keras106_batch_normalization():
    return normalizations([0, 1, 2])


# -- Keras 2 ---------------------------------------------------------------------------------------------------------


@case("2.0.9", "theano", "averages that count Theano's padding, its padding of transposed convolutions", [(4, 3, 2)])
def keras20_theano():
    i = L.Input((4, 3, 2))
    x = L.Conv2DTranspose(2, 3, strides=2, padding="same")(i)
    return Model(i, L.AveragePooling2D(3, strides=2, padding="same")(x))


@case("2.3.1", "theano", "depthwise convolutions, which Theano does not turn; bilinear upsampling", [(4, 3, 2)])
def keras23_theano():
    i = L.Input((4, 3, 2))
    x = L.SeparableConv2D(2, 3, padding="same", strides=2)(i)
    x = L.UpSampling2D(2, interpolation="bilinear")(x)
    return Model(i, L.DepthwiseConv2D(2, depth_multiplier=2)(x))


@case("2.2.4", "tensorflow", "a Sequential that begins with an InputLayer, which this Keras forgets to write", [(3,)], ("h5", "json"))
def keras22_forgotten_input():
    return Sequential([L.InputLayer((3,)), L.Dense(2), L.BatchNormalization()])


@case("2.2.4", "tensorflow", "bilinear upsampling by corners; NumPy scalars in YAML", [(3, 2, 2)], ("h5", "yaml"))
def keras22_bilinear():
    i = L.Input((3, 2, 2))
    x = L.UpSampling2D((2, 3), interpolation="bilinear")(i)
    return Model(i, L.ReLU(6.0, negative_slope=0.25)(x))


# -- tf.keras --------------------------------------------------------------------------------------------------------


@case("2.3.0-tf", "tensorflow", "YAML with lists of tf.keras, NumPy arrays and numbers for keys", [(4, 3)], ("yaml",))
def tf21_yaml():
    i = keras.Input((4, 3))
    return Model(i, L.BatchNormalization()(i * 2.0)[:, 1:3])


@case("2.13.1", "tensorflow", "a number is skipped between layers of one class", [(3, 2)], ("keras",))
def tf213_numbers():
    return Sequential([L.LSTM(2, return_sequences=True, input_shape=(3, 2)), L.LSTM(1, return_sequences=True), L.GRU(2), L.Dense(1)])


# -- making ----------------------------------------------------------------------------------------------------------


def version():
    return getattr(keras, "__version__", None)


def backend():
    return K.backend() if hasattr(K, "backend") else K._BACKEND


def randomise(model, rng):
    """Nothing stays 0 or 1. Variances and deviations are positive."""
    for layer in model.layers:
        values = []
        for v, w in zip(layer.trainable_weights + layer.non_trainable_weights, layer.get_weights()):
            r = rng.randn(*w.shape) * 0.7
            values.append((np.abs(r) + 0.2 if "std" in v.name or "variance" in v.name else r).astype(w.dtype))
        layer.set_weights(values)


def arrays(c, rng, batch):
    out = []
    for shape in c.inputs:
        if c.again:  # tokens
            out.append(rng.randint(0, shape[0], (batch, shape[1])).astype("int32"))
        else:
            out.append(rng.randn(*((batch,) + shape)).astype("float32"))
    return out


def as_list(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def make(name):
    c = CASES[name]
    if version() != c.version or backend() != c.backend:
        sys.exit("%s is for Keras %s on %s; this is %s on %s" % (name, c.version, c.backend, version(), backend()))
    rng = np.random.RandomState(sum(map(ord, name)))
    np.random.seed(1)
    model = c.build()
    randomise(model, rng)
    golden = {}
    for prefix, batch in (("", 3), ("v1_", 2)):
        xs = arrays(c, rng, batch)
        ys = as_list(model.predict(xs if len(xs) > 1 else xs[0]))
        golden.update(("%sin%d" % (prefix, i), x) for i, x in enumerate(xs))
        golden.update(("%sout%d" % (prefix, i), y) for i, y in enumerate(ys))
    base = os.path.join(FOLDER, name)
    if not os.path.isdir(FOLDER):
        os.makedirs(FOLDER)
    np.savez(base + ".npz", **golden)
    files = []
    for ext in c.formats:
        path, weights = "old/%s.%s" % (name, ext), "old/%s.weights.h5" % name
        if ext in ("h5", "keras"):
            if os.path.exists(base + "." + ext):
                os.remove(base + "." + ext)
            model.save(base + "." + ext)
            if c.again:
                keras.models.load_model(base + "." + ext).save(base + "." + ext)
            files.append({"path": path, "format": ext, "all": [path]})
            continue
        text = model.to_json() if ext == "json" else model.to_yaml()
        with io.open(base + "." + ext, "w") as f:
            f.write(text if isinstance(text, type(u"")) else text.decode())
        model.save_weights(base + ".weights.h5", overwrite=True)
        files.append({"path": path, "weights": weights, "format": ext + "+h5", "all": [path, weights]})
    names = [x.name.split(":")[0] for x in model.inputs]
    return {
        "name": name, "dialect": "old", "files": files, "golden": "old/%s.npz" % name, "keras_version": version(),
        "tf_version": "", "layers": sorted(set(type(l).__name__ for l in model.layers)), "options": c.shows,
        "inputs": [{"name": n, "dtype": str(golden["in%d" % i].dtype), "shape": [None] + list(golden["in%d" % i].shape[1:])} for i, n in enumerate(names)],
        "outputs": [{"name": "out%d" % i, "dtype": str(y.dtype), "shape": list(y.shape)} for i, y in enumerate(golden["out%d" % i] for i in range(len(ys)))],
        "variants": 1, "params": int(sum(w.size for w in model.get_weights())), "notes": "written by Keras %s on %s" % (c.version, c.backend),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", required=True, help="the file that gets a line for each case")
    parser.add_argument("cases", nargs="+", choices=sorted(CASES))
    args = parser.parse_args()
    for name in args.cases:
        row = make(name)
        with open(args.rows, "a") as f:
            f.write(json.dumps(row, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
