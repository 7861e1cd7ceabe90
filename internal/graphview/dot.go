package graphview

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/kerasgo/kerasgo/internal/printable"
)

// WriteDOT writes the graph in Graphviz's language.
func WriteDOT(w io.Writer, g *Graph) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "digraph %s {\n  rankdir=TB;\n  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n", quote(g.Title))
	for i, n := range g.Nodes {
		label := n.Class + "\n" + n.Name
		if n.Shape != "" {
			label += "\n" + n.Shape
		}
		if n.Params > 0 {
			label += "\n" + count(n.Params) + " params"
		}
		fmt.Fprintf(b, "  n%d [label=%s];\n", i, quote(label))
	}
	for _, e := range g.Edges {
		fmt.Fprintf(b, "  n%d -> n%d;\n", e[0], e[1])
	}
	fmt.Fprintln(b, "}")
	return b.Flush()
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(printable.String(s)) + `"`
}

// count is a number as people say it: 4,485 or 1.2M.
func count(n int64) string {
	switch {
	case n >= 1e12:
		return fmt.Sprintf("%.3gT", float64(n)/1e12)
	case n >= 1e9:
		return fmt.Sprintf("%.3gG", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.3gM", float64(n)/1e6)
	}
	s := fmt.Sprint(n)
	if len(s) > 3 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}
