package exporter

import "github.com/kerasgo/kerasgo/ir"

// writers say how each op is written: as a layer where one is exactly that, else
// as operations of keras.ops. An op that is missing cannot be written.
var writers map[string]func(n *node)

func init() {
	writers = map[string]func(n *node){
		"Unary": writeUnary, "Binary": writeBinary, "Where": writeWhere, "Cast": writeCast,
		"Reshape": writeReshape, "Transpose": writeTranspose, "Concat": writeConcat, "Slice": writeSlice,
		"Gather": writeGather, "GatherAlong": writeGatherAlong, "Pad": writePad, "Broadcast": writeBroadcast,
		"Tile": writeTile, "Repeat": writeRepeat, "Flip": writeFlip, "OneHot": writeOneHot,
		"Range": writeRange, "ShapeOf": writeShapeOf, "Reduce": writeReduce, "Softmax": writeSoftmax,
		"Cumulative": writeCumulative, "Sort": writeSort,
		"Dense": writeDense, "MatMul": writeMatMul, "Einsum": writeEinsum,
		"Conv": writeConv, "DepthwiseConv": writeDepthwiseConv, "ConvTranspose": writeConvTranspose,
		"Pool": writePool, "AdaptivePool": writeAdaptivePool, "Resize": writeResize,
		"BatchNorm": writeBatchNorm, "LayerNorm": writeLayerNorm, "Attention": writeAttention, "Linalg": writeLinalg, "STFT": writeSTFT, "Scatter": writeScatter,
		"Tokenize": writeTokenize, "Lookup": writeLookup, "Hash": writeHash, "CrossHash": writeCrossHash, "Bucketize": writeBucketize, "Bincount": writeBincount,
		"LSTM": writeLSTM, "GRU": writeGRU, "SimpleRNN": writeSimpleRNN, "ConvLSTM": writeConvLSTM,
	}
}

// axesOf is a list of axes as Keras wants it: null for all, a number for one.
func axesOf(axes []int) any {
	switch len(axes) {
	case 0:
		return nil
	case 1:
		return axes[0]
	}
	return ints(axes)
}

func writeWhere(n *node) {
	n.set(n.like("numpy", "Where", nil, n.arg(0), n.arg(1), n.arg(2)))
}

func writeCast(n *node) {
	n.set(n.cast(n.tensor(0), n.Op.(*ir.Cast).To))
}

func (n *node) cast(x ref, to ir.DType) ref {
	if x.typ.DType == to {
		return x
	}
	return n.op("core", "Cast", ir.Type{DType: to, Shape: x.typ.Shape}, object{"dtype": to.String()}, x)
}

func writeConcat(n *node) {
	list := make([]any, len(n.Inputs))
	for i := range list {
		list[i] = n.arg(i)
	}
	if len(list) == 1 {
		n.set(n.in(0))
		return
	}
	n.set(n.like("numpy", "Concatenate", object{"axis": n.Op.(*ir.Concat).Axis}, list))
}

func writeTranspose(n *node) {
	n.set(n.like("numpy", "Transpose", object{"axes": ints(n.Op.(*ir.Transpose).Perm)}, n.tensor(0)))
}

func writeTile(n *node) {
	n.set(n.like("numpy", "Tile", object{"repeats": ints(n.Op.(*ir.Tile).Reps)}, n.tensor(0)))
}

func writeRepeat(n *node) {
	op := n.Op.(*ir.Repeat)
	n.set(n.like("numpy", "Repeat", object{"repeats": op.N, "axis": op.Axis}, n.tensor(0)))
}

func writeFlip(n *node) {
	if axes := n.Op.(*ir.Flip).Axes; len(axes) > 0 {
		n.set(n.like("numpy", "Flip", object{"axis": axesOf(axes)}, n.tensor(0)))
		return
	}
	n.set(n.in(0))
}

func writeOneHot(n *node) {
	op := n.Op.(*ir.OneHot)
	n.set(n.like("nn", "OneHot", object{"num_classes": op.Depth, "axis": -1, "dtype": op.DType.String(), "sparse": false}, n.tensor(0)))
}
