"""Whole small models: transformers, seq2seq, a U-net, a WaveNet, an inverted residual."""

from .case import Case, In, image, padded_tokens, sequential, tokens


def encoder_block(L, x, heads=2, dim=8, ff=12, norm_first=True, mask=None):
    kw = {} if mask is None else dict(attention_mask=mask)
    h = L.LayerNormalization(epsilon=1e-6)(x) if norm_first else x
    x = L.Add()([x, L.Dropout(0.1)(L.MultiHeadAttention(heads, dim // heads, dropout=0.1)(h, h, **kw))])
    x = x if norm_first else L.LayerNormalization(epsilon=1e-6)(x)
    h = L.LayerNormalization(epsilon=1e-6)(x) if norm_first else x
    h = L.Dense(dim)(L.Dense(ff, activation="gelu")(h))
    x = L.Add()([x, h])
    return x if norm_first else L.LayerNormalization(epsilon=1e-6)(x)


def positions(K, x, n, dim):
    """Learned positions without an op: an Embedding of a constant input would need one, so Conv1D sees them."""
    return K.layers.Add()([x, K.layers.Conv1D(dim, 3, padding="same")(x)])


def transformer_encoder(K):
    L = K.layers
    x = K.Input((None,), dtype="int32", name="tokens")
    h = positions(K, L.Embedding(20, 8, mask_zero=True)(x), 10, 8)
    for i in range(2):
        h = encoder_block(L, h, norm_first=bool(i))
    return K.Model(x, L.Dense(3, activation="softmax")(L.GlobalAveragePooling1D()(h)))


def transformer_positions(K):
    """Token and position Embeddings as two inputs."""
    L = K.layers
    x, p = K.Input((6,), dtype="int32", name="tokens"), K.Input((6,), dtype="int32", name="positions")
    h = L.Add()([L.Embedding(20, 8)(x), L.Embedding(6, 8)(p)])
    h = encoder_block(L, h)
    return K.Model([x, p], L.Dense(20)(L.LayerNormalization()(h)))


def transformer_decoder(K):
    """Causal self-attention, then cross-attention."""
    L = K.layers
    s, t = K.Input((None,), name="source"), K.Input((None,), name="target")
    e = L.Embedding(12, 8, mask_zero=True, name="source_words")(s)
    e = encoder_block(L, e)
    d = L.Embedding(12, 8, mask_zero=True, name="target_words")(t)
    d = L.LayerNormalization()(L.Add()([d, L.MultiHeadAttention(2, 4)(d, d, use_causal_mask=True)]))
    d = L.LayerNormalization()(L.Add()([d, L.MultiHeadAttention(2, 4)(d, e)]))
    return K.Model([s, t], L.Dense(12)(d))


def vit(K):
    L = K.layers
    x = K.Input((12, 12, 3))
    h = L.Rescaling(1 / 127.5, offset=-1.0)(x)
    h = L.Conv2D(8, 4, strides=4, name="patches")(h)
    h = L.Reshape((9, 8))(h)
    h = positions(K, h, 9, 8)
    for _ in range(2):
        h = encoder_block(L, h)
    h = L.LayerNormalization(epsilon=1e-6)(h)
    return K.Model(x, L.Dense(4)(L.Flatten()(h)))


def time_series_transformer(K):
    L = K.layers
    x = h = K.Input((10, 3))
    for _ in range(2):
        n = L.LayerNormalization(epsilon=1e-6)(h)
        a = L.Dropout(0.1)(L.MultiHeadAttention(key_dim=4, num_heads=2, dropout=0.1)(n, n))
        r = L.Add()([a, h])
        n = L.LayerNormalization(epsilon=1e-6)(r)
        n = L.Conv1D(filters=4, kernel_size=1, activation="relu")(n)
        h = L.Add()([L.Conv1D(filters=3, kernel_size=1)(n), r])
    h = L.GlobalAveragePooling1D(data_format="channels_last")(h)
    return K.Model(x, L.Dense(2, activation="softmax")(L.Dense(6, activation="relu")(h)))


def seq2seq_attention(K):
    L = K.layers
    s, t = K.Input((None,), name="source"), K.Input((None,), name="target")
    e = L.Embedding(12, 5, mask_zero=True, name="source_words")(s)
    e, fh, fc, bh, bc = L.Bidirectional(L.LSTM(4, return_sequences=True, return_state=True))(e)
    d = L.Embedding(12, 5, mask_zero=True, name="target_words")(t)
    d = L.LSTM(8, return_sequences=True)(d, initial_state=[L.Concatenate()([fh, bh]), L.Concatenate()([fc, bc])])
    c = L.Attention()([d, e])
    return K.Model([s, t], L.TimeDistributed(L.Dense(12, activation="softmax"))(L.Concatenate()([c, d])))


def seq2seq_luong_dot(K):
    """Attention from Dot, Activation and Dot."""
    L = K.layers
    s, t = K.Input((5, 3), name="source"), K.Input((4, 3), name="target")
    e = L.GRU(6, return_sequences=True)(s)
    d = L.GRU(6, return_sequences=True)(t)
    w = L.Activation("softmax")(L.Dot(axes=(2, 2))([d, e]))
    c = L.Dot(axes=(2, 1))([w, e])
    return K.Model([s, t], L.Dense(2)(L.Concatenate()([c, d])))


def unet(K):
    L = K.layers
    x = K.Input((8, 8, 2))
    a = L.Conv2D(4, 3, padding="same", activation="relu")(x)
    b = L.Conv2D(6, 3, padding="same", activation="relu")(L.MaxPooling2D()(a))
    c = L.Conv2D(8, 3, padding="same", activation="relu")(L.MaxPooling2D()(b))
    b = L.Concatenate()([b, L.Conv2DTranspose(6, 2, strides=2, padding="same")(c)])
    b = L.Conv2D(6, 3, padding="same", activation="relu")(b)
    a = L.Concatenate()([a, L.UpSampling2D(interpolation="bilinear")(b)])
    return K.Model(x, L.Conv2D(1, 1, activation="sigmoid")(a))


def wavenet(K):
    L = K.layers
    x = K.Input((None, 1))
    h = L.Conv1D(4, 2, padding="causal")(x)
    skips = []
    for d in (1, 2, 4):
        g = L.Multiply()([L.Conv1D(4, 2, padding="causal", dilation_rate=d, activation="tanh")(h), L.Conv1D(4, 2, padding="causal", dilation_rate=d, activation="sigmoid")(h)])
        s = L.Conv1D(4, 1)(g)
        skips.append(s)
        h = L.Add()([h, s])
    return K.Model(x, L.Conv1D(1, 1)(L.ReLU()(L.Add()(skips))))


def inverted_residual(K):
    L = K.layers
    x = K.Input((8, 8, 4))
    h = L.Conv2D(12, 1, padding="same", use_bias=False)(x)
    h = L.ReLU(6.0)(L.BatchNormalization(epsilon=1e-3, momentum=0.999)(h))
    h = L.DepthwiseConv2D(3, padding="same", use_bias=False)(h)
    h = L.ReLU(6.0)(L.BatchNormalization()(h))
    s = L.GlobalAveragePooling2D(keepdims=True)(h)
    s = L.Conv2D(12, 1, activation="hard_sigmoid")(L.Conv2D(3, 1, activation="relu")(s))
    h = L.BatchNormalization()(L.Conv2D(4, 1, use_bias=False)(L.Multiply()([h, s])))
    h = L.Add()([x, h])
    h = L.ZeroPadding2D(((0, 1), (0, 1)))(h)
    return K.Model(x, L.Dense(3)(L.GlobalAveragePooling2D()(L.DepthwiseConv2D(3, strides=2)(h))))


def crnn(K):
    """Images of text: convolutions, then recurrent over columns."""
    L = K.layers
    x = K.Input((8, 16, 1))
    h = L.MaxPooling2D((2, 2))(L.Conv2D(4, 3, padding="same", activation="relu")(x))
    h = L.Permute((2, 1, 3))(h)
    h = L.Reshape((8, 16))(h)
    h = L.Bidirectional(L.LSTM(5, return_sequences=True))(h)
    h = L.Bidirectional(L.GRU(4, return_sequences=True), merge_mode="sum")(h)
    return K.Model(x, L.Dense(6, activation="softmax")(h))


def autoencoder(K):
    L = K.layers
    return sequential(
        K, (6, 3), L.LSTM(8, activation="relu", return_sequences=True), L.LSTM(4, activation="relu"), L.RepeatVector(6),
        L.LSTM(4, activation="relu", return_sequences=True), L.LSTM(8, return_sequences=True), L.TimeDistributed(L.Dense(3)),
    )


def video(K):
    L = K.layers
    cnn = K.Sequential([K.Input((6, 6, 1)), L.Conv2D(3, 3, activation="relu"), L.GlobalMaxPooling2D()], name="frames")
    return sequential(K, (4, 6, 6, 1), L.TimeDistributed(cnn), L.GRU(4), L.Dense(2))


OTHERS = ("transformer_encoder", "seq2seq_attention")  # in the dialects' other formats too


def applications(K, module):
    """The module of keras.applications, whose classes keras.layers does not show."""
    import importlib

    return importlib.import_module(f"{K.__name__}.src.applications.{module}")


def convnext_block(K):
    L, app = K.layers, applications(K, "convnext")
    x = K.Input((6, 5, 4))
    h = L.LayerNormalization(epsilon=1e-6)(L.Conv2D(4, 3, padding="same", groups=4)(x))
    h = app.LayerScale(1e-6, 4)(L.Dense(4)(L.Activation("gelu")(L.Dense(8)(h))))
    return K.Model(x, L.Add()([x, app.StochasticDepth(0.2)(h)]))


def inception_resnet_block(K):
    L, app = K.layers, applications(K, "inception_resnet_v2")
    x = K.Input((6, 5, 4))
    h = L.Conv2D(4, 1)(L.Concatenate()([L.Conv2D(2, 1)(x), L.Conv2D(3, 3, padding="same")(x)]))
    return K.Model(x, L.Activation("relu")(app.CustomScaleLayer(0.17)([x, h])))


def case(name, build, shows, *inputs, **kw):
    return Case(f"net_{name}", build, shows, inputs or (In(),), h5=name in OTHERS, keras=name in OTHERS, **kw)


CASES = [
    case("transformer_encoder", transformer_encoder, "Embedding with a mask, two encoder blocks, pooling", padded_tokens(20), batch=4, variants=((2, 3),), summary=True),
    case("transformer_positions", transformer_positions, "token and position embeddings, an encoder block, logits", tokens(20), tokens(6)),
    case("transformer_decoder", transformer_decoder, "encoder and decoder, causal and cross attention", padded_tokens(12, 5), padded_tokens(12, 4), batch=3, no_f64="with every key of a row hidden, float32 loses the scores beside -1e9 and float64 does not"),
    case("vit", vit, "patches by Conv2D, two encoder blocks", image()),
    case("time_series_transformer", time_series_transformer, "the time-series transformer of Keras's examples"),
    case("seq2seq_attention", seq2seq_attention, "bidirectional encoder, decoder with initial_state, Attention, masks", padded_tokens(12, 5), padded_tokens(12, 4), batch=3),
    case("seq2seq_dot", seq2seq_luong_dot, "attention built from Dot and Activation"),
    case("unet", unet, "U-net"),
    case("wavenet", wavenet, "gated causal dilated convolutions, skips"),
    case("inverted_residual", inverted_residual, "MobileNet's block with squeeze and excite"),
    case("convnext_block", convnext_block, "ConvNeXt's block: LayerScale, StochasticDepth"),
    case("inception_resnet_block", inception_resnet_block, "InceptionResNetV2's block: CustomScaleLayer"),
    case("crnn", crnn, "convolutions, Permute, Reshape, two Bidirectional"),
    case("lstm_autoencoder", autoencoder, "LSTM, RepeatVector, LSTM, TimeDistributed"),
    case("video", video, "TimeDistributed(Sequential CNN), GRU"),
]
