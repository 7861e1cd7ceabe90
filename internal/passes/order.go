package passes

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// dropDead takes out nodes whose results nobody needs; a node that keeps state
// between runs is always needed.
func dropDead(m *ir.Model) bool {
	needed := make([]bool, len(m.Values))
	for _, p := range m.Outputs {
		needed[p.Value] = true
	}
	for i := len(m.Nodes) - 1; i >= 0; i-- {
		n := &m.Nodes[i]
		if !slices.ContainsFunc(n.Outputs, func(v ir.ValueID) bool { return needed[v] }) && StateOf(n.Op) == "" {
			n.Op = nil
			continue
		}
		for _, id := range n.Inputs {
			if id != ir.None {
				needed[id] = true
			}
		}
	}
	before := len(m.Nodes)
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n ir.Node) bool { return n.Op == nil })
	for i := range m.Values {
		if !needed[i] {
			m.Values[i].Const = nil
		}
	}
	return len(m.Nodes) != before
}

// recurrence is what recurrent ops over vectors have in common; nil for others.
func recurrence(op ir.Op) *ir.Recurrence {
	switch o := op.(type) {
	case *ir.LSTM:
		return &o.Recurrence
	case *ir.GRU:
		return &o.Recurrence
	case *ir.SimpleRNN:
		return &o.Recurrence
	case *EmbeddedRNN:
		return recurrence(o.RNN)
	}
	return nil
}

// StateOf is the session slot that op keeps state in, empty for none.
func StateOf(op ir.Op) string {
	switch o := op.(type) {
	case *ir.ConvLSTM:
		return o.State
	case *ir.History:
		return o.State
	}
	if r := recurrence(op); r != nil {
		return r.State
	}
	return ""
}

// Independent reports whether two recurrent nodes, a before b, can run at the
// same time.
func Independent(a, b *ir.Node) bool {
	if recurrence(a.Op) == nil || recurrence(b.Op) == nil || rowwise(a.Op) || rowwise(b.Op) {
		return false
	}
	for _, id := range b.Inputs {
		if slices.Contains(a.Outputs, id) {
			return false
		}
	}
	return StateOf(a.Op) == "" || StateOf(a.Op) != StateOf(b.Op)
}

// rowwise recurrences have an executor of their own, which runs alone.
func rowwise(op ir.Op) bool {
	r, ok := op.(interface{ Rowwise() bool })
	return ok && r.Rowwise()
}

// pairRecurrent moves the second of two recurrent nodes over one input, the
// directions of a Bidirectional, right after the first.
func pairRecurrent(m *ir.Model) bool {
	g := newGraph(m)
	firsts := map[ir.ValueID]int{} // by input: its recurrent node that has no partner yet
	after := map[int]int{}         // by node: its partner
	moved := make([]bool, len(m.Nodes))
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if recurrence(n.Op) == nil {
			continue
		}
		first, ok := firsts[n.Inputs[0]]
		if !ok || !Independent(&m.Nodes[first], n) || !g.known(n, first) {
			firsts[n.Inputs[0]] = i
			continue
		}
		delete(firsts, n.Inputs[0])
		if i != first+1 {
			after[first], moved[i] = i, true
		}
	}
	if len(after) == 0 {
		return false
	}
	nodes := make([]ir.Node, 0, len(m.Nodes))
	for i, n := range m.Nodes {
		if moved[i] {
			continue
		}
		nodes = append(nodes, n)
		if j, ok := after[i]; ok {
			nodes = append(nodes, m.Nodes[j])
		}
	}
	m.Nodes = nodes
	return true
}

// known reports whether all inputs of n are computed before node i.
func (g *graph) known(n *ir.Node, i int) bool {
	for _, id := range n.Inputs {
		if id != ir.None && g.maker[id] >= i {
			return false
		}
	}
	return true
}
