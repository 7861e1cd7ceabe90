package importer

// noiseLayers do nothing at inference.
var noiseLayers = []row{
	{class: "Dropout", lower: lowerIdentity, mask: maskPass, neutral: anyKeys("rate", "noise_shape"), note: "identity"},
	{class: "SpatialDropout1D", lower: lowerIdentity, mask: maskPass, neutral: anyKeys("rate", "noise_shape", "data_format"), note: "identity"},
	{class: "SpatialDropout2D", lower: lowerIdentity, mask: maskPass, neutral: anyKeys("rate", "noise_shape", "data_format"), note: "identity"},
	{class: "SpatialDropout3D", lower: lowerIdentity, mask: maskPass, neutral: anyKeys("rate", "noise_shape", "data_format"), note: "identity"},
	{class: "AlphaDropout", lower: lowerIdentity, mask: maskPass, neutral: anyKeys("rate", "noise_shape"), note: "identity"},
	{class: "GaussianDropout", lower: lowerIdentity, mask: maskPass, neutral: anyKeys("rate"), note: "identity"},
	{class: "GaussianNoise", lower: lowerIdentity, mask: maskPass, neutral: anyKeys("stddev"), note: "identity"},
	{class: "ActivityRegularization", lower: lowerIdentity, mask: maskPass, neutral: anyKeys("l1", "l2"), note: "identity"},
	{class: "Identity", lower: lowerIdentity, mask: maskPass3},
}

func anyKeys(keys ...string) map[string]any {
	m := map[string]any{}
	for _, k := range keys {
		m[k] = anyValue
	}
	return m
}

func lowerIdentity(l *Layer, c *Call) []Value { return one(c.Single(l).ID) }
