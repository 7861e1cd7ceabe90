package exporter

import "github.com/kerasgo/kerasgo/ir"

func writeSTFT(n *node) {
	op := n.Op.(*ir.STFT)
	if d := n.out().DType; d.Size() < 4 {
		n.unsupported("Keras 3 has no Fourier transform of %v", d)
		return
	}
	x := n.tensor(0)
	pieces := n.out()
	pieces.Shape = pieces.Shape.Clone()
	pieces.Shape[len(pieces.Shape)-1] = ir.Known(op.Length)
	x = n.op("math", "ExtractSequences", pieces, object{"sequence_length": op.Length, "sequence_stride": op.Stride}, x)
	x = n.op("numpy", "Multiply", pieces, nil, x, n.arg(1))
	y := n.like("math", "RFFT", object{"fft_length": op.Length}, x)
	n.set(y)
	n.values[n.Outputs[1]] = ref{y.of, 1, n.out()}
}
