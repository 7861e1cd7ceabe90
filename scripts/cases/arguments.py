"""Arguments of layers, one by one, that the other families leave as they are."""

from .case import BOTH, KERAS2, KERAS3, Case, In, chain, choice, image, is3, layer, normal, pack, padded_tokens, tokens, unit

CF = dict(data_format="channels_first")
ONLY3 = dict(dialects=(KERAS3,), absent="new in Keras 3")
ONLY2 = dict(dialects=(KERAS2,), absent="gone from Keras 3")
NO_DOUBLE = "TensorFlow pools three axes in float32 only"
WHOLE = "its outputs are whole numbers"
FEW = dict(variants=((1, 0),))

# -- pooling, convolution ----------------------------------------------------------------------------------------------


def adaptive(n, shape):
    no_f64 = NO_DOUBLE if n == 3 else ""
    return [
        layer(f"{cls.lower()}_pooling{n}d_{size}", shape, f"Adaptive{cls}Pooling{n}D", dict(output_size=size), no_f64=no_f64, **FEW, **ONLY3)
        for cls in ("Average", "Max")
        for size in (1, 3, 8)
    ]


def conv_lstm(rank, shape):
    options = dict(
        kernel=dict(kernel_size=3), activations=dict(activation="relu", recurrent_activation="hard_sigmoid"), no_bias=dict(use_bias=False),
        no_forget_bias=dict(unit_forget_bias=False), state=dict(return_state=True), backwards=dict(go_backwards=True, return_sequences=True),
        strided=dict(strides=2, return_sequences=True),
    )
    cls = f"ConvLSTM{rank}D"
    return [layer(f"conv_lstm{rank}d_{o}", shape, cls, dict(filters=3, kernel_size=2) | kw, **FEW) for o, kw in options.items()]


def conv_lstm_called(rank, how):
    size = (4,) * rank

    def build(K):
        lay = getattr(K.layers, f"ConvLSTM{rank}D")(2, 2, return_sequences=True, stateful=how == "stateful")
        if how == "stateful":
            return K.Sequential([K.Input(batch_shape=(2, 3, *size, 1)), lay])
        x = K.Input((3, *size, 1), name="x")
        if how == "masked":
            m = K.Input((3,), dtype="bool", name="m")
            return K.Model([x, m], lay(x, mask=m))
        h, c = (K.Input((3,) * rank + (2,), name=n) for n in "hc")
        return K.Model([x, h, c], lay(x, initial_state=[h, c]))

    kw = dict(masked=dict(inputs=(normal(), In("bools")), batch=3, variants=()), stateful=dict(calls=2), initial_state=FEW)[how]
    return Case(f"conv_lstm{rank}d_{how}", build, f"ConvLSTM{rank}D: {how}", **kw)


def integer_policies(K):
    """Layers whose dtype is one of whole numbers, which they then give."""
    L = K.layers
    ids, picture, reals = K.Input((3,), dtype="int32"), K.Input((7, 6, 3), dtype="uint8"), K.Input((4,))
    outs = [L.CategoryEncoding(4, output_mode="count", dtype="int32")(ids), L.Hashing(4, output_mode="multi_hot", dtype="int64")(ids)]
    outs += [L.Discretization(bin_boundaries=[0.0, 1.0], output_mode="count", dtype="int32")(reals), L.IntegerLookup(vocabulary=[1, 2], output_mode="count", dtype="int32")(ids)]
    outs += [L.CenterCrop(5, 4, dtype="uint8")(picture), L.RandomFlip(dtype="int32")(picture), L.Rescaling(2, 1, dtype="int32")(picture), L.Resizing(5, 4, interpolation="nearest", dtype="uint8")(picture)]
    if is3(K):
        outs.append(L.Identity(dtype="int32")(reals * 3.0))
    return K.Model([ids, picture, reals], outs)


def resized_whole(K):
    """Pixels of whole numbers: many come out at halves, and are rounded."""
    L = K.layers
    x = K.Input((11, 8, 4), dtype="uint8")
    outs = [L.Resizing(11, 12)(x), L.Resizing(5, 12, antialias=True)(x), L.Resizing(9, 4, interpolation="lanczos3")(x), L.Resizing(7, 5)(x), L.Resizing(3, 20)(x), L.Resizing(22, 3)(x), L.Resizing(6, 6, crop_to_aspect_ratio=True)(x)]
    return K.Model(x, [*outs, K.ops.image.resize(x, (9, 12))])


def unrolled(K):
    """Where steps are masked, what is unrolled backwards has its zeros in the order of the mask."""
    L = K.layers
    x = K.Input((5,), dtype="int32")
    y = L.Embedding(10, 3, mask_zero=True)(x)
    outs = [L.Bidirectional(L.LSTM(2, return_sequences=True, unroll=True))(y), L.Bidirectional(L.GRU(2, unroll=True))(y)]
    return K.Model(x, [*outs, L.LSTM(2, return_sequences=True, go_backwards=True, unroll=True)(y)])


CONVOLUTIONS = [
    Case("dtype_whole", integer_policies, "dtypes of whole numbers", (tokens(4), image(), normal()), no_f64=WHOLE),
    Case("resizing_whole", resized_whole, "Resizing of uint8", (image(),), no_f64=WHOLE, **ONLY3),
    Case("rnn_unrolled_masked", unrolled, "unroll with a mask, in Bidirectional too", (padded_tokens(10),), batch=4, variants=()),
    *adaptive(1, (7, 2)), *adaptive(2, (7, 6, 2)), *adaptive(3, (5, 6, 4, 1)),
    *conv_lstm(1, (3, 6, 2)), *conv_lstm(3, (2, 3, 4, 3, 1)),
    *(conv_lstm_called(r, how) for r in (1, 3) for how in ("masked", "stateful", "initial_state")),
    layer("separable_conv1d_all", (9, 4), "SeparableConv1D", dict(filters=5, kernel_size=4, depth_multiplier=2, dilation_rate=2, padding="same")),
    layer("separable_conv2d_all", (9, 7, 4), "SeparableConv2D", dict(filters=5, kernel_size=(2, 5), depth_multiplier=2, padding="same", strides=2)),
    layer("conv1d_transpose_wide", (9, 4), "Conv1DTranspose", dict(filters=5, kernel_size=5, strides=3, padding="same")),
    layer("zero_padding1d_channels_first", (3, 4), "ZeroPadding1D", dict(padding=(1, 2), data_format="channels_first"), **ONLY3),
    layer("random_crop_larger", (5, 6, 2), "RandomCrop", dict(height=9, width=7), inputs=(image(),), **FEW),
    layer("random_crop_tall", (9, 6, 2), "RandomCrop", dict(height=3, width=6), inputs=(image(),), **FEW),
    layer("random_crop_wide", (6, 11, 2), "RandomCrop", dict(height=6, width=3), inputs=(image(),), **FEW),
    layer("clahe_channels_first", (3, 8, 8), "ContrastLimitedAdaptiveHistogramEqualization", CF, inputs=(image(),), no_f64="its histograms are of float32", **ONLY3),
]

# -- masks, attention, cells -----------------------------------------------------------------------------------------

ROW_HIDDEN = "where all of a row is hidden, float32 loses the scores beside -1e9 and float64 does not"


def softmax(name, shows, hide, dtype="bool", dialects=BOTH, absent="", **kwargs):
    def build(K):
        x, m = K.Input((3, 4), name="x"), K.Input((3, 4), dtype=dtype, name="m")
        return K.Model([x, m], K.layers.Softmax(**kwargs)(x, m))

    return Case(f"softmax_{name}", build, shows, (normal(), hide), batch=4, no_f64=ROW_HIDDEN, dialects=dialects, absent=absent)


def given_masks(cls, masks, **kwargs):
    def build(K):
        q, v = K.Input((4, 6), name="query"), K.Input((5, 6), name="value")
        ms = {n: K.Input((4 if n == "query_mask" else 5,), dtype="bool", name=n) for n in masks}
        kw = dict(key=v) if "key_mask" in masks else {}
        return K.Model([q, v, *ms.values()], getattr(K.layers, cls)(**kwargs)(q, v, **kw, **ms))

    name = {"MultiHeadAttention": "mha", "GroupQueryAttention": "gqa"}[cls]
    return Case(
        f"{name}_given_{'_'.join(m[:-5] for m in masks)}", build, f"{cls} with {', '.join(masks)} as inputs", (normal(), normal(), *[In("bools")] * len(masks)),
        batch=4, variants=(), no_f64=ROW_HIDDEN, **ONLY3,
    )


def mha_robust(K):
    q, m = K.Input((4, 6), name="query"), K.Input((4, 4), dtype="bool", name="mask")
    return K.Model([q, m], K.layers.MultiHeadAttention(2, 3, softmax_robust_masking=True)(q, q, attention_mask=m))


def additive_masked(K):
    q, v = K.Input((4, 3), name="query"), K.Input((5, 3), name="value")
    a, b = K.Input((4,), dtype="bool", name="a"), K.Input((5,), dtype="bool", name="b")
    return K.Model([q, v, a, b], K.layers.AdditiveAttention()([q, v], mask=[a, b]))


def gqa_key(K):
    q, v, k = K.Input((4, 6), name="query"), K.Input((5, 6), name="value"), K.Input((5, 6), name="key")
    return K.Model([q, v, k], K.layers.GroupQueryAttention(5, 6, 3)(q, v, key=k, return_attention_scores=True))


def reversible(**kwargs):
    def build(K):
        L = K.layers
        e, x = L.ReversibleEmbedding(9, 4, **kwargs), K.Input((None,), dtype="int32")
        return K.Model(x, e(L.LSTM(4, return_sequences=True)(e(x)), reverse=True))

    return build


def pooled(K):
    L = K.layers
    x, m = K.Input((5, 3), name="x"), K.Input((5,), dtype="bool", name="m")
    first = L.GlobalAveragePooling1D(data_format="channels_first")(L.Permute((2, 1))(x), mask=m)
    return K.Model([x, m], [L.GlobalAveragePooling1D()(x, mask=m), first])


def cell(cls, states):
    def build(K):
        x, *s = K.Input((3,), name="x"), *(K.Input((4,), name=f"s{i}") for i in range(states))
        kw = {} if cls == "SimpleRNNCell" else dict(recurrent_activation="hard_sigmoid")
        y, new = getattr(K.layers, cls)(4, activation="relu", use_bias=False, dropout=0.2, recurrent_dropout=0.2, **kw)(x, s)
        return K.Model([x, *s], [y, *(new if isinstance(new, (list, tuple)) else [new])])

    return Case(f"{cls.lower()}_called", build, f"{cls} with other activations, called as a layer", variants=())  # tf_keras keeps the first batch's dropout


def stack(K):
    L = K.layers
    x, a, b, c = (K.Input((n,), name=name) for n, name in ((3, "x"), (4, "h"), (4, "c"), (2, "g")))
    y, _ = L.StackedRNNCells([L.LSTMCell(4), L.GRUCell(2)])(x, [[a, b], c])
    return K.Model([x, a, b, c], y)


GQA = dict(head_dim=3, num_query_heads=4, num_key_value_heads=2)
HEADS = dict(num_heads=2, key_dim=3)

MASKS = [
    softmax("hidden_row", "a row that is hidden throughout", In("choice", values=(0,))),
    softmax("robust", "robust_masking", In("bools"), robust_masking=True, **ONLY2),
    softmax("robust_hidden_row", "robust_masking, a hidden row", In("choice", values=(0,)), robust_masking=True, **ONLY2),
    softmax("float_mask", "a mask of fractions", unit(), dtype="float32", **ONLY2),
    softmax("float_mask_robust", "robust_masking with fractions", unit(), dtype="float32", robust_masking=True, **ONLY2),
    Case("mha_robust", mha_robust, "softmax_robust_masking", (normal(), In("bools")), batch=4, variants=(), no_f64=ROW_HIDDEN, **ONLY2),
    *(given_masks("MultiHeadAttention", m, **HEADS) for m in (("query_mask",), ("query_mask", "value_mask", "key_mask"))),
    *(given_masks("GroupQueryAttention", m, **GQA) for m in (("query_mask",), ("query_mask", "value_mask", "key_mask"))),
    Case("gqa_key", gqa_key, "GroupQueryAttention with a key, scores", **FEW, **ONLY3),
    Case("additive_attention_given_masks", additive_masked, "AdditiveAttention with both masks as inputs", (normal(), normal(), In("bools"), In("bools")), batch=4, variants=()),
    Case("global_average_pooling1d_given_mask", pooled, "GlobalAveragePooling1D with the mask as an input", (normal(), choice(1, 1, 0)), batch=4, variants=(), no_f64="its counts are float32"),
    Case("reversible_embedding_masked", reversible(mask_zero=True, reverse_dtype="float32", tie_weights=False), "mask_zero, reverse_dtype", (padded_tokens(9),), batch=4, **ONLY3),
    Case("reversible_embedding_reverse_dtype", reversible(reverse_dtype="float32"), "reverse_dtype float32 in a mixed_float16 model", (tokens(9),), policy="mixed_float16", **ONLY3),
    Case("reversible_embedding_bfloat16", reversible(tie_weights=False, logit_soft_cap=2.0), "a mixed_bfloat16 model", (tokens(9),), policy="mixed_bfloat16", **ONLY3),
    cell("GRUCell", 1), cell("SimpleRNNCell", 1), cell("LSTMCell", 2),
    Case("stacked_cells_called", stack, "StackedRNNCells called as a layer", **FEW),
]

# -- preprocessing -----------------------------------------------------------------------------------------------------

VOCAB, WORDS, IDF = ["cat", "dog", "fish", "ä"], ("cat", "dog", "fish", "ä", "zebra", "", "x y"), [0.5, 1.5, 2.0, 0.25]
INTS, NUMS = [10, 20, 35], (10, 20, 35, 7, 0, -5)
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


def lookups(cls, vocabulary, values, mask, dtype):
    """Every output mode with every way to treat what is unknown; values of a lookup without oov indices are known."""
    out = []
    for mode in MODES:
        for oov in (0, 1, 3):
            for token in (None, mask):
                kw = dict(vocabulary=vocabulary, output_mode=mode, num_oov_indices=oov, mask_token=token)
                if mode == "tf_idf":
                    kw["idf_weights"] = IDF[: len(vocabulary)]
                seen = (*(vocabulary if oov == 0 else values), *([] if token is None else [token]))
                name = f"{cls.lower()}_{mode}_oov{oov}{'' if token is None else '_mask'}"
                shape = (1,) if mode == "one_hot" else (4,)
                for pad in (False, True) if mode == "tf_idf" and token is None else (False,):
                    more = dict(pad_to_max_tokens=True, max_tokens=11) if pad else {}
                    out.append(chain(name + "_pad" * pad, shape, make(cls, kw | more), f"{cls}({mode}, {oov} oov indices, mask {token!r})", (choice(*seen),), dtype=dtype, no_f64=WHOLE, batch=6))
    for oov in (0, 1, 3):
        for token in (None, mask):
            kw = dict(vocabulary=vocabulary, invert=True, num_oov_indices=oov, mask_token=token)
            ids = range(len(vocabulary) + oov + (token is not None))
            name = f"{cls.lower()}_invert_oov{oov}{'' if token is None else '_mask'}"
            out.append(chain(name, (4,), make(cls, kw), f"{cls}(invert, {oov} oov indices, mask {token!r})", (choice(*ids),), dtype="int64", no_f64=WHOLE, batch=6))
    return out


def make(cls, kwargs):
    return lambda K: [getattr(K.layers, cls)(**kwargs)]


def one(name, cls, values, shape=(4,), dtype="string", case=None, **kwargs):
    return chain(name, shape, make(cls, kwargs), f"{cls}: {name}", (choice(*values),), dtype=dtype, no_f64=WHOLE, batch=6, **(case or {}))


TEXT = ("The cat sat.", "the DOG sat on the mat!", "", "cat dog  mat zebra")
TEXT_VOCAB = ["the", "cat", "sat", "dog", "mat"]


def text(name, shape=(1,), values=TEXT, vocabulary=TEXT_VOCAB, **kwargs):
    return one(f"text_vectorization_{name}", "TextVectorization", values, shape, vocabulary=vocabulary, **kwargs)


def mel(name, shape, **kwargs):
    return layer(f"mel_spectrogram_{name}", shape, "MelSpectrogram", kwargs, inputs=(unit(),), no_f64="it computes in float32", **FEW, **ONLY3)


def sparse_input(K):
    x = K.Input((6,), sparse=True)
    return K.Model(x, K.layers.Dense(3)(x))


def crossing(K):
    a, b = K.Input((1,), dtype="string", name="a"), K.Input((1,), dtype="string", name="b")
    return K.Model([a, b], K.layers.HashedCrossing(7, output_mode="one_hot", sparse=True)((a, b)))


SPARSE = dict(output_mode="multi_hot", sparse=True)
RANK3 = dict(dialects=(KERAS3,), absent="tf_keras refuses such ranks")
BROKEN = dict(dialects=(KERAS3,), absent="tf_keras 2.21 cannot build it")
SPECIAL = ["[MASK]", "[UNK]", *VOCAB]
HASHED = dict(vocabulary=INTS, num_oov_indices=4, oov_method="farmhash")

PREPROCESSING = [
    *lookups("StringLookup", VOCAB, WORDS, "[MASK]", "string"),
    *lookups("IntegerLookup", INTS, NUMS, 0, "int64"),
    one("string_lookup_special", "StringLookup", (*WORDS, "[MASK]"), vocabulary=SPECIAL, mask_token="[MASK]"),
    one("string_lookup_special_tf_idf", "StringLookup", WORDS, vocabulary=["[UNK]", *VOCAB], output_mode="tf_idf", idf_weights=[0.1, *IDF]),
    one("string_lookup_salt", "StringLookup", WORDS, vocabulary=VOCAB, num_oov_indices=4, salt=[7, 9], case=ONLY3),
    one("string_lookup_scalar", "StringLookup", WORDS, (), vocabulary=VOCAB),
    one("string_lookup_rank3", "StringLookup", WORDS, (2, 3), vocabulary=VOCAB, output_mode="multi_hot", case=RANK3),
    one("string_lookup_rank3_one_hot", "StringLookup", WORDS, (2, 3), vocabulary=VOCAB, output_mode="one_hot", case=RANK3),
    one("string_lookup_sparse", "StringLookup", WORDS, vocabulary=VOCAB, **SPARSE),
    one("integer_lookup_oov_token", "IntegerLookup", (*NUMS, 1), dtype="int64", vocabulary=INTS, oov_token=-5, mask_token=7),
    one("integer_lookup_oov_token_invert", "IntegerLookup", (0, 1, 2, 3, 4, 5), dtype="int64", vocabulary=INTS, oov_token=-5, mask_token=7, invert=True),
    one("integer_lookup_salt", "IntegerLookup", (*NUMS, 1, 2, 3), dtype="int64", salt=7, case=ONLY3, **HASHED),
    one("integer_lookup_sparse", "IntegerLookup", NUMS, dtype="int64", vocabulary=INTS, output_mode="count", sparse=True),
    one("category_encoding_rank3", "CategoryEncoding", (0, 1, 2, 5), (2, 3), dtype="int32", num_tokens=6, output_mode="count", case=RANK3),
    one("category_encoding_sparse", "CategoryEncoding", (0, 1, 2, 5), dtype="int32", num_tokens=6, **SPARSE),
    one("hashing_sparse", "Hashing", WORDS, num_bins=5, **SPARSE),
    one("discretization_sparse", "Discretization", (-1.0, 0.2, 3.0), dtype=None, bin_boundaries=[0.0, 1.0], **SPARSE),
    one("discretization_ints", "Discretization", (-1, 0, 3), dtype="int32", bin_boundaries=[0.0, 1.0]),
    Case("hashed_crossing_sparse", crossing, "HashedCrossing(sparse)", (choice("a", "b"), choice("a", "b", "c")), no_f64=WHOLE, batch=6),
    Case("input_sparse", sparse_input, "Input(sparse): dense here", no_f64="its input is float32", variants=()),
    text("ragged", ragged=True),
    text("ragged_length", ragged=True, output_sequence_length=3, case=dict(dialects=(KERAS3,), absent="tf_keras refuses both together")),
    text("sparse", **SPARSE),
    text("scalar", ()),
    text("special", vocabulary=["", "[UNK]", *TEXT_VOCAB]),
    text("unsplit", (3,), split=None, vocabulary=["the cat sat", "dog"], values=("The cat sat.", "dog", "x")),
    text("unsplit_length", (3,), split=None, vocabulary=["the cat sat", "dog"], values=("The cat sat.", "dog", "x"), output_sequence_length=2),
    text("unsplit_ngrams", (3,), split=None, vocabulary=["the cat sat", "dog", "dog dog"], values=("The cat sat.", "dog", "x"), ngrams=2),
    text("character_length", split="character", vocabulary=list("abcdest "), output_sequence_length=7),
    text("character_ngrams", split="character", vocabulary=[*"abcdest ", "c a", "a t"], ngrams=2),
    text("count_pad", output_mode="count", max_tokens=20, pad_to_max_tokens=True),
    mel("default", (4000,)),
    mel("lengths", (700,), fft_length=128, sequence_stride=40, sequence_length=100, num_mel_bins=20, sampling_rate=8000, min_freq=0.0),
    mel("channels", (2, 700), fft_length=100, sequence_stride=33, num_mel_bins=5, sampling_rate=16000, min_freq=125.0, max_freq=4000.0),
    layer("stft_spectrogram_channels_first", (2, 64), "STFTSpectrogram", dict(frame_length=16, frame_step=5, fft_length=32, mode="magnitude", **CF), inputs=(unit(),), precision=3e-3, **ONLY3),
    chain("spectral_normalization_iterations", (5, 5, 2), lambda K: [K.layers.SpectralNormalization(K.layers.Conv2D(3, 3), power_iterations=3)], "SpectralNormalization(Conv2D, power_iterations=3)", **BROKEN),
    chain("spectral_normalization_time", (5, 2), lambda K: [K.layers.TimeDistributed(K.layers.SpectralNormalization(K.layers.Dense(3)))], "TimeDistributed(SpectralNormalization)", **BROKEN),
]

CASES = [*pack("arguments", CONVOLUTIONS), *pack("arguments_masks", MASKS), *pack("arguments_preprocessing", PREPROCESSING)]
