package runtime

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestAttention(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 1))
	for n := range 120 {
		batch, tq, tk, kv, d, dv := pick(r, 1, 2, 0), pick(r, 1, 3, 17, 130), pick(r, 1, 2, 20, 70), pick(r, 1, 2, 3), pick(r, 1, 8, 20), pick(r, 1, 8, 33)
		heads := kv * pick(r, 1, 1, 2)
		q, k, v := random(r, batch, tq, heads, d), random(r, batch, tk, kv, d), random(r, batch, tk, kv, dv)
		op := &ir.Attention{Scale: ir.Float(1 / math.Sqrt(float64(d))), Causal: r.IntN(3) == 0, Window: pick(r, 0, 0, 1, 5), ZeroMasked: r.IntN(2) == 0}
		full := []int{batch, heads, tq, tk}
		cut := func() []int {
			s := slices.Clone(full)
			for i := range s {
				if r.IntN(2) == 0 {
					s[i] = 1
				}
			}
			return s
		}
		var mask []bool
		var mt *ir.Tensor
		maskShape := cut()
		if r.IntN(2) == 0 {
			mask, mt = randomMask(r, maskShape...)
			if r.IntN(4) == 0 {
				clear(mask[:len(mask)/2])
				mt = ir.NewBool(mask, maskShape...)
			}
		}
		bias, bt := maybe(r, random(r, cut()...))
		pos := func(shape, i []int) int {
			p := 0
			for d, n := range shape {
				p = p*n + min(i[d], n-1)
			}
			return p
		}
		weights, out := newArray(full...), newArray(batch, tq, heads, dv)
		each([]int{batch, heads, tq}, func(i []int) {
			b, h, p := i[0], i[1], i[2]
			s, total, top := make([]float64, tk), 0., math.Inf(-1)
			none := true
			for j := range tk {
				ok := (!op.Causal || j <= p) && (op.Window == 0 || max(p-j, j-p) < op.Window)
				at := []int{b, h, p, j}
				if mask != nil {
					ok = ok && mask[pos(maskShape, at)]
				}
				for c := range d {
					s[j] += q.at(b, p, h, c) * k.at(b, j, h/(heads/kv), c) * float64(op.Scale)
				}
				if bias != nil {
					s[j] += bias.v[pos(bias.shape, at)]
				}
				if !ok {
					s[j] = -1e9
				}
				none = none && !ok
				top = max(top, s[j])
			}
			for j := range s {
				s[j] = math.Exp(s[j] - top)
				total += s[j]
			}
			if none && op.ZeroMasked {
				total = math.Inf(1)
			}
			for j := range s {
				weights.set(s[j]/total, b, h, p, j)
				for c := range dv {
					out.v[out.index(b, p, h, c)] += s[j] / total * v.at(b, j, h/(heads/kv), c)
				}
			}
		})
		in := []*ir.Tensor{q.tensor(), k.tensor(), v.tensor(), mt, bt}
		want := []*array{out, weights}
		checkNode(t, op, in, want, 2e-5)
		if n%2 == 0 { // without the weights
			m, feed := nodeModel(t, op, in, func(int) bool { return false })
			m.Outputs = m.Outputs[:1]
			checkModel(t, m, feed, out, 2e-5)
		}
	}
}
