package passes

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// Squeeze-and-excitation reads a depthwise convolution's result three times: for
// the mean of each channel, to scale the channels, and in the convolution that
// follows. Here the mean is taken where the rows are computed, and the scale goes
// into the kernel of the convolution.

// largeMap is how many elements of an image are worth another way of running.
const largeMap = 1 << 17

// fuseMeans lets a chain that ends in a depthwise convolution, or such a
// convolution alone, compute the means over its positions.
func fuseMeans(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		r, ok := n.Op.(*ir.Reduce)
		if !ok || r.Fn != "mean" || !g.float32Value(n.Outputs[0]) || g.maker[n.Inputs[0]] < 0 || g.uses[n.Inputs[0]] < 2 {
			continue
		}
		axes, err := ir.NormAxes(r.Axes, len(g.Type(n.Inputs[0]).Shape))
		if err != nil || !slices.Equal(axes, []int{1, 2}) {
			continue
		}
		p := &m.Nodes[g.maker[n.Inputs[0]]]
		switch o := p.Op.(type) {
		case *Chain:
			if _, ok := o.Parts[len(o.Parts)-1].(*ir.DepthwiseConv); !ok || o.Mean != nil {
				continue
			}
			p.Op = &Chain{Parts: o.Parts, Mean: r}
		case *ir.DepthwiseConv:
			if !g.chainable(p) || !g.depthwise(p) || g.imageElems(p.Outputs[0]) < largeMap {
				continue
			}
			p.Inputs = []ir.ValueID{p.Inputs[0], p.Inputs[1], input(p, 2), ir.None}
			p.Op = &Chain{Parts: []ir.Op{o}, Mean: r}
		default:
			continue
		}
		p.Outputs = append(slices.Clone(p.Outputs), n.Outputs[0])
		n.Op = nil
		changed = true
	}
	g.compact()
	return changed
}

// imageElems is the number of elements of v without its batch; 0 if that is open.
func (g *graph) imageElems(v ir.ValueID) int {
	size := 1
	for _, d := range g.Type(v).Shape[1:] {
		if !d.IsKnown() {
			return 0
		}
		size *= d.Size
	}
	return size
}

// ScaledConv is a 1×1 convolution of x·scale, where scale has a number for each
// image and channel. It is made by the passes for the runtime, which scales the
// kernel instead of x, and is no op of the format. Inputs: x, kernel, bias,
// residual, scale.
type ScaledConv struct {
	Conv *ir.Conv
}

// Kind is the name of the runtime's executor.
func (*ScaledConv) Kind() string { return "ScaledConv" }

// Infer is that of the convolution.
func (s *ScaledConv) Infer(in []ir.Type) ([]ir.Type, error) {
	if len(in) != 5 {
		return nil, ir.Errorf(ir.ErrMalformed, "a scaled convolution has %d inputs", len(in))
	}
	return s.Conv.Infer(in[:4])
}

// scaleKernels makes scaled convolutions where the kernel is far smaller than x.
func scaleKernels(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if !g.chainable(n) || !g.pointwise(n) {
			continue
		}
		mul := g.made(n.Inputs[0])
		if mul == nil || mul.Op.Kind() != "Binary" || mul.Op.(*ir.Binary).Fn != "mul" {
			continue
		}
		x, scale := mul.Inputs[0], mul.Inputs[1]
		if !g.channelScale(scale, x) {
			if x, scale = scale, x; !g.channelScale(scale, x) {
				continue
			}
		}
		kernel := g.Const(n.Inputs[1]).Shape
		if g.imageElems(x) < 4*kernel[2]*kernel[3] {
			continue
		}
		n.Op = &ScaledConv{Conv: n.Op.(*ir.Conv)}
		n.Inputs = []ir.ValueID{x, n.Inputs[1], input(n, 2), input(n, 3), scale}
		mul.Op = nil
		changed = true
	}
	g.compact()
	return changed
}

// channelScale reports whether v has one number for each image and channel of x.
func (g *graph) channelScale(v, x ir.ValueID) bool {
	s, t := g.Type(v).Shape, g.Type(x).Shape
	one := ir.Known(1)
	return g.float32Value(v) && g.float32Value(x) && len(s) == 4 && len(t) == 4 && s[0] == t[0] && s[1] == one && s[2] == one && s[3] == t[3]
}
