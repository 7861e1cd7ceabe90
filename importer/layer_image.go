package importer

import (
	"math"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var imageLayers = []row{
	{class: "Resizing", lower: lowerResizing, note: "all interpolations, antialias, crop and pad to aspect ratio"},
	{class: "CenterCrop", lower: lowerCenterCrop},
	{class: "Rescaling", lower: lowerRescaling, mask: maskPass3},
}

// lowerResizing keeps the dtype of its input in Keras 3, where integers are
// rounded and clipped to their range; Keras 2 gives the compute dtype.
func lowerResizing(l *Layer, c *Call) []Value {
	op := &ir.Resize{
		Size: []int{l.PositiveInt("height"), l.PositiveInt("width")}, Method: strings.ToLower(l.String("interpolation", "bilinear")),
		Antialias: l.Bool("antialias", false), Fill: ir.Float(l.Float("fill_value", 0)),
	}
	if l.Bool("crop_to_aspect_ratio", false) {
		op.Fit = "crop"
	}
	if l.Bool("pad_to_aspect_ratio", false) {
		if op.Fit != "" {
			l.Fail(ir.ErrMalformed, "pad_to_aspect_ratio", "true together with crop_to_aspect_ratio")
		}
		op.Fit = "pad"
	}
	if mode := l.String("fill_mode", "constant"); mode != "constant" {
		l.Unsupported("fill_mode", mode)
	}
	if op.Fit != "pad" {
		op.Fill = 0
	}
	op.Rounded = l.Keras3() && op.Method != "nearest" && l.Type(c.Single(l).ID).DType.IsInt()
	y := l.onImages(c, l.Keras3(), func(x ir.ValueID) ir.ValueID { return l.Add(op, x) }, op.Method == "nearest")
	if !l.Keras3() {
		y = l.Cast(y, l.integerPolicy(l.compute))
	}
	return one(y)
}

// lowerCenterCrop scales what is too small to be cropped.
func lowerCenterCrop(l *Layer, c *Call) []Value {
	op := &ir.Resize{Size: []int{l.PositiveInt("height"), l.PositiveInt("width")}, Method: "bilinear", Fit: "center"}
	x, dt := c.Single(l).ID, l.integerPolicy(l.compute)
	y := l.onImages(&Call{Args: []any{Value{l.Cast(x, dt), ir.None}}}, false, func(x ir.ValueID) ir.ValueID { return l.Add(op, x) }, false)
	if dt != l.compute {
		y = l.saturate(l.Unary(ir.Func{Name: "round"}, y), dt)
	}
	return one(y)
}

// onImages calls f with images [batch, height, width, channels], which a call
// may give without batch and with channels first. keep gives the result the
// dtype of the input; f takes integers when exact is set.
func (l *Layer) onImages(c *Call, keep bool, f func(x ir.ValueID) ir.ValueID, exact bool) ir.ValueID {
	x := c.Single(l).ID
	if !l.WantRank(x, 3, 4) {
		return ir.None
	}
	first := l.ChannelsFirst()
	dt := l.Type(x).DType
	switch {
	case !keep:
		x = l.Cast(x, l.compute)
	case !exact:
		x = l.AsFloat(x)
	}
	y := l.batched(x, first, f)
	if keep && l.Type(y).DType != dt {
		y = l.saturate(l.Unary(ir.Func{Name: "round"}, y), dt)
	}
	return y
}

// batched calls f with images [batch, height, width, channels]: x is that, or
// one image, and may have its channels first.
func (l *Layer) batched(x ir.ValueID, first bool, f func(x ir.ValueID) ir.ValueID) ir.ValueID {
	single := l.Rank(x) == 3
	if single {
		x = l.ExpandDims(x, 0)
	}
	y := l.channelsBack(f(l.channelsLast(x, first)), first)
	if single {
		y = l.Squeeze(y, 0)
	}
	return y
}

// saturate casts floats to an integer dtype, clipped to its range.
func (l *Layer) saturate(x ir.ValueID, dt ir.DType) ir.ValueID {
	lo, hi := integerRange(dt)
	if dt.Size() >= 4 { // the largest float32 below the bound
		hi = float64(math.Nextafter32(float32(hi), 0))
	}
	return l.Cast(l.Unary(ir.Func{Name: "clip", A: ir.Float(lo), B: ir.Float(hi)}, x), dt)
}

func integerRange(dt ir.DType) (lo, hi float64) {
	bits := float64(8 * dt.Size())
	if slices.Contains([]ir.DType{ir.Int8, ir.Int16, ir.Int32, ir.Int64}, dt) {
		return -math.Pow(2, bits-1), math.Pow(2, bits-1) - 1
	}
	return 0, math.Pow(2, bits) - 1
}

// lowerRescaling takes a number or a list for each channel.
func lowerRescaling(l *Layer, c *Call) []Value {
	l.compute = l.integerPolicy(l.compute)
	x := l.Cast(c.Single(l).ID, l.compute)
	x = l.Binary("mul", x, l.numbers("scale", 1))
	if o, ok := asFloat(l.Raw("offset")); l.Raw("offset") == nil || ok && o == 0 {
		return one(x)
	}
	return one(l.Binary("add", x, l.numbers("offset", 0)))
}

// numbers is a constant from an argument that is a number, a nested list or a
// serialized array.
func (l *Layer) numbers(key string, def float64) ir.ValueID {
	v := l.Raw(key)
	if o, ok := v.(object); ok {
		if v = at(o, "config", "value"); v == nil {
			v = o["value"]
		}
	}
	if v == nil {
		v = def
	}
	if n, ok := asFloat(v); ok {
		return l.Scalar(n, l.compute)
	}
	var values []float32
	var shape []int
	var walk func(v any, depth int) bool
	walk = func(v any, depth int) bool {
		if n, ok := asFloat(v); ok {
			values = append(values, float32(n))
			return depth == len(shape)
		}
		a, ok := v.([]any)
		if !ok || depth > 8 {
			return false
		}
		if len(values) == 0 && depth == len(shape) {
			shape = append(shape, len(a))
		}
		if depth >= len(shape) || len(a) != shape[depth] {
			return false
		}
		for _, e := range a {
			if !walk(e, depth+1) {
				return false
			}
		}
		return true
	}
	if !walk(v, 0) {
		l.badKey(key, v, "a number or an array of numbers")
		return ir.None
	}
	return l.Cast(l.Const(key, func() *ir.Tensor { return ir.NewFloat32(values, shape...) }), l.compute)
}
