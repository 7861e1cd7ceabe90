package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var normalizationLayers = []row{
	{class: "BatchNormalization", lower: lowerBatchNormalization, mask: maskPass, neutral: map[string]any{
		"momentum": anyValue, "renorm_momentum": anyValue, "renorm_clipping": anyValue, "virtual_batch_size": anyValue, "fused": anyValue,
	}},
	{class: "SyncBatchNormalization", lower: lowerBatchNormalization, mask: maskPass, neutral: map[string]any{"momentum": anyValue}},
	{class: "LayerNormalization", lower: lowerLayerNormalization, mask: maskPass, noCast: true},
	{class: "GroupNormalization", lower: lowerGroupNormalization, mask: maskPass, noCast: true},
	{class: "RMSNormalization", lower: lowerRMSNormalization},
	{class: "UnitNormalization", lower: lowerUnitNormalization, mask: maskPass},
	{class: "SpectralNormalization", lower: lowerSpectralNormalization, mask: maskOwn, neutral: map[string]any{"power_iterations": anyValue}},
}

// lowerBatchNormalization uses the moving statistics. The statistics that
// renormalization keeps besides matter only in training.
func lowerBatchNormalization(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	axes := l.Ints("axis", 0, -1)
	var shape []int
	if len(axes) == 1 {
		shape = []int{l.Size(x, axes[0])}
	} else { // variables have x's rank, with 1 on the other axes
		var err error
		if axes, err = ir.NormAxes(axes, l.Rank(x)); err != nil {
			l.fail(err)
			return nil
		}
		shape = make([]int, l.Rank(x))
		for i := range shape {
			shape[i] = 1
			if slices.Contains(axes, i) {
				shape[i] = l.Size(x, i)
			}
		}
	}
	gamma, beta := ir.None, ir.None
	if l.Bool("scale", true) {
		gamma = l.Weight("gamma", shape...)
	}
	if l.Bool("center", true) {
		beta = l.Weight("beta", shape...)
	}
	epsilon := l.Float("epsilon", 1e-3)
	mean, added := l.State("moving_mean", shape...), epsilon
	var variance ir.ValueID
	if l.runningDeviation() {
		variance, added = l.squaredDeviation(epsilon, shape), 0
	} else {
		variance = l.State("moving_variance", shape...)
	}
	if l.Bool("renorm", false) {
		for _, name := range []string{"moving_stddev", "renorm_mean", "renorm_stddev"} {
			l.State(name, shape...)
		}
	}
	if mode := l.Int("mode", 0); mode != 0 {
		return l.batchNormalizationMode(mode, x, axes, gamma, beta, epsilon)
	}
	return one(l.inFloat32(x, func(x ir.ValueID) ir.ValueID {
		if len(axes) == 1 {
			return l.Add(&ir.BatchNorm{Axis: axes[0], Epsilon: ir.Float(added)}, x, gamma, beta, mean, variance)
		}
		dt := l.Type(x).DType
		scale := l.Unary(ir.Func{Name: "rsqrt"}, l.Binary("add", l.Cast(variance, dt), l.Scalar(added, dt)))
		if gamma != ir.None {
			scale = l.Binary("mul", scale, l.Cast(gamma, dt))
		}
		y := l.Binary("mul", l.Binary("sub", x, l.Cast(mean, dt)), scale)
		if beta != ir.None {
			y = l.Binary("add", y, l.Cast(beta, dt))
		}
		return y
	}))
}

// normAxes are the axes of a layer normalization, sorted, and the shape of its
// variables. Keras takes the dimensions in the order of the axes as given (Keras
// 3 sorts them before it knows the rank, so -1 comes before 1) and reshapes the
// variables to the normalized axes; toAxes does that.
func (l *Layer) normAxes(x ir.ValueID) (axes []int, shape []int, toAxes func(w ir.ValueID) ir.ValueID) {
	raw := slices.Clone(l.Ints("axis", 0, -1))
	if l.Keras3() {
		slices.Sort(raw)
	}
	axes, err := ir.NormAxes(raw, l.Rank(x))
	if err != nil || len(raw) == 0 {
		l.fail(err)
		l.Fail(ir.ErrMalformed, "axis", "is empty")
		return nil, nil, nil
	}
	for _, a := range raw {
		shape = append(shape, l.Size(x, a))
	}
	var sorted []int
	var dims []ir.Extent
	for _, a := range axes {
		n := l.Size(x, a)
		sorted, dims = append(sorted, n), append(dims, ir.Size(n))
	}
	return axes, shape, func(w ir.ValueID) ir.ValueID {
		if w == ir.None || slices.Equal(sorted, shape) {
			return w
		}
		return l.Reshape(w, dims)
	}
}

func lowerLayerNormalization(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	axes, shape, toAxes := l.normAxes(x)
	if l.err != nil {
		return nil
	}
	rms := l.Bool("rms_scaling", false)
	gamma, beta := ir.None, ir.None
	if l.Bool("scale", true) || rms {
		gamma = toAxes(l.Weight("gamma", shape...))
	}
	if l.Bool("center", true) && !rms {
		beta = toAxes(l.Weight("beta", shape...))
	}
	epsilon := l.Float("epsilon", 1e-3)
	y := l.inFloat32(x, func(x ir.ValueID) ir.ValueID {
		if !rms {
			return l.Add(&ir.LayerNorm{Axes: axes, Epsilon: ir.Float(epsilon)}, x, gamma, beta)
		}
		// Despite its name, x is divided by its standard deviation, not by its
		// root mean square (keras/src/ops/nn.py, _layer_normalization).
		dt := l.Type(x).DType
		variance := l.Add(&ir.Reduce{Fn: "var", Axes: axes, Keep: true}, x)
		x = l.Binary("mul", x, l.Unary(ir.Func{Name: "rsqrt"}, l.Binary("add", variance, l.Scalar(epsilon, dt))))
		return l.Binary("mul", x, l.alongAxes(l.Cast(gamma, dt), axes, l.Rank(x)))
	})
	return one(l.Cast(y, l.compute))
}

// alongAxes reshapes w, which has the dimensions of the sorted axes, so that it
// broadcasts to a value of a rank.
func (l *Layer) alongAxes(w ir.ValueID, axes []int, rank int) ir.ValueID {
	var dims []ir.Extent
	for i := range rank {
		if k := slices.Index(axes, i); k >= 0 {
			dims = append(dims, ir.DimOf(0, k))
		} else {
			dims = append(dims, ir.Size(1))
		}
	}
	return l.Reshape(w, dims)
}

func lowerRMSNormalization(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	axes, shape, _ := l.normAxes(x)
	if l.err != nil {
		return nil
	}
	// The scale is multiplied as it is, so it meets x's last axes.
	scale := l.Weight("scale", shape...)
	epsilon := ir.Float(l.Float("epsilon", 1e-6))
	last := axes[0]+len(axes) == l.Rank(x)
	return one(l.inFloat32(x, func(x ir.ValueID) ir.ValueID {
		if last {
			return l.Add(&ir.LayerNorm{Axes: axes, Epsilon: epsilon, RMS: true}, x, scale)
		}
		return l.Binary("mul", l.Add(&ir.LayerNorm{Axes: axes, Epsilon: epsilon, RMS: true}, x), l.Cast(scale, l.Type(x).DType))
	}))
}

// lowerGroupNormalization splits the channel axis into groups and normalizes
// each example's group over everything but batch and group.
func lowerGroupNormalization(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	rank := l.Rank(x)
	axis, err := ir.NormAxis(l.Int("axis", -1), rank)
	if err != nil {
		l.fail(err)
		return nil
	}
	channels := l.Size(x, axis)
	groups := l.Int("groups", 32)
	if groups == -1 {
		groups = channels
	}
	if l.err == nil && (groups < 1 || channels%groups != 0) {
		l.Fail(ir.ErrShape, "groups", "%d groups do not divide %d channels", groups, channels)
	}
	if l.err != nil {
		return nil
	}
	gamma, beta := ir.None, ir.None
	if l.Bool("scale", true) {
		gamma = l.Weight("gamma", channels)
	}
	if l.Bool("center", true) {
		beta = l.Weight("beta", channels)
	}
	mask := ir.None
	if m := c.Mask(); m != ir.None && !l.Keras3() {
		mask = m
	}
	epsilon := l.Float("epsilon", 1e-3)
	var split, back []ir.Extent
	var reduce []int // axes of the split value
	for i := range rank {
		if i == axis {
			split = append(split, ir.Size(groups), ir.Size(channels/groups))
		} else {
			split = append(split, ir.DimOf(0, i))
		}
		back = append(back, ir.DimOf(1, i))
	}
	for i := 1; i <= rank; i++ {
		if i != axis {
			reduce = append(reduce, i)
		}
	}
	y := l.inFloat32(x, func(x ir.ValueID) ir.ValueID {
		dt := l.Type(x).DType
		affine := []int{axis}
		grouped := l.Reshape(x, split)
		var y ir.ValueID
		if mask == ir.None {
			y = l.Add(&ir.LayerNorm{Axes: reduce, Epsilon: ir.Float(epsilon)}, grouped)
		} else {
			y = l.weightedNorm(grouped, l.Reshape(l.Cast(l.broadcastLike(mask, x), dt), split), reduce, epsilon)
		}
		y = l.Reshape(y, back, x)
		if gamma != ir.None {
			y = l.Binary("mul", y, l.alongAxes(l.Cast(gamma, dt), affine, rank))
		}
		if beta != ir.None {
			y = l.Binary("add", y, l.alongAxes(l.Cast(beta, dt), affine, rank))
		}
		return y
	})
	return one(l.Cast(y, l.compute))
}

// weightedNorm is (x-mean)/sqrt(variance+epsilon) with moments weighted by w, as
// Keras 2's GroupNormalization takes its mask.
func (l *Layer) weightedNorm(x, w ir.ValueID, axes []int, epsilon float64) ir.ValueID {
	sum := &ir.Reduce{Fn: "sum", Axes: axes, Keep: true}
	total := l.Add(sum, w)
	mean := l.Binary("div", l.Add(sum, l.Binary("mul", x, w)), total)
	diff := l.Binary("sub", x, mean)
	variance := l.Binary("div", l.Add(sum, l.Binary("mul", w, l.Unary(ir.Func{Name: "square"}, diff))), total)
	return l.Binary("mul", diff, l.Unary(ir.Func{Name: "rsqrt"}, l.Binary("add", variance, l.Scalar(epsilon, l.Type(x).DType))))
}

// broadcastLike repeats v to the shape of x.
func (l *Layer) broadcastLike(v, x ir.ValueID) ir.ValueID {
	var dims []ir.Extent
	for i := range l.Rank(x) {
		dims = append(dims, ir.DimOf(1, i))
	}
	return l.Add(&ir.Broadcast{Dims: dims}, v, x)
}

func lowerUnitNormalization(l *Layer, c *Call) []Value {
	axes, err := ir.NormAxes(l.Ints("axis", 0, -1), l.Rank(c.Single(l).ID))
	l.fail(err)
	return one(l.l2Normalize(l.AsFloat(c.Single(l).ID), axes, 1e-12))
}

// l2Normalize divides x by its norm over axes. Keras 3 bounds the reciprocal of
// the norm by 1/epsilon; Keras 2 bounds the squared norm, always by 1e-12.
func (l *Layer) l2Normalize(x ir.ValueID, axes []int, epsilon float64) ir.ValueID {
	if l.err != nil {
		return ir.None
	}
	dt := l.Type(x).DType
	sum := l.Add(&ir.Reduce{Fn: "sum", Axes: axes, Keep: true}, l.Unary(ir.Func{Name: "square"}, x))
	rsqrt := ir.Func{Name: "rsqrt"}
	if l.Keras3() {
		return l.Binary("mul", x, l.Binary("min", l.Unary(rsqrt, sum), l.Scalar(1/epsilon, dt)))
	}
	return l.Binary("mul", x, l.Unary(rsqrt, l.Binary("max", sum, l.Scalar(1e-12, dt))))
}

// lowerSpectralNormalization calls the layer it wraps: the kernel in the file is
// already normalized, and vector_u serves only to normalize it in training.
func lowerSpectralNormalization(l *Layer, c *Call) []Value {
	sub := l.Sublayer("layer", l.Raw("layer"))
	out := l.through(sub, c)
	if w, ok := l.w.(*pathScope); ok && w.asked == 0 {
		if own := w.stored(); len(own) == 2 { // the wrapped layer's kernel once more
			own[0].used = true
			w.asked = 1
		}
	}
	l.State("vector_u", 1, -1)
	return out
}
