package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var locallyConnectedLayers = []row{
	{class: "LocallyConnected1D", lower: locallyConnected(1), note: "implementations 1, 2 and 3"},
	{class: "LocallyConnected2D", lower: locallyConnected(2), note: "implementations 1, 2 and 3"},
}

// local is the geometry of a locally connected layer: a convolution whose kernel
// differs from place to place.
type local struct {
	size, window, stride, out []int // by spatial axis
	shift                     []int // where the first window begins, negated
	channels, filters         int
	first                     bool // channels_first
}

func product(v []int) int {
	n := 1
	for _, d := range v {
		n *= d
	}
	return n
}

// each calls f for every output position and window position: their indices in
// row-major order and the input position's, -1 outside the input.
func (g *local) each(f func(out, tap, in int)) {
	rank := len(g.size)
	index := func(n int, dims []int) []int {
		at := make([]int, rank)
		for i := rank - 1; i >= 0; i-- {
			at[i] = n % dims[i]
			n /= dims[i]
		}
		return at
	}
	for o := range product(g.out) {
		oi := index(o, g.out)
		for t := range product(g.window) {
			ti := index(t, g.window)
			in := 0
			for i := range rank {
				p := oi[i]*g.stride[i] - g.shift[i] + ti[i]
				if p < 0 || p >= g.size[i] || in < 0 {
					in = -1
					continue
				}
				in = in*g.size[i] + p
			}
			f(o, t, in)
		}
	}
}

// locallyConnected gathers the window of every output position and multiplies it
// by that position's kernel.
func locallyConnected(rank int) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := l.AsFloat(c.Single(l).ID)
		if !l.WantRank(x, rank+2) {
			return nil
		}
		g := l.localGeometry(x, rank)
		if l.err != nil {
			return nil
		}
		places, taps := product(g.out), product(g.window)
		if limit := l.b.lim.ConstantBytes; exceeds(limit/4, places, taps, g.channels, g.filters) {
			l.fail(exceeded("ConstantBytes", limit, "%d windows of %v over %v need more memory", places, g.window, g.size))
			return nil
		}
		if !l.Allows("kernel_size", places, taps) {
			return nil
		}
		kernel := l.localKernel(g)
		bias := ir.None
		if l.Bool("use_bias", true) {
			bias = l.Weight("bias", append(slices.Clone(g.out), g.filters)...)
		}
		fused, rest := l.Activation("activation").Split()

		x = l.channelsLast(x, g.first)
		pixels := product(g.size)
		x = l.Reshape(x, []ir.Extent{ir.DimOf(0, 0), ir.Size(pixels), ir.Size(g.channels)})
		outside := false
		index := make([]int32, places*taps)
		g.each(func(out, tap, in int) {
			if in < 0 {
				in, outside = pixels, true
			}
			index[out*taps+tap] = int32(in)
		})
		if outside { // a pixel of zeros
			x = l.Add(&ir.Pad{Before: []int{0, 0, 0}, After: []int{0, 1, 0}, Mode: "constant"}, x)
		}
		windows := l.Const("windows", func() *ir.Tensor { return ir.NewInt32(index, places, taps) })
		x = l.Add(&ir.Gather{Axis: 1}, x, windows)
		x = l.Reshape(x, []ir.Extent{ir.DimOf(0, 0), ir.Size(places), ir.Size(taps * g.channels)})
		y := l.Add(&ir.Einsum{Equation: "bok,okf->bof"}, x, kernel)
		dims := []ir.Extent{ir.DimOf(0, 0)}
		for _, n := range g.out {
			dims = append(dims, ir.Size(n))
		}
		y = l.Reshape(y, append(dims, ir.Size(g.filters)))
		if !g.first {
			if bias != ir.None {
				y = l.Binary("add", y, bias)
			}
			return one(l.Activate(l.Unary(fused, y), rest))
		}
		y = l.channelsBack(y, true)
		if bias != ir.None {
			// Keras's bias_add reshapes [places..., filters], it does not transpose.
			y = l.Binary("add", y, l.Reshape(bias, append([]ir.Extent{ir.Size(g.filters)}, dims[1:]...)))
		}
		return one(l.Activate(l.Unary(fused, y), rest))
	}
}

func (l *Layer) localGeometry(x ir.ValueID, rank int) *local {
	ones := slices.Repeat([]int{1}, rank)
	g := &local{
		window: l.Ints("kernel_size", rank), stride: l.Ints("strides", rank, ones...), first: l.ChannelsFirst(),
		filters: l.PositiveInt("filters"), shift: make([]int, rank),
	}
	g.channels = l.channels(x, g.first)
	same := l.paddingName() == "same"
	if p := l.paddingName(); !same && p != "valid" {
		l.Unsupported("padding", p)
	}
	for i, a := range spatialAxes(rank, g.first) {
		n := l.Size(x, a)
		g.size = append(g.size, n)
		if l.err != nil {
			return g
		}
		if g.window[i] < 1 || g.stride[i] < 1 || !same && g.window[i] > n {
			l.Fail(ir.ErrShape, "kernel_size", "windows of %v with strides %v do not fit an input of shape %v", g.window, g.stride, l.Shape(x))
			return g
		}
		if same {
			g.out = append(g.out, (n+g.stride[i]-1)/g.stride[i])
			g.shift[i] = g.window[i] / 2
		} else {
			g.out = append(g.out, (n-g.window[i])/g.stride[i]+1)
		}
	}
	return g
}

// localKernel is the kernel as [output positions, window positions * channels,
// filters], which Keras's implementation 1 stores with channels last.
func (l *Layer) localKernel(g *local) ir.ValueID {
	places, taps := product(g.out), product(g.window)
	implementation := l.Int("implementation", 1)
	if implementation == 1 && !g.first {
		return l.Weight("kernel", places, taps*g.channels, g.filters)
	}
	if implementation < 1 || implementation > 3 {
		l.Unsupported("implementation", implementation)
		return ir.None
	}
	return l.Const("kernel", func() *ir.Tensor {
		k := make([]float32, places*taps*g.channels*g.filters)
		at := func(out, tap, c, f int) *float32 { return &k[((out*taps+tap)*g.channels+c)*g.filters+f] }
		switch implementation {
		case 1: // channels first: [places, channels * window, filters]
			if t := l.Tensor("kernel", places, taps*g.channels, g.filters); t != nil {
				w := t.Float32s()
				g.each(func(out, tap, _ int) {
					for c := range g.channels {
						copy(k[((out*taps+tap)*g.channels+c)*g.filters:][:g.filters], w[((out*g.channels+c)*taps+tap)*g.filters:])
					}
				})
			}
		case 2:
			g.fromDense(l, at)
		case 3:
			g.fromSparse(l, at)
		}
		return ir.NewFloat32(k, places, taps*g.channels, g.filters)
	})
}

// fromDense reads implementation 2: a weight for every pair of an input and an
// output element, of which only those within a window count.
func (g *local) fromDense(l *Layer, at func(out, tap, c, f int) *float32) {
	var dims []int
	if g.first {
		dims = slices.Concat([]int{g.channels}, g.size, []int{g.filters}, g.out)
	} else {
		dims = slices.Concat(g.size, []int{g.channels}, g.out, []int{g.filters})
	}
	t := l.Tensor("kernel", dims...)
	if t == nil {
		return
	}
	w := t.Float32s()
	width := product(g.out) * g.filters
	g.each(func(out, tap, in int) {
		for c := range g.channels {
			for f := range g.filters {
				if in >= 0 {
					*at(out, tap, c, f) = w[g.element(in, c, g.channels, product(g.size))*width+g.element(out, f, g.filters, product(g.out))]
				}
			}
		}
	})
}

// element is the index of a position's channel in a flattened image.
func (g *local) element(pos, c, channels, positions int) int {
	if g.first {
		return c*positions + pos
	}
	return pos*channels + c
}

// fromSparse reads implementation 3: the weights of the pairs within a window,
// in the order of the output element and then of the input element.
func (g *local) fromSparse(l *Layer, at func(out, tap, c, f int) *float32) {
	places, taps := product(g.out), product(g.window)
	inside := make([]bool, places*taps)
	n := 0
	g.each(func(out, tap, in int) {
		if in >= 0 {
			inside[out*taps+tap] = true
			n++
		}
	})
	t := l.Tensor("kernel", n*g.channels*g.filters)
	if t == nil {
		return
	}
	w := t.Float32s()
	take := func(out, tap, c, f int) {
		if inside[out*taps+tap] {
			*at(out, tap, c, f) = w[0]
			w = w[1:]
		}
	}
	if g.first {
		for f := range g.filters {
			for out := range places {
				for c := range g.channels {
					for tap := range taps {
						take(out, tap, c, f)
					}
				}
			}
		}
		return
	}
	for out := range places {
		for f := range g.filters {
			for tap := range taps {
				for c := range g.channels {
					take(out, tap, c, f)
				}
			}
		}
	}
}

// exceeds reports whether the product of sizes is more than limit.
func exceeds(limit int64, sizes ...int) bool {
	n := int64(1)
	for _, s := range sizes {
		if s > 0 && n > limit/int64(s) {
			return true
		}
		n *= int64(s)
	}
	return n > limit
}
