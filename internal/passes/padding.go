package passes

import "github.com/kerasgo/kerasgo/ir"

// foldPadding lets a convolution pad by itself what a node before it pads with
// zeros. The padding of a pooling does not count as elements; only a maximum of
// what is never negative is the same with zeros around it.
func foldPadding(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if len(n.Inputs) == 0 {
			continue
		}
		p := g.made(n.Inputs[0])
		if p == nil {
			continue
		}
		pad, ok := p.Op.(*ir.Pad)
		if !ok || pad.Mode != "constant" || pad.Value != 0 || g.reads(n, n.Inputs[0]) != 1 {
			continue
		}
		var window ir.Shape
		if len(n.Inputs) > 1 {
			window = g.Type(n.Inputs[1]).Shape
		}
		x := g.Type(n.Inputs[0]).Shape
		var op ir.Op
		switch o := n.Op.(type) {
		case *ir.Conv:
			c := *o
			c.Padding, ok = joinPadding(pad, o.Padding, x, window, o.Strides, o.Dilations)
			op = &c
		case *ir.DepthwiseConv:
			c := *o
			c.Padding, ok = joinPadding(pad, o.Padding, x, window, o.Strides, o.Dilations)
			op = &c
		case *ir.Pool:
			if o.Avg || o.Padding.Same || !g.notNegative(p.Inputs[0]) {
				continue
			}
			c := *o
			c.Padding, ok = joinPadding(pad, o.Padding, x, ir.Dims(o.Size...), o.Strides, nil)
			for i, k := range o.Size { // every window must reach an element
				ok = ok && c.Padding.Before[i] < k && c.Padding.After[i] < k
			}
			op = &c
		default:
			continue
		}
		if !ok {
			continue
		}
		n.Op = op
		n.Inputs[0] = p.Inputs[0]
		p.Op = nil
		changed = true
	}
	g.compact()
	return changed
}

// joinPadding adds pad to a convolution's own padding. x is the padded input.
func joinPadding(pad *ir.Pad, own ir.Padding, x, window ir.Shape, strides, dilations []int) (ir.Padding, bool) {
	rank := len(x) - 2
	for _, a := range []int{0, rank + 1} {
		if pad.Before[a] != 0 || pad.After[a] != 0 {
			return own, false
		}
	}
	var out ir.Padding
	for i := range rank {
		if own.Same && !x[1+i].IsKnown() {
			return own, false
		}
		stride, dilation := 1, 1
		if i < len(strides) {
			stride = strides[i]
		}
		if i < len(dilations) {
			dilation = dilations[i]
		}
		b, a := own.Resolve(i, x[1+i].Size, window[i].Size, stride, dilation)
		out.Before, out.After = append(out.Before, b+pad.Before[1+i]), append(out.After, a+pad.After[1+i])
	}
	return out, true
}

// notNegative reports whether the node that computes v gives no negative number.
func (g *graph) notNegative(v ir.ValueID) bool {
	if g.maker[v] < 0 || g.Nodes[g.maker[v]].Op == nil || !g.float32Value(v) {
		return false
	}
	var f ir.Func
	switch o := g.Nodes[g.maker[v]].Op.(type) {
	case *ir.Unary:
		f = o.Func
	default:
		f, _, _ = fused(o)
	}
	switch f.Name {
	case "relu", "relu_max":
		return f.A == 0 && f.B >= 0
	case "sigmoid", "hard_sigmoid", "exp", "abs", "square", "softplus":
		return true
	}
	return false
}
