package native

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kerasgo/kerasgo/internal/strictjson"
	"github.com/kerasgo/kerasgo/ir"
)

var graphKeys = []string{"name", "inputs", "outputs", "values", "nodes", "layers", "notes", "cases"}

// splitGraph checks the graph's JSON and returns its parts, which it shares.
// Decoding them one element after the other keeps memory small.
func splitGraph(text []byte, opt strictjson.Options) (map[string][]byte, error) {
	if err := strictjson.Check(text, opt); err != nil {
		if errors.Is(err, ir.ErrLimit) {
			return nil, err
		}
		return nil, badGraph("corrupt", err)
	}
	parts := map[string][]byte{"cases": []byte("null")}
	err := strictjson.Members(text, func(key string, value []byte) error {
		if !slices.Contains(graphKeys, key) {
			return ir.Errorf(ir.ErrMalformed, "key %q is not known", key)
		}
		parts[key] = value
		return nil
	})
	if err != nil {
		return nil, badGraph("corrupt", err)
	}
	for _, k := range graphKeys {
		if parts[k] == nil {
			return nil, badGraph(fmt.Sprintf("corrupt: %q is missing", k), nil)
		}
	}
	return parts, nil
}

func decodeList[T any](b []byte, to *[]T) (err error) {
	if *to, err = strictjson.List[T](b); err == nil || errors.Is(err, ir.ErrLimit) {
		return err
	}
	return badGraph("corrupt", err)
}

func decodePorts(b []byte, to *[]ir.Port) error {
	var list []port
	err := decodeList(b, &list)
	for _, p := range list {
		*to = append(*to, ir.Port(p))
	}
	return err
}

// decodeNodes reports all unknown ops together.
func decodeNodes(b []byte, m *ir.Model) error {
	var nodes []node
	if err := decodeList(b, &nodes); err != nil {
		return err
	}
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

func decodeValues(b []byte, m *ir.Model, l *loader) error {
	var values []value
	if err := decodeList(b, &values); err != nil {
		return err
	}
	m.Values = make([]ir.Value, len(values))
	for i, v := range values {
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
	return nil
}

func (f *File) decodeCases(b []byte, l *loader) error {
	var cases []testCase
	if err := decodeList(b, &cases); err != nil {
		return err
	}
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
