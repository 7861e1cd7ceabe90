package runtime

import (
	"maps"
	"slices"

	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/ir"
)

// state is one tensor that a session keeps between runs.
type state struct {
	buffer
	zero float64 // what it holds before the first run
}

func (st *state) reset() {
	for i := range st.f32 {
		st.f32[i] = float32(st.zero)
	}
	for i := range st.i32 {
		st.i32[i] = int32(st.zero)
	}
	for i := range st.i64 {
		st.i64[i] = int64(st.zero)
	}
	for i := range st.b {
		st.b[i] = st.zero != 0
	}
}

// slotName names state i of an op that keeps any.
func slotName(op ir.Op, i int) string {
	if op.Kind() == "History" {
		return passes.StateOf(op)
	}
	return passes.StateOf(op) + [...]string{"/h", "/c"}[i]
}

// slots describes the states that a node keeps.
func slots(m *ir.Model, n *ir.Node) []Info {
	if passes.StateOf(n.Op) == "" {
		return nil
	}
	if o, ok := n.Op.(*ir.History); ok {
		t := m.Type(n.Inputs[0])
		s := t.Shape.Clone()
		axis, _ := ir.NormAxis(o.Axis, len(s))
		s[axis] = ir.Known(o.Steps)
		return []Info{{slotName(o, 0), kindOf(t.DType), s}}
	}
	var out []Info
	for i, id := range n.Outputs[1:] {
		out = append(out, Info{slotName(n.Op, i), ir.Float32, m.Type(id).Shape})
	}
	return out
}

// States describes what a session keeps from one run to the next, sorted by name:
// nothing for most models, the states of stateful recurrent layers ("lstm/h",
// "lstm/c"), and with WithStreaming the states of all recurrent layers and the last
// inputs of causal convolutions ("conv1d/history").
func (p *Program) States() []Info {
	var out []Info
	seen := map[string]bool{}
	for i := range p.model.Nodes {
		for _, s := range slots(p.model, &p.model.Nodes[i]) {
			if !seen[s.Name] {
				seen[s.Name] = true
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b Info) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	return out
}

// state returns the session's memory for a state slot, made on first use. A
// slot that holds another shape is an error: a sequence cannot change its batch
// size. After Reset it can.
func (s *Session) state(slot string, kind ir.DType, zero float64, shape ...int) (*state, error) {
	if st := s.states[slot]; st != nil {
		if st.kind != kind {
			return nil, ir.Errorf(ir.ErrDType, "state %q is %v in one layer and %v in another", slot, st.kind, kind)
		}
		if slices.Equal(st.shape, shape) {
			return st, nil
		}
		if s.running {
			return nil, ir.Errorf(ir.ErrShape, "state %q has shape %v from an earlier run, now %v; use one session per batch size, or Reset", slot, ir.Dims(st.shape...), ir.Dims(shape...))
		}
		s.plans = nil // they are bound to the old memory
	}
	st := &state{buffer{kind: kind, dtype: kind, shape: slices.Clone(shape)}, zero}
	st.setMemory(alignedBytes(elems(shape)*kindSize(kind)), elems(shape))
	st.reset()
	s.states[slot] = st
	return st, nil
}

// Reset starts a new sequence: it sets all states back to what they are before the
// first run, as reset_states of Keras does. It allocates nothing.
func (s *Session) Reset() {
	for _, st := range s.states {
		st.reset()
	}
	s.running = false
}

// State returns copies of all states, by the names of Program.States, to continue
// from with SetState in this or any other session of the same model. Before the
// first run and after Reset it is empty.
func (s *Session) State() map[string]*Tensor {
	out := map[string]*Tensor{}
	if !s.running {
		return out
	}
	for name, st := range s.states {
		out[name] = (&Tensor{shape: st.shape, buf: st.buffer}).Clone()
	}
	return out
}

// SetState makes the next run continue from states that State returned. They are
// copied. An empty map is the same as Reset; any other must hold a tensor for each
// of Program.States, of its dtype and shape.
//
// An error names the state, wraps ir.ErrUsage, ir.ErrDType or ir.ErrShape, and
// leaves the session as it was.
func (s *Session) SetState(states map[string]*Tensor) error {
	if len(states) == 0 {
		s.Reset()
		return nil
	}
	if err := s.made(); err != nil {
		return err
	}
	infos := s.program.States()
	open := map[string]int{} // dimensions must agree
	for _, info := range infos {
		t := states[info.Name]
		if t == nil {
			return &ir.Error{Kind: ir.ErrUsage, Field: info.Name, Text: "the state is missing"}
		}
		if t.buf.kind != info.DType {
			return &ir.Error{Kind: ir.ErrDType, Field: info.Name, Text: "the state is " + t.buf.kind.String() + ", wants " + info.DType.String()}
		}
		if err := fits(info, t.shape, open); err != nil {
			return err
		}
	}
	if len(states) > len(infos) {
		for name := range maps.Keys(states) {
			if !slices.ContainsFunc(infos, func(i Info) bool { return i.Name == name }) {
				return &ir.Error{Kind: ir.ErrUsage, Field: name, Text: "the model has no such state; see Program.States"}
			}
		}
	}
	s.Reset()
	for _, info := range infos {
		t := states[info.Name]
		st, err := s.state(info.Name, info.DType, s.program.initialState(info.Name), t.shape...)
		if err != nil {
			return err
		}
		st.copyFrom(&t.buf)
	}
	s.running = true
	return nil
}

// fits checks a shape; open holds the sizes of open dimensions met so far.
func fits(info Info, shape []int, open map[string]int) error {
	bad := func() error {
		return &ir.Error{Kind: ir.ErrShape, Field: info.Name, Text: "the state has shape " + ir.Dims(shape...).String() + ", wants " + info.Shape.String()}
	}
	if len(shape) != len(info.Shape) {
		return bad()
	}
	for i, d := range info.Shape {
		n := shape[i]
		if !d.IsKnown() {
			if have, ok := open[d.String()]; ok && have != n {
				return bad()
			}
			open[d.String()] = n
		} else if d.Size != n {
			return bad()
		}
	}
	return nil
}

// initialState is what a slot holds before the first run.
func (p *Program) initialState(slot string) float64 {
	for i := range p.model.Nodes {
		if o, ok := p.model.Nodes[i].Op.(*ir.History); ok && o.State == slot {
			return float64(o.Value)
		}
	}
	return 0
}
