package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/ir"
)

// inspection is what inspect prints.
type inspection struct {
	Name        string             `json:"name"`
	Source      ir.Source          `json:"source"`
	Inputs      []port             `json:"inputs"`
	Outputs     []port             `json:"outputs"`
	Layers      int                `json:"layers"`
	Nodes       int                `json:"nodes"`
	Params      int64              `json:"params"`
	Weights     int                `json:"weights"`
	WeightBytes int64              `json:"weight_bytes"`
	Stored      string             `json:"stored,omitempty"` // a .kgo's dtype of kernels
	Cases       int                `json:"cases"`            // test cases a .kgo carries
	FLOPs       int64              `json:"flops"`            // for Shapes
	Activations int64              `json:"activation_bytes"` // most at one time, unfused, for Shapes
	Shapes      []string           `json:"shapes"`
	Problems    []importer.Problem `json:"problems"`
	Notes       []string           `json:"notes"`
}

type port struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape string `json:"shape"`
}

func (a *app) inspectCmd() *cobra.Command {
	var src modelFlags
	var graph, weights bool
	cmd := &cobra.Command{
		Use:   "inspect MODEL",
		Short: "Show what a file holds and everything that is unsupported in it",
		Long: `Show what a file holds: format and versions, inputs and outputs, weights, FLOPs
and memory. If the model cannot be imported, all the reasons are listed at once,
each with what to do about it, and the exit code is 3.`,
		Example: `  kerasgo inspect model.h5
  kerasgo inspect model.keras --weights-list`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error {
			if graph {
				m, err := a.open(v[0], src)
				if err == nil {
					_, err = fmt.Fprint(a.text(), m)
				}
				return err
			}
			i, arrays, err := a.inspect(v[0], src)
			if err != nil {
				return err
			}
			if a.json {
				if err := a.printJSON(struct {
					*inspection
					Arrays []importer.WeightInfo `json:"arrays,omitempty"`
				}{i, arrays}); err != nil {
					return err
				}
			} else {
				a.printInspection(i)
				if weights {
					for _, w := range arrays {
						fmt.Fprintf(a.text(), "array    %s %v%v\n", w.Path, w.DType, ir.Dims(w.Shape...))
					}
				}
			}
			if n := len(i.Problems); n > 0 {
				return reported{ir.Errorf(problemKind(i.Problems), "%s cannot be imported: the problems are listed above (%d)", v[0], n)}
			}
			a.next("summary %s, or: kerasgo verify %[1]s --python python3", v[0])
			return nil
		},
	}
	src.add(cmd)
	cmd.Flags().BoolVar(&graph, "graph", false, "print the graph instead, one node per line")
	cmd.Flags().BoolVar(&weights, "weights-list", false, "also list the file's arrays")
	return cmd
}

// problemKind is the kind of error that problems amount to.
func problemKind(list []importer.Problem) error {
	kinds := []error{ir.ErrUnsupported, ir.ErrMissingWeight, ir.ErrUnusedWeight, ir.ErrUsage, ir.ErrShape, ir.ErrDType, ir.ErrLimit}
	for _, k := range kinds {
		for _, p := range list {
			if p.Kind == k.Error() {
				return k
			}
		}
	}
	return ir.ErrMalformed
}

// inspect reads what can be read of a file, also when it cannot be imported.
func (a *app) inspect(name string, src modelFlags) (*inspection, []importer.WeightInfo, error) {
	f, b, err := a.openNative(name, src)
	if err != nil {
		return nil, nil, err
	}
	if f != nil {
		i := &inspection{Stored: f.Weights.String(), Cases: len(f.Cases)}
		i.describe(f.Model)
		return i, nil, nil
	}
	var r *importer.Report
	if name == "-" {
		r, err = importer.InspectBytes(b, src.options()...)
	} else {
		r, err = importer.Inspect(name, src.options()...)
	}
	if err != nil {
		return nil, nil, err
	}
	i := &inspection{Name: r.Name, Source: r.Source, Layers: outermost(r.Layers), Params: r.Params, Weights: len(r.Weights), WeightBytes: r.WeightBytes, Problems: r.Problems, Notes: r.Notes}
	for _, t := range r.Inputs {
		i.Inputs = append(i.Inputs, port{t.Name, t.DType.String(), t.Shape.String()})
	}
	for _, t := range r.Outputs {
		i.Outputs = append(i.Outputs, port{t.Name, t.DType.String(), t.Shape.String()})
	}
	if r.Model != nil {
		i.Nodes = len(r.Model.Nodes)
		i.count(r.Model)
	}
	return i, r.Weights, nil
}

func outermost(layers []ir.Layer) int {
	n := 0
	for _, l := range layers {
		if l.Depth == 0 {
			n++
		}
	}
	return n
}

// describe fills an inspection from a model.
func (i *inspection) describe(m *ir.Model) {
	i.Name, i.Source, i.Nodes, i.WeightBytes, i.Notes, i.Layers = m.Name, m.Source, len(m.Nodes), m.WeightBytes(), m.Notes, outermost(m.Layers)
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
			i.Params += l.Params
		}
	}
	for _, v := range m.Values {
		if v.Const != nil {
			i.Weights++
		}
	}
	i.count(m)
}

func (a *app) printInspection(i *inspection) {
	w := a.text()
	fmt.Fprintf(w, "model    %s\n", or(i.Name, "(no name)"))
	fmt.Fprintf(w, "source   %s, Keras %s (%s, %s)\n", i.Source.Format, or(i.Source.KerasVersion, "version unknown"), or(i.Source.Dialect, "dialect unknown"), or(i.Source.Class, "class unknown"))
	if i.Stored != "" {
		fmt.Fprintf(w, "kgo      kernels stored as %s, %d test cases\n", i.Stored, i.Cases)
	}
	for _, p := range i.Inputs {
		fmt.Fprintf(w, "input    %s %s%s\n", p.Name, p.DType, p.Shape)
	}
	for _, p := range i.Outputs {
		fmt.Fprintf(w, "output   %s %s%s\n", p.Name, p.DType, p.Shape)
	}
	if i.Layers > 0 {
		fmt.Fprintf(w, "layers   %d, %s parameters; a graph of %d nodes\n", i.Layers, grouped(i.Params), i.Nodes)
	}
	fmt.Fprintf(w, "weights  %d arrays, %s\n", i.Weights, bytesText(i.WeightBytes))
	if i.FLOPs > 0 {
		fmt.Fprintf(w, "FLOPs    %s for inputs of shape %s\n", grouped(i.FLOPs), strings.Join(i.Shapes, ", "))
	}
	if i.Activations > 0 {
		fmt.Fprintf(w, "memory   %s of intermediate values at that shape, before fusion\n", bytesText(i.Activations))
	}
	for _, n := range i.Notes {
		fmt.Fprintf(w, "note     %s\n", n)
	}
	for _, p := range i.Problems {
		fmt.Fprintf(w, "problem  %v\n", p)
	}
}

// bytesText is a size as people say it.
func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.2f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// unsupported reports whether an error is about what a file holds and not about
// how the command was called, so that inspect says more.
func unsupported(err error) bool {
	return errors.Is(err, ir.ErrUnsupported) || errors.Is(err, ir.ErrUnusedWeight) || errors.Is(err, ir.ErrMissingWeight)
}
