"""Trains the small models of examples/ and writes them to examples/models.

    python scripts/examples.py [NAME...]

needs tensorflow. The data are made up; seeds are fixed, so that a run makes
models that behave alike, though not to the bit.
"""

import os
import pathlib
import random
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

ROOT = pathlib.Path(__file__).resolve().parent.parent / "examples"
MODELS = ROOT / "models"


def sentiment():
    """Text in, score out: TextVectorization, Embedding, GRU."""
    good = "good great wonderful lovely brilliant delightful superb charming moving excellent fun clever".split()
    bad = "bad awful terrible boring dull dreadful poor clumsy tedious horrible weak silly".split()
    things = "film movie plot story acting cast script ending music scene director dialogue".split()
    rng = random.Random(1)

    def sentence():
        positive = rng.random() < 0.5
        words = good if positive else bad
        negated = rng.random() < 0.3
        adjective = rng.choice(bad if positive else good) if negated else rng.choice(words)
        subject = f"{rng.choice(['the', 'this', 'its'])} {rng.choice(things)}"
        verb = rng.choice(["was", "is"]) + (" " + rng.choice(["not", "never"]) if negated else "")
        extra = rng.choice(["", " really", " very", " quite"]) if not negated else ""
        more = rng.choice(["", f" and {rng.choice(words)}", f" with {rng.choice(words)} {rng.choice(things)}"])
        text = f"{subject} {verb}{extra} {adjective}{more if not negated else ''}"
        return text + rng.choice(["", ".", "!"]), float(positive)

    data = [sentence() for _ in range(6000)]
    texts = np.array([[t] for t, _ in data], dtype=object)
    labels = np.array([[y] for _, y in data], dtype="float32")
    vectorize = layers.TextVectorization(output_sequence_length=16)
    vectorize.adapt([t for t, _ in data])
    inputs = keras.Input((1,), dtype="string", name="text")
    x = vectorize(inputs)
    x = layers.Embedding(vectorize.vocabulary_size(), 12, mask_zero=True)(x)
    x = layers.GRU(12)(x)
    outputs = layers.Dense(1, activation="sigmoid", name="score")(x)
    model = keras.Model(inputs, outputs, name="sentiment")
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    model.fit(tf.constant(texts.astype(str)), labels, batch_size=64, epochs=6, verbose=2)
    strip(model).save(MODELS / "sentiment.keras")
    show(model, tf.constant([["What a wonderful movie!"], ["The plot was dull and the acting was terrible."], ["It was not bad."]]))


SHAPES = ["circle", "square", "triangle", "cross"]


def draw(kind, rng, size=24):
    """A grey image, 0 to 255, of a shape's outline on black."""
    r = rng.uniform(6, 10)
    cx, cy = (rng.uniform(r + 1, size - r - 1) for _ in range(2))
    ink, half, turn = rng.uniform(150, 255), rng.uniform(0.5, 1.1), rng.uniform(-0.25, 0.25)
    y, x = np.mgrid[:size, :size] + 0.5

    def line(a, b):  # the distance of each pixel from a line
        (ax, ay), (bx, by) = a, b
        t = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2), 0, 1)
        return np.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay))

    def at(angle):
        return cx + r * np.sin(angle + turn), cy - r * np.cos(angle + turn)

    if kind == "circle":
        distance = np.abs(np.hypot(x - cx, y - cy) - r)
    elif kind == "cross":
        distance = np.minimum(*(line(at(a), at(a + np.pi)) for a in (np.pi / 4, 3 * np.pi / 4)))
    else:
        n = {"square": 4, "triangle": 3}[kind]
        corners = [at((i + (0.5 if n == 4 else 0)) * 2 * np.pi / n) for i in range(n + 1)]
        distance = np.minimum.reduce([line(a, b) for a, b in zip(corners, corners[1:])])
    return ink * np.clip(half + 0.5 - distance, 0, 1)


def shapes():
    """Image classification: convolutions over 24x24 grey images of 0..255."""
    rng = random.Random(2)
    kinds = [rng.randrange(4) for _ in range(6000)]
    images = np.stack([draw(SHAPES[k], rng) for k in kinds])[..., None]
    images = np.clip(images + np.random.default_rng(2).normal(0, 8, images.shape), 0, 255).astype("float32")
    model = keras.Sequential([
        keras.Input((24, 24, 1), name="image"),
        layers.Rescaling(1 / 255),
        layers.Conv2D(8, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(),
        layers.Conv2D(12, 3, use_bias=False, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 3, activation="relu"),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(4, activation="softmax", name="shape"),
    ], name="shapes")
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, np.array(kinds), batch_size=64, epochs=6, verbose=2, validation_split=0.1)
    strip(model).save(MODELS / "shapes.keras")
    rng = random.Random(3)
    for kind in SHAPES:
        image = np.round(draw(kind, rng)).astype("uint8")[..., None]
        tf.io.write_file(str(ROOT / "images" / "testdata" / f"{kind}.png"), tf.io.encode_png(image))
        show(model, image[None].astype("float32"))


TONES = ["silence", "low", "high", "rising"]
RATE, FRAME, WINDOW = 8000, 80, 60


def sound(segments, rng):
    """Samples for a list of (kind, frames)."""
    frequency = []
    for kind, frames in segments:
        n = frames * FRAME
        low, high = {"silence": (0, 0), "low": (350, 450), "high": (1100, 1300), "rising": (500, 1000)}[kind]
        f = np.linspace(low, high, n) if kind == "rising" else np.full(n, rng.uniform(low, high))
        frequency.append(f)
    f = np.concatenate(frequency)
    phase = 2 * np.pi * np.cumsum(f) / RATE + rng.uniform(0, 6)
    return np.where(f > 0, np.sin(phase) * rng.uniform(0.3, 0.8), 0) + rng.normal(0, 0.02, len(f))


def tones():
    """What a stream of sound holds, every 10 ms: causal convolutions and a stateful GRU's kind of model."""
    rng = np.random.default_rng(4)
    x, y = [], []
    for _ in range(1500):
        segments, left = [], WINDOW
        while left > 0:
            n = min(left, int(rng.integers(8, 30)))
            segments.append((TONES[rng.integers(4)], n))
            left -= n
        x.append(sound(segments, rng).reshape(WINDOW, FRAME))
        y.append(np.concatenate([np.full(n, TONES.index(k)) for k, n in segments]))
    x, y = np.stack(x).astype("float32"), np.stack(y)
    model = keras.Sequential([
        keras.Input((WINDOW, FRAME), name="frames"),
        layers.Dense(40, activation="relu"),
        layers.Conv1D(16, 3, padding="causal", activation="relu", name="near"),
        layers.Conv1D(16, 3, padding="causal", dilation_rate=2, activation="relu", name="far"),
        layers.GRU(16, return_sequences=True, name="gru"),
        layers.Dense(4, activation="softmax", name="tone"),
    ], name="tones")
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=15, verbose=2, validation_split=0.1)
    strip(model).save(MODELS / "tones.keras")


@keras.saving.register_keras_serializable(package="audio")
class Snake(layers.Layer):
    """x + sin(ax)^2 / a with a learned a for each channel."""

    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, shape):
        self.alpha = self.add_weight(name="alpha", shape=(shape[-1],), initializer=keras.initializers.Constant(self.start))

    def call(self, x):
        return x + keras.ops.square(keras.ops.sin(self.alpha * x)) / self.alpha

    def get_config(self):
        return {**super().get_config(), "start": self.start}


def snake():
    """A model with a layer of its own."""
    x = np.linspace(-3, 3, 400, dtype="float32")[:, None]
    model = keras.Sequential([
        keras.Input((1,), name="x"), layers.Dense(16), Snake(2.0), layers.Dense(16), Snake(2.0), layers.Dense(1, name="y"),
    ], name="snake")
    model.compile(keras.optimizers.Adam(0.01), "mse")
    keras.utils.set_random_seed(5)
    model.fit(x, np.sin(4 * x) + x / 2, batch_size=40, epochs=150, verbose=0)
    strip(model).save(MODELS / "snake.keras")
    show(model, np.array([[-1], [0], [0.5], [2]], "float32"))


def strip(model):
    """The model without its optimizer's state."""
    model.optimizer = None
    model.compiled = False
    return model


def show(model, x):
    print(model.name, np.round(model.predict(x, verbose=0), 4).tolist())


if __name__ == "__main__":
    (ROOT / "images" / "testdata").mkdir(parents=True, exist_ok=True)
    MODELS.mkdir(exist_ok=True)
    every = {f.__name__: f for f in (sentiment, shapes, tones, snake)}
    for name in sys.argv[1:] or every:
        keras.utils.set_random_seed(0)
        every[name]()
