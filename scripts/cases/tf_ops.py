"""TensorFlow functions and operators in tf_keras graphs: TFOpLambda, SlicingOpLambda."""

from .case import KERAS2, Case, In, choice, positive, tokens, unit

ONLY2 = dict(dialects=(KERAS2,), absent="Keras 3 has keras.ops instead")


def tfop(name, shapes, lines, inputs=None, dtypes=None, keras=False, **case):
    inputs = inputs or tuple(In() for _ in shapes)
    dtypes = dtypes or [None] * len(shapes)

    def build(K):
        import tensorflow as tf

        xs = [K.Input(s, name=f"x{i}", **({"dtype": d} if d else {})) for i, (s, d) in enumerate(zip(shapes, dtypes))]
        outs = []
        for f in lines.values():
            y = f(tf, *xs)
            outs += y if isinstance(y, (list, tuple)) else [y]
        return K.Model(xs, outs)

    return Case(f"tf_{name}", build, ", ".join(lines), inputs, keras=keras, variants=((1, 0),), **ONLY2, **case)


def calls(path, *names):
    def get(tf, n):
        here = tf
        for p in filter(None, path.split(".")):
            here = getattr(here, p)
        return getattr(here, n)

    return {f"{path}.{n}".strip("."): (lambda tf, *xs, n=n: get(tf, n)(*xs)) for n in names}


def batch_flatten(x):
    import tf_keras

    return tf_keras.backend.batch_flatten(x)


def backend(name):
    import tf_keras

    return getattr(tf_keras.backend, name)


def flat(decoded):
    return [*decoded[0], decoded[1]]


A = (3, 4)


def scaled_attention(K):
    """Attention as people write it with tf functions."""
    import tensorflow as tf

    L = K.layers
    x = K.Input((5, 6))
    q, k, v = L.Dense(4)(x), L.Dense(4)(x), L.Dense(4)(x)
    w = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / tf.sqrt(4.0), axis=-1)
    return K.Model(x, L.Dense(2)(tf.reduce_mean(tf.matmul(w, v), axis=1)))


def hard_swish(K):
    """MobileNetV3's way."""
    import tensorflow as tf

    L = K.layers
    x = K.Input((4, 4, 3))
    y = L.Conv2D(4, 3)(x)
    return K.Model(x, y * (L.ReLU(6.0)(y + 3.0) * (1.0 / 6.0)))


def nested(K):
    import tensorflow as tf

    L = K.layers
    a = K.Input((4,))
    inner = K.Model(a, tf.tanh(L.Dense(3)(a)) * 2.0, name="inner")
    x = K.Input((4,))
    return K.Model(x, tf.reduce_sum(inner(x), axis=-1, keepdims=True))


def op_layer(name, shape, line, shows):
    """TensorFlowOpLayer, as TF 2.0 to 2.3 wrote it: a NodeDef, and the constants among its inputs."""

    def build(K):
        import numpy as np
        import tensorflow as tf
        from tf_keras.src.engine.base_layer import TensorFlowOpLayer

        x = y = K.Input(shape)
        g = tf.Graph()
        with g.as_default():
            p = tf.compat.v1.placeholder(y.dtype, (None, *shape), name="p")
            line(tf, p)
        for op in g.get_operations():
            if op.type in ("Placeholder", "Const"):
                continue
            constants, takes = {}, []
            for i, t in enumerate(op.inputs):
                if t.op.type == "Const":
                    constants[i] = tf.make_ndarray(t.op.get_attr("value"))
                else:
                    takes.append(t)
            y = TensorFlowOpLayer(op.node_def.SerializeToString(), op.name, constants)(y)
        return K.Model(x, y)

    return Case(f"tf_op_layer_{name}", build, shows, variants=((1, 0),), no_f64="the NodeDef fixes float32", **ONLY2)


OP_LAYERS = [
    op_layer("mul", (3, 4), lambda tf, x: x * 2.5, "Mul by a constant"),
    op_layer("add_relu", (3, 4), lambda tf, x: tf.nn.relu(x + 0.25), "AddV2, Relu"),
    op_layer("mean", (3, 4), lambda tf, x: tf.reduce_mean(x, axis=1), "Mean over an axis"),
    op_layer("strided_slice", (5, 4), lambda tf, x: x[:, 1:4:2, -1], "StridedSlice"),
    op_layer("reshape_transpose", (3, 4), lambda tf, x: tf.transpose(tf.reshape(x, (-1, 2, 6)), (0, 2, 1)), "Reshape, Transpose"),
    op_layer("expand_squeeze", (1, 4), lambda tf, x: tf.expand_dims(tf.squeeze(x, axis=1), -1), "Squeeze, ExpandDims"),
    op_layer("math", (3, 4), lambda tf, x: tf.exp(tf.sqrt(tf.square(x)) / 2.0) - 1.0, "Square, Sqrt, RealDiv, Exp, Sub"),
    op_layer("clip", (3, 4), lambda tf, x: tf.minimum(tf.maximum(x, -0.5), 0.75), "Maximum, Minimum"),
    op_layer("softmax", (4,), lambda tf, x: tf.nn.softmax(tf.matmul(x, tf.constant([[1.0, 0.5], [0.2, -1.0], [0.0, 2.0], [-0.3, 0.1]]))), "MatMul by a constant, Softmax"),
]

CASES = [
    *OP_LAYERS,
    tfop("operators", [A, A], {
        "+": lambda tf, x, y: x + y, "-": lambda tf, x, y: x - y, "*": lambda tf, x, y: x * y, "/": lambda tf, x, y: x / (y * y + 1.0), "-x": lambda tf, x, y: -x, "abs": lambda tf, x, y: abs(x),
        "**": lambda tf, x, y: (x * x + 1.0) ** 0.5, "@": lambda tf, x, y: x @ tf.transpose(y, (0, 2, 1)), "2 - x": lambda tf, x, y: 2.0 - x, "1 / x": lambda tf, x, y: 1.0 / (x * x + 1.0), "//": lambda tf, x, y: x // 0.5, "%": lambda tf, x, y: x % 0.7,
    }, keras=True),
    tfop("compare", [A, A], {
        ">": lambda tf, x, y: x > y, ">=": lambda tf, x, y: x >= y, "<": lambda tf, x, y: x < y, "<=": lambda tf, x, y: x <= y, "and": lambda tf, x, y: tf.logical_and(x > 0, y > 0), "or": lambda tf, x, y: (x > 0) | (y > 0), "not": lambda tf, x, y: ~(x > 0),
        "where": lambda tf, x, y: tf.where(x > 0, x, y), "cast": lambda tf, x, y: tf.cast(x > 0, "float32"), "equal": lambda tf, x, y: tf.equal(tf.round(x), tf.round(y)),
    }, no_f64="casts to float32 on purpose"),
    tfop("math", [A], calls("math", "abs", "exp", "square", "sin", "cos", "tanh", "sigmoid", "softplus", "sign", "floor"), (unit(),)),
    tfop("math_positive", [A], calls("math", "sqrt", "rsqrt", "log", "log1p", "reciprocal", "erf", "ceil", "negative", "expm1"), (positive(),)),
    tfop("math_binary", [A, A], calls("math", "add", "subtract", "multiply", "divide", "maximum", "minimum", "squared_difference", "pow", "floormod", "divide_no_nan"), (positive(), positive())),
    tfop("nn", [A], {**calls("nn", "relu", "relu6", "elu", "selu", "softmax", "log_softmax", "softsign", "gelu", "swish"), "leaky_relu": lambda tf, x: tf.nn.leaky_relu(x, alpha=0.1), "l2_normalize": lambda tf, x: tf.nn.l2_normalize(x, axis=-1), "softmax axis": lambda tf, x: tf.nn.softmax(x, axis=1)}),
    tfop("reduce", [(3, 4, 2)], {
        "sum": lambda tf, x: tf.reduce_sum(x, axis=-1), "mean": lambda tf, x: tf.reduce_mean(x, axis=[1, 2]), "max": lambda tf, x: tf.reduce_max(x, axis=1, keepdims=True), "min": lambda tf, x: tf.reduce_min(x, axis=2), "prod": lambda tf, x: tf.reduce_prod(x, axis=-1),
        "logsumexp": lambda tf, x: tf.reduce_logsumexp(x, axis=1), "std": lambda tf, x: tf.math.reduce_std(x, axis=1), "variance": lambda tf, x: tf.math.reduce_variance(x, axis=-1), "argmax": lambda tf, x: tf.argmax(x, axis=-1), "cumsum": lambda tf, x: tf.cumsum(x, axis=1), "norm": lambda tf, x: tf.norm(x, axis=-1),
        "any": lambda tf, x: tf.reduce_any(x > 1, axis=1), "all": lambda tf, x: tf.reduce_all(x > -1, axis=1),
    }),
    tfop("shape", [(3, 4)], {
        "reshape": lambda tf, x: tf.reshape(x, (-1, 2, 6)), "transpose": lambda tf, x: tf.transpose(x, (0, 2, 1)), "expand_dims": lambda tf, x: tf.expand_dims(x, 1), "squeeze": lambda tf, x: tf.squeeze(x[:, :1], axis=1), "tile": lambda tf, x: tf.tile(x, (1, 2, 1)),
        "reverse": lambda tf, x: tf.reverse(x, axis=[1]), "pad": lambda tf, x: tf.pad(x, ((0, 0), (1, 2), (0, 1))), "pad reflect": lambda tf, x: tf.pad(x, ((0, 0), (1, 1), (2, 1)), mode="REFLECT"), "repeat": lambda tf, x: tf.repeat(x, 2, axis=1), "roll": lambda tf, x: tf.roll(x, 1, axis=1), "identity": lambda tf, x: tf.identity(x),
    }, keras=True),
    tfop("join", [A, A], {"concat": lambda tf, x, y: tf.concat([x, y], axis=-1), "concat 1": lambda tf, x, y: tf.concat([x, y], 1), "stack": lambda tf, x, y: tf.stack([x, y], axis=1), "add_n": lambda tf, x, y: tf.add_n([x, y])}),
    tfop("part", [(4, 6)], {"split": lambda tf, x: tf.split(x, 3, axis=-1), "split sizes": lambda tf, x: tf.split(x, [1, 3], axis=1), "unstack": lambda tf, x: tf.unstack(x, axis=1), "gather": lambda tf, x: tf.gather(x, [0, 2], axis=1), "slice": lambda tf, x: tf.slice(x, [0, 1, 2], [-1, 2, 3])}),
    tfop("slicing", [(5, 6)], {
        "x[:, 0]": lambda tf, x: x[:, 0], "x[:, -1]": lambda tf, x: x[:, -1], "x[:, 1:3]": lambda tf, x: x[:, 1:3], "x[..., ::2]": lambda tf, x: x[..., ::2], "x[:, ::-1]": lambda tf, x: x[:, ::-1], "x[:, tf.newaxis]": lambda tf, x: x[:, tf.newaxis], "x[:, 1:, -2:]": lambda tf, x: x[:, 1:, -2:],
    }),
    tfop("linear", [(3, 4), (4, 5)], {"matmul": lambda tf, x, y: tf.matmul(x, y), "tensordot": lambda tf, x, y: tf.tensordot(x, y[0], 1), "transpose_a": lambda tf, x, y: tf.matmul(y, x, transpose_a=True, transpose_b=True)}),
    tfop("einsum", [(3, 4), (4, 5)], {"einsum": lambda tf, x, y: tf.einsum("bij,bjk->bik", x, y)}, refused="tf.keras does not save the operands of tf.einsum"),
    tfop("clip", [A], {"clip_by_value": lambda tf, x: tf.clip_by_value(x, -0.5, 0.75), "stop_gradient": lambda tf, x: tf.stop_gradient(x), "maximum": lambda tf, x: tf.maximum(x, 0.0), "ones_like": lambda tf, x: x + tf.ones_like(x), "zeros_like": lambda tf, x: x - tf.zeros_like(x)}),
    tfop("one_hot", [(4,)], {"one_hot": lambda tf, x: tf.one_hot(x, 5)}, (tokens(5),), ["int32"], no_f64="its outputs are whole numbers"),
    tfop("dynamic_shape", [(None, 4)], {
        "reshape by tf.shape": lambda tf, x: tf.reshape(x, (tf.shape(x)[0], -1, 2)), "merge": lambda tf, x: tf.reshape(x, (tf.shape(x)[0] * tf.shape(x)[1], 4)), "heads": lambda tf, x: tf.transpose(tf.reshape(x, tf.stack([tf.shape(x)[0], tf.shape(x)[1], 2, 2])), (0, 2, 1, 3)),
        "positions": lambda tf, x: tf.cast(tf.range(tf.shape(x)[1]), "float32")[:, tf.newaxis] * x, "zeros": lambda tf, x: tf.concat([tf.zeros((tf.shape(x)[0], 1, 4)), x], axis=1), "tile": lambda tf, x: tf.tile(tf.reduce_mean(x, axis=1, keepdims=True), [1, tf.shape(x)[1], 1]) + x,
        "fill": lambda tf, x: tf.fill(tf.shape(x), 0.5) * x, "broadcast_to": lambda tf, x: tf.broadcast_to(x[:, :1], tf.shape(x)), "slice to length": lambda tf, x: tf.reshape(tf.range(12.0), (1, 12, 1))[:, : tf.shape(x)[1]] + x, "mask": lambda tf, x: tf.sequence_mask([2, 3], tf.shape(x)[1], dtype="float32")[:1, :, tf.newaxis] * x,
        "divide by the length": lambda tf, x: tf.reduce_sum(x, axis=1) / tf.cast(tf.shape(x)[1], "float32"), "size": lambda tf, x: x * tf.cast(tf.size(x), "float32"),
    }, no_f64="its constants are float32"),
    tfop("look_up", [(4, 5)], {
        "gather batch_dims": lambda tf, x: tf.gather(x, tf.argmax(x, axis=-1), axis=2, batch_dims=2), "gather_nd": lambda tf, x: tf.gather_nd(x[0], [[0, 1], [3, 4]]), "top_k": lambda tf, x: list(tf.math.top_k(x, 2)), "sort": lambda tf, x: tf.sort(x, axis=1, direction="DESCENDING"), "argsort": lambda tf, x: tf.argsort(x), 
        "strided_slice": lambda tf, x: tf.strided_slice(x, [0, 1, 0], [2, 4, 5], [1, 2, 2]), "band_part": lambda tf, x: tf.linalg.band_part(x, 1, 0), "diag_part": lambda tf, x: tf.linalg.diag_part(x), "scatter": lambda tf, x: tf.tensor_scatter_nd_update(x[0], [[1], [2]], x[0, :2]), "cumsum": lambda tf, x: tf.cumsum(x, axis=1, exclusive=True, reverse=True),
        "moments": lambda tf, x: list(tf.nn.moments(x, axes=[1])), "l2_normalize": lambda tf, x: tf.math.l2_normalize(x, axis=1), "conv1d": lambda tf, x: tf.nn.conv1d(x, tf.reshape(tf.range(15.0), (1, 5, 3)), 1, "SAME"),
    }, no_f64="its constants are float32"),
    tfop("image", [(4, 6, 2)], {"resize": lambda tf, x: tf.image.resize(x, (3, 5)), "resize nearest": lambda tf, x: tf.image.resize(x, (8, 8), method="nearest"), "flip": lambda tf, x: tf.image.flip_left_right(x), "depth_to_space": lambda tf, x: tf.nn.space_to_depth(x, 2)}, no_f64="tf.image.resize gives float32"),
    tfop("space_depth_open", [(None, None, 8)], {"depth_to_space": lambda tf, x: tf.nn.depth_to_space(x, 2), "space_to_depth": lambda tf, x: tf.nn.space_to_depth(x, 2)}, inputs=(In(length=4),)),
    tfop("image_patches", [(6, 8, 2)], {
        "extract_patches": lambda tf, x: tf.image.extract_patches(x, [1, 2, 4, 1], [1, 2, 4, 1], [1, 1, 1, 1], "VALID"), "overlapping": lambda tf, x: tf.image.extract_patches(images=x, sizes=[1, 3, 3, 1], strides=[1, 2, 1, 1], rates=[1, 1, 2, 1], padding="SAME"),
        "crop": lambda tf, x: tf.image.crop_to_bounding_box(x, 1, 2, 3, 4), "pad": lambda tf, x: tf.image.pad_to_bounding_box(x, 1, 2, 9, 12),
    }, keras=True),
    tfop("image_fit", [(7, 10, 2)], {
        "central_crop": lambda tf, x: tf.image.central_crop(x, 0.5), "crop little": lambda tf, x: tf.image.central_crop(x, 0.83), "crop nothing": lambda tf, x: tf.image.central_crop(x, 1.0),
        "crop or pad": lambda tf, x: tf.image.resize_with_crop_or_pad(x, 4, 13), "pad or crop": lambda tf, x: tf.image.resize_with_crop_or_pad(x, target_height=10, target_width=5), "resize_with_pad": lambda tf, x: tf.image.resize_with_pad(x, 8, 9), "nearest": lambda tf, x: tf.image.resize_with_pad(x, 5, 12, method="nearest"),
        "antialias": lambda tf, x: tf.image.resize_with_pad(x, 3, 3, antialias=True), "bicubic": lambda tf, x: tf.image.resize_with_pad(x, 15, 17, method="bicubic"),
    }, keras=True, no_f64="tf.image.resize gives float32"),
    tfop("image_adjust", [(5, 6, 3)], {
        "brightness": lambda tf, x: tf.image.adjust_brightness(x, 0.3), "contrast": lambda tf, x: tf.image.adjust_contrast(x, 0.7), "gamma": lambda tf, x: tf.image.adjust_gamma(x, 2.0, 3.0), "gamma 1": lambda tf, x: tf.image.adjust_gamma(x, gain=0.5), "hue": lambda tf, x: tf.image.adjust_hue(x, 0.3), "hue back": lambda tf, x: tf.image.adjust_hue(x, -0.9),
        "saturation": lambda tf, x: tf.image.adjust_saturation(x, 0.4), "saturation more": lambda tf, x: tf.image.adjust_saturation(x, 2.5), "yuv": lambda tf, x: tf.image.rgb_to_yuv(x), "from yuv": lambda tf, x: tf.image.yuv_to_rgb(x), "yiq": lambda tf, x: tf.image.rgb_to_yiq(x), "from yiq": lambda tf, x: tf.image.yiq_to_rgb(x),
        "to uint8": lambda tf, x: tf.image.convert_image_dtype(x, tf.uint8, saturate=True), "to int16": lambda tf, x: tf.image.convert_image_dtype(x, tf.int16), "to float16": lambda tf, x: tf.image.convert_image_dtype(x, tf.float16), "standardization": lambda tf, x: tf.image.per_image_standardization(x),
        "flip_up_down": lambda tf, x: tf.image.flip_up_down(x), "transpose": lambda tf, x: tf.image.transpose(x), "total_variation": lambda tf, x: tf.image.total_variation(x),
    }, (unit(),), keras=True, no_f64="TensorFlow adjusts in float32"),
    tfop("image_sobel", [(5, 6, 3)], {"sobel_edges": lambda tf, x: tf.image.sobel_edges(x)}, no_f64="its constants are float32"),
    tfop("image_adjust_whole", [(5, 6, 3)], {
        "brightness": lambda tf, x: tf.image.adjust_brightness(tf.cast(x, "uint8"), 0.3), "contrast": lambda tf, x: tf.image.adjust_contrast(tf.cast(x, "uint8"), 0.7), "gamma": lambda tf, x: tf.image.adjust_gamma(tf.cast(x, "uint8"), 2.0, 3.0), "hue": lambda tf, x: tf.image.adjust_hue(tf.cast(x, "uint8"), 0.3), "saturation": lambda tf, x: tf.image.adjust_saturation(tf.cast(x, "uint8"), 0.4),
        "to float": lambda tf, x: tf.image.convert_image_dtype(tf.cast(x, "uint8"), "float32"), "to int16": lambda tf, x: tf.image.convert_image_dtype(tf.cast(x, "uint8"), "int16"), "to int8": lambda tf, x: tf.image.convert_image_dtype(tf.cast(x, "int16"), "int8", saturate=True),
    }, (tokens(256),), ["int32"], no_f64="TensorFlow adjusts in float32"),
    tfop("less_used", [(4, 6, 4)], {
        "crelu": lambda tf, x: tf.nn.crelu(x), "crelu axis": lambda tf, x: tf.nn.crelu(x, axis=2), "clip_by_norm": lambda tf, x: tf.clip_by_norm(x, 1.5, axes=[3]), "local_response_normalization": lambda tf, x: tf.nn.local_response_normalization(x),
        "lrn": lambda tf, x: tf.nn.local_response_normalization(x, depth_radius=1, bias=2.0, alpha=0.1, beta=0.75), "rot90": lambda tf, x: tf.image.rot90(x), "rot90 thrice": lambda tf, x: tf.image.rot90(x, k=3),
        "grayscale_to_rgb": lambda tf, x: tf.image.grayscale_to_rgb(tf.reduce_max(x, axis=-1, keepdims=True)), "frame": lambda tf, x: tf.signal.frame(tf.reduce_sum(x, axis=[2, 3]), 3, 1),
        "batch_flatten": lambda tf, x: batch_flatten(x),
    }, keras=True, no_f64="TensorFlow normalizes no float64"),
    tfop("diagonals", [(3, 4)], {
        "diag": lambda tf, x: tf.linalg.diag(x), "diag above": lambda tf, x: tf.linalg.diag(x, k=2, padding_value=0.5), "diag below": lambda tf, x: tf.linalg.diag(x, k=-1, num_rows=5, num_cols=6), "diag_part above": lambda tf, x: tf.linalg.diag_part(x, k=1), "diag_part below": lambda tf, x: tf.linalg.diag_part(x, k=(-2, -2)),
        "set_diag": lambda tf, x: tf.linalg.set_diag(x, x[:, :, 1]), "set above": lambda tf, x: tf.linalg.set_diag(x, x[:, 0, :2], k=2), "set below": lambda tf, x: tf.linalg.set_diag(x, x[:, 1, :2], k=-1), "band_part": lambda tf, x: tf.linalg.band_part(x, 1, 0), "band upper": lambda tf, x: tf.linalg.band_part(x, 0, -1),
    }, keras=True),
    tfop("places", [(3, 4)], {
        "gather_nd rows": lambda tf, x: tf.gather_nd(x, tf.argmax(x, axis=2)[:, :2, tf.newaxis] % 3, batch_dims=1), "gather_nd elements": lambda tf, x: tf.gather_nd(x, tf.argmax(x, axis=2)[:, :, tf.newaxis], batch_dims=2), "scatter_nd": lambda tf, x: tf.scatter_nd([[0], [2], [0]], x[0], [5, 4]), "scatter sub": lambda tf, x: tf.tensor_scatter_nd_sub(x[0], [[1], [2]], x[0, :2]),
        "scatter max": lambda tf, x: tf.tensor_scatter_nd_max(x[0], [[1], [2]], x[0, :2]), "scatter min": lambda tf, x: tf.tensor_scatter_nd_min(x[0], [[1], [2]], x[0, :2]), "segment_sum": lambda tf, x: tf.math.segment_sum(x[0], [0, 0, 2]), "boolean_mask": lambda tf, x: tf.boolean_mask(x, [True, False, True], axis=1), "top_k": lambda tf, x: list(tf.math.top_k(x, k=1)),
        "reverse_sequence": lambda tf, x: tf.reverse_sequence(x, tf.cast(tf.argmax(x[:, 0], axis=1), "int32"), seq_axis=1), "reverse axis 2": lambda tf, x: tf.reverse_sequence(x, [1, 4, 3], seq_axis=2, batch_axis=1),
    }, keras=True, no_f64="in float64 tf.keras writes constants it cannot read"),
    tfop("shape_of_shape", [(None, 4)], {
        "where": lambda tf, x: tf.reshape(x, tf.where(tf.range(3) == 1, tf.shape(x), [-1, 1, 4])), "switch": lambda tf, x: backend("switch")(x > 0, x, -x), "switch of a number": lambda tf, x: backend("switch")(x[:, :, :1] > 0, x, x * 2.0), "concat": lambda tf, x: tf.reshape(x, tf.concat([tf.shape(x)[:2], [2, 2]], 0)),
        "list": lambda tf, x: tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1], 1, 4]), "stack": lambda tf, x: tf.reshape(x, tf.stack([tf.shape(x)[0], -1])), "maximum": lambda tf, x: tf.reshape(x, tf.maximum(tf.shape(x), tf.shape(x))),
    }, keras=True, no_f64="its constants are float32"),
    tfop("rows", [(5,)], {
        "in_top_k": lambda tf, x: tf.math.in_top_k(tf.argmax(x * 0.5 + 0.1 * tf.reverse(x, [1]), axis=1), x, 2), "backend's": lambda tf, x: backend("in_top_k")(x, tf.argmin(x, axis=1), 5), "out of range": lambda tf, x: backend("in_top_k")(x, tf.argmin(x, axis=1) + 4, 5), "normalize": lambda tf, x: list(tf.linalg.normalize(x, axis=-1)), "normalize 1": lambda tf, x: list(tf.linalg.normalize(x, ord=1, axis=1)),
        "xlogy": lambda tf, x: tf.math.xlogy(tf.nn.relu(x), x), "xlog1py": lambda tf, x: tf.math.xlog1py(tf.nn.relu(x), x), "xdivy": lambda tf, x: tf.math.xdivy(tf.nn.relu(x), x), "l2_loss": lambda tf, x: tf.nn.l2_loss(x), "zero_fraction": lambda tf, x: tf.nn.zero_fraction(tf.nn.relu(x)),
    }, keras=True, no_f64="TensorFlow's in_top_k takes float32"),
    tfop("ctc", [(7, 5), (3,), (1,), (1,)], {
        "ctc_decode": lambda tf, x, labels, steps, n: flat(backend("ctc_decode")(tf.nn.softmax(x * 3.0), steps[:, 0])), "few paths": lambda tf, x, labels, steps, n: flat(backend("ctc_decode")(y_pred=tf.nn.softmax(x), input_length=steps[:, 0], top_paths=1)),
        "ctc_batch_cost": lambda tf, x, labels, steps, n: backend("ctc_batch_cost")(labels, tf.nn.softmax(x), steps, n),
    }, (In(), tokens(4), choice(7, 6), choice(3, 2)), [None, "int32", "int32", "int32"], keras=True, no_f64="keras.backend adds a float32"),
    tfop("backend_images", [(4, 6, 2)], {
        "resize_images": lambda tf, x: backend("resize_images")(x, 2, 3, "channels_last"), "bilinear": lambda tf, x: backend("resize_images")(x, 2, 1, "channels_last", interpolation="bilinear"), "spatial_2d_padding": lambda tf, x: backend("spatial_2d_padding")(x, ((1, 2), (0, 3))), "pool2d": lambda tf, x: backend("pool2d")(x, (2, 2), (1, 2), "same", pool_mode="avg"),
        "pool2d max": lambda tf, x: backend("pool2d")(x, (2, 3)), "temporal_padding": lambda tf, x: backend("temporal_padding")(x[..., 0], (2, 1)), "bias_add": lambda tf, x: backend("bias_add")(x, tf.constant([1.0, 2.0])),
    }, no_f64="its constants are float32"),
    tfop("stft", [(61,)], {
        "abs": lambda tf, x: tf.abs(tf.signal.stft(x, 16, 4)), "real": lambda tf, x: tf.math.real(tf.signal.stft(x, frame_length=12, frame_step=5)), "imag": lambda tf, x: tf.math.imag(tf.signal.stft(x, 11, 5, fft_length=20)), "pad_end": lambda tf, x: tf.abs(tf.signal.stft(x, 16, 6, pad_end=True)),
        "no window": lambda tf, x: tf.abs(tf.signal.stft(x, 10, 10, window_fn=None)), "far apart": lambda tf, x: tf.abs(tf.signal.stft(x, 4, 9, pad_end=True)),
    }, keras=True),
    tfop("linalg", [(3, 3), (3, 2)], {
        "inv": lambda tf, x, y: tf.linalg.inv(x), "det": lambda tf, x, y: tf.linalg.det(x), "solve": lambda tf, x, y: tf.linalg.solve(x, y), "triangular": lambda tf, x, y: tf.linalg.triangular_solve(x, y), "upper": lambda tf, x, y: tf.linalg.triangular_solve(x, y, lower=False),
        "cholesky": lambda tf, x, y: tf.linalg.cholesky(tf.matmul(x, x, transpose_b=True)), "pinv": lambda tf, x, y: tf.linalg.pinv(y),
    }, precision=1e-3, no_f64="in float64 tf.keras writes constants it cannot read"),
    Case("tf_attention", scaled_attention, "attention written with tf.matmul and tf.nn.softmax", keras=True, no_f64="tf.sqrt(4.0) is float32", **ONLY2),
    Case("tf_hard_swish", hard_swish, "hard swish with operators", **ONLY2),
    Case("tf_nested", nested, "TFOpLambda in a nested model", **ONLY2),
]
