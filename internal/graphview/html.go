package graphview

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed graph.html
var page string

//go:embed graph.js
var script string

var tmpl = template.Must(template.New("graph").Parse(page))

// WriteHTML writes the graph as a page with pan, zoom, search and the details
// of a node. It loads nothing.
func WriteHTML(w io.Writer, g *Graph) error {
	l := place(g)
	measured := false
	var params, flops, nanos int64
	for _, n := range g.Nodes {
		measured = measured || n.Nanos > 0
		params, flops, nanos = params+n.Params, flops+n.FLOPs, nanos+n.Nanos
	}
	return tmpl.Execute(w, map[string]any{
		"Graph": g, "Style": template.CSS(style), "Script": template.JS(script), //nolint:gosec // both are embedded
		"Drawing": template.HTML(drawing(g, l)), "Width": l.width, "Height": l.height, //nolint:gosec // drawing escapes what it is given
		"Measured": measured, "Params": count(params), "FLOPs": count(flops), "Total": nanos,
	})
}
