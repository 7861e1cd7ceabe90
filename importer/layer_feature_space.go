package importer

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/kerasgo/kerasgo/ir"
)

// orderFeatures makes of the features of a FeatureSpace that is saved by itself a
// list of [name, feature] in the order of the file, by which Keras numbers their
// preprocessors in paths.
func orderFeatures(arch any, text []byte) {
	c, _ := at(arch, "config").(object)
	features, ok := c["features"].(object)
	if !ok || str(at(arch, "class_name")) != "FeatureSpace" {
		return
	}
	pairs := make([]any, 0, len(features))
	gjson.GetBytes(text, "config.features").ForEach(func(k, _ gjson.Result) bool {
		pairs = append(pairs, []any{k.String(), features[k.String()]})
		return true
	})
	c["features"] = pairs
}

// featureSpace is a model of a FeatureSpace that is saved by itself: an input for
// each feature, and the space as its only layer.
func (d *dialect) featureSpace(space *layerSpec) *modelSpec {
	m := &modelSpec{class: "Functional", name: space.name}
	inputs, names := object{}, []string{}
	for _, pair := range list(space.config["features"]) {
		p := list(pair)
		if len(p) != 2 { // lowerFeatureSpace says so
			continue
		}
		name := str(p[0])
		in := &layerSpec{class: "InputLayer", name: name, calls: []callSpec{{}}, config: object{
			"batch_shape": []any{nil, int64(1)}, "dtype": at(p[1], "config", "dtype"),
		}}
		m.layers, names = append(m.layers, in), append(names, name)
		inputs[name] = tensorRef{layer: name}
	}
	for base, n := space.name, 1; slices.Contains(names, space.name); n++ {
		space.name = numbered(base, n)
	}
	space.calls = []callSpec{{args: []any{inputs}}}
	m.layers, m.inputs = append(m.layers, space), inputs
	m.outputs = tensorRef{layer: space.name}
	if str(space.config["output_mode"]) == "dict" {
		outputs := object{}
		for _, name := range sortedKeys(inputs) {
			outputs[name] = nil
		}
		for _, c := range list(space.config["crosses"]) {
			outputs[crossName(c)] = nil
		}
		for i, name := range sortedKeys(outputs) {
			outputs[name] = tensorRef{layer: space.name, tensor: i}
		}
		m.outputs = outputs
	}
	return m
}

// crossName is the name Keras gives a serialized Cross.
func crossName(cross any) string {
	var names []string
	for _, n := range list(at(cross, "config", "feature_names")) {
		names = append(names, str(n))
	}
	return strings.Join(names, "_X_")
}

// lowerFeatureSpace preprocesses every feature, crosses some, encodes what says
// so, and joins all in the order of their names, crosses last.
func lowerFeatureSpace(l *Layer, c *Call) []Value {
	inputs, _ := c.Arg(0, "inputs").(object)
	count, encoded := map[string]int{}, map[string]ir.ValueID{}
	preprocessed := object{}
	pairs, ok := l.Raw("features").([]any)
	if !ok {
		l.badKey("features", l.Raw("features"), "a FeatureSpace as its .keras file holds it")
	}
	for _, pair := range pairs {
		if p := list(pair); len(p) == 2 {
			name, feature := str(p[0]), at(p[1], "config")
			raw := at(feature, "preprocessor")
			class := pathClass(str(at(raw, "class_name")))
			key := numbered(class, count[class])
			count[class]++
			sub := l.sublayerIn(l.Scope.Scope("preprocessors"), key, "preprocessors/"+key, raw)
			out := l.through(sub, &Call{Args: []any{inputs[name]}})
			if len(out) != 1 {
				l.Fail(ir.ErrMalformed, "features", "the preprocessor of %q gives %d tensors, wants one", name, len(out))
				return nil
			}
			preprocessed[name] = out[0]
			encoded[name] = l.encodedFeature(feature, sub, out[0].ID)
		} else {
			l.badKey("features", pair, "the name of a feature and the feature")
		}
	}
	crossed := map[string]ir.ValueID{}
	for _, raw := range list(l.Raw("crosses")) {
		name, cross := crossName(raw), at(raw, "config")
		var in []any
		for _, n := range list(at(cross, "feature_names")) {
			v, ok := preprocessed[str(n)].(Value)
			if !ok {
				l.Fail(ir.ErrMalformed, "crosses", "%s crosses %s, which is no feature", name, show(n))
				return nil
			}
			in = append(in, v)
		}
		sub := l.Sublayer("crossers/"+name, object{"class_name": "HashedCrossing", "config": object{"name": name, "num_bins": at(cross, "crossing_dim")}})
		out := l.through(sub, &Call{Args: []any{in}})
		if len(out) != 1 {
			return nil
		}
		crossed[name] = l.encodedFeature(cross, sub, out[0].ID)
	}
	if l.OneOf("output_mode", "concat", "concat", "dict") == "dict" {
		for name, id := range crossed { // a feature of that name is no output in Keras either
			encoded[name] = id
		}
		var out []Value
		for _, name := range sortedKeys(encoded) {
			out = append(out, Value{encoded[name], ir.None})
		}
		return out
	}
	var all []ir.ValueID
	for _, part := range []map[string]ir.ValueID{encoded, crossed} {
		for _, name := range sortedKeys(part) {
			if t := l.Type(part[name]); l.err == nil && !t.DType.IsFloat() {
				l.Fail(ir.ErrMalformed, "output_mode", "is concat, but feature %q is not encoded: it is %v", name, t)
			}
			all = append(all, l.Cast(part[name], l.compute))
		}
	}
	return one(l.Add(&ir.Concat{Axis: -1}, all...))
}

// encodedFeature is a preprocessed feature or cross in the form that its
// output_mode names.
func (l *Layer) encodedFeature(feature any, by *Layer, x ir.ValueID) ir.ValueID {
	mode := str(at(feature, "output_mode"))
	if l.err != nil || mode != "one_hot" {
		return x
	}
	n := 0
	switch by.Class {
	case "IntegerLookup", "StringLookup":
		v := by.lookupArgs(by.Class == "StringLookup")
		n = v.start() + v.size()
	case "Discretization", "Hashing", "HashedCrossing":
		if by.Raw("num_bins") == nil { // Keras leaves it as it is
			return x
		}
		n = by.PositiveInt("num_bins")
	default:
		l.Fail(ir.ErrUnsupported, "features", "%s is to be one-hot encoded, but how many values %s has is not known", by.Name, by.Class)
	}
	l.fail(by.Err())
	return l.encode(x, "multi_hot", n, l.compute, ir.None)
}
