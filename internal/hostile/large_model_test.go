package hostile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// tensor refers to an output of a layer, as Keras 3 writes it.
func tensor(layer string, node int) any {
	return map[string]any{"class_name": "__keras_tensor__", "config": map[string]any{"shape": []any{nil, 4}, "dtype": "float32", "keras_history": []any{layer, node, 0}}}
}

// layer is a layer called once for each of the given arguments.
func layer(class, name string, config map[string]any, calls ...[]any) map[string]any {
	c := map[string]any{"name": name, "trainable": true, "dtype": "float32"}
	for k, v := range config {
		c[k] = v
	}
	nodes := []any{}
	for _, args := range calls {
		nodes = append(nodes, map[string]any{"args": args, "kwargs": map[string]any{}})
	}
	return map[string]any{"module": "keras.layers", "class_name": class, "config": c, "registered_name": nil, "name": name, "inbound_nodes": nodes}
}

func input(name string, shape ...any) map[string]any {
	return layer("InputLayer", name, map[string]any{"batch_shape": append([]any{nil}, shape...)})
}

// functional is a model from its layer "in" to an output of its last layer.
func functional(name string, out any, layers ...any) map[string]any {
	return map[string]any{
		"module": "keras", "class_name": "Functional", "registered_name": "Functional",
		"config": map[string]any{"name": name, "trainable": true, "layers": layers, "input_layers": []any{"in", 0, 0}, "output_layers": out},
	}
}

func sequential(name string, layers ...any) map[string]any {
	return map[string]any{
		"module": "keras", "class_name": "Sequential", "registered_name": nil,
		"config": map[string]any{"name": name, "layers": layers},
	}
}

// kerasFile is a .keras of an architecture without weights.
func kerasFile(arch any) []byte {
	h := NewHDF5()
	weights := h.Finish(h.Group(Link("layers", h.Group(Link("none", h.Group(Link("vars", h.Group())))))))
	return Zip(Member{Name: "config.json", Data: Text(arch)}, Member{Name: "metadata.json", Data: []byte(`{"keras_version": "3.15.1"}`)}, Member{Name: "model.weights.h5", Data: weights})
}

// doubling is a model that calls another twice, which calls another twice.
func doubling(depth int) map[string]any {
	m := functional("m0", []any{"act", 0, 0}, input("in", 4), layer("Activation", "act", map[string]any{"activation": "tanh"}, []any{tensor("in", 0)}))
	for i := 1; i < depth; i++ {
		m["name"] = "inner"
		m["inbound_nodes"] = []any{
			map[string]any{"args": []any{tensor("in", 0)}, "kwargs": map[string]any{}},
			map[string]any{"args": []any{tensor("inner", 0)}, "kwargs": map[string]any{}},
		}
		m["config"].(map[string]any)["name"] = "inner"
		m = functional("m", []any{"act", 0, 0}, input("in", 4), m, layer("Activation", "act", map[string]any{"activation": "tanh"}, []any{tensor("inner", 1)}))
	}
	return m
}

// largeModels are small architectures that stand for a great deal.
func largeModels(t testing.TB) (out []largeFile) {
	add := func(name, want string, arch any) {
		out = append(out, largeFile{"model: " + name, want, func() []byte { return kerasFile(arch) }})
	}
	for _, depth := range []int{8, 18, 24, 60, 70, 400} {
		add(fmt.Sprintf("models that call one another twice, %d deep", depth), "ok|limit|malformed", doubling(depth))
	}
	one := func(class string, config map[string]any, shape ...any) map[string]any {
		return sequential("s", input("in", shape...), layer(class, "x", config))
	}
	nest := func(class, key string, depth int) any {
		l := layer("Activation", "x", map[string]any{"activation": "relu"})
		for range depth {
			l = layer(class, "x", map[string]any{key: l})
		}
		return sequential("s", input("in", 3, 4), l)
	}
	for _, depth := range []int{30, 100, 10_000} {
		add(fmt.Sprintf("TimeDistributed, %d deep", depth), "limit|shape|malformed|unsupported", nest("TimeDistributed", "layer", depth))
		add(fmt.Sprintf("Bidirectional, %d deep", depth), "limit|shape|malformed|unsupported", nest("Bidirectional", "layer", depth))
		m := sequential("s", input("in", 4), layer("Activation", "x", map[string]any{"activation": "relu"}))
		for range depth {
			m = sequential("s", m)
		}
		add(fmt.Sprintf("Sequential, %d deep", depth), "ok|limit|malformed", m)
	}
	cycle := functional("m", []any{"b", 0, 0}, input("in", 4),
		layer("Add", "a", nil, []any{[]any{tensor("in", 0), tensor("b", 0)}}), layer("Activation", "b", map[string]any{"activation": "relu"}, []any{tensor("a", 0)}))
	add("layers in a circle", "malformed", cycle)
	add("a layer that reads itself", "malformed", functional("m", []any{"a", 0, 0}, input("in", 4), layer("Add", "a", nil, []any{[]any{tensor("in", 0), tensor("a", 0)}})))
	add("a layer that reads its later call", "malformed", functional("m", []any{"a", 0, 0}, input("in", 4),
		layer("Activation", "a", map[string]any{"activation": "relu"}, []any{tensor("a", 1)}, []any{tensor("a", 0)})))

	for _, n := range []any{-1, 1_000_000_000, json.Number("9223372036854775807")} {
		bad := "limit|malformed|shape|unsupported|missing weight|dtype"
		try := func(class, key string, shape ...any) {
			add(fmt.Sprintf("%s with %s %v", class, key, n), "ok|"+bad, one(class, map[string]any{key: n}, shape...))
			add(fmt.Sprintf("%s with %s of lists %v", class, key, n), "ok|"+bad, one(class, map[string]any{key: []any{n, n}}, shape...))
		}
		try("ZeroPadding1D", "padding", 5, 4)
		try("ZeroPadding2D", "padding", 5, 5, 4)
		try("UpSampling2D", "size", 5, 5, 4)
		try("UpSampling1D", "size", 5, 4)
		try("RepeatVector", "n", 4)
		try("Reshape", "target_shape", 4)
		try("Cropping2D", "cropping", 5, 5, 4)
		try("MaxPooling2D", "pool_size", 5, 5, 4)
		try("AveragePooling1D", "pool_size", 5, 4)
		try("CategoryEncoding", "num_tokens", 4)
		try("Hashing", "num_bins", 4)
		try("Discretization", "bin_boundaries", 4)
		try("Permute", "dims", 4)
		try("Softmax", "axis", 4)
		try("Embedding", "output_dim", 4)
		try("Dense", "units", 4)
		add(fmt.Sprintf("Resizing to %v", n), "ok|"+bad, one("Resizing", map[string]any{"height": n, "width": n}, 5, 5, 3))
		add(fmt.Sprintf("CenterCrop to %v", n), "ok|"+bad, one("CenterCrop", map[string]any{"height": n, "width": n}, 5, 5, 3))
		add(fmt.Sprintf("an input of %v", n), "ok|"+bad, one("Activation", map[string]any{"activation": "relu"}, n, n))
		add(fmt.Sprintf("an input of %v in one axis", n), "ok|"+bad, one("Activation", map[string]any{"activation": "relu"}, n))
		add(fmt.Sprintf("a convolution of %v", n), bad, one("Conv2D", map[string]any{"filters": n, "kernel_size": []any{n, n}, "dilation_rate": []any{n, n}, "groups": n}, 5, 5, 4))
		add(fmt.Sprintf("attention of %v heads", n), bad, one("MultiHeadAttention", map[string]any{"num_heads": n, "key_dim": n}, 5, 4))
		add(fmt.Sprintf("spectrogram of %v", n), "ok|"+bad, one("STFTSpectrogram", map[string]any{"fft_length": n, "frame_length": n, "frame_step": n}, 50, 1))
		add(fmt.Sprintf("mel spectrogram of %v", n), "ok|"+bad, one("MelSpectrogram", map[string]any{"fft_length": n, "num_mel_bins": n}, 500))
		op := func(class string, config map[string]any, shape ...any) {
			l := layer(class, "x", config, []any{tensor("in", 0)})
			l["module"] = "keras.src.ops.numpy"
			config["name"] = "x"
			l["config"] = config
			if class == "OneHot" {
				l["module"] = "keras.src.ops.nn"
			} else if class == "ExtractPatches" {
				l["module"] = "keras.src.ops.image"
			}
			add(fmt.Sprintf("%s of %v", class, n), "ok|"+bad, functional("m", []any{"x", 0, 0}, input("in", shape...), l))
		}
		op("Repeat", map[string]any{"repeats": n, "axis": 1}, 4)
		op("Tile", map[string]any{"repeats": []any{1, n}}, 4)
		op("Pad", map[string]any{"pad_width": []any{[]any{0, 0}, []any{n, n}}}, 4)
		op("OneHot", map[string]any{"num_classes": n}, 4)
		op("ExtractPatches", map[string]any{"size": []any{n, n}}, 5, 5, 3)
		op("BroadcastTo", map[string]any{"shape": []any{n, 4}}, 4)
	}
	for _, e := range []struct {
		fixture, path string
		to            any
	}{
		{"auto_contrast_range", "config/layers/0/config/batch_shape/3", 1_000_000_000},
		{"clahe_options", "config/layers/0/config/batch_shape/1", 1_000_000_000},
		{"clahe_options", "config/layers/0/config/batch_shape/3", 1_000_000_000},
		{"broken_8x8x4", "config/layers/7/config/dilation_rate/0", 1_000_000_000},
	} {
		out = append(out, largeFile{fmt.Sprintf("model: %s with %s %v", e.fixture, e.path, e.to), "limit|malformed|shape|unsupported", func() []byte {
			m := Unzip(seed(t, "keras3/"+e.fixture+".keras"))
			return Zip(Replace(m, "config.json", Text(Set(Parse(Find(m, "config.json")), e.path, e.to)))...)
		}})
	}
	many := make([]any, 3000)
	for i := range many {
		many[i] = tensor("in", 0)
	}
	add("a concatenation of 3000", "ok|limit|malformed", functional("m", []any{"x", 0, 0}, input("in", 4), layer("Concatenate", "x", map[string]any{"axis": -1}, []any{many})))
	var chain []any
	for i := range 20_000 {
		chain = append(chain, layer("Activation", fmt.Sprint("x", i), map[string]any{"activation": "relu"}))
	}
	add("a chain of 20,000 layers", "ok|limit", sequential("s", append([]any{input("in", 4)}, chain...)...))
	doubled := []any{input("in", 4)}
	last := tensor("in", 0)
	for i := range 60 {
		name := fmt.Sprint("x", i)
		doubled = append(doubled, layer("Concatenate", name, map[string]any{"axis": -1}, []any{[]any{last, last}}))
		last = tensor(name, 0)
	}
	add("60 concatenations of themselves", "limit|shape|malformed", functional("m", []any{"x59", 0, 0}, doubled...))
	add("a name of path length", "ok|limit", one("Activation", map[string]any{"activation": "relu", "name": strings.Repeat("n/", 1<<15)}, 4))
	return out
}
