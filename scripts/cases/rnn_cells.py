"""RNN over explicit cells, alone and stacked."""

from .case import Case, chain, pack, padded_tokens, sequential


def rnn(name, cell, shows, h5=False, **kwargs):
    return chain(f"rnn_{name}", (None, 3), lambda K: [K.layers.RNN(cell(K.layers), **kwargs)], shows, h5=h5)


def mixed(L):
    return [L.GRUCell(3), L.LSTMCell(4), L.SimpleRNNCell(2)]


def masked(name, cell, **kwargs):
    return chain(
        f"rnn_{name}", (None,), lambda K: [K.layers.Embedding(10, 3, mask_zero=True), K.layers.RNN(cell(K.layers), **kwargs)],
        f"RNN({kwargs}) with a mask", (padded_tokens(10),), batch=4, variants=((2, 3),),
    )


def initial_state(K):
    L = K.layers
    x, h, c = K.Input((None, 3), name="x"), K.Input((4,), name="h"), K.Input((4,), name="c")
    return K.Model([x, h, c], L.RNN(L.LSTMCell(4), return_sequences=True, return_state=True)(x, initial_state=[h, c]))


def bidirectional(K):
    L = K.layers
    return sequential(K, (None, 3), L.Bidirectional(L.RNN(L.GRUCell(3), return_sequences=True)))


def time_distributed(K):
    L = K.layers
    return sequential(K, (2, 4, 3), L.TimeDistributed(L.RNN(L.LSTMCell(3))))


def not_cudnn(K):
    """The second cell's bias is as long as CuDNN would make the first one's."""
    L = K.layers
    return sequential(K, (None, 3), L.RNN([L.GRUCell(2, use_bias=False), L.LSTMCell(3)]))


def stateful(K):
    L = K.layers
    return K.Sequential([K.Input(batch_shape=(2, 4, 3)), L.RNN([L.LSTMCell(3), L.GRUCell(2)], stateful=True, return_sequences=True)])


CASES = pack("rnn_cells", [
    rnn("lstm_cell", lambda L: L.LSTMCell(4), "RNN(LSTMCell)", h5=True),
    rnn("gru_cell", lambda L: L.GRUCell(4), "RNN(GRUCell)", h5=True, return_sequences=True),
    rnn("gru_cell_reset_before", lambda L: L.GRUCell(4, reset_after=False), "RNN(GRUCell(reset_after=False))"),
    rnn("simple_cell", lambda L: L.SimpleRNNCell(4), "RNN(SimpleRNNCell)", h5=True, return_state=True),
    rnn("cell_options", lambda L: L.LSTMCell(4, use_bias=False, activation="relu", recurrent_activation="hard_sigmoid", unit_forget_bias=False, dropout=0.1, recurrent_dropout=0.1), "LSTMCell's arguments", return_sequences=True),
    rnn("stacked", mixed, "a list of cells", h5=True),
    rnn("stacked_sequences", mixed, "a list of cells, sequences", return_sequences=True),
    rnn("stacked_cells", lambda L: L.StackedRNNCells(mixed(L)), "StackedRNNCells", return_sequences=True, h5=True),
    rnn("stacked_state", lambda L: [L.LSTMCell(3), L.LSTMCell(2)], "the states of a stack", return_state=True),
    rnn("backwards", lambda L: L.GRUCell(4), "go_backwards", return_sequences=True, go_backwards=True),
    Case("rnn_unroll", lambda K: sequential(K, (4, 3), K.layers.RNN(K.layers.LSTMCell(4), unroll=True, return_sequences=True)), "unroll"),
    masked("masked", lambda L: L.LSTMCell(4), return_sequences=True),
    masked("masked_zero_output", lambda L: L.GRUCell(4), return_sequences=True, zero_output_for_mask=True),
    masked("masked_stacked", lambda L: [L.GRUCell(4), L.LSTMCell(3)], return_sequences=True),
    Case("rnn_not_cudnn", not_cudnn, "a GRUCell without a bias before an LSTMCell", h5=True),
    Case("rnn_initial_state", initial_state, "initial_state of a cell's RNN"),
    Case("rnn_bidirectional", bidirectional, "Bidirectional(RNN(GRUCell))"),
    Case("rnn_time_distributed", time_distributed, "TimeDistributed(RNN(LSTMCell))"),
    Case("rnn_stateful", stateful, "stateful stack: the variants are successive calls", calls=3),
])
