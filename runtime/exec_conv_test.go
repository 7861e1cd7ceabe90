package runtime

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// convCase is a random geometry of 1 to 3 spatial axes.
type convCase struct {
	x                       *array
	window, strides, dilate []int
	padding                 ir.Padding
	cin                     int
}

func randomConv(r *rand.Rand, dilated bool) convCase {
	rank := 1 + r.IntN(3)
	c := convCase{cin: pick(r, 1, 2, 3, 4, 8, 18)}
	shape := []int{pick(r, 1, 1, 2, 3, 0)}
	c.padding.Same = r.IntN(2) == 0
	for range rank {
		n := pick(r, 1, 2, 5, 7, 9, 12)
		if rank == 1 {
			n = pick(r, 1, 2, 9, 33)
		}
		k := pick(r, 1, 2, 3, 3, 5)
		s, d := pick(r, 1, 1, 2, 3), 1
		if dilated && r.IntN(3) == 0 {
			d = 2
		}
		before, after := 0, 0
		if !c.padding.Same {
			before, after = r.IntN(3), r.IntN(3)
			for n+before+after < (k-1)*d+1 {
				n++
			}
		}
		shape = append(shape, n)
		c.window, c.strides, c.dilate = append(c.window, k), append(c.strides, s), append(c.dilate, d)
		if !c.padding.Same {
			c.padding.Before, c.padding.After = append(c.padding.Before, before), append(c.padding.After, after)
		}
	}
	c.x = random(r, append(shape, c.cin)...)
	return c
}

// out is the shape without channels.
func (c *convCase) out() []int {
	s := []int{c.x.shape[0]}
	for i, k := range c.window {
		n := c.x.shape[1+i]
		b, a := c.padding.Resolve(i, n, k, c.strides[i], c.dilate[i])
		s = append(s, (n+a+b-(k-1)*c.dilate[i]-1)/c.strides[i]+1)
	}
	return s
}

// taps calls f with the position in x and in the window of every tap of output
// position o (batch and spatial) that is inside x.
func (c *convCase) taps(o []int, f func(x, k []int)) {
	each(c.window, func(k []int) {
		x := []int{o[0]}
		for i := range k {
			b, _ := c.padding.Resolve(i, c.x.shape[1+i], c.window[i], c.strides[i], c.dilate[i])
			p := o[1+i]*c.strides[i] + k[i]*c.dilate[i] - b
			if p < 0 || p >= c.x.shape[1+i] {
				return
			}
			x = append(x, p)
		}
		f(x, k)
	})
}

func join(a []int, b ...int) []int { return append(append([]int{}, a...), b...) }

func TestConv(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 150 {
		c := randomConv(r, true)
		groups := 1
		if r.IntN(3) == 0 && c.cin%2 == 0 {
			groups = pick(r, 2, c.cin)
		}
		cout := groups * pick(r, 1, 2, 5, 16, 20)
		perIn, perOut := c.cin/groups, cout/groups
		w := random(r, join(c.window, perIn, cout)...)
		y := newArray(join(c.out(), cout)...)
		bias, bt := maybe(r, random(r, cout))
		res, rt := maybe(r, random(r, y.shape...))
		each(y.shape, func(i []int) {
			o := i[len(i)-1]
			s := 0.
			c.taps(i[:len(i)-1], func(x, k []int) {
				for q := range perIn {
					s += c.x.at(join(x, o/perOut*perIn+q)...) * w.at(join(k, q, o)...)
				}
			})
			if bias != nil {
				s += bias.v[o]
			}
			if res != nil {
				s += res.at(i...)
			}
			y.set(s, i...)
		})
		op := &ir.Conv{Strides: c.strides, Dilations: c.dilate, Padding: c.padding, Groups: groups, Act: pick(r, testActs...)}
		checkNode(t, op, []*ir.Tensor{c.x.tensor(), w.tensor(), bt, rt}, []*array{apply(op.Act, y)}, 2e-5)
	}
}

func TestDepthwiseConv(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 120 {
		c := randomConv(r, true)
		m := pick(r, 1, 1, 2, 3)
		w := random(r, join(c.window, c.cin, m)...)
		y := newArray(join(c.out(), c.cin*m)...)
		bias, bt := maybe(r, random(r, c.cin*m))
		res, rt := maybe(r, random(r, y.shape...))
		each(y.shape, func(i []int) {
			o := i[len(i)-1]
			s := 0.
			c.taps(i[:len(i)-1], func(x, k []int) { s += c.x.at(join(x, o/m)...) * w.at(join(k, o/m, o%m)...) })
			if bias != nil {
				s += bias.v[o]
			}
			if res != nil {
				s += res.at(i...)
			}
			y.set(s, i...)
		})
		op := &ir.DepthwiseConv{Strides: c.strides, Dilations: c.dilate, Padding: c.padding, Act: pick(r, testActs...)}
		checkNode(t, op, []*ir.Tensor{c.x.tensor(), w.tensor(), bt, rt}, []*array{apply(op.Act, y)}, 2e-5)
	}
}

func TestPool(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 120 {
		c := randomConv(r, false)
		avg := r.IntN(2) == 0
		op := &ir.Pool{Avg: avg, Size: c.window, Strides: c.strides, Padding: c.padding}
		checkNode(t, op, []*ir.Tensor{c.x.tensor()}, []*array{poolReference(&c, avg)}, 1e-6)
	}
}

func TestConvTranspose(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	for range 200 {
		rank := 1 + r.IntN(3)
		batch, cin, cout := pick(r, 1, 2, 3, 0), pick(r, 1, 3, 18), pick(r, 1, 3, 17)
		op := &ir.ConvTranspose{Act: pick(r, testActs...)}
		var window, spatial, out []int
		for range rank {
			k, s, d, n := pick(r, 1, 2, 3, 4, 5), pick(r, 1, 2, 2, 3), pick(r, 1, 1, 1, 2), pick(r, 1, 2, 3, 6)
			full := (n-1)*s + (k-1)*d + 1
			before := r.IntN(min(full, 5))
			after := r.IntN(5) - 2
			if full-before-after < 0 {
				after = 0
			}
			window, spatial, out = append(window, k), append(spatial, n), append(out, full-before-after)
			op.Strides, op.Dilations = append(op.Strides, s), append(op.Dilations, d)
			op.Before, op.After = append(op.Before, before), append(op.After, after)
		}
		x, w := random(r, join(join([]int{batch}, spatial...), cin)...), random(r, join(window, cout, cin)...)
		y := newArray(join(join([]int{batch}, out...), cout)...)
		bias, bt := maybe(r, random(r, cout))
		res, rt := maybe(r, random(r, y.shape...))
		each(x.shape, func(i []int) {
			each(window, func(k []int) {
				o := []int{i[0]}
				for d := range k {
					p := i[1+d]*op.Strides[d] + k[d]*op.Dilations[d] - op.Before[d]
					if p < 0 || p >= out[d] {
						return
					}
					o = append(o, p)
				}
				for c := range cout {
					y.v[y.index(join(o, c)...)] += x.at(i...) * w.at(join(k, c, i[len(i)-1])...)
				}
			})
		})
		for i := range y.v {
			if bias != nil {
				y.v[i] += bias.v[i%cout]
			}
			if res != nil {
				y.v[i] += res.v[i]
			}
		}
		checkNode(t, op, []*ir.Tensor{x.tensor(), w.tensor(), bt, rt}, []*array{apply(op.Act, y)}, 2e-5)
	}
}

// Winograd's algorithm, chosen when the node is prepared or when it is bound,
// against the direct one.
func TestWinograd(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 1))
	for _, c := range []struct{ size, window []int }{{[]int{14, 18}, []int{3, 3}}, {[]int{100}, []int{5}}, {[]int{3, 60}, []int{1, 3}}} {
		in, out := 32, 40
		if len(c.window) == 1 {
			in, out = 90, 77
		}
		x, w := random(r, join(join([]int{2}, c.size...), in)...), random(r, join(c.window, in, out)...)
		bias, res := random(r, out), random(r, join(join([]int{2}, c.size...), out)...)
		for _, open := range []bool{false, true} {
			testWinograd(t, x, w, bias, res, open)
		}
	}
}

// testWinograd is for a "same" convolution, plus res, of an image whose size may be
// open.
func testWinograd(t *testing.T, x, w, bias, res *array, open bool) {
	t.Helper()
	build := func() *ir.Model {
		m := &ir.Model{}
		input := func(name string, a *array) ir.ValueID {
			s := ir.Dims(a.shape...)
			s[0] = ir.Sym("batch")
			for i := 1; open && i < len(s)-1; i++ {
				s[i] = ir.Sym("size " + strconv.Itoa(i))
			}
			id := m.AddValue(ir.Value{Name: name, Type: ir.Type{DType: ir.Float32, Shape: s}})
			m.Inputs = append(m.Inputs, ir.Port{Name: name, Value: id})
			return id
		}
		in, rest := input("x", x), input("r", res)
		out, err := m.AddNode(&ir.Conv{Padding: ir.Padding{Same: true}, Act: ir.Func{Name: "relu"}}, ir.Origin{Layer: "conv"}, in, m.AddConst("w", w.tensor()), m.AddConst("b", bias.tensor()), rest)
		if err != nil {
			t.Fatal(err)
		}
		m.Outputs = []ir.Port{{Name: "y", Value: out[0]}}
		return m
	}
	feed := []*Tensor{FromIR(x.tensor()), FromIR(res.tensor())}
	var outs [][]float32
	for _, opts := range [][]Option{{WithExactProducts()}, {WithThreads(1)}, {WithThreads(2)}} {
		p, err := Compile(build(), opts...)
		if err != nil {
			t.Fatal(err)
		}
		s := p.NewSession()
		y, err := s.Run(feed...)
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, slices.Clone(y[0].Float32s()))
		if n := leastAllocs(2, func() { _, err = s.Run(feed...) }); n > 0 || err != nil {
			t.Errorf("a run allocates %v times (error %v)", n, err)
		}
		p.Close()
	}
	if sameBits(outs[0], outs[1]) {
		t.Errorf("window %v: Winograd's algorithm was not chosen", w.shape)
	}
	if !sameBits(outs[1], outs[2]) {
		t.Errorf("window %v: two threads give other bits than one", w.shape)
	}
	for i, v := range outs[0] {
		if math.Abs(float64(outs[1][i]-v)) > 1e-4*(1+math.Abs(float64(v))) {
			t.Fatalf("window %v: element %d is %v, exactly %v", w.shape, i, outs[1][i], v)
		}
	}
}
