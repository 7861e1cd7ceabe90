package importer

import "fmt"

// lostInput gives a Sequential whose file does not say its input's shape the one
// that the kernel of its first layer tells: Keras 2.2 forgot an InputLayer that a
// Sequential begins with. What a kernel does not tell stays open.
func (b *builder) lostInput(m *modelSpec) {
	f, ok := b.file.weights.(*legacyWeights)
	if !ok || m.class != "Sequential" || len(m.layers) < 2 || !m.implicitInput {
		return
	}
	in, first := m.layers[0], m.layers[1]
	if in.config["batch_shape"] != nil {
		return
	}
	var kernel []int
	for _, g := range f.groups {
		for _, w := range g.weights {
			if g.name == first.name && kernel == nil && (w.name == "kernel" || w.name == "depthwise_kernel") {
				kernel = w.shape
			}
		}
	}
	shape := shapeForKernel(first, kernel)
	if shape == nil {
		return
	}
	in.config["batch_shape"] = shape
	b.note(fmt.Sprintf("the file does not say the input's shape; by the kernel of %q it is %s", first.name, show(shape)))
}

// shapeForKernel is the shape of the input, batch included, that a layer with a
// kernel takes; nil if the kernel does not tell.
func shapeForKernel(l *layerSpec, kernel []int) []any {
	axis, rank := 0, len(kernel)
	switch l.class {
	case "Dense", "LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU", "Bidirectional":
		if rank != 2 {
			return nil
		}
		if l.class != "Dense" {
			rank = 3
		}
	case "Conv1D", "Conv2D", "Conv3D", "SeparableConv1D", "SeparableConv2D", "DepthwiseConv2D":
		if rank < 3 {
			return nil
		}
		axis = rank - 2
	default:
		return nil
	}
	shape := make([]any, rank)
	channels := rank - 1
	if l.config["data_format"] == "channels_first" {
		channels = 1
	}
	shape[channels] = int64(kernel[axis])
	return shape
}
