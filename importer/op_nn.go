package importer

import "github.com/kerasgo/kerasgo/ir"

var nnOps = []opRow{
	{name: "relu", class: "Relu", params: "x", lower: mapActivation("relu")},
	{name: "relu6", class: "Relu6", params: "x", lower: mapActivation("relu6")},
	{name: "sigmoid", class: "Sigmoid", params: "x", lower: mapActivation("sigmoid")},
	{name: "softplus", class: "Softplus", params: "x", lower: mapActivation("softplus")},
	{name: "softsign", class: "Softsign", params: "x", lower: mapActivation("softsign")},
	{name: "silu", class: "Silu", params: "x beta", lower: opSilu},
	{name: "selu", class: "Selu", params: "x", lower: mapActivation("selu")},
	{name: "log_sigmoid", class: "LogSigmoid", params: "x", lower: mapActivation("log_sigmoid")},
	{name: "hard_sigmoid", class: "HardSigmoid", params: "x", lower: opHardSigmoid("hard_sigmoid")},
	{name: "hard_silu", class: "HardSilu", params: "x", lower: opHardSigmoid("hard_silu")},
	{name: "hard_tanh", class: "HardTanh", params: "x", lower: mapActivation("hard_tanh")},
	{name: "tanh_shrink", class: "TanhShrink", params: "x", lower: mapActivation("tanh_shrink")},
	{name: "sparse_plus", class: "SparsePlus", params: "x", lower: mapActivation("sparse_plus")},
	{name: "sparse_sigmoid", class: "SparseSigmoid", params: "x", lower: mapActivation("sparse_sigmoid")},
	{name: "mish", params: "x", lower: mapActivation("mish")},
	{name: "squareplus", class: "Squareplus", params: "x b", lower: activationWith("squareplus", "b", 4)},
	{name: "elu", class: "Elu", params: "x alpha", lower: activationWith("elu", "alpha", 1)},
	{name: "celu", class: "Celu", params: "x alpha", lower: activationWith("celu", "alpha", 1)},
	{name: "leaky_relu", class: "LeakyRelu", params: "x negative_slope", lower: activationWith("relu", "negative_slope", 0.2)},
	{name: "soft_shrink", class: "SoftShrink", params: "x threshold", lower: activationWith("soft_shrink", "threshold", 0.5)},
	{name: "hard_shrink", class: "HardShrink", params: "x threshold", lower: activationWith("hard_shrink", "threshold", 0.5)},
	{name: "threshold", class: "Threshold", params: "x threshold default_value", lower: opThreshold},
	{name: "gelu", class: "Gelu", params: "x approximate", lower: opGelu},
	{name: "softmax", class: "Softmax", params: "x axis", lower: alongAxes("softmax")},
	{name: "log_softmax", class: "LogSoftmax", params: "x axis", lower: alongAxes("log_softmax")},
	{name: "glu", class: "Glu", params: "x axis", lower: alongAxes("glu")},
	{name: "sparsemax", class: "Sparsemax", params: "x axis", lower: alongAxes("sparsemax")},
	{name: "batch_normalization", class: "BatchNorm", params: "x mean variance axis offset scale epsilon", lower: opBatchNormalization},
	{name: "layer_normalization", class: "LayerNorm", params: "x gamma beta axis epsilon rms_scaling", lower: opLayerNormalization},
	{name: "rms_normalization", class: "RMSNorm", params: "x scale axis epsilon", lower: opRMSNormalization},
	{name: "bias_add", params: "x bias data_format", lower: opBiasAdd, note: "TensorFlow's"},
}

func mapActivation(name string) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("x")
		if f := activationFuncs[name]; f.Name != "relu" && f.Name != "relu_max" {
			x = o.AsFloat(x)
		}
		return outputs(o.Unary(activationFuncs[name], x))
	}
}

func activationWith(fn, param string, def float64) opFunc {
	return func(o *opCall) []Value {
		return outputs(o.Unary(ir.Func{Name: fn, A: ir.Float(o.num(param, def))}, o.AsFloat(o.tensor("x"))))
	}
}

// opHardSigmoid has the slope of keras.ops, or of Keras 2 in its files.
func opHardSigmoid(fn string) opFunc {
	return func(o *opCall) []Value { return outputs(o.Unary(o.hardSigmoid(fn), o.AsFloat(o.tensor("x")))) }
}

func opSilu(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	beta := o.num("beta", 1)
	if beta == 1 {
		return outputs(o.Unary(ir.Func{Name: "silu"}, x))
	}
	return outputs(o.Binary("mul", x, o.Unary(ir.Func{Name: "sigmoid"}, o.Binary("mul", x, o.Scalar(beta, o.Type(x).DType)))))
}

func opThreshold(o *opCall) []Value {
	f := ir.Func{Name: "threshold", A: ir.Float(o.num("threshold")), B: ir.Float(o.num("default_value"))}
	return outputs(o.Unary(f, o.AsFloat(o.tensor("x"))))
}

func opGelu(o *opCall) []Value {
	f := ir.Func{Name: "gelu"}
	if o.flag("approximate", !o.tf) {
		f.Name = "gelu_tanh"
	}
	return outputs(o.Unary(f, o.AsFloat(o.tensor("x"))))
}

func alongAxes(kind string) opFunc {
	return func(o *opCall) []Value {
		x := o.AsFloat(o.tensor("x"))
		axes, there := []int{-1}, o.given("axis")
		if there {
			axes = o.wholes("axis", 0)
		} else if _, none := o.args["axis"]; none && !o.tf { // None: over all elements
			axes = identityPerm(o.Rank(x))
		}
		return outputs(o.Activate(x, Activation{Kind: kind, Axes: axes}))
	}
}

// vector is an argument of one number a channel, in x's dtype; [1, …, n, …, 1]
// is one too.
func (o *opCall) vector(name string, x ir.ValueID) ir.ValueID {
	if !o.given(name) {
		return ir.None
	}
	dt := o.Type(x).DType
	v := o.Cast(o.asTensor(name, o.args[name], dt), dt)
	if o.Rank(v) != 1 {
		v = o.flat(v)
	}
	return v
}

func opBatchNormalization(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	op := &ir.BatchNorm{Axis: o.axis("axis", o.Rank(x), -1), Epsilon: ir.Float(o.num("epsilon", 1e-3))}
	mean, variance := o.vector("mean", x), o.vector("variance", x)
	if mean == ir.None || variance == ir.None {
		o.bad("mean", "a mean and a variance for each channel")
		return nil
	}
	return outputs(o.Add(op, x, o.vector("scale", x), o.vector("offset", x), mean, variance))
}

func opLayerNormalization(o *opCall) []Value {
	axes, eps := o.wholes("axis", 0, -1), ir.Float(o.num("epsilon", 1e-7))
	return outputs(o.inFloat32(o.tensor("x"), func(x ir.ValueID) ir.ValueID {
		gamma, beta := o.affine("gamma", x, axes), o.affine("beta", x, axes)
		if !o.flag("rms_scaling", false) {
			return o.Add(&ir.LayerNorm{Axes: axes, Epsilon: eps}, x, gamma, beta)
		}
		dt := o.Type(x).DType // Keras divides by the deviation, without centering
		variance := o.Add(&ir.Reduce{Fn: "var", Axes: axes, Keep: true}, x)
		y := o.Binary("mul", x, o.Unary(ir.Func{Name: "rsqrt"}, o.Binary("add", variance, o.Scalar(float64(eps), dt))))
		if gamma != ir.None {
			y = o.Binary("mul", y, gamma)
		}
		return y
	}))
}

func opRMSNormalization(o *opCall) []Value {
	op := &ir.LayerNorm{Axes: o.wholes("axis", 0, -1), Epsilon: ir.Float(o.num("epsilon", 1e-7)), RMS: true}
	return outputs(o.inFloat32(o.tensor("x"), func(x ir.ValueID) ir.ValueID {
		scale := o.optional("scale")
		if scale == ir.None {
			return o.Add(op, x)
		}
		return o.Binary("mul", o.Add(op, x), o.Cast(scale, o.Type(x).DType))
	}))
}

// affine is a scale or offset of the shape that x has on the sorted axes.
func (o *opCall) affine(name string, x ir.ValueID, axes []int) ir.ValueID {
	if !o.given(name) {
		return ir.None
	}
	dt := o.Type(x).DType
	v := o.Cast(o.asTensor(name, o.args[name], dt), dt)
	if o.Rank(v) == len(axes) {
		return v
	}
	sorted, err := ir.NormAxes(axes, o.Rank(x))
	if err != nil {
		o.fail(err)
		return ir.None
	}
	var dims []ir.Extent
	for _, a := range sorted {
		dims = append(dims, ir.DimOf(1, a))
	}
	return o.Reshape(v, dims, x)
}

func opBiasAdd(o *opCall) []Value {
	in := o.promote(false, "x", "bias")
	first := o.channelsFirst()
	return outputs(o.channelsBack(o.Binary("add", o.channelsLast(in[0], first), in[1]), first))
}
