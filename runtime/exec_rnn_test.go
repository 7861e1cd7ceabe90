package runtime

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// rnnReference runs cell step by step, as keras/src/backend/tensorflow/rnn.py.
// cell returns the new states from the projected x of one example; states[0] is
// the output.
func rnnReference(rec ir.Recurrence, x *array, mask []bool, states []*array, units int, cell func(x []float64, s [][]float64) [][]float64) []*array {
	batch, steps, in := x.shape[0], x.shape[1], x.shape[2]
	seq := newArray(batch, steps, units)
	last := newArray(batch, units)
	for b := range batch {
		var s [][]float64
		for _, st := range states {
			s = append(s, append([]float64{}, st.v[b*units:(b+1)*units]...))
		}
		prev := make([]float64, units)
		for t := range steps {
			tx := t
			if rec.GoBackwards {
				tx = steps - 1 - t
			}
			out := prev
			if mask == nil || mask[b*steps+tx] {
				s = cell(x.v[(b*steps+tx)*in:][:in], s)
				out = s[0]
			} else if rec.ZeroOutputForMask {
				out = make([]float64, units)
			}
			copy(seq.v[(b*steps+t)*units:], out)
			copy(last.v[b*units:], out)
			prev = out
		}
		for i, st := range states {
			copy(st.v[b*units:(b+1)*units], s[i])
		}
	}
	if rec.ReturnSequences {
		return append([]*array{seq}, states...)
	}
	return append([]*array{last}, states...)
}

// vecmat adds v·m's columns [j0, j0+n) to a copy of acc.
func vecmat(v []float64, m *array, j0, n int, acc []float64) []float64 {
	out := append([]float64{}, acc...)
	for p, x := range v {
		for j := range n {
			out[j] += x * m.v[p*m.shape[1]+j0+j]
		}
	}
	return out
}

func mapOf(f func(i int) float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = f(i)
	}
	return out
}

type rnnCase struct {
	rec              ir.Recurrence
	x, w, u          *array
	bias             *array
	mask             []bool
	batch, in, units int
	inputs           []*ir.Tensor
	states           []*array
}

func randomRNN(r *rand.Rand, gates, states int, biasShape ...int) *rnnCase {
	c := &rnnCase{batch: pick(r, 1, 1, 2, 5, 0), in: pick(r, 1, 3, 16), units: pick(r, 1, 3, 8, 17, 40)}
	steps := pick(r, 0, 1, 2, 7)
	c.rec = ir.Recurrence{GoBackwards: r.IntN(2) == 0, ReturnSequences: r.IntN(2) == 0, ZeroOutputForMask: r.IntN(2) == 0}
	small := func(a *array) *array { // so that no recurrence is chaotic
		for i := range a.v {
			a.v[i] = float64(float32(a.v[i] / math.Sqrt(float64(a.shape[0]))))
		}
		return a
	}
	c.x, c.w, c.u = random(r, c.batch, steps, c.in), small(random(r, c.in, gates*c.units)), small(random(r, c.units, gates*c.units))
	var bt, mt *ir.Tensor
	c.bias, bt = maybe(r, random(r, append(biasShape, gates*c.units)...))
	if r.IntN(2) == 0 {
		c.mask, mt = randomMask(r, c.batch, steps)
	}
	c.inputs = []*ir.Tensor{c.x.tensor(), c.w.tensor(), c.u.tensor(), bt, mt}
	given := r.IntN(2) == 0
	for range states {
		s := newArray(c.batch, c.units)
		if given {
			s = random(r, c.batch, c.units)
			c.inputs = append(c.inputs, s.tensor())
		}
		c.states = append(c.states, s)
	}
	return c
}

func (c *rnnCase) biasAt(row, gate, n int) []float64 {
	if c.bias == nil {
		return make([]float64, n)
	}
	return c.bias.v[row*c.w.shape[1]+gate*n:][:n]
}

var rnnActs = []ir.Func{{Name: "tanh"}, {Name: "tanh"}, {Name: "relu"}, {Name: "celu", A: 0.5}, {Name: "softsign"}, {}}
var rnnGates = []ir.Func{{Name: "sigmoid"}, {Name: "sigmoid"}, {Name: "hard_sigmoid", A: 0.2, B: 0.5}, {Name: "sparse_sigmoid"}}

func TestLSTM(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for range 100 {
		c := randomRNN(r, 4, 2)
		op := &ir.LSTM{Recurrence: c.rec, Act: pick(r, rnnActs...), RecurrentAct: pick(r, rnnGates...)}
		act, gate := scalarFunc(op.Act), scalarFunc(op.RecurrentAct)
		n := c.units
		want := rnnReference(c.rec, c.x, c.mask, c.states, n, func(x []float64, s [][]float64) [][]float64 {
			z := func(g int) []float64 { return vecmat(s[0], c.u, g*n, n, vecmat(x, c.w, g*n, n, c.biasAt(0, g, n))) }
			zi, zf, zc, zo := z(0), z(1), z(2), z(3)
			cn := mapOf(func(i int) float64 { return gate(zf[i])*s[1][i] + gate(zi[i])*act(zc[i]) }, n)
			return [][]float64{mapOf(func(i int) float64 { return gate(zo[i]) * act(cn[i]) }, n), cn}
		})
		checkNode(t, op, c.inputs, want, 1e-4)
	}
}

func TestGRU(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for range 160 {
		after := r.IntN(2) == 0
		var rows []int
		if after {
			rows = []int{2}
		}
		c := randomRNN(r, 3, 1, rows...)
		op := &ir.GRU{Recurrence: c.rec, Act: pick(r, rnnActs...), RecurrentAct: pick(r, rnnGates...), ResetAfter: after}
		act, gate := scalarFunc(op.Act), scalarFunc(op.RecurrentAct)
		n := c.units
		want := rnnReference(c.rec, c.x, c.mask, c.states, n, func(x []float64, s [][]float64) [][]float64 {
			xw := func(g int) []float64 { return vecmat(x, c.w, g*n, n, c.biasAt(0, g, n)) }
			hu := func(h []float64, g int) []float64 {
				b := make([]float64, n)
				if after {
					b = c.biasAt(1, g, n)
				}
				return vecmat(h, c.u, g*n, n, b)
			}
			xz, xr, xh := xw(0), xw(1), xw(2)
			hz, hr := hu(s[0], 0), hu(s[0], 1)
			z := mapOf(func(i int) float64 { return gate(xz[i] + hz[i]) }, n)
			rg := mapOf(func(i int) float64 { return gate(xr[i] + hr[i]) }, n)
			var cand []float64
			if after {
				hh := hu(s[0], 2)
				cand = mapOf(func(i int) float64 { return act(xh[i] + rg[i]*hh[i]) }, n)
			} else {
				hh := hu(mapOf(func(i int) float64 { return rg[i] * s[0][i] }, n), 2)
				cand = mapOf(func(i int) float64 { return act(xh[i] + hh[i]) }, n)
			}
			return [][]float64{mapOf(func(i int) float64 { return z[i]*s[0][i] + (1-z[i])*cand[i] }, n)}
		})
		checkNode(t, op, c.inputs, want, 1e-4)
	}
}

func TestSimpleRNN(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for range 80 {
		c := randomRNN(r, 1, 1)
		op := &ir.SimpleRNN{Recurrence: c.rec, Act: pick(r, rnnActs[:3]...)}
		act := scalarFunc(op.Act)
		n := c.units
		want := rnnReference(c.rec, c.x, c.mask, c.states, n, func(x []float64, s [][]float64) [][]float64 {
			z := vecmat(s[0], c.u, 0, n, vecmat(x, c.w, 0, n, c.biasAt(0, 0, n)))
			return [][]float64{mapOf(func(i int) float64 { return act(z[i]) }, n)}
		})
		checkNode(t, op, c.inputs, want, 1e-4)
	}
}

// Fed in pieces, a stateful layer gives what it gives for the whole.
func TestStateful(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	x := random(r, 2, 6, 3)
	rec := ir.Recurrence{ReturnSequences: true}
	for _, op := range []func(ir.Recurrence) ir.Op{
		func(rec ir.Recurrence) ir.Op {
			return &ir.LSTM{Recurrence: rec, Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}}
		},
		func(rec ir.Recurrence) ir.Op {
			return &ir.GRU{Recurrence: rec, Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}}
		},
		func(rec ir.Recurrence) ir.Op { return &ir.SimpleRNN{Recurrence: rec, Act: ir.Func{Name: "tanh"}} },
	} {
		gates := map[string]int{"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[op(rec).Kind()]
		w, u := random(r, 3, gates*5).tensor(), random(r, 5, gates*5).tensor()
		run := func(rec ir.Recurrence, pieces ...*array) (*Session, []float32) {
			m, _ := nodeModel(t, op(rec), []*ir.Tensor{pieces[0].tensor(), w, u}, func(i int) bool { return i > 0 })
			p, err := Compile(m)
			if err != nil {
				t.Fatal(err)
			}
			s := p.NewSession()
			var all []float32
			for _, piece := range pieces {
				out, err := s.Run(FromIR(piece.tensor()))
				if err != nil {
					t.Fatal(err)
				}
				y := out[0].Float32s()
				for b := range 2 {
					all = append(all, y[b*len(y)/2:(b+1)*len(y)/2]...)
				}
			}
			return s, all
		}
		part := func(t0, t1 int) *array {
			p := newArray(2, t1-t0, 3)
			each(p.shape, func(i []int) { p.set(x.at(i[0], i[1]+t0, i[2]), i...) })
			return p
		}
		_, whole := run(rec, x)
		rec.State = "slot"
		s, pieces := run(rec, part(0, 3), part(3, 6))
		for b := range 2 {
			for i := range 15 {
				if pieces[b*15+i] != whole[b*30+i] || pieces[30+b*15+i] != whole[b*30+15+i] {
					t.Fatalf("%s: pieces %v, whole %v", op(rec).Kind(), pieces, whole)
				}
			}
		}
		s.Reset()
		out, err := s.Run(FromIR(part(0, 3).tensor()))
		if err != nil || !sameBits(out[0].Float32s(), pieces[:30]) {
			t.Fatalf("%s: after Reset %v (error %v), want %v", op(rec).Kind(), out, err, pieces[:30])
		}
	}
}

// Activations along the units, against the reference and, with State, in pieces.
func TestRowActivations(t *testing.T) {
	softmax := func(v []float64) []float64 {
		sum, most := 0.0, slices.Max(v)
		out := mapOf(func(i int) float64 { return math.Exp(v[i] - most) }, len(v))
		for _, e := range out {
			sum += e
		}
		return mapOf(func(i int) float64 { return out[i] / sum }, len(v))
	}
	r := rand.New(rand.NewPCG(10, 1))
	for range 60 {
		c := randomRNN(r, 4, 2)
		n := c.units
		op := &ir.LSTM{Recurrence: c.rec, Act: ir.Func{Name: "log_softmax"}, RecurrentAct: ir.Func{Name: "softmax"}}
		log := func(v []float64) []float64 {
			s := softmax(v)
			return mapOf(func(i int) float64 { return math.Log(s[i]) }, n)
		}
		want := rnnReference(c.rec, c.x, c.mask, c.states, n, func(x []float64, s [][]float64) [][]float64 {
			z := func(g int) []float64 { return vecmat(s[0], c.u, g*n, n, vecmat(x, c.w, g*n, n, c.biasAt(0, g, n))) }
			zi, zf, zc, zo := softmax(z(0)), softmax(z(1)), log(z(2)), softmax(z(3))
			cn := mapOf(func(i int) float64 { return zf[i]*s[1][i] + zi[i]*zc[i] }, n)
			y := log(cn)
			return [][]float64{mapOf(func(i int) float64 { return zo[i] * y[i] }, n), cn}
		})
		checkNode(t, op, c.inputs, want, 1e-3)
	}
	row := []float32{0.3, 0.1, -2, 0.25}
	sparsemaxRow(row, make([]float32, 4)) // tau is (0.3 + 0.55 + 0.65 - 1) / 3
	for i, want := range []float32{0.13333334, 0, 0, 0.08333333} {
		if math.Abs(float64(row[i]-want)) > 1e-6 {
			t.Errorf("sparsemax gives %v", row)
		}
	}
}
