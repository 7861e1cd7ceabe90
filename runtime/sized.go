package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// dataDims names the dimensions that data decide (ir.DataSized), in the order of
// the nodes that have them.
func dataDims(m *ir.Model) []string {
	var dims []string
	for _, n := range m.Nodes {
		if d, ok := n.Op.(ir.DataSized); ok && d.DataDim() != "" && !slices.Contains(dims, d.DataDim()) {
			dims = append(dims, d.DataDim())
		}
	}
	return dims
}

// sizedFirst moves the nodes that such dimensions depend on to the front: a run
// that finds another size begins again, and must not have touched any state.
func sizedFirst(m *ir.Model) {
	if len(dataDims(m)) == 0 {
		return
	}
	needed := make([]bool, len(m.Values))
	first := make([]bool, len(m.Nodes))
	for i := len(m.Nodes) - 1; i >= 0; i-- {
		n := &m.Nodes[i]
		d, ok := n.Op.(ir.DataSized)
		first[i] = ok && d.DataDim() != "" || slices.ContainsFunc(n.Outputs, func(v ir.ValueID) bool { return needed[v] })
		if !first[i] {
			continue
		}
		for _, id := range n.Inputs {
			if id != ir.None {
				needed[id] = true
			}
		}
	}
	var front, back []ir.Node
	for i, n := range m.Nodes {
		if first[i] {
			front = append(front, n)
		} else {
			back = append(back, n)
		}
	}
	m.Nodes = append(front, back...)
}

// sizeMap is the session's present sizes by dimension.
func (s *Session) sizeMap() map[string]int {
	if len(s.sizes) == 0 {
		return nil
	}
	out := map[string]int{}
	for i, dim := range s.program.dims {
		out[dim] = s.sizes[i]
	}
	return out
}

// resized takes note of a size that a run asked for; the run must begin again.
func (s *Session) resized(err error) bool {
	e, ok := err.(*sizeError)
	if !ok {
		return false
	}
	s.sizes[slices.Index(s.program.dims, e.dim)] = e.n
	return true
}
