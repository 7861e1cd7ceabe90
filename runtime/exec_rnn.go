package runtime

import (
	"slices"
	"time"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/internal/workers"
	"github.com/kerasgo/kerasgo/ir"
)

// rnnFlopsPerNano is how fast a recurrence runs, roughly.
const rnnFlopsPerNano = 35

// Inputs of the recurrent ops.
const (
	rnnKernel    = 1
	rnnRecurrent = 2
	rnnBias      = 3
	rnnMask      = 4
	rnnInitial   = 5 // h; c follows
)

func prepareRecurrent(c *compiler, n *ir.Node) (*executor, error) {
	return prepareCell(c, n, n.Op, nil)
}

// prepareCell is for the recurrent op of n. Its input is looked up in e, if there
// is one.
func prepareCell(c *compiler, n *ir.Node, op ir.Op, e *embedding) (*executor, error) {
	switch o := op.(type) {
	case *ir.LSTM:
		return prepareRNN(c, n, kernel.LSTM, &o.Recurrence, o.Act, o.RecurrentAct, e)
	case *ir.GRU:
		cell := kernel.GRUResetBefore
		if o.ResetAfter {
			cell = kernel.GRU
		}
		return prepareRNN(c, n, cell, &o.Recurrence, o.Act, o.RecurrentAct, e)
	default:
		r := op.(*ir.SimpleRNN)
		return prepareRNN(c, n, kernel.SimpleRNN, &r.Recurrence, r.Act, ir.Func{}, e)
	}
}

// rnnWeights are the packed constants of a recurrent node; those that the model
// computes are nil.
type rnnWeights struct {
	cell             kernel.Cell
	in, units        int
	kernel, u        *weights
	bias             *weights
	hasBias, dynBias bool
}

func (w *rnnWeights) sizes() (kern, u, bias, uBias int) {
	g := w.cell.Gates()
	kern, u = kernel.PackedRNNInputFloats(w.in, w.units, g), kernel.PackedRecurrentFloats(w.units, g)
	bias = kernel.PackedBiasFloats(kernel.RNNCols(w.units, g))
	if w.cell == kernel.GRU {
		uBias = kernel.RNNCols(w.units, 1)
	}
	return kern, u, bias, uBias
}

func (w *rnnWeights) packKernel(dst, src []float32) {
	kernel.PackRNNInput(dst, w.in, w.units, w.cell.Gates(), src)
}

func (w *rnnWeights) packRecurrent(dst, src []float32) {
	if w.cell == kernel.GRUResetBefore {
		kernel.PackGRURecurrent(dst, w.units, src)
	} else {
		kernel.PackRecurrent(dst, w.units, w.cell.Gates(), src)
	}
}

// packBias packs both biases into dst, the recurrent one of a GRU last.
func (w *rnnWeights) packBias(dst, src []float32) {
	_, _, n, _ := w.sizes()
	if w.cell == kernel.GRU {
		kernel.PackGRUBias(dst[:n], dst[n:], w.units, src)
	} else {
		kernel.PackRNNBias(dst, w.units, w.cell.Gates(), src)
	}
}

func prepareRNN(c *compiler, n *ir.Node, cell kernel.Cell, rec *ir.Recurrence, act, recurrentAct ir.Func, e *embedding) (*executor, error) {
	if act.Rowwise() || recurrentAct.Rowwise() {
		return prepareRowRNN(c, n, cell, rec, act, recurrentAct)
	}
	k := c.model.Type(n.Inputs[rnnKernel]).Shape
	if !k[0].IsKnown() {
		return nil, ir.Errorf(ir.ErrUnsupported, "a recurrent kernel of shape %v, open in size", k)
	}
	w := &rnnWeights{cell: cell, in: k[0].Size, units: c.model.Type(n.Inputs[rnnRecurrent]).Shape[0].Size, hasBias: has(n, rnnBias)}
	if e != nil {
		e.kept = c.projectedRows(n, w)
	}
	names := [...]string{kernel.LSTM: "lstm", kernel.GRU: "gru", kernel.GRUResetBefore: "gru reset before", kernel.SimpleRNN: "rnn"}
	kn, un, bn, ubn := w.sizes()
	if t := c.take(n, rnnKernel); t != nil {
		w.kernel = c.pack(n.Inputs[rnnKernel], names[cell]+" kernel", kn, func(dst []float32) { w.packKernel(dst, t.Float32s()) })
	}
	if t := c.take(n, rnnRecurrent); t != nil {
		w.u = c.pack(n.Inputs[rnnRecurrent], names[cell]+" recurrent", un, func(dst []float32) { w.packRecurrent(dst, t.Float32s()) })
	}
	switch t := c.take(n, rnnBias); {
	case t != nil:
		w.bias = c.pack(n.Inputs[rnnBias], names[cell]+" bias", bn+ubn, func(dst []float32) { w.packBias(dst, t.Float32s()) })
	case w.hasBias:
		w.dynBias = true
	case cell == kernel.GRU: // it has a recurrent bias always
		w.bias = c.pack(n.Outputs[0], "no bias", bn+ubn, func(dst []float32) { w.packBias(dst, nil) })
	}
	states := len(n.Outputs) - 1
	threads := c.opts.threads
	a, ra := activation(act), activation(recurrentAct)
	size := func(in []ir.Type) rnnScratch {
		return newRNNScratch(w, in[0].Shape[0].Size, in[0].Shape[1].Size, threads, e != nil)
	}
	return &executor{
		scratch: func(in, _ []ir.Type) int { return size(in).total() },
		bind: func(b *binding) (step, error) {
			s := &rnnStep{b: b, w: w, table: e, scratch: size(b.types).split(b.scratch)}
			batch, steps := b.in[0].shape[0], b.in[0].shape[1]
			cols := kernel.RNNCols(w.units, cell.Gates())
			s.input = kernel.RNNInput{Size: w.in, Step: w.in, Batch: steps * w.in}
			sums := w.in + w.units // of a gate
			if e != nil {
				s.rows = kernel.RNNRows{IDs: int32s(s.scratch.ids), Kept: e.kept}
				s.input.Rows = &s.rows
				sums = w.units
			}
			s.rnn = kernel.RNN{
				Cell: cell, Units: w.units, Batch: batch, Steps: steps, Input: &s.input,
				ReverseX: rec.GoBackwards, ZeroMasked: rec.ZeroOutputForMask, Continues: rec.Continue, Act: a, RecurrentAct: ra,
				H: s.scratch.h, C: s.scratch.c,
			}
			s.sequences = rec.ReturnSequences
			if rec.State != "" {
				for i := range states {
					st, err := b.session.state(slotName(n.Op, i), ir.Float32, 0, batch, w.units)
					if err != nil {
						return nil, err
					}
					s.state[i] = st
				}
				s.once, s.ifZero = rec.Continue, rec.InitialIfZero
			}
			s.bindWeights()
			b.flops(2, batch, steps, cols, sums)
			s.took = time.Duration(2*float64(batch*steps)*float64(cols*sums)/rnnFlopsPerNano) * time.Nanosecond
			b.rnn = s
			return s.run, nil
		},
	}, nil
}

// rnnScratch is how a recurrent step's scratch is divided.
type rnnScratch struct {
	nrnn, nh, nkernel, nu, nbias, nids int

	rnn, h, c, kernel, u, bias, ids []float32
}

func newRNNScratch(w *rnnWeights, batch, steps, threads int, embedded bool) rnnScratch {
	r := kernel.RNN{Cell: w.cell, Units: w.units, Batch: batch, Steps: steps, Input: &kernel.RNNInput{Size: w.in}}
	s := rnnScratch{nh: batch * w.units}
	if embedded {
		r.Input.Rows = &kernel.RNNRows{}
		s.nids = batch * steps
	}
	s.nrnn = r.ScratchFloats(threads)
	kn, un, bn, ubn := w.sizes()
	if w.kernel == nil {
		s.nkernel = kn
	}
	if w.u == nil {
		s.nu = un
	}
	if w.dynBias {
		s.nbias = bn + ubn
	}
	return s
}

func (s rnnScratch) total() int {
	return s.nrnn + 2*s.nh + s.nkernel + s.nu + s.nbias + s.nids
}

func (s rnnScratch) split(mem []float32) rnnScratch {
	next := func(n int) []float32 {
		v := mem[:n:n]
		mem = mem[n:]
		return v
	}
	s.rnn, s.h, s.c = next(s.nrnn), next(s.nh), next(s.nh)
	s.kernel, s.u, s.bias, s.ids = next(s.nkernel), next(s.nu), next(s.nbias), next(s.nids)
	return s
}

// rnnStep runs one recurrent node.
type rnnStep struct {
	b         *binding
	w         *rnnWeights
	input     kernel.RNNInput
	table     *embedding // what input 0 indexes; nil when it is the input itself
	rows      kernel.RNNRows
	rnn       kernel.RNN
	scratch   rnnScratch
	state     [2]*state // of stateful layers
	once      bool      // initial states are for the session's first run
	ifZero    bool      // initial states are for runs that find all states zero
	sequences bool
	took      time.Duration // on one thread, about
}

func (s *rnnStep) bindWeights() {
	kern, u, bias := s.scratch.kernel, s.scratch.u, s.scratch.bias
	if s.w.kernel != nil {
		kern = s.w.kernel.f32
	}
	if s.w.u != nil {
		u = s.w.u.f32
	}
	if s.w.bias != nil {
		bias = s.w.bias.f32
	}
	s.input.W, s.rnn.U = kern, u
	_, _, n, ubn := s.w.sizes()
	if len(bias) > 0 {
		s.input.Bias = bias[:n]
	}
	if ubn > 0 {
		s.rnn.UBias = bias[n:]
	}
}

func (s *rnnStep) run(x *exec) error {
	if err := s.begin(x); err != nil {
		return err
	}
	s.recur(x.pool)
	return nil
}

// begin is what comes before recur, and can fail.
func (s *rnnStep) begin(x *exec) error {
	s.rnn.Stop = x.stop
	if s.table == nil {
		return nil
	}
	return s.table.indices(s.rows.IDs, s.b.in[0])
}

// recur packs what is not constant and runs the recurrence.
func (s *rnnStep) recur(p *workers.Pool) {
	b, w := s.b, s.w
	if w.kernel == nil {
		w.packKernel(s.scratch.kernel, b.in[rnnKernel].f32)
	}
	if w.u == nil {
		w.packRecurrent(s.scratch.u, b.in[rnnRecurrent].f32)
	}
	if w.dynBias {
		w.packBias(s.scratch.bias, b.in[rnnBias].f32)
	}
	s.input.X = b.in[0].f32
	if s.table != nil {
		s.input.X = b.in[passes.EmbeddedTable].f32
	}
	r := &s.rnn
	given := !(s.once && b.session.running) && !(s.ifZero && recorded(s.state[:]))
	s.initial(0, &r.H, s.scratch.h, given)
	if r.Cell == kernel.LSTM {
		s.initial(1, &r.C, s.scratch.c, given)
	}
	if len(b.in) > rnnMask && b.in[rnnMask] != nil {
		r.Mask = b.in[rnnMask].b
	}
	if y := b.out[0]; y != nil {
		if s.sequences {
			r.Y, r.YStep, r.YBatch = y.f32, r.Units, r.Steps*r.Units
		} else {
			r.Last = y.f32
		}
	}
	r.Run(p, s.scratch.rnn)
	s.final(1, r.H)
	if r.Cell == kernel.LSTM {
		s.final(2, r.C)
	}
}

// recorded reports whether an earlier run left a state that is not zero.
func recorded(states []*state) bool {
	for _, st := range states {
		if st != nil && slices.ContainsFunc(st.f32, func(v float32) bool { return v != 0 }) {
			return true
		}
	}
	return false
}

// initial sets *state to where the state lives, and its first value: the given
// one, if there is one and it holds.
func (s *rnnStep) initial(i int, state *[]float32, scratch []float32, given bool) {
	*state = scratch
	if s.state[i] != nil {
		*state = s.state[i].f32
	}
	if in := rnnInitial + i; len(s.b.in) > in && s.b.in[in] != nil && given {
		copy(*state, s.b.in[in].f32)
	} else if s.state[i] == nil {
		clear(*state)
	}
}

func (s *rnnStep) final(out int, state []float32) {
	if o := s.b.out[out]; o != nil {
		copy(o.f32, state)
	}
}

// pairStep runs two independent recurrent nodes, such as the directions of a
// Bidirectional. Their recurrences, which are hard to divide, run side by side.
func pairStep(first, second *rnnStep) step {
	t := &rnnPair{first, second}
	return func(x *exec) error {
		for _, s := range t {
			if err := s.begin(x); err != nil {
				return err
			}
		}
		if first.rnn.Batch >= rnnBatchPerThread*x.pool.Threads() || !x.pool.Worth(first.took+second.took) {
			first.recur(x.pool)
			second.recur(x.pool)
			return nil
		}
		x.pool.Run(t, 2)
		return nil
	}
}

// rnnBatchPerThread is how many sequences per thread make it better to divide
// the sequences of one node.
const rnnBatchPerThread = 6

type rnnPair [2]*rnnStep

// RunChunk is for the pool.
func (t *rnnPair) RunChunk(_, chunk int) { t[chunk].recur(nil) }
