package importer

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// legacyWeights are the weights of Keras's HDF5 format up to Keras 2, which
// Keras 3 still writes: a group for each layer of the outermost model, its
// arrays in the order of weight_names.
type legacyWeights struct {
	groups []*legacyGroup
	work   int                         // arrays looked at
	pairs  map[*layerSpec]*legacyGroup // by order, see inOrder

	looked, keras1 bool // see ofKeras1
}

// maxWork bounds the search: real models need a thousandth of it.
const maxWork = 1 << 27

type legacyGroup struct {
	name    string
	weights []*stored
	claimed bool // belongs to a layer of the model
	renamed bool // see rename
}

// legacyScope is a layer's share of a group. All layers nested in one layer of
// the outermost model share its group; names lead to the layer within it.
type legacyScope struct {
	file  *legacyWeights
	group *legacyGroup // nil until a layer without a group of its name asks
	name  string
	names []string // layers and attributes below the group
}

// root is the scope of the outermost model.
func (f *legacyWeights) root() weightScope { return &legacyScope{file: f} }

func (s *legacyScope) child(attr string, aliases []string) weightScope {
	return s.below(attr)
}

func (s *legacyScope) below(name string) *legacyScope {
	return &legacyScope{s.file, s.group, s.name, append(slices.Clip(s.names), name)}
}

func (s *legacyScope) layers(specs []*layerSpec) []weightScope {
	out := make([]weightScope, len(specs))
	if s.name != "" { // a nested model
		if s.group != nil {
			s.group.rename(specs)
		}
		for i, l := range specs {
			out[i] = s.below(l.name)
			g := s.file.pairs[l]
			if s.file.pairs == nil {
				g = s.file.free(l.name)
			}
			if s.group == nil && g != nil { // of a branch of a Merge
				g.claimed = true
				out[i] = &legacyScope{file: s.file, group: g, name: l.name}
			}
		}
		return out
	}
	pairs := s.file.inOrder(specs)
	s.file.pairs = pairs
	for i, l := range specs {
		sc := &legacyScope{file: s.file, name: l.name, group: pairs[l]}
		for _, g := range s.file.groups {
			if pairs == nil && g.name == l.name {
				sc.group = g
			}
		}
		if sc.group != nil {
			sc.group.claimed = true
		}
		out[i] = sc
	}
	return out
}

// free is the group of a name that no layer has claimed.
func (f *legacyWeights) free(name string) *legacyGroup {
	for _, g := range f.groups {
		if g.name == name && !g.claimed {
			return g
		}
	}
	return nil
}

// stored lists the arrays whose paths name the way to this scope best, as far as
// any names it.
func (s *legacyScope) stored() []*stored { return s.share(s.names) }

// share is stored for a part of the way.
func (s *legacyScope) share(names []string) []*stored {
	if s.group == nil {
		return nil
	}
	out := s.group.weights
	for _, n := range names {
		if s.file.work += len(out); s.file.work > maxWork {
			break
		}
		var named []*stored
		most := 1
		for _, w := range out {
			switch score := nameScore(w.named(), n); {
			case score > most:
				named, most = []*stored{w}, score
			case score == most:
				named = append(named, w)
			}
		}
		if len(named) > 0 {
			out = named
		}
	}
	return out
}

// next matches by name first: the last component of the path must be the
// variable's, and of several that are, the path that names the most of the
// layers on the way wins, then the first in the file. TensorFlow 1 numbers the
// variables of one layer's cells: kernel, kernel_1. Only when no array has the
// name does the order decide, and the shape must fit.
func (s *legacyScope) next(name string, dims []int) (*stored, error) {
	if s.group == nil {
		if s.group = s.file.unclaimed(dims); s.group == nil {
			return nil, missing(name, dims, []string{"group " + s.name}, nil)
		}
	}
	if s.file.work += len(s.group.weights); s.file.work > maxWork {
		return nil, ir.Errorf(ir.ErrLimit, "too many weights in one layer to match them by name")
	}
	var best, wrong *stored
	for depth := len(s.names); best == nil && depth >= 0; depth-- { // what names all of the way, else the most of it
		share := s.share(s.names[:depth])
		var misfit *stored
		if best, misfit = s.called(share, name, dims); best == nil && misfit == nil {
			best = firstThat(share, dims, func(w *stored) bool { return uniquifier.ReplaceAllString(w.name, "") == name })
		}
		if wrong == nil {
			wrong = misfit
		}
	}
	if best == nil && wrong != nil {
		return nil, mismatch(wrong, dims)
	}
	if best == nil {
		best = firstThat(s.group.weights, dims, func(w *stored) bool { return !slices.Contains(variableNames, w.name) })
		if best != nil {
			best.byOrder = true
		}
	}
	if best == nil {
		return nil, missing(name, dims, []string{"group " + s.group.name}, s.group.weights)
	}
	best.used = true
	return best, nil
}

// called is the unused array of a name that fits, by the path that names the most
// of the way, and the best one that does not fit.
func (s *legacyScope) called(weights []*stored, name string, dims []int) (best, wrong *stored) {
	score := -1
	for _, w := range weights {
		if w.used || w.name != name {
			continue
		}
		if !fits(w.shape, dims) {
			if wrong == nil || s.score(w) > s.score(wrong) {
				wrong = w
			}
			continue
		}
		if sc := s.score(w); sc > score {
			best, score = w, sc
		}
	}
	return best, wrong
}

// firstThat is the first unused array that fits and is meant.
func firstThat(weights []*stored, dims []int, meant func(*stored) bool) *stored {
	for _, w := range weights {
		if !w.used && fits(w.shape, dims) && meant(w) {
			return w
		}
	}
	return nil
}

// variableNames are names that say what a variable is, so that it is never
// taken for another.
var variableNames = []string{
	"kernel", "recurrent_kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "embeddings",
	"depthwise_kernel", "pointwise_kernel", "alpha",
}

var uniquifier = regexp.MustCompile(`_\d+$`)

// score counts how well an array's path names the way to this scope.
func (s *legacyScope) score(w *stored) int {
	score := 0
	for _, n := range s.names {
		score += nameScore(w.named(), n)
	}
	return score
}

// nameScore tells whether a path has a component for a layer or attribute.
func nameScore(path, name string) int {
	best := 0
	for p := range strings.SplitSeq(path, "/") {
		switch {
		case p == name:
			return 8
		case strings.HasPrefix(name, "forward_") && strings.HasPrefix(p, "forward_"),
			strings.HasPrefix(name, "backward_") && strings.HasPrefix(p, "backward_"):
			best = max(best, 4)
		case uniquifier.ReplaceAllString(p, "") == name:
			best = max(best, 2)
		}
	}
	return best
}

// unclaimed is the group for a layer whose name the file does not have: the
// next in order, as Keras loads, that no other layer is named like.
func (f *legacyWeights) unclaimed(dims []int) *legacyGroup {
	for _, g := range f.groups {
		if g.claimed || len(g.weights) == 0 {
			continue
		}
		if slices.ContainsFunc(g.weights, func(w *stored) bool { return fits(w.shape, dims) }) {
			g.claimed = true
			return g
		}
		return nil
	}
	return nil
}

// all lists every array of the file.
func (f *legacyWeights) all() []*stored {
	var out []*stored
	for _, g := range f.groups {
		out = append(out, g.weights...)
	}
	return out
}
