package passes

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// EmbeddedRNN is a recurrent op whose input is rows of a constant table, looked
// up: what a row projects to does not depend on where it stands, so that the
// runtime can keep it. Inputs: the recurrent op's, with the indices [batch, time]
// in place of x, and the table [rows, in] as EmbeddedTable. Outputs: the recurrent
// op's. Like Chain, it is no op of the format.
type EmbeddedRNN struct {
	RNN    ir.Op
	Gather *ir.Gather
	From   ir.Origin // of the look-up
}

// EmbeddedTable is the input that is the table, after all that recurrent ops have.
const EmbeddedTable = 7

// Kind is the name of the runtime's executor.
func (*EmbeddedRNN) Kind() string { return "EmbeddedRNN" }

// Infer infers the look-up, then the recurrent op.
func (o *EmbeddedRNN) Infer(in []ir.Type) ([]ir.Type, error) {
	if len(in) != EmbeddedTable+1 {
		return nil, ir.Errorf(ir.ErrMalformed, "has %d inputs, wants %d", len(in), EmbeddedTable+1)
	}
	x, err := o.Gather.Infer([]ir.Type{in[EmbeddedTable], in[0]})
	if err != nil {
		return nil, err
	}
	own := append(x, in[1:EmbeddedTable]...)
	for own[len(own)-1].Absent() {
		own = own[:len(own)-1]
	}
	return o.RNN.Infer(own)
}

// MACs counts what runs whatever rows are kept: the recurrence.
func (o *EmbeddedRNN) MACs(in []ir.Type) int64 {
	u := in[2].Shape
	return int64(in[0].Shape[0].Size) * int64(in[0].Shape[1].Size) * int64(u[0].Size) * int64(u[1].Size)
}

// embedRecurrent lets recurrent nodes look their input up in a constant table.
func embedRecurrent(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if recurrence(n.Op) == nil || rowwise(n.Op) || g.maker[n.Inputs[0]] < 0 {
			continue
		}
		from := &m.Nodes[g.maker[n.Inputs[0]]]
		gather, ok := from.Op.(*ir.Gather)
		if !ok || !g.projectable(from, n) {
			continue
		}
		x := n.Inputs[0]
		inputs := append(slices.Clone(n.Inputs), make([]ir.ValueID, EmbeddedTable+1-len(n.Inputs))...)
		for k := len(n.Inputs); k < EmbeddedTable; k++ {
			inputs[k] = ir.None
		}
		inputs[0], inputs[EmbeddedTable] = from.Inputs[1], from.Inputs[0]
		n.Op, n.Inputs = &EmbeddedRNN{n.Op, gather, from.Origin}, inputs
		if g.uses[x]--; g.uses[x] == 0 {
			from.Op = nil
		}
		changed = true
	}
	g.compact()
	return changed
}

// projectable reports whether a row of the table that from looks up projects to
// the same at every step of n.
func (g *graph) projectable(from, n *ir.Node) bool {
	table := g.Const(from.Inputs[0])
	if table == nil || len(table.Shape) != 2 || table.Shape[0] > math.MaxInt32 || len(g.Type(from.Inputs[1]).Shape) != 2 {
		return false
	}
	axis, err := ir.NormAxis(from.Op.(*ir.Gather).Axis, 2)
	if err != nil || axis != 0 || g.Const(n.Inputs[1]) == nil {
		return false
	}
	bias := input(n, 3)
	return bias == ir.None || g.Const(bias) != nil
}
