package importer

import (
	"fmt"

	"github.com/kerasgo/kerasgo/ir"
)

var coreLayers = []row{
	{class: "InputLayer", lower: lowerInputLayer, mask: maskOwn},
	{class: "Dense", lower: lowerDense, mask: maskPass, neutral: unquantized},
	{class: "Embedding", lower: lowerEmbedding, mask: maskOwn, noCast: true, note: "also from float indices, which Keras truncates"},
	{class: "Masking", lower: lowerMasking, mask: maskOwn},
	{class: "Flatten", lower: lowerFlatten},
}

// lowerInputLayer is reached only when the graph calls an input layer that is
// not among the model's inputs.
func lowerInputLayer(l *Layer, _ *Call) []Value {
	l.Fail(ir.ErrMalformed, "", "is not among the model's input_layers")
	return nil
}

// inputType is the dtype and shape of an input; n is the number of the model's
// inputs. Open dimensions get names: the batch, the time axis of a single
// sequence, and others by input and axis, so that two inputs need not agree.
func (l *Layer) inputType(n int) (ir.Type, error) {
	fail := func(kind error, field, format string, args ...any) (ir.Type, error) {
		return ir.Type{}, &ir.Error{Kind: kind, Layer: l.Name, Class: l.Class, Field: field, Text: fmt.Sprintf(format, args...)}
	}
	raw := l.cfg.get("batch_shape")
	if raw == nil {
		if s, ok := l.cfg.get("shape").([]any); ok {
			raw = append([]any{nil}, s...)
		} else if s, ok := l.cfg.get("input_shape").([]any); ok {
			raw = append([]any{nil}, s...)
		}
	}
	if o, ok := raw.(object); ok { // {"class_name": "TensorShape", "items": […]}
		raw = o["items"]
	}
	dims, ok := raw.([]any)
	if !ok {
		return fail(ir.ErrUnsupported, "batch_shape", "is %s: the file does not say the input's shape; call the model once before saving it", show(raw))
	}
	if len(dims) > 16 {
		return fail(ir.ErrLimit, "batch_shape", "has %d dimensions", len(dims))
	}
	if l.cfg.get("ragged") == true {
		return fail(ir.ErrUnsupported, "ragged", "ragged inputs are not supported; pad them, and mask the padding")
	}
	if l.cfg.get("sparse") == true {
		l.Note("the input is sparse in Keras; here it is dense")
	}
	if l.cfg.get("optional") == true {
		l.Note("the input is optional in Keras; here it must be given")
	}
	s := make(ir.Shape, len(dims))
	for i, d := range dims {
		if d == nil {
			switch {
			case i == 0:
				s[i] = ir.Sym("batch")
			case i == 1 && n == 1 && len(dims) <= 3:
				s[i] = ir.Sym("time")
			default:
				s[i] = ir.Sym(fmt.Sprintf("%s_%d", symbolName(l.spec.name), i))
			}
			continue
		}
		v, ok := asInt(d)
		if !ok || v < 0 || v > 1<<31-1 {
			return fail(ir.ErrMalformed, "batch_shape", "is %s", show(raw))
		}
		s[i] = ir.Known(v)
	}
	name := policyName(l.cfg.get("dtype"))
	switch name {
	case "", "mixed_float16", "mixed_bfloat16":
		name = "float32"
	}
	dt, err := ir.ParseDType(name)
	if err != nil {
		return fail(ir.ErrUnsupported, "dtype", "%q is not supported", name)
	}
	return ir.Type{DType: dt, Shape: s}, nil
}

// symbolName keeps a layer's name usable as a dimension's.
func symbolName(name string) string {
	out := []rune(name)
	for i, c := range out {
		switch c {
		case '+', '*', '/', '|', '(', ')', '[', ']', ',', ' ':
			out[i] = '_'
		}
	}
	if len(out) == 0 || out[0] >= '0' && out[0] <= '9' {
		return "dim_" + string(out)
	}
	return string(out)
}

func lowerDense(l *Layer, c *Call) []Value {
	x := l.AsFloat(c.Single(l).ID)
	units := l.PositiveInt("units")
	fused, rest := l.Activation("activation").Split()
	if mode := l.quantMode(); mode != "" {
		in := l.Size(x, -1)
		q := quantized{Scope: l.Scope, mode: mode, kernel: []int{in, units}, in: in, config: l.Raw("quantization_config")}
		q.bias = func() ir.ValueID {
			if !l.Bool("use_bias", true) {
				return ir.None
			}
			return l.Weight("bias", units)
		}
		return one(l.Activate(l.Unary(fused, q.product(x)), rest))
	}
	kernel := l.loraWeight("kernel", l.Size(x, -1), units)
	bias := ir.None
	if l.Bool("use_bias", true) {
		bias = l.Weight("bias", units)
	}
	if l.halfPrecision() { // Keras rounds after each step
		y := l.Add(&ir.Dense{}, x, kernel)
		if bias != ir.None {
			y = l.Binary("add", y, bias)
		}
		return one(l.Activate(l.Unary(fused, y), rest))
	}
	return one(l.Activate(l.Add(&ir.Dense{Act: fused}, x, kernel, bias), rest))
}

// halfPrecision tells whether the layer computes in 16 bits.
func (l *Layer) halfPrecision() bool { return l.compute == ir.Float16 || l.compute == ir.BFloat16 }

// lowerEmbedding takes rows by index. Keras casts what is not int32 or int64 to
// int32. A masked index is 0; the mask comes from the layer's own input.
func lowerEmbedding(l *Layer, c *Call) []Value {
	in := c.Single(l)
	x := in.ID
	if d := l.Type(x).DType; d != ir.Int32 && d != ir.Int64 {
		x = l.Cast(x, ir.Int32)
	}
	rows, dim := l.PositiveInt("input_dim"), l.PositiveInt("output_dim")
	out := Value{ir.None, ir.None}
	l.Ignore("quantization_config") // also of a model whose other layers are quantized
	if mode := l.quantMode(); mode != "" {
		out.ID = l.quantizedEmbedding(mode, x, rows, dim)
	} else {
		out.ID = l.Add(&ir.Gather{Wrap: l.Keras3()}, l.loraWeight("embeddings", rows, dim), x)
	}
	if d := l.Type(out.ID).DType; d.IsFloat() && d != l.compute && l.compute != ir.Float32 {
		out.ID = l.Cast(out.ID, l.compute)
	}
	if l.Bool("mask_zero", false) {
		out.Mask = l.Binary("ne", x, l.Scalar(0, l.Type(x).DType))
	}
	l.Ignore("input_length")
	return []Value{out}
}

// lowerMasking zeroes the steps whose features all equal mask_value.
func lowerMasking(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	dt := l.Type(x).DType
	any := l.Add(&ir.Reduce{Fn: "any", Axes: []int{-1}, Keep: true}, l.Binary("ne", x, l.Scalar(l.Float("mask_value", 0), dt)))
	y := l.Add(&ir.Where{}, any, x, l.Scalar(0, dt))
	return []Value{{y, l.Squeeze(any, -1)}}
}

// lowerFlatten puts channels last first, so that the order of features does not
// depend on data_format.
func lowerFlatten(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	rank := l.Rank(x)
	if l.ChannelsFirst() && rank > 2 {
		perm := []int{0}
		for i := 2; i < rank; i++ {
			perm = append(perm, i)
		}
		x = l.Transpose(x, append(perm, 1)...)
	}
	if rank < 1 {
		l.Fail(ir.ErrShape, "", "cannot flatten a scalar")
		return nil
	}
	return one(l.Reshape(x, []ir.Extent{ir.DimOf(0, 0), ir.Size(-1)}))
}
