#!/usr/bin/env python3
"""Build the models of keras.applications with random weights, for `kerasgo verify` by hand or in CI.

    python applications.py OUT [--only 'MobileNet*'] [--dialect keras3|keras2] [--format keras|h5]

For each model OUT gets <name>.keras and <name>.h5 and <name>.npz with inputs and outputs. BatchNormalization's
statistics are random too, and kept near what the layer sees, so that activations neither die nor explode. Nothing is downloaded.
"""

import argparse
import fnmatch
import os
import pathlib
import sys
import time
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

# name: input size
MODELS = {
    "MobileNet": 64,
    "MobileNetV2": 64,
    "MobileNetV3Small": 64,
    "MobileNetV3Large": 64,
    "EfficientNetB0": 64,
    "EfficientNetB1": 64,
    "EfficientNetB2": 64,
    "EfficientNetB3": 64,
    "EfficientNetB4": 64,
    "EfficientNetB5": 64,
    "EfficientNetB6": 64,
    "EfficientNetB7": 64,
    "EfficientNetV2B0": 64,
    "EfficientNetV2B1": 64,
    "EfficientNetV2B2": 64,
    "EfficientNetV2B3": 64,
    "EfficientNetV2S": 64,
    "EfficientNetV2M": 64,
    "EfficientNetV2L": 64,
    "ResNet50": 64,
    "ResNet101": 64,
    "ResNet152": 64,
    "ResNet50V2": 64,
    "ResNet101V2": 64,
    "ResNet152V2": 64,
    "DenseNet121": 64,
    "DenseNet169": 64,
    "DenseNet201": 64,
    "InceptionV3": 80,
    "InceptionResNetV2": 80,
    "Xception": 80,
    "NASNetMobile": 64,
    "NASNetLarge": 64,
    "ConvNeXtTiny": 64,
    "ConvNeXtSmall": 64,
    "ConvNeXtBase": 64,
    "VGG16": 64,
    "VGG19": 64,
}
CLASSES = 10


def build(K, name, size):
    kw = dict(weights=None, input_shape=(size, size, 3), classes=CLASSES, classifier_activation=None)
    if name.startswith("MobileNetV3"):
        kw["dropout_rate"] = 0.0
    return getattr(K.applications, name)(**kw)


def randomise(np, model, rng):
    """Kernels keep their initializers' scale; what starts at 0 or 1 is moved."""
    for w in model.weights:
        name = getattr(w, "path", w.name).split("/")[-1].split(":")[0]
        shape = tuple(w.shape)
        if "variance" in name:
            w.assign(rng.uniform(0.7, 1.4, shape))
        elif name == "gamma" and len(shape) == 1:
            w.assign(rng.uniform(0.8, 1.2, shape))
        elif name in ("beta", "bias", "moving_mean"):
            w.assign(rng.normal(0, 0.1, shape))
        elif len(shape) >= 2:
            receptive = int(np.prod(shape[:-2])) if len(shape) > 2 else 1
            fan = receptive * (1 if "depthwise" in name else shape[-2])
            w.assign(rng.normal(0, 1.2 / np.sqrt(fan), shape))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", help="a folder outside the repository")
    parser.add_argument("--only", action="append", help="model names, as a shell pattern; may be repeated")
    parser.add_argument("--dialect", choices=("keras3", "keras2"), default="keras3")
    parser.add_argument("--format", choices=("keras", "h5"), action="append", help="default: both (tf_keras: h5)")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    names = [n for n in MODELS if not args.only or any(fnmatch.fnmatch(n, p) for p in args.only)]
    if args.list:
        print(*names, sep="\n")
        return 0
    if not names:
        sys.exit("applications.py: no such model; --list lists them")
    try:
        import numpy as np

        if args.dialect == "keras3":
            import keras as K
        else:
            import tf_keras as K
    except ImportError as e:
        sys.exit(f"applications.py: {e}. Try: pip install tensorflow keras tf_keras")

    out = pathlib.Path(args.out, args.dialect)
    out.mkdir(parents=True, exist_ok=True)
    formats = args.format or (["keras", "h5"] if args.dialect == "keras3" else ["h5"])
    failed = 0
    for name in names:
        start = time.time()
        K.backend.clear_session()
        size = MODELS[name]
        try:
            model = build(K, name, size)
        except Exception as e:
            print(f"{name}: cannot be built: {type(e).__name__}: {e}", file=sys.stderr)
            failed += 1
            continue
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        randomise(np, model, rng)
        golden = {}
        for v, batch in enumerate((2, 1)):
            x = rng.uniform(0, 255, (batch, size, size, 3)).astype("float32")
            if not name.startswith(("Efficient", "MobileNetV3", "ConvNeXt")):  # these rescale by themselves
                x = x / 127.5 - 1
            y = np.asarray(model(x, training=False))
            prefix = f"v{v}_" if v else ""
            golden |= {f"{prefix}in0": x.astype("float32"), f"{prefix}out0": y}
        if not np.isfinite(y).all() or np.ptp(y) < 1e-6:
            print(f"{name}: warning: the outputs are degenerate, {y.min():g} to {y.max():g}", file=sys.stderr)
        for form in formats:
            model.save(out / f"{name}.{form}")
        np.savez(out / f"{name}.npz", **golden)
        print(f"{name}: {model.count_params():,} parameters, outputs {y.min():.3g} to {y.max():.3g}, {time.time() - start:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
