"""Write the benchmark models with random weights: python models.py OUT [NAME ...]"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tf_keras as keras
from tf_keras import layers as L


def stack(shape, *layers, dtype="float32"):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *layers])


def dilated():
    """A causal stack on 512 audio samples."""
    x = inp = keras.Input((512, 1))
    x = L.Conv1D(16, 1)(x)
    for d in (1, 2, 4, 8, 16, 32, 64, 128):
        y = L.Conv1D(16, 3, padding="causal", dilation_rate=d, activation="relu")(x)
        x = L.Add()([x, L.Conv1D(16, 1)(y)])
    return keras.Model(inp, L.Conv1D(1, 1, activation="tanh")(x))


def encoder(length, dim, heads, ffn, depth):
    x = inp = keras.Input((length, dim))
    for _ in range(depth):
        a = L.MultiHeadAttention(heads, dim // heads)(x, x)
        x = L.LayerNormalization(epsilon=1e-6)(L.Add()([x, a]))
        f = L.Dense(dim)(L.Dense(ffn, activation="gelu")(x))
        x = L.LayerNormalization(epsilon=1e-6)(L.Add()([x, f]))
    return keras.Model(inp, x)


MODELS = {
    "lstm": lambda: stack((32,), L.Embedding(100, 1), L.LSTM(32), L.Dense(1), dtype="int32"),
    "bilstm": lambda: stack((32,), L.Embedding(100, 3), L.Bidirectional(L.LSTM(32)), L.Dense(1), dtype="int32"),
    "stacked_lstm": lambda: stack((32,), L.Embedding(100, 32), L.LSTM(32, return_sequences=True), L.LSTM(32), L.Dense(1), dtype="int32"),
    "sentiment_lstm": lambda: stack((80,), L.Embedding(20000, 128), L.LSTM(128), L.Dense(1, activation="sigmoid"), dtype="int32"),
    "stacked_gru": lambda: stack((100,), L.Embedding(20000, 128), L.GRU(256, return_sequences=True), L.GRU(256), L.Dense(1), dtype="int32"),
    "mlp": lambda: stack((784,), L.Dense(512, activation="relu"), L.Dense(512, activation="relu"), L.Dense(10, activation="softmax")),
    "cnn": lambda: stack((28, 28, 1), L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(2), L.Conv2D(64, 3, activation="relu"),
                         L.MaxPooling2D(2), L.Flatten(), L.Dense(10, activation="softmax")),
    "dilated": dilated,
    "encoder": lambda: encoder(128, 256, 8, 1024, 4),
    "mobilenetv2": lambda: keras.applications.MobileNetV2(weights=None),
    "resnet50": lambda: keras.applications.ResNet50(weights=None),
}

if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or MODELS:
        keras.utils.set_random_seed(1)
        MODELS[name]().save(out / f"{name}.h5")
        print(out / f"{name}.h5")
