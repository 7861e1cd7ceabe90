package importer

import (
	"regexp"
	"slices"
	"strings"
)

// Keras gives the weights of a legacy file to a model's layers by their order,
// whatever either calls them. So the architecture of one session goes with the
// weights of another, whose "dense_5" is this one's "dense_2".

// inOrder pairs the layers that have weights with the groups that hold some, the
// first with the first, for a file that names others than the model's layers. It
// is nil when the names are the model's, or there are not as many.
func (f *legacyWeights) inOrder(specs []*layerSpec) map[*layerSpec]*legacyGroup {
	names := namesIn(specs, map[string]bool{})
	var groups []*legacyGroup
	foreign := false
	for _, g := range f.groups {
		if len(g.weights) > 0 && !g.claimed {
			groups = append(groups, g)
			foreign = foreign || !names[g.name]
		}
	}
	if !foreign {
		return nil
	}
	var sure, all []*layerSpec
	for _, s := range flattened(specs) {
		has, known := hasWeights(s, 0)
		if has && known {
			sure = append(sure, s)
		}
		if has || !known {
			all = append(all, s)
		}
	}
	for _, layers := range [][]*layerSpec{all, sure} {
		if len(layers) != len(groups) {
			continue
		}
		out := map[*layerSpec]*legacyGroup{}
		for i, s := range layers {
			out[s] = groups[i]
		}
		return out
	}
	return nil
}

// flattened are the layers with groups of their own: those of the branches of a
// Merge that begins a Sequential are in the list too.
func flattened(specs []*layerSpec) []*layerSpec {
	var out []*layerSpec
	for _, s := range specs {
		if s.branch && s.model != nil {
			out = append(out, flattened(s.model.layers)...)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// namesIn collects the names of layers, nested ones included.
func namesIn(specs []*layerSpec, into map[string]bool) map[string]bool {
	for _, s := range specs {
		into[s.name] = true
		if s.model != nil {
			namesIn(s.model.layers, into)
		}
	}
	return into
}

// weightless are the families of layers without weights, but for exceptions.
var weightless = [][]row{
	activationLayers, shapeLayers, noiseLayers, poolingLayers, mergingLayers, paddingLayers, upsamplingLayers, imageLayers, tfLayers, lambdaLayers,
}

// hasWeights tells whether Keras keeps weights for a layer, as far as its class
// says.
func hasWeights(s *layerSpec, depth int) (has, known bool) {
	switch {
	case s.op || depth > maxConfigDepth:
		return false, s.op
	case s.model != nil:
		known = true
		for _, l := range s.model.layers {
			h, k := hasWeights(l, depth+1)
			has, known = has || h, known && k
		}
		return has, known || has
	}
	switch s.class {
	case "PReLU":
		return true, true
	case "InputLayer", "Masking", "Flatten", "Merge":
		return false, true
	case "TimeDistributed":
		inner, _ := s.config["layer"].(object)
		class := str(inner["class_name"])
		if layers := list(at(inner, "config", "layers")); layers != nil || class == "Model" {
			return true, len(layers) > 0
		}
		cfg, _ := inner["config"].(object)
		return hasWeights(&layerSpec{class: class, config: cfg}, depth+1)
	case "LayerNormalization", "Attention", "AdditiveAttention", "Normalization":
		return true, false
	}
	is := func(r *row) bool { return r.class == s.class }
	if find(weightless, is) != nil {
		return false, true
	}
	return true, s.registered == "" && find(weighted, is) != nil
}

// weighted are the families of layers with weights.
var weighted = [][]row{
	coreLayers, recurrentLayers, wrapperLayers, convLayers, convTransposeLayers, depthwiseLayers, normalizationLayers, convLSTMLayers, einsumLayers,
	locallyConnectedLayers, multiHeadLayers, legacyLayers,
}

// rename gives the arrays of a nested model the names of its layers, where the
// file has another session's: of the names that differ in their numbers only,
// the first is the first's.
func (g *legacyGroup) rename(specs []*layerSpec) {
	if g.renamed {
		return
	}
	g.renamed = true
	mine := map[string][]string{}
	add := func(name string) {
		base := sessionNumbers.ReplaceAllString(name, "")
		if !slices.Contains(mine[base], name) {
			mine[base] = append(mine[base], name)
		}
	}
	for _, frozen := range []bool{false, true} { // the order of an .h5
		eachLeaf(specs, 0, func(s *layerSpec) {
			if has, _ := hasWeights(s, 0); has && (s.config["trainable"] == false) == frozen {
				add(s.name)
			}
		})
	}
	theirs := map[string][]string{}
	for _, w := range g.weights {
		for part := range strings.SplitSeq(w.path, "/") {
			base := sessionNumbers.ReplaceAllString(part, "")
			if mine[base] != nil && !slices.Contains(theirs[base], part) {
				theirs[base] = append(theirs[base], part)
			}
		}
	}
	names := map[string]string{}
	for base, parts := range theirs {
		own := mine[base]
		same := len(parts) == len(own) && slices.Equal(slices.Sorted(slices.Values(parts)), slices.Sorted(slices.Values(own)))
		if len(parts) == len(own) && !same {
			for i, p := range parts {
				names[p] = own[i]
			}
		}
	}
	if len(names) == 0 {
		return
	}
	for _, w := range g.weights {
		parts := strings.Split(w.path, "/")
		for i, p := range parts {
			if n, ok := names[p]; ok {
				parts[i] = n
			}
		}
		w.way = strings.Join(parts, "/")
	}
}

// sessionNumbers are what sessions append to names: dense_2, and dense_2_1 where the
// graph had a dense_2.
var sessionNumbers = regexp.MustCompile(`(_\d+)+$`)

// eachLeaf visits the layers of a model, and of those nested in it, that are no
// models.
func eachLeaf(specs []*layerSpec, depth int, visit func(*layerSpec)) {
	for _, s := range specs {
		if s.model != nil {
			eachLeaf(s.model.layers, depth+1, visit)
		} else {
			visit(s)
		}
	}
}
