package passes

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// affine is y = act(x·scale + shift) along x's last axis, by constants.
type affine struct {
	x            ir.ValueID
	scale, shift []float64 // one per channel
	act          ir.Func
}

// affineOf reads a BatchNorm, or a sum, difference, product or quotient with a
// constant that has a value for each channel (or one for all).
func (g *graph) affineOf(n *ir.Node) *affine {
	if len(n.Outputs) != 1 || !g.float32Value(n.Outputs[0]) {
		return nil
	}
	switch o := n.Op.(type) {
	case *ir.BatchNorm:
		return g.batchNorm(n, o)
	case *ir.Binary:
		return g.binaryAffine(n, o)
	}
	return nil
}

func (g *graph) batchNorm(n *ir.Node, o *ir.BatchNorm) *affine {
	rank := len(g.Type(n.Inputs[0]).Shape)
	if axis, err := ir.NormAxis(o.Axis, rank); err != nil || axis != rank-1 {
		return nil
	}
	var v [4][]float32
	for i := range v {
		if id := input(n, 1+i); id != ir.None {
			t := g.Const(id)
			if t == nil {
				return nil
			}
			v[i] = t.Float32s()
		}
	}
	gamma, beta, mean, variance := v[0], v[1], v[2], v[3]
	a := &affine{x: n.Inputs[0], scale: make([]float64, len(mean)), shift: make([]float64, len(mean)), act: o.Act}
	for c := range mean {
		s := 1 / math.Sqrt(float64(variance[c])+float64(o.Epsilon))
		if gamma != nil {
			s *= float64(gamma[c])
		}
		a.scale[c] = s
		a.shift[c] = -float64(mean[c]) * s
		if beta != nil {
			a.shift[c] += float64(beta[c])
		}
	}
	return a
}

// maxSpread bounds the channels over which one number is written out: no weight
// bounds them.
const maxSpread = 1 << 16

func (g *graph) binaryAffine(n *ir.Node, o *ir.Binary) *affine {
	xi := 0
	if g.Const(n.Inputs[0]) != nil {
		if o.Fn != "add" && o.Fn != "mul" {
			return nil
		}
		xi = 1
	}
	x, t := n.Inputs[xi], g.Const(n.Inputs[1-xi])
	shape := g.Type(x).Shape
	if t == nil || len(shape) == 0 || !shape.Equal(g.Type(n.Outputs[0]).Shape) || !shape[len(shape)-1].IsKnown() {
		return nil
	}
	channels, size := shape[len(shape)-1].Size, t.Elems()
	if size == 1 && channels > maxSpread || size != 1 && (size != channels || t.Shape[len(t.Shape)-1] != channels) {
		return nil
	}
	v := t.Float32s()
	a := &affine{x: x, scale: make([]float64, channels), shift: make([]float64, channels)}
	for c := range channels {
		k := float64(v[c%size])
		a.scale[c] = 1
		switch o.Fn {
		case "add":
			a.shift[c] = k
		case "sub":
			a.shift[c] = -k
		case "mul":
			a.scale[c] = k
		case "div":
			a.scale[c] = 1 / k
		default:
			return nil
		}
	}
	return a
}

// finite reports whether the map can be moved into weights: an infinite or NaN
// factor would spread to results it does not reach.
func (a *affine) finite() bool {
	for c := range a.scale {
		if math.IsInf(a.scale[c]*0+a.shift[c]*0, 0) || math.IsNaN(a.scale[c]*0+a.shift[c]*0) {
			return false
		}
	}
	return true
}

// foldAffine moves affine maps into the weights of the convolution or dense
// node before them, or, where borders allow it, after them.
func foldAffine(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	// A weight is folded into a few times at most; a long chain of maps over a
	// large one would take for ever.
	g.budget = 8*m.WeightBytes() + 1<<20
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if n.Op == nil {
			continue
		}
		if a := g.affineOf(n); a != nil && a.finite() {
			if p := g.made(a.x); p != nil && g.foldIntoProducer(p, n, a) {
				changed = true
			}
			continue
		}
		if b := g.made(input(n, 0)); b != nil && g.reads(n, b.Outputs[0]) == 1 {
			if a := g.affineOf(b); a != nil && a.act.Identity() && a.finite() && g.foldIntoReader(n, a) {
				g.maker[b.Outputs[0]] = -1
				b.Op = nil
				changed = true
			}
		}
	}
	g.compact()
	return changed
}

func (g *graph) reads(n *ir.Node, v ir.ValueID) (k int) {
	for _, id := range n.Inputs {
		if id == v {
			k++
		}
	}
	return k
}

// foldIntoProducer multiplies p's kernel by the scale of each output channel.
func (g *graph) foldIntoProducer(p, c *ir.Node, a *affine) bool {
	act, with, ok := fused(p.Op)
	if !ok || !act.Identity() || input(p, 3) != ir.None || !g.float32Value(p.Outputs[0]) {
		return false
	}
	if _, norm := p.Op.(*ir.BatchNorm); norm {
		return false
	}
	k := g.Const(p.Inputs[1])
	bias, ok := g.biasOf(p)
	if k == nil || !ok {
		return false
	}
	inner := 1 // elements of the kernel from one output channel to the next
	if _, transposed := p.Op.(*ir.ConvTranspose); transposed {
		inner = k.Shape[len(k.Shape)-1]
	}
	if slices.ContainsFunc(a.scale, func(s float64) bool { return s != 1 }) {
		scaled, ok := g.scaledKernel(p, k, a.scale, inner)
		if !ok {
			return false
		}
		g.release(p.Inputs[1])
		p.Inputs[1] = g.constantOf(p.Origin.Layer+"/folded_kernel", scaled)
	}
	shift := make([]float32, len(a.scale))
	for c := range shift {
		s := a.shift[c]
		if bias != nil {
			s += float64(bias[c]) * a.scale[c]
		}
		shift[c] = float32(s)
	}
	g.setBias(p, shift)
	g.absorb(p, c, with(a.act))
	return true
}

// scaledKernel multiplies p's kernel k, [..., len(scale), inner]. Where the channels are the last axis, that is left to
// whoever reads it.
func (g *graph) scaledKernel(p *ir.Node, k *ir.Tensor, scale []float64, inner int) (*ir.Tensor, bool) {
	if inner == 1 && k.Shape[len(k.Shape)-1] == len(scale) && g.float32Value(p.Inputs[1]) {
		if g.budget -= 4 * int64(len(scale)); g.budget < 0 {
			return nil, false
		}
		s := make([]float32, len(scale))
		for i, v := range scale {
			s[i] = float32(v)
		}
		return k.Scaled(s), true
	}
	if g.budget -= 4 * int64(k.Elems()); g.budget < 0 {
		return nil, false
	}
	kernel := k.Float32s()
	out := make([]float32, len(kernel))
	for i := 0; i < len(kernel); {
		for _, s := range scale {
			for range inner {
				out[i] = float32(float64(kernel[i]) * s)
				i++
			}
		}
	}
	return ir.OfFloat32(out, k.Shape...), true
}

// biasOf returns p's constant bias; ok is false if it is computed.
func (g *graph) biasOf(p *ir.Node) (bias []float32, ok bool) {
	id := input(p, 2)
	if id == ir.None {
		return nil, true
	}
	t := g.Const(id)
	if t == nil {
		return nil, false
	}
	return t.Float32s(), true
}

func (g *graph) setBias(p *ir.Node, bias []float32) {
	if old := input(p, 2); old != ir.None {
		g.release(old)
	}
	setInput(p, 2, g.constant(p.Origin.Layer+"/folded_bias", bias, len(bias)))
}

// foldIntoReader multiplies n's kernel by the scale of each input channel. The
// shift becomes bias, which is exact only where no tap falls on padding.
func (g *graph) foldIntoReader(n *ir.Node, a *affine) bool {
	if !g.float32Value(n.Outputs[0]) || g.Const(input(n, 1)) == nil {
		return false
	}
	k := g.Const(n.Inputs[1])
	s := k.Shape
	if len(s) < 2 { // no kernel
		return false
	}
	var in func(i int) int // the input channel of kernel element i
	outputs := s[len(s)-1]
	out := func(i int) int { return i % outputs }
	switch o := n.Op.(type) {
	case *ir.Dense:
		in = func(i int) int { return i / s[1] }
	case *ir.Conv:
		if padded(o.Padding, s[:len(s)-2]) {
			return false
		}
		groups := max(1, o.Groups)
		per, perOut := s[len(s)-2], outputs/groups
		in = func(i int) int { return i/outputs%per + i%outputs/perOut*per }
	case *ir.DepthwiseConv:
		if padded(o.Padding, s[:len(s)-2]) {
			return false
		}
		m := s[len(s)-1]
		outputs = s[len(s)-2] * m
		in = func(i int) int { return i / m % s[len(s)-2] }
		out = func(i int) int { return i % outputs }
	default:
		return false
	}
	bias, ok := g.biasOf(n)
	if !ok {
		return false
	}
	if g.budget -= 4 * int64(k.Elems()); g.budget < 0 {
		return false
	}
	old := k.Float32s()
	scaled := make([]float32, len(old))
	shift := make([]float64, outputs)
	for i := range bias {
		shift[i] = float64(bias[i])
	}
	for i, v := range old {
		c := in(i)
		scaled[i] = float32(float64(v) * a.scale[c])
		shift[out(i)] += float64(v) * a.shift[c]
	}
	sum := make([]float32, outputs)
	for i, v := range shift {
		sum[i] = float32(v)
	}
	n.Inputs[0] = a.x
	g.release(n.Inputs[1])
	n.Inputs[1] = g.constant(n.Origin.Layer+"/folded_kernel", scaled, s...)
	g.setBias(n, sum)
	return true
}

// padded reports whether a window may reach outside its input.
func padded(p ir.Padding, window []int) bool {
	if p.Same {
		for _, k := range window {
			if k > 1 {
				return true
			}
		}
		return false
	}
	for i := range window {
		if b, a := p.Resolve(i, 0, window[i], 1, 1); b != 0 || a != 0 {
			return true
		}
	}
	return false
}
