package importer

import (
	"math"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var einsumLayers = []row{
	{class: "EinsumDense", lower: lowerEinsumDense, neutral: unquantized, note: "any equation"},
	{class: "ReversibleEmbedding", lower: lowerReversibleEmbedding, mask: maskOwn, noCast: true},
}

// einsumSpec is an equation of an input and a kernel, without ellipsis.
type einsumSpec struct {
	in, kernel, out string
	lead, trail     int // axes of the output that the ellipsis stood for
}

func (s einsumSpec) equation() string { return s.in + "," + s.kernel + "->" + s.out }

// parseEinsum expands "...ab,bc->...ac" and "ab...,bc->ac..." for an input of a rank.
func parseEinsum(equation string, rank int) (s einsumSpec, ok bool) {
	lhs, out, ok1 := strings.Cut(strings.ReplaceAll(equation, " ", ""), "->")
	in, kernel, ok2 := strings.Cut(lhs, ",")
	s = einsumSpec{in: in, kernel: kernel, out: out}
	if !ok1 || !ok2 || strings.ContainsAny(kernel, ".,") {
		return s, false
	}
	letters := strings.NewReplacer(".", "", ",", "").Replace(lhs + out)
	if n := rank - (len(in) - 3); strings.Contains(in, "...") && n >= 0 {
		free := ""
		for c := 'a'; c <= 'z' && len(free) < n; c++ {
			if !strings.ContainsRune(letters, c) {
				free += string(c)
			}
		}
		if len(free) < n {
			return s, false
		}
		if strings.HasPrefix(out, "...") {
			s.lead = n
		} else {
			s.trail = n
		}
		s.in, s.out = strings.Replace(in, "...", free, 1), strings.Replace(out, "...", free, 1)
	}
	if len(s.in) != rank || s.kernel == "" {
		return s, false
	}
	for _, c := range s.in + s.kernel + s.out {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return s, false
		}
	}
	return s, true
}

func lowerEinsumDense(l *Layer, c *Call) []Value {
	x := l.AsFloat(c.Single(l).ID)
	equation := l.String("equation")
	s, ok := parseEinsum(equation, l.Rank(x))
	if l.err == nil && !ok {
		l.Fail(ir.ErrUnsupported, "equation", "%q does not fit an input of shape %v; wants the forms \"ab,bc->ac\", \"...b,bc->...c\" and \"ab...,bc->ac...\"", equation, l.Shape(x))
	}
	given := l.einsumOutput(s)
	if l.err != nil {
		return nil
	}
	size := func(label byte) int {
		if i := strings.IndexByte(s.in, label); i >= 0 {
			return l.Size(x, i)
		}
		if i := strings.IndexByte(s.out, label); i >= 0 && given[i] > 0 {
			return given[i]
		}
		l.Fail(ir.ErrMalformed, "output_shape", "does not give the size of axis %q of %q", label, equation)
		return 0
	}
	var dims []int
	for i := range len(s.kernel) {
		dims = append(dims, size(s.kernel[i]))
	}
	if mode := l.quantMode(); mode != "" {
		return l.quantizedEinsum(mode, s, x, dims, size)
	}
	kernel := l.loraWeight("kernel", dims...)
	bias := ir.None
	if axes := l.String("bias_axes", ""); axes != "" {
		bias = l.Weight("bias", l.einsumBias(s, axes, size)...)
	}
	fused, rest := l.Activation("activation").Split()
	if y, ok := l.einsumAsDense(s, x, kernel, bias, dims, fused); ok {
		return one(l.Activate(y, rest))
	}
	y := l.Add(&ir.Einsum{Equation: s.equation()}, x, kernel)
	if bias != ir.None {
		y = l.Binary("add", y, bias)
	}
	return one(l.Activate(l.Unary(fused, y), rest))
}

// einsumOutput is what output_shape says of each axis of the output, 0 for
// nothing. The argument leaves out the batch and the axes of an ellipsis.
func (l *Layer) einsumOutput(s einsumSpec) []int {
	raw := l.Raw("output_shape")
	list, ok := raw.([]any)
	if !ok {
		list = []any{raw}
	}
	out := make([]int, len(s.out))
	first := max(s.lead, 1)
	for i, v := range list {
		if first+i >= len(out)-s.trail {
			l.Fail(ir.ErrMalformed, "output_shape", "%s has more axes than the output %q", show(raw), s.out)
			return nil
		}
		if n, ok := asInt(v); ok && n > 0 && n <= math.MaxInt32 {
			out[first+i] = n
		} else if v != nil {
			l.badKey("output_shape", raw, "positive integers")
			return nil
		}
	}
	return out
}

// einsumBias is the bias's shape: the output's from the first bias axis on, with
// 1 on the other axes.
func (l *Layer) einsumBias(s einsumSpec, axes string, size func(byte) int) []int {
	first := len(s.out)
	for i := range len(axes) {
		at := strings.IndexByte(s.out, axes[i])
		if at < 0 {
			l.Fail(ir.ErrMalformed, "bias_axes", "axis %q is not in the output %q", axes[i], s.out)
			return nil
		}
		first = min(first, at)
	}
	var dims []int
	for i := first; i < len(s.out); i++ {
		if strings.IndexByte(axes, s.out[i]) >= 0 {
			dims = append(dims, size(s.out[i]))
		} else {
			dims = append(dims, 1)
		}
	}
	return dims
}

// summed is how many axes, the last of the input and the first of the kernel,
// are summed when that is all the equation does; else 0.
func (s einsumSpec) summed() int {
	n := 0
	for n < len(s.kernel) && strings.IndexByte(s.in, s.kernel[n]) >= 0 {
		n++
	}
	keep := len(s.in) - n
	if n == len(s.kernel) || keep < 0 || s.in[keep:] != s.kernel[:n] || s.out != s.in[:keep]+s.kernel[n:] {
		return 0
	}
	return n
}

// quantizedEinsum is an EinsumDense with a quantized kernel, in the common form.
func (l *Layer) quantizedEinsum(mode string, s einsumSpec, x ir.ValueID, dims []int, size func(byte) int) []Value {
	n := s.summed()
	if n == 0 {
		l.Fail(ir.ErrUnsupported, "equation", "%q with a kernel quantized as %s is not supported", s.equation(), mode)
		return nil
	}
	fused, rest := l.Activation("activation").Split()
	keep := len(s.in) - n
	var out []ir.Extent
	for i := range keep {
		out = append(out, ir.DimOf(0, i))
	}
	in := product(dims[:n])
	if n > 1 {
		x = l.Reshape(x, append(slices.Clone(out), ir.Size(in)))
	}
	q := quantized{Scope: l.Scope, mode: mode, kernel: dims, in: in, config: l.Raw("quantization_config")}
	q.bias = func() ir.ValueID {
		axes := l.String("bias_axes", "")
		if axes == "" {
			return ir.None
		}
		b := l.einsumBias(s, axes, size)
		if l.err == nil && !slices.Equal(b, dims[n:]) {
			l.Fail(ir.ErrUnsupported, "bias_axes", "%q with a quantized kernel is not supported", axes)
		}
		return l.Weight("bias", b...)
	}
	y := q.product(x)
	if len(dims)-n > 1 {
		for _, d := range dims[n:] {
			out = append(out, ir.Size(d))
		}
		y = l.Reshape(y, out)
	}
	return one(l.Activate(l.Unary(fused, y), rest))
}

// einsumAsDense lowers the common form, where the last axes of the input are
// summed with the first of the kernel, as a Dense.
func (l *Layer) einsumAsDense(s einsumSpec, x, kernel, bias ir.ValueID, dims []int, act ir.Func) (ir.ValueID, bool) {
	n := s.summed()
	keep := len(s.in) - n
	if n == 0 {
		return ir.None, false
	}
	in, units := product(dims[:n]), product(dims[n:])
	var lead []ir.Extent
	for i := range keep {
		lead = append(lead, ir.DimOf(0, i))
	}
	folded := x
	if n > 1 {
		folded = l.Reshape(x, append(slices.Clone(lead), ir.Size(in)))
	}
	if len(dims) != 2 {
		kernel = l.Reshape(kernel, []ir.Extent{ir.Size(in), ir.Size(units)})
	}
	full := bias != ir.None && slices.Equal(l.knownDims(bias), dims[n:])
	op, args := &ir.Dense{}, []ir.ValueID{folded, kernel}
	if full {
		if len(dims)-n > 1 {
			bias = l.Reshape(bias, []ir.Extent{ir.Size(units)})
		}
		args = append(args, bias)
	}
	if full || bias == ir.None {
		op.Act = act
	}
	y := l.Add(op, args...)
	if len(dims)-n > 1 {
		out := slices.Clone(lead)
		for _, d := range dims[n:] {
			out = append(out, ir.Size(d))
		}
		y = l.Reshape(y, out)
	}
	if bias != ir.None && !full {
		y = l.Unary(act, l.Binary("add", y, bias))
	}
	return y, true
}

// knownDims are the sizes of a constant.
func (l *Layer) knownDims(id ir.ValueID) []int {
	n, _ := l.Shape(id).Ints()
	return n
}

// lowerReversibleEmbedding is an Embedding, or with reverse=True the product
// with its table that gives a score for every row.
func lowerReversibleEmbedding(l *Layer, c *Call) []Value {
	tied := l.Bool("tie_weights", true)
	reverse, _ := c.Arg(1, "reverse").(bool)
	l.Ignore("reverse_dtype", "logit_soft_cap", "mask_zero")
	in, out := l.PositiveInt("input_dim"), l.PositiveInt("output_dim")
	if mode := l.quantMode(); mode != "" {
		if !reverse {
			return lowerEmbedding(l, c)
		}
		if !tied {
			l.Unsupported("tie_weights", tied)
			return nil
		}
		return one(l.softCap(l.quantizedScores(mode, l.AsFloat(c.Single(l).ID), in, out)))
	}
	table := l.loraWeight("embeddings", in, out)
	var reversed ir.ValueID
	if !tied {
		reversed = l.Weight("reverse_embeddings", out, in)
	}
	if !reverse {
		return lowerEmbedding(l, c)
	}
	x := l.AsFloat(c.Single(l).ID)
	kernel := table
	if !tied {
		kernel = reversed
	}
	dt := l.compute // without a dtype for it, that of the product of the two
	if a, b := l.Type(x).DType, l.Type(kernel).DType; a == b {
		dt = a
	} else if a == ir.Float32 || b == ir.Float32 {
		dt = ir.Float32
	}
	if l.Has("reverse_dtype") {
		var err error
		dt, err = ir.ParseDType(policyName(l.Raw("reverse_dtype")))
		l.fail(err)
	}
	x, kernel = l.Cast(x, dt), l.Cast(kernel, dt)
	if tied {
		return one(l.softCap(l.Add(&ir.MatMul{TransB: true}, x, kernel)))
	}
	return one(l.softCap(l.Add(&ir.Dense{}, x, kernel)))
}

// softCap bounds scores to logit_soft_cap, if any.
func (l *Layer) softCap(y ir.ValueID) ir.ValueID {
	if !l.Has("logit_soft_cap") {
		return y
	}
	limit := l.Scalar(l.Float("logit_soft_cap"), l.Type(y).DType)
	return l.Binary("mul", l.Unary(ir.Func{Name: "tanh"}, l.Binary("div", y, limit)), limit)
}
