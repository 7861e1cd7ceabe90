"""Image layers: resizing, cropping, and augmentation, which does nothing at inference."""

from .case import KERAS3, chain, image, layer, pack, unit

CF = dict(data_format="channels_first")
ONLY3 = dict(dialects=(KERAS3,), absent="new in Keras 3")
PIXELS = dict(inputs=(image(),), variants=((1, 0),))


def resize(option, shape=(5, 7, 2), height=8, width=4, h5=False, only_3=False, **kw):
    return layer(
        f"resizing_{option}", shape, "Resizing", dict(height=height, width=width) | kw, h5=h5, **PIXELS,
        **(dict(dialects=(KERAS3,), absent="an argument of Keras 3's") if only_3 else {}),
    )


def augment(name, *args, only_3=True, h5=False, shape=(8, 8, 3), **kw):
    cls = name
    return chain(
        f"augmentation_{cls.lower()}", shape, lambda K: [getattr(K.layers, cls)(*args, **kw)], f"{cls}: does nothing at inference",
        h5=h5, alone=True, no_f64="it is the identity, and tf_keras does not trace it in float64", **PIXELS, **(ONLY3 if only_3 else {}),
    )


# Equalization is not here: Keras 3.15 cannot make it a node of a graph ("part of a cycle").
INTERPOLATIONS_3 = "nearest bilinear bicubic lanczos3 lanczos5".split()

CASES = pack("images", [
    *(resize(i, interpolation=i, h5=i == "bilinear") for i in INTERPOLATIONS_3),
    *(layer(f"resizing_{i}", (5, 7, 2), "Resizing", dict(height=8, width=4, interpolation=i), dialects=("keras2",), absent="Keras 3 has no such interpolation", **PIXELS) for i in ("area", "gaussian", "mitchellcubic")),
    *(resize(f"{i}_antialias", shape=(9, 11, 2), height=4, width=5, interpolation=i, antialias=True, only_3=True) for i in INTERPOLATIONS_3),
    *(resize(f"{i}_down", shape=(9, 11, 2), height=4, width=5, interpolation=i) for i in INTERPOLATIONS_3),
    resize("up", shape=(3, 2, 1), height=7, width=9),
    resize("crop", crop_to_aspect_ratio=True, height=4, width=4),
    resize("crop_tall", shape=(9, 4, 2), crop_to_aspect_ratio=True, height=3, width=5),
    resize("pad", pad_to_aspect_ratio=True, height=6, width=6, only_3=True),
    resize("pad_value", shape=(9, 4, 2), pad_to_aspect_ratio=True, fill_value=7.0, height=6, width=5, only_3=True),
    resize("channels_first", shape=(2, 5, 7), only_3=True, **CF),
    resize("any_size", shape=(None, None, 2)),
    chain(
        "pipeline", (7, 8, 2), lambda K: [K.layers.Pipeline([K.layers.Rescaling(1 / 255.0), K.layers.CenterCrop(4, 5)])],
        "a Pipeline of preprocessing layers", **PIXELS, **ONLY3,
    ),
    layer("center_crop", (7, 8, 2), "CenterCrop", dict(height=4, width=5), h5=True, **PIXELS),
    layer("center_crop_odd", (7, 8, 2), "CenterCrop", dict(height=3, width=3), **PIXELS),
    layer("center_crop_grow", (4, 5, 2), "CenterCrop", dict(height=6, width=3), **PIXELS),
    layer("center_crop_channels_first", (2, 7, 8), "CenterCrop", dict(height=4, width=5, **CF), **PIXELS, **ONLY3),
    layer("random_crop", (7, 8, 2), "RandomCrop", dict(height=4, width=5), h5=True, **PIXELS),
    augment("RandomFlip", only_3=False, h5=True),
    augment("RandomRotation", 0.2, only_3=False),
    augment("RandomTranslation", 0.2, 0.1, only_3=False),
    augment("RandomZoom", 0.2, only_3=False),
    augment("RandomContrast", 0.2, only_3=False),
    augment("RandomBrightness", 0.2, only_3=False),
    augment("RandomHue", 0.2),
    augment("RandomSaturation", 0.4),
    augment("RandomSharpness", 0.2),
    augment("RandomShear", 0.2, 0.2),
    augment("RandomColorDegeneration", 0.2),
    augment("RandomColorJitter", brightness_factor=0.2, contrast_factor=0.2, saturation_factor=0.4, hue_factor=0.1),
    augment("RandomGrayscale"),
    augment("RandomInvert"),
    augment("RandomPosterization", 4),
    augment("RandomErasing"),
    augment("RandomElasticTransform"),
    augment("RandomGaussianBlur"),
    augment("RandomPerspective"),
    augment("RandAugment"),
    augment("AugMix"),
    augment("MixUp"),
    augment("CutMix"),
    augment("AutoContrast"),
    layer("auto_contrast_range", (6, 5, 2), "AutoContrast", dict(value_range=(0.0, 1.0)), inputs=(unit(),), **ONLY3),
    layer("clahe_options", (9, 12, 3), "ContrastLimitedAdaptiveHistogramEqualization", dict(clip_limit=2.0, tile_grid_size=(3, 4)), no_f64="its histograms are of float32", **PIXELS, **ONLY3),
    layer("clahe_range", (8, 8, 3), "ContrastLimitedAdaptiveHistogramEqualization", dict(value_range=(0.0, 1.0), tile_grid_size=(2, 2)), inputs=(unit(),), no_f64="its histograms are of float32", **ONLY3),
    augment("Solarization"),
    augment("ContrastLimitedAdaptiveHistogramEqualization"),
    layer("random_height", (5, 6, 2), "RandomHeight", dict(factor=0.2), dialects=("keras2",), absent="gone from Keras 3", no_f64="it is the identity", **PIXELS),
    layer("random_width", (5, 6, 2), "RandomWidth", dict(factor=0.2), dialects=("keras2",), absent="gone from Keras 3", no_f64="it is the identity", **PIXELS),
])
