package importer

import "github.com/kerasgo/kerasgo/ir"

// applicationLayers are classes that keras.applications defines beside its
// models: ConvNeXt's, and InceptionResNetV2's scaled sum.
var applicationLayers = []row{
	{class: "LayerScale", lower: lowerLayerScale, neutral: map[string]any{"init_values": anyValue}},
	{class: "StochasticDepth", lower: lowerIdentity, neutral: map[string]any{"drop_path_rate": anyValue}, note: "identity at inference"},
	{class: "CustomScaleLayer", lower: lowerCustomScale},
}

func lowerLayerScale(l *Layer, c *Call) []Value {
	x := l.AsFloat(c.Single(l).ID)
	return one(l.Binary("mul", x, l.Weight("gamma", l.PositiveInt("projection_dim"))))
}

func lowerCustomScale(l *Layer, c *Call) []Value {
	in := c.Many(l)
	scale := l.Float("scale")
	if len(in) != 2 {
		l.Fail(ir.ErrMalformed, "inputs", "is called with %d tensors, wants 2", len(in))
		return nil
	}
	x, y := l.AsFloat(in[0].ID), l.AsFloat(in[1].ID)
	return one(l.Binary("add", x, l.Binary("mul", y, l.Scalar(scale, l.Type(y).DType))))
}
