package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// legacyLayers are classes that Keras 3 no longer has.
var legacyLayers = []row{
	{class: "CuDNNLSTM", lower: lowerRecurrent, mask: maskOwn, neutral: rnnNeutral},
	{class: "CuDNNGRU", lower: lowerRecurrent, mask: maskOwn, neutral: rnnNeutral},
	{class: "RandomFourierFeatures", lower: lowerRandomFourierFeatures, neutral: anyKeys("kernel_initializer", "scale"), note: "tf.keras 2's experimental layer"},
	{class: "MaxoutDense", lower: lowerMaxoutDense, note: "Keras 1"},
	{class: "Highway", lower: lowerHighway, note: "Keras 1"},
	{class: "ParametricSoftplus", lower: lowerParametricSoftplus, mask: maskPass, note: "Keras 1"},
	{class: "SReLU", lower: lowerSReLU, mask: maskPass, note: "Keras 1"},
	{class: "Deconvolution2D", lower: lowerDeconvolution, note: "Keras 1"},
	{class: "Merge", lower: lowerMergeCosine, neutral: anyKeys("concat_axis", "output_shape", "output_shape_type", "output_mask", "output_mask_type", "arguments"), note: "Keras 1; a function as a Lambda"},
}

// lowerRandomFourierFeatures is cos(x·kernel/scale + bias). The scale is a
// weight, whatever the argument says.
func lowerRandomFourierFeatures(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	if !l.WantRank(x, 2) {
		return nil
	}
	units := l.PositiveInt("output_dim")
	kernel, bias := l.State("unscaled_kernel", l.Size(x, -1), units), l.State("bias", units)
	scale := l.Weight("kernel_scale", 1)
	kernel = l.Binary("mul", l.Binary("div", l.Scalar(1, l.Type(scale).DType), scale), kernel)
	return one(l.Unary(ir.Func{Name: "cos"}, l.Add(&ir.Dense{}, x, kernel, bias)))
}

// lowerMaxoutDense is the largest of several dense layers.
func lowerMaxoutDense(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	if !l.WantRank(x, 2) {
		return nil
	}
	units, pieces := l.PositiveInt("units"), l.PositiveInt("nb_feature", 4)
	y := l.Add(&ir.Einsum{Equation: "bi,fio->bfo"}, x, l.Weight("kernel", pieces, l.Size(x, -1), units))
	if l.Bool("use_bias", true) {
		y = l.Binary("add", y, l.Weight("bias", pieces, units))
	}
	return one(l.Add(&ir.Reduce{Fn: "max", Axes: []int{1}}, y))
}

// lowerHighway is t*act(dense(x)) + (1-t)*x with t = sigmoid(dense(x)).
func lowerHighway(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	n := l.Size(x, -1)
	dense := func(suffix string, act ir.Func) ir.ValueID {
		kernel, bias := l.Weight("W"+suffix, n, n), ir.None
		if l.Bool("use_bias", true) {
			bias = l.Weight("b"+suffix, n)
		}
		return l.Add(&ir.Dense{Act: act}, x, kernel, bias)
	}
	fused, rest := l.Activation("activation", "linear").Split()
	gate := dense("_carry", ir.Func{Name: "sigmoid"})
	y := l.Activate(dense("", fused), rest)
	carried := l.Binary("mul", l.Binary("sub", l.Scalar(1, l.Type(x).DType), gate), x)
	return one(l.Binary("add", l.Binary("mul", y, gate), carried))
}

// featureShape is the shape of a parameter for each feature; axes in
// shared_axes share theirs.
func (l *Layer) featureShape(x ir.ValueID) []int {
	shape := make([]int, max(l.Rank(x)-1, 0))
	shared := l.Ints("shared_axes", 0, []int{}...)
	for i := range shape {
		shape[i] = 1
		if !slices.Contains(shared, i+1) {
			shape[i] = l.Size(x, i+1)
		}
	}
	return shape
}

// featureWeight is a parameter of featureShape. Keras 1 does not write shared_axes:
// there an axis that the array has once is shared.
func (l *Layer) featureWeight(name string, shape []int) ir.ValueID {
	if l.b.d.name != "keras1" || len(shape) == 0 || l.b.file.weights == nil {
		return l.Weight(name, shape...)
	}
	w := l.Weight(name, slices.Repeat([]int{-1}, len(shape))...)
	if l.err != nil {
		return ir.None
	}
	stored := l.Type(w).Shape
	for i, n := range shape {
		if len(stored) != len(shape) || stored[i] != ir.Known(n) && stored[i] != ir.Known(1) {
			l.Fail(ir.ErrShape, name, "has shape %v, the layer's input wants %v, or 1 for an axis that is shared", stored, shape)
			return ir.None
		}
	}
	return w
}

func lowerParametricSoftplus(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	shape := l.featureShape(x)
	alphas, betas := l.featureWeight("alphas", shape), l.featureWeight("betas", shape)
	return one(l.Binary("mul", l.Unary(ir.Func{Name: "softplus"}, l.Binary("mul", betas, x)), alphas))
}

// lowerSReLU is x between two thresholds, with slopes of its own outside.
func lowerSReLU(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	shape := l.featureShape(x)
	left, leftSlope := l.featureWeight("t_left", shape), l.featureWeight("a_left", shape)
	width, rightSlope := l.featureWeight("t_right", shape), l.featureWeight("a_right", shape)
	width = l.Unary(ir.Func{Name: "abs"}, width)
	zero := l.Scalar(0, l.Type(x).DType)
	above := l.Binary("sub", x, left)
	inside, below := l.Unary(ir.Func{Name: "relu"}, above), l.Binary("mul", leftSlope, l.Binary("min", above, zero))
	var y ir.ValueID
	if l.b.theano() { // bounds the sum, which a negative slope makes a difference to
		y = l.Binary("min", l.Binary("add", inside, below), width)
	} else {
		y = l.Binary("add", l.Binary("min", inside, width), below)
	}
	y = l.Binary("add", left, y)
	beyond := l.Unary(ir.Func{Name: "relu"}, l.Binary("sub", x, l.Binary("add", left, width)))
	return one(l.Binary("add", y, l.Binary("mul", beyond, rightSlope)))
}

// lowerDeconvolution is a transposed convolution whose output_shape is given;
// TensorFlow pads so that the convolution of that output has the input's size.
func lowerDeconvolution(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	l.Ignore("dilation_rate")
	w := l.windowArgs(2)
	filters := l.PositiveInt("filters")
	out, _ := l.Raw("output_shape").([]any)
	if !l.WantRank(x, 4) {
		return nil
	}
	if len(out) != 4 {
		l.badKey("output_shape", out, "four sizes")
		return nil
	}
	op := &ir.ConvTranspose{Strides: w.strides}
	for i, a := range spatialAxes(2, w.first) {
		want, ok := asInt(out[a])
		n := l.Size(x, a)
		if !ok || w.strides[i] < 1 || want < 1 || want > 1<<31-1 {
			l.badKey("output_shape", out, "sizes")
			return nil
		}
		excess := (n-1)*w.strides[i] + w.kernel[i] - want
		before := 0
		if w.padding.Same {
			before = max(excess, 0) / 2
		}
		before, after := l.centeredCrop(w, w.kernel[i], before, excess-before)
		op.Before, op.After = append(op.Before, before), append(op.After, after)
	}
	kernel := l.Weight("kernel", w.kernel[0], w.kernel[1], filters, l.channels(x, w.first))
	bias := l.optionalBias(filters)
	fused, rest := l.Activation("activation", "linear").Split()
	op.Act = fused
	y := l.window(x, w, func(x ir.ValueID) ir.ValueID { return l.Add(op, x, kernel, bias) })
	return one(l.Activate(y, rest))
}

// lowerMergeCosine is the Merge that has no class since: the cosine of two
// inputs. Its result has an axis of 1 behind the batch.
func lowerMergeCosine(l *Layer, c *Call) []Value {
	if l.String("mode", "") != "cos" || l.String("mode_type", "raw") != "raw" {
		l.Fail(ir.ErrMalformed, "mode", "is %s, wants sum, mul, ave, max, concat, dot, cos or a function", show(l.Raw("mode")))
		return nil
	}
	in := c.Many(l)
	axes := l.Ints("dot_axes", 2)
	if l.err == nil && len(in) != 2 {
		l.Fail(ir.ErrMalformed, "inputs", "multiplies %d inputs, wants 2", len(in))
	}
	if l.err != nil {
		return nil
	}
	x, y := in[0].ID, in[1].ID
	ax, err := ir.NormAxis(axes[0], l.Rank(x))
	l.fail(err)
	ay, err := ir.NormAxis(axes[1], l.Rank(y))
	l.fail(err)
	if l.err == nil && (ax == 0 || ay == 0) {
		l.Fail(ir.ErrShape, "dot_axes", "%v sum over the batch axis", axes)
	}
	if l.err != nil {
		return nil
	}
	norms := l.Binary("mul", l.batchDot(x, x, ax, ax), l.batchDot(y, y, ay, ay))
	length := l.Binary("max", l.Unary(ir.Func{Name: "sqrt"}, norms), l.Scalar(1e-7, l.Type(x).DType))
	return one(l.ExpandDims(l.Binary("div", l.batchDot(x, y, ax, ay), length), 1))
}

// runningDeviation tells that a BatchNormalization divides by a standard deviation,
// which running_std then is as its name says: in Keras before 1.0.6, and in 1.0.6 on
// Theano. Architectures state a version since 1.0.4.
func (l *Layer) runningDeviation() bool {
	v := l.b.d.version
	switch {
	case l.b.d.name != "keras1":
		return false
	case l.b.file.version != "":
		return v.before(1, 0, 6) || v == version{1, 0, 6} && l.b.theano()
	}
	if _, later := l.spec.config["gamma_regularizer"]; later { // since 1.1
		return false
	}
	l.Note("the architecture states no keras_version, as before Keras 1.0.4, so running_std is taken for the standard deviation; " +
		"if it is of a later Keras, add its \"keras_version\" beside \"class_name\": then it is the variance")
	return true
}

// squaredDeviation is the variance, epsilon included, of a BatchNormalization that
// divides by running_std + epsilon.
func (l *Layer) squaredDeviation(epsilon float64, shape []int) ir.ValueID {
	return l.Const("moving_variance", func() *ir.Tensor {
		t := l.data("moving_variance", false, shape)
		if t == nil {
			return nil
		}
		v := slices.Clone(t.Float32s())
		for i, deviation := range v {
			v[i] = float32((float64(deviation) + epsilon) * (float64(deviation) + epsilon))
		}
		return ir.NewFloat32(v, t.Shape...)
	})
}

// batchNormalizationMode is Keras 1's BatchNormalization without moving
// statistics: mode 1 normalizes every sample over its last axis, mode 2 the
// batch by its own statistics.
func (l *Layer) batchNormalizationMode(mode int, x ir.ValueID, axes []int, gamma, beta ir.ValueID, epsilon float64) []Value {
	dt := l.Type(x).DType
	var over []int
	switch {
	case mode == 1:
		over = []int{l.Rank(x) - 1}
	case mode == 2 && len(axes) == 1:
		a, err := ir.NormAxis(axes[0], l.Rank(x))
		l.fail(err)
		for i := range l.Rank(x) {
			if i != a {
				over = append(over, i)
			}
		}
		dims := slices.Repeat([]ir.Extent{ir.Size(1)}, l.Rank(x))
		if l.err == nil {
			dims[a] = ir.Size(l.Size(x, a))
		}
		gamma, beta = l.Reshape(gamma, dims), l.Reshape(beta, dims)
	default:
		l.Unsupported("mode", mode)
		return nil
	}
	mean := l.Add(&ir.Reduce{Fn: "mean", Axes: over, Keep: true}, x)
	variance := l.Add(&ir.Reduce{Fn: "var", Axes: over, Keep: true}, x)
	old := l.runningDeviation()
	if !old || mode == 2 || !l.b.d.version.before(1, 0, 5) && l.b.file.version != "" {
		variance = l.Binary("add", variance, l.Scalar(epsilon, dt))
	}
	deviation := l.Unary(ir.Func{Name: "sqrt"}, variance)
	if old || mode == 1 { // mostly twice, as Keras 1 has it
		deviation = l.Binary("add", deviation, l.Scalar(epsilon, dt))
	}
	y := l.Binary("div", l.Binary("sub", x, mean), deviation)
	return one(l.Binary("add", l.Binary("mul", y, gamma), beta))
}
