package importer

import (
	"slices"
	"sort"

	"github.com/kerasgo/kerasgo/ir"
)

// row is one Keras layer class in the table.
type row struct {
	class string
	lower LayerFunc
	mask  maskRule
	// neutral are config keys that do not change the result when they have this
	// value; anyValue for every value.
	neutral map[string]any
	// noCast: the layer takes its inputs in their own dtype.
	noCast bool
	// check, if any, finds what is unsupported from the configuration alone,
	// before anything is lowered, so that all of a model's problems are reported
	// at once. It records them with Fail.
	check func(l *Layer)
	note  string // for the list of supported layers
}

// anyValue marks a key that never changes the result.
var anyValue any = new(byte)

// nestedModel is the row of Sequential and Functional within another model;
// masks come out as the inner layers made them.
var nestedModel = row{class: "Functional", mask: maskOwn}

// table lists the supported layers, by family: a slice literal for each keeps the
// rows beside their lowering.
func table() [][]row {
	return [][]row{
		coreLayers, activationLayers, shapeLayers, noiseLayers,
		recurrentLayers, wrapperLayers,
		convLayers, convTransposeLayers, depthwiseLayers, poolingLayers,
		normalizationLayers, mergingLayers, paddingLayers, upsamplingLayers, imageLayers, convLSTMLayers, einsumLayers, locallyConnectedLayers,
		attentionLayers, multiHeadLayers, preprocessingLayers, augmentationLayers, spectrogramLayers, legacyLayers, tfLayers, lambdaLayers, applicationLayers,
	}
}

// find goes through the rows: a model asks for few of them, and a small model is
// imported before a map of all could be made.
func find[R any](families [][]R, is func(*R) bool) *R {
	for _, rows := range families {
		for i := range rows {
			if is(&rows[i]) {
				return &rows[i]
			}
		}
	}
	return nil
}

// lookup finds the row for a layer: a custom one first.
func (b *builder) lookup(ls *layerSpec) (*row, error) {
	for _, name := range []string{ls.registered, ls.class} {
		if f, ok := b.opts.layers[name]; ok && name != "" {
			return &row{class: ls.class, lower: f, mask: maskOwn}, nil
		}
	}
	if ls.op {
		return b.lookupOp(ls)
	}
	if ls.registered != "" {
		return nil, ir.Errorf(ir.ErrUnsupported, "class %q is custom Python code; give its lowering in Go with importer.WithLayer", ls.registered)
	}
	if r := find(b.table, func(r *row) bool { return r.class == ls.class }); r != nil {
		return r, nil
	}
	if why, ok := notInFile[ls.class]; ok {
		return nil, ir.Errorf(ir.ErrUnsupported, "%s", why)
	}
	return nil, ir.Errorf(ir.ErrUnsupported, "this layer class is not supported; give its lowering in Go with importer.WithLayer, or replace it in the model")
}

// sameName refuses a layer that is not Keras's but a user's class of the same name,
// as what is wrong with it tells.
func (l *Layer) sameName(field, why string) {
	l.Fail(ir.ErrUnsupported, field, "%s: it is custom Python code with the name of a class of Keras; give its lowering in Go with importer.WithLayer, or replace it in the model", why)
}

const ofRagged = "it works on ragged or sparse tensors, which are always dense here; pad before the model, and mask the padding"

// notInFile are Keras's classes that no row can lower: what they compute is not in
// the file.
var notInFile = map[string]string{
	"TFSMLayer":            "it runs a SavedModel, which is a folder beside the file; save the Keras model that the SavedModel was made of",
	"KerasLayer":           "it runs a module of TensorFlow Hub, which is not in the file; rebuild the model on a Keras model in its place",
	"JaxLayer":             "it runs a JAX function; rebuild it with layers or keras.ops, or give its lowering in Go with importer.WithLayer",
	"FlaxLayer":            "it runs a Flax module; rebuild it with layers, or give its lowering in Go with importer.WithLayer",
	"TorchModuleWrapper":   "it runs a pickled PyTorch module; rebuild it with layers, or give its lowering in Go with importer.WithLayer",
	"DenseFeatures":        "feature columns are gone from Keras; use preprocessing layers or FeatureSpace, or feed the features it makes",
	"SequenceFeatures":     "feature columns are gone from Keras; use preprocessing layers or FeatureSpace, or feed the features it makes",
	"InstanceMethod":       ofRagged,
	"InstanceProperty":     ofRagged,
	"ClassMethod":          ofRagged,
	"DynamicEmbedding":     "its vocabulary changes while it runs; replace it with StringLookup and Embedding",
	"DynamicLookup":        "its vocabulary changes while it runs; replace it with StringLookup",
	"MaxNumBoundingBoxes":  "it changes the labels of object detection, not images; leave it to the training pipeline",
	"Graph":                "Keras 1's Graph container is gone since Keras 1.1; rebuild it as a Model in Keras 1, with the same weights, and save that",
	"LambdaMerge":          "its function is Python code; rebuild it with Merge or layers",
	"TimeDistributedMerge": "it is of Keras 0; rebuild it with a pooling over time, and save again",
	"AutoEncoder":          "it is of Keras 0; rebuild encoder and decoder as a Sequential, and save again",
}

// SupportedLayer describes a layer class that can be imported.
type SupportedLayer struct {
	Class string
	Note  string
}

// SupportedLayers lists the layer classes in alphabetical order.
func SupportedLayers() []SupportedLayer {
	var out []SupportedLayer
	for _, r := range slices.Concat(table()...) {
		out = append(out, SupportedLayer{r.class, r.note})
	}
	for _, c := range modelClasses {
		out = append(out, SupportedLayer{c, "inlined when nested"})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Class < out[j].Class })
	return out
}

// Sublayer makes the layer that a wrapper's config holds in serialized form,
// with its weights at the attribute attr. It is made once.
func (l *Layer) Sublayer(attr string, serialized any, aliases ...string) *Layer {
	if sub, ok := l.children[attr]; ok {
		return sub
	}
	o, ok := serialized.(object)
	if !ok {
		l.Fail(ir.ErrMalformed, attr, "is %s, wants a serialized layer", show(serialized))
		return nil
	}
	spec, err := l.b.d.layer(o, l.Name, l.depth+1)
	if err != nil {
		l.fail(err)
		return nil
	}
	return l.addSublayer(attr, spec, l.Scope.w.child(attr, aliases))
}

// sublayerIn is Sublayer for one of several layers in a container attribute:
// its weights are at attr within the container's scope, and key names it among
// this layer's sublayers.
func (l *Layer) sublayerIn(container *Scope, attr, key string, serialized any) *Layer {
	if sub, ok := l.children[key]; ok {
		return sub
	}
	o, ok := serialized.(object)
	if !ok {
		l.Fail(ir.ErrMalformed, key, "is %s, wants a serialized layer", show(serialized))
		return nil
	}
	spec, err := l.b.d.layer(o, l.Name, l.depth+1)
	if err != nil {
		l.fail(err)
		return nil
	}
	return l.addSublayer(key, spec, container.w.child(attr, nil))
}

func (l *Layer) addSublayer(key string, spec *layerSpec, w weightScope) *Layer {
	sub := l.b.newLayer(spec, join(l.Name, spec.name), w)
	sub.depth = l.depth + 1
	l.children[key] = sub
	return sub
}

// through calls a sublayer; its failure is this layer's too.
func (l *Layer) through(sub *Layer, c *Call) []Value {
	if sub == nil || l.err != nil {
		return nil
	}
	out := sub.Call(c)
	if out == nil {
		e := &ir.Error{Kind: ir.ErrUnsupported, Layer: l.Name, Class: l.Class, Err: errPoisoned}
		if sub.err != nil {
			e.Kind = sub.err.Kind
		}
		l.fail(e)
	}
	return out
}
