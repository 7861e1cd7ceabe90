"""Normalization of activations."""

from .case import KERAS3, Case, chain, layer, pack, sequential

ONLY3 = dict(dialects=(KERAS3,), absent="new in Keras 3")
SPECTRAL = dict(dialects=(KERAS3,), absent="tf_keras 2.21's own does not build: it sets an InputSpec of a class that its Layer refuses")


def bn_frozen(K):
    L = K.layers
    m = sequential(K, (5,), L.Dense(4), L.BatchNormalization(), L.Dense(3))
    m.layers[1].trainable = False
    return m


CASES = pack("normalization_options", [
    layer("batch_normalization", (5,), "BatchNormalization", h5=True, keras=True),
    layer("batch_normalization_3d", (None, 5), "BatchNormalization", dict(epsilon=0.01)),
    layer("batch_normalization_image", (4, 4, 3), "BatchNormalization"),
    layer("batch_normalization_axis", (3, 4, 4), "BatchNormalization", dict(axis=1)),
    layer("batch_normalization_axis_middle", (3, 4, 2), "BatchNormalization", dict(axis=2)),
    layer("batch_normalization_no_scale", (5,), "BatchNormalization", dict(scale=False)),
    layer("batch_normalization_no_center", (5,), "BatchNormalization", dict(center=False)),
    layer("batch_normalization_plain", (5,), "BatchNormalization", dict(center=False, scale=False, epsilon=1e-5)),
    layer("batch_normalization_renorm", (5,), "BatchNormalization", dict(renorm=True), h5=True),
    Case("batch_normalization_frozen", bn_frozen, "a frozen BatchNormalization: its weights' order changes in the h5", h5=True),
    layer("layer_normalization", (4, 5), "LayerNormalization", h5=True),
    layer("layer_normalization_axis", (4, 5), "LayerNormalization", dict(axis=1)),
    layer("layer_normalization_axes", (4, 5), "LayerNormalization", dict(axis=[1, 2], epsilon=1e-5)),
    layer("layer_normalization_no_scale", (4, 5), "LayerNormalization", dict(scale=False)),
    layer("layer_normalization_no_center", (4, 5), "LayerNormalization", dict(center=False)),
    layer("layer_normalization_image", (3, 4, 5), "LayerNormalization", dict(axis=-1)),
    layer("layer_normalization_rms", (4, 5), "LayerNormalization", dict(rms_scaling=True), dialects=(KERAS3,), absent="rms_scaling is Keras 3's"),
    layer("group_normalization", (4, 4, 6), "GroupNormalization", dict(groups=3), h5=True),
    layer("group_normalization_axis", (6, 4, 4), "GroupNormalization", dict(groups=2, axis=1, epsilon=0.01)),
    layer("group_normalization_instance", (4, 6), "GroupNormalization", dict(groups=-1)),
    layer("group_normalization_one", (4, 6), "GroupNormalization", dict(groups=1, center=False)),
    layer("group_normalization_no_scale", (4, 6), "GroupNormalization", dict(groups=2, scale=False)),
    layer("rms_normalization", (4, 5), "RMSNormalization", h5=True, **ONLY3),
    layer("rms_normalization_axis", (4, 5), "RMSNormalization", dict(axis=[1, 2], epsilon=1e-3), **ONLY3),
    layer("unit_normalization", (4, 5), "UnitNormalization", h5=True),
    layer("unit_normalization_axis", (4, 5), "UnitNormalization", dict(axis=1)),
    layer("unit_normalization_axes", (4, 5), "UnitNormalization", dict(axis=[1, 2])),
    Case("spectral_normalization", lambda K: sequential(K, (5,), K.layers.SpectralNormalization(K.layers.Dense(4))), "SpectralNormalization(Dense): the stored kernel as it is", h5=True, **SPECTRAL),
    Case("spectral_normalization_conv", lambda K: sequential(K, (5, 5, 2), K.layers.SpectralNormalization(K.layers.Conv2D(3, 3), power_iterations=2)), "SpectralNormalization(Conv2D)", **SPECTRAL),
])
