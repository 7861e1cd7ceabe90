package runtime

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// convLSTMReference computes a ConvLSTM1D in float64, a sum for every element.
func convLSTMReference(op *ir.ConvLSTM, z, kernel, bias, h0, c0 *array, mask []bool) (y, h, c *array) {
	batch, steps, width := z.shape[0], z.shape[1], z.shape[2]
	window, f := kernel.shape[0], kernel.shape[1]
	seq := newArray(batch, steps, width, f)
	last := newArray(batch, width, f)
	h, c = newArray(batch, width, f), newArray(batch, width, f)
	copy(h.v, h0.v)
	copy(c.v, c0.v)
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for b := range batch {
		for i := range steps {
			t := i
			if op.GoBackwards {
				t = steps - 1 - i
			}
			hidden := func(x int) bool { // the mask is one of steps or of pixels
				return len(mask) == batch*steps && !mask[b*steps+t] || len(mask) > batch*steps && !mask[(b*steps+t)*width+x]
			}
			next := newArray(width, f)
			for x := range width {
				for k := range f {
					if hidden(x) {
						next.set(h.at(b, x, k), x, k)
						continue
					}
					var gate [4]float64
					for g := range gate {
						o := g*f + k
						gate[g] = z.at(b, t, x, o) + bias.at(o)
						for j := range window {
							p := x + j - (window-1)/2
							for n := 0; p >= 0 && p < width && n < f; n++ {
								gate[g] += h.at(b, p, n) * kernel.at(j, n, o)
							}
						}
					}
					cell := sigmoid(gate[1])*c.at(b, x, k) + sigmoid(gate[0])*math.Tanh(gate[2])
					c.set(cell, b, x, k)
					next.set(sigmoid(gate[3])*math.Tanh(cell), x, k)
				}
			}
			for x := range width {
				for k := range f {
					v := next.at(x, k)
					h.set(v, b, x, k)
					if hidden(x) {
						v = last.at(b, x, k)
						if op.ZeroOutputForMask {
							v = 0
						}
					}
					last.set(v, b, x, k)
					seq.set(v, b, i, x, k)
				}
			}
		}
	}
	if op.ReturnSequences {
		return seq, h, c
	}
	return last, h, c
}

func TestConvLSTM(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	for _, filters := range []int{1, 3, 16} {
		for n := range 24 {
			op := &ir.ConvLSTM{Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}}
			op.ReturnSequences, op.GoBackwards, op.ZeroOutputForMask = n&1 != 0, n&2 != 0, n&4 != 0
			batch, steps, width := 2, 4, 5
			z, kernel, bias := random(r, batch, steps, width, 4*filters), random(r, 2+n%2, filters, 4*filters), random(r, 4*filters)
			h, c := newArray(batch, width, filters), newArray(batch, width, filters)
			in := []*ir.Tensor{z.tensor(), kernel.tensor(), bias.tensor()}
			var mask []bool
			var m *ir.Tensor
			if n&8 != 0 {
				mask, m = randomMask(r, batch, steps)
			}
			if n >= 16 {
				mask, m = randomMask(r, batch, steps, width)
			}
			if mask != nil {
				h, c = random(r, h.shape...), random(r, c.shape...)
				in = append(in, m, h.tensor(), c.tensor())
			}
			y, hn, cn := convLSTMReference(op, z, kernel, bias, h, c, mask)
			checkNode(t, op, in, []*array{y, hn, cn}, 1e-4)
		}
	}
}

func TestConvLSTMState(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 2))
	op := &ir.ConvLSTM{Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}}
	op.State = "layer"
	z, kernel := random(r, 1, 3, 4, 8), random(r, 3, 2, 8)
	zero := newArray(1, 4, 2)
	m, feed := nodeModel(t, op, []*ir.Tensor{z.tensor(), kernel.tensor()}, func(i int) bool { return i > 0 })
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	s := p.NewSession()
	h, c := zero, zero
	for call := range 3 {
		if call == 2 {
			s.Reset()
			h, c = zero, zero
		}
		out, err := s.Run(feed...)
		if err != nil {
			t.Fatal(err)
		}
		var y *array
		y, h, c = convLSTMReference(op, z, kernel, newArray(8), h, c, nil)
		for i, v := range out[0].Float32s() {
			if math.Abs(float64(v)-y.v[i]) > 1e-5 {
				t.Fatalf("call %d, element %d: %v, want %v", call, i, v, y.v[i])
			}
		}
	}
}
