package runtime

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func poolReference(c *convCase, avg bool) *array {
	y := newArray(join(c.out(), c.cin)...)
	each(y.shape, func(i []int) {
		ch := i[len(i)-1]
		best, sum, n := math.Inf(-1), 0., 0.
		c.taps(i[:len(i)-1], func(x, _ []int) {
			v := c.x.at(join(x, ch)...)
			best, sum, n = max(best, v), sum+v, n+1
		})
		if avg {
			best = sum / n
		}
		y.set(best, i...)
	})
	return y
}

func TestPoolIntegers(t *testing.T) {
	x := ir.NewInt32([]int32{5, -3, 2, 9, 7, 8}, 1, 6, 1)
	m, feed := nodeModel(t, &ir.Pool{Size: []int{2}, Strides: []int{2}, Padding: ir.Padding{Before: []int{1}, After: []int{3}}}, []*ir.Tensor{x}, func(int) bool { return false })
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Predict(feed...)
	if err != nil {
		t.Fatal(err)
	}
	got := Data[int32](out[0])
	want := []int32{5, 2, 9, 8, math.MinInt32}
	for i, w := range want {
		if got[i] != w {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

// A window too large to list its taps takes another path.
func TestPoolHuge(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for _, avg := range []bool{false, true} {
		c := convCase{x: random(r, 1, 80, 80, 1), window: []int{70, 70}, strides: []int{9, 9}, dilate: []int{1, 1}, padding: ir.Padding{Same: true}, cin: 1}
		g, err := window{size: c.window, strides: c.strides, padding: c.padding}.geometry(c.x.shape, join(c.out(), 1), 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		want := poolReference(&c, avg)
		got := newArray(want.shape...)
		x, y := c.x.tensor().Float32s(), make([]float32, len(got.v))
		if avg {
			avgPool(&g, 1, x, y)
		} else {
			maxPool(&g, 1, x, y, float32(math.Inf(-1)))
		}
		for i, w := range want.v {
			if math.Abs(float64(y[i])-w) > 1e-5 {
				t.Fatalf("element %d is %v, want %v", i, y[i], w)
			}
		}
		op := &ir.Pool{Avg: avg, Size: c.window, Strides: c.strides, Padding: c.padding}
		checkNode(t, op, []*ir.Tensor{c.x.tensor()}, []*array{want}, 1e-5)
	}
	g, err := window{size: []int{1 << 20, 1 << 20}, padding: ir.Padding{Same: true}}.geometry([]int{1, 8192, 8192, 1}, []int{1, 8192, 8192, 1}, 1, 1)
	if err == nil && tapLists(g) <= maxTapLists {
		t.Fatalf("%d taps would be listed", tapLists(g))
	}
}
