package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// keras1Scope finds a layer's weights in a file of Keras 1, whose arrays are
// named after the layer ("lstm_1_W_i"), and brings them to Keras 2's layout.
type keras1Scope struct {
	inner *legacyScope
	spec  *layerSpec
	turn  bool // convolutions flip their kernels: Theano
}

// keras1Suffixes are the names of Keras 1's weights, where they are not Keras 2's.
var keras1Suffixes = map[string]string{
	"kernel": "W", "embeddings": "W", "recurrent_kernel": "U", "bias": "b", "moving_mean": "running_mean",
	"moving_variance": "running_std", "alpha": "alphas",
}

// keras1Gates are the gates of layers that may store each apart, in the order in
// which Keras 2 joins them.
var keras1Gates = map[string][]string{"LSTM": {"i", "f", "c", "o"}, "ConvLSTM2D": {"i", "f", "c", "o"}, "GRU": {"z", "r", "h"}}

// keras1Order is the order in which a layer's arrays are in the file, for those
// that Theano left without a name.
var keras1Order = map[string]string{
	"LSTM":       "W_i U_i b_i W_c U_c b_c W_f U_f b_f W_o U_o b_o",
	"ConvLSTM2D": "W_i U_i b_i W_c U_c b_c W_f U_f b_f W_o U_o b_o",
	"GRU":        "W_z U_z b_z W_r U_r b_r W_h U_h b_h",
	"SimpleRNN":  "W U b", "BatchNormalization": "gamma beta running_mean running_std",
	"SeparableConv2D": "depthwise_kernel pointwise_kernel b", "Highway": "W W_carry b b_carry",
}

func (s *keras1Scope) child(attr string, aliases []string) weightScope {
	if attr == "cell" { // not apart in Keras 1
		return s
	}
	return s.inner.child(attr, aliases)
}

// layers are those of a nested model. The branches of a Merge that begins a
// Sequential have groups of their own.
func (s *keras1Scope) layers(specs []*layerSpec) []weightScope {
	out := s.inner.layers(specs)
	if s.inner.name == "" {
		return out
	}
	for i, l := range specs {
		for _, g := range s.inner.file.groups {
			if g.name == l.name && g != s.inner.group {
				g.claimed = true
				out[i] = &legacyScope{file: s.inner.file, group: g, name: l.name}
			}
		}
	}
	return out
}

func (s *keras1Scope) stored() []*stored { return s.inner.stored() }

// following is the next group, in the order in which Keras loads, that no layer
// is named like.
func (f *legacyWeights) following() *legacyGroup {
	for _, g := range f.groups {
		if !g.claimed && len(g.weights) > 0 {
			g.claimed = true
			return g
		}
	}
	return nil
}

// find is the array with a suffix: named after the layer, else any in its share
// of the group, else by its place in the order. TensorFlow numbers a name that
// the session has already: lstm_1_W_i_1.
func (s *keras1Scope) find(suffix string) *stored {
	if s.inner.group == nil {
		return nil
	}
	full := s.spec.name + "_" + suffix
	for _, w := range s.inner.group.weights {
		if !w.used && (w.name == full || uniquifier.ReplaceAllString(w.name, "") == full) {
			return w
		}
	}
	share := s.inner.stored()
	for _, w := range share {
		if !w.used && strings.HasSuffix(uniquifier.ReplaceAllString(w.name, ""), "_"+suffix) {
			return w
		}
	}
	order := strings.Fields(keras1Order[s.spec.class])
	if order == nil {
		order = []string{"W", "b"}
	}
	if i := slices.Index(order, suffix); i >= 0 && i < len(share) && strings.HasPrefix(share[i].name, "param_") && !share[i].used {
		return share[i]
	}
	return nil
}

func (s *keras1Scope) next(name string, dims []int) (*stored, error) {
	if s.inner.group == nil {
		if s.inner.group = s.inner.file.following(); s.inner.group == nil {
			return nil, missing(name, dims, []string{"group " + s.inner.name}, nil)
		}
	}
	if s.inner.file.work += len(s.inner.group.weights); s.inner.file.work > maxWork {
		return nil, ir.Errorf(ir.ErrLimit, "too many weights in one layer to match them by name")
	}
	suffix := name
	if n, ok := keras1Suffixes[name]; ok {
		suffix = n
	}
	if w := s.find(suffix); w != nil {
		w.used = true
		return s.arranged(w, name, dims)
	}
	gates := keras1Gates[s.spec.class]
	if gates == nil || !slices.Contains([]string{"W", "U", "b"}, suffix) {
		return s.inner.next(name, dims)
	}
	apart := slices.Clone(dims)
	if n := len(apart); n > 0 && apart[n-1] > 0 {
		apart[n-1] /= len(gates)
	}
	parts := make([]*stored, len(gates))
	for i, g := range gates {
		w := s.find(suffix + "_" + g)
		if w == nil {
			return s.inner.next(name, dims)
		}
		w.used = true
		var err error
		if parts[i], err = s.arranged(w, name, apart); err != nil {
			return nil, err
		}
	}
	return joined(parts), nil
}

// joined is the array of several gates, one beside the other.
func joined(parts []*stored) *stored {
	out := *parts[0]
	out.shape = slices.Clone(out.shape)
	n := len(out.shape) - 1
	for _, p := range parts[1:] {
		out.shape[n] += p.shape[n]
	}
	out.read = func() (*ir.Tensor, error) {
		ts := make([]*ir.Tensor, len(parts))
		for i, p := range parts {
			var err error
			if ts[i], err = p.read(); err != nil {
				return nil, err
			}
			if ts[i].DType != ts[0].DType || !slices.Equal(ts[i].Shape[:n], ts[0].Shape[:n]) {
				return nil, ir.Errorf(ir.ErrShape, "%s is %v, %s is %v", parts[0].path, ts[0].Type(), p.path, ts[i].Type())
			}
		}
		return sideBySide(ts), nil
	}
	return &out
}

// arranged brings an array to the layout and shape of Keras 2.
func (s *keras1Scope) arranged(w *stored, name string, dims []int) (*stored, error) {
	if perm := s.permutation(w, name, dims); perm != nil {
		w = converted(w, permutedShape(w.shape, perm), func(t *ir.Tensor) *ir.Tensor { return permuted(t, perm...) })
	}
	if s.spec.class == "Conv1D" && name == "kernel" && len(w.shape) == 4 && w.shape[1] == 1 { // [length, 1, in, out]
		w = converted(w, []int{w.shape[0], w.shape[2], w.shape[3]}, func(t *ir.Tensor) *ir.Tensor {
			return reshaped(t, []int{t.Shape[0], t.Shape[2], t.Shape[3]})
		})
	}
	if !fits(w.shape, dims) {
		return nil, mismatch(w, dims)
	}
	if s.turn {
		w = turnedKernel(w, s.spec.class, name)
	}
	return w, nil
}

func (s *keras1Scope) first() bool { return s.spec.config["data_format"] == "channels_first" }

// permutation is how the axes of a convolution's kernel move, nil for not at
// all. dim_ordering says it, unless only the other layout has the right shape.
func (s *keras1Scope) permutation(w *stored, name string, dims []int) []int {
	var th, tf []int
	rank := len(w.shape)
	switch s.spec.class {
	case "Conv1D": // before 1.1 [out, in, length, 1]
		if rank != 4 || name != "kernel" || w.shape[1] == 1 && fits([]int{w.shape[0], w.shape[2], w.shape[3]}, dims) {
			return nil
		}
		return []int{2, 3, 1, 0}
	case "Conv2D", "SeparableConv2D", "ConvLSTM2D":
		th = []int{2, 3, 1, 0}
	case "Conv3D":
		th = []int{2, 3, 4, 1, 0}
	case "Deconvolution2D":
		th, tf = []int{2, 3, 0, 1}, []int{0, 1, 3, 2}
	}
	if len(th) != rank || !strings.HasSuffix(name, "kernel") {
		return nil
	}
	fitsAs := func(perm []int) bool { return fits(permutedShape(w.shape, perm), dims) }
	if tf == nil {
		tf = []int{0, 1, 2, 3, 4}[:rank]
	}
	if s.first() == fitsAs(th) || !fitsAs(tf) && fitsAs(th) {
		if fitsAs(th) {
			return th
		}
	}
	return tf
}

// flipping are the layers whose kernels a true convolution reverses, with the
// number of their spatial axes. Kernels of depthwise convolutions Keras reverses
// beforehand, so that they are as they were.
var flipping = map[string]int{
	"Conv1D": 1, "Conv2D": 2, "Conv3D": 3, "Conv2DTranspose": 2, "Conv3DTranspose": 3, "Deconvolution2D": 2, "ConvLSTM2D": 2,
}

// turnedKernel reverses the windows of a kernel that Theano convolves with.
func turnedKernel(w *stored, class, name string) *stored {
	axes := flipping[class]
	if axes == 0 || !strings.HasSuffix(name, "kernel") || len(w.shape) < axes {
		return w
	}
	return converted(w, w.shape, func(t *ir.Tensor) *ir.Tensor { return turned(t, axes) })
}

// turnedScope is the scope of a convolution of Keras 2 on Theano.
type turnedScope struct {
	weightScope
	class string
}

func (s *turnedScope) child(attr string, aliases []string) weightScope {
	inner := s.weightScope.child(attr, aliases)
	if attr == "cell" {
		return &turnedScope{inner, s.class}
	}
	return inner
}

func (s *turnedScope) next(name string, dims []int) (*stored, error) {
	w, err := s.weightScope.next(name, dims)
	if err != nil {
		return nil, err
	}
	return turnedKernel(w, s.class, name), nil
}

// scopeOf is the scope of a layer whose file holds its weights in an older
// layout.
func (b *builder) scopeOf(ls *layerSpec, w weightScope) weightScope {
	theano := flipping[ls.class] > 0 && b.theano()
	if legacy, ok := w.(*legacyScope); ok && (b.d.name == "keras1" || legacy.file.ofKeras1()) {
		return &keras1Scope{legacy, ls, theano}
	}
	switch {
	case theano:
		return &turnedScope{w, ls.class}
	case cudnnGates[ls.class] > 0 && ls.config["use_bias"] != false:
		return &cudnnScope{w, ls.class}
	}
	return w
}

// ofKeras1 tells weights that Keras 1 wrote, which an architecture of Keras 2 may
// come with, by their names.
func (f *legacyWeights) ofKeras1() bool {
	if !f.looked {
		f.looked = true
		for _, w := range f.all() {
			if slices.Contains(variableNames, w.name) {
				f.keras1 = false
				break
			}
			f.keras1 = f.keras1 || keras1Variable.MatchString(w.name)
		}
	}
	return f.keras1
}

// keras1Variable are names such as lstm_1_W_i and dense_1_W_2.
var keras1Variable = regexp.MustCompile(`_[WUb](_[ifcozrh])?(_\d+)?$`)

// theano tells whether the model's convolutions flip their kernels. Keras 1 does
// not say its backend, but only TensorFlow's variables are named "…:0".
func (b *builder) theano() bool {
	if b.opts.keras1 != "" && b.d.name == "keras1" {
		return b.opts.keras1 == "theano"
	}
	if b.file.backend != "" || b.d.name != "keras1" {
		return b.file.backend == "theano"
	}
	f, ok := b.file.weights.(*legacyWeights)
	if !ok {
		return false
	}
	for _, g := range f.groups {
		if len(g.weights) > 0 {
			backend := "theano"
			if strings.HasSuffix(g.weights[0].path, ":0") {
				backend = "tensorflow"
			}
			b.note(fmt.Sprintf("Keras 1 does not say its backend; the weights are named as by %s, which decides whether convolutions flip their kernels (importer.WithKeras1Backend)", backend))
			return backend == "theano"
		}
	}
	return false
}
