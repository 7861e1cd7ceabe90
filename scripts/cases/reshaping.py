"""Flatten, Reshape, Permute, padding, cropping, upsampling."""

from .case import Case, layer, pack, sequential

CF = dict(data_format="channels_first")


def flatten_then_dense(K):
    L = K.layers
    return sequential(K, (2, 4, 3), L.Conv2D(3, 2, data_format="channels_last"), L.Flatten(), L.Dense(2))


CASES = pack("reshaping", [
    layer("flatten", (3, 2), "Flatten", h5=True),
    layer("flatten_image", (3, 2, 4), "Flatten"),
    layer("flatten_vector", (5,), "Flatten"),
    layer("flatten_channels_first", (3, 2, 4), "Flatten", CF),
    Case("flatten_scalar", lambda K: sequential(K, (), K.layers.Flatten()), "Flatten of a scalar a row"),
    Case("flatten_dense", flatten_then_dense, "Flatten between Conv2D and Dense"),
    layer("reshape", (6, 2), "Reshape", dict(target_shape=(3, 4)), h5=True),
    layer("reshape_unknown", (6, 2), "Reshape", dict(target_shape=(-1, 3))),
    layer("reshape_time", (None, 4), "Reshape", dict(target_shape=(-1, 2))),
    layer("reshape_vector", (6, 2), "Reshape", dict(target_shape=(12,))),
    layer("permute", (3, 4), "Permute", dict(dims=(2, 1)), h5=True),
    layer("permute_4d", (3, 4, 5), "Permute", dict(dims=(3, 1, 2))),
    layer("repeat_vector", (4,), "RepeatVector", dict(n=3), h5=True),
    layer("zero_padding1d", (5, 3), "ZeroPadding1D", dict(padding=2), h5=True),
    layer("zero_padding1d_uneven", (5, 3), "ZeroPadding1D", dict(padding=(1, 3))),
    layer("zero_padding2d", (4, 5, 3), "ZeroPadding2D", h5=True),
    layer("zero_padding2d_symmetric", (4, 5, 3), "ZeroPadding2D", dict(padding=(1, 2))),
    layer("zero_padding2d_uneven", (4, 5, 3), "ZeroPadding2D", dict(padding=((0, 1), (2, 3)))),
    layer("zero_padding2d_channels_first", (3, 4, 5), "ZeroPadding2D", dict(padding=((0, 1), (2, 3)), **CF)),
    layer("zero_padding3d", (2, 3, 4, 2), "ZeroPadding3D", dict(padding=((0, 1), (1, 0), (1, 2))), h5=True),
    layer("zero_padding3d_channels_first", (2, 2, 3, 4), "ZeroPadding3D", dict(padding=(1, 1, 2), **CF)),
    layer("cropping1d", (6, 3), "Cropping1D", dict(cropping=(1, 2)), h5=True),
    layer("cropping1d_time", (None, 3), "Cropping1D", dict(cropping=1)),
    layer("cropping2d", (6, 7, 3), "Cropping2D", dict(cropping=((1, 2), (0, 3))), h5=True),
    layer("cropping2d_symmetric", (6, 7, 3), "Cropping2D", dict(cropping=(1, 2))),
    layer("cropping2d_channels_first", (3, 6, 7), "Cropping2D", dict(cropping=((1, 2), (0, 3)), **CF)),
    layer("cropping3d", (4, 5, 6, 2), "Cropping3D", dict(cropping=((1, 0), (0, 2), (1, 1))), h5=True),
    layer("cropping3d_channels_first", (2, 4, 5, 6), "Cropping3D", dict(cropping=1, **CF)),
    layer("upsampling1d", (4, 3), "UpSampling1D", dict(size=3), h5=True),
    layer("upsampling2d", (3, 4, 2), "UpSampling2D", h5=True),
    layer("upsampling2d_uneven", (3, 4, 2), "UpSampling2D", dict(size=(2, 3))),
    layer("upsampling2d_bilinear", (3, 4, 2), "UpSampling2D", dict(size=(2, 3), interpolation="bilinear")),
    layer("upsampling2d_bicubic", (5, 4, 2), "UpSampling2D", dict(interpolation="bicubic")),
    layer("upsampling2d_lanczos3", (5, 4, 2), "UpSampling2D", dict(interpolation="lanczos3")),
    layer("upsampling2d_lanczos5", (5, 4, 2), "UpSampling2D", dict(interpolation="lanczos5")),
    layer("upsampling2d_channels_first", (2, 3, 4), "UpSampling2D", dict(size=2, **CF)),
    layer("upsampling2d_channels_first_bilinear", (2, 3, 4), "UpSampling2D", dict(size=2, interpolation="bilinear", **CF)),
    layer("upsampling3d", (2, 3, 2, 2), "UpSampling3D", dict(size=(2, 1, 3)), h5=True),
    layer("upsampling3d_channels_first", (2, 2, 3, 2), "UpSampling3D", dict(size=2, **CF)),
])
