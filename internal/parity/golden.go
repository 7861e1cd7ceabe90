package parity

import (
	"fmt"
	"math"
	"strings"

	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/ir"
)

// Cases reads the test cases of m from an .npz. Its arrays are in0, in1, … and
// out0, out1, … in the order of the model's inputs and outputs, or have their
// names; f64_out0 (or f64_ and a name) is the same in float64, if present. More
// cases have the prefixes v1_, v2_, … before all of these. An array that is
// missing, or that none of this accounts for, is an error.
func Cases(a *npz.Archive, m *ir.Model) ([]ir.Case, error) {
	g := golden{archive: a, model: m, used: map[string]bool{}}
	var cases []ir.Case
	for v := 0; ; v++ {
		prefix, name := "", "golden"
		if v > 0 {
			name = fmt.Sprintf("v%d", v)
			prefix = name + "_"
			if !g.any(prefix) {
				break
			}
		}
		c, err := g.read(prefix)
		if err != nil {
			return nil, err
		}
		c.Name = name
		cases = append(cases, c)
	}
	for _, n := range a.Names() {
		if !g.used[n] {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: n, Text: "array is none of the model's: " + g.describe()}
		}
	}
	return cases, nil
}

// Inputs reads m's inputs from an .npz, named as for Cases, in the dtypes the
// model wants.
func Inputs(a *npz.Archive, m *ir.Model) ([]*ir.Tensor, error) {
	g := golden{archive: a, model: m, used: map[string]bool{}}
	return g.inputs("")
}

type golden struct {
	archive *npz.Archive
	model   *ir.Model
	used    map[string]bool
}

func (g *golden) any(prefix string) bool {
	for _, n := range g.archive.Names() {
		if strings.HasPrefix(n, prefix) && !g.used[n] {
			return true
		}
	}
	return false
}

func (g *golden) read(prefix string) (c ir.Case, err error) {
	if c.Inputs, err = g.inputs(prefix); err != nil {
		return c, err
	}
	if c.Outputs, err = g.ports(prefix, "out", g.model.Outputs); err != nil {
		return c, err
	}
	if len(g.model.Outputs) > 0 && g.find(prefix+"f64_", "out", 0, g.model.Outputs[0].Name) != "" {
		c.Outputs64, err = g.ports(prefix+"f64_", "out", g.model.Outputs)
	}
	return c, err
}

func (g *golden) inputs(prefix string) ([]*ir.Tensor, error) {
	in, err := g.ports(prefix, "in", g.model.Inputs)
	if err != nil {
		return nil, err
	}
	for i, p := range g.model.Inputs {
		want := g.model.Type(p.Value)
		if !in[i].Type().Shape.CompatibleWith(want.Shape) {
			return nil, &ir.Error{Kind: ir.ErrShape, Field: p.Name, Text: fmt.Sprintf("the array has shape %v, the model wants %v", ir.Dims(in[i].Shape...), want.Shape)}
		}
		if in[i], err = Convert(in[i], want.DType); err != nil {
			return nil, &ir.Error{Kind: ir.ErrDType, Field: p.Name, Text: "the array does not fit the input", Err: err}
		}
	}
	return in, nil
}

func (g *golden) ports(prefix, kind string, ports []ir.Port) ([]*ir.Tensor, error) {
	var out []*ir.Tensor
	for i, p := range ports {
		name := g.find(prefix, kind, i, p.Name)
		if name == "" {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: fmt.Sprintf("%s%s%d", prefix, kind, i),
				Text: fmt.Sprintf("array is missing from the .npz, which has %s: %s", strings.Join(g.archive.Names(), ", "), g.describe())}
		}
		t, err := g.archive.Tensor(name)
		if err != nil {
			return nil, err
		}
		g.used[name] = true
		out = append(out, t)
	}
	return out, nil
}

// find gives the array of a port: by position, else by name unless an input
// has taken it.
func (g *golden) find(prefix, kind string, i int, name string) string {
	if n := fmt.Sprintf("%s%s%d", prefix, kind, i); g.archive.Has(n) {
		return n
	}
	if n := prefix + name; g.archive.Has(n) && !g.used[n] {
		return n
	}
	return ""
}

func (g *golden) describe() string {
	var parts []string
	for i, p := range g.model.Inputs {
		parts = append(parts, fmt.Sprintf("in%d or %q", i, p.Name))
	}
	for i, p := range g.model.Outputs {
		parts = append(parts, fmt.Sprintf("out%d or %q", i, p.Name))
	}
	return "the model has " + strings.Join(parts, ", ")
}

// Convert gives t in another dtype. Floats are rounded to a narrower float; any
// other loss is an error.
func Convert(t *ir.Tensor, to ir.DType) (*ir.Tensor, error) {
	from := t.DType
	if from == to {
		return t, nil
	}
	if from == ir.String || to == ir.String || to.Size() == 0 {
		return nil, ir.Errorf(ir.ErrDType, "is %v, wants %v", from, to)
	}
	out := &ir.Tensor{DType: to, Shape: t.Shape, Data: make([]byte, t.Elems()*to.Size())}
	if from.IsFloat() {
		for i, v := range floats(t) {
			if !putFloat(out, i, v) {
				return nil, ir.Errorf(ir.ErrDType, "element %d is %v, which is no %v", i, v, to)
			}
		}
		return out, nil
	}
	for i, v := range t.Int64s() {
		if from == ir.Uint64 && v < 0 || !putInt(out, i, v) {
			return nil, ir.Errorf(ir.ErrDType, "element %d is %d, which is no %v", i, v, to)
		}
	}
	return out, nil
}

func putFloat(t *ir.Tensor, i int, v float64) bool {
	switch t.DType {
	case ir.Float32:
		put(t, i, uint64(math.Float32bits(float32(v))))
	case ir.Float64:
		put(t, i, math.Float64bits(v))
	case ir.Float16:
		put(t, i, uint64(ir.Float32ToFloat16(float32(v))))
	case ir.BFloat16:
		put(t, i, uint64(ir.Float32ToBFloat16(float32(v))))
	default:
		return v == math.Trunc(v) && math.Abs(v) < 1<<63 && putInt(t, i, int64(v))
	}
	return true
}

// putInt reports whether element i of t then is v.
func putInt(t *ir.Tensor, i int, v int64) bool {
	if t.DType.IsFloat() {
		putFloat(t, i, float64(v))
	} else {
		put(t, i, uint64(v))
	}
	one := &ir.Tensor{DType: t.DType, Data: t.Data[i*t.DType.Size():]}
	return one.Int64s()[0] == v && (t.DType != ir.Uint64 || v >= 0) && (t.DType != ir.Bool || v>>1 == 0)
}

// put stores the low bytes of v, little-endian.
func put(t *ir.Tensor, i int, v uint64) {
	size := t.DType.Size()
	for j := range size {
		t.Data[i*size+j] = byte(v >> (8 * j))
	}
}
