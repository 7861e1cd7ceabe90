package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kerasgo/kerasgo/internal/workers"
)

type rnnCase struct {
	cell                Cell
	in, units, batch, t int
	mask, zero          bool
	reverseX, reverseY  bool
	sequences           bool
	act, rec            Activation
}

type rnnWeights struct{ x, w, u, bias, h, c []float32 }

func (c rnnCase) weights(r *rand.Rand) rnnWeights {
	g := c.cell.Gates()
	rows := 1
	if c.cell == GRU {
		rows = 2
	}
	ws := rnnWeights{
		x: guardedRand(r, c.batch*c.t*c.in), w: guardedRand(r, c.in*g*c.units), u: guardedRand(r, c.units*g*c.units),
		bias: guardedRand(r, rows*g*c.units), h: guardedRand(r, c.batch*c.units), c: guardedRand(r, c.batch*c.units),
	}
	for i := range ws.u {
		ws.u[i] *= 0.5 / float32(math.Sqrt(float64(c.units)))
	}
	for i := range ws.w {
		ws.w[i] *= 0.7
	}
	return ws
}

// reference follows Keras's cells in float64.
func (c rnnCase) reference(ws rnnWeights, mask []bool) (y, h, cs, last []float64) {
	u, g := c.units, c.cell.Gates()
	f64 := func(s []float32) []float64 {
		d := make([]float64, len(s))
		for i, v := range s {
			d[i] = float64(v)
		}
		return d
	}
	h, cs = f64(ws.h), f64(ws.c)
	y = make([]float64, c.batch*c.t*u)
	last = make([]float64, c.batch*u)
	for b := range c.batch {
		hb, cb, out := h[b*u:(b+1)*u], cs[b*u:(b+1)*u], last[b*u:(b+1)*u]
		for t := range c.t {
			tx, ty := t, t
			if c.reverseX {
				tx = c.t - 1 - t
			}
			if c.reverseY {
				ty = c.t - 1 - t
			}
			yt := y[(b*c.t+ty)*u:][:u]
			if mask != nil && !mask[b*c.t+tx] {
				if c.zero {
					clear(out)
				}
				copy(yt, out)
				continue
			}
			mul := func(v []float64, k []float32, gate, unit int) float64 {
				s := 0.0
				for p, a := range v {
					s += a * float64(k[(p*g+gate)*u+unit])
				}
				return s
			}
			x := f64(ws.x[(b*c.t+tx)*c.in:][:c.in])
			bias := func(i int) float64 { return float64(ws.bias[i]) }
			xs := func(gate, unit int) float64 { return mul(x, ws.w, gate, unit) + bias(gate*u+unit) }
			act := func(v float64) float64 { return activate(c.act, v) }
			rec := func(v float64) float64 { return activate(c.rec, v) }
			nh := make([]float64, u)
			rh := make([]float64, u)
			for j := range u {
				switch c.cell {
				case LSTM:
					i := rec(xs(0, j) + mul(hb, ws.u, 0, j))
					f := rec(xs(1, j) + mul(hb, ws.u, 1, j))
					cand := act(xs(2, j) + mul(hb, ws.u, 2, j))
					o := rec(xs(3, j) + mul(hb, ws.u, 3, j))
					cb[j] = f*cb[j] + i*cand
					nh[j] = o * act(cb[j])
				case GRU:
					z := rec(xs(0, j) + mul(hb, ws.u, 0, j) + bias(3*u+j))
					r := rec(xs(1, j) + mul(hb, ws.u, 1, j) + bias(4*u+j))
					cand := act(xs(2, j) + r*(mul(hb, ws.u, 2, j)+bias(5*u+j)))
					nh[j] = z*hb[j] + (1-z)*cand
				case GRUResetBefore:
					rh[j] = hb[j] * rec(xs(1, j)+mul(hb, ws.u, 1, j))
				case SimpleRNN:
					nh[j] = act(xs(0, j) + mul(hb, ws.u, 0, j))
				}
			}
			if c.cell == GRUResetBefore {
				for j := range u {
					z := rec(xs(0, j) + mul(hb, ws.u, 0, j))
					nh[j] = z*hb[j] + (1-z)*act(xs(2, j)+mul(rh, ws.u, 2, j))
				}
			}
			copy(hb, nh)
			copy(out, nh)
			copy(yt, nh)
		}
	}
	return y, h, cs, last
}

func (c rnnCase) run(t *testing.T, r *rand.Rand, pools []*workers.Pool) {
	t.Helper()
	ws := c.weights(r)
	g := c.cell.Gates()
	var mask []bool
	if c.mask {
		mask = make([]bool, c.batch*c.t)
		for i := range mask {
			mask[i] = r.IntN(3) > 0
		}
	}
	cols := RNNCols(c.units, g)
	w := newGuarded(PackedRNNInputFloats(c.in, c.units, g))
	u := newGuarded(PackedRecurrentFloats(c.units, g))
	bias := newGuarded(PackedBiasFloats(cols))
	ubias := newGuarded(RNNCols(c.units, 1))
	PackRNNInput(w.s, c.in, c.units, g, ws.w)
	switch c.cell {
	case GRU:
		PackGRUBias(bias.s, ubias.s, c.units, ws.bias)
	default:
		PackRNNBias(bias.s, c.units, g, ws.bias)
	}
	if c.cell == GRUResetBefore {
		PackGRURecurrent(u.s, c.units, ws.u)
	} else {
		PackRecurrent(u.s, c.units, g, ws.u)
	}
	for _, p := range []guarded{w, u, bias, ubias} {
		p.check(t, "pack")
	}
	proj := newGuarded(c.batch * c.t * cols)
	gemm := &Gemm{M: c.batch * c.t, N: cols, K: c.in, A: ws.x, LDA: c.in, B: w.s, Bias: bias.s, C: proj.s, LDC: cols}
	gemm.Run(nil)
	what := fmt.Sprintf("%+v", c)
	wantY, wantH, wantC, wantLast := c.reference(ws, mask)
	ones := make([]float64, max(len(wantY), len(wantH)))
	for i := range ones {
		ones[i] = 1
	}
	for x := given; x <= rowsKept; x++ {
		c.runOn(t, pools, x, rnnBuffers{ws, mask, proj.s, w.s, u.s, bias.s, ubias.s}, what, rnnWant{wantY, wantH, wantC, wantLast, ones})
	}
}

type rnnBuffers struct {
	ws                      rnnWeights
	mask                    []bool
	proj, w, u, bias, ubias []float32
}

type rnnWant struct{ y, h, c, last, ones []float64 }

// What an RNN projects: nothing, its input, or rows of a table, all or none or some of which are kept.
const (
	given = iota
	steps
	rows
	rowsKept
)

// runOn compares the runs on pools with each other and with the reference.
func (c rnnCase) runOn(t *testing.T, pools []*workers.Pool, projects int, in rnnBuffers, what string, want rnnWant) {
	t.Helper()
	ws, cols := in.ws, RNNCols(c.units, c.cell.Gates())
	var firstY, firstH []float32
	// The table is the input from its end on, so that no row is where it was.
	n := c.batch * c.t
	table, ids := make([]float32, len(ws.x)), make([]int32, n)
	for i := range ids {
		ids[i] = int32(n - 1 - i)
		copy(table[int(ids[i])*c.in:], ws.x[i*c.in:][:c.in])
	}
	keep := n / 2
	kept := newGuarded(keep * cols)
	all := NewProjectedRows(kept.s, keep, c.units, c.cell.Gates())
	if projects == rowsKept { // the first pool finds none, the others all
		pools = append(pools[:1:1], pools...)
	}
	for _, p := range pools {
		h, cs, y, last := newGuarded(len(ws.h)), newGuarded(len(ws.c)), newGuarded(len(want.y)), newGuarded(len(ws.h))
		copy(h.s, ws.h)
		copy(cs.s, ws.c)
		rnn := &RNN{
			Cell: c.cell, Units: c.units, Batch: c.batch, Steps: c.t, U: in.u, UBias: in.ubias,
			H: h.s, C: cs.s, YStep: c.units, YBatch: c.t * c.units, Last: last.s,
			Mask: in.mask, ZeroMasked: c.zero, ReverseX: c.reverseX, ReverseY: c.reverseY, Act: c.act, RecurrentAct: c.rec,
		}
		switch projects {
		case given:
			rnn.X, rnn.XStep, rnn.XBatch = in.proj, cols, c.t*cols
		case steps:
			rnn.Input = &RNNInput{X: ws.x, Size: c.in, Step: c.in, Batch: c.t * c.in, W: in.w, Bias: in.bias}
		case rows:
			rnn.Input = &RNNInput{X: table, Size: c.in, W: in.w, Bias: in.bias, Rows: &RNNRows{IDs: ids}}
		case rowsKept:
			rnn.Input = &RNNInput{X: table, Size: c.in, W: in.w, Bias: in.bias, Rows: &RNNRows{IDs: ids, Kept: all}}
		}
		if c.sequences {
			rnn.Y = y.s
		}
		scratch := newGuarded(rnn.ScratchFloats(p.Threads()))
		rnn.Run(p, scratch.s)
		for _, s := range []guarded{h, cs, y, last, scratch, kept} {
			s.check(t, what)
		}
		if firstH == nil {
			firstY, firstH = y.s, h.s
		}
		sameBits(t, what+" H", h.s, firstH)
		if c.sequences {
			sameBits(t, what+" Y", y.s, firstY)
			near(t, what+" Y", y.s, want.y, want.ones, 2e-5)
		}
		near(t, what+" H", h.s, want.h, want.ones[:len(want.h)], 2e-5)
		near(t, what+" Last", last.s, want.last, want.ones[:len(want.h)], 2e-5)
		if c.cell == LSTM {
			near(t, what+" C", cs.s, want.c, want.ones[:len(want.c)], 4e-5)
		}
	}
}

func TestRNN(t *testing.T) {
	pools := []*workers.Pool{nil, testPool(t, 2), testPool(t, 3)}
	sigmoid, tanh := Activation{Kind: Sigmoid}, Activation{Kind: Tanh}
	eachLevel(t, func(t *testing.T) {
		r := newRand(20)
		for i := range 800 {
			c := rnnCase{
				cell: Cell(r.IntN(4)), in: 1 + r.IntN(9), units: 1 + r.IntN(40), batch: 1 + r.IntN(8), t: 1 + r.IntN(6),
				mask: r.IntN(3) == 0, zero: r.IntN(2) == 0, reverseX: r.IntN(3) == 0, reverseY: r.IntN(3) == 0,
				sequences: r.IntN(2) == 0, act: tanh, rec: sigmoid,
			}
			if i%3 == 0 {
				c.rec = Activation{Kind: HardSigmoid, P: 0.2, Q: 0.5}
			}
			if i%5 == 0 {
				c.act = Activation{Kind: []ActKind{Relu, Softsign, Linear, Elu}[r.IntN(4)], P: 1}
			}
			c.run(t, r, pools)
		}
		for cell := range Cell(4) {
			for _, batch := range []int{1, 2, 4, 5, 6, 7, 8, 9, 13, 16, 21, 32, 64} {
				rnnCase{cell: cell, in: 10, units: 100, batch: batch, t: 9, sequences: true, act: tanh, rec: sigmoid}.run(t, r, pools)
			}
		}
	})
}

func TestRNNInPieces(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(21)
		const units, steps = 12, 7
		cols := RNNCols(units, 4)
		x, u := guardedRand(r, steps*cols), guardedRand(r, PackedRecurrentFloats(units, 4))
		run := func(from, to int, h, c, y []float32) {
			rnn := &RNN{
				Cell: LSTM, Units: units, Batch: 1, Steps: to - from, X: x[from*cols:], XStep: cols, XBatch: steps * cols, U: u, H: h, C: c,
				Y: y[from*units:], YStep: units, Act: Activation{Kind: Tanh}, RecurrentAct: Activation{Kind: Sigmoid},
			}
			rnn.Run(nil, make([]float32, rnn.ScratchFloats(1)))
		}
		h, c, y := make([]float32, units), make([]float32, units), make([]float32, steps*units)
		run(0, steps, h, c, y)
		h2, c2, y2 := make([]float32, units), make([]float32, units), make([]float32, steps*units)
		run(0, 3, h2, c2, y2)
		run(3, 3, h2, c2, y2)
		run(3, steps, h2, c2, y2)
		sameBits(t, "Y", y2, y)
		sameBits(t, "H", h2, h)
		sameBits(t, "C", c2, c)
	})
}

func TestRNNAllocatesNothing(t *testing.T) {
	const units, steps = 20, 5
	f := func(n int) []float32 { return make([]float32, n) }
	rnn := &RNN{
		Cell: LSTM, Units: units, Batch: 1, Steps: steps, U: f(PackedRecurrentFloats(units, 4)), H: f(units), C: f(units),
		Y: f(steps * units), YStep: units, Act: Activation{Kind: Tanh}, RecurrentAct: Activation{Kind: Sigmoid},
	}
	rnn.Input = &RNNInput{X: f(steps * 3), Size: 3, Step: 3, W: f(PackedRNNInputFloats(3, units, 4))}
	scratch := f(rnn.ScratchFloats(1))
	for range 2 {
		if n := testing.AllocsPerRun(20, func() { rnn.Run(nil, scratch) }); n != 0 {
			t.Errorf("allocates %v times", n)
		}
		rnn.Act = Activation{Kind: Softsign}
	}
}
