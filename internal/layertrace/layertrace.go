// Package layertrace finds, in a model's graph, what each Keras layer gives, and
// compares that with what Keras's layers give.
package layertrace

import (
	"context"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/internal/pykeras"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// Finding is the comparison of one layer.
type Finding struct {
	Layer    string        `json:"layer"`
	Class    string        `json:"class"`
	Compared bool          `json:"compared"`
	Why      string        `json:"why,omitempty"` // why not
	Output   int           `json:"output"`        // the one with the result
	Shape    []int         `json:"shape,omitempty"`
	Result   parity.Result `json:"result"`
}

// First is the index of the first layer that differs, or -1.
func First(findings []Finding) int {
	return slices.IndexFunc(findings, func(f Finding) bool { return f.Compared && !f.Result.OK })
}

// Compare runs m unfused on in and compares the layers' outputs with Keras's,
// in the order in which Keras ran them.
//
// A layer's outputs are the values its nodes make that other layers or the
// model's outputs read. A layer that makes no node, such as Dropout, computes
// nothing and is not compared.
func Compare(ctx context.Context, m *ir.Model, in []*ir.Tensor, layers []pykeras.Layer, opt parity.Options, opts ...runtime.Option) ([]Finding, error) {
	made := outputs(m)
	traced := *m
	traced.Outputs = nil
	index := map[ir.ValueID]int{}
	for _, l := range layers {
		for _, id := range made[l.Name] {
			if _, ok := index[id]; !ok {
				index[id] = len(traced.Outputs)
				traced.Outputs = append(traced.Outputs, ir.Port{Name: l.Name, Value: id})
			}
		}
	}
	var got []*ir.Tensor
	if len(traced.Outputs) > 0 {
		p, err := runtime.Compile(&traced, append(opts, runtime.WithoutFusion())...)
		if err != nil {
			return nil, err
		}
		defer p.Close()
		x := make([]*runtime.Tensor, len(in))
		for i, t := range in {
			x[i] = runtime.FromIR(t)
		}
		out, err := p.NewSession().RunContext(ctx, x...)
		if err != nil {
			return nil, err
		}
		for _, t := range out {
			got = append(got, t.ToIR())
		}
	}
	var findings []Finding
	for _, l := range layers {
		var ours []*ir.Tensor
		for _, id := range made[l.Name] {
			ours = append(ours, got[index[id]])
		}
		findings = append(findings, compare(l, ours, opt))
	}
	return findings, nil
}

// outputs lists, for every layer path, the values that leave it.
func outputs(m *ir.Model) map[string][]ir.ValueID {
	readers := make([][]string, len(m.Values))
	for i := range m.Nodes {
		for _, id := range m.Nodes[i].Inputs {
			if id != ir.None {
				readers[id] = append(readers[id], m.Nodes[i].Origin.Layer)
			}
		}
	}
	for _, p := range m.Outputs {
		readers[p.Value] = append(readers[p.Value], "")
	}
	made := map[string][]ir.ValueID{}
	for i := range m.Nodes {
		n := &m.Nodes[i]
		for path := n.Origin.Layer; path != ""; path = parent(path) {
			for _, id := range n.Outputs {
				if slices.ContainsFunc(readers[id], func(r string) bool { return !within(r, path) }) {
					made[path] = append(made[path], id)
				}
			}
		}
	}
	return made
}

func parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)]
}

// within reports whether a layer is path or inside it.
func within(layer, path string) bool {
	return layer == path || strings.HasPrefix(layer, path) && layer[len(path)] == '/'
}

// compare pairs Keras's outputs with ours of the same shape. Of a layer that is
// called several times, each of our values may be any of the calls'.
func compare(l pykeras.Layer, ours []*ir.Tensor, opt parity.Options) Finding {
	f := Finding{Layer: l.Name, Class: l.Class}
	switch {
	case len(l.Calls) == 0:
		f.Why = "Keras did not call it by itself"
		return f
	case len(ours) == 0:
		f.Why = "it computes nothing here"
		return f
	}
	for _, got := range ours {
		best, where := parity.Result{}, -1
		for c, call := range l.Calls {
			for j, want := range call {
				if !slices.Equal(got.Shape, want.Shape) || got.DType.IsFloat() != want.DType.IsFloat() {
					continue
				}
				var want64 *ir.Tensor
				if c < len(l.Calls64) && j < len(l.Calls64[c]) {
					want64 = l.Calls64[c][j]
				}
				r := parity.Compare(got, want, want64, opt)
				if where < 0 || !best.OK && r.OK || best.OK == r.OK && r.MaxAbs < best.MaxAbs {
					best, where = r, j
				}
			}
		}
		if where < 0 {
			continue // a mask, or what only this graph has
		}
		if !f.Compared || f.Result.OK && (!best.OK || best.MaxAbs > f.Result.MaxAbs) {
			f.Compared, f.Result, f.Output, f.Shape = true, best, where, got.Shape
		}
	}
	if !f.Compared {
		f.Why = "no value here has its output's shape"
	}
	return f
}
