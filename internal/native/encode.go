package native

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"github.com/kerasgo/kerasgo/internal/safetensors"
	"github.com/kerasgo/kerasgo/internal/strictjson"
	"github.com/kerasgo/kerasgo/ir"
)

// Options of Encode.
type Options struct {
	// DType is what float32 kernels are stored as: Float32, Float16, BFloat16
	// or Int8. Invalid means Float32.
	DType ir.DType
	Cases []ir.Case
	// MaxHeader is the limit with which the file shall be readable.
	MaxHeader int64
}

// Encode writes m. The same model and options give the same bytes. The data are
// gone over twice, once for their digest.
func Encode(w io.Writer, m *ir.Model, opt Options) error {
	if opt.DType == ir.Invalid {
		opt.DType = ir.Float32
	}
	if !slices.Contains(weightDTypes, opt.DType) {
		return ir.Errorf(ir.ErrUsage, "weights cannot be stored as %v; choose float32, float16, bfloat16 or int8", opt.DType)
	}
	if err := m.Validate(); err != nil {
		return err
	}
	s := &store{names: newNames(), seen: map[*ir.Tensor]data{}}
	g := graph{Name: m.Name, Inputs: ports(m.Inputs), Outputs: ports(m.Outputs), Layers: list(m.Layers), Notes: list(m.Notes)}
	var err error
	if g.Values, err = encodeValues(s, m, opt.DType); err != nil {
		return err
	}
	if g.Nodes, err = encodeNodes(m); err != nil {
		return err
	}
	if g.Cases, err = encodeCases(s, m, opt.Cases); err != nil {
		return err
	}
	text, err := marshal(g)
	if err != nil {
		return err
	}
	source, err := marshal(m.Source)
	if err != nil {
		return err
	}
	if err := strictjson.Check(text, jsonOptions(opt.MaxHeader)); err != nil {
		return &ir.Error{Kind: ir.ErrLimit, Field: keyGraph, Text: "too large to be read with the limit on headers; raise it", Err: err}
	}
	safetensors.Sort(s.entries)
	digest := sha256.New()
	if err := safetensors.WriteData(digest, s.entries); err != nil {
		return err
	}
	return safetensors.Write(w, opt.MaxHeader, []safetensors.Meta{
		{Key: keyVersion, Value: version()},
		{Key: keySource, Value: string(source)},
		{Key: keyWeights, Value: opt.DType.String()},
		{Key: keyDigest, Value: hex.EncodeToString(digest.Sum(nil))},
		{Key: keyGraph, Value: string(text)},
	}, s.entries)
}

func ports(in []ir.Port) []port {
	out := make([]port, len(in))
	for i, p := range in {
		out[i] = port(p)
	}
	return out
}

func encodeValues(s *store, m *ir.Model, dtype ir.DType) ([]value, error) {
	var narrow map[ir.ValueID]int
	if dtype != ir.Float32 {
		narrow = kernelAxes(m)
	}
	out := make([]value, len(m.Values))
	for i, v := range m.Values {
		out[i] = value{Name: v.Name, Type: shaped(v.Type)}
		if v.Const == nil {
			continue
		}
		name := v.Name
		if name == "" {
			name = fmt.Sprintf("value%d", i)
		}
		var d data
		var err error
		if axis, ok := narrow[ir.ValueID(i)]; ok {
			d, err = s.addNarrow(name, v.Const, dtype, axis)
		} else {
			d, err = s.add(name, v.Const)
		}
		if err != nil {
			return nil, err
		}
		out[i].Data = &d
	}
	return out, nil
}

// shaped writes a scalar's shape as [], never as null.
func shaped(t ir.Type) ir.Type {
	if t.Shape == nil {
		t.Shape = ir.Shape{}
	}
	return t
}

func encodeNodes(m *ir.Model) ([]node, error) {
	out := make([]node, len(m.Nodes))
	for i, n := range m.Nodes {
		if ir.NewOp(n.Op.Kind()) == nil {
			return nil, &ir.Error{Kind: ir.ErrUnsupported, Layer: n.Origin.Layer, Class: n.Origin.Class, Text: "op " + n.Op.Kind() + " is not kerasgo's own; models with it run, but cannot be stored"}
		}
		params, err := encodeOp(n.Op)
		if err != nil {
			return nil, err
		}
		out[i] = node{Op: n.Op.Kind(), Params: params, Inputs: list(n.Inputs), Outputs: list(n.Outputs), Origin: n.Origin}
	}
	return out, nil
}

// list writes an empty list as [], never as null.
func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

func encodeCases(s *store, m *ir.Model, cases []ir.Case) ([]testCase, error) {
	var out []testCase
	for i, c := range cases {
		if err := checkCase(m, c); err != nil {
			return nil, err
		}
		tc := testCase{Name: c.Name}
		for _, part := range []struct {
			to     *[]caseTensor
			from   []*ir.Tensor
			prefix string
		}{{&tc.Inputs, c.Inputs, "in"}, {&tc.Outputs, c.Outputs, "out"}, {&tc.Outputs64, c.Outputs64, "f64_out"}} {
			for j, t := range part.from {
				d, err := s.add(fmt.Sprintf("case%d/%s%d", i, part.prefix, j), t)
				if err != nil {
					return nil, err
				}
				*part.to = append(*part.to, caseTensor{Type: shaped(t.Type()), Data: d})
			}
		}
		out = append(out, tc)
	}
	return out, nil
}

// checkCase reports a case that is not one of m's.
func checkCase(m *ir.Model, c ir.Case) error {
	for _, part := range []struct {
		what    string
		ports   []ir.Port
		tensors []*ir.Tensor
	}{{"input", m.Inputs, c.Inputs}, {"output", m.Outputs, c.Outputs}, {"float64 output", m.Outputs, c.Outputs64}} {
		if len(part.tensors) == 0 && part.what == "float64 output" {
			continue
		}
		if len(part.tensors) != len(part.ports) {
			return ir.Errorf(ir.ErrMalformed, "test case %q has %d %ss, the model has %d", c.Name, len(part.tensors), part.what, len(part.ports))
		}
		for i, t := range part.tensors {
			want := m.Type(part.ports[i].Value)
			if !t.Type().Shape.CompatibleWith(want.Shape) {
				return ir.Errorf(ir.ErrShape, "test case %q: %s %q has shape %v, the model has %v", c.Name, part.what, part.ports[i].Name, t.Shape, want.Shape)
			}
			if part.what == "input" && t.DType != want.DType {
				return ir.Errorf(ir.ErrDType, "test case %q: input %q is %v, the model has %v", c.Name, part.ports[i].Name, t.DType, want.DType)
			}
		}
	}
	return nil
}
