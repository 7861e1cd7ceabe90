"""Every activation by name, and the activation layers.

`threshold` has arguments without defaults, so Keras cannot use it by name.
"""

from .case import KERAS3, Case, is3, layer, pack

NAMES_BOTH = (
    "linear relu elu selu sigmoid tanh exponential gelu hard_sigmoid softmax softplus softsign swish mish".split()
)
NAMES_3 = (
    "celu glu hard_shrink hard_silu hard_tanh leaky_relu log_sigmoid log_softmax relu6 silu soft_shrink sparse_plus "
    "sparse_sigmoid sparsemax squareplus tanh_shrink".split()
)


def activation(name):
    return layer(
        f"activation_{name}",
        (6,),
        "Activation",
        dict(activation=name),
        dialects=("keras3", "keras2") if name in NAMES_BOTH else (KERAS3,),
        absent="" if name in NAMES_BOTH else "not in tf_keras",
        variants=((1, 0),),
        h5=name == "relu",
    )


def dense_with(name):
    return layer(f"dense_{name}", (5,), "Dense", dict(units=4, activation=name), variants=())


def all_3d(K):
    """Each activation over a (time, features) tensor: the axis of softmax, glu, sparsemax and log_softmax matters."""
    x = K.Input((4, 6))
    names = NAMES_BOTH + (NAMES_3 if is3(K) else [])
    return K.Model(x, [K.layers.Activation(n, name=n)(x) for n in names])


LAYERS = [
    layer("layer_relu", (6,), "ReLU", h5=True),
    layer("layer_relu_max", (6,), "ReLU", dict(max_value=0.5)),
    layer("layer_relu_slope", (6,), "ReLU", dict(negative_slope=0.2)),
    layer("layer_relu_threshold", (6,), "ReLU", dict(threshold=0.3)),
    layer("layer_relu_all", (6,), "ReLU", dict(max_value=1.0, negative_slope=0.1, threshold=0.2)),
    layer("layer_leaky_relu", (6,), "LeakyReLU", h5=True),
    layer(
        "layer_leaky_relu_slope", (6,), "LeakyReLU", only=dict(negative_slope=0.1), only2=dict(alpha=0.1),
        shows="LeakyReLU(negative_slope=0.1), in tf_keras alpha=0.1",
    ),
    layer("layer_elu", (6,), "ELU", dict(alpha=0.7), h5=True),
    layer("layer_prelu", (4, 3), "PReLU", h5=True),
    layer("layer_prelu_shared", (4, 3), "PReLU", dict(shared_axes=[1])),
    layer("layer_prelu_image", (4, 4, 3), "PReLU", dict(shared_axes=[1, 2])),
    layer("layer_softmax", (4, 5), "Softmax", h5=True),
    layer("layer_softmax_axis", (4, 5), "Softmax", dict(axis=1)),
    layer("layer_softmax_axes", (4, 5), "Softmax", dict(axis=[1, 2])),
    layer("layer_activity_regularization", (6,), "ActivityRegularization", dict(l1=0.1, l2=0.1)),
]

def layers_given(K):
    """Layers as the activation of others."""
    L = K.layers
    x = K.Input((4, 6))
    objects = [L.LeakyReLU(0.15), L.ELU(0.7), L.Softmax(), L.Softmax(axis=1), L.Activation("tanh"), L.Identity(), L.ReLU(0.9)]
    return K.Model(x, [*(L.Dense(4, activation=a)(x) for a in objects), L.Activation(L.LeakyReLU(0.3))(x), L.Conv1D(3, 2, activation=L.ReLU())(x), L.GRU(3, activation=L.LeakyReLU(0.2))(x)])


def crelu(K):
    import tensorflow as tf

    L = K.layers
    x = K.Input((4, 6))
    y = L.Conv1D(3, 2, activation=tf.nn.crelu)(L.Activation(tf.nn.crelu)(x))
    return K.Model(x, [y, L.Dense(2, activation=tf.nn.crelu)(x)])


def prelu_given(K):
    L = K.layers
    x = K.Input((4, 6))
    return K.Model(x, L.Conv1D(3, 2, activation=L.PReLU(shared_axes=[1]))(L.Dense(4, activation=L.PReLU())(x)))


def model_given(K):
    """Models as the activation of others: Functional with weights, Sequential."""
    L = K.layers

    def gate():
        a = K.Input((None, 4))
        return K.Model(a, L.Multiply()([L.PReLU(shared_axes=[1])(a), L.Activation("sigmoid")(a)]))

    x = K.Input((3, 4))
    y = L.Dense(4, activation=gate())(x)
    return K.Model(x, [y, L.Dense(3, activation=K.Sequential([L.Activation("tanh"), L.Rescaling(2.0)]))(y), L.Activation(gate())(x)])


CASES = [
    *pack("activations", [activation(n) for n in NAMES_BOTH + NAMES_3]),
    *pack("dense_activations", [dense_with(n) for n in "relu softmax tanh hard_sigmoid gelu".split()]),
    Case("activations_3d", all_3d, "every activation over a 3D tensor", variants=()),
    *pack("activation_layers", LAYERS),
    Case("activation_is_layer", layers_given, "layers as activation arguments", h5=True, keras=True, variants=((1, 0),)),
    Case("activation_is_model", model_given, "models as activation arguments", keras=True, variants=((1, 0),)),
    Case("activation_crelu", crelu, "tf.nn.crelu as an activation", keras=True, dialects=("keras2",), absent="Keras 3 takes its output for as wide as its input", variants=((1, 0),)),
    Case("activation_is_prelu", prelu_given, "PReLU as an activation argument, with weights", dialects=("keras2",), absent="Keras 3 makes its weights at the first call only", keras=True, variants=((1, 0),)),
]
