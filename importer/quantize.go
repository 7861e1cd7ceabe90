package importer

import (
	"math"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Keras stores quantized layers as integers with scales, in an order of their
// own for each mode (variable_serialization_spec), and computes in the way of
// the mode: int8 and int4 quantize the inputs too, row by row, gptq and awq only
// restore the kernel, float8 rounds inputs and kernel to 8 bits.

// quantMode is the layer's quantization: "int8", "int4", "float8", "gptq",
// "awq", or empty.
func (l *Layer) quantMode() string {
	policy, _ := l.spec.config["dtype"].(object)
	mode := str(at(policy, "config", "mode"))
	if mode == "" {
		name, _, ok := strings.Cut(policyName(l.spec.config["dtype"]), "_from_")
		if !ok {
			return ""
		}
		mode = name
	}
	mode, _, _ = strings.Cut(mode, "/")
	return mode
}

// quantizedDense is x·kernel + bias of a quantized Dense, before the activation.
func (l *Layer) quantizedDense(mode string, x ir.ValueID, units int, useBias bool) ir.ValueID {
	in := l.Size(x, -1)
	bias := ir.None
	readBias := func() {
		if useBias {
			bias = l.Weight("bias", units)
		}
	}
	var y ir.ValueID
	switch mode {
	case "int8", "int4":
		kernel := l.integerKernel(mode, in, units)
		readBias()
		if l.storedCount() > 2+btoi(useBias) { // scale, zero point and group of each row
			kernel = l.Const("kernel", func() *ir.Tensor { return l.groupedKernel(kernel, in, units) })
			y = l.Add(&ir.Dense{}, x, kernel)
			break
		}
		scale := l.Weight("kernel_scale", units)
		q, s := l.quantizeInputs(x)
		y = l.Add(&ir.Dense{}, q, l.Cast(kernel, l.compute))
		if s != ir.None {
			scale = l.Binary("mul", scale, s)
		}
		y = l.Binary("div", y, scale)
	case "gptq", "awq":
		readBias()
		kernel := l.Const("kernel", func() *ir.Tensor { return l.restoredKernel(mode, in, units) })
		y = l.Add(&ir.Dense{}, x, kernel)
	case "float8":
		k := l.Tensor("kernel", in, units)
		readBias()
		inputScale := l.Tensor("inputs_scale")
		l.State("inputs_amax_history", -1)
		kernelScale := l.Tensor("kernel_scale")
		for _, name := range []string{"kernel_amax_history", "outputs_grad_scale", "outputs_grad_amax_history"} {
			l.skipStored(name)
		}
		if l.err != nil {
			return ir.None
		}
		kernel := l.Const("kernel", func() *ir.Tensor { return roundFloat8(k, kernelScale.Float32s()[0]) })
		y = l.Add(&ir.Dense{}, l.throughFloat8(x, float64(inputScale.Float32s()[0])), kernel)
		if bias != ir.None && l.compute == ir.Float32 {
			bias = l.Cast(l.Cast(bias, ir.BFloat16), ir.Float32)
		}
	default:
		l.Fail(ir.ErrUnsupported, "dtype", "quantization %q is not supported; save the model before quantize() is called", mode)
	}
	if bias != ir.None {
		y = l.Binary("add", y, bias)
	}
	return y
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (l *Layer) storedCount() int { return len(l.Stored()) }

// skipStored reads past a variable that only training uses.
func (l *Layer) skipStored(name string) {
	dims := slices.Repeat([]int{-1}, len(l.nextShape()))
	l.State(name, dims...)
}

// nextShape is the shape of the variable that is read next.
func (l *Layer) nextShape() []int {
	p, ok := l.Scope.w.(*pathScope)
	vars := l.Stored()
	if !ok || p.asked >= len(vars) {
		return nil
	}
	return vars[p.asked].Shape
}

// integerKernel is the kernel as int8. Two int4 share a byte, the first in the
// low half; since Keras 3.14 along the last axis, before along the first.
func (l *Layer) integerKernel(mode string, in, out int) ir.ValueID {
	if mode == "int8" {
		return l.Weight("kernel", in, out)
	}
	return l.Const("kernel/int8", func() *ir.Tensor {
		if slices.Equal(l.nextShape(), []int{(in + 1) / 2, out}) && in > 1 {
			t := l.Tensor("kernel", (in+1)/2, out)
			if l.err != nil {
				return nil
			}
			return unpackFirst(t, in, out, true)
		}
		t := l.Tensor("kernel", in, (out+1)/2)
		if l.err != nil {
			return nil
		}
		return unpackLast(t, in, out)
	})
}

// signedNibble is a half byte as -8 to 7.
func signedNibble(b byte) int8 { return int8(b&15^8) - 8 }

func unpackLast(t *ir.Tensor, rows, cols int) *ir.Tensor {
	packed := (cols + 1) / 2
	data := make([]byte, rows*cols)
	for r := range rows {
		for c := range cols {
			b := t.Data[r*packed+c/2]
			data[r*cols+c] = byte(signedNibble(b >> (4 * (c & 1))))
		}
	}
	return &ir.Tensor{DType: ir.Int8, Shape: []int{rows, cols}, Data: data}
}

func unpackFirst(t *ir.Tensor, rows, cols int, signed bool) *ir.Tensor {
	data := make([]byte, rows*cols)
	for r := range rows {
		for c := range cols {
			b := t.Data[r/2*cols+c] >> (4 * (r & 1)) & 15
			if signed {
				b = byte(signedNibble(b))
			}
			data[r*cols+c] = b
		}
	}
	dt := ir.Uint8
	if signed {
		dt = ir.Int8
	}
	return &ir.Tensor{DType: dt, Shape: []int{rows, cols}, Data: data}
}

// quantizeInputs gives x as integers of 8 bits and the scale of each row; x
// itself and None when the layer quantizes weights only. Without a
// quantization_config, which Keras writes since 3.13, inputs are quantized.
func (l *Layer) quantizeInputs(x ir.ValueID) (q, scale ir.ValueID) {
	eps, lo, hi := 1e-7, -127.0, 127.0
	if cfg, ok := l.Raw("quantization_config").(object); ok {
		quantizer, ok := at(cfg, "config", "activation_quantizer").(object)
		if !ok {
			return x, ir.None
		}
		if str(quantizer["class_name"]) != "AbsMaxQuantizer" {
			l.Unsupported("quantization_config", quantizer)
			return ir.None, ir.None
		}
		if v, ok := asFloat(at(quantizer, "config", "epsilon")); ok {
			eps = v
		}
		if r := list(at(quantizer, "config", "value_range")); len(r) == 2 {
			lo, _ = asFloat(r[0])
			hi, _ = asFloat(r[1])
		}
	}
	dt := l.Type(x).DType
	most := l.Add(&ir.Reduce{Fn: "max", Axes: []int{-1}, Keep: true}, l.Unary(ir.Func{Name: "abs"}, x))
	scale = l.Binary("div", l.Scalar(hi, dt), l.Binary("add", most, l.Scalar(eps, dt)))
	q = l.Unary(ir.Func{Name: "round"}, l.Binary("mul", x, scale))
	return l.Unary(ir.Func{Name: "clip", A: ir.Float(lo), B: ir.Float(hi)}, q), scale
}

// groupedKernel is (kernel - zero point) * scale, both by column and by the
// group of each row.
func (l *Layer) groupedKernel(kernel ir.ValueID, in, out int) *ir.Tensor {
	scale, zero := l.Tensor("kernel_scale", -1, out), l.Tensor("kernel_zero", -1, out)
	groups := l.Tensor("g_idx", in)
	k := l.b.m.Const(kernel)
	if l.err != nil || k == nil {
		return nil
	}
	sv, zv, gv := scale.Float32s(), zero.Int64s(), groups.Int64s()
	data := make([]float32, in*out)
	for i, q := range k.Int64s() {
		g := gv[i/out]
		at := int(g)*out + i%out
		if g < 0 || at >= len(sv) || at >= len(zv) {
			l.Fail(ir.ErrMalformed, "g_idx", "row %d is of group %d, there are %d", i/out, g, scale.Shape[0])
			return nil
		}
		data[i] = (float32(q) - float32(zv[at])) * sv[at]
	}
	return ir.NewFloat32(data, in, out)
}

// restoredKernel is the kernel of gptq and awq, which is stored transposed with
// scale and zero point for each output and group of inputs.
func (l *Layer) restoredKernel(mode string, in, out int) *ir.Tensor {
	var q *ir.Tensor
	switch shape := l.nextShape(); {
	case slices.Equal(shape, []int{out, in}):
		q = l.Tensor("quantized_kernel", out, in)
	case slices.Equal(shape, []int{(out + 1) / 2, in}):
		if q = l.Tensor("quantized_kernel", (out+1)/2, in); l.err == nil {
			q = unpackFirst(q, out, in, false)
		}
	default:
		l.Fail(ir.ErrUnsupported, "quantized_kernel", "has shape %v; only 4 and 8 bits are supported", shape)
	}
	scale, zero := l.Tensor("kernel_scale", out, -1), l.Tensor("kernel_zero", out, -1)
	var inputs []float32
	if mode == "awq" {
		if t := l.Tensor("awq_scales", in); t != nil {
			inputs = t.Float32s()
		}
	}
	groups := l.Tensor("g_idx", in)
	if l.err != nil {
		return nil
	}
	n := scale.Shape[1]
	sv, zv, gv, qv := scale.Float32s(), zero.Int64s(), groups.Int64s(), q.Int64s()
	if zero.Shape[1] != n {
		l.Fail(ir.ErrShape, "kernel_zero", "has shape %v, kernel_scale %v", zero.Shape, scale.Shape)
		return nil
	}
	data := make([]float32, in*out)
	for i := range in {
		g := gv[i]
		if g < 0 || int(g) >= n {
			l.Fail(ir.ErrMalformed, "g_idx", "input %d is of group %d, there are %d", i, g, n)
			return nil
		}
		for o := range out {
			at := o*n + int(g)
			v := (float32(qv[o*in+i]) - float32(zv[at])) * sv[at]
			if inputs != nil {
				v /= inputs[i]
			}
			data[i*out+o] = v
		}
	}
	return ir.NewFloat32(data, in, out)
}

// The range of float8 e4m3fn: 4 bits of precision, 448 at most, steps of 2^-9
// below 2^-6.
const (
	float8Max      = 448
	float8Least    = 1.0 / 64
	float8Substeps = 512
)

// roundFloat8 rounds a tensor to float8, in units of scale, and back.
func roundFloat8(t *ir.Tensor, scale float32) *ir.Tensor {
	v := slices.Clone(t.Float32s())
	for i, x := range v {
		x = min(max(x/scale, -float8Max), float8Max)
		step := float64(1.0 / float8Substeps)
		if a := math.Abs(float64(x)); a >= float8Least {
			_, exp := math.Frexp(a)
			step = math.Ldexp(1, exp-4)
		}
		v[i] = float32(math.RoundToEven(float64(x)/step)*step) * scale
	}
	return ir.NewFloat32(v, t.Shape...)
}

// throughFloat8 is roundFloat8 in the graph. Multiplying by 2^20+1 and taking
// the difference away leaves the 4 leading bits of a float32, rounded.
func (l *Layer) throughFloat8(x ir.ValueID, scale float64) ir.ValueID {
	dt := l.Type(x).DType
	if dt != ir.Float32 {
		l.Fail(ir.ErrUnsupported, "dtype", "float8 with compute dtype %v is not supported", dt)
		return ir.None
	}
	unit := l.Scalar(scale, dt)
	x = l.Unary(ir.Func{Name: "clip", A: -float8Max, B: float8Max}, l.Binary("div", x, unit))
	wide := l.Binary("mul", x, l.Scalar(1<<20+1, dt))
	normal := l.Binary("sub", wide, l.Binary("sub", wide, x))
	steps := l.Scalar(float8Substeps, dt)
	small := l.Binary("div", l.Unary(ir.Func{Name: "round"}, l.Binary("mul", x, steps)), steps)
	tiny := l.Binary("lt", l.Unary(ir.Func{Name: "abs"}, x), l.Scalar(float8Least, dt))
	return l.Binary("mul", l.Add(&ir.Where{}, tiny, small, normal), unit)
}

// quantizedEmbedding is the rows of a quantized table.
func (l *Layer) quantizedEmbedding(mode string, x ir.ValueID, n, dim int) ir.ValueID {
	gather := func(table ir.ValueID) ir.ValueID { return l.Add(&ir.Gather{Wrap: true}, table, x) }
	var table ir.ValueID
	switch mode {
	case "int8":
		table = l.Weight("embeddings", n, dim)
	case "int4":
		table = l.Const("embeddings/int8", func() *ir.Tensor {
			t := l.Tensor("embeddings", n, (dim+1)/2)
			if l.err != nil {
				return nil
			}
			return unpackLast(t, n, dim)
		})
	default:
		l.Fail(ir.ErrUnsupported, "dtype", "quantization %q of an Embedding is not supported", mode)
		return ir.None
	}
	if l.storedCount() > 2 {
		return gather(l.Const("embeddings", func() *ir.Tensor { return l.groupedTable(table, n, dim) }))
	}
	scale := l.Weight("embeddings_scale", n)
	return l.Binary("div", gather(l.Cast(table, l.compute)), l.ExpandDims(gather(scale), -1))
}

// groupedTable is (table - zero point) * scale, both by row and by the group of
// each column.
func (l *Layer) groupedTable(table ir.ValueID, n, dim int) *ir.Tensor {
	scale, zero := l.Tensor("embeddings_scale", n, -1), l.Tensor("embeddings_zero", n, -1)
	groups := l.Tensor("g_idx", dim)
	q := l.b.m.Const(table)
	if l.err != nil || q == nil {
		return nil
	}
	per := scale.Shape[1]
	if zero.Shape[1] != per {
		l.Fail(ir.ErrShape, "embeddings_zero", "has shape %v, embeddings_scale %v", zero.Shape, scale.Shape)
		return nil
	}
	sv, zv, gv := scale.Float32s(), zero.Int64s(), groups.Int64s()
	data := make([]float32, n*dim)
	for i, v := range q.Int64s() {
		g := gv[i%dim]
		if g < 0 || int(g) >= per {
			l.Fail(ir.ErrMalformed, "g_idx", "column %d is of group %d, there are %d", i%dim, g, per)
			return nil
		}
		at := i/dim*per + int(g)
		data[i] = (float32(v) - float32(zv[at])) * sv[at]
	}
	return ir.NewFloat32(data, n, dim)
}
