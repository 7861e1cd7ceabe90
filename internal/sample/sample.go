// Package sample makes up inputs for a model: seeded, and such that the model
// can do something with them. Token ids stay within the tables they look up.
package sample

import (
	"math"
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
	try := []int{length}
	if length == 0 {
		try = lengths[variant%len(lengths)]
	}
	var first error
	for _, n := range try {
		var shapes []ir.Shape
		for _, p := range m.Inputs {
			s := m.Type(p.Value).Shape.Clone()
			for a, d := range s {
				switch {
				case d.IsKnown():
				case a == 0:
					s[a] = ir.Known(max(0, batch+d.Size))
				default:
					s[a] = ir.Known(max(0, n+d.Size))
				}
			}
			shapes = append(shapes, s)
		}
		_, err := m.Bind(shapes)
		if err == nil {
			out := make([][]int, len(shapes))
			for i, s := range shapes {
				out[i], _ = s.Ints()
			}
			return out, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
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

// kind is what the graph tells of an input's values.
type kind struct {
	below  int  // they index a table of this size; 0 when they do not
	pixels bool // they are divided by 255 or so first
}

// kindOf follows a value through the nodes that only move or convert it.
func kindOf(m *ir.Model, id ir.ValueID) kind {
	k := kind{below: math.MaxInt}
	same := map[ir.ValueID]bool{id: true}
	for i := range m.Nodes {
		n := &m.Nodes[i]
		reads := slices.IndexFunc(n.Inputs, func(v ir.ValueID) bool { return same[v] })
		if reads < 0 {
			continue
		}
		switch op := n.Op.(type) {
		case *ir.Cast, *ir.Reshape, *ir.Transpose, *ir.Slice, *ir.Concat, *ir.Broadcast, *ir.Tile, *ir.Repeat, *ir.Flip, *ir.Pad:
			if reads == 0 || n.Op.Kind() == "Concat" {
				same[n.Outputs[0]] = true
			}
		case *ir.Gather:
			s := m.Type(n.Inputs[0]).Shape
			if axis, err := ir.NormAxis(op.Axis, len(s)); err == nil && reads == 1 && s[axis].IsKnown() {
				k.below = min(k.below, s[axis].Size)
			}
		case *ir.OneHot:
			if s := m.Type(n.Outputs[0]).Shape; len(s) > 0 && s[len(s)-1].IsKnown() {
				k.below = min(k.below, s[len(s)-1].Size)
			}
		case *ir.Binary:
			if c := m.Const(n.Inputs[1-min(reads, 1)]); c != nil && c.DType.IsFloat() && c.Elems() == 1 {
				v := math.Abs(float64(c.Float32s()[0]))
				k.pixels = k.pixels || op.Fn == "mul" && v > 0 && v < 0.01 || op.Fn == "div" && v > 100
			}
		}
	}
	if k.below == math.MaxInt {
		k.below = 0
	}
	return k
}
