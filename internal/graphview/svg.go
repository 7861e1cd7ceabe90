package graphview

import (
	"bufio"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/kerasgo/kerasgo/internal/printable"
)

//go:embed graph.css
var style string

// WriteSVG writes the graph as a picture, in the viewer's light or dark scheme.
func WriteSVG(w io.Writer, g *Graph) error {
	l := place(g)
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f"><title>%s</title><style>%s</style><rect class="paper" width="100%%" height="100%%"/>`, l.width, l.height, l.width, l.height, escape(g.Title), style)
	b.WriteString(drawing(g, l))
	b.WriteString("</svg>\n")
	return b.Flush()
}

// drawing is the boxes and edges.
func drawing(g *Graph, l *layout) string {
	var b strings.Builder
	b.WriteString(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs><g class="edges">`)
	for i, p := range l.paths {
		fmt.Fprintf(&b, `<path class="edge" data-a="%d" data-b="%d" d="%s" marker-end="url(#arrow)"/>`, g.Edges[i][0], g.Edges[i][1], curve(p))
	}
	b.WriteString(`</g><g class="nodes">`)
	for i := range g.Nodes {
		drawNode(&b, &g.Nodes[i], i, l.centre[i], l.boxWidth[i])
	}
	b.WriteString(`</g>`)
	return b.String()
}

func drawNode(b *strings.Builder, n *Node, i int, c point, width float64) {
	fmt.Fprintf(b, `<g class="node k-%s" data-i="%d" tabindex="-1" transform="translate(%.1f %.1f)"><title>%s</title><rect class="box" width="%.1f" height="%g" rx="7"/><rect class="band" width="6" height="%g" rx="3"/>`,
		n.Kind, i, c.x-width/2, c.y-boxHeight/2, escape(tip(n)), width, boxHeight, boxHeight)
	room := int((width - 22) / 6.7)
	fmt.Fprintf(b, `<text class="class" x="16" y="19">%s</text><text class="name" x="16" y="34">%s</text><text class="shape" x="16" y="49">%s</text></g>`,
		escape(shorten(n.Class, room)), escape(shortenLeft(n.Name, room)), escape(shorten(n.Shape, room)))
}

// tip is what a node's tooltip says.
func tip(n *Node) string {
	s := n.Name + " (" + n.Class + ")"
	if n.Shape != "" {
		s += "\n" + n.DType + n.Shape
	}
	if n.Params > 0 {
		s += "\n" + count(n.Params) + " parameters"
	}
	if n.FLOPs > 0 {
		s += "\n" + count(n.FLOPs) + " FLOPs"
	}
	if n.Nanos > 0 {
		s += "\n" + time.Duration(n.Nanos).String()
	}
	return s
}

// curve passes through the points, vertical in each.
func curve(p []point) string {
	var b strings.Builder
	half := boxHeight / 2
	if len(p) > 1 && p[1].y < p[0].y {
		half = -half
	}
	fmt.Fprintf(&b, "M%.1f %.1f", p[0].x, p[0].y)
	for i := 1; i < len(p); i++ {
		a, z := p[i-1], p[i]
		// A dummy is as high as a box: run straight through it.
		if i > 1 {
			fmt.Fprintf(&b, "L%.1f %.1f", a.x, a.y+half)
			a.y += half
		}
		end := z.y
		if i < len(p)-1 {
			end -= half
		}
		bend := (end - a.y) * 0.5
		fmt.Fprintf(&b, "C%.1f %.1f %.1f %.1f %.1f %.1f", a.x, a.y+bend, z.x, end-bend, z.x, end)
	}
	return b.String()
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n && n > 1 {
		return string(r[:n-1]) + "…"
	}
	return s
}

// shortenLeft keeps the end, which tells paths apart.
func shortenLeft(s string, n int) string {
	if r := []rune(s); len(r) > n && n > 1 {
		return "…" + string(r[len(r)-n+1:])
	}
	return s
}

func escape(s string) string { return template.HTMLEscapeString(printable.String(s)) }
