package runtime

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// builder makes test graphs.
type builder struct {
	t *testing.T
	r *rand.Rand
	m *ir.Model
}

func newBuilder(t *testing.T, seed uint64) *builder {
	return &builder{t, rand.New(rand.NewPCG(seed, 99)), &ir.Model{Name: "test"}}
}

func (b *builder) input(dims ...ir.Dim) ir.ValueID {
	id := b.m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: dims}})
	b.m.Inputs = append(b.m.Inputs, ir.Port{Name: "x", Value: id})
	return id
}

func (b *builder) weight(shape ...int) ir.ValueID {
	a := random(b.r, shape...)
	for i := range a.v {
		a.v[i] /= 2
	}
	return b.m.AddConst("w", a.tensor())
}

func (b *builder) positive(n int) ir.ValueID {
	a := random(b.r, n)
	for i := range a.v {
		a.v[i] = 0.5 + math.Abs(a.v[i])
	}
	return b.m.AddConst("variance", a.tensor())
}

func (b *builder) node(op ir.Op, in ...ir.ValueID) ir.ValueID {
	b.t.Helper()
	out, err := b.m.AddNode(op, ir.Origin{Layer: "layer", Class: op.Kind()}, in...)
	if err != nil {
		b.t.Fatal(err)
	}
	return out[0]
}

func (b *builder) batchNorm(x ir.ValueID) ir.ValueID {
	s := b.m.Type(x).Shape
	n := s[len(s)-1].Size
	return b.node(&ir.BatchNorm{Axis: -1, Epsilon: 1e-3}, x, b.weight(n), b.weight(n), b.weight(n), b.positive(n))
}

func (b *builder) unary(name string, x ir.ValueID) ir.ValueID {
	return b.node(&ir.Unary{Func: ir.Func{Name: name}}, x)
}

func (b *builder) output(ids ...ir.ValueID) {
	for _, id := range ids {
		b.m.Outputs = append(b.m.Outputs, ir.Port{Name: "y", Value: id})
	}
}

// check compares the fused graph with the graph as built, and the kinds of the
// fused graph's nodes with want.
func (b *builder) check(want string, shapes ...[]int) {
	b.t.Helper()
	before := len(b.m.Nodes)
	var feed []*Tensor
	for _, s := range shapes {
		feed = append(feed, FromIR(random(b.r, s...).tensor()))
	}
	plain, err := Compile(b.m, WithoutFusion(), WithThreads(1))
	if err != nil {
		b.t.Fatal(err)
	}
	ref, err := plain.Predict(feed...)
	if err != nil {
		b.t.Fatal(err)
	}
	var first []*Tensor
	for _, threads := range []int{1, 2, 3} {
		p, err := Compile(b.m, WithThreads(threads))
		if err != nil {
			b.t.Fatal(err)
		}
		var kinds []string
		for _, n := range p.Nodes() {
			kinds = append(kinds, n.Op.Kind())
		}
		if got := strings.Join(kinds, " "); got != want {
			b.t.Errorf("fused graph is %q, want %q", got, want)
		}
		out, err := p.Predict(feed...)
		if err != nil {
			b.t.Fatal(err)
		}
		for i := range out {
			g, w := out[i].Float32s(), ref[i].Float32s()
			for j := range w {
				if math.Abs(float64(g[j]-w[j])) > 2e-5*(1+math.Abs(float64(w[j]))) {
					b.t.Fatalf("output %d element %d: fused %v, plain %v", i, j, g[j], w[j])
				}
			}
			if first != nil && !sameBits(g, first[i].Float32s()) {
				b.t.Fatal("more threads give other bits than one")
			}
		}
		first = out
		p.Close()
	}
	if len(b.m.Nodes) != before || b.m.Validate() != nil {
		b.t.Error("the caller's model was changed")
	}
}

func TestFuseConvolutionBlock(t *testing.T) {
	b := newBuilder(t, 1)
	x := b.input(batch, ir.Known(9), ir.Known(9), ir.Known(4))
	pad := b.node(&ir.Pad{Before: []int{0, 1, 1, 0}, After: []int{0, 1, 1, 0}, Mode: "constant"}, x)
	c := b.node(&ir.Conv{Strides: []int{2, 2}}, pad, b.weight(3, 3, 4, 8), b.weight(8))
	c = b.unary("relu", b.batchNorm(c))
	d := b.node(&ir.DepthwiseConv{Padding: ir.Padding{Same: true}}, c, b.weight(3, 3, 8, 1))
	d = b.node(&ir.Unary{Func: ir.Func{Name: "relu_max", C: 6}}, b.batchNorm(d))
	e := b.batchNorm(b.node(&ir.Conv{}, d, b.weight(1, 1, 8, 8)))
	y := b.unary("relu", b.node(&ir.Binary{Fn: "add"}, c, e))
	b.output(y)
	b.check("Conv Chain", []int{2, 9, 9, 4})
}

// A shift may not be moved across a border of zeros, nor zeros into a pooling.
func TestKeepBorders(t *testing.T) {
	b := newBuilder(t, 2)
	x := b.input(batch, ir.Known(6), ir.Known(3))
	n := b.batchNorm(x)
	c := b.node(&ir.Conv{Padding: ir.Padding{Same: true}}, n, b.weight(3, 3, 5))
	p := b.node(&ir.Pad{Before: []int{0, 1, 0}, After: []int{0, 2, 0}, Mode: "constant"}, c)
	y := b.node(&ir.Pool{Size: []int{2}, Strides: []int{2}}, p)
	q := b.node(&ir.Pad{Before: []int{0, 1, 0}, After: []int{0, 2, 0}, Mode: "constant", Value: 1}, c)
	z := b.node(&ir.Conv{}, q, b.weight(2, 5, 5))
	b.output(y, z)
	b.check("BatchNorm Conv Pad Pool Pad Conv", []int{3, 6, 3})
}

func TestPadBeforeSame(t *testing.T) {
	b := newBuilder(t, 3)
	x := b.input(batch, ir.Known(7), ir.Known(3))
	p := b.node(&ir.Pad{Before: []int{0, 1, 0}, After: []int{0, 2, 0}, Mode: "constant"}, x)
	b.output(b.node(&ir.Conv{Padding: ir.Padding{Same: true}, Strides: []int{2}}, p, b.weight(4, 3, 5)))
	b.check("Conv", []int{2, 7, 3})
	b = newBuilder(t, 4)
	x = b.input(batch, ir.Sym("time"), ir.Known(3))
	p = b.node(&ir.Pad{Before: []int{0, 2, 0}, After: []int{0, 0, 0}, Mode: "constant"}, x)
	b.output(b.node(&ir.Conv{Dilations: []int{2}}, p, b.weight(2, 3, 5)))
	b.check("Conv", []int{2, 5, 3})
}

func TestPadBeforeMaximum(t *testing.T) {
	for _, act := range []string{"relu", "tanh"} {
		b := newBuilder(t, 13)
		x := b.input(batch, ir.Known(7), ir.Known(3))
		c := b.unary(act, b.node(&ir.Dense{}, x, b.weight(3, 4)))
		p := b.node(&ir.Pad{Before: []int{0, 1, 0}, After: []int{0, 2, 0}, Mode: "constant"}, c)
		b.output(b.node(&ir.Pool{Size: []int{3}, Strides: []int{2}}, p))
		want := "Dense Pool"
		if act == "tanh" {
			want = "Dense Pad Pool"
		}
		b.check(want, []int{2, 7, 3})
	}
}

func TestFoldForward(t *testing.T) {
	b := newBuilder(t, 5)
	x := b.input(batch, ir.Known(6), ir.Known(6), ir.Known(4))
	a := b.unary("relu", x)
	c := b.node(&ir.Conv{Groups: 2}, b.batchNorm(a), b.weight(3, 3, 2, 6), b.weight(6))
	d := b.node(&ir.DepthwiseConv{}, b.batchNorm(b.unary("tanh", c)), b.weight(2, 2, 6, 2))
	e := b.node(&ir.Dense{Act: ir.Func{Name: "sigmoid"}}, b.batchNorm(b.unary("tanh", d)), b.weight(12, 3))
	b.output(e)
	b.check("Unary Conv DepthwiseConv Dense", []int{2, 6, 6, 4})
}

func TestFoldIntoTransposed(t *testing.T) {
	b := newBuilder(t, 6)
	x := b.input(batch, ir.Known(5), ir.Known(4), ir.Known(3))
	c := b.node(&ir.ConvTranspose{Strides: []int{2, 2}, Before: []int{1, 0}, After: []int{-1, 1}}, x, b.weight(3, 3, 5, 3), b.weight(5))
	b.output(b.unary("elu", b.batchNorm(c)))
	b.check("ConvTranspose", []int{2, 5, 4, 3})
}

// A value that is read twice is not fused away.
func TestKeepShared(t *testing.T) {
	b := newBuilder(t, 7)
	x := b.input(batch, ir.Known(5))
	d := b.node(&ir.Dense{}, x, b.weight(5, 5), b.weight(5))
	r := b.unary("relu", d)
	s := b.node(&ir.Binary{Fn: "add"}, d, d)
	b.output(r, s, d)
	b.check("Dense Unary Binary", []int{3, 5})
}

func TestResidualOfLater(t *testing.T) {
	b := newBuilder(t, 8)
	x := b.input(batch, ir.Known(4), ir.Known(8))
	u := b.node(&ir.Dense{}, x, b.weight(8, 8))
	v := b.node(&ir.Dense{Act: ir.Func{Name: "gelu"}}, x, b.weight(8, 16))
	w := b.node(&ir.Dense{}, v, b.weight(16, 8), b.weight(8))
	s := b.node(&ir.Binary{Fn: "add"}, u, w)
	t2 := b.node(&ir.Binary{Fn: "add"}, u, s)
	b.output(t2)
	b.check("Dense Dense Dense Binary", []int{2, 4, 8})
}

func TestAttentionProjections(t *testing.T) {
	b := newBuilder(t, 9)
	x := b.input(batch, ir.Sym("time"), ir.Known(6))
	bias := func(x ir.ValueID, shape ...int) ir.ValueID {
		return b.node(&ir.Binary{Fn: "add"}, x, b.weight(shape...))
	}
	project := func() ir.ValueID {
		return bias(b.node(&ir.Einsum{Equation: "abc,cde->abde"}, x, b.weight(6, 2, 4)), 2, 4)
	}
	q, k, v := project(), project(), project()
	a := b.node(&ir.Attention{Scale: 0.5}, q, k, v)
	y := bias(b.node(&ir.Einsum{Equation: "abcd,cde->abe"}, a, b.weight(2, 4, 6)), 6)
	b.output(b.node(&ir.Binary{Fn: "add"}, y, x))
	b.check("Dense Reshape Dense Reshape Dense Reshape Attention Reshape Dense", []int{3, 5, 6})
}

func TestMoves(t *testing.T) {
	b := newBuilder(t, 10)
	x := b.input(batch, ir.Known(3), ir.Known(4))
	a := b.node(&ir.Transpose{Perm: []int{0, 2, 1}}, x)
	a = b.node(&ir.Transpose{Perm: []int{0, 2, 1}}, a)
	a = b.node(&ir.Reshape{Dims: []ir.Extent{ir.DimOf(0, 0), ir.Size(-1)}}, a)
	a = b.node(&ir.Reshape{Dims: []ir.Extent{ir.DimOf(0, 0), ir.Size(6), ir.Size(2)}}, a)
	a = b.unary("", a)
	a = b.unary("relu", b.unary("relu", a))
	c := b.node(&ir.Transpose{Perm: []int{1, 0, 2}}, b.node(&ir.Transpose{Perm: []int{2, 0, 1}}, a))
	dead := b.unary("exp", x)
	_ = dead
	b.output(c)
	b.check("Reshape Unary Transpose", []int{2, 3, 4})
}

func TestScaleByChannel(t *testing.T) {
	b := newBuilder(t, 11)
	x := b.input(batch, ir.Known(5))
	d := b.node(&ir.Dense{}, x, b.weight(5, 3))
	d = b.node(&ir.Binary{Fn: "mul"}, b.node(&ir.Binary{Fn: "add"}, d, b.weight(3)), b.weight(1, 3))
	d = b.node(&ir.Binary{Fn: "sub"}, b.unary("relu", d), b.weight(1))
	b.output(b.node(&ir.Dense{}, d, b.weight(3, 2)))
	b.check("Dense Dense", []int{4, 5})
}

// The directions of a bidirectional layer are brought together, run side by side
// and give what they give one after the other.
func TestBidirectional(t *testing.T) {
	for _, size := range [][]int{{1, 40, 16}, {20, 7, 3}, {2, 0, 3}, {0, 3, 3}} {
		b := newBuilder(t, 12)
		x := b.input(batch, ir.Sym("time"), ir.Known(size[2]))
		units := 48
		rnn := func(back bool) ir.ValueID {
			return b.node(&ir.LSTM{Recurrence: ir.Recurrence{ReturnSequences: true, GoBackwards: back}, Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}},
				x, b.weight(size[2], 4*units), b.weight(units, 4*units), b.weight(4*units))
		}
		f := rnn(false)
		g := b.unary("tanh", f)
		back := b.node(&ir.Flip{Axes: []int{1}}, rnn(true))
		b.output(b.node(&ir.Concat{Axis: -1}, g, back), f)
		b.check("LSTM LSTM Unary Flip Concat", size)
	}
}

// Chains over values too large for the cache run by rows.
func TestChainByRows(t *testing.T) {
	for i, c := range []struct {
		batch, height, width, in, mid, out, kernel, stride int
		same, expand, project, residual                    bool
	}{
		{1, 60, 61, 8, 40, 8, 3, 1, true, true, true, true},
		{1, 61, 60, 8, 40, 12, 3, 2, true, true, true, false},
		{2, 64, 50, 8, 33, 0, 5, 1, true, true, false, false},
		{1, 70, 70, 40, 40, 24, 3, 1, false, false, true, false},
		{1, 33, 300, 4, 40, 4, 5, 3, false, true, true, false},
		{9, 16, 16, 8, 72, 8, 3, 1, true, true, true, true},
		{3, 5, 7, 4, 8, 4, 3, 2, true, true, true, false},
		{1, 40, 40, 8, 100, 8, 1, 3, true, true, true, false},
		{0, 60, 60, 8, 40, 8, 3, 1, true, true, true, true},
	} {
		b := newBuilder(t, 50+uint64(i))
		x := b.input(batch, ir.Known(c.height), ir.Sym("width"), ir.Known(c.in))
		v := x
		relu := ir.Func{Name: "relu"}
		want := "Chain"
		if c.expand {
			v = b.node(&ir.Conv{Act: relu}, v, b.weight(1, 1, c.in, c.mid), b.weight(c.mid))
		}
		v = b.node(&ir.DepthwiseConv{Strides: []int{c.stride, c.stride}, Padding: ir.Padding{Same: c.same, Before: []int{1, 1}, After: []int{0, 2}}, Act: ir.Func{Name: "silu"}},
			v, b.weight(c.kernel, c.kernel, c.mid, 1), b.weight(c.mid))
		if c.project {
			v = b.node(&ir.Conv{}, v, b.weight(1, 1, c.mid, c.out))
		}
		if c.residual {
			v = b.node(&ir.Binary{Fn: "add"}, x, v)
		}
		b.output(v)
		b.check(want, []int{c.batch, c.height, c.width, c.in})
	}
}

// A convolution with a group for every channel is a depthwise one.
func TestDepthwiseGroups(t *testing.T) {
	relu := ir.Func{Name: "relu"}
	b := newBuilder(t, 60)
	x := b.input(batch, ir.Known(11), ir.Known(9), ir.Known(24))
	y := b.node(&ir.Conv{Groups: 24, Padding: ir.Padding{Same: true}, Act: relu}, x, b.weight(7, 7, 1, 24), b.weight(24))
	b.output(b.node(&ir.Conv{Groups: 24, Strides: []int{2, 2}}, b.unary("tanh", y), b.weight(3, 3, 1, 48)))
	b.check("DepthwiseConv Unary Conv", []int{2, 11, 9, 24})

	b = newBuilder(t, 61)
	x = b.input(batch, ir.Known(31), ir.Known(8))
	b.output(b.unary("relu", b.batchNorm(b.node(&ir.Conv{Groups: 8, Dilations: []int{2}, Padding: ir.Padding{Before: []int{4}, After: []int{0}}}, x, b.weight(3, 1, 8)))))
	b.check("DepthwiseConv", []int{3, 31, 8})
}

// Squeeze-and-excitation: the mean is the chain's second output, and the scale goes into the kernel.
func TestSqueezeExcite(t *testing.T) {
	for i, c := range []struct {
		batch, size, channels, out int
		expand, mulFirst           bool
		want                       string
	}{
		{1, 60, 40, 8, true, true, "Chain Conv Conv ScaledConv"},
		{2, 64, 36, 12, false, false, "Chain Conv Conv ScaledConv"},
		{3, 6, 24, 16, true, false, "Chain Conv Conv Binary Conv"},
		{1, 14, 680, 16, true, true, "Chain Conv Conv ScaledConv"},
		{2, 6, 24, 8, false, true, "DepthwiseConv Reduce Conv Conv Binary Conv"},
	} {
		b := newBuilder(t, 80+uint64(i))
		silu := ir.Func{Name: "silu"}
		x := b.input(batch, ir.Known(c.size), ir.Known(c.size), ir.Known(8))
		v, cin := x, 8
		if c.expand {
			v, cin = b.node(&ir.Conv{Act: silu}, x, b.weight(1, 1, 8, c.channels), b.weight(c.channels)), c.channels
		} else {
			v = b.node(&ir.Conv{}, x, b.weight(3, 3, 8, c.channels))
			c.want, cin = "Conv "+c.want, c.channels
		}
		v = b.node(&ir.DepthwiseConv{Padding: ir.Padding{Same: true}, Act: silu}, v, b.weight(3, 3, cin, 1), b.weight(cin))
		mean := b.node(&ir.Reduce{Fn: "mean", Axes: []int{1, 2}, Keep: true}, v)
		s := b.node(&ir.Conv{Act: silu}, mean, b.weight(1, 1, cin, 4), b.weight(4))
		s = b.node(&ir.Conv{Act: ir.Func{Name: "sigmoid"}}, s, b.weight(1, 1, 4, cin), b.weight(cin))
		if c.mulFirst {
			v = b.node(&ir.Binary{Fn: "mul"}, v, s)
		} else {
			v = b.node(&ir.Binary{Fn: "mul"}, s, v)
		}
		y := b.node(&ir.Conv{}, v, b.weight(1, 1, cin, c.out), b.weight(c.out))
		b.output(y)
		b.check(c.want, []int{c.batch, c.size, c.size, 8})
	}
}

// A normalisation before a node whose second input is no kernel stays.
func TestMapBeforeScalar(t *testing.T) {
	b := newBuilder(t, 14)
	x := b.input(batch, ir.Known(5))
	n := b.batchNorm(b.unary("tanh", x))
	b.output(b.node(&ir.Binary{Fn: "pow"}, b.unary("abs", n), b.weight()), b.node(&ir.Binary{Fn: "max"}, b.batchNorm(b.unary("sin", x)), b.weight()))
	b.check("Unary BatchNorm Binary Unary BatchNorm Binary", []int{4, 5})
}

// Random chains of what passes look at.
func TestFuseRandom(t *testing.T) {
	for seed := range uint64(60) {
		b := newBuilder(t, 100+seed)
		x := b.input(batch, ir.Known(8), ir.Known(4))
		values := []ir.ValueID{x}
		for range 12 {
			v := pick(b.r, values...)
			s := b.m.Type(v).Shape
			switch b.r.IntN(9) {
			case 0:
				v = b.node(&ir.Conv{Padding: ir.Padding{Same: b.r.IntN(2) == 0, Before: []int{1}, After: []int{1}}}, v, b.weight(3, 4, 4), pick(b.r, ir.None, b.weight(4)))
			case 1:
				v = b.node(&ir.Dense{}, v, b.weight(4, 4), pick(b.r, ir.None, b.weight(4)))
			case 2:
				v = b.node(&ir.DepthwiseConv{Padding: ir.Padding{Same: true}}, v, b.weight(3, 4, 1))
			case 3:
				v = b.batchNorm(v)
			case 4:
				v = b.unary(pick(b.r, "relu", "tanh", "", "hard_tanh"), v)
			case 5:
				v = b.node(&ir.Binary{Fn: pick(b.r, "add", "mul", "sub")}, v, b.weight(4))
			case 6:
				v = b.node(&ir.Einsum{Equation: "abc,cde->abde"}, v, b.weight(4, 2, 2))
				v = b.node(&ir.Binary{Fn: "add"}, v, b.weight(2, 2))
				v = b.node(&ir.Reshape{Dims: []ir.Extent{ir.DimOf(0, 0), ir.DimOf(0, 1), ir.Size(4)}}, b.unary("relu", v))
			case 7:
				v = b.node(&ir.Transpose{Perm: []int{1, 0, 2}}, v)
				v = b.node(&ir.Transpose{Perm: []int{1, 0, 2}}, b.unary("tanh", v))
			case 8:
				for _, o := range values {
					if b.m.Type(o).Shape.Equal(s) && o != v {
						v = b.node(&ir.Binary{Fn: "add"}, v, o)
						break
					}
				}
			}
			if slices.Contains(values, v) {
				continue
			}
			if t := b.m.Type(v).Shape; len(t) == 3 && t[1].IsKnown() && t[1].Size == 8 {
				values = append(values, v)
			}
		}
		last := b.unary("tanh", values[len(values)-1])
		b.output(last)
		plain, err := Compile(b.m, WithoutFusion())
		if err != nil {
			t.Fatal(err)
		}
		fused, err := Compile(b.m)
		if err != nil {
			t.Fatal(err)
		}
		in := FromIR(random(b.r, 2, 8, 4).tensor())
		want, err := plain.Predict(in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := fused.Predict(in)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want[0].Float32s() {
			if g := got[0].Float32s()[i]; math.Abs(float64(g-w)) > 1e-4 {
				t.Fatalf("seed %d: element %d: fused %v, plain %v\n%v", seed, i, g, w, b.m.Nodes)
			}
		}
		plain.Close()
		fused.Close()
	}
}
