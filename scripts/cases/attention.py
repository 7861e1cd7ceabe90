"""Attention, EinsumDense and ReversibleEmbedding."""

from .case import BOTH, KERAS3, Case, In, layer, normal, pack, padded_tokens, tokens

ONLY3 = dict(dialects=(KERAS3,), absent="new in Keras 3")
NEW = dict(dialects=(KERAS3,), absent="an argument of Keras 3's")
QV = (normal(4), normal(6))
QVK = (normal(4), normal(6), normal(6))


def qv(name, cls, shows, dims=(3, 3), key=False, call=None, h5=False, dialects=BOTH, absent="", masks=(), **kwargs):
    """query and value (and key) as inputs of a layer; masks names which of them have one."""

    def build(K):
        names = ["query", "value"] + (["key"] if key else [])
        xs = [K.Input((None, d), name=n) for n, d in zip(names, (*dims, dims[1])[: len(names)])]
        ms = [K.Input((None,), dtype="bool", name=f"{n}_mask") for n in names if n in masks]
        lay = getattr(K.layers, cls)(**kwargs)
        kw = dict(call or {})
        if masks:
            by = dict(zip([n for n in names if n in masks], ms))
            kw["mask"] = [by.get(n) for n in ("query", "value")]
        return K.Model([*xs, *ms], lay(xs, **kw))

    lengths = {"query": 4, "value": 6, "key": 6}
    ins = [normal(lengths[n]) for n in ("query", "value", "key")[: 3 if key else 2]]
    ins += [In("bools", length=lengths[n]) for n in ("query", "value") if n in masks]
    return Case(name, build, shows, tuple(ins), h5=h5, dialects=dialects, absent=absent)


def mha(name, shows, call=None, key=False, self_attention=False, shape=(None, 6), h5=False, mask=None, cls="MultiHeadAttention", dialects=BOTH, absent="", no_f64="", **kwargs):
    def build(K):
        lay = getattr(K.layers, cls)(**kwargs)
        kw = dict(call or {})
        q = K.Input(shape, name="query")
        if self_attention:
            ins = [q]
            args = [q, q]
        else:
            v = K.Input((None, 6 if cls == "GroupQueryAttention" else 5), name="value")
            ins, args = [q, v], [q, v]
        if key:
            k = K.Input((None, 7), name="key")
            ins, kw["key"] = [*ins, k], k
        if mask:
            m = K.Input((4, 4 if self_attention else 6), dtype="bool", name="mask")
            ins, kw["attention_mask"] = [*ins, m], m
        return K.Model(ins, lay(*args, **kw))

    n = 4
    ins = (normal(n),) if self_attention else (normal(n), normal(6)) + ((normal(6),) if key else ())
    if mask:
        ins = (*ins, In("bools"))
    return Case(name, build, shows, ins, h5=h5, dialects=dialects, absent=absent, variants=() if mask else None, no_f64=no_f64)


def mha_masked(cls, **kwargs):
    """The masks of two Embeddings reach the attention by themselves."""

    def build(K):
        L = K.layers
        a, b = K.Input((None,), name="a"), K.Input((None,), name="b")
        q, v = L.Embedding(10, 6, mask_zero=True)(a), L.Embedding(10, 6, mask_zero=True)(b)
        return K.Model([a, b], getattr(L, cls)(**kwargs)(q, v))

    return build


def attention_masked(cls, causal=False):
    def build(K):
        L = K.layers
        a, b = K.Input((None,), name="a"), K.Input((None,), name="b")
        q, v = L.Embedding(10, 3, mask_zero=True)(a), L.Embedding(10, 3, mask_zero=True)(b)
        return K.Model([a, b], getattr(L, cls)()([q, v], use_causal_mask=causal))

    return build


def mha_then_lstm(K):
    """Keras gives the query's mask to what follows."""
    L = K.layers
    a = K.Input((None,))
    q = L.Embedding(10, 6, mask_zero=True)(a)
    y = L.MultiHeadAttention(2, 3)(q, q)
    return K.Model(a, L.LSTM(3)(L.LayerNormalization()(L.Add()([q, y]))))


def mha_axes(K):
    L = K.layers
    x = K.Input((3, 4, 5))
    return K.Model(x, L.MultiHeadAttention(2, 3, attention_axes=(1, 2))(x, x))


def mha_axis(K):
    L = K.layers
    x = K.Input((3, 4, 5))
    return K.Model(x, L.MultiHeadAttention(2, 3, attention_axes=(2,))(x, x))


def attention_state(K):
    """Bahdanau: a query without time, the sum of values."""
    L = K.layers
    x = K.Input((None, 4))
    h = L.LSTM(5, return_sequences=True)(x)
    c = L.AdditiveAttention()([h, h])
    return K.Model(x, L.Dense(2)(L.GlobalAveragePooling1D()(L.Concatenate()([h, c]))))


def reversible(K, **kwargs):
    L = K.layers
    e = L.ReversibleEmbedding(9, 4, **kwargs)
    x = K.Input((None,), dtype="int32")
    return K.Model(x, e(L.Dense(4, activation="tanh")(e(x)), reverse=True))


def einsum(name, equation, shape, output_shape, **kwargs):
    kwargs = dict(equation=equation, output_shape=output_shape, **kwargs)
    return layer(f"einsum_dense_{name}", shape, "EinsumDense", kwargs)


HIDDEN = "with every key of a row hidden, float32 loses the scores beside -1e9 and float64 does not"
MASKED = (padded_tokens(10, 4), padded_tokens(10, 6))

EINSUM = [
    einsum("dense", "ab,bc->ac", (5,), 4, bias_axes="c"),
    einsum("time", "abc,cd->abd", (3, 5), (None, 4), bias_axes="d", activation="relu"),
    einsum("ellipsis", "...x,xy->...y", (3, 5), 4, bias_axes="y"),
    einsum("heads", "abc,cde->abde", (3, 5), (None, 2, 4), bias_axes="de"),
    einsum("merge", "abde,dec->abc", (3, 2, 4), (None, 5), bias_axes="c"),
    einsum("no_bias", "abc,cd->abd", (3, 5), (None, 4)),
    einsum("batch_axis", "abc,bcd->abd", (3, 5), (3, 4), bias_axes="bd"),
]

CASES = [
    qv("attention", "Attention", "dot", h5=True),
    qv("attention_key", "Attention", "with a key", key=True),
    qv("attention_scale", "Attention", "use_scale", use_scale=True, h5=True),
    qv("attention_concat", "Attention", "score_mode concat", score_mode="concat"),
    qv("attention_concat_scale", "Attention", "score_mode concat, use_scale", score_mode="concat", use_scale=True),
    qv("attention_causal", "Attention", "use_causal_mask", call=dict(use_causal_mask=True)),
    qv("attention_scores", "Attention", "return_attention_scores", call=dict(return_attention_scores=True)),
    qv("attention_dropout", "Attention", "dropout", dropout=0.3),
    qv("attention_masks", "Attention", "both masks as inputs", masks=("query", "value")),
    qv("attention_mask_value", "Attention", "the value's mask as an input", masks=("value",)),
    Case("attention_masked", attention_masked("Attention"), "both masks from Embedding", MASKED, batch=4),
    Case("attention_masked_causal", attention_masked("Attention", True), "both masks, causal", MASKED, batch=4),
    qv("additive_attention", "AdditiveAttention", "additive", h5=True),
    qv("additive_attention_no_scale", "AdditiveAttention", "use_scale=False", use_scale=False),
    qv("additive_attention_key", "AdditiveAttention", "with a key, scores", key=True, call=dict(return_attention_scores=True)),
    qv("additive_attention_causal", "AdditiveAttention", "causal, dropout", call=dict(use_causal_mask=True), dropout=0.1),
    Case("additive_attention_masked", attention_masked("AdditiveAttention"), "both masks from Embedding", MASKED, batch=4),
    Case("additive_attention_lstm", attention_state, "LSTM, AdditiveAttention over itself", h5=True),
    mha("mha", "query and value of other sizes", h5=True, num_heads=2, key_dim=3),
    mha("mha_self", "self-attention", self_attention=True, num_heads=2, key_dim=3),
    mha("mha_key", "with a key of another size", key=True, num_heads=2, key_dim=3),
    mha("mha_value_dim", "value_dim", num_heads=2, key_dim=3, value_dim=4, h5=True),
    mha("mha_output_shape", "output_shape", num_heads=2, key_dim=3, output_shape=8),
    mha("mha_output_shape_2d", "output_shape of two axes", num_heads=2, key_dim=3, output_shape=(2, 3)),
    mha("mha_no_bias", "use_bias=False", num_heads=2, key_dim=3, use_bias=False),
    mha("mha_dropout", "dropout", num_heads=2, key_dim=3, dropout=0.2),
    mha("mha_one_head", "one head", num_heads=1, key_dim=4, self_attention=True),
    mha("mha_causal", "use_causal_mask", self_attention=True, call=dict(use_causal_mask=True), num_heads=2, key_dim=3),
    mha("mha_scores", "return_attention_scores", call=dict(return_attention_scores=True), num_heads=2, key_dim=3),
    mha("mha_mask", "attention_mask", mask=True, num_heads=2, key_dim=3),
    mha("mha_mask_causal", "attention_mask and causal", no_f64=HIDDEN, mask=True, self_attention=True, call=dict(use_causal_mask=True), num_heads=2, key_dim=3),
    Case("mha_axes", mha_axes, "attention_axes=(1, 2)"),
    Case("mha_axis", mha_axis, "attention_axes=(2,)"),
    Case("mha_masked", mha_masked("MultiHeadAttention", num_heads=2, key_dim=3), "both masks from Embedding", MASKED, batch=4, no_f64=HIDDEN),
    Case("mha_then_lstm", mha_then_lstm, "the mask goes through MultiHeadAttention, Add, LayerNormalization to an LSTM", (padded_tokens(10),), batch=4, variants=((2, 3),)),
    mha("mha_gate", "use_gate", num_heads=2, key_dim=3, use_gate=True, h5=True, **NEW),
    mha("mha_sliding_window", "sliding_window", self_attention=True, shape=(8, 6), num_heads=2, key_dim=3, sliding_window=3, **NEW),
    mha("mha_sliding_window_causal", "sliding_window, causal", self_attention=True, shape=(8, 6), call=dict(use_causal_mask=True), num_heads=2, key_dim=3, sliding_window=2, **NEW),
    mha("gqa", "GroupQueryAttention", cls="GroupQueryAttention", h5=True, head_dim=3, num_query_heads=4, num_key_value_heads=2, **ONLY3),
    mha("gqa_self", "self-attention", cls="GroupQueryAttention", self_attention=True, head_dim=3, num_query_heads=2, num_key_value_heads=1, **ONLY3),
    mha("gqa_no_bias", "use_bias=False, dropout", cls="GroupQueryAttention", head_dim=3, num_query_heads=4, num_key_value_heads=2, use_bias=False, dropout=0.1, **ONLY3),
    mha("gqa_causal", "causal, scores", cls="GroupQueryAttention", self_attention=True, call=dict(use_causal_mask=True, return_attention_scores=True), head_dim=3, num_query_heads=4, num_key_value_heads=2, **ONLY3),
    mha("gqa_mask", "attention_mask", cls="GroupQueryAttention", mask=True, head_dim=3, num_query_heads=4, num_key_value_heads=2, **ONLY3),
    mha("gqa_gate", "use_gate", cls="GroupQueryAttention", head_dim=3, num_query_heads=4, num_key_value_heads=2, use_gate=True, **ONLY3),
    mha("gqa_sliding_window", "sliding_window", cls="GroupQueryAttention", self_attention=True, shape=(8, 6), head_dim=3, num_query_heads=4, num_key_value_heads=2, sliding_window=3, **ONLY3),
    Case("gqa_masked", mha_masked("GroupQueryAttention", head_dim=3, num_query_heads=4, num_key_value_heads=2), "both masks from Embedding", MASKED, batch=4, **ONLY3),
    *pack("einsum_dense", EINSUM),
    Case("reversible_embedding", reversible, "ReversibleEmbedding, tied", (tokens(9),), h5=True, **ONLY3),
    Case("reversible_embedding_untied", lambda K: reversible(K, tie_weights=False), "tie_weights=False", (tokens(9),), **ONLY3),
    Case("reversible_embedding_cap", lambda K: reversible(K, logit_soft_cap=2.0), "logit_soft_cap", (tokens(9),), **ONLY3),
]
