"""Less common functions of TensorFlow in tf_keras graphs."""

import numpy as np

from .case import In, choice, positive, tokens, unit
from .tf_ops import backend, op_layer, tfop

CONSTANTS = "its constants are float32"


def kernel(*shape):
    """A constant that TFOpLambda saves in its node."""
    return np.linspace(-1, 1, int(np.prod(shape)), dtype="float32").reshape(shape)


CASES = [
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
        "max": lambda tf, x: tf.nn.pool(x, [2, 2], "MAX", [2, 2], "SAME"), "avg": lambda tf, x: tf.nn.pool(x, [2, 3], "AVG"), "one axis": lambda tf, x: tf.nn.pool(x[:, 0], [2], "AVG", strides=[2]), "argmax": lambda tf, x: list(tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")), "batch": lambda tf, x: tf.nn.max_pool_with_argmax(x, [1, 3, 2, 1], [1, 1, 2, 1], "VALID", include_batch_in_index=True)[1],
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
        "bincount": lambda tf, x, y: tf.math.bincount(x, minlength=4, maxlength=4, axis=-1), "binary": lambda tf, x, y: tf.math.bincount(x, minlength=6, maxlength=6, axis=-1, binary_output=True), "all": lambda tf, x, y: tf.math.bincount(x, minlength=2), "weights": lambda tf, x, y: tf.math.bincount(x, weights=y, minlength=5, maxlength=5, axis=-1), "weights of all": lambda tf, x, y: tf.math.bincount(x, weights=y, minlength=9),
        "dtype": lambda tf, x, y: tf.math.bincount(x, minlength=5, maxlength=5, dtype="float32"), "histogram": lambda tf, x, y: tf.histogram_fixed_width(y, [-0.8, 0.5], 6), "bins": lambda tf, x, y: tf.histogram_fixed_width_bins(y, [-0.8, 0.5], 6), "histogram int64": lambda tf, x, y: tf.histogram_fixed_width(y, [0.0, 1.0], nbins=3, dtype=tf.int64), "confusion": lambda tf, x, y: tf.math.confusion_matrix(x[0], x[0] // 2, 5),
        "confusion weights": lambda tf, x, y: tf.math.confusion_matrix(x[0], x[0] // 2, 5, weights=y[0], dtype="float32"), "unravel_index": lambda tf, x, y: tf.unravel_index(x[0] * 3, [2, 3, 4]), "truncatediv": lambda tf, x, y: tf.truncatediv(x - 2, 2), "truncatemod": lambda tf, x, y: tf.truncatemod(x - 2, 3), "non decreasing": lambda tf, x, y: tf.math.is_non_decreasing(x),
        "increasing": lambda tf, x, y: tf.math.is_strictly_increasing(tf.cumsum(x + 1, axis=1)[0]), "permutation": lambda tf, x, y: tf.math.invert_permutation(tf.argsort(y[0])),
    }, (tokens(5), unit()), ["int32", None], keras=True, no_f64="its outputs are whole numbers"),
    tfop("special", [(3, 5)], {
        "digamma": lambda tf, x: tf.math.digamma(tf.abs(x) + 0.1), "digamma of less": lambda tf, x: tf.math.digamma(x - 2.0), "digamma of more": lambda tf, x: tf.math.digamma(tf.exp(3.0 * x)), "lbeta": lambda tf, x: tf.math.lbeta(tf.abs(x) + 0.5), "polyval": lambda tf, x: tf.math.polyval([2.0, -1.0, 0.5], x), "scalar_mul": lambda tf, x: tf.math.scalar_mul(0.3, x), "reciprocal_no_nan": lambda tf, x: tf.math.reciprocal_no_nan(tf.nn.relu(x)),
        "truncatediv": lambda tf, x: tf.truncatemod(x, 0.3), "cumulative_logsumexp": lambda tf, x: tf.math.cumulative_logsumexp(x * 50.0, axis=2), "exclusive": lambda tf, x: tf.math.cumulative_logsumexp(x, axis=1, exclusive=True)[:, 1:], "reverse": lambda tf, x: tf.math.cumulative_logsumexp(x, axis=-1, reverse=True), "check_numerics": lambda tf, x: tf.debugging.check_numerics(x, "x") * 2.0,
    }, keras=True, no_f64=CONSTANTS),
]
