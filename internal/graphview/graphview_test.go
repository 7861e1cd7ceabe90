package graphview

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
)

// random is a graph of n nodes with skips.
func random(n int) *Graph {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	g := &Graph{Title: "random"}
	for i := range n {
		g.Nodes = append(g.Nodes, Node{Name: fmt.Sprintf("node_%d", i), Class: "Dense", Shape: "[batch, 64]"})
		if i > 0 {
			g.Edges = append(g.Edges, [2]int{max(0, i-1-r.IntN(3)), i})
		}
		if i > 20 && r.IntN(4) == 0 {
			g.Edges = append(g.Edges, [2]int{r.IntN(i - 1), i})
		}
	}
	return g
}

// Boxes do not overlap, edges lead down, and nothing leaves the paper.
func TestLayout(t *testing.T) {
	for _, n := range []int{1, 2, 30, 500} {
		g := random(n)
		start := time.Now()
		l := place(g)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%d nodes took %v", n, took)
		}
		for i := range g.Nodes {
			a := l.centre[i]
			if a.x-l.boxWidth[i]/2 < 0 || a.x+l.boxWidth[i]/2 > l.width || a.y-boxHeight/2 < 0 || a.y+boxHeight/2 > l.height {
				t.Fatalf("box %d at %v is outside of %gx%g", i, a, l.width, l.height)
			}
			for j := range i {
				b := l.centre[j]
				if a.y == b.y && max(a.x-b.x, b.x-a.x) < (l.boxWidth[i]+l.boxWidth[j])/2-1e-6 {
					t.Fatalf("boxes %d and %d overlap at %v and %v", i, j, a, b)
				}
			}
		}
		for i, p := range l.paths {
			for k := 1; k < len(p); k++ {
				if p[k].y <= p[k-1].y {
					t.Fatalf("edge %d goes up: %v", i, p)
				}
			}
		}
	}
}

// Layers that are called in turns read one another: what closes a cycle goes up,
// everything else down.
func TestCycles(t *testing.T) {
	g := random(200)
	for i := 10; i < 200; i += 10 {
		g.Edges = append(g.Edges, [2]int{i, i - 10}, [2]int{i, i - 1})
	}
	for _, g := range []*Graph{g, {Nodes: make([]Node, 4), Edges: [][2]int{{0, 1}, {1, 2}, {2, 1}, {2, 3}, {3, 1}}}} {
		edges, turned := acyclic(len(g.Nodes), g.Edges)
		rank := ranks(len(g.Nodes), edges)
		for i, p := range place(g).paths {
			if up := p[0].y > p[len(p)-1].y; up != turned[i] || rank[edges[i][0]] >= rank[edges[i][1]] {
				t.Errorf("edge %v of %d nodes: up is %v, from row %d to row %d", g.Edges[i], len(g.Nodes), up, rank[edges[i][0]], rank[edges[i][1]])
			}
		}
	}
	small := [][2]int{{0, 1}, {1, 2}, {2, 1}, {2, 3}, {3, 1}}
	if _, turned := acyclic(4, small); !slices.Equal(turned, []bool{false, false, true, false, true}) {
		t.Errorf("turned %v", turned)
	}
}

// Two chains that cross are untangled.
func TestCrossings(t *testing.T) {
	g := &Graph{Nodes: make([]Node, 6), Edges: [][2]int{{0, 3}, {1, 2}, {2, 5}, {3, 4}}}
	l := &layered{}
	rank := ranks(6, g.Edges)
	for i := range g.Nodes {
		l.addNode(rank[i], 100)
	}
	for _, e := range g.Edges {
		l.join(e[0], e[1])
	}
	before := l.crossings()
	l.order()
	if after := l.crossings(); before == 0 || after != 0 {
		t.Errorf("%d crossings before, %d after", before, after)
	}
}

// Every fixture can be drawn in every format; an SVG is well-formed, and every
// box but inputs is connected.
func TestFixtures(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range suite.Fixtures(t) {
		if testing.Short() && len(seen) > 20 || len(f.Files) == 0 || f.Refused != "" || seen[f.Name] {
			continue
		}
		seen[f.Name] = true
		path := suite.Root(t) + "/fixtures/" + f.Files[0].Path
		var opts []importer.Option
		if f.Files[0].Weights != "" {
			opts = append(opts, importer.WithWeights(suite.Root(t)+"/fixtures/"+f.Files[0].Weights))
		}
		m, err := importer.Load(path, opts...)
		if err != nil {
			continue // the importer's own tests say so
		}
		for _, g := range []*Graph{Layers(m, Costs{}), Ops(m, Costs{})} {
			check(t, f.Name, g)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d fixtures were drawn", len(seen))
	}
}

func check(t *testing.T, name string, g *Graph) {
	t.Helper()
	touched := map[int]bool{}
	for _, e := range g.Edges {
		touched[e[0]], touched[e[1]] = true, true
	}
	for i, n := range g.Nodes {
		if len(g.Nodes) > 1 && !touched[i] && n.Class != "InputLayer" && n.Class != "input" {
			t.Errorf("%s: %s (%s) is connected to nothing", name, n.Name, n.Class)
		}
	}
	var b bytes.Buffer
	if err := WriteSVG(&b, g); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(&b); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%s: the SVG is not well-formed: %v", name, err)
		}
	}
	if err := WriteHTML(io.Discard, g); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if err := WriteDOT(io.Discard, g); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// Names from a file are text, not markup.
func TestHostileNames(t *testing.T) {
	g := &Graph{Title: `</title><script>alert(1)</script>`, Nodes: []Node{{Name: `</script><img src=x onerror=alert(1)>"\`, Class: "<b>", Shape: "&"}}}
	var b bytes.Buffer
	if err := WriteHTML(&b, g); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>alert", "<img", "<b>"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	b.Reset()
	if err := WriteDOT(&b, g); err != nil || !strings.Contains(b.String(), `\"\\`) {
		t.Errorf("%v: %s", err, b.String())
	}
}

// A nested model's layers stand in its place.
func TestNested(t *testing.T) {
	m := &ir.Model{Name: "m", Layers: []ir.Layer{
		{Name: "in", Class: "InputLayer", InputLayer: true},
		{Name: "core", Class: "Functional", Inbound: []string{"in[0][0]"}},
		{Name: "core/x", Class: "InputLayer", InputLayer: true, Depth: 1},
		{Name: "core/a", Class: "Dense", Depth: 1, Inbound: []string{"x[0][0]"}},
		{Name: "core/b", Class: "Dense", Depth: 1, Inbound: []string{"a[0][0]"}},
		{Name: "out", Class: "Dense", Inbound: []string{"core[1][0]"}},
	}}
	g := Layers(m, Costs{})
	var got []string
	for _, e := range g.Edges {
		got = append(got, g.Nodes[e[0]].Name+" "+g.Nodes[e[1]].Name)
	}
	want := []string{"in core/x", "core/x core/a", "core/a core/b", "core/b out"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("edges %q, want %q", got, want)
	}
}
