package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/ir"
)

// inspection is what inspect prints.
type inspection struct {
	Name        string    `json:"name"`
	Source      ir.Source `json:"source"`
	Inputs      []port    `json:"inputs"`
	Outputs     []port    `json:"outputs"`
	Layers      int       `json:"layers"`
	Nodes       int       `json:"nodes"`
	Weights     int       `json:"weights"`
	WeightBytes int64     `json:"weight_bytes"`
	MACs        int64     `json:"macs"` // for MACShapes
	MACShapes   []string  `json:"mac_shapes"`
	Notes       []string  `json:"notes"`
}

type port struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape string `json:"shape"`
}

func (a *app) inspectCmd() *cobra.Command {
	var src modelFlags
	var graph bool
	cmd := &cobra.Command{
		Use:   "inspect MODEL",
		Short: "Tell what a file holds and everything that is unsupported",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error {
			m, err := a.open(v[0], src)
			if err != nil {
				return err
			}
			if graph {
				_, err := fmt.Fprint(a.out, m)
				return err
			}
			i := inspect(m)
			if a.json {
				return a.printJSON(i)
			}
			a.printInspection(i)
			return nil
		},
	}
	src.add(cmd)
	cmd.Flags().BoolVar(&graph, "graph", false, "print the graph, one node a line")
	return cmd
}

func inspect(m *ir.Model) inspection {
	i := inspection{Name: m.Name, Source: m.Source, Nodes: len(m.Nodes), WeightBytes: m.WeightBytes(), Notes: m.Notes}
	ports := func(in []ir.Port) (out []port) {
		for _, p := range in {
			t := m.Type(p.Value)
			out = append(out, port{p.Name, t.DType.String(), t.Shape.String()})
		}
		return out
	}
	i.Inputs, i.Outputs = ports(m.Inputs), ports(m.Outputs)
	for _, l := range m.Layers {
		if l.Depth == 0 {
			i.Layers++
		}
	}
	for _, v := range m.Values {
		if v.Const != nil {
			i.Weights++
		}
	}
	i.countMACs(m)
	return i
}

// countMACs counts multiply-adds for batch 1 and length 1 of what else is open.
func (i *inspection) countMACs(m *ir.Model) {
	var shapes []ir.Shape
	for _, p := range m.Inputs {
		s := m.Type(p.Value).Shape.Clone()
		for k, d := range s {
			if !d.IsKnown() {
				s[k] = ir.Known(max(1, 1+d.Size))
			}
		}
		shapes = append(shapes, s)
	}
	types, err := m.Bind(shapes)
	if err != nil {
		return
	}
	for _, s := range shapes {
		i.MACShapes = append(i.MACShapes, s.String())
	}
	for k := range m.Nodes {
		i.MACs += m.Nodes[k].MACs(types)
	}
}

func (a *app) printInspection(i inspection) {
	w := a.out
	fmt.Fprintf(w, "model    %s\n", i.Name)
	fmt.Fprintf(w, "source   %s, Keras %s (%s, %s)\n", i.Source.Format, or(i.Source.KerasVersion, "version unknown"), i.Source.Dialect, i.Source.Class)
	for _, p := range i.Inputs {
		fmt.Fprintf(w, "input    %s %s%s\n", p.Name, p.DType, p.Shape)
	}
	for _, p := range i.Outputs {
		fmt.Fprintf(w, "output   %s %s%s\n", p.Name, p.DType, p.Shape)
	}
	fmt.Fprintf(w, "layers   %d, as %d nodes\n", i.Layers, i.Nodes)
	fmt.Fprintf(w, "weights  %d tensors, %d bytes\n", i.Weights, i.WeightBytes)
	if i.MACs > 0 {
		fmt.Fprintf(w, "FLOPs    %d for input shape %v\n", 2*i.MACs, i.MACShapes)
	}
	for _, n := range i.Notes {
		fmt.Fprintf(w, "note     %s\n", n)
	}
}

func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
