package importer

import (
	"math"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var preprocessingLayers = []row{
	{class: "Normalization", lower: lowerNormalization, mask: maskPass3, noCast: true, note: "adapted or given statistics"},
	{class: "Discretization", lower: lowerDiscretization, noCast: true, neutral: anyKeys("num_bins", "epsilon", "sparse"), note: "all output modes"},
	{class: "CategoryEncoding", lower: lowerCategoryEncoding, noCast: true, neutral: anyKeys("max_tokens"), note: "all output modes, count_weights"},
	{class: "Hashing", lower: lowerHashing, noCast: true, note: "FarmHash and SipHash"},
	{class: "HashedCrossing", lower: lowerHashedCrossing, noCast: true},
	{class: "StringLookup", lower: lowerLookup, noCast: true, neutral: lookupNeutral, note: "all output modes; vocabularies from the config or from assets"},
	{class: "IntegerLookup", lower: lowerLookup, noCast: true, neutral: lookupNeutral, note: "all output modes; vocabularies from the config or from assets"},
	{class: "TextVectorization", lower: lowerTextVectorization, noCast: true, neutral: lookupNeutral, note: "all standardizations, splits and output modes but Python functions"},
	{class: "FeatureSpace", lower: lowerFeatureSpace, mask: maskOwn, noCast: true, neutral: anyKeys("crossing_dim", "hashing_dim", "num_discretization_bins"), note: "saved by itself; its features are the model's inputs"},
	{class: "TFDConcat", lower: lowerConcatenate, mask: maskOwn, note: "of FeatureSpace"},
	{class: "TFDIdentity", lower: lowerIdentity, noCast: true, note: "of FeatureSpace"},
}

// lowerNormalization is (x-mean)/max(sqrt(variance), epsilon), or its inverse.
// Statistics that were learnt have the shape of the kept axes; those given
// broadcast to it.
func lowerNormalization(l *Layer, c *Call) []Value {
	x := l.Cast(c.Single(l).ID, l.compute)
	rank := l.Rank(x)
	var axes []int
	if raw, ok := l.cfg.m["axis"]; !ok || raw != nil {
		axes = slices.Clone(l.Ints("axis", 0, -1))
	}
	l.Ignore("axis")
	for i, a := range axes {
		n, err := ir.NormAxis(a, rank)
		if err != nil {
			l.fail(err)
			return nil
		}
		axes[i] = n
	}
	slices.Sort(axes)
	var mean, variance ir.ValueID
	if mean = l.statistic("mean", axes, rank); mean == ir.None {
		shape := make([]int, len(axes))
		full := slices.Repeat([]ir.Extent{ir.Size(1)}, rank)
		for i, a := range axes {
			shape[i] = l.Size(x, a)
			full[a] = ir.Size(shape[i])
		}
		mean, variance = l.State("mean", shape...), l.State("variance", shape...)
		l.State("count")
		l.Ignore("variance")
		mean, variance = l.Reshape(l.Cast(mean, l.compute), full), l.Reshape(l.Cast(variance, l.compute), full)
	} else {
		variance = l.statistic("variance", axes, rank)
	}
	deviation := l.Binary("max", l.Unary(ir.Func{Name: "sqrt"}, variance), l.Scalar(1e-7, l.compute))
	if l.Bool("invert", false) {
		return one(l.Binary("add", mean, l.Binary("mul", x, deviation)))
	}
	return one(l.Binary("div", l.Binary("sub", x, mean), deviation))
}

// statistic is a mean or variance that the configuration gives, None if it does
// not, with an axis of 1 wherever x has one that is not kept.
func (l *Layer) statistic(key string, axes []int, rank int) ir.ValueID {
	v := l.Raw(key)
	if v == nil {
		return ir.None
	}
	flat, shape, ok := numbers(v)
	if !ok || len(shape) > rank {
		l.badKey(key, v, "a number or an array of numbers")
		return ir.None
	}
	full := slices.Repeat([]int{1}, rank)
	switch {
	case len(shape) <= len(axes):
		for i := range shape {
			full[axes[len(axes)-len(shape)+i]] = shape[i]
		}
	default: // already broadcast, as Keras 2 stores it
		copy(full[rank-len(shape):], shape)
	}
	return l.Cast(l.Const(key, func() *ir.Tensor { return ir.NewFloat32(flat, full...) }), l.compute)
}

// numbers reads a nested list of numbers and its shape.
func numbers(v any) (flat []float32, shape []int, ok bool) {
	switch t := v.(type) {
	case object: // Keras 2's arrays
		return numbers(t["value"])
	case []any:
		for i, e := range t {
			f, s, ok := numbers(e)
			if !ok || i > 0 && !slices.Equal(s, shape[1:]) {
				return nil, nil, false
			}
			if i == 0 {
				shape = append([]int{len(t)}, s...)
			}
			flat = append(flat, f...)
		}
		return flat, shape, len(t) > 0
	}
	n, ok := asFloat(v)
	return []float32{float32(n)}, nil, ok
}

func lowerDiscretization(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	bounds, shape, ok := numbers(l.Raw("bin_boundaries"))
	if !ok && len(l.Stored()) > 0 {
		bounds, shape, ok = l.learntBoundaries()
	}
	if !ok || len(shape) != 1 {
		l.Fail(ir.ErrUnsupported, "bin_boundaries", "is %s: the boundaries that the layer was adapted to are not in the file", show(l.Raw("bin_boundaries")))
		return nil
	}
	for i := 1; i < len(bounds); i++ {
		if !(bounds[i-1] <= bounds[i]) {
			l.badKey("bin_boundaries", bounds, "ascending numbers")
			return nil
		}
	}
	if l.Type(x).DType == ir.Bool || l.Type(x).DType == ir.String {
		l.Fail(ir.ErrDType, "inputs", "are %v, want numbers", l.Type(x).DType)
		return nil
	}
	ids := l.Add(&ir.Bucketize{}, x, l.Const("boundaries", func() *ir.Tensor { return ir.NewFloat32(bounds, len(bounds)) }))
	mode := l.outputMode("int")
	out := ir.Int32
	if !l.Keras3() {
		out = l.integerPolicy(ir.Int64)
	}
	if mode != "int" {
		out = l.integerPolicy(l.compute)
	}
	return one(l.encode(ids, mode, len(bounds)+1, out, ir.None))
}

// learntBoundaries are the quantiles of the summary that an adapted layer of
// tf.keras 2 stores: a row of values and one of their weights
// (discretization.compress).
func (l *Layer) learntBoundaries() (bounds []float32, shape []int, ok bool) {
	bins := l.PositiveInt("num_bins")
	w, err := l.Scope.w.next("summary", []int{2, -1})
	if err != nil {
		return nil, nil, false
	}
	t, err := w.read()
	if err != nil || l.err != nil || t.Shape[1] == 0 || int64(bins) > l.b.lim.ConstantBytes/16 {
		return nil, nil, false
	}
	n := t.Shape[1]
	values, total := t.Float32s()[:n], 0.0
	step := 1 / float64(bins)
	if float64(n)*step < 1 {
		bounds = slices.Clone(values)
	} else {
		share := make([]float64, n)
		for i, w := range t.Float32s()[n:] {
			total += float64(w)
			share[i] = total
		}
		for i := range bins {
			bounds = append(bounds, float32(interpolate((step+float64(i)*step)*total, share, values)))
		}
	}
	bounds = bounds[:len(bounds)-1]
	return bounds, []int{len(bounds)}, len(bounds) > 0
}

// interpolate is NumPy's interp of the points (x, y) at a place.
func interpolate(at float64, x []float64, y []float32) float64 {
	if at <= x[0] {
		return float64(y[0])
	}
	for i := 1; i < len(x); i++ {
		if at <= x[i] {
			return float64(y[i-1]) + (at-x[i-1])/(x[i]-x[i-1])*float64(y[i]-y[i-1])
		}
	}
	return float64(y[len(y)-1])
}

// integerPolicy is the integer dtype of a layer's policy.
func (l *Layer) integerPolicy(def ir.DType) ir.DType {
	if d, err := ir.ParseDType(policyName(l.cfg.get("dtype"))); err == nil && d.IsInt() {
		return d
	}
	return def
}

// outputMode reads output_mode with its old names.
func (l *Layer) outputMode(def string) string {
	mode := strings.ReplaceAll(l.String("output_mode", def), "-", "_")
	if mode == "binary" {
		mode = "multi_hot"
	}
	if l.err == nil && !slices.Contains([]string{"int", "one_hot", "multi_hot", "count", "tf_idf"}, mode) {
		l.badKey("output_mode", mode, "int, one_hot, multi_hot, count or tf_idf")
	}
	if l.Bool("sparse", false) {
		l.Note("its output is sparse in Keras; here it is dense")
	}
	return mode
}

// encode is encode_categorical_inputs (keras/src/utils/numerical_utils.py): what
// output_mode makes of indices below depth.
func (l *Layer) encode(ids ir.ValueID, mode string, depth int, dt ir.DType, weights ir.ValueID) ir.ValueID {
	if !l.Allows("output_mode", depth) {
	}
	if l.err != nil {
		return ir.None
	}
	if d := l.Type(ids).DType; d != ir.Int32 && d != ir.Int64 {
		ids = l.Cast(ids, ir.Int64)
	}
	switch mode {
	case "int":
		return l.Cast(ids, dt)
	case "one_hot":
		if n := l.Rank(ids); n > 1 && l.Dim(ids, -1) == ir.Known(1) || n == 1 && l.Dim(ids, 0) == ir.Known(1) && !l.Keras3() {
			ids = l.Squeeze(ids, -1)
		}
		hot := dt
		if dt != ir.Float32 && dt != ir.Int32 && dt != ir.Int64 {
			hot = ir.Float32
		}
		return l.Cast(l.Add(&ir.OneHot{Depth: depth, DType: hot}, ids), dt)
	}
	switch n := l.Rank(ids); {
	case n == 0:
		ids = l.ExpandDims(ids, 0)
	case n > 2 && l.Keras3(): // it counts along axis 1, whatever the rank
		perm := []int{0}
		for a := 2; a < n; a++ {
			perm = append(perm, a)
		}
		perm = append(perm, 1)
		ids = l.Transpose(ids, perm...)
		if weights != ir.None {
			weights = l.Transpose(weights, perm...)
		}
	}
	return l.Cast(l.Add(&ir.Bincount{Depth: depth, Binary: mode == "multi_hot"}, ids, weights), dt)
}

func lowerCategoryEncoding(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	mode := l.outputMode("multi_hot")
	depth := l.PositiveInt("num_tokens")
	weights := ir.None
	if w, ok := c.Tensor(1, "count_weights"); ok {
		if mode != "count" {
			l.Fail(ir.ErrMalformed, "count_weights", "are given, but output_mode is %q", mode)
			return nil
		}
		weights = l.Cast(w.ID, l.compute)
	}
	if mode == "int" || mode == "tf_idf" {
		l.Unsupported("output_mode", mode)
	}
	return one(l.encode(x, mode, depth, l.integerPolicy(l.compute), weights))
}

// lowerHashing keeps bin 0 for mask_value.
func lowerHashing(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	bins, mode := l.PositiveInt("num_bins"), l.outputMode("int")
	op := &ir.Hash{Bins: int64(bins), Key: l.salt()}
	mask := ir.None
	if m := l.Raw("mask_value"); m != nil && bins > 1 {
		op.Bins--
		mask = l.Binary("eq", x, l.token("mask_value", m, l.Type(x).DType))
	}
	if l.Type(x).DType.IsFloat() {
		x = l.Cast(x, ir.Int64)
	}
	ids := l.Add(op, l.hashInput(x))
	if mask != ir.None {
		ids = l.Add(&ir.Where{}, mask, l.Scalar(0, ir.Int64), l.Binary("add", ids, l.Scalar(1, ir.Int64)))
	}
	def := l.compute
	if mode == "int" {
		def = ir.Int64
	}
	return one(l.encode(ids, mode, bins, l.integerPolicy(def), ir.None))
}

// hashInput widens small integers, whose text is the same.
func (l *Layer) hashInput(x ir.ValueID) ir.ValueID {
	switch d := l.Type(x).DType; {
	case d == ir.String || d == ir.Int32 || d == ir.Int64:
		return x
	case d.IsInt():
		return l.Cast(x, ir.Int64)
	}
	l.Fail(ir.ErrDType, "inputs", "are %v, want strings or integers", l.Type(x).DType)
	return ir.None
}

// salt is the key of SipHash: a number for both halves, or two.
func (l *Layer) salt() []int64 {
	v := l.Raw("salt")
	if v == nil {
		return nil
	}
	raw := list(v)
	if raw == nil {
		raw = []any{v, v}
	}
	var key []int64
	for _, e := range raw {
		switch n := e.(type) {
		case int64:
			key = append(key, n)
		case float64: // beyond int64
			if n == math.Trunc(n) && n >= 0 && n < 1<<64 {
				key = append(key, int64(uint64(n)))
			}
		}
	}
	if len(raw) != 2 || len(key) != 2 {
		l.badKey("salt", v, "an integer, or two")
		return nil
	}
	return key
}

// token is a constant of a vocabulary's dtype.
func (l *Layer) token(key string, v any, dt ir.DType) ir.ValueID {
	if dt == ir.String {
		s, ok := v.(string)
		if !ok {
			l.badKey(key, v, "a string")
			return ir.None
		}
		return l.Const("token/"+key, func() *ir.Tensor { return ir.NewString([]string{s}) })
	}
	n, ok := asFloat(v)
	if i, whole := v.(int64); whole {
		return l.Const("token/"+key, func() *ir.Tensor {
			if dt == ir.Int64 {
				return ir.NewInt64([]int64{i})
			}
			t, err := scalarTensor(float64(i), dt)
			l.fail(err)
			return t
		})
	}
	if !ok {
		l.badKey(key, v, "a number")
	}
	return l.Scalar(n, dt)
}

func lowerHashedCrossing(l *Layer, c *Call) []Value {
	in := c.Many(l)
	bins, mode := l.PositiveInt("num_bins"), l.outputMode("int")
	if l.err == nil && len(in) < 2 {
		l.Fail(ir.ErrMalformed, "inputs", "crosses %d inputs, wants 2 or more", len(in))
	}
	if l.err != nil {
		return nil
	}
	ids := make([]ir.ValueID, len(in))
	for i, v := range in {
		ids[i] = l.hashInput(v.ID)
	}
	x := l.Add(&ir.CrossHash{Bins: int64(bins)}, ids...)
	def := l.compute
	if mode == "int" {
		def = ir.Int64
	}
	return one(l.encode(x, mode, bins, l.integerPolicy(def), ir.None))
}
