package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// keras1Classes are Keras 1's names of classes.
var keras1Classes = map[string]string{
	"Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
	"AtrousConvolution1D": "Conv1D", "AtrousConv1D": "Conv1D", "AtrousConvolution2D": "Conv2D", "AtrousConv2D": "Conv2D",
	"SeparableConvolution2D": "SeparableConv2D", "Deconv2D": "Deconvolution2D", "Deconv3D": "Deconvolution3D",
	"TimeDistributedDense": "Dense",
}

// keras1Names renames arguments that mean the same wherever they appear.
var keras1Names = map[string]string{
	"input_dtype": "dtype", "bias": "use_bias", "inner_activation": "recurrent_activation",
	"nb_filter": "filters", "border_mode": "padding", "subsample": "strides", "subsample_length": "strides",
	"atrous_rate": "dilation_rate", "pool_length": "pool_size", "stride": "strides", "length": "size",
	"p": "rate", "sigma": "stddev",
}

// keras1Neutral are arguments that only training, or speed, depends on.
var keras1Neutral = []string{
	"init", "inner_init", "forget_bias_init", "beta_init", "gamma_init", "alpha_init", "alphas_init", "betas_init",
	"t_left_init", "a_left_init", "t_right_init", "a_right_init", "transform_bias", "weights", "consume_less", "dropout_W", "dropout_U",
	"W_regularizer", "U_regularizer", "b_regularizer", "W_constraint", "U_constraint", "b_constraint", "activity_regularizer",
}

// keptFromKeras1 are layers that Keras 2.0 still had, with their old arguments.
var keptFromKeras1 = map[string]bool{"Merge": true, "MaxoutDense": true, "Highway": true}

// keras1Config renames a layer's class and arguments from Keras 1 to Keras 2.
func keras1Config(s *layerSpec) {
	if s.model != nil || s.registered != "" {
		return
	}
	if c, ok := keras1Classes[s.class]; ok {
		s.class = c
	}
	s.config = maps.Clone(s.config)
	for old, name := range keras1Names {
		rename(s.config, old, name)
	}
	for _, k := range keras1Neutral {
		delete(s.config, k)
	}
	keras1DataFormat(s)
	switch s.class {
	case "Dense", "LSTM", "GRU", "SimpleRNN", "MaxoutDense":
		rename(s.config, "output_dim", "units")
	case "Embedding":
		delete(s.config, "dropout")
	case "Conv1D", "LocallyConnected1D":
		rename(s.config, "filter_length", "kernel_size")
	case "Conv2D", "LocallyConnected2D", "SeparableConv2D", "Deconvolution2D", "ConvLSTM2D":
		gather(s.config, "kernel_size", "nb_row", "nb_col")
	case "Conv3D":
		gather(s.config, "kernel_size", "kernel_dim1", "kernel_dim2", "kernel_dim3")
	case "ZeroPadding1D":
		pairs(s.config, "padding", []string{"left_pad", "right_pad"})
	case "ZeroPadding2D":
		pairs(s.config, "padding", []string{"top_pad", "bottom_pad", "left_pad", "right_pad"})
	case "PReLU", "ParametricSoftplus", "SReLU":
		if axes := list(s.config["shared_axes"]); len(axes) == 1 && axes[0] == nil {
			delete(s.config, "shared_axes")
		}
	case "Merge":
		keras1Merge(s)
	}
}

func rename(o object, old, name string) {
	v, ok := o[old]
	if !ok {
		return
	}
	delete(o, old)
	if _, both := o[name]; !both {
		o[name] = v
	}
}

// gather makes one list of arguments that were apart.
func gather(o object, name string, parts ...string) {
	all := make([]any, len(parts))
	for i, p := range parts {
		v, ok := o[p]
		if !ok {
			return
		}
		all[i] = v
	}
	for _, p := range parts {
		delete(o, p)
	}
	o[name] = all
}

// pairs turns a dict, or a flat list, of borders into a pair for each axis.
func pairs(o object, key string, names []string) {
	flat := list(o[key])
	if d, ok := o[key].(object); ok {
		flat = nil
		for _, n := range names {
			v, ok := d[n]
			if !ok {
				v = int64(0)
			}
			flat = append(flat, v)
		}
	}
	if len(flat) != len(names) || len(flat) < 2 {
		return
	}
	var out []any
	for i := 0; i < len(flat); i += 2 {
		out = append(out, []any{flat[i], flat[i+1]})
	}
	o[key] = out
}

// channelLayers are the layers with dim_ordering in Keras 1. Others have no
// axis order of their own: Flatten keeps the order in memory.
var channelLayers = []string{
	"Conv2D", "Conv3D", "SeparableConv2D", "Deconvolution2D", "Deconvolution3D", "ConvLSTM2D", "LocallyConnected2D",
	"MaxPooling2D", "MaxPooling3D", "AveragePooling2D", "AveragePooling3D", "GlobalMaxPooling2D", "GlobalMaxPooling3D",
	"GlobalAveragePooling2D", "GlobalAveragePooling3D", "UpSampling2D", "UpSampling3D", "ZeroPadding2D", "ZeroPadding3D",
	"Cropping2D", "Cropping3D",
}

func keras1DataFormat(s *layerSpec) {
	v := s.config["dim_ordering"]
	delete(s.config, "dim_ordering")
	switch {
	case v == "th":
		s.config["data_format"] = "channels_first"
	case v == "tf", !slices.Contains(channelLayers, s.class) && formatLayer(s.class):
		s.config["data_format"] = "channels_last"
	}
}

// formatLayer tells the layers without dim_ordering whose successors have a
// data_format.
func formatLayer(class string) bool {
	switch class {
	case "Flatten", "Conv1D", "LocallyConnected1D", "MaxPooling1D", "AveragePooling1D", "GlobalMaxPooling1D", "GlobalAveragePooling1D",
		"ZeroPadding1D", "Cropping1D", "UpSampling1D":
		return true
	}
	return false
}

// keras1Merge turns Merge into the class for its mode, a function into a Lambda of
// a list. What has no class of its own since, stays: cos.
func keras1Merge(s *layerSpec) {
	c := object{"name": s.config["name"]}
	switch kind := str(s.config["mode_type"]); kind {
	case "lambda", "function":
		c["function"], c["function_type"], c["arguments"] = s.config["mode"], kind, s.config["arguments"]
		c["mask"] = s.config["output_mask"]
		s.class, s.config = "Lambda", c
		return
	case "", "raw":
	default:
		return
	}
	classes := map[string]string{"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate", "dot": "Dot"}
	class, ok := classes[str(s.config["mode"])]
	if !ok {
		return
	}
	switch class {
	case "Concatenate":
		c["axis"] = s.config["concat_axis"]
	case "Dot":
		c["axes"] = s.config["dot_axes"]
	}
	s.class, s.config = class, c
}

// keras1Branches makes the model of a Sequential that begins with a Merge, whose
// layers, often models, have inputs of their own.
func (d *dialect) keras1Branches(s *layerSpec, m *modelSpec, path string, depth int) error {
	names := map[string]bool{}
	for _, l := range m.layers {
		names[l.name] = true
	}
	unique := func(name string) string {
		base := name
		for i := 1; names[name]; i++ {
			name = fmt.Sprintf("%s_%d", base, i)
		}
		names[name] = true
		return name
	}
	var before []*layerSpec
	var inputs, merged []any
	input := func(of *layerSpec, cfg object) tensorRef {
		in := &layerSpec{class: "InputLayer", name: unique(of.name + "_input"), config: cfg, calls: []callSpec{{}}}
		before = append(before, in)
		inputs = append(inputs, tensorRef{layer: in.name})
		return tensorRef{layer: in.name}
	}
	first := list(at(list(s.config["layers"])[0], "config", "layers"))
	for i, e := range first {
		o, ok := e.(object)
		if !ok {
			return &ir.Error{Kind: ir.ErrMalformed, Layer: path, Field: "layers", Text: fmt.Sprintf("branch %d of the Merge is no JSON object", i)}
		}
		l, err := d.layer(o, path, depth+1)
		if err != nil {
			return err
		}
		l.name, l.branch = unique(l.name), true
		switch {
		case l.class == "InputLayer":
			l.calls = []callSpec{{}}
			inputs = append(inputs, tensorRef{layer: l.name})
		case l.model != nil:
			var args []any
			flatten(l.model.inputs, func(v any) {
				r, _ := v.(tensorRef)
				for _, in := range l.model.layers {
					if in.name == r.layer {
						args = append(args, input(in, in.config))
					}
				}
			})
			l.calls = []callSpec{{args: []any{args}}}
		default:
			cfg := object{"dtype": inputDType(l), "batch_shape": l.config["batch_input_shape"]}
			l.calls = []callSpec{{args: []any{input(l, cfg)}}}
		}
		before = append(before, l)
		merged = append(merged, tensorRef{layer: l.name})
	}
	m.class = "Functional"
	m.layers[0].calls = []callSpec{{args: []any{merged}}}
	for i, l := range m.layers[1:] {
		l.calls = []callSpec{{args: []any{tensorRef{layer: m.layers[i].name}}}}
	}
	m.inputs, m.outputs = inputs, tensorRef{layer: m.layers[len(m.layers)-1].name}
	m.layers = append(before, m.layers...)
	return nil
}

// beginsWithMerge tells a Sequential whose first layer merges branches.
func beginsWithMerge(s *layerSpec) bool {
	layers := list(s.config["layers"])
	return len(layers) > 0 && str(at(layers[0], "class_name")) == "Merge" && list(at(layers[0], "config", "layers")) != nil
}

// looksLikeKeras1 tells an architecture without a version by argument names
// that only Keras 1 wrote, also within wrappers and nested models.
func looksLikeKeras1(arch any) bool { return looksLike1(arch, 0) }

func looksLike1(layer any, depth int) bool {
	if depth > maxConfigDepth {
		return false
	}
	cfg, _ := at(layer, "config").(object)
	layers := list(at(layer, "config"))
	switch class := str(at(layer, "class_name")); {
	case class == "Merge" && depth > 0:
		return true
	case layers == nil:
		layers = append(slices.Clone(list(cfg["layers"])), cfg["layer"])
		for _, key := range keras1Only {
			if _, ok := cfg[key]; ok && (key != "output_dim" || class != "Embedding") {
				return true
			}
		}
	}
	return slices.ContainsFunc(layers, func(l any) bool { return looksLike1(l, depth+1) })
}

// keras1Only are arguments that Keras 2 has other names for, or none. An Embedding
// still has its output_dim.
var keras1Only = []string{
	"output_dim", "nb_filter", "border_mode", "W_regularizer", "W_constraint", "inner_activation", "consume_less", "dim_ordering", "input_dtype",
}

// keras1Ordering gives the layers that do not say where images have their
// channels what the others of the model say, which Keras built with one setting for
// all: paddings, croppings and upsamplings never say it, in a model from before
// dim_ordering none does, but then a convolution's kernel tells.
func (b *builder) keras1Ordering(m *modelSpec) {
	if b.opts.dataFormat != "" {
		return
	}
	kernels := map[string][]int{}
	if f, ok := b.file.weights.(*legacyWeights); ok {
		for _, w := range f.all() {
			if name, ok := strings.CutSuffix(uniquifier.ReplaceAllString(w.name, ""), "_W"); ok {
				kernels[name] = w.shape
			}
		}
	}
	var open []*layerSpec
	said := map[string]bool{}
	told := ""
	var walk func(m *modelSpec)
	walk = func(m *modelSpec) {
		for _, l := range m.layers {
			if l.model != nil {
				walk(l.model)
				continue
			}
			if !slices.Contains(channelLayers, l.class) {
				continue
			}
			if format := str(l.config["data_format"]); format != "" {
				said[format] = true
				continue
			}
			open = append(open, l)
			window := list(l.config["kernel_size"])
			filters, _ := asInt(l.config["filters"])
			if k := kernels[l.name]; len(k) == len(window)+2 && told == "" {
				last := len(k) - 1
				first := k[0] == filters && isWindow(k[2:], window)
				if behind := k[last] == filters && isWindow(k[:last-1], window); first != behind {
					told = map[bool]string{true: "channels_first", false: "channels_last"}[first]
				}
			}
		}
	}
	walk(m)
	if len(open) == 0 {
		return
	}
	by := "the shape of the kernels"
	if len(said) == 1 {
		by = "the other layers"
		for told = range said {
		}
	}
	if told == "" {
		b.note(fmt.Sprintf("the file does not say where %q has its channels; it is taken for channels_last (importer.WithDataFormat)", open[0].name))
		return
	}
	for _, l := range open {
		l.config["data_format"] = told
	}
	b.note(fmt.Sprintf("the file does not say where %q has its channels; by %s it is %s (importer.WithDataFormat)", open[0].name, by, told))
}

// isWindow tells whether sizes are those of a configuration.
func isWindow(sizes []int, window []any) bool {
	for i, w := range window {
		if n, ok := asInt(w); !ok || n != sizes[i] {
			return false
		}
	}
	return len(sizes) == len(window)
}
