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

// unquantized is the configuration that Keras 3.13 and later write for every layer
// that quantize() could change, before it does.
var unquantized = map[string]any{"quantization_config": nil}

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

// storedMode is the quantization of a sublayer that has no configuration of its
// own, told by what is stored.
func (s *Scope) storedMode() string {
	vars := s.Stored()
	n := len(vars)
	switch {
	case n > 6 && len(vars[n-1].Shape) == 1 && len(vars[n-2].Shape) == 0: // ends in three pairs of scale and history
		return "float8"
	case n > 0 && vars[0].DType == ir.Int8 && len(vars[0].Shape) == 2:
		return "int4"
	case n > 0 && vars[0].DType == ir.Int8:
		return "int8"
	}
	return ""
}

// quantized is a product of inputs with a quantized kernel.
type quantized struct {
	*Scope
	mode   string
	kernel []int             // the kernel's own shape; its first axes, in elements, are summed
	in     int               // the product of those axes
	bias   func() ir.ValueID // reads the bias at its place among the variables; None without
	config any               // quantization_config
}

// rows and columns are the sides of the matrix that int4, gptq and awq keep a
// kernel as: of three axes, the longest tells whether it leads to heads or back.
func (q *quantized) matrix() (rows, cols int) {
	rows, total := q.in, product(q.kernel)
	if len(q.kernel) == 3 {
		longest := slices.Index(q.kernel, slices.Max(q.kernel))
		rows = q.kernel[0]
		if longest > 0 {
			rows *= q.kernel[1]
		}
	}
	return rows, total / max(rows, 1)
}

// product is x·kernel + bias for x [..., in], before the activation.
func (q *quantized) product(x ir.ValueID) ir.ValueID {
	l := q.l
	units := product(q.kernel) / max(q.in, 1)
	flat := []ir.Extent{ir.Size(q.in), ir.Size(units)}
	bias, y := ir.None, ir.None
	switch q.mode {
	case "int8":
		kernel := q.Weight("kernel", q.kernel...)
		bias = q.bias()
		scale := q.Weight("kernel_scale", slices.Repeat([]int{-1}, len(q.nextShape()))...)
		if len(q.kernel) > 2 {
			kernel = l.Reshape(kernel, flat)
		}
		if l.Rank(scale) != 1 {
			scale = l.Reshape(scale, []ir.Extent{ir.Size(units)})
		}
		x, rows := l.quantizeInputs(x, q.config, true)
		y = l.Add(&ir.Dense{}, x, l.Cast(kernel, l.compute))
		if rows != ir.None {
			scale = l.Binary("mul", scale, rows)
		}
		y = l.Binary("div", y, scale)
	case "int4":
		packed := q.int4Kernel()
		bias = q.bias()
		rows := ir.None
		if q.grouped() {
			y = l.Add(&ir.Dense{}, x, q.constant(func() *ir.Tensor { return q.groupedKernel(packed) }))
			break
		}
		_, cols := q.matrix()
		if len(q.kernel) == 2 { // divided afterwards, as Dense does
			scale := q.Weight("kernel_scale", cols)
			x, rows = l.quantizeInputs(x, q.config, l.Before(3, 13))
			y = l.Add(&ir.Dense{}, x, l.Cast(q.constant(func() *ir.Tensor { return packed }), l.compute))
			if rows != ir.None {
				scale = l.Binary("mul", scale, rows)
			}
			y = l.Binary("div", y, scale)
			break
		}
		x, rows = l.quantizeInputs(x, q.config, l.Before(3, 13))
		y = l.Add(&ir.Dense{}, x, q.constant(func() *ir.Tensor { return q.scaledKernel(packed) }))
		if rows != ir.None {
			y = l.Binary("div", y, rows)
		}
	case "gptq", "awq":
		bias = q.bias()
		y = l.Add(&ir.Dense{}, x, q.constant(q.restoredKernel))
	case "float8":
		k := q.Tensor("kernel", q.kernel...)
		bias = q.bias()
		inputScale := q.Tensor("inputs_scale")
		q.skip("inputs_amax_history")
		kernelScale := q.Tensor("kernel_scale")
		for _, name := range []string{"kernel_amax_history", "outputs_grad_scale", "outputs_grad_amax_history"} {
			q.skip(name)
		}
		if l.err != nil {
			return ir.None
		}
		kernel := q.constant(func() *ir.Tensor { return roundFloat8(k, kernelScale.Float32s()[0]) })
		y = l.Add(&ir.Dense{}, l.throughFloat8(x, float64(inputScale.Float32s()[0])), kernel)
		if bias != ir.None && l.compute == ir.Float32 {
			bias = l.Cast(l.Cast(bias, ir.BFloat16), ir.Float32)
		}
	default:
		l.Fail(ir.ErrUnsupported, "dtype", "quantization %q is not supported; save the model before quantize() is called", q.mode)
	}
	if bias != ir.None {
		if l.Rank(bias) != 1 {
			bias = l.Reshape(bias, []ir.Extent{ir.Size(units)})
		}
		y = l.Binary("add", y, bias)
	}
	return y
}

// constant makes the kernel as [in, units].
func (q *quantized) constant(make func() *ir.Tensor) ir.ValueID {
	return q.l.Const(join(q.path, "kernel"), func() *ir.Tensor {
		t := make()
		if t == nil || q.l.err != nil {
			return nil
		}
		c := *t
		c.Shape = []int{q.in, product(q.kernel) / max(q.in, 1)}
		return &c
	})
}

// grouped tells whether scales are for groups of rows, with zero points.
func (q *quantized) grouped() bool {
	p, ok := q.w.(*pathScope)
	_, loaded := q.tensor["g_idx"]
	return loaded || ok && len(q.Stored())-p.asked > 1
}

// skip reads past a variable that only training uses.
func (q *quantized) skip(name string) {
	q.State(name, slices.Repeat([]int{-1}, len(q.nextShape()))...)
}

// nextShape is the shape of the variable that is read next.
func (s *Scope) nextShape() []int {
	p, ok := s.w.(*pathScope)
	vars := s.Stored()
	if !ok || p.asked >= len(vars) {
		return nil
	}
	return vars[p.asked].Shape
}

// int4Kernel unpacks the kernel's matrix to int8. Two int4 share a byte, the
// first in the low half; since Keras 3.14 along the last axis, before along the
// first.
func (q *quantized) int4Kernel() *ir.Tensor {
	rows, cols := q.matrix()
	next := q.nextShape()
	if t, ok := q.tensor["kernel"]; ok {
		next = t.Shape
	}
	if slices.Equal(next, []int{(rows + 1) / 2, cols}) && rows > 1 {
		if t := q.Tensor("kernel", (rows+1)/2, cols); t != nil {
			return unpackFirst(t, rows, cols, true)
		}
		return nil
	}
	if t := q.Tensor("kernel", rows, (cols+1)/2); t != nil {
		return unpackLast(t, rows, cols)
	}
	return nil
}

// scaledKernel is kernel / scale by column.
func (q *quantized) scaledKernel(k *ir.Tensor) *ir.Tensor {
	_, cols := q.matrix()
	scale := q.Tensor("kernel_scale", cols)
	if k == nil || scale == nil {
		return nil
	}
	sv, data := scale.Float32s(), make([]float32, k.Elems())
	for i, v := range k.Int64s() {
		data[i] = float32(v) / sv[i%cols]
	}
	return ir.NewFloat32(data, k.Shape...)
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
// itself and None when the layer quantizes weights only. Keras writes a
// quantization_config since 3.13; def is what holds without one.
func (l *Layer) quantizeInputs(x ir.ValueID, config any, def bool) (q, scale ir.ValueID) {
	eps, lo, hi := 1e-7, -127.0, 127.0
	if config == nil && !def {
		return x, ir.None
	}
	if cfg, ok := config.(object); ok {
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
func (q *quantized) groupedKernel(k *ir.Tensor) *ir.Tensor {
	rows, cols := q.matrix()
	scale, zero := q.Tensor("kernel_scale", -1, cols), q.Tensor("kernel_zero", -1, cols)
	groups := q.Tensor("g_idx", rows)
	if q.l.err != nil || k == nil {
		return nil
	}
	sv, zv, gv := scale.Float32s(), zero.Int64s(), groups.Int64s()
	data := make([]float32, rows*cols)
	for i, v := range k.Int64s() {
		g := gv[i/cols]
		if g < 0 || int(g) >= min(scale.Shape[0], zero.Shape[0]) {
			q.l.Fail(ir.ErrMalformed, "g_idx", "row %d is of group %d, there are %d", i/cols, g, scale.Shape[0])
			return nil
		}
		at := int(g)*cols + i%cols
		data[i] = (float32(v) - float32(zv[at])) * sv[at]
	}
	return ir.NewFloat32(data, rows, cols)
}

// zeroPoints are those of gptq and awq. Keras 3.15 leaves them out of the file,
// which it cannot load itself then (Dense.save_own_variables); those of a
// symmetric quantization are the middle of the range.
func (q *quantized) zeroPoints(scale *ir.Tensor) *ir.Tensor {
	if next := q.nextShape(); next == nil || len(next) == 2 {
		return q.Tensor("kernel_zero", q.matrixCols(), -1)
	}
	bits, ok := asInt(at(q.config, "config", "weight_bits"))
	if !ok || bits < 2 || bits > 8 || at(q.config, "config", "symmetric") != true {
		q.l.Fail(ir.ErrUnsupported, "kernel_zero", "the file does not have the zero points of the quantized kernel: this version of Keras does not save them. Save the model before it is quantized, or quantize with symmetric=True")
		return nil
	}
	if q.l.err != nil || scale == nil {
		return nil
	}
	zero := make([]int32, scale.Elems())
	for i := range zero {
		zero[i] = 1 << (bits - 1)
	}
	return ir.NewInt32(zero, scale.Shape...)
}

func (q *quantized) matrixCols() int {
	_, cols := q.matrix()
	return cols
}

// restoredKernel is the kernel of gptq and awq, which is stored transposed with
// scale and zero point for each output and group of inputs.
func (q *quantized) restoredKernel() *ir.Tensor {
	rows, cols := q.matrix()
	var k *ir.Tensor
	switch shape := q.nextShape(); {
	case slices.Equal(shape, []int{cols, rows}):
		k = q.Tensor("quantized_kernel", cols, rows)
	case slices.Equal(shape, []int{(cols + 1) / 2, rows}):
		if k = q.Tensor("quantized_kernel", (cols+1)/2, rows); k != nil {
			k = unpackFirst(k, cols, rows, false)
		}
	default:
		q.l.Fail(ir.ErrUnsupported, "quantized_kernel", "has shape %v; only 4 and 8 bits are supported", shape)
	}
	scale := q.Tensor("kernel_scale", cols, -1)
	zero := q.zeroPoints(scale)
	var inputs []float32
	if q.mode == "awq" {
		if t := q.Tensor("awq_scales", rows); t != nil {
			inputs = t.Float32s()
		}
	}
	groups := q.Tensor("g_idx", rows)
	if q.l.err != nil {
		return nil
	}
	n := scale.Shape[1]
	sv, zv, gv, kv := scale.Float32s(), zero.Int64s(), groups.Int64s(), k.Int64s()
	if zero.Shape[1] != n {
		q.l.Fail(ir.ErrShape, "kernel_zero", "has shape %v, kernel_scale %v", zero.Shape, scale.Shape)
		return nil
	}
	data := make([]float32, rows*cols)
	for i := range rows {
		g := gv[i]
		if g < 0 || int(g) >= n {
			q.l.Fail(ir.ErrMalformed, "g_idx", "input %d is of group %d, there are %d", i, g, n)
			return nil
		}
		for o := range cols {
			at := o*n + int(g)
			v := (float32(kv[o*rows+i]) - float32(zv[at])) * sv[at]
			if inputs != nil {
				v /= inputs[i]
			}
			data[i*cols+o] = v
		}
	}
	return ir.NewFloat32(data, rows, cols)
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

// quantizedTable is a table of n rows: as integers with a scale for each row, or
// restored to floats when scale is None.
func (l *Layer) quantizedTable(mode string, n, dim int) (table, scale ir.ValueID) {
	switch mode {
	case "int8":
		table = l.Weight("embeddings", n, dim)
	case "int4":
		table = l.Const("embeddings/int8", func() *ir.Tensor {
			if t := l.Tensor("embeddings", n, (dim+1)/2); t != nil {
				return unpackLast(t, n, dim)
			}
			return nil
		})
	default:
		l.Fail(ir.ErrUnsupported, "dtype", "quantization %q of an Embedding is not supported", mode)
		return ir.None, ir.None
	}
	if len(l.Stored()) > 2 { // zero points and groups of columns
		return l.Const("embeddings", func() *ir.Tensor { return l.groupedTable(table, n, dim) }), ir.None
	}
	return l.Cast(table, l.compute), l.Weight("embeddings_scale", n)
}

// quantizedEmbedding is the rows of a quantized table.
func (l *Layer) quantizedEmbedding(mode string, x ir.ValueID, n, dim int) ir.ValueID {
	gather := func(table ir.ValueID) ir.ValueID { return l.Add(&ir.Gather{Wrap: true}, table, x) }
	table, scale := l.quantizedTable(mode, n, dim)
	if scale == ir.None {
		return gather(table)
	}
	return l.Binary("div", gather(table), l.ExpandDims(gather(scale), -1))
}

// quantizedScores is the product of x with every row of a quantized table.
func (l *Layer) quantizedScores(mode string, x ir.ValueID, n, dim int) ir.ValueID {
	table, scale := l.quantizedTable(mode, n, dim)
	x, rows := l.quantizeInputs(x, l.Raw("quantization_config"), mode == "int8" || l.Before(3, 13))
	y := l.Add(&ir.MatMul{TransB: true}, x, table)
	switch {
	case scale != ir.None && rows != ir.None:
		return l.Binary("div", y, l.Binary("mul", rows, scale))
	case scale != ir.None:
		return l.Binary("div", y, scale)
	case rows != ir.None:
		return l.Binary("div", y, rows)
	}
	return y
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
