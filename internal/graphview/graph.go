// Package graphview draws a model: as DOT, as SVG, and as an HTML page with pan,
// zoom and search that needs nothing else.
package graphview

import "strings"

// Graph is what is drawn. An edge is a pair of
// nodes' indices, from and to.
type Graph struct {
	Title    string
	Subtitle string
	Nodes    []Node
	Edges    [][2]int
}

// Node is a box.
type Node struct {
	Name   string `json:"name"`
	Class  string `json:"class"`
	Kind   string `json:"kind"` // its colour: see kindOf
	Shape  string `json:"shape"`
	DType  string `json:"dtype,omitempty"`
	Params int64  `json:"params"`
	FLOPs  int64  `json:"flops"`
	Nanos  int64  `json:"ns"` // 0: not measured
	Extra  string `json:"extra,omitempty"`
}

// kinds tell classes apart by what they contain, in this order.
var kinds = []struct{ part, kind string }{
	{"padding", "other"}, {"pad", "other"}, {"input", "input"}, {"output", "input"}, {"embedding", "embed"}, {"gather", "embed"}, {"lookup", "embed"}, {"vectorization", "embed"},
	{"lstm", "rnn"}, {"gru", "rnn"}, {"rnn", "rnn"}, {"bidirectional", "rnn"}, {"timedistributed", "rnn"},
	{"conv", "conv"}, {"pool", "pool"}, {"norm", "norm"}, {"attention", "attention"}, {"softmax", "act"},
	{"dense", "dense"}, {"matmul", "dense"}, {"einsum", "dense"},
	{"activation", "act"}, {"relu", "act"}, {"elu", "act"}, {"unary", "act"}, {"dropout", "act"}, {"noise", "act"},
	{"add", "merge"}, {"concat", "merge"}, {"multiply", "merge"}, {"subtract", "merge"}, {"average", "merge"}, {"maximum", "merge"},
	{"minimum", "merge"}, {"dot", "merge"}, {"binary", "merge"}, {"where", "merge"},
}

func kindOf(class string) string {
	c := strings.ToLower(class)
	if strings.HasPrefix(c, "globalaverage") || strings.HasPrefix(c, "average") && c != "average" {
		return "pool"
	}
	for _, k := range kinds {
		if strings.Contains(c, k.part) {
			return k.kind
		}
	}
	return "other"
}

// add adds an edge once.
func (g *Graph) add(seen map[[2]int]bool, from, to int) {
	if e := [2]int{from, to}; from != to && !seen[e] {
		seen[e] = true
		g.Edges = append(g.Edges, e)
	}
}
