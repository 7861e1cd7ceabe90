package importer

import "github.com/kerasgo/kerasgo/ir"

var activationLayers = []row{
	{class: "Activation", lower: lowerActivation, mask: maskPass, note: "all of keras.activations"},
	{class: "ReLU", lower: lowerReLU, mask: maskPass},
	{class: "LeakyReLU", lower: lowerLeakyReLU, mask: maskPass},
	{class: "PReLU", lower: lowerPReLU, mask: maskPass},
	{class: "ELU", lower: lowerELU, mask: maskPass},
	{class: "Softmax", lower: lowerSoftmax, mask: maskPass, neutral: map[string]any{"robust_masking": anyValue}},
	{class: "ThresholdedReLU", lower: lowerThresholdedReLU, mask: maskPass},
}

func lowerActivation(l *Layer, c *Call) []Value {
	return one(l.Activate(c.Single(l).ID, l.Activation("activation")))
}

func lowerReLU(l *Layer, c *Call) []Value {
	f := ir.Func{Name: "relu", A: ir.Float(l.Float("negative_slope", 0)), B: ir.Float(l.Float("threshold", 0))}
	if l.Has("max_value") {
		f.Name, f.C = "relu_max", ir.Float(l.Float("max_value"))
	}
	return one(l.Unary(f, c.Single(l).ID))
}

func lowerLeakyReLU(l *Layer, c *Call) []Value {
	return one(l.Unary(ir.Func{Name: "relu", A: ir.Float(l.Float("negative_slope", 0.3))}, c.Single(l).ID))
}

func lowerELU(l *Layer, c *Call) []Value {
	return one(l.Unary(ir.Func{Name: "elu", A: ir.Float(l.Float("alpha", 1))}, c.Single(l).ID))
}

// lowerThresholdedReLU is x for x > theta, else 0.
func lowerThresholdedReLU(l *Layer, c *Call) []Value {
	return one(l.Unary(ir.Func{Name: "threshold", A: ir.Float(l.Float("theta", 1))}, c.Single(l).ID))
}

// lowerPReLU has a slope for each feature; axes in shared_axes share theirs.
func lowerPReLU(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	rank := l.Rank(x)
	shape := make([]int, max(rank-1, 0))
	shared := map[int]bool{}
	for _, a := range l.Ints("shared_axes", 0, []int{}...) {
		n, err := ir.NormAxis(a, rank)
		if err != nil || n == 0 {
			l.Fail(ir.ErrMalformed, "shared_axes", "axis %d is not one of 1 to %d", a, rank-1)
			return nil
		}
		shared[n] = true
	}
	for i := range shape {
		shape[i] = 1
		if !shared[i+1] {
			shape[i] = l.Size(x, i+1)
		}
	}
	alpha := l.Weight("alpha", shape...)
	zero := l.Scalar(0, l.Type(x).DType)
	positive := l.Unary(ir.Func{Name: "relu"}, x)
	negative := l.Binary("mul", alpha, l.Binary("min", x, zero))
	return one(l.Binary("add", positive, negative))
}

// lowerSoftmax takes a mask of the shape of its input. Where a whole row is
// masked, Keras 3 gives zeros and Keras 2 what adding -1e9 to all gives.
func lowerSoftmax(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	axes := l.Ints("axis", 0, -1)
	mask := c.Mask()
	if m, ok := c.Tensor(1, "mask"); ok {
		mask = m.ID
	}
	if mask == ir.None {
		return one(l.Add(&ir.Softmax{Axes: axes}, x))
	}
	if d := l.Type(mask).DType; d != ir.Bool {
		mask = l.Binary("gt", mask, l.Scalar(0.5, d))
	}
	y := l.Add(&ir.Softmax{Axes: axes}, x, mask)
	if l.Keras3() {
		y = l.Add(&ir.Where{}, mask, y, l.Scalar(0, l.Type(y).DType))
	}
	return one(y)
}
