package passes

import "github.com/kerasgo/kerasgo/ir"

// toDepthwise turns convolutions with a group for every channel, as ConvNeXt
// has, into depthwise ones: the kernel [window..., 1, channels] holds the same
// numbers as [window..., channels, 1].
func toDepthwise(m *ir.Model) bool {
	g := newGraph(m)
	changed := false
	for i := range m.Nodes {
		n := &m.Nodes[i]
		o, ok := n.Op.(*ir.Conv)
		if !ok || o.Groups < 2 || input(n, 3) != ir.None {
			continue
		}
		k := g.Const(n.Inputs[1])
		if k == nil {
			continue
		}
		rank := len(k.Shape) - 2
		if rank > 2 || k.Shape[rank] != 1 || k.Shape[rank+1] != o.Groups {
			continue
		}
		kernel := *k
		kernel.Shape = append(append([]int{}, k.Shape[:rank]...), o.Groups, 1)
		inputs := append([]ir.ValueID{}, n.Inputs...)
		inputs[1] = g.AddConst(g.Values[n.Inputs[1]].Name, &kernel)
		n.Op, n.Inputs = &ir.DepthwiseConv{Strides: o.Strides, Dilations: o.Dilations, Padding: o.Padding, Act: o.Act}, inputs
		changed = true
	}
	return changed
}
