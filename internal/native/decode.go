package native

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/internal/safetensors"
	"github.com/kerasgo/kerasgo/internal/strictjson"
	"github.com/kerasgo/kerasgo/ir"
)

// File is a decoded .kgo.
type File struct {
	Model   *ir.Model
	Cases   []ir.Case
	Version string
	Weights ir.DType // what float32 kernels are stored as
	Digest  string   // SHA-256 of the data as the header has it, in hex

	tensors *safetensors.File
}

// VerifyDigest reads all data and compares their digest with the header's.
func (f *File) VerifyDigest() error {
	h := sha256.New()
	if _, err := io.Copy(h, f.tensors.Reader()); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != f.Digest {
		return &ir.Error{Kind: ir.ErrChecksum, Field: keyDigest, Text: fmt.Sprintf("corrupt: the header has %s, the data %s", f.Digest, got)}
	}
	return nil
}

// Decode builds the model of a safetensors file, opened with the same maxHeader.
// Everything is checked but the digest.
func Decode(sf *safetensors.File, maxHeader int64) (*File, error) {
	f := &File{Version: sf.Metadata[keyVersion], Digest: sf.Metadata[keyDigest], tensors: sf}
	if f.Version == "" {
		return nil, ir.Errorf(ir.ErrMalformed, "a safetensors file without %s: not a .kgo", keyVersion)
	}
	major, minor, err := parseVersion(f.Version)
	if err != nil {
		return nil, err
	}
	if major != Major {
		return nil, &ir.Error{Kind: ir.ErrVersion, Field: keyVersion, Text: fmt.Sprintf("the file is of version %s, this build reads %d.x; convert the Keras model again or use another build", f.Version, Major)}
	}
	err = f.decode(sf, jsonOptions(maxHeader))
	if err != nil && minor > Minor {
		return nil, &ir.Error{Kind: ir.ErrVersion, Field: keyVersion, Text: fmt.Sprintf("the file is of version %s, this build knows %s, and the file needs more", f.Version, version()), Err: err}
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) decode(sf *safetensors.File, opt strictjson.Options) error {
	if err := f.decodeMetadata(sf.Metadata, opt); err != nil {
		return err
	}
	var g graph
	if err := strictjson.Unmarshal([]byte(sf.Metadata[keyGraph]), &g, opt); err != nil {
		if errors.Is(err, ir.ErrLimit) {
			return err
		}
		return badGraph("corrupt", err)
	}
	m := f.Model
	m.Name, m.Layers, m.Notes = g.Name, g.Layers, g.Notes
	for _, p := range g.Inputs {
		m.Inputs = append(m.Inputs, ir.Port(p))
	}
	for _, p := range g.Outputs {
		m.Outputs = append(m.Outputs, ir.Port(p))
	}
	if err := decodeNodes(m, g.Nodes); err != nil {
		return err
	}
	l := newLoader(sf)
	m.Values = make([]ir.Value, len(g.Values))
	for i, v := range g.Values {
		if err := checkType(v.Name, v.Type); err != nil {
			return err
		}
		m.Values[i] = ir.Value{Name: v.Name, Type: v.Type}
		if v.Data != nil {
			t, err := l.load(v.Type, *v.Data)
			if err != nil {
				return err
			}
			m.Values[i].Const = t
		}
	}
	if err := m.Validate(); err != nil {
		if errors.Is(err, ir.ErrUnsupported) {
			return err
		}
		return badGraph("corrupt: the graph is inconsistent", err)
	}
	if err := f.decodeCases(l, g.Cases); err != nil {
		return err
	}
	return l.allUsed()
}

func (f *File) decodeMetadata(meta map[string]string, opt strictjson.Options) error {
	known := []string{keyVersion, keySource, keyWeights, keyDigest, keyGraph}
	for _, k := range known {
		if _, ok := meta[k]; !ok {
			return &ir.Error{Kind: ir.ErrMalformed, Field: k, Text: "corrupt: missing from the header"}
		}
	}
	for k := range meta {
		if strings.HasPrefix(k, "kerasgo.") && !slices.Contains(known, k) {
			return &ir.Error{Kind: ir.ErrMalformed, Field: k, Text: "corrupt: not known"}
		}
	}
	if b, err := hex.DecodeString(f.Digest); err != nil || len(b) != sha256.Size {
		return &ir.Error{Kind: ir.ErrMalformed, Field: keyDigest, Text: fmt.Sprintf("corrupt: %.80q is no SHA-256", f.Digest)}
	}
	var err error
	if f.Weights, err = ir.ParseDType(meta[keyWeights]); err != nil || !slices.Contains(weightDTypes, f.Weights) {
		return &ir.Error{Kind: ir.ErrMalformed, Field: keyWeights, Text: fmt.Sprintf("corrupt: %.80q", meta[keyWeights])}
	}
	f.Model = &ir.Model{}
	if err := strictjson.Unmarshal([]byte(meta[keySource]), &f.Model.Source, opt); err != nil {
		return &ir.Error{Kind: ir.ErrMalformed, Field: keySource, Text: "corrupt", Err: err}
	}
	return nil
}

// decodeNodes reports all unknown ops together.
func decodeNodes(m *ir.Model, nodes []node) error {
	var unknown []string
	m.Nodes = make([]ir.Node, len(nodes))
	for i, n := range nodes {
		op, err := decodeOp(n.Op, n.Params)
		if errors.Is(err, ir.ErrUnsupported) {
			if !slices.Contains(unknown, n.Op) && len(unknown) < 20 {
				unknown = append(unknown, n.Op)
			}
			continue
		}
		if err != nil {
			var e *ir.Error
			if errors.As(err, &e) {
				e.Layer = n.Layer
			}
			return err
		}
		if len(n.Inputs) > maxInputs {
			return &ir.Error{Kind: ir.ErrLimit, Layer: n.Layer, Class: n.Op, Text: fmt.Sprintf("has %d inputs, the limit is %d", len(n.Inputs), maxInputs)}
		}
		m.Nodes[i] = ir.Node{Op: op, Inputs: n.Inputs, Outputs: n.Outputs, Origin: n.Origin}
	}
	if unknown != nil {
		return &ir.Error{Kind: ir.ErrUnsupported, Field: keyGraph, Text: fmt.Sprintf("ops this build does not know: %q; use a newer one", unknown)}
	}
	return nil
}

func checkType(name string, t ir.Type) error {
	if t.DType == ir.Invalid || t.Shape == nil {
		return badGraph(fmt.Sprintf("corrupt: value %q lacks dtype or shape", name), nil)
	}
	if len(t.Shape) > maxRank {
		return ir.Errorf(ir.ErrLimit, "value %q has rank %d, the limit is %d", name, len(t.Shape), maxRank)
	}
	for _, d := range t.Shape {
		if len(d.Name) > maxDimName {
			return ir.Errorf(ir.ErrLimit, "a dimension of value %q has a name of %d bytes, the limit is %d", name, len(d.Name), maxDimName)
		}
		if d.IsKnown() && d.Size < 0 {
			return badGraph(fmt.Sprintf("corrupt: value %q has shape %v", name, t.Shape), nil)
		}
	}
	return nil
}

func (f *File) decodeCases(l *loader, cases []testCase) error {
	for _, tc := range cases {
		c := ir.Case{Name: tc.Name}
		for _, part := range []struct {
			to   *[]*ir.Tensor
			from []caseTensor
		}{{&c.Inputs, tc.Inputs}, {&c.Outputs, tc.Outputs}, {&c.Outputs64, tc.Outputs64}} {
			for _, x := range part.from {
				if err := checkType(tc.Name, x.Type); err != nil {
					return err
				}
				t, err := l.load(x.Type, x.Data)
				if err != nil {
					return err
				}
				*part.to = append(*part.to, t)
			}
		}
		if err := checkCase(f.Model, c); err != nil {
			return badGraph("corrupt", err)
		}
		f.Cases = append(f.Cases, c)
	}
	return nil
}

func badGraph(text string, cause error) error {
	return &ir.Error{Kind: ir.ErrMalformed, Field: keyGraph, Text: text, Err: cause}
}
