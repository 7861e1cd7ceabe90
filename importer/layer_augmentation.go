package importer

import "github.com/kerasgo/kerasgo/ir"

// augmentationLayers change images only in training, but for the last.
var augmentationLayers = append([]row{
	{class: "RandomCrop", lower: lowerRandomCrop, note: "identity; in Keras 2 a resize around the center"},
	{class: "AutoContrast", lower: lowerAutoContrast},
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
	return one(l.AsFloat(c.Single(l).ID))
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
	value, _, ok := numbers(l.Raw("value_range"))
	if l.Raw("value_range") == nil {
		value, ok = []float32{0, 255}, true
	}
	l.Ignore("data_format", "factor", "bounding_box_format")
	if !ok || len(value) != 2 || value[0] >= value[1] {
		l.badKey("value_range", l.Raw("value_range"), "two ascending numbers")
		return nil
	}
	if !l.WantRank(x, 4) {
		return nil
	}
	dt := l.Type(x).DType
	lo, hi := float64(value[0]), float64(value[1])
	k := func(v float64) ir.ValueID { return l.Scalar(v, dt) }
	ranged := func(x ir.ValueID, fromLo, fromHi, toLo, toHi float64) ir.ValueID {
		if fromLo == toLo && fromHi == toHi {
			return x
		}
		x = l.Binary("div", l.Binary("sub", x, k(fromLo)), k(fromHi-fromLo))
		return l.Binary("add", l.Binary("mul", x, k(toHi-toLo)), k(toLo))
	}
	y := ranged(x, lo, hi, 0, 255)
	low := l.Add(&ir.Reduce{Fn: "min", Axes: []int{1, 2}, Keep: true}, y)
	high := l.Add(&ir.Reduce{Fn: "max", Axes: []int{1, 2}, Keep: true}, y)
	scale := l.Binary("div", k(255), l.Binary("sub", high, low))
	offset := l.Binary("mul", l.Unary(ir.Func{Name: "neg"}, low), scale)
	y = l.Binary("add", l.Binary("mul", y, scale), offset)
	y = ranged(l.Unary(ir.Func{Name: "clip", A: 0, B: 255}, y), 0, 255, lo, hi)
	return one(l.Add(&ir.Where{}, l.Unary(ir.Func{Name: "isnan"}, y), x, y))
}
