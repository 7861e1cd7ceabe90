package importer

import (
	"fmt"

	"github.com/kerasgo/kerasgo/ir"
)

// backendOps are functions of keras.backend and of TensorFlow that keras.ops has
// not, or with another meaning.
var backendOps = []opRow{
	{name: "backend_relu", params: "x alpha max_value threshold", lower: opBackendRelu, note: "keras.backend's relu"},
	{name: "repeat_vector", params: "x n", lower: opRepeatVector, note: "keras.backend's repeat"},
	{name: "batch_flatten", params: "x", lower: opBatchFlatten, note: "keras.backend's"},
	{name: "batch_dot", params: "x y axes", lower: opBatchDot, note: "keras.backend's"},
	{name: "switch", params: "condition then_expression else_expression", lower: opSwitch, note: "keras.backend's, of tensors"},
	{name: "backend_in_top_k", params: "predictions targets k", lower: opInTopK, note: "keras.backend's in_top_k"},
	{name: "crelu", params: "x axis", lower: opCRelu, note: "TensorFlow's"},
	{name: "clip_by_norm", params: "x clip_norm axes", lower: opClipByNorm, note: "TensorFlow's"},
	{name: "local_response_normalization", params: "x depth_radius bias alpha beta", lower: opLocalResponse, note: "TensorFlow's"},
	{name: "image.grayscale_to_rgb", params: "images", lower: opGrayscaleToRGB, note: "TensorFlow's"},
}

func opBackendRelu(o *opCall) []Value {
	f := ir.Func{Name: "relu", A: ir.Float(o.num("alpha", 0)), B: ir.Float(o.num("threshold", 0))}
	if o.given("max_value") {
		f.Name, f.C = "relu_max", ir.Float(o.num("max_value"))
	}
	return outputs(o.Unary(f, o.tensor("x")))
}

func opRepeatVector(o *opCall) []Value {
	x := o.tensor("x")
	if !o.WantRank(x, 2) {
		return nil
	}
	d := o.dimensionsOf(x)
	return outputs(o.broadcastTo("n", o.ExpandDims(x, 1), []dimension{d[0], knownDimension(o.size("n")), d[1]}))
}

func opBatchFlatten(o *opCall) []Value {
	return outputs(o.Reshape(o.tensor("x"), []ir.Extent{ir.DimOf(0, 0), ir.Size(-1)}))
}

func opBatchDot(o *opCall) []Value {
	in := o.promote(true, "x", "y")
	if o.err != nil || !o.WantRank(in[0], 2, 3, 4) || !o.WantRank(in[1], 2, 3, 4) {
		return nil
	}
	rx, ry := o.Rank(in[0]), o.Rank(in[1])
	axes := []int{rx - 1, max(ry-2, 1)}
	if one, ok := asInt(o.args["axes"]); ok {
		axes = []int{one, one}
	} else if o.given("axes") {
		axes = o.wholes("axes", 2)
	}
	ax, err := ir.NormAxis(axes[0], rx)
	o.fail(err)
	ay, err := ir.NormAxis(axes[1], ry)
	o.fail(err)
	if o.err == nil && (ax == 0 || ay == 0) {
		o.bad("axes", "axes other than the batch's")
	}
	if o.err != nil {
		return nil
	}
	return outputs(o.batchDot(in[0], in[1], ax, ay))
}

// opSwitch extends the condition at its end, where broadcasting would at its front.
func opSwitch(o *opCall) []Value {
	in := o.promote(false, "then_expression", "else_expression")
	condition := o.asBool(o.tensor("condition"))
	if o.err != nil {
		return nil
	}
	if o.Rank(condition) == 1 && o.Rank(in[0]) > 1 { // rows in TensorFlow 1, the last axis in TensorFlow 2
		o.bad("condition", "a condition that is not of rank 1, of which versions of Keras make different things; use expand_dims")
		return nil
	}
	for o.Rank(condition) > 0 && o.Rank(condition) < o.Rank(in[0]) {
		condition = o.ExpandDims(condition, -1)
	}
	return outputs(o.where(condition, in[0], in[1]))
}

func opCRelu(o *opCall) []Value {
	x := o.tensor("x")
	return outputs(o.concat(o.whole("axis", -1), o.Unary(ir.Func{Name: "relu"}, x), o.Unary(ir.Func{Name: "relu"}, o.Unary(ir.Func{Name: "neg"}, x))))
}

func opClipByNorm(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	most := o.Scalar(o.num("clip_norm"), o.Type(x).DType)
	norm := o.root(x, o.axes("axes"), true)
	return outputs(o.Binary("div", o.Binary("mul", x, most), o.Binary("max", norm, most)))
}

// opLocalResponse sums the squares of neighbouring channels with a matrix of ones
// about its diagonal.
func opLocalResponse(o *opCall) []Value {
	x := o.tensor("x")
	if !o.WantRank(x, 4) {
		return nil
	}
	n, radius, dt := o.Size(x, -1), o.whole("depth_radius", 5), o.Type(x).DType
	if !o.Allows("depth_radius", n, n) {
		return nil
	}
	band := o.Const(fmt.Sprintf("neighbours/%d/%d", n, radius), func() *ir.Tensor {
		v := make([]float32, n*n)
		for i := range n {
			for j := max(0, i-radius); j <= min(n-1, i+radius); j++ {
				v[i*n+j] = 1
			}
		}
		return ir.NewFloat32(v, n, n)
	})
	sum := o.Add(&ir.Dense{}, o.Unary(ir.Func{Name: "square"}, x), o.Cast(band, dt))
	base := o.Binary("add", o.Scalar(o.num("bias", 1), dt), o.Binary("mul", o.Scalar(o.num("alpha", 1), dt), sum))
	return outputs(o.Binary("div", x, o.Binary("pow", base, o.Scalar(o.num("beta", 0.5), dt))))
}

func opGrayscaleToRGB(o *opCall) []Value {
	x := o.tensor("images")
	if o.err == nil && o.Size(x, -1) != 1 {
		o.bad("images", "one channel")
	}
	if o.err != nil {
		return nil
	}
	return outputs(o.concat(-1, x, x, x))
}
