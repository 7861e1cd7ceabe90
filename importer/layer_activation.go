package importer

import "github.com/kerasgo/kerasgo/ir"

var activationLayers = []row{
	{class: "Activation", lower: lowerActivation, mask: maskPass, note: "all of keras.activations"},
	{class: "ReLU", lower: lowerReLU, mask: maskPass},
	{class: "LeakyReLU", lower: lowerLeakyReLU, mask: maskPass},
	{class: "PReLU", lower: lowerPReLU, mask: maskPass},
	{class: "ELU", lower: lowerELU, mask: maskPass},
	{class: "Softmax", lower: lowerSoftmax, mask: maskPass},
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
	alpha := l.featureWeight("alpha", shape)
	zero := l.Scalar(0, l.Type(x).DType)
	positive := l.Unary(ir.Func{Name: "relu"}, x)
	negative := l.Binary("mul", alpha, l.Binary("min", x, zero))
	return one(l.Binary("add", positive, negative))
}

// lowerSoftmax takes a mask of the shape of its input. Keras 3 gives zeros where
// a whole row is hidden. Keras 2 adds -1e9 to what is hidden or, when asked,
// puts -1e9 in its place: a hidden row is then as if nothing were.
func lowerSoftmax(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	axes := l.Ints("axis", 0, -1)
	robust := l.Bool("robust_masking", false)
	mask := c.Mask()
	if m, ok := c.Tensor(1, "mask"); ok {
		mask = m.ID
	}
	if mask == ir.None {
		return one(l.Add(&ir.Softmax{Axes: axes}, x))
	}
	given, dt := l.Type(mask).DType, l.Type(x).DType
	if given != ir.Bool && (robust || l.Keras3()) {
		mask = l.Binary("gt", mask, l.Scalar(0.5, given))
	}
	if l.Keras3() {
		y := l.Add(&ir.Softmax{Axes: axes}, x, mask)
		return one(l.Add(&ir.Where{}, mask, y, l.Scalar(0, dt)))
	}
	hidden := -1e9
	if dt == ir.Float16 {
		hidden = -32752
	}
	if robust {
		x = l.Add(&ir.Where{}, mask, x, l.Scalar(hidden, dt))
	} else {
		off := l.Binary("sub", l.Scalar(1, dt), l.Cast(mask, dt))
		x = l.Binary("add", x, l.Binary("mul", off, l.Scalar(hidden, dt)))
	}
	return one(l.Add(&ir.Softmax{Axes: axes}, x))
}
