// Package sample makes up inputs for a model: seeded, and such that the model
// can do something with them. Token ids stay within the tables they look up.
package sample

import (
	"math/rand/v2"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// Options of Make. The zero Options make two cases: one example of length 20,
// and three of length 13, some padded with zeros.
type Options struct {
	Seed    uint64
	Batches []int // a case each; default 1, 3
	Length  int   // of open dimensions after the first; 0: 20, then 13
}

// lengths are tried where a length is not given: the first one that the model's
// ops accept is taken.
var lengths = [][]int{{20, 32, 64, 128, 224, 256, 512, 1024}, {13, 24, 48, 96, 160, 192, 384, 800}}

// Make returns cases of inputs in the order of m.Inputs. The same model and
// options give the same cases.
func Make(m *ir.Model, o Options) ([][]*ir.Tensor, error) {
	if len(o.Batches) == 0 {
		o.Batches = []int{1, 3}
	}
	kinds := make([]kind, len(m.Inputs))
	for i, p := range m.Inputs {
		kinds[i] = kindOf(m, p.Value)
	}
	words := vocabulary(m)
	var out [][]*ir.Tensor
	for i, batch := range o.Batches {
		shapes, err := shapesFor(m, batch, o.Length, i)
		if err != nil {
			return nil, err
		}
		var in []*ir.Tensor
		for j, p := range m.Inputs {
			rng := rand.New(rand.NewPCG(o.Seed, uint64(i)<<32|uint64(j)))
			t := fill(m.Type(p.Value).DType, shapes[j], kinds[j], words, rng)
			if i > 0 {
				pad(t)
			}
			in = append(in, t)
		}
		out = append(out, in)
	}
	return out, nil
}

// Shapes are the shapes of the inputs for a batch size; length is as in Options.
func Shapes(m *ir.Model, batch, length int) ([][]int, error) { return shapesFor(m, batch, length, 0) }

// shapesFor closes the open dimensions of the inputs.
func shapesFor(m *ir.Model, batch, length, variant int) ([][]int, error) {
	uniform := []int{length}
	if length == 0 {
		uniform = lengths[variant%len(lengths)]
	}
	names := openNames(m)
	size := map[string]int{}
	var first error
	for _, n := range uniform {
		for _, name := range names {
			size[name] = n
		}
		shapes, err := bound(m, batch, size)
		if err == nil {
			return shapes, nil
		}
		if first == nil {
			first = err
		}
	}
	// Sizes of one input may follow from those of another.
	sizes := knownSizes(m)
	if length != 0 || len(names) > 3 || len(sizes) > 8 {
		return nil, first
	}
	var try func(k int) [][]int
	try = func(k int) [][]int {
		if k == len(names) {
			shapes, _ := bound(m, batch, size)
			return shapes
		}
		for _, n := range sizes {
			size[names[k]] = n
			if shapes := try(k + 1); shapes != nil {
				return shapes
			}
		}
		return nil
	}
	if shapes := try(0); shapes != nil {
		return shapes, nil
	}
	return nil, first
}

// openNames are the names of the inputs' open dimensions after the first.
func openNames(m *ir.Model) []string {
	var out []string
	for _, p := range m.Inputs {
		for a, d := range m.Type(p.Value).Shape {
			if a > 0 && !d.IsKnown() && !slices.Contains(out, d.Name) {
				out = append(out, d.Name)
			}
		}
	}
	return out
}

// knownSizes are the inputs' known dimensions.
func knownSizes(m *ir.Model) []int {
	var out []int
	for _, p := range m.Inputs {
		for a, d := range m.Type(p.Value).Shape {
			if a > 0 && d.IsKnown() && !slices.Contains(out, d.Size) {
				out = append(out, d.Size)
			}
		}
	}
	return out
}

// bound is the inputs' shapes with these sizes, if the model's ops accept them.
func bound(m *ir.Model, batch int, size map[string]int) ([][]int, error) {
	var shapes []ir.Shape
	out := make([][]int, len(m.Inputs))
	for i, p := range m.Inputs {
		s := m.Type(p.Value).Shape.Clone()
		for a, d := range s {
			switch {
			case d.IsKnown():
			case a == 0:
				s[a] = ir.Known(max(0, batch+d.Size))
			default:
				s[a] = ir.Known(max(0, size[d.Name]+d.Size))
			}
		}
		shapes = append(shapes, s)
		out[i], _ = s.Ints()
	}
	if _, err := m.Bind(shapes); err != nil {
		return nil, err
	}
	return out, nil
}

func fill(d ir.DType, shape []int, k kind, words []string, rng *rand.Rand) *ir.Tensor {
	n := 1
	for _, s := range shape {
		n *= s
	}
	switch {
	case d == ir.String:
		v := make([]string, n)
		for i := range v {
			v[i] = text(words, rng)
			if k.keys != nil && (k.strict || rng.IntN(8) > 0) {
				v[i] = k.keys.Strings[rng.IntN(len(k.keys.Strings))]
			}
		}
		return ir.NewString(v, shape...)
	case d == ir.Bool:
		v := make([]bool, n)
		for i := range v {
			v[i] = rng.IntN(2) == 1
		}
		return ir.NewBool(v, shape...)
	}
	v := make([]float32, n)
	for i := range v {
		switch {
		case k.keys != nil && (k.strict || rng.IntN(8) > 0):
			v[i] = float32(k.keys.Int64s()[rng.IntN(k.keys.Elems())])
		case k.divides:
			v[i] = float32(1 + rng.IntN(9))
		case k.below > 0:
			v[i] = float32(rng.IntN(k.below))
		case d.IsInt():
			v[i] = float32(rng.IntN(10))
		case k.pixels:
			v[i] = float32(rng.IntN(256))
		case len(shape) == 4 && slices.Contains([]int{1, 3, 4}, shape[3]):
			v[i] = rng.Float32()
		default:
			v[i] = float32(rng.NormFloat64())
		}
	}
	return cast(v, d, shape)
}

// cast gives v in dtype d, whose values it has.
func cast(v []float32, d ir.DType, shape []int) *ir.Tensor {
	switch d {
	case ir.Int32, ir.Int16, ir.Int8, ir.Uint8, ir.Uint16:
		w := make([]int32, len(v))
		for i, x := range v {
			w[i] = int32(x)
		}
		return ir.NewInt32(w, shape...)
	case ir.Int64, ir.Uint32, ir.Uint64:
		w := make([]int64, len(v))
		for i, x := range v {
			w[i] = int64(x)
		}
		return ir.NewInt64(w, shape...)
	}
	return ir.NewFloat32(v, shape...)
}

// pad zeroes the last quarter of every second example, so that masks have
// something to hide.
func pad(t *ir.Tensor) {
	if t.DType == ir.String || t.DType == ir.Bool || len(t.Shape) < 2 || len(t.Shape) > 3 || t.Shape[1] < 4 {
		return
	}
	row := len(t.Data) / max(1, t.Shape[0])
	step := row / t.Shape[1]
	for b := 1; b < t.Shape[0]; b += 2 {
		clear(t.Data[b*row+step*(t.Shape[1]-t.Shape[1]/4) : (b+1)*row])
	}
}

// text is one to eight words.
func text(words []string, rng *rand.Rand) string {
	s := words[rng.IntN(len(words))]
	for range rng.IntN(8) {
		s += " " + words[rng.IntN(len(words))]
	}
	return s
}

// vocabulary is words the model knows, and one it does not.
func vocabulary(m *ir.Model) []string {
	words := []string{"zzz"}
	for _, v := range m.Values {
		if v.Const != nil && v.DType == ir.String {
			for _, w := range v.Const.Strings[:min(len(v.Const.Strings), 50)] {
				if w != "" {
					words = append(words, w)
				}
			}
		}
	}
	if len(words) == 1 {
		words = append(words, "the", "film", "was", "not", "good", "at", "all")
	}
	return words
}
