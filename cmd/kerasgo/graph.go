package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/graphview"
	"github.com/kerasgo/kerasgo/internal/safefile"
	"github.com/kerasgo/kerasgo/internal/sample"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// graphFlags are the flags of graph.
type graphFlags struct {
	out     string
	format  string
	ops     bool
	profile bool
	batch   int
	length  int
	force   bool
}

// writers are the formats of graph, by the extension of the file.
var writers = map[string]func(io.Writer, *graphview.Graph) error{
	"html": graphview.WriteHTML, "htm": graphview.WriteHTML, "svg": graphview.WriteSVG, "dot": graphview.WriteDOT, "gv": graphview.WriteDOT,
}

func (a *app) graphCmd() *cobra.Command {
	var src modelFlags
	f := graphFlags{}
	cmd := &cobra.Command{
		Use:   "graph MODEL",
		Short: "Draw a model as an interactive page, as SVG or as DOT",
		Long: `Draw the layers of a model, or with --ops the nodes of its graph.

The extension of --output selects the format. An .html is a self-contained page with
pan, zoom, search and the shape, parameters, FLOPs and (with --profile) time of each
layer. An .svg is a picture. A .dot is for Graphviz; it is also the default.`,
		Example: `  kerasgo graph model.h5 -o model.html
  kerasgo graph model.h5 | dot -Tpdf > model.pdf`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error { return a.graph(cmd.Context(), v[0], src, f) },
	}
	src.add(cmd)
	cmd.Flags().StringVarP(&f.out, "output", "o", "", "`FILE` to write (default, and \"-\": standard output)")
	cmd.Flags().StringVar(&f.format, "format", "", "`FORMAT`: html, svg or dot (default: by the extension of --output, else dot)")
	cmd.Flags().BoolVar(&f.ops, "ops", false, "draw the graph's nodes, not the layers")
	cmd.Flags().BoolVar(&f.profile, "profile", false, "run the model and show how long each layer takes")
	cmd.Flags().IntVar(&f.batch, "batch", 1, "batch size `N` for FLOPs and times")
	cmd.Flags().IntVar(&f.length, "length", 0, "size `N` of other open dimensions for FLOPs and times (default: 20, or what the model accepts)")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite an existing output")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"html", "svg", "dot"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) graph(ctx context.Context, name string, src modelFlags, f graphFlags) error {
	format := f.format
	if format == "" {
		format = strings.ToLower(strings.TrimPrefix(filepath.Ext(f.out), "."))
		if f.out == "" || f.out == "-" {
			format = "dot"
		}
	}
	write, ok := writers[format]
	if !ok {
		return ir.Errorf(ir.ErrUsage, "--output %q: want a name that ends in .html, .svg or .dot, or --format", f.out)
	}
	m, full, err := a.openPartly(name, src)
	if err != nil {
		return err
	}
	var costs graphview.Costs
	var shapes string
	if full {
		costs, shapes, err = a.costs(ctx, m, f)
	} else if f.profile || f.ops {
		err = ir.Errorf(ir.ErrUsage, "an architecture without weights has no graph to run; give --weights FILE too")
	}
	if err != nil {
		return err
	}
	g := graphview.Layers(m, costs)
	if f.ops {
		g = graphview.Ops(m, costs)
	}
	g.Title = or(m.Name, filepath.Base(name))
	g.Subtitle = subtitle(g, m, shapes)
	if a.json {
		return a.printJSON(map[string]any{"name": g.Title, "nodes": g.Nodes, "edges": g.Edges})
	}
	var buf bytes.Buffer
	if err := write(&buf, g); err != nil {
		return err
	}
	if f.out == "" || f.out == "-" {
		_, err := a.out.Write(buf.Bytes())
		return err
	}
	if err := safefile.Write(ctx, f.out, f.force, func(w io.Writer) error { _, err := w.Write(buf.Bytes()); return err }); err != nil {
		return err
	}
	fmt.Fprintln(a.out, f.out)
	switch {
	case format == "html" && !f.profile && full:
		a.next("graph %s -o %s --profile --force   # with times", name, f.out)
	default:
		a.next("summary %s", name)
	}
	return nil
}

// subtitle is the line below a graph's title.
func subtitle(g *graphview.Graph, m *ir.Model, shapes string) string {
	var params, flops, nanos int64
	for _, l := range m.Layers {
		if l.Depth == 0 {
			params += l.Params
		}
	}
	for _, n := range g.Nodes {
		flops, nanos = flops+n.FLOPs, nanos+n.Nanos
	}
	s := fmt.Sprintf("%s, Keras %s · %d boxes · %s parameters", or(m.Source.Format, "?"), or(m.Source.KerasVersion, "?"), len(g.Nodes), grouped(params))
	if flops > 0 {
		s += fmt.Sprintf(" · %s FLOPs for %s", grouped(flops), shapes)
	}
	if nanos > 0 {
		s += fmt.Sprintf(" · %v", time.Duration(nanos).Round(time.Microsecond))
	}
	return s
}

// grouped is n with commas.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// costs counts FLOPs for inputs of the asked sizes and, with --profile, measures
// times. Times of fused nodes go to the layer they are fused into.
func (a *app) costs(ctx context.Context, m *ir.Model, f graphFlags) (c graphview.Costs, shapes string, err error) {
	made, err := sample.Make(m, sample.Options{Batches: []int{f.batch}, Length: f.length})
	if err != nil {
		if f.profile {
			return c, "", err
		}
		return c, "", nil //nolint:nilerr // only the FLOPs are unknown
	}
	var known []ir.Shape
	for _, t := range made[0] {
		known = append(known, ir.Dims(t.Shape...))
		shapes += fmt.Sprint(t.Shape)
	}
	types, err := m.Bind(known)
	if err != nil {
		return c, "", err
	}
	for i := range m.Nodes {
		c.FLOPs = append(c.FLOPs, 2*m.Nodes[i].MACs(types))
	}
	if f.profile {
		c.Nanos, err = profileNodes(ctx, m, made[0])
	}
	return c, shapes, err
}

// profileNodes is the time of each of m's nodes. What runs is the optimised
// graph: a layer's time goes to its first node.
func profileNodes(ctx context.Context, m *ir.Model, in []*ir.Tensor) ([]int64, error) {
	const runs = 20
	perLayer := map[string]time.Duration{}
	p, err := runtime.Compile(m, runtime.WithObserver(func(t runtime.NodeTiming) { perLayer[t.Layer] += t.Took }))
	if err != nil {
		return nil, err
	}
	defer p.Close()
	x := forRun(in)
	s := p.NewSession()
	for i := range runs + 2 {
		if i == 2 { // the first runs make the plan and warm the caches
			clear(perLayer)
		}
		if _, err := s.RunContext(ctx, x...); err != nil {
			return nil, err
		}
	}
	nanos := make([]int64, len(m.Nodes))
	for i := range m.Nodes {
		layer := m.Nodes[i].Origin.Layer
		nanos[i] = int64(perLayer[layer]) / runs
		delete(perLayer, layer)
	}
	return nanos, nil
}
