package ir

// MACs counts the multiply-adds of a node's matrix work (dense, convolution,
// recurrent, attention products) for the known types that Bind returns.
// Activations, normalisation, pooling and look-ups count nothing.
func (n *Node) MACs(types []Type) int64 {
	size := func(id ValueID) int64 {
		e, _ := types[id].Shape.Elems()
		return int64(e)
	}
	dim := func(id ValueID, i int) int64 {
		s := types[id].Shape
		if i < 0 {
			i += len(s)
		}
		return int64(s[i].Size)
	}
	out := n.Outputs[0]
	switch o := n.Op.(type) {
	case *Dense:
		return size(out) * dim(n.Inputs[1], 0)
	case *MatMul:
		k := dim(n.Inputs[0], -1)
		if o.TransA {
			k = dim(n.Inputs[0], -2)
		}
		return size(out) * k
	case *Einsum:
		operands, _, err := o.Parse()
		if err != nil || len(operands) < 2 {
			return 0
		}
		macs, seen := int64(1), map[rune]bool{}
		for i, labels := range operands {
			for j, c := range labels {
				if !seen[c] {
					seen[c] = true
					macs *= dim(n.Inputs[i], j)
				}
			}
		}
		return macs
	case *Conv:
		return size(out) * size(n.Inputs[1]) / max(1, dim(n.Inputs[1], -1))
	case *DepthwiseConv:
		return size(out) * size(n.Inputs[1]) / max(1, dim(n.Inputs[1], -1)*dim(n.Inputs[1], -2))
	case *ConvTranspose:
		return size(n.Inputs[0]) * size(n.Inputs[1]) / max(1, dim(n.Inputs[1], -1))
	case *Attention:
		q, v := n.Inputs[0], n.Inputs[2]
		return size(q)*dim(v, 1) + size(out)*dim(v, 1)
	case *LSTM, *GRU, *SimpleRNN:
		steps := dim(n.Inputs[0], 0) * dim(n.Inputs[0], 1)
		return steps * (size(n.Inputs[1]) + size(n.Inputs[2]))
	case interface{ MACs(in []Type) int64 }: // of no kind that this package has
		in := make([]Type, len(n.Inputs))
		for i, id := range n.Inputs {
			if id != None {
				in[i] = types[id]
			}
		}
		return o.MACs(in)
	}
	return 0
}
