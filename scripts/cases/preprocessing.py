"""Preprocessing layers: numbers, categories, text, sound."""

import numpy as np

from .case import BOTH, KERAS2, KERAS3, Case, In, chain, choice, is3, layer, normal, pack, positive, sequential, tokens, unit

ONLY3 = dict(dialects=(KERAS3,), absent="new in Keras 3")
NOT_FLOAT = "its outputs are whole numbers"
ADAPTED = ("keras",)  # tf_keras cannot write an adapted vocabulary to an h5

# -- numbers ---------------------------------------------------------------------------------------------------------

DATA = np.random.default_rng(5).normal(3.0, 2.0, (40, 3)).astype("float32")


def normalization(name, shows, adapt=None, shape=(3,), h5=False, **kwargs):
    def layers(K):
        n = K.layers.Normalization(**kwargs)
        if adapt is not None:
            n.adapt(adapt)
        return [n]

    return chain(f"normalization_{name}", shape, layers, shows, h5=h5)


def discretization(name, shows, adapt=None, shape=(3,), h5=False, **kwargs):
    def layers(K):
        d = K.layers.Discretization(**kwargs)
        if adapt is not None:
            d.adapt(adapt)
        return [d]

    return chain(f"discretization_{name}", shape, layers, shows, h5=h5, no_f64=NOT_FLOAT)


BOUNDS = [-0.5, 0.0, 0.75]

NUMBERS = [
    layer("rescaling", (4, 3), "Rescaling", dict(scale=1 / 255.0, offset=-0.5), inputs=(In("image"),), h5=True),
    layer("rescaling_list", (4, 3), "Rescaling", dict(scale=[0.5, 1.0, 2.0], offset=[0.0, 1.0, -1.0])),
    normalization("adapted", "adapted to data: mean, variance and count are weights", adapt=DATA, h5=True),
    normalization("given", "mean and variance in the config", mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 0.25]),
    normalization("scalar", "axis=None", axis=None, mean=1.5, variance=4.0),
    normalization("scalar_adapted", "axis=None, adapted", axis=None, adapt=DATA),
    normalization("invert", "invert", invert=True, mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 0.25]),
    normalization("axes", "axis=(1, 2)", axis=(1, 2), shape=(2, 3), adapt=DATA[:36].reshape(18, 2, 3)),
    normalization("axis_first", "axis=1 of three", axis=1, shape=(2, 3), adapt=DATA[:36].reshape(18, 2, 3)),
    discretization("int", "bin_boundaries", bin_boundaries=BOUNDS, h5=True),
    discretization("one_hot", "one_hot", bin_boundaries=BOUNDS, output_mode="one_hot", shape=(1,)),
    discretization("multi_hot", "multi_hot", bin_boundaries=BOUNDS, output_mode="multi_hot"),
    discretization("count", "count", bin_boundaries=BOUNDS, output_mode="count"),
    discretization("adapted", "num_bins, adapted", num_bins=4, adapt=DATA[:, :1]),
]

# -- categories ------------------------------------------------------------------------------------------------------


def encoding(name, mode, shape, h5=False, weights=False, **case):
    def build(K):
        L = K.layers
        x = K.Input(shape, dtype="int32", name="ids")
        if not weights:
            return K.Model(x, L.CategoryEncoding(6, output_mode=mode)(x))
        w = K.Input(shape, name="weights")
        return K.Model([x, w], L.CategoryEncoding(6, output_mode=mode)(x, count_weights=w))

    ins = (tokens(6), positive()) if weights else (tokens(6),)
    return Case(f"category_encoding_{name}", build, f"CategoryEncoding({mode})" + (" with count_weights" if weights else ""), ins, h5=h5, **case)


def lookup(name, cls, shows, values, shape=(4,), dtype="string", adapt=None, h5=False, keras=False, dialects=BOTH, absent="", **kwargs):
    def layers(K):
        lay = getattr(K.layers, cls)(**kwargs)
        if adapt is not None:
            lay.adapt(np.array(adapt))
        return [lay]

    return chain(
        name, shape, layers, shows, (choice(*values),), dtype=dtype, h5=h5, keras=keras, dialects=dialects, absent=absent,
        no_f64=NOT_FLOAT, formats2=ADAPTED if adapt is not None else (),
    )


VOCAB = ["cat", "dog", "fish", "ä"]
SEEN = ["dog", "cat", "dog", "fish", "dog", "cat", "newt"]
WORDS = (*VOCAB, "zebra", "")
IDF = [0.5, 1.5, 2.0, 0.25]
INTS = [10, 20, 35]
NUMS = (10, 20, 35, 7, 0, -5)


def sl(option, shows, values=WORDS, **kw):
    return lookup(f"string_lookup_{option}", "StringLookup", shows, values, **kw)


def il(option, shows, values=NUMS, dtype="int64", **kw):
    return lookup(f"integer_lookup_{option}", "IntegerLookup", shows, values, dtype=dtype, **kw)


LOOKUPS = [
    sl("int", "vocabulary in the config", vocabulary=VOCAB, h5=True, keras=True),
    sl("mask", "mask_token", vocabulary=VOCAB, mask_token=""),
    sl("mask_word", "mask_token and oov_token of one's own", vocabulary=VOCAB, mask_token="[MASK]", oov_token="<unk>", values=(*WORDS, "[MASK]")),
    sl("oov_none", "num_oov_indices=0", vocabulary=VOCAB, num_oov_indices=0, values=tuple(VOCAB)),
    sl("oov_many", "num_oov_indices=3: hashed", vocabulary=VOCAB, num_oov_indices=3, values=(*WORDS, "one", "two", "three", "four", "a longer word to hash", "Ωmega")),
    sl("invert", "invert: ids to words", vocabulary=VOCAB, invert=True, values=(0, 1, 2, 3, 4), dtype="int64"),
    sl("one_hot", "one_hot", vocabulary=VOCAB, output_mode="one_hot", shape=(1,)),
    sl("multi_hot", "multi_hot", vocabulary=VOCAB, output_mode="multi_hot"),
    sl("count", "count", vocabulary=VOCAB, output_mode="count"),
    sl("tf_idf", "tf_idf", vocabulary=VOCAB, idf_weights=IDF, output_mode="tf_idf"),
    sl("pad", "pad_to_max_tokens", vocabulary=VOCAB, output_mode="multi_hot", max_tokens=9, pad_to_max_tokens=True),
    sl("adapted", "adapted: the vocabulary is an asset", adapt=SEEN, keras=True),
    sl("adapted_mask", "adapted, with mask_token '': the asset's first line is empty", adapt=SEEN, mask_token="", keras=True),
    sl("adapted_empty", "adapted to an empty string too: the asset's last line", adapt=[*SEEN, ""], dialects=(KERAS2,), absent="Keras 3 loses it on loading", keras=True),
    sl("adapted_max", "adapted, max_tokens", adapt=SEEN, max_tokens=3),
    sl("adapted_tf_idf", "adapted, tf_idf: the weights are a named variable", adapt=[["dog", "cat"], ["dog", "fish"], ["cat", "dog"]], output_mode="tf_idf"),
    il("int", "vocabulary in the config", vocabulary=INTS, h5=True, keras=True),
    il("int32", "an int32 input", vocabulary=INTS, dtype="int32"),
    il("mask", "mask_token", vocabulary=INTS, mask_token=0),
    il("oov_none", "num_oov_indices=0", vocabulary=INTS, num_oov_indices=0, values=tuple(INTS)),
    il("oov_many", "num_oov_indices=3: modulo", vocabulary=INTS, num_oov_indices=3, values=(*NUMS, 1, 2, 3, 4, 99)),
    il("oov_farmhash", "oov_method farmhash", vocabulary=INTS, num_oov_indices=3, oov_method="farmhash", values=(*NUMS, 1, 2, 3, 4, 99), dialects=(KERAS3,), absent="oov_method is Keras 3's"),
    il("invert", "invert", vocabulary=INTS, invert=True, values=(0, 1, 2, 3)),
    il("one_hot", "one_hot", vocabulary=INTS, output_mode="one_hot", shape=(1,)),
    il("multi_hot", "multi_hot", vocabulary=INTS, output_mode="multi_hot"),
    il("count", "count", vocabulary=INTS, output_mode="count"),
    il("tf_idf", "tf_idf", vocabulary=INTS, idf_weights=[0.5, 1.5, 2.0], output_mode="tf_idf"),
    il("adapted", "adapted", adapt=[3, 5, 3, 7, 3, 5], values=(3, 5, 7, 8)),
]


def hashing(option, shows, values=WORDS, dtype="string", shape=(4,), h5=False, **kwargs):
    return chain(
        f"hashing_{option}", shape, lambda K: [K.layers.Hashing(**kwargs)], shows,
        (choice(*values, "a word beyond sixteen bytes", "another that is longer than thirty-two bytes", "x" * 70) if dtype == "string" else choice(*values),),
        dtype=dtype, h5=h5, no_f64=NOT_FLOAT, batch=6,
    )


def crossing(option, mode, shape, ints=False, h5=False):
    def build(K):
        L = K.layers
        a = K.Input(shape, dtype="string", name="a")
        b = K.Input(shape, dtype="int64" if ints else "string", name="b")
        return K.Model([a, b], L.HashedCrossing(num_bins=7, output_mode=mode)((a, b)))

    return Case(
        f"hashed_crossing_{option}", build, f"HashedCrossing({mode})" + (" of a string and an int" if ints else ""),
        (choice(*WORDS), choice(*(NUMS if ints else WORDS))), h5=h5, no_f64=NOT_FLOAT, batch=6,
    )


CATEGORIES = [
    encoding("multi_hot", "multi_hot", (4,), h5=True),
    encoding("one_hot", "one_hot", (1,)),
    encoding("one_hot_2d", "one_hot", (3,), dialects=(KERAS3,), absent="tf_keras refuses outputs beyond rank 2"),
    encoding("count", "count", (4,)),
    encoding("count_weights", "count", (4,), weights=True),
    *LOOKUPS,
    hashing("farm", "FarmHash64 of strings", num_bins=11, h5=True),
    hashing("farm_int", "FarmHash64 of ints", values=(0, 1, 2, 42, 12345, -7), dtype="int64", num_bins=11),
    hashing("mask", "mask_value", num_bins=11, mask_value=""),
    hashing("siphash", "SipHash with salt", num_bins=11, salt=133),
    hashing("siphash_two", "SipHash with two salts", num_bins=11, salt=[133, 137]),
    hashing("siphash_int", "SipHash of ints", values=(0, 1, 2, 42, 12345, -7), dtype="int64", num_bins=11, salt=7),
    hashing("one_hot", "one_hot", num_bins=5, output_mode="one_hot", shape=(1,)),
    hashing("multi_hot", "multi_hot", num_bins=5, output_mode="multi_hot"),
    hashing("count", "count", num_bins=5, output_mode="count"),
    crossing("int", "int", (1,), h5=True),
    crossing("ints", "int", (1,), ints=True),
    crossing("one_hot", "one_hot", (1,)),
]

# -- text ------------------------------------------------------------------------------------------------------------

TEXT = (
    "The cat sat.", "the DOG sat on the mat!", "a fish", "", "cat  cat\tdog\nmat", "Ärger über Öl", "don't stop, cat-dog;",
    "zebra unknown words here", "  leading and trailing  ",
)
TEXT_VOCAB = ["the", "cat", "sat", "dog", "mat", "on", "a"]


def text(option, shows, values=TEXT, adapt=None, h5=False, keras=False, shape=(1,), dialects=BOTH, absent="", **kwargs):
    def layers(K):
        lay = K.layers.TextVectorization(**kwargs)
        if adapt is not None:
            lay.adapt(np.array(adapt))
        return [lay]

    return chain(
        f"text_vectorization_{option}", shape, layers, shows, (choice(*values),), dtype="string", h5=h5, keras=keras, no_f64=NOT_FLOAT, batch=9,
        dialects=dialects, absent=absent, variants=((3, 0),), formats2=ADAPTED if adapt is not None else (),
    )


TEXTS = [
    text("int", "output_mode int, padded to the longest", vocabulary=TEXT_VOCAB, h5=True, keras=True),
    text("length", "output_sequence_length: cut and padded", vocabulary=TEXT_VOCAB, output_sequence_length=4),
    text("multi_hot", "multi_hot", vocabulary=TEXT_VOCAB, output_mode="multi_hot"),
    text("count", "count", vocabulary=TEXT_VOCAB, output_mode="count"),
    text("tf_idf", "tf_idf", vocabulary=TEXT_VOCAB, idf_weights=[0.1, 1.0, 1.2, 1.3, 1.4, 1.5, 0.2], output_mode="tf_idf"),
    text("pad", "pad_to_max_tokens", vocabulary=TEXT_VOCAB, output_mode="multi_hot", max_tokens=12, pad_to_max_tokens=True),
    text("ngrams", "ngrams=2", vocabulary=[*TEXT_VOCAB, "the cat", "cat sat", "on the"], ngrams=2, output_sequence_length=9),
    text("ngrams_list", "ngrams=(1, 3)", vocabulary=[*TEXT_VOCAB, "the dog sat", "on the mat"], ngrams=(1, 3)),
    text("ngrams_count", "ngrams=2, count", vocabulary=[*TEXT_VOCAB, "the cat", "cat cat"], ngrams=2, output_mode="count"),
    text("lower", "standardize lower", vocabulary=[*TEXT_VOCAB, "sat.", "mat!"], standardize="lower"),
    text("strip", "standardize strip_punctuation", vocabulary=[*TEXT_VOCAB, "DOG", "The"], standardize="strip_punctuation"),
    text("standardize_none", "standardize None", vocabulary=[*TEXT_VOCAB, "DOG", "sat."], standardize=None),
    text("character", "split character", vocabulary=list("abcdest ä"), split="character"),
    text("character_ngrams", "split character, ngrams=2", vocabulary=["a", "t", "c a", "a t"], split="character", ngrams=2, output_sequence_length=12),
    text("split_none", "split None", vocabulary=["a fish", "the cat sat"], split=None),
    text("vector", "an input of rank 1", vocabulary=TEXT_VOCAB, shape=(), output_sequence_length=5),
    text("adapted", "adapted: the vocabulary is an asset", adapt=["the cat sat", "the dog", "the mat"], keras=True),
    text("adapted_max", "adapted, max_tokens, output_sequence_length", adapt=["the cat sat", "the dog", "the mat sat"], max_tokens=4, output_sequence_length=6),
    text("adapted_tf_idf", "adapted, tf_idf", adapt=["the cat sat", "the dog", "the mat sat"], output_mode="tf_idf"),
]


def classifier(K):
    """Text in, probability out."""
    L = K.layers
    t = L.TextVectorization(vocabulary=TEXT_VOCAB, output_sequence_length=6)
    x = K.Input((1,), dtype="string", name="text")
    h = L.Embedding(10, 4, mask_zero=True)(t(x))
    return K.Model(x, L.Dense(1, activation="sigmoid")(L.Bidirectional(L.LSTM(4))(h)))


def tabular(K):
    L = K.layers
    c = K.Input((1,), dtype="string", name="colour")
    n = K.Input((1,), name="size")
    i = K.Input((1,), dtype="int64", name="code")
    a = L.StringLookup(vocabulary=VOCAB, output_mode="one_hot")(c)
    b = L.Discretization(bin_boundaries=BOUNDS, output_mode="one_hot")(n)
    d = L.IntegerLookup(vocabulary=INTS, output_mode="one_hot")(i)
    return K.Model([c, n, i], L.Dense(2)(L.Concatenate()([a, b, d, L.Normalization(mean=1.0, variance=4.0, axis=None)(n)])))


PIPELINES = [
    Case("preprocessing_text_classifier", classifier, "text to probability", (choice(*TEXT),), batch=6, h5=True, no_f64="its input is text; a float64 twin is not made"),
    Case("preprocessing_tabular", tabular, "a string, a float and an int", (choice(*WORDS), normal(), choice(*NUMS)), h5=True, no_f64="lookups give float32"),
]

# -- sound -----------------------------------------------------------------------------------------------------------

WAVE = dict(inputs=(unit(),), variants=((1, 0),), **ONLY3)


def mel(option, **kw):
    base = dict(fft_length=64, sequence_stride=32, num_mel_bins=8, sampling_rate=1600, min_freq=20.0)
    return layer(f"mel_spectrogram_{option}", (200,), "MelSpectrogram", base | kw, no_f64="it computes in float32", **WAVE)


def stft(option, shape=(64, 2), **kw):
    base = dict(frame_length=16, frame_step=8, fft_length=16)
    h5 = option == "log"
    return layer(f"stft_spectrogram_{option}", shape, "STFTSpectrogram", base | kw, h5=h5, precision=3e-3, **WAVE)


SOUND = [
    mel("default"),
    mel("sequence_length", sequence_length=48),
    mel("hamming", window="hamming"),
    mel("window_none", window=None),
    mel("power", power_to_db=False),
    mel("magnitude", power_to_db=False, mag_exp=1.0),
    mel("db", top_db=40.0, min_power=1e-6, ref_power=2.0),
    mel("max_freq", max_freq=500.0),
    stft("log"),
    stft("magnitude", mode="magnitude"),
    stft("psd", mode="psd"),
    stft("real", mode="real"),
    stft("imag", mode="imag"),
    stft("angle", mode="angle"),
    stft("stft", mode="stft"),
    stft("fft_length", mode="magnitude", fft_length=32),
    stft("same", mode="magnitude", padding="same"),
    stft("hamming", mode="magnitude", window="hamming", periodic=True),
    stft("window_none", mode="magnitude", window=None),
    stft("spectrum", mode="psd", scaling="spectrum"),
    stft("scaling_none", mode="psd", scaling=None),
    stft("expand_dims", mode="magnitude", expand_dims=True),
]

# -- FeatureSpace ----------------------------------------------------------------------------------------------------


def feature_space(mode):
    def build(K):
        FS = K.utils.FeatureSpace
        space = FS(
            features={
                "number": FS.float_normalized(),
                "rescaled": FS.float_rescaled(scale=0.5),
                "bins": FS.float_discretized(num_bins=3),
                "word": FS.string_categorical(num_oov_indices=1),
                "code": FS.integer_categorical(num_oov_indices=1),
                "hash": FS.string_hashed(num_bins=4),
            },
            crosses=[FS.cross(("word", "code"), crossing_dim=6)],
            output_mode=mode,
        )
        import tensorflow as tf

        data = dict(
            number=np.array([1.0, 2.0, 4.0, 8.0], "float32"), rescaled=np.array([1.0, 2.0, 3.0, 4.0], "float32"),
            bins=np.array([0.1, 0.2, 0.7, 0.9], "float32"), word=np.array(["cat", "dog", "cat", "fish"]),
            code=np.array([1, 2, 2, 5]), hash=np.array(["p", "q", "r", "p"]),
        )
        space.adapt(tf.data.Dataset.from_tensor_slices(data))
        inputs = space.get_inputs()
        encoded = space.get_encoded_features()
        if mode == "concat":
            return K.Model(inputs, K.layers.Dense(2)(encoded))
        return K.Model(inputs, encoded)

    return build


FEATURES = [
    Case(
        f"feature_space_{mode}", feature_space(mode), f"the preprocessing graph of a FeatureSpace ({mode})",
        (In("feature"),), no_f64="lookups give float32", **ONLY3,
    )
    for mode in ("concat", "dict")
]


SPACES = {}  # the FeatureSpace of each model, which must not be an attribute of it


def saved_space(mode):
    """Features not in the order of their names, several of a class, some learnt and some given."""

    def build(K):
        FS, L = K.utils.FeatureSpace, K.layers
        space = FS(
            features={
                "word": FS.string_categorical(num_oov_indices=2),
                "code": FS.integer_categorical(max_tokens=4),
                "animal": "string_categorical",
                "rank": FS.integer_categorical(num_oov_indices=2, output_mode="int" if mode == "dict" else "one_hot"),
                "number": FS.float_normalized(),
                "height": "float_normalized",
                "plain": FS.float(),
                "bins": FS.float_discretized(num_bins=3),
                "hash": FS.integer_hashed(num_bins=4),
                **({"text": FS.feature("string", L.TextVectorization(output_mode="count"), "float")} if mode == "dict" else {}),
                "dense": FS.feature("float32", L.Dense(2, name="learnt"), "float"),
            },
            crosses=[FS.cross(("word", "code"), crossing_dim=6), FS.cross(("animal", "hash"), crossing_dim=3, output_mode="int" if mode == "dict" else "one_hot")],
            output_mode=mode,
        )
        import tensorflow as tf

        words, other = np.array(["cat", "dog", "cat", "fish"]), np.array(["newt", "newt", "dog", "cow"])
        reals, wholes = np.array([1.0, 2.0, 4.0, 8.0], "float32"), np.array([1, 2, 2, 5])
        space.adapt(tf.data.Dataset.from_tensor_slices(dict(
            word=words, code=wholes, animal=other, rank=wholes + 1, number=reals, height=-reals, plain=reals, bins=reals * 0.2, hash=wholes, text=other, dense=reals,
        )))
        model = K.Model(space.get_inputs(), space.get_encoded_features())
        SPACES[model.name] = space
        return model

    return build


FEATURES += [
    Case(
        f"feature_space_saved_{mode}", saved_space(mode), f"a FeatureSpace saved by itself ({mode})",
        (In("feature"),), batch=4, no_f64="lookups give float32", saved=lambda model: SPACES[model.name], formats2=("keras",),
    )
    for mode in ("concat", "dict")
]

CASES = [
    *pack("preprocessing_numbers", NUMBERS),
    *pack("preprocessing_categories", CATEGORIES),
    *pack("text_vectorization_options", TEXTS),
    *PIPELINES,
    *pack("spectrograms", SOUND),
    *FEATURES,
]
