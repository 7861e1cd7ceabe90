package runtime

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func einsumReference(t *testing.T, eq string, in ...*array) *array {
	t.Helper()
	ops, out, err := (&ir.Einsum{Equation: eq}).Parse()
	if err != nil {
		t.Fatal(err)
	}
	var names []rune
	var dims []int
	for k, op := range ops {
		for i, r := range op {
			if !strings.ContainsRune(string(names), r) {
				names, dims = append(names, r), append(dims, in[k].shape[i])
			}
		}
	}
	pickIndex := func(labels string, i []int) []int {
		var p []int
		for _, r := range labels {
			p = append(p, i[strings.IndexRune(string(names), r)])
		}
		return p
	}
	y := newArray(pickIndex(out, dims)...)
	each(dims, func(i []int) {
		v := 1.
		for k, op := range ops {
			v *= in[k].at(pickIndex(op, i)...)
		}
		y.v[y.index(pickIndex(out, i)...)] += v
	})
	return y
}

func TestEinsum(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for _, eq := range []string{
		"ab,bc->ac", "ab,cb->ac", "ba,bc->ac", "ab,bc->ca", "abc,cd->abd", "abc,cde->abde", "abcd,cde->abe", "abc,bd->adc",
		"aecd,abcd->acbe", "acbe,aecd->abcd", "abcd,aecd->abce", "abc,adc->bd", "ab,ab->", "ab,cd->abcd", "a,a->a", "ab,b->ab", "abc,ac->ab",
		"ab->ba", "abc->b", "aab->b", "aa->", "abc->cab", "aab,bc->ac", "abc,bca->", "abcd,dc->bad", "abc,abd->cda", "ab,bcd->dac", "xy,zyx->z",
		"abx,by->ay", "ab,bd->ad", "cde,abc->abde", "abcd,abed->abce", "abc,dcef->abdef", "abcdefg,cgh->abdefh",
	} {
		for range 6 {
			dims := map[rune]int{}
			shape := func(labels string) (s []int) {
				for _, c := range labels {
					if _, ok := dims[c]; !ok {
						dims[c] = pick(r, 1, 2, 3, 5, 9)
						if len(labels) < 4 {
							dims[c] = pick(r, 1, 2, 7, 20)
						}
					}
					s = append(s, dims[c])
				}
				return s
			}
			ops, _, _ := (&ir.Einsum{Equation: eq}).Parse()
			var in []*array
			var ts []*ir.Tensor
			for _, op := range ops {
				a := random(r, shape(op)...)
				in, ts = append(in, a), append(ts, a.tensor())
			}
			want := []*array{einsumReference(t, eq, in...)}
			op := &ir.Einsum{Equation: eq}
			checkNode(t, op, ts, want, 2e-5)
			if len(ts) == 2 { // the first operand constant
				m, feed := nodeModel(t, op, ts, func(i int) bool { return i == 0 })
				checkModel(t, m, feed, want[0], 2e-5)
			}
		}
	}
}

func TestMatMul(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 1))
	for range 150 {
		lead := pick(r, [2][]int{}, [2][]int{{3}, {3}}, [2][]int{{3}, {}}, [2][]int{{}, {4}}, [2][]int{{2, 1, 3}, {2, 4, 1}}, [2][]int{{2, 3}, {2, 3}},
			[2][]int{{2, 3}, {3}}, [2][]int{{0}, {1}}, [2][]int{{5}, {1}}, [2][]int{{2, 1, 2, 1, 2}, {1, 3, 1, 3, 1}})
		m, k, n := pick(r, 0, 1, 2, 9, 40), pick(r, 0, 1, 3, 16, 50), pick(r, 1, 2, 16, 33)
		op := &ir.MatMul{TransA: r.IntN(2) == 0, TransB: r.IntN(2) == 0, Scale: pick(r, ir.Float(0), 0.5)}
		a, b := random(r, join(lead[0], m, k)...), random(r, join(lead[1], k, n)...)
		ta, tb := a, b
		transposed := func(x *array) *array {
			s := append([]int{}, x.shape...)
			l := len(s)
			s[l-1], s[l-2] = s[l-2], s[l-1]
			y := newArray(s...)
			each(s, func(i []int) {
				j := append([]int{}, i...)
				j[l-1], j[l-2] = j[l-2], j[l-1]
				y.set(x.at(j...), i...)
			})
			return y
		}
		if op.TransA {
			ta = transposed(a)
		}
		if op.TransB {
			tb = transposed(b)
		}
		s, err := ir.BroadcastShapes(ir.Dims(lead[0]...), ir.Dims(lead[1]...))
		if err != nil {
			t.Fatal(err)
		}
		batch, _ := s.Ints()
		y := newArray(join(batch, m, n)...)
		scale := 1.
		if op.Scale != 0 {
			scale = float64(op.Scale)
		}
		from := func(x *array, i []int, p, q int) float64 {
			var j []int
			off := len(i) - (len(x.shape) - 2)
			for d := range len(x.shape) - 2 {
				j = append(j, min(i[off+d], x.shape[d]-1))
			}
			return x.at(join(j, p, q)...)
		}
		each(y.shape, func(i []int) {
			l := len(i) - 2
			v := 0.
			for p := range k {
				v += from(a, i[:l], i[l], p) * from(b, i[:l], p, i[l+1])
			}
			y.set(v*scale, i...)
		})
		checkNode(t, op, []*ir.Tensor{ta.tensor(), tb.tensor()}, []*array{y}, 2e-5)
	}
}
