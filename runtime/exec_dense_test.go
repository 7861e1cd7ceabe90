package runtime

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestDense(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		lead := pick(r, []int{}, []int{1}, []int{0}, []int{3}, []int{2, 5}, []int{33}, []int{2, 0, 3})
		k, n := pick(r, 1, 2, 17, 64), pick(r, 1, 3, 16, 33, 100)
		x, w := random(r, append(slices.Clone(lead), k)...), random(r, k, n)
		bias, bt := maybe(r, random(r, n))
		res, rt := maybe(r, random(r, append(slices.Clone(lead), n)...))
		op := &ir.Dense{Act: pick(r, testActs...)}
		rows := elems(lead)
		y := newArray(append(slices.Clone(lead), n)...)
		for i := range rows {
			for j := range n {
				s := 0.
				for p := range k {
					s += x.v[i*k+p] * w.v[p*n+j]
				}
				if bias != nil {
					s += bias.v[j]
				}
				if res != nil {
					s += res.v[i*n+j]
				}
				y.v[i*n+j] = s
			}
		}
		checkNode(t, op, []*ir.Tensor{x.tensor(), w.tensor(), bt, rt}, []*array{apply(op.Act, y)}, 1e-5)
	}
}
