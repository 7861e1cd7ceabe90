package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// cudnnGates are the layers whose weights may be in CuDNN's layout: only if they
// have a bias, by the length of which it is told.
var cudnnGates = map[string]int{"LSTM": 4, "CuDNNLSTM": 4, "GRU": 3, "CuDNNGRU": 3}

// cudnnScope brings the weights of a recurrent layer from CuDNN's layout to
// Keras's, as Keras does when it loads them (hdf5_format._convert_rnn_weights).
// They have the same shapes, but for a bias of twice the length.
type cudnnScope struct {
	weightScope
	class string
}

func (s *cudnnScope) child(attr string, aliases []string) weightScope {
	inner := s.weightScope.child(attr, aliases)
	if attr == "cell" {
		return &cudnnScope{inner, s.class}
	}
	return inner
}

func (s *cudnnScope) next(name string, dims []int) (*stored, error) {
	gates := cudnnGates[s.class]
	if len(dims) == 0 || !s.foreign(dims[len(dims)-1]/gates, gates) {
		return s.weightScope.next(name, dims)
	}
	switch name {
	case "bias":
		wide := dims[len(dims)-1]
		w, err := s.weightScope.next(name, []int{2 * wide})
		if err != nil {
			return nil, err
		}
		if len(dims) == 2 { // a GRU's biases of input and state stay apart
			return converted(w, dims, func(t *ir.Tensor) *ir.Tensor { return reshaped(t, dims) }), nil
		}
		return converted(w, dims, func(t *ir.Tensor) *ir.Tensor {
			v := t.Float32s()
			sum := make([]float32, wide)
			for i := range sum {
				sum[i] = v[i] + v[wide+i]
			}
			return ir.NewFloat32(sum, wide)
		}), nil
	case "kernel", "recurrent_kernel":
		w, err := s.weightScope.next(name, dims)
		if err != nil {
			return nil, err
		}
		return converted(w, w.shape, func(t *ir.Tensor) *ir.Tensor { return fromCuDNN(t, gates) }), nil
	}
	return s.weightScope.next(name, dims)
}

// foreign tells whether the file has the layer in CuDNN's layout.
func (s *cudnnScope) foreign(units, gates int) bool {
	if units < 1 {
		return false
	}
	n := gates * units
	bias := peek(s.weightScope, "bias", [][]int{{2 * n}, {n}, {2, n}})
	return bias != nil && fits(bias.shape, []int{2 * n})
}

// peek is the unused array that next would give for one of several shapes.
func peek(scope weightScope, name string, shapes [][]int) *stored {
	fitsAny := func(w *stored) bool {
		return !w.used && slices.ContainsFunc(shapes, func(dims []int) bool { return fits(w.shape, dims) })
	}
	var best *stored
	switch s := scope.(type) {
	case *legacyScope:
		if s.group == nil {
			return nil
		}
		score := -1
		for _, w := range s.group.weights {
			if w.name == name && fitsAny(w) && s.score(w) > score {
				best, score = w, s.score(w)
			}
		}
	case *pathScope:
		for _, w := range s.stored() {
			if fitsAny(w) && (len(w.shape) == 1 || w.name == name) {
				best = w
			}
		}
	}
	return best
}

// fromCuDNN turns a kernel [rows, gates*units] gate by gate: CuDNN has rows and
// columns in the other order.
func fromCuDNN(t *ir.Tensor, gates int) *ir.Tensor {
	rows, units := t.Shape[0], t.Shape[1]/gates
	return rearranged(t, t.Shape, func(index []int) int {
		n := index[0] + index[1]%units*rows // place among the gate's elements
		return n/units*gates*units + index[1]/units*units + n%units
	})
}
