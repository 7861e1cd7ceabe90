package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// rowRNN is a recurrence of which an activation looks along the units, such as
// softmax. The kernels take units in groups; here each step of an example has all.
type rowRNN struct {
	b                 *binding
	cell              kernel.Cell
	rec               *ir.Recurrence
	act, gate         func(row []float32) // in place, one gate's units
	batch, steps, in  int
	units             int
	state             [2]*state
	h, c              []float32 // [batch][units], of stateless layers
	pre, hidden, cand []float32 // the gates of the input, and of the state
	prev              []float32
}

func prepareRowRNN(c *compiler, n *ir.Node, cell kernel.Cell, rec *ir.Recurrence, act, gate ir.Func) (*executor, error) {
	units, states := c.model.Type(n.Inputs[rnnRecurrent]).Shape[0].Size, len(n.Outputs)-1
	sizes := func(batch int) []int {
		g := cell.Gates() * units
		return []int{batch * units, batch * units, g, g, units, units, 2 * units}
	}
	return &executor{
		scratch: func(in, _ []ir.Type) (total int) {
			for _, n := range sizes(in[0].Shape[0].Size) {
				total += n
			}
			return total
		},
		bind: func(b *binding) (step, error) {
			x := b.in[0].shape
			s := &rowRNN{b: b, cell: cell, rec: rec, batch: x[0], steps: x[1], in: x[2], units: units}
			var parts [7][]float32
			mem := b.scratch
			for i, n := range sizes(s.batch) {
				parts[i], mem = mem[:n:n], mem[n:]
			}
			s.h, s.c, s.pre, s.hidden, s.cand, s.prev = parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]
			s.act, s.gate = rowFunc(act, parts[6]), rowFunc(gate, parts[6])
			for i := range states {
				if rec.State == "" {
					break
				}
				st, err := b.session.state(slotName(n.Op, i), ir.Float32, 0, s.batch, units)
				if err != nil {
					return nil, err
				}
				s.state[i] = st
			}
			if s.state[0] != nil {
				s.h = s.state[0].f32
			}
			if s.state[1] != nil {
				s.c = s.state[1].f32
			}
			b.flops(2, s.batch, s.steps, cell.Gates()*units, s.in+units)
			return func(x *exec) error { s.run(x); return nil }, nil
		},
	}, nil
}

// rowFunc is an activation of a row; temp holds two rows.
func rowFunc(f ir.Func, temp []float32) func(row []float32) {
	switch f.Name {
	case "softmax":
		return func(row []float32) { kernel.Softmax(row, row, len(row)) }
	case "log_softmax":
		return func(row []float32) { kernel.LogSoftmax(row, row, len(row), temp) }
	case "sparsemax":
		return func(row []float32) { sparsemaxRow(row, temp[:len(row)]) }
	}
	a := activation(f)
	return func(row []float32) { a.Apply(row, row) }
}

// sparsemaxRow is keras.activations.sparsemax, whose tau sums the cumulated sums
// of the support where the paper has only the last.
func sparsemaxRow(row, sorted []float32) {
	copy(sorted, row)
	slices.Sort(sorted)
	var sum, inside, k float32
	for i := range sorted {
		v := sorted[len(sorted)-1-i]
		sum += v
		if v-(sum-1)/float32(i+1) > 0 {
			inside += sum
			k++
		}
	}
	tau := (inside - 1) / k
	for i, v := range row {
		row[i] = max(v-tau, 0)
	}
}

func (s *rowRNN) run(x *exec) {
	b := s.b
	given := !(s.rec.Continue && b.session.running) && !(s.rec.InitialIfZero && recorded(s.state[:]))
	for i, state := range [][]float32{s.h, s.c} {
		if in := rnnInitial + i; len(b.in) > in && b.in[in] != nil && given {
			copy(state, b.in[in].f32)
		} else if s.state[i] == nil {
			clear(state)
		}
	}
	var mask []bool
	if len(b.in) > rnnMask && b.in[rnnMask] != nil {
		mask = b.in[rnnMask].b
	}
	u := s.units
	for e := range s.batch {
		h, c := s.h[e*u:][:u], s.c[e*u:][:u]
		clear(s.prev)
		if s.rec.Continue {
			copy(s.prev, h)
		}
		for i := range s.steps {
			if x.stopped() {
				return
			}
			t := i
			if s.rec.GoBackwards {
				t = s.steps - 1 - i
			}
			if mask == nil || mask[e*s.steps+t] {
				s.step(b.in[0].f32[(e*s.steps+t)*s.in:][:s.in], h, c)
				copy(s.prev, h)
			} else if s.rec.ZeroOutputForMask {
				clear(s.prev)
			}
			if y := b.out[0]; y != nil && s.rec.ReturnSequences {
				copy(y.f32[(e*s.steps+i)*u:], s.prev)
			}
		}
		if y := b.out[0]; y != nil && !s.rec.ReturnSequences {
			copy(y.f32[e*u:], s.prev)
		}
	}
	for i, state := range [][]float32{s.h, s.c} {
		if 1+i < len(b.out) && b.out[1+i] != nil {
			copy(b.out[1+i].f32, state)
		}
	}
}

// step advances one example.
func (s *rowRNN) step(x, h, c []float32) {
	u, cols := s.units, len(s.pre)
	clear(s.pre)
	clear(s.hidden)
	if in := s.b.in; len(in) > rnnBias && in[rnnBias] != nil {
		copy(s.pre, in[rnnBias].f32[:cols])
		if s.cell == kernel.GRU {
			copy(s.hidden, in[rnnBias].f32[cols:])
		}
	}
	recurrent := s.b.in[rnnRecurrent].f32
	addRows(s.pre, x, s.b.in[rnnKernel].f32, cols)
	if s.cell == kernel.GRUResetBefore {
		addRows(s.hidden[:2*u], h, recurrent, cols)
	} else {
		addRows(s.hidden, h, recurrent, cols)
	}
	gate := func(i int) []float32 { return s.pre[i*u:][:u] }
	add := func(gates int) {
		for i, v := range s.hidden[:gates*u] {
			s.pre[i] += v
		}
	}
	switch s.cell {
	case kernel.LSTM:
		add(4)
		s.gate(gate(0))
		s.gate(gate(1))
		s.act(gate(2))
		s.gate(gate(3))
		for i := range c {
			c[i] = gate(1)[i]*c[i] + gate(0)[i]*gate(2)[i]
		}
		copy(s.cand, c)
		s.act(s.cand)
		for i, v := range s.cand {
			h[i] = gate(3)[i] * v
		}
	case kernel.GRU, kernel.GRUResetBefore:
		add(2)
		s.gate(gate(0))
		s.gate(gate(1))
		z, r, cand := gate(0), gate(1), gate(2)
		if s.cell == kernel.GRU {
			for i := range cand {
				cand[i] += r[i] * s.hidden[2*u+i]
			}
		} else {
			for i := range r {
				r[i] *= h[i]
			}
			addRows(cand, r, recurrent[2*u:], cols)
		}
		s.act(cand)
		for i := range h {
			h[i] = z[i]*h[i] + (1-z[i])*cand[i]
		}
	default:
		add(1)
		s.act(s.pre)
		copy(h, s.pre)
	}
}

// addRows adds x·w to y; row p of w begins at p·stride.
func addRows(y, x, w []float32, stride int) {
	for p, v := range x {
		for j, k := range w[p*stride:][:len(y)] {
			y[j] += v * k
		}
	}
}
