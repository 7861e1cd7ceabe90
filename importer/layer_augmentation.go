package importer

import (
	"fmt"

	"github.com/kerasgo/kerasgo/internal/naming"
	"github.com/kerasgo/kerasgo/ir"
)

// augmentationLayers change images only in training, but for the first.
var augmentationLayers = append([]row{
	{class: "RandomCrop", lower: lowerRandomCrop, note: "identity; in Keras 2 a resize around the center"},
	{class: "AutoContrast", lower: lowerAutoContrast},
	{class: "ContrastLimitedAdaptiveHistogramEqualization", lower: lowerCLAHE, noCast: true},
	{class: "Pipeline", lower: lowerPipeline, mask: maskOwn, noCast: true},
}, identities(
	"RandomFlip", "RandomTranslation", "RandomRotation", "RandomZoom", "RandomHeight", "RandomWidth", "RandomShear", "RandomPerspective",
	"RandomElasticTransform", "RandomContrast", "RandomBrightness", "RandomHue", "RandomSaturation", "RandomSharpness", "RandomGrayscale",
	"RandomColorDegeneration", "RandomColorJitter", "RandomInvert", "RandomPosterization", "RandomErasing", "RandomGaussianBlur",
	"RandAugment", "AugMix", "MixUp", "CutMix", "Equalization", "Solarization",
)...)

func identities(classes ...string) []row {
	rows := make([]row, len(classes))
	for i, c := range classes {
		rows[i] = row{class: c, lower: lowerAugmentation, note: "identity"}
	}
	return rows
}

// ignoreAll marks every argument as understood.
func (l *Layer) ignoreAll() {
	for k := range l.cfg.m {
		l.Ignore(k)
	}
}

func lowerAugmentation(l *Layer, c *Call) []Value {
	l.ignoreAll()
	x := c.Single(l).ID
	if p := l.integerPolicy(ir.Invalid); p != ir.Invalid {
		return one(l.Cast(x, p))
	}
	return one(l.AsFloat(x))
}

func lowerRandomCrop(l *Layer, c *Call) []Value {
	if l.Keras3() {
		return lowerAugmentation(l, c)
	}
	size := []int{l.PositiveInt("height"), l.PositiveInt("width")}
	l.ignoreAll()
	x := l.AsFloat(c.Single(l).ID)
	batched := l.Rank(x) == 4
	if !batched {
		x = l.ExpandDims(x, 0)
	}
	x = l.Add(&ir.Resize{Size: size, Method: "bilinear", Fit: "crop"}, x)
	if !batched {
		x = l.Squeeze(x, 0)
	}
	return one(x)
}

// lowerAutoContrast stretches every channel to the whole range. A channel of one
// value stays: it gives NaN.
func lowerAutoContrast(l *Layer, c *Call) []Value {
	x := l.AsFloat(c.Single(l).ID)
	lo, hi := l.valueRange()
	l.Ignore("data_format", "factor", "bounding_box_format")
	if !l.WantRank(x, 4) {
		return nil
	}
	dt := l.Type(x).DType
	k := func(v float64) ir.ValueID { return l.Scalar(v, dt) }
	y := l.toRange(x, lo, hi, 0, 255)
	low := l.Add(&ir.Reduce{Fn: "min", Axes: []int{1, 2}, Keep: true}, y)
	high := l.Add(&ir.Reduce{Fn: "max", Axes: []int{1, 2}, Keep: true}, y)
	scale := l.Binary("div", k(255), l.Binary("sub", high, low))
	offset := l.Binary("mul", l.Unary(ir.Func{Name: "neg"}, low), scale)
	y = l.Binary("add", l.Binary("mul", y, scale), offset)
	y = l.toRange(l.Unary(ir.Func{Name: "clip", A: 0, B: 255}, y), 0, 255, lo, hi)
	return one(l.Add(&ir.Where{}, l.Unary(ir.Func{Name: "isnan"}, y), x, y))
}

// valueRange reads value_range.
func (l *Layer) valueRange() (lo, hi float64) {
	raw := l.Raw("value_range")
	if raw == nil {
		return 0, 255
	}
	v, _, ok := numbers(raw)
	if !ok || len(v) != 2 || !(v[0] < v[1]) {
		l.badKey("value_range", raw, "two ascending numbers")
		return 0, 255
	}
	return float64(v[0]), float64(v[1])
}

// toRange scales values from one range to another.
func (l *Layer) toRange(x ir.ValueID, fromLo, fromHi, toLo, toHi float64) ir.ValueID {
	if fromLo == toLo && fromHi == toHi {
		return x
	}
	k := func(v float64) ir.ValueID { return l.Scalar(v, l.Type(x).DType) }
	x = l.Binary("div", l.Binary("sub", x, k(fromLo)), k(fromHi-fromLo))
	return l.Binary("add", l.Binary("mul", x, k(toHi-toLo)), k(toLo))
}

// lowerPipeline calls its layers one after the other.
func lowerPipeline(l *Layer, c *Call) []Value {
	layers := list(l.Raw("layers"))
	if len(layers) == 0 {
		l.Fail(ir.ErrMalformed, "layers", "the pipeline has none")
		return nil
	}
	var out []Value
	count := map[string]int{}
	for i, raw := range layers {
		class := naming.Snake(str(at(raw, "class_name")))
		sub := l.sublayerIn(l.Scope.Scope("layers", "_pipeline_layers"), numbered(class, count[class]), fmt.Sprintf("layers/%d", i), raw)
		count[class]++
		if i > 0 {
			c = &Call{Args: []any{out[0]}}
		}
		if out = l.through(sub, c); len(out) == 0 {
			return nil
		}
	}
	return out
}
