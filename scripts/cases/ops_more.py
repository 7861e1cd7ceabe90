"""The rest of keras.ops as nodes of a functional graph, and arguments beyond the usual."""

import numpy as np

from .case import In, choice, positive, tokens, unit
from .ops import WHOLE, ops

A = (3, 4)
AB = [(3, 4), (3, 4)]
CONSTANTS = "its constants are float32"


def nans(o, x):
    """x with NaN where it is negative."""
    return o.where(x < 0, o.log(x), x)


def positive_definite(o, x):
    return o.matmul(x, o.transpose(x, (0, 2, 1))) + np.eye(4, dtype="float32")


def transforms(o, t):
    """Small changes of the one that changes nothing."""
    return t * np.array([0.3, 0.3, 2, 0.3, 0.3, 2, 0.03, 0.03], "float32") + np.array([1, 0, 0, 0, 1, 0, 0, 0], "float32")


CORNERS = np.array([[0, 0], [5, 0], [0, 4], [5, 4]], "float32")
PLACES = np.array([[0.3, -1.2, 1.0, 0.6, 1.5, 3.2], [0.5, 2.0, 6.6, -3.4, 5.0, 4.0]], "float32")

CASES = [
    ops("extremes", AB, {
        "fmax": lambda o, x, y: o.fmax(o.log(x), y), "fmin": lambda o, x, y: o.fmin(x, o.log(y)), "signbit": lambda o, x, y: o.signbit(x), "isclose": lambda o, x, y: o.isclose(x, x + 1e-7), "isposinf": lambda o, x, y: o.isposinf(x / 0.0), "isneginf": lambda o, x, y: o.isneginf(x / 0.0),
        "select": lambda o, x, y: o.select([x > 1, y > 0], [x, y * 2.0], 0.5), "clip tensors": lambda o, x, y: o.clip(x, -0.5, 0.5) + y, "where int": lambda o, x, y: o.where(x > y, x, 1),
    }),
    ops("integer_kinds", [(4,), (4,)], {
        "divide": lambda o, x, y: o.divide(x, y), "mean": lambda o, x, y: o.mean(x, axis=-1), "x * 2.5": lambda o, x, y: x * 2.5, "power": lambda o, x, y: o.power(y, 3), "bitwise_not": lambda o, x, y: o.bitwise_not(x), "sum bools": lambda o, x, y: o.sum(x > 3, axis=-1),
        "max bools": lambda o, x, y: o.max(x > 3, axis=-1), "sort": lambda o, x, y: o.sort(x), "sqrt": lambda o, x, y: o.sqrt(x), "abs": lambda o, x, y: o.abs(x - 20), "cumsum": lambda o, x, y: o.cumsum(x, axis=1), "int8 sum": lambda o, x, y: o.sum(o.cast(x, "int8"), axis=1),
        "mixed": lambda o, x, y: o.add(o.cast(x, "uint8"), o.cast(y, "int8")), "to int8": lambda o, x, y: o.cast(x * 10, "int8"), "isin": lambda o, x, y: o.isin(x, [1, 2, 3, 50]),
    }, (tokens(50), choice(1, 2, 3, 7)), ["int32", "int32"], no_f64=WHOLE),
    ops("skip_nan", [(3, 4)], {
        "nansum": lambda o, x: o.nansum(nans(o, x), axis=1), "nanmax": lambda o, x: o.nanmax(nans(o, x), axis=-1), "nanmin": lambda o, x: o.nanmin(nans(o, x), axis=(1, 2)), "nanprod": lambda o, x: o.nanprod(nans(o, x), axis=-1), "nanmean": lambda o, x: o.nanmean(nans(o, x), axis=-1, keepdims=True),
        "nanargmin": lambda o, x: o.nanargmin(nans(o, x), axis=1, keepdims=True), "nancumsum": lambda o, x: o.nancumsum(nans(o, x), axis=1), "nancumprod": lambda o, x: o.nancumprod(nans(o, x), axis=-1), "nanmedian": lambda o, x: o.nanmedian(nans(o, x), axis=-1), "nanquantile": lambda o, x: o.nanquantile(nans(o, x), 0.3, axis=(1, 2)),
        "nanpercentile": lambda o, x: o.nanpercentile(nans(o, x), 70, axis=1, method="nearest"), "nanstd": lambda o, x: o.nanstd(nans(o, x), axis=(1, 2), keepdims=True), "isnan": lambda o, x: o.isnan(nans(o, x)), "nan_to_num": lambda o, x: o.nan_to_num(nans(o, x) / 0.0, nan=0.0, posinf=7.0, neginf=-7.0),
    }),
    ops("statistics", [(3, 6)], {
        "quantiles": lambda o, x: o.quantile(x, [0.25, 0.8], axis=-1), "lower": lambda o, x: o.quantile(x, 0.3, axis=1, method="lower"), "higher": lambda o, x: o.quantile(x, 0.3, axis=-1, method="higher", keepdims=True), "nearest": lambda o, x: o.quantile(x, 0.6, axis=-1, method="nearest"), "midpoint": lambda o, x: o.quantile(x, 0.6, axis=-1, method="midpoint"),
        "median two": lambda o, x: o.median(x, axis=(1, 2), keepdims=True), "percentile": lambda o, x: o.percentile(x, 30, axis=-1), "weighted": lambda o, x: o.average(x, axis=-1, weights=np.arange(1, 7, dtype="float32")), "trapezoid": lambda o, x: o.trapezoid(x, dx=0.5, axis=-1), "max initial": lambda o, x: o.max(x, axis=-1, initial=0.25),
        "moments": lambda o, x: list(o.moments(x, axes=[1, 2], keepdims=True)), "diff 2": lambda o, x: o.diff(x, n=2, axis=-1), "norm matrix": lambda o, x: o.norm(x, axis=(1, 2)), "norm 3": lambda o, x: o.norm(x, ord=3, axis=-1), "norm 0": lambda o, x: o.norm(x, ord=0, axis=1), "norm -inf": lambda o, x: o.norm(x, ord=float("-inf"), axis=1),
        "norm matrix 1": lambda o, x: o.norm(x, ord=1, axis=(1, 2)), "norm matrix inf": lambda o, x: o.norm(x, ord=float("inf"), axis=(-2, -1), keepdims=True), "normalize 3": lambda o, x: o.normalize(x, axis=-1, order=3),
    }, no_f64=CONSTANTS),
    ops("segments", [(4,)], {
        "searchsorted": lambda o, x: o.searchsorted(np.array([-1.0, 0.0, 0.5], "float32"), x[0]), "right": lambda o, x: o.searchsorted(np.array([-1.0, 0.0, 0.5], "float32"), x[0], side="right"), "digitize": lambda o, x: o.digitize(x, np.array([-0.5, 0.0, 0.5], "float32")), "argsort": lambda o, x: o.argsort(x, axis=1),
        "unstacked": lambda o, x: o.unstack(x, axis=1), "array_split": lambda o, x: o.array_split(x, 3, axis=1), "hsplit": lambda o, x: o.hsplit(x, 2),
    }, no_f64=CONSTANTS),
    ops("scatter", [(4, 3)], {
        "segment_sum": lambda o, x: o.segment_sum(o.transpose(x[0]), np.array([0, 0, 2], "int32"), num_segments=4), "segment_max": lambda o, x: o.segment_max(o.transpose(x[0]), np.array([0, 0, 1], "int32"), num_segments=2),
        "scatter": lambda o, x: o.scatter(np.array([[1], [3], [1]], "int32"), o.transpose(x[0])[:, 0], (5,)), "scatter_update": lambda o, x: o.scatter_update(x[0], np.array([[0], [2]], "int32"), x[0, :2] * 2.0), "scatter_update add": lambda o, x: o.scatter_update(x[0], np.array([[0, 1], [2, 2]], "int32"), x[0, :2, 0], reduction="add"),
        "take_along_axis": lambda o, x: o.take_along_axis(x, o.argmax(x, axis=1, keepdims=True), axis=1), "take two": lambda o, x: o.take(x, np.array([[0, 1], [2, -1]], "int32"), axis=1),
    }, no_f64=CONSTANTS),
    ops("products", [(3, 4), (4, 3)], {
        "einsum three": lambda o, x, y: o.einsum("bij,bjk,bkl->bil", x, y, x), "einsum ellipsis": lambda o, x, y: o.einsum("...ij,...jk->...ik", x, y), "einsum implicit": lambda o, x, y: o.einsum("bij,bjk", x, y), "einsum diagonal": lambda o, x, y: o.einsum("bii->bi", o.matmul(x, y)), "inner": lambda o, x, y: o.inner(x[0], o.transpose(y[0])),
        "tensordot axes": lambda o, x, y: o.tensordot(x[0], y[0], axes=[[1], [0]]), "vdot": lambda o, x, y: o.vdot(x[0], o.transpose(y[0])), "outer": lambda o, x, y: o.outer(x[0, 0], y[0, 0]), "kron": lambda o, x, y: o.kron(x[0], y[0]), "matmul vector": lambda o, x, y: o.matmul(x, y[0, :, 0]), "vector matmul": lambda o, x, y: o.matmul(x[0, 0], y), "cross": lambda o, x, y: o.cross(x[:, :, :3], x[:, :, 1:4]),
        "cdist": lambda o, x, y: o.cdist(x, o.swapaxes(y, 1, 2)), "diag": lambda o, x, y: o.diag(x[0, 0], k=1), "diagonal": lambda o, x, y: o.diagonal(x, offset=1, axis1=1, axis2=2), "trace": lambda o, x, y: o.trace(x, offset=-1, axis1=1, axis2=2), "vander": lambda o, x, y: o.vander(x[0, 0], N=3),
    }),
    ops("shapes_more", [(3, 4)], {
        "moveaxis two": lambda o, x: o.moveaxis(o.expand_dims(x, 1), (1, 2), (3, 1)), "transpose": lambda o, x: o.reshape(o.transpose(x), (4, -1)), "rot90 2": lambda o, x: o.rot90(x[:, :, 1:], k=2, axes=(1, 2)), "rot90 3": lambda o, x: o.rot90(x, k=3, axes=(2, 1)), "roll flat": lambda o, x: o.roll(x[0], 5), "roll two": lambda o, x: o.roll(x, (1, -1), axis=(1, 2)),
        "repeat each": lambda o, x: o.repeat(x, [1, 0, 2], axis=1), "tile one": lambda o, x: o.tile(x, 2), "pad one": lambda o, x: o.pad(x[0], ((1, 1), (1, 1))), "flip all": lambda o, x: o.flip(x, axis=(1, 2)), "dstack": lambda o, x: o.dstack([x, x]), "hstack": lambda o, x: o.hstack([x, x * 2.0]), "split at": lambda o, x: o.split(x, [1, 3], axis=-1),
        "meshgrid": lambda o, x: list(o.meshgrid(x[0, 0], x[0, :, 0])), "meshgrid ij": lambda o, x: list(o.meshgrid(x[0, 0], x[0, :, 0], indexing="ij")), "linspace": lambda o, x: o.linspace(x[:, 0], x[:, 1], 4, axis=-1), "linspace open": lambda o, x: o.linspace(x[:, 0], x[:, 1], 4, endpoint=False), "full_like int": lambda o, x: o.full_like(x, 3, dtype="int32"), "size": lambda o, x: x * o.size(x[0]),
    }, no_f64=CONSTANTS),
    ops("nn_more", [(6, 4)], {
        "layer_normalization": lambda o, x: o.layer_normalization(x, gamma=np.arange(1, 5, dtype="float32"), beta=np.ones(4, "float32")), "axis": lambda o, x: o.layer_normalization(x, axis=(1, 2)), "rms": lambda o, x: o.rms_normalization(x, scale=np.arange(1, 5, dtype="float32"), axis=-1), "silu": lambda o, x: o.silu(x),
        "causal mask": lambda o, x: o.where(o.tril(o.ones_like(x[:, :4])) > 0, x[:, :4], -1e9), "max_pool 1d": lambda o, x: o.max_pool(x, 2, strides=1, padding="same"), "average_pool 1d": lambda o, x: o.average_pool(x, 3), "conv 1d": lambda o, x: o.conv(x, np.linspace(-1, 1, 36, dtype="float32").reshape(3, 4, 3), strides=2, padding="same"),
        "dilated": lambda o, x: o.conv(x, np.linspace(-1, 1, 36, dtype="float32").reshape(3, 4, 3), dilation_rate=2, padding="valid"), "one_hot": lambda o, x: o.one_hot(o.argmax(x, axis=-1), 4), "top_k": lambda o, x: o.top_k(x, 2)[0], "in_top_k": lambda o, x: o.in_top_k(o.argmin(x[0], axis=-1), x[0], 3),
    }, no_f64=CONSTANTS),
    ops("attention_more", [(4, 4, 3), (4, 2, 3)], {
        "grouped": lambda o, q, k: o.dot_product_attention(q, k, k), "mask": lambda o, q, k: o.dot_product_attention(q, k, k, mask=np.tril(np.ones((1, 1, 4, 4), bool))), "bias": lambda o, q, k: o.dot_product_attention(q, q, q, bias=np.linspace(-2, 2, 16, dtype="float32").reshape(1, 1, 4, 4)),
    }, no_f64=CONSTANTS),
    ops("image_more", [(6, 8, 3)], {
        "patches": lambda o, x: o.image.extract_patches(x, (3, 2), strides=(2, 3), padding="same"), "resize crop": lambda o, x: o.image.resize(x, (4, 4), crop_to_aspect_ratio=True), "resize pad": lambda o, x: o.image.resize(x, (5, 5), pad_to_aspect_ratio=True, fill_value=0.5), "antialias": lambda o, x: o.image.resize(x, (3, 4), antialias=True), "bicubic": lambda o, x: o.image.resize(x, (9, 5), interpolation="bicubic"),
        "pad to": lambda o, x: o.image.pad_images(x, 1, 1, target_height=9, target_width=12), "crop to": lambda o, x: o.image.crop_images(x, 1, 2, target_height=3, target_width=4), "grayscale": lambda o, x: o.image.rgb_to_grayscale(x), "hsv": lambda o, x: o.image.rgb_to_hsv(x), "rgb": lambda o, x: o.image.hsv_to_rgb(x * 0.4),
    }, (positive(),)),
    ops("patches", [(5, 6, 3)], {
        "unfold": lambda o, x: o.unfold(x, 2, dilation=(1, 2), padding=(1, 0), stride=(2, 1)), "fold": lambda o, x: o.fold(o.unfold(x, (2, 3), padding=1, stride=2), (6, 3), (2, 3), padding=1, stride=2), "blur": lambda o, x: o.image.gaussian_blur(x, (3, 3), (1.0, 0.7)), "sobel": lambda o, x: o.image.sobel_edges(x), "psnr": lambda o, x: o.psnr(x[0], x[0] * 0.5, 2.0),
    }, (positive(),), fixed=2, no_f64="Keras's blur wants float32"),
    ops("projective", [(5, 6, 3), (8,), (4, 2)], {
        **{f"affine {i} {f}": lambda o, x, t, p, i=i, f=f: o.image.affine_transform(x, transforms(o, t), interpolation=i, fill_mode=f, fill_value=0.5) for i in ("nearest", "bilinear") for f in ("constant", "nearest", "wrap", "reflect")},
        "affine all": lambda o, x, t, p: o.image.affine_transform(o.transpose(x, (0, 3, 1, 2)), np.array([0.9, 0.2, 1, -0.1, 1.1, 0.3, 0.01, 0.02], "float32"), data_format="channels_first"),
        "perspective": lambda o, x, t, p: o.image.perspective_transform(x, p * 0.0 + CORNERS, p * 0.5 + CORNERS, fill_value=0.2), "perspective nearest": lambda o, x, t, p: o.image.perspective_transform(x, CORNERS, CORNERS * 0.8, interpolation="nearest"),
        **{f"coordinates {order} {f}": lambda o, x, t, p, order=order, f=f: o.image.map_coordinates(x[:, :, 0, 0], PLACES, order, fill_mode=f, fill_value=0.25) for order in (0, 1) for f in ("constant", "nearest", "wrap", "reflect")},
        "coordinates 0 mirror": lambda o, x, t, p: o.image.map_coordinates(o.cast(x[:, :, 0, 0] * 9.0, "int32"), PLACES[:, :2], 0, fill_mode="mirror"),
        **{f"scale {m}": lambda o, x, t, p, m=m: o.image.scale_and_translate(x, (2, 7, 4, 3), np.array([1.3, 0.6], "float32"), np.array([0.4, -0.7], "float32"), (1, 2), m, antialias=m != "lanczos5") for m in ("linear", "cubic", "lanczos3", "lanczos5")},
    }, (unit(),), fixed=2, no_f64="the transforms are float32"),
    ops("ssim", [(9, 8, 2), (9, 8, 2)], {
        "ssim": lambda o, x, y: o.image.ssim(x, y, filter_size=5), "ssim first": lambda o, x, y: o.image.ssim(x, y, max_val=2.0, filter_size=2, filter_sigma=0.8, k1=0.02, data_format="channels_first"), "volumes": lambda o, x, y: o.image.extract_patches_3d(o.reshape(x, (-1, 3, 4, 6, 2)), (2, 1, 3), strides=1, padding="same"),
    }, (positive(),)),
    ops("spacing", AB, {
        "logspace": lambda o, x, y: o.logspace(x, y, num=5, base=2.0), "logspace open": lambda o, x, y: o.logspace(x, y, num=4, endpoint=False, axis=-1), "geomspace": lambda o, x, y: o.geomspace(x + 0.5, y, num=4), "diagflat": lambda o, x, y: o.diagflat(x[0], k=1), "nextafter": lambda o, x, y: o.nextafter(x, y),
        "corrcoef": lambda o, x, y: o.corrcoef(x[0]), "correlate": lambda o, x, y: o.correlate(x[0, 0], y[0, :, 0]), "correlate same": lambda o, x, y: o.correlate(x[0, 0], y[0, 0, :2], mode="same"), "correlate full": lambda o, x, y: o.correlate(x[0, 0], y[0, :, 0], mode="full"),
    }, (positive(), positive()), no_f64=CONSTANTS),
    ops("divisors", [(6,), (6,)], {
        "gcd": lambda o, x, y: o.gcd(x, y - 20), "gcd constant": lambda o, x, y: o.gcd(x, 12), "lcm": lambda o, x, y: o.lcm(x, y - 3), "unravel_index": lambda o, x, y: list(o.unravel_index(x[0], (3, 20))), "unravel_index two": lambda o, x, y: list(o.unravel_index(x, (3, 20))),
        "bincount": lambda o, x, y: o.bincount(y), "bincount more": lambda o, x, y: o.bincount(y, minlength=9) * 2, "bincount vector": lambda o, x, y: o.bincount(y[0]), "bincount sum": lambda o, x, y: o.sum(o.bincount(x), axis=-1),
    }, (tokens(50), choice(0, 1, 2, 3, 7)), ["int32", "int32"], no_f64=WHOLE),
    ops("complex", AB, {
        "view_as_real": lambda o, x, y: o.view_as_real(x), "polar": lambda o, x, y: o.view_as_real(o.polar(x, y)), "product": lambda o, x, y: o.view_as_real(o.multiply(o.polar(x, y), o.polar(y, x))), "sum": lambda o, x, y: o.view_as_real(o.add(o.polar(x, y), o.polar(y, x))), "difference": lambda o, x, y: o.view_as_real(o.subtract(o.polar(x, y), o.polar(y, x))),
        "parts": lambda o, x, y: [o.real(o.polar(x, y)), o.imag(o.polar(x, y)), o.angle(o.polar(x, y)), o.abs(o.polar(x, y)), o.isreal(o.polar(x, y))], "conj": lambda o, x, y: o.view_as_real(o.conj(o.polar(x, y))), "of reals": lambda o, x, y: [o.angle(x), o.imag(x), o.isreal(x), o.real(x), o.conjugate(x)],
    }, no_f64="polar gives complex64"),
    ops("ctc", [(9, 4), (3,), (), ()], {
        **{f"decode {m} {b}": lambda o, x, t, n, k, m=m, b=b: list(o.ctc_decode(x, n, merge_repeated=m, mask_index=b)) for m in (True, False) for b in (0, 2, -1)},
        **{f"beams {w} {b}": lambda o, x, t, n, k, w=w, b=b, p=p: list(o.ctc_decode(x, n, strategy="beam_search", beam_width=w, top_paths=p, mask_index=b)) for w, b, p in ((100, 0, 1), (4, 2, 3), (1, 3, 1), (10, -2, 2))},
        "loss": lambda o, x, t, n, k: o.ctc_loss(t, x, k, n), "loss last": lambda o, x, t, n, k: o.ctc_loss(t - 1, x, k, n, mask_index=3),
    }, (In(), choice(1, 2, 3), choice(5, 7, 9), choice(1, 2, 3)), ["float32", "int32", "int32", "int32"], no_f64="TensorFlow's are float32"),
    ops("signal", [(8,), (8,)], {
        "rfft": lambda o, x, y: list(o.rfft(x)), "rfft 6": lambda o, x, y: list(o.rfft(x, fft_length=6)), "rfft 10": lambda o, x, y: list(o.rfft(x, fft_length=10)), "fft": lambda o, x, y: list(o.fft((x, y))), "irfft": lambda o, x, y: o.irfft((x[:, :5], y[:, :5])), "extract_sequences": lambda o, x, y: o.extract_sequences(x, 4, 2),
        "stft": lambda o, x, y: list(o.stft(x, 4, 2, 4)), "stft window": lambda o, x, y: list(o.stft(x, 4, 2, 8, window="hamming", center=False)), "fft2": lambda o, x, y: list(o.fft2((o.reshape(x, (-1, 2, 4)), o.reshape(y, (-1, 2, 4))))), "ifft2": lambda o, x, y: list(o.ifft2((o.reshape(x, (-1, 2, 4)), o.reshape(y, (-1, 2, 4))))),
    }),
    ops("istft", [(5, 5), (5, 5)], {
        "istft": lambda o, x, y: o.istft((x, y), 8, 4, 8), "no window": lambda o, x, y: o.istft((x, y), 8, 3, 8, window=None), "hamming": lambda o, x, y: o.istft((x, y), 6, 2, 8, window="hamming", center=False), "length": lambda o, x, y: o.istft((x, y), 8, 4, 8, length=9),
        "channels": lambda o, x, y: o.istft((o.stack([x, y], axis=1), o.stack([y, x], axis=1)), 8, 2, 8),
    }),
    ops("linalg", [(4, 4), (4, 3), (3,)], {
        "det": lambda o, x, y, z: o.det(x), "inv": lambda o, x, y, z: o.inv(x), "slogdet": lambda o, x, y, z: list(o.slogdet(x)), "solve": lambda o, x, y, z: o.solve(x, y), "solve vector": lambda o, x, y, z: o.solve(x[:, :3, :3], z), "lu_factor": lambda o, x, y, z: list(o.lu_factor(x[0])),
        "qr": lambda o, x, y, z: list(o.qr(y)), "qr complete": lambda o, x, y, z: list(o.qr(y, mode="complete")), "qr wide": lambda o, x, y, z: list(o.qr(o.transpose(y, (0, 2, 1)))), "cholesky": lambda o, x, y, z: o.cholesky(positive_definite(o, x)), "cholesky upper": lambda o, x, y, z: o.cholesky(positive_definite(o, x), upper=True),
        "cholesky_inverse": lambda o, x, y, z: o.cholesky_inverse(o.tril(x) + 3.0 * np.eye(4, dtype="float32")), "solve_triangular": lambda o, x, y, z: o.solve_triangular(o.triu(x) + 2.0 * np.eye(4, dtype="float32"), y), "solve_triangular lower": lambda o, x, y, z: o.solve_triangular(o.tril(x) + 2.0 * np.eye(4, dtype="float32"), y, lower=True),
        "logdet": lambda o, x, y, z: o.logdet(positive_definite(o, x)), "singular values": lambda o, x, y, z: o.svd(y, compute_uv=False), "pinv": lambda o, x, y, z: o.pinv(y), "matrix_rank": lambda o, x, y, z: o.matrix_rank(y * np.array([1, 1, 0], "float32")), "nuclear norm": lambda o, x, y, z: o.norm(y, ord="nuc", axis=(1, 2)),
        "norm 2": lambda o, x, y, z: o.norm(y, ord=2, axis=(1, 2), keepdims=True), "norm -2": lambda o, x, y, z: o.norm(y, ord=-2, axis=(-1, -2)), "lstsq": lambda o, x, y, z: o.lstsq(y[0], x[0, :, :2]),
    }, precision=1e-3, no_f64=CONSTANTS),
    ops("decompositions", [(4, 4), (5, 3)], {
        "svd": lambda o, x, y: list(o.svd(x)), "svd tall": lambda o, x, y: list(o.svd(y)), "svd tall thin": lambda o, x, y: list(o.svd(y, full_matrices=False)), "svd wide": lambda o, x, y: list(o.svd(o.swapaxes(y, 1, 2))), "svd wide thin": lambda o, x, y: list(o.svd(o.swapaxes(y, 1, 2), full_matrices=False)),
        "svd of rank 1": lambda o, x, y: o.svd(x[:, :1] * x[:, :, :1])[1], "eigh": lambda o, x, y: list(o.eigh(x + o.swapaxes(x, 1, 2))), "eigh lower": lambda o, x, y: list(o.eigh(x[:, :3, :3])), "eigh one": lambda o, x, y: list(o.eigh(x[:, :1, :1])), "eigh diagonal": lambda o, x, y: list(o.eigh(x * np.eye(4, dtype="float32"))),
    }, precision=1e-3, no_f64=CONSTANTS),
    ops("losses", [(4,), (4,), (1,)], {
        "binary": lambda o, x, y, z: o.binary_crossentropy(x * 0.4, o.sigmoid(y)), "binary logits": lambda o, x, y, z: o.binary_crossentropy(x * 0.4, y, from_logits=True), "categorical": lambda o, x, y, z: o.categorical_crossentropy(x, o.softmax(y)), "categorical logits": lambda o, x, y, z: o.categorical_crossentropy(x, y, from_logits=True),
        "sparse": lambda o, x, y, z: o.sparse_categorical_crossentropy(o.cast(z[:, 0], "int32"), o.softmax(y)), "sparse logits": lambda o, x, y, z: o.sparse_categorical_crossentropy(o.cast(z, "int32"), y, from_logits=True),
    }, (positive(), unit(), positive())),
    ops("unique", [(7,), (7,)], {
        "size": lambda o, x, y: o.unique(x, size=4), "fill": lambda o, x, y: o.unique(x, size=9, fill_value=-1), "all": lambda o, x, y: list(o.unique(x, return_index=True, return_inverse=True, return_counts=True, size=6)), "fewer": lambda o, x, y: list(o.unique(x, return_index=True, return_inverse=True, return_counts=True, size=2)),
        "floats": lambda o, x, y: o.unique(o.round(y), size=3), "argpartition": lambda o, x, y: o.argpartition(y[0] * 10.0, 2), "argpartition last": lambda o, x, y: o.argpartition(y[0] * 10.0, -1), "argpartition most": lambda o, x, y: o.argpartition(x[0], 9),
    }, (tokens(6), In()), ["int32", None], no_f64=WHOLE),
]
