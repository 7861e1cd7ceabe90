"""Dtype policies, weights stored in other types, quantized checkpoints, LoRA."""

from .case import BOTH, KERAS3, Case, normal, padded_tokens, sequential, tokens

QUANTIZED = "quantized arithmetic has no float64 twin"
ONLY3 = dict(dialects=(KERAS3,), absent="new in Keras 3")


def mlp(K):
    L = K.layers
    return sequential(K, (6,), L.Dense(8, activation="relu"), L.BatchNormalization(), L.Dense(5), L.Softmax())


def text(K):
    L = K.layers
    return sequential(K, (None,), L.Embedding(10, 6, mask_zero=True), L.Bidirectional(L.LSTM(4)), L.Dense(2))


def image(K):
    L = K.layers
    return sequential(K, (6, 6, 2), L.Conv2D(4, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dense(2))


MODELS = {"mlp": (mlp, (normal(),)), "text": (text, (padded_tokens(10),)), "image": (image, (normal(),))}


def policy(name, what, dialects=BOTH, absent="", h5=True):
    build, inputs = MODELS[what]
    return Case(
        f"policy_{name}_{what}", build, f"the whole model under the {name} policy", inputs, policy=name, dialects=dialects,
        absent=absent, h5=h5, keras=what == "mlp",
    )


def one_layer_policy(K):
    L = K.layers
    return sequential(K, (6,), L.Dense(5, activation="relu", dtype="float16"), L.Dense(4, dtype="mixed_float16"), L.Dense(3, dtype="float32"))


def float32_head(K):
    """The usual mixed model: the last activation in float32."""
    L = K.layers
    return sequential(K, (6,), L.Dense(8, activation="relu"), L.Dense(4), L.Activation("softmax", dtype="float32"))


# -- quantized -------------------------------------------------------------------------------------------------------


def quantize(mode, **config):
    def after(K, model):
        if config:
            import keras

            q = {"int4": keras.quantizers.Int4QuantizationConfig, "int8": keras.quantizers.Int8QuantizationConfig}[mode]
            model.quantize(mode, config=q(**{k: v for k, v in config.items()}))
        else:
            model.quantize(mode)

    return after


def dense(K):
    L = K.layers
    return sequential(K, (12,), L.Dense(7, activation="relu"), L.Dense(5, use_bias=False))


def dense_odd(K):
    L = K.layers
    return sequential(K, (9,), L.Dense(5))


def einsum(K):
    L = K.layers
    return sequential(K, (3, 8), L.EinsumDense("abc,cde->abde", (None, 2, 4), bias_axes="de"), L.EinsumDense("abde,dec->abc", (None, 6)))


def embedding(K):
    L = K.layers
    return sequential(K, (None,), L.Embedding(10, 6), L.GlobalAveragePooling1D(), L.Dense(3), dtype="int32")


def reversible(K):
    L = K.layers
    e = L.ReversibleEmbedding(9, 4)
    x = K.Input((None,), dtype="int32")
    return K.Model(x, e(e(x), reverse=True))


def attention(K):
    L = K.layers
    x = K.Input((4, 8))
    return K.Model(x, L.LayerNormalization()(L.MultiHeadAttention(2, 4)(x, x)))


QUANT_MODELS = {
    "dense": (dense, (normal(),)),
    "einsum": (einsum, (normal(),)),
    "embedding": (embedding, (tokens(10),)),
    "reversible": (reversible, (tokens(9),)),
    "attention": (attention, (normal(),)),
}


def quantized(mode, what, suffix="", build=None, inputs=None, **config):
    b, i = QUANT_MODELS.get(what, (None, None))
    return Case(
        f"quantized_{mode}_{what}{suffix}", build or b, f"model.quantize({mode!r}{', ' + str(config) if config else ''})", inputs or i,
        after=quantize(mode, **config), no_f64=QUANTIZED, **ONLY3,
    )


def block_model(K):
    """What GPTQ and AWQ work on: an Embedding, then blocks of Dense."""
    L = K.layers
    x, a = K.Input((8,), dtype="int32"), K.Input((8, 8))
    block = K.Model(a, L.Dense(8, name="down")(L.Dense(16, activation="relu", name="up")(a)), name="block")
    return K.Model(x, block(L.Embedding(20, 8, name="words")(x)))


def calibrated(mode, whole=True, **config):
    """Keras 3.15.1 forgets to save the zero points, and cannot load what it saved. `whole` saves them, where other
    versions have them and where this one looks for them."""

    def after(K, model):
        import numpy as np

        structure = {"pre_block_layers": [model.get_layer("words")], "sequential_blocks": [model.get_layer("block")]}
        data = np.random.default_rng(0).integers(0, 20, (8, 8)).astype("int32")
        cls = dict(gptq=K.quantizers.GPTQConfig, awq=K.quantizers.AWQConfig)[mode]
        common = dict(dataset=data, tokenizer=object(), num_samples=8, sequence_length=8, quantization_layer_structure=structure)
        model.quantize(mode, config=cls(**common, **config))
        for l in model._flatten_layers():
            if getattr(l, "quantization_config", None) is not None:
                l.quantization_config.quantization_layer_structure = None  # it holds the model, and saving would recurse
                if whole:
                    l._get_kernel_with_merged_lora = lambda l=l: (l.kernel, None, l.kernel_zero)

    suffix = "_".join(f"{k.split('_')[-1]}{v}" for k, v in config.items()) if whole else "no_zero"
    return Case(
        f"quantized_{mode}_{suffix}".lower().replace("-", "_"), block_model, f"model.quantize({mode!r}, {config})", (tokens(20),), after=after, no_f64=QUANTIZED,
        refused="" if whole else "the zero points are not in the file", **ONLY3,
    )


def lora(K, model):
    import numpy as np

    rng = np.random.default_rng(3)
    for l in model.layers:
        if hasattr(l, "enable_lora"):
            l.enable_lora(2)
            for w in (getattr(l, "lora_kernel_a", None), getattr(l, "lora_kernel_b", None), getattr(l, "lora_embeddings_a", None), getattr(l, "lora_embeddings_b", None)):
                if w is not None:
                    w.assign(rng.standard_normal(w.shape) * 0.3)


def lora_model(K):
    L = K.layers
    return sequential(K, (6,), L.Dense(8, activation="relu"), L.Dense(3))


def lora_conv(K):
    L = K.layers
    return sequential(K, (5, 5, 2), L.Conv2D(4, 3), L.Flatten(), L.Dense(3))


CASES = [
    *(policy(p, w, h5=w == "mlp") for p in ("mixed_float16", "mixed_bfloat16") for w in MODELS),
    *(policy("float16", w, h5=w == "mlp") for w in ("mlp", "image")),
    policy("bfloat16", "mlp", h5=False, dialects=(KERAS3,), absent="h5py cannot store tf_keras's bfloat16"),
    policy("bfloat16", "image", h5=False, dialects=(KERAS3,), absent="h5py cannot store tf_keras's bfloat16"),
    *(policy("float64", w, h5=w == "mlp") for w in MODELS),
    Case("policy_by_layer", one_layer_policy, "each layer of another dtype", no_f64="dtypes are fixed in the layers", precision=1.0),
    Case("policy_float32_head", float32_head, "mixed_float16 with a float32 softmax", policy="mixed_float16", no_f64="dtypes are fixed in the layers"),
    *(quantized("int8", w) for w in QUANT_MODELS),
    *(quantized("int4", w) for w in QUANT_MODELS),
    quantized("int4", "dense", "_odd", dense_odd, (normal(),)),
    quantized("int4", "dense", "_per_channel", block_size=None),
    quantized("int4", "dense", "_block", block_size=4),
    quantized("int4", "embedding", "_block", block_size=2),
    quantized("float8", "dense"),
    quantized("float8", "einsum"),
    quantized("float8", "attention"),
    quantized("int8", "dense", "_weights_only", activation_quantizer=None),
    calibrated("gptq", weight_bits=4, group_size=4),
    calibrated("gptq", weight_bits=4, group_size=-1),
    calibrated("gptq", weight_bits=2, group_size=4),
    calibrated("gptq", weight_bits=8, group_size=4),
    calibrated("gptq", weight_bits=4, group_size=4, symmetric=True),
    calibrated("gptq", weight_bits=4, group_size=4, activation_order=True),
    calibrated("awq", weight_bits=4, group_size=4),
    calibrated("gptq", whole=False, weight_bits=4, group_size=4),
    Case("lora_dense", lora_model, "LoRA: the .keras has the merged kernel, the .h5 both", after=lora, h5=True, no_f64="made after the twin", **ONLY3),
    Case("lora_conv", lora_conv, "LoRA of Conv2D", after=lora, h5=True, no_f64="made after the twin", **ONLY3),
    Case("lora_embedding", embedding, "LoRA of Embedding", (tokens(10),), after=lora, h5=True, no_f64="made after the twin", **ONLY3),
]
