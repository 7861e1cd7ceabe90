"""Less common functions of TensorFlow in tf_keras graphs."""

import numpy as np

from .case import Case, In, choice, is3, positive, scaled, tokens, unit
from .tf_ops import ONLY2, backend, tfop

CONSTANTS = "its constants are float32"


def kernel(*shape):
    """A constant that TFOpLambda saves in its node."""
    return np.linspace(-1, 1, int(np.prod(shape)), dtype="float32").reshape(shape)


def losses_of_activations(K):
    """Losses behind a sigmoid or softmax that is 0 or 1: Keras goes back to what these took."""
    L, f = K.layers, K.ops if is3(K) else K.backend
    x, t, c = K.Input((4,)), K.Input((3,)), K.Input((1,), dtype="int32")
    z = L.Conv1D(3, 1, activation="sigmoid")(L.Reshape((1, 4))(x))
    p, q = L.Dense(3, activation="sigmoid")(x), L.Dense(3, activation="softmax")(x)
    r = L.Activation("sigmoid")(L.Dense(3)(x))
    outs = [f.binary_crossentropy(t, p), f.binary_crossentropy(t, r), f.binary_crossentropy(L.Reshape((1, 3))(t), z), f.categorical_crossentropy(t, q), f.sparse_categorical_crossentropy(c, q)]
    return K.Model([x, t, c], outs)


def graph(name, shapes, lines, inputs=None, dtypes=None, **case):
    """Each op of a graph as a TensorFlowOpLayer, as TensorFlow 2.0 to 2.3 wrote functions."""
    inputs = inputs or tuple(In() for _ in shapes)
    dtypes = dtypes or ["float32"] * len(shapes)

    def build(K):
        import tensorflow as tf
        from tf_keras.src.engine.base_layer import TensorFlowOpLayer

        xs = [K.Input(s, name=f"x{i}", dtype=d) for i, (s, d) in enumerate(zip(shapes, dtypes))]
        outs = []
        for f in lines.values():
            g = tf.Graph()
            with g.as_default():
                ps = [tf.compat.v1.placeholder(d, (None, *s)) for s, d in zip(shapes, dtypes)]
                results = f(tf, *ps)
            known = {p.ref(): x for p, x in zip(ps, xs)}
            for op in g.get_operations():
                takes = [known[t.ref()] for t in op.inputs if t.ref() in known]
                if not takes:
                    continue
                constants = {i: tf.get_static_value(t) if tf.get_static_value(t) is not None else tf.compat.v1.Session(graph=g).run(t) for i, t in enumerate(op.inputs) if t.ref() not in known}
                y = TensorFlowOpLayer(op.node_def.SerializeToString(), f"{op.name}_{len(outs)}", constants)(takes if len(takes) > 1 else takes[0])
                for t, v in zip(op.outputs, y if isinstance(y, (list, tuple)) else [y]):
                    known[t.ref()] = v
            outs += [known[t.ref()] for t in (results if isinstance(results, (list, tuple)) else [results])]
        return K.Model(xs, outs)

    return Case(f"tf_graph_{name}", build, ", ".join(lines), inputs, variants=((1, 0),), no_f64="the NodeDef fixes float32", **ONLY2, **case)


CASES = [
    Case("losses_of_activations", losses_of_activations, "binary, categorical and sparse crossentropy of a sigmoid or softmax", (scaled(30.0), positive(), choice(0, 1, 2)), variants=((1, 0),)),
    tfop("transposed_to", [(4, 5, 2)], {
        "same": lambda tf, x: tf.nn.conv2d_transpose(x, kernel(3, 3, 3, 2), tf.stack([tf.shape(x)[0], 8, 10, 3]), 2), "odd": lambda tf, x: tf.nn.conv2d_transpose(x, kernel(3, 2, 3, 2), [tf.shape(x)[0], 7, 9, 3], [1, 2, 2, 1], "SAME"), "valid": lambda tf, x: tf.nn.conv2d_transpose(x, kernel(3, 3, 3, 2), [tf.shape(x)[0], 10, 11, 3], 2, "VALID"),
        "gaps": lambda tf, x: tf.nn.conv2d_transpose(x, kernel(2, 1, 3, 2), [tf.shape(x)[0], 11, 14, 3], 3, "SAME"), "1d": lambda tf, x: tf.nn.conv1d_transpose(x[:, 0], kernel(3, 3, 2), [tf.shape(x)[0], 10, 3], 2), "3d": lambda tf, x: tf.nn.conv3d_transpose(x[:, :2, tf.newaxis], kernel(2, 1, 3, 3, 2), [tf.shape(x)[0], 4, 1, 10, 3], [2, 1, 2]),
        "convolution": lambda tf, x: tf.nn.conv_transpose(x, kernel(3, 3, 3, 2), [tf.shape(x)[0], 8, 10, 3], 2), "backend": lambda tf, x: backend("conv2d_transpose")(x, kernel(3, 3, 3, 2), (tf.shape(x)[0], 8, 10, 3), (2, 2), "same"),
    }, keras=True, no_f64=CONSTANTS),
    tfop("convolutions", [(6, 8, 2)], {
        "separable": lambda tf, x: tf.nn.separable_conv2d(x, kernel(3, 3, 2, 2), kernel(1, 1, 4, 3), [1, 2, 2, 1], "SAME"), "dilated": lambda tf, x: tf.nn.separable_conv2d(x, kernel(2, 2, 2, 1), kernel(1, 1, 2, 3), [1, 1, 1, 1], "VALID", dilations=[2, 2]), "backend's": lambda tf, x: backend("separable_conv2d")(x, kernel(3, 3, 2, 2), kernel(1, 1, 4, 3)),
        "atrous": lambda tf, x: tf.nn.atrous_conv2d(x, kernel(3, 3, 2, 2), 2, "SAME"), "convolution": lambda tf, x: tf.nn.convolution(x, kernel(3, 3, 2, 2), padding="SAME", dilations=[2, 1]), "backend conv2d": lambda tf, x: backend("conv2d")(x, kernel(3, 3, 2, 2), padding="same"), "backend depthwise": lambda tf, x: backend("depthwise_conv2d")(x, kernel(3, 3, 2, 2), padding="same"),
        "causal": lambda tf, x: backend("conv1d")(x[:, 0], tf.constant(kernel(3, 2, 2)), padding="causal"), "local 1d": lambda tf, x: backend("local_conv1d")(x[:, 0], kernel(6, 6, 2), (3,), (1,)), "local 2d": lambda tf, x: backend("local_conv2d")(x, kernel(6, 18, 2), (3, 3), (2, 2), (2, 3)),
    }, keras=True, no_f64=CONSTANTS),
    tfop("pools", [(5, 7, 2)], {
        "max": lambda tf, x: tf.nn.pool(x, [2, 2], "MAX", [2, 2], "SAME"), "avg": lambda tf, x: tf.nn.pool(x, [2, 3], "AVG"), "one axis": lambda tf, x: tf.nn.pool(x[:, 0], [2], "AVG", strides=[2]), "argmax": lambda tf, x: list(tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")),
        "max_pool": lambda tf, x: tf.nn.max_pool(x, 2, 2, "VALID"), "avg_pool": lambda tf, x: tf.nn.avg_pool(x, [1, 2, 3, 1], [1, 1, 1, 1], "SAME"), "max_pool1d": lambda tf, x: tf.nn.max_pool1d(x[:, 0], 3, 1, "SAME"), "avg_pool3d": lambda tf, x: tf.nn.avg_pool3d(x[:, tf.newaxis], [1, 2, 2], [1, 2, 2], "VALID"),
        "dilation": lambda tf, x: tf.nn.dilation2d(x, kernel(2, 3, 2), [1, 1, 2, 1], "SAME", "NHWC", [1, 2, 1, 1]), "erosion": lambda tf, x: tf.nn.erosion2d(x, kernel(2, 3, 2), [1, 2, 1, 1], "VALID", "NHWC", [1, 1, 2, 1]),
    }, keras=True, no_f64=CONSTANTS),
    tfop("space_batch", [(4, 6, 3)], {
        "there and back": lambda tf, x: tf.batch_to_space(tf.space_to_batch(x, [2, 3], [[0, 0], [1, 2]]), [2, 3], [[1, 0], [0, 2]]), "batch": lambda tf, x: tf.space_to_batch(x, [2, 2], [[2, 0], [0, 0]]), "one axis": lambda tf, x: tf.batch_to_space(tf.space_to_batch(x, [2], [[1, 1]]), block_shape=[2], crops=[[0, 1]]) * 2.0,
        "depth": lambda tf, x: tf.nn.depth_to_space(tf.nn.space_to_depth(x, 2), 2), "nn": lambda tf, x: tf.nn.space_to_batch(x, block_shape=[1, 2], paddings=[[0, 0], [0, 0]]),
    }, keras=True),
    tfop("losses", [(4,), (4,), (1,), (3, 4)], {
        "softmax": lambda tf, x, y, c, z: tf.nn.softmax_cross_entropy_with_logits(x, y), "softmax axis": lambda tf, x, y, c, z: tf.nn.softmax_cross_entropy_with_logits(labels=z, logits=z * 0.3, axis=1), "sigmoid": lambda tf, x, y, c, z: tf.nn.sigmoid_cross_entropy_with_logits(x, y), "weighted": lambda tf, x, y, c, z: tf.nn.weighted_cross_entropy_with_logits(x, y, 2.5), "sparse": lambda tf, x, y, c, z: tf.nn.sparse_softmax_cross_entropy_with_logits(c[:, 0], y),
        "poisson": lambda tf, x, y, c, z: tf.nn.log_poisson_loss(x * 2.0, y), "full": lambda tf, x, y, c, z: tf.nn.log_poisson_loss(x * 2.0, y, compute_full_loss=True), "binary": lambda tf, x, y, c, z: backend("binary_crossentropy")(x, tf.sigmoid(y)), "binary logits": lambda tf, x, y, c, z: backend("binary_crossentropy")(x, y, from_logits=True), "categorical": lambda tf, x, y, c, z: backend("categorical_crossentropy")(x, tf.abs(y)),
        "categorical logits": lambda tf, x, y, c, z: backend("categorical_crossentropy")(x, y, True), "sparse classes": lambda tf, x, y, c, z: backend("sparse_categorical_crossentropy")(c, tf.nn.softmax(y)), "sparse axis": lambda tf, x, y, c, z: backend("sparse_categorical_crossentropy")(tf.concat([c, c, c, c], 1) // 2, z, from_logits=True, axis=1), "focal": lambda tf, x, y, c, z: backend("binary_focal_crossentropy")(x, tf.sigmoid(y)),
        "focal balanced": lambda tf, x, y, c, z: backend("binary_focal_crossentropy")(x, y, True, 0.4, 1.5, True), "print": lambda tf, x, y, c, z: backend("print_tensor")(x, "x = ") * 2.0,
    }, (positive(), unit(), choice(0, 1, 3), In()), [None, None, "int32", None], keras=True, no_f64="print_tensor and the losses' epsilon are float32"),
    tfop("segments", [(5, 2)], {
        "mean": lambda tf, x: tf.math.segment_mean(x[0], [0, 0, 2, 2, 3]), "max": lambda tf, x: tf.math.segment_max(x[0], [0, 0, 2, 2, 3]), "min": lambda tf, x: tf.math.segment_min(x[0], [0, 1, 1, 1, 3]), "prod": lambda tf, x: tf.math.segment_prod(x[0], [0, 0, 2, 2, 2]), "unsorted mean": lambda tf, x: tf.math.unsorted_segment_mean(x[0], [2, 0, 2, 0, 0], 4),
        "root": lambda tf, x: tf.math.unsorted_segment_sqrt_n(x[0], [2, 0, 2, 0, 0], 4), "two axes": lambda tf, x: tf.math.unsorted_segment_sum(x[0], [[0, 1], [2, 2], [2, 0], [1, 1], [0, 0]], 3), "two axes mean": lambda tf, x: tf.math.unsorted_segment_mean(x[0], [[0, 1], [2, 2], [2, 0], [1, 1], [0, 0]], 5), "by data": lambda tf, x: tf.math.unsorted_segment_mean(x[0], tf.argmax(x[0], axis=1), 3),
    }, no_f64="in float64 tf.keras writes constants it cannot read", keras=True),
    tfop("counts", [(6,), (6,)], {
        "bincount": lambda tf, x, y: tf.math.bincount(x, minlength=4, maxlength=4, axis=-1), "binary": lambda tf, x, y: tf.math.bincount(x, minlength=6, maxlength=6, axis=-1, binary_output=True), "weights": lambda tf, x, y: tf.math.bincount(x, weights=y, minlength=5, maxlength=5, axis=-1),
        "dtype": lambda tf, x, y: tf.math.bincount(x, minlength=5, maxlength=5, dtype="float32"), "histogram": lambda tf, x, y: tf.histogram_fixed_width(y, [-0.8, 0.5], 6), "bins": lambda tf, x, y: tf.histogram_fixed_width_bins(y, [-0.8, 0.5], 6), "histogram int64": lambda tf, x, y: tf.histogram_fixed_width(y, [0.0, 1.0], nbins=3, dtype=tf.int64), "confusion": lambda tf, x, y: tf.math.confusion_matrix(x[0], x[0] // 2, 5),
        "confusion weights": lambda tf, x, y: tf.math.confusion_matrix(x[0], x[0] // 2, 5, weights=y[0], dtype="float32"), "unravel_index": lambda tf, x, y: tf.unravel_index(x[0] * 3, [2, 3, 4]), "truncatediv": lambda tf, x, y: tf.truncatediv(x - 2, 2), "truncatemod": lambda tf, x, y: tf.truncatemod(x - 2, 3), "non decreasing": lambda tf, x, y: tf.math.is_non_decreasing(x),
        "increasing": lambda tf, x, y: tf.math.is_strictly_increasing(tf.cumsum(x + 1, axis=1)[0]), "permutation": lambda tf, x, y: tf.math.invert_permutation(tf.argsort(y[0])),
    }, (tokens(5), unit()), ["int32", None], keras=True, no_f64="its outputs are whole numbers"),
    tfop("special", [(3, 5)], {
        "digamma": lambda tf, x: tf.math.digamma(tf.abs(x) + 0.1), "digamma of less": lambda tf, x: tf.math.digamma(x - 2.0), "digamma of more": lambda tf, x: tf.math.digamma(tf.exp(3.0 * x)), "polyval": lambda tf, x: tf.math.polyval([2.0, -1.0, 0.5], x), "scalar_mul": lambda tf, x: tf.math.scalar_mul(0.3, x), "reciprocal_no_nan": lambda tf, x: tf.math.reciprocal_no_nan(tf.nn.relu(x)),
        "truncatediv": lambda tf, x: tf.truncatemod(x, 0.3), "cumulative_logsumexp": lambda tf, x: tf.math.cumulative_logsumexp(x * 50.0, axis=2), "exclusive": lambda tf, x: tf.math.cumulative_logsumexp(x, axis=1, exclusive=True)[:, 1:], "reverse": lambda tf, x: tf.math.cumulative_logsumexp(x, axis=-1, reverse=True), "check_numerics": lambda tf, x: tf.debugging.check_numerics(x, "x") * 2.0,
    }, keras=True, no_f64=CONSTANTS),
    tfop("frames", [(3, 9)], {
        **{f"dct {k}": lambda tf, x, k=k: tf.signal.dct(x, type=k) for k in (1, 2, 3, 4)}, **{f"dct {k} ortho": lambda tf, x, k=k: tf.signal.dct(x, type=k, norm="ortho") for k in (2, 3, 4)}, "dct fewer": lambda tf, x: tf.signal.dct(x, n=6), "dct more": lambda tf, x: tf.signal.dct(x, type=3, n=12),
        **{f"idct {k}": lambda tf, x, k=k: tf.signal.idct(x, type=k) for k in (1, 2, 3, 4)}, "idct ortho": lambda tf, x: tf.signal.idct(x, norm="ortho"), "mfcc": lambda tf, x: tf.signal.mfccs_from_log_mel_spectrograms(x)[:, :, :5], "frame": lambda tf, x: tf.signal.frame(x, 4, 2), "pad_end": lambda tf, x: tf.signal.frame(x, 5, 2, pad_end=True, pad_value=0.5),
        "axis": lambda tf, x: tf.signal.frame(x, 2, 1, axis=1), "far apart": lambda tf, x: tf.signal.frame(x, 3, 4, pad_end=True), "overlap_and_add": lambda tf, x: tf.signal.overlap_and_add(x, 4), "no overlap": lambda tf, x: tf.signal.overlap_and_add(x, 11), "fftshift": lambda tf, x: tf.signal.fftshift(x, axes=[1, 2]), "ifftshift": lambda tf, x: tf.signal.ifftshift(x, axes=-1),
    }, keras=True, no_f64=CONSTANTS),
    tfop("fourier", [(4, 6), (4, 6)], {
        "fft": lambda tf, x, y: tf.abs(tf.signal.fft(tf.cast(x, "complex64"))), "ifft": lambda tf, x, y: tf.math.real(tf.signal.ifft(tf.complex(x, y))), "fft2d": lambda tf, x, y: tf.math.imag(tf.signal.fft2d(tf.complex(x, y))), "ifft2d": lambda tf, x, y: tf.abs(tf.signal.ifft2d(tf.complex(x, y))), "mixing": lambda tf, x, y: tf.cast(tf.signal.fft2d(tf.cast(x, "complex64")), "float32"),
        "filter": lambda tf, x, y: tf.math.real(tf.signal.ifft(tf.signal.fft(tf.cast(x, "complex64")) * tf.signal.fft(tf.cast(y, "complex64")))), "shifted": lambda tf, x, y: tf.abs(tf.signal.fftshift(tf.signal.fft2d(tf.cast(x, "complex64")), axes=[1, 2])),
    }, keras=True, no_f64="its constants are float32"),
    tfop("inverse_stft", [(61,)], {
        "istft": lambda tf, x: tf.signal.inverse_stft(tf.signal.stft(x, 16, 4), 16, 4), "longer": lambda tf, x: tf.signal.inverse_stft(tf.signal.stft(x, 11, 5, fft_length=20), 11, 5, fft_length=20), "no window": lambda tf, x: tf.signal.inverse_stft(tf.signal.stft(x, 10, 10, fft_length=10), 10, 10, fft_length=10, window_fn=None), "frame longer": lambda tf, x: tf.signal.inverse_stft(tf.signal.stft(x, 16, 8), 19, 8, fft_length=16),
    }, keras=True),
    tfop("matrices", [(4, 4), (5, 3)], {
        "qr": lambda tf, x, y: list(tf.linalg.qr(y)), "qr full": lambda tf, x, y: list(tf.linalg.qr(y, full_matrices=True)), "svd": lambda tf, x, y: list(tf.linalg.svd(y)), "svd full": lambda tf, x, y: list(tf.linalg.svd(y, full_matrices=True)), "singular values": lambda tf, x, y: tf.linalg.svd(x, compute_uv=False), "eigvalsh": lambda tf, x, y: tf.linalg.eigvalsh(x + tf.linalg.adjoint(x)),
        "logdet": lambda tf, x, y: tf.linalg.logdet(tf.matmul(x, x, transpose_b=True) + 0.5 * tf.eye(4)), "lstsq": lambda tf, x, y: tf.linalg.lstsq(y[:, :, :2], y[:, :, 2:]), "cholesky_solve": lambda tf, x, y: tf.linalg.cholesky_solve(tf.linalg.cholesky(tf.matmul(x, x, transpose_b=True) + 2.0 * tf.eye(4)), y[:, :4]), "rank": lambda tf, x, y: tf.linalg.matrix_rank(y),
    }, precision=1e-3, keras=True, no_f64=CONSTANTS),
    tfop("boxes", [(5, 7, 2), (4,)], {
        "crop_and_resize": lambda tf, x, y: tf.image.crop_and_resize(x, y, tf.range(tf.shape(x)[0]), [3, 4]), "nearest": lambda tf, x, y: tf.image.crop_and_resize(x, y, tf.range(tf.shape(x)[0]), [3, 2], method="nearest", extrapolation_value=0.5), "one": lambda tf, x, y: tf.image.crop_and_resize(x, y * 0.4, tf.zeros_like(tf.cast(y[:, 0], "int32")), [1, 1]),
        "constant": lambda tf, x, y: tf.image.crop_and_resize(x, [[0.1, 0.2, 0.9, 1.0], [1.0, 0.0, -0.2, 1.3]], [0, 0], [4, 4]),
    }, (In(), unit()), keras=True, no_f64="TensorFlow gives float32"),
    tfop("resize_v1", [(5, 7, 2)], {
        **{f"{m} {a}": lambda tf, x, m=m, a=a: getattr(tf.compat.v1.image, f"resize_{m}")(x, [8, 4], align_corners=a) for m in ("bilinear", "nearest_neighbor") for a in (False, True)}, **{f"{m} centers": lambda tf, x, m=m: getattr(tf.compat.v1.image, f"resize_{m}")(x, [8, 4], half_pixel_centers=True) for m in ("bilinear", "nearest_neighbor", "bicubic")},
        "images": lambda tf, x: tf.compat.v1.image.resize_images(x, [10, 7], align_corners=True), "images nearest": lambda tf, x: tf.compat.v1.image.resize_images(x, [3, 14], method=1), "whole": lambda tf, x: tf.compat.v1.image.resize_bilinear(tf.cast(x * 9.0, "int32"), [1, 3], align_corners=True),
    }, keras=True, no_f64="tf.image.resize gives float32"),
    tfop("alike", [(12, 13, 2), (12, 13, 2)], {
        "ssim": lambda tf, x, y: tf.image.ssim(x, y, 1.0), "small": lambda tf, x, y: tf.image.ssim(x, y, max_val=2.0, filter_size=5, filter_sigma=0.8, k1=0.02), "psnr": lambda tf, x, y: tf.image.psnr(x, y, 2.0), "ssim of bytes": lambda tf, x, y: tf.image.ssim(tf.cast(x * 99.0, "uint8"), tf.cast(y * 99.0, "uint8"), 255), "psnr of bytes": lambda tf, x, y: tf.image.psnr(tf.cast(x * 99.0, "uint8"), tf.cast(y * 99.0, "uint8"), 255),
        "gradients": lambda tf, x, y: list(tf.image.image_gradients(x)),
    }, (positive(), positive()), keras=True, no_f64="TensorFlow gives float32"),
    tfop("ctc_loss", [(9, 4), (3,), (), ()], {
        "last": lambda tf, x, t, n, k: tf.nn.ctc_loss(t - 1, x, k, n, logits_time_major=False, blank_index=-1), "first": lambda tf, x, t, n, k: tf.nn.ctc_loss(t, tf.transpose(x, (1, 0, 2)), k, n), "second": lambda tf, x, t, n, k: tf.nn.ctc_loss(tf.where(tf.equal(t, 1), 0, t), x, k, n, False, blank_index=1),
    }, (In(), choice(1, 2, 3), choice(5, 7, 9), choice(1, 2, 3)), [None, "int32", "int32", "int32"], keras=True, no_f64="TensorFlow's are float32"),
    graph("math", [(3, 4), (3, 4)], {
        "swish": lambda tf, x, y: tf.identity_n([x * tf.sigmoid(x), x])[0], "log": lambda tf, x, y: tf.math.log1p(tf.abs(x)) + tf.math.xlogy(tf.nn.relu(x), tf.abs(y)), "gelu": lambda tf, x, y: 0.5 * x * (1.0 + tf.math.erf(x / 1.4142135)), "where": lambda tf, x, y: tf.where(x > y, x, y), "clip": lambda tf, x, y: tf.clip_by_value(x, -0.5, 0.5), "cast": lambda tf, x, y: tf.cast(x > 0, "int32") * 2,
        "concat": lambda tf, x, y: tf.concat([x, y], axis=-1), "stack": lambda tf, x, y: tf.stack([x, y], axis=1), "split": lambda tf, x, y: tf.split(x, 2, axis=2), "unstack": lambda tf, x, y: tf.unstack(x, axis=1), "matmul": lambda tf, x, y: tf.matmul(x, y, transpose_b=True), "einsum": lambda tf, x, y: tf.einsum("bij,bkj->bik", x, y), "gather": lambda tf, x, y: tf.gather(x, [0, 2], axis=1),
        "one_hot": lambda tf, x, y: tf.one_hot(tf.argmax(x, axis=-1), 4), "top_k": lambda tf, x, y: list(tf.math.top_k(x, 2)), "cumsum": lambda tf, x, y: tf.cumsum(x, axis=1, reverse=True), "l2_normalize": lambda tf, x, y: tf.math.l2_normalize(x, axis=-1), "moments": lambda tf, x, y: list(tf.nn.moments(x, axes=[1])), "band_part": lambda tf, x, y: tf.linalg.band_part(x, 1, 0),
        "diag_part": lambda tf, x, y: tf.linalg.diag_part(x, k=1), "set_diag": lambda tf, x, y: tf.linalg.set_diag(x, y[:, :, 0]), "softmax loss": lambda tf, x, y: tf.nn.softmax_cross_entropy_with_logits(labels=tf.nn.softmax(x), logits=y), "sigmoid loss": lambda tf, x, y: tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=y), "digamma": lambda tf, x, y: tf.math.digamma(tf.abs(x) + 0.5), "roll": lambda tf, x, y: tf.roll(x, 1, axis=1),
        "pad": lambda tf, x, y: tf.pad(x, [[0, 0], [1, 0], [0, 2]], constant_values=0.5), "reverse": lambda tf, x, y: tf.reverse(x, [1]), "xor": lambda tf, x, y: tf.math.logical_xor(x > 0, y > 0), "cumulative_logsumexp": lambda tf, x, y: tf.math.cumulative_logsumexp(x, axis=1),
    }),
    graph("images", [(6, 8, 3)], {
        "resize": lambda tf, x: tf.image.resize(x, (3, 5)), "resize nearest": lambda tf, x: tf.image.resize(x, (8, 12), method="nearest"), "resize bicubic": lambda tf, x: tf.image.resize(x, (7, 7), method="bicubic"), "align": lambda tf, x: tf.compat.v1.image.resize_bilinear(x, (9, 13), align_corners=True), "hsv": lambda tf, x: tf.image.rgb_to_hsv(x), "contrast": lambda tf, x: tf.image.adjust_contrast(x, 0.7),
        "hue": lambda tf, x: tf.image.adjust_hue(x, 0.2), "saturation": lambda tf, x: tf.image.adjust_saturation(x, 0.4), "batch norm": lambda tf, x: tf.compat.v1.nn.fused_batch_norm(x, [1.0, 2.0, 0.5], [0.1, 0.0, -0.1], [0.5, 0.6, 0.4], [0.1, 0.2, 0.3], is_training=False)[0], "space_to_depth": lambda tf, x: tf.nn.space_to_depth(x, 2), "batches": lambda tf, x: tf.batch_to_space(tf.space_to_batch(x, [2, 2], [[0, 0], [0, 0]]) * 2.0, [2, 2], [[0, 0], [0, 0]]),
        "conv": lambda tf, x: tf.nn.conv2d(x, kernel(3, 3, 3, 2), 2, "SAME"), "depthwise": lambda tf, x: tf.nn.depthwise_conv2d(x, kernel(3, 3, 3, 2), [1, 1, 1, 1], "VALID"), "max_pool": lambda tf, x: tf.nn.max_pool2d(x, 2, 2, "SAME"), "avg_pool": lambda tf, x: tf.nn.avg_pool2d(x, 3, 1, "VALID"), "argmax": lambda tf, x: list(tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")), "patches": lambda tf, x: tf.image.extract_patches(x, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
        "transposed": lambda tf, x: tf.nn.conv2d_transpose(x, kernel(3, 3, 2, 3), tf.stack([tf.shape(x)[0], 12, 16, 2]), 2), "lrn": lambda tf, x: tf.nn.local_response_normalization(x), "boxes": lambda tf, x: tf.image.crop_and_resize(x, [[0.1, 0.2, 0.9, 1.0]], [0], [4, 4]), "flip": lambda tf, x: tf.image.flip_left_right(x), "dilation": lambda tf, x: tf.nn.dilation2d(x, kernel(2, 2, 3), [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1]),
        "bias": lambda tf, x: tf.nn.bias_add(x, [1.0, 2.0, 3.0]), "spectrum": lambda tf, x: tf.abs(tf.signal.rfft(tf.transpose(x, (0, 3, 1, 2)))), "inverse": lambda tf, x: tf.signal.irfft(tf.signal.rfft(tf.transpose(x, (0, 3, 1, 2)), fft_length=[6]), fft_length=[6]),
    }, (unit(),)),
    graph("places", [(4, 3), (3,)], {
        "gather_nd": lambda tf, x, i: tf.gather_nd(x, i[:, :1], batch_dims=1), "scatter_nd": lambda tf, x, i: tf.scatter_nd([[0], [2], [0], [3]], x[0], [5, 3]), "scatter max": lambda tf, x, i: tf.tensor_scatter_nd_max(x[0], [[1], [2]], x[0, :2]), "scatter sub": lambda tf, x, i: tf.tensor_scatter_nd_sub(x[0], [[1], [2]], x[0, :2]), "segment_sum": lambda tf, x, i: tf.math.segment_sum(x[0], [0, 0, 1, 3]),
        "segment_mean": lambda tf, x, i: tf.math.segment_mean(x[0], [0, 0, 1, 3]), "unsorted": lambda tf, x, i: tf.math.unsorted_segment_max(x[0], [1, 0, 1, 1], 2), "in_top_k": lambda tf, x, i: tf.math.in_top_k(i[:, 0], x[:, 0], 2), "reverse_sequence": lambda tf, x, i: tf.reverse_sequence(x, i[:, 0], seq_axis=1), "bits": lambda tf, x, i: tf.bitwise.bitwise_xor(tf.bitwise.left_shift(i, 2), 3),
        "truncatemod": lambda tf, x, i: tf.truncatemod(i - 1, 2) + tf.truncatediv(i - 2, 2), "inverse": lambda tf, x, i: tf.linalg.inv(x[:, :3] + 3.0 * tf.eye(3)), "solve": lambda tf, x, i: tf.linalg.solve(x[:, :3] + 3.0 * tf.eye(3), x[:, 1:]), "triangular": lambda tf, x, i: tf.linalg.triangular_solve(x[:, :3] + 3.0 * tf.eye(3), x[:, 1:]), "qr": lambda tf, x, i: list(tf.linalg.qr(x)),
        "eigh": lambda tf, x, i: tf.linalg.eigh(tf.matmul(x, x, transpose_a=True))[0], "strided_slice": lambda tf, x, i: x[:, 1:4:2, tf.newaxis, -1], "tile": lambda tf, x, i: tf.tile(x[:, :1], [1, tf.shape(x)[1], 1]), "fill": lambda tf, x, i: tf.fill(tf.shape(x), 0.5) * x, "broadcast": lambda tf, x, i: tf.broadcast_to(x[:, :1], tf.shape(x)), "heads": lambda tf, x, i: tf.reshape(x, [-1, 2, 2, 3]),
        "positions": lambda tf, x, i: tf.cast(tf.range(tf.shape(x)[1]), "float32")[tf.newaxis, :, tf.newaxis] + x, "unravel": lambda tf, x, i: tf.unravel_index(i[0], [2, 2]), "histogram": lambda tf, x, i: tf.histogram_fixed_width(x, [-1.0, 1.0], 4),
    }, (In(), tokens(3)), ["float32", "int32"], precision=1e-3),
    tfop("strings", [(3,), (3,)], {
        "lower": lambda tf, x, y: tf.strings.lower(x), "upper": lambda tf, x, y: tf.strings.upper(x), "strip": lambda tf, x, y: tf.strings.strip(x), "length": lambda tf, x, y: tf.strings.length(x), "characters": lambda tf, x, y: tf.strings.length(x, unit="UTF8_CHAR"), "join": lambda tf, x, y: tf.strings.join([x, y, "z"], separator="_"), "substr": lambda tf, x, y: tf.strings.substr(x, 1, 2), "substr end": lambda tf, x, y: tf.strings.substr(x, -2, 5),
        "replace": lambda tf, x, y: tf.strings.regex_replace(x, "[^a-z]+", "-"), "groups": lambda tf, x, y: tf.strings.regex_replace(x, r"(\w)(\w)", r"\2$\1\\"), "first": lambda tf, x, y: tf.strings.regex_replace(x, "[A-Z]?", "<\\0>", replace_global=False), "empty matches": lambda tf, x, y: tf.strings.regex_replace(x, "b*", "."), "full_match": lambda tf, x, y: tf.strings.regex_full_match(x, "[A-Z].*|.*b"), "+": lambda tf, x, y: x + "_" + y,
        "hash": lambda tf, x, y: tf.strings.to_hash_bucket_fast(x, 1000), "strong": lambda tf, x, y: tf.strings.to_hash_bucket_strong(x, 1000, [5, 7]), "equal": lambda tf, x, y: tf.equal(x, "Ab b"), "crossed": lambda tf, x, y: tf.strings.to_hash_bucket_fast(tf.strings.join([x, y], separator="_X_"), 50),
    }, (choice("Ab b", " Äö cab\t", "B,b.b!", "xyz"), choice("cat", "dog")), ["string", "string"], keras=True, no_f64="its outputs are texts or whole numbers"),
    graph("strings", [(3,)], {
        "lower": lambda tf, x: tf.strings.lower(x), "replace": lambda tf, x: tf.strings.regex_replace(x, "[^a-z]+", "-"), "length": lambda tf, x: tf.strings.length(x), "hash": lambda tf, x: tf.strings.to_hash_bucket_fast(x, 1000), "join": lambda tf, x: tf.strings.join([x, x], separator="+"), "full_match": lambda tf, x: tf.strings.regex_full_match(x, "A.*"),
    }, (choice("Ab b", "B,b.b!", "xyz"),), ["string"]),
    tfop("few", [(3, 4), (3, 2)], {
        "fake_quant": lambda tf, x, i: tf.quantization.fake_quant_with_min_max_args(x, -1.5, 2.0), "range": lambda tf, x, i: tf.quantization.fake_quant_with_min_max_vars(x, -1.0, 0.7, num_bits=4, narrow_range=True), "channels": lambda tf, x, i: tf.quantization.fake_quant_with_min_max_vars_per_channel(x, kernel(4) - 1.0, kernel(4) + 1.0), "batch_gather": lambda tf, x, i: tf.compat.v1.batch_gather(x, i), "xw_plus_b": lambda tf, x, i: tf.compat.v1.nn.xw_plus_b(x[:, 0], kernel(4, 2), kernel(2)),
        "relu_layer": lambda tf, x, i: tf.compat.v1.nn.relu_layer(x[:, 0], kernel(4, 2), kernel(2)), "embedding": lambda tf, x, i: tf.nn.embedding_lookup(kernel(5, 3), i), "batch norm": lambda tf, x, i: backend("batch_normalization")(x[:, :, :, tf.newaxis], *(tf.constant(kernel(1) + n) for n in (1.0, 2.0, 3.0, 4.0))),
        "volumes": lambda tf, x, i: tf.extract_volume_patches(tf.reshape(x, (-1, 3, 2, 2, 1)), [1, 2, 2, 1, 1], [1, 1, 2, 1, 1], "VALID"),
    }, (In(), tokens(4)), [None, "int32"], keras=True, no_f64=CONSTANTS),
    tfop("select_boxes", [(12, 1, 4), (12, 3), (9, 3, 4)], {
        "combined": lambda tf, x, y, z: list(tf.image.combined_non_max_suppression(x, y, 4, 6, 0.3, 0.2)), "of each class": lambda tf, x, y, z: list(tf.image.combined_non_max_suppression(z, y[:, :9], 3, 20, 0.4, pad_per_class=False)), "pad_per_class": lambda tf, x, y, z: list(tf.image.combined_non_max_suppression(z * 2.0, y[:, :9], max_output_size_per_class=2, max_total_size=20, pad_per_class=True, clip_boxes=False)),
        "padded": lambda tf, x, y, z: list(tf.image.non_max_suppression_padded(x[0, :, 0], y[0, :, 1], 8, iou_threshold=0.3, score_threshold=0.1, pad_to_max_output_size=True)),
    }, (positive(), unit(), positive()), keras=True, no_f64="TensorFlow selects boxes of float32"),
    tfop("whole_batch", [(5, 7, 2)], {
        "argmax": lambda tf, x: tf.nn.max_pool_with_argmax(x, [1, 3, 2, 1], [1, 1, 2, 1], "VALID", include_batch_in_index=True)[1], "training": lambda tf, x: backend("normalize_batch_in_training")(x, tf.constant(kernel(2)), tf.constant(kernel(2)), [0, 1, 2])[0],
    }, keras=True, no_f64=CONSTANTS),
    tfop("beyond_keras3", [(6,), (6,)], {
        "bincount": lambda tf, x, y: tf.math.bincount(x, minlength=2), "bincount weights": lambda tf, x, y: tf.math.bincount(x, weights=y, minlength=9), "lbeta": lambda tf, x, y: tf.math.lbeta(tf.abs(y) + 0.5), "det": lambda tf, x, y: tf.linalg.det(tf.reshape(y[:, :4], (-1, 2, 2))),
    }, (tokens(5), unit()), ["int32", None], keras=True, no_f64=CONSTANTS),
]
