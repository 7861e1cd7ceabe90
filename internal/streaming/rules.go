package streaming

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// rules has one row for every op kind.
var rules = map[string]rule{
	"Unary":       same,
	"Cast":        same,
	"OneHot":      same,
	"Binary":      elementwise,
	"Where":       elementwise,
	"Reshape":     reshape,
	"Transpose":   transpose,
	"Broadcast":   broadcast,
	"Concat":      concat,
	"Slice":       slice,
	"Gather":      gather,
	"GatherAlong": gatherAlong,
	"Scatter":     never("it changes elements by their index"),
	"Pad":         pad,
	"Tile":        tile,
	"Repeat":      along(func(o ir.Op) []int { return []int{o.(*ir.Repeat).Axis} }, "it repeats steps"),
	"Flip":        along(func(o ir.Op) []int { return o.(*ir.Flip).Axes }, "it turns the sequence round"),
	"Sort":        along(func(o ir.Op) []int { return []int{o.(*ir.Sort).Axis} }, "it sorts over the time"),
	"Cumulative":  along(func(o ir.Op) []int { return []int{o.(*ir.Cumulative).Axis} }, "it accumulates over the time"),
	"LayerNorm":   along(func(o ir.Op) []int { return o.(*ir.LayerNorm).Axes }, "it normalises over the time"),
	"BatchNorm":   along(func(o ir.Op) []int { return []int{o.(*ir.BatchNorm).Axis} }, "it has weights for each position of the window"),
	"Softmax":     softmax,
	"Reduce":      reduce,
	"Lookup":      along(nothing, ""),
	"Bucketize":   along(nothing, ""),
	"Hash":        same,
	"CrossHash":   elementwise,
	"Bincount":    eachStep("it counts over the time"),
	"Tokenize":    never("it needs whole texts"),
	"Text":        elementwise,
	"STFT":        never("it transforms pieces of the whole signal"),
	"CTCBeam":     never("it decodes whole sequences"),
	"NMS":         never("it compares all boxes"),
	"Linalg":      along(func(ir.Op) []int { return []int{-2, -1} }, "it takes the time for matrices"),
	"Range":       count,
	"ShapeOf":     never("it reads the length of the window"),

	"Dense":         dense,
	"MatMul":        matMul,
	"Einsum":        einsum,
	"Conv":          conv,
	"DepthwiseConv": conv,
	"ConvTranspose": convTranspose,
	"Pool":          pool,
	"AdaptivePool":  eachStep("it pools over the time"),
	"Resize":        eachStep("it resizes over the time"),
	"Attention":     attention,

	"LSTM":      recurrent,
	"GRU":       recurrent,
	"SimpleRNN": recurrent,
	"ConvLSTM":  recurrent,
	"History":   never("it streams already"),
}

func never(why string) rule { return func(*node) error { return errors.New(why) } }

// same is for ops that work on every element by itself.
func same(n *node) error {
	n.all(n.facts[0])
	return nil
}

// first returns the fact of input 0, the only one that may flow.
func (n *node) first() (fact, error) {
	for _, f := range n.facts[1:] {
		if f.kind == flowing {
			return fact{}, errors.New("its parameters depend on the time")
		}
	}
	return n.facts[0], nil
}

// norm is axis of input 0, not negative.
func (n *node) norm(axis int) int {
	if axis < 0 {
		axis += len(n.types[0].Shape)
	}
	return axis
}

// along is for ops that leave all axes but some as they are.
func along(axes func(ir.Op) []int, why string) rule {
	return func(n *node) error {
		f, err := n.first()
		if err != nil {
			return err
		}
		for _, a := range axes(n.op) {
			if n.norm(a) == f.axis {
				return errors.New(why)
			}
		}
		n.all(f)
		return nil
	}
}

func nothing(ir.Op) []int { return nil }

// eachStep is for ops that work on every example by itself.
func eachStep(why string) rule {
	return func(n *node) error {
		f, err := n.first()
		if err != nil {
			return err
		}
		if f.axis != 0 {
			return errors.New(why)
		}
		n.all(f)
		return nil
	}
}

// aligned is the fact of what inputs i give when they are broadcast to rank axes.
func (n *node) aligned(rank int, inputs ...int) (fact, error) {
	var f fact
	for _, i := range inputs {
		g := n.facts[i]
		if g.kind != flowing {
			continue
		}
		g.axis += rank - len(n.types[i].Shape)
		switch {
		case f.kind != flowing:
			f = g
		case f.axis != g.axis || f.folded != g.folded:
			return f, errors.New("it combines different axes of the time")
		case f.lead != g.lead:
			return f, errors.New("it combines steps that are not at the same place of the sequence")
		}
	}
	for _, i := range inputs {
		if n.in[i] == ir.None || n.facts[i].kind == flowing {
			continue
		}
		s := n.types[i].Shape
		if a := f.axis - rank + len(s); a >= 0 && s[a] != ir.Known(1) {
			return f, fmt.Errorf("it has %v values of its own for the positions of the window", s[a])
		}
	}
	return f, nil
}

func elementwise(n *node) error {
	rank := 0
	all := make([]int, len(n.in))
	for i := range n.in {
		all[i], rank = i, max(rank, len(n.types[i].Shape))
	}
	f, err := n.aligned(rank, all...)
	n.all(f)
	return err
}

func transpose(n *node) error {
	f := n.facts[0]
	f.axis = slices.Index(n.op.(*ir.Transpose).Perm, f.axis)
	n.all(f)
	return nil
}

func tile(n *node) error {
	f := n.facts[0]
	if n.op.(*ir.Tile).Reps[f.axis] != 1 {
		return errors.New("it repeats the sequence")
	}
	n.all(f)
	return nil
}

func concat(n *node) error {
	f := n.facts[0]
	if f.kind == flowing && n.norm(n.op.(*ir.Concat).Axis) == f.axis {
		return errors.New("it joins sequences one after the other")
	}
	for i, g := range n.facts {
		switch {
		case g == f:
		case g.kind == flowing && f.kind == flowing && g.axis == f.axis:
			return errors.New("it joins steps that are not at the same place of the sequence")
		default:
			return fmt.Errorf("it joins a sequence with input %d, which has values of its own for the positions of the window", i)
		}
	}
	n.all(f)
	return nil
}

// gather looks the elements of the time up, or, in a table of steps, the same
// elements of each.
func gather(n *node) error {
	axis := n.norm(n.op.(*ir.Gather).Axis)
	table, ids := n.facts[0], n.facts[1]
	f := table
	switch {
	case table.kind == flowing && ids.kind == flowing:
		return errors.New("it looks steps up by values of steps")
	case ids.kind == flowing:
		f = ids
		f.axis += axis
	case table.axis == axis:
		return errors.New("it looks steps up by their index")
	case table.axis > axis:
		f.axis += len(n.types[1].Shape) - 1
	}
	n.all(f)
	return nil
}

func gatherAlong(n *node) error {
	if n.facts[0] != n.facts[1] {
		return errors.New("it looks up values by an index for each position of the window")
	}
	if n.norm(n.op.(*ir.GatherAlong).Axis) == n.facts[0].axis {
		return errors.New("it looks steps up by their index")
	}
	n.all(n.facts[0])
	return nil
}

func softmax(n *node) error {
	f, err := n.aligned(len(n.types[0].Shape), indices(n)...)
	if err != nil {
		return err
	}
	for _, a := range n.op.(*ir.Softmax).Axes {
		if n.norm(a) == f.axis {
			return errors.New("it normalises over the time")
		}
	}
	n.all(f)
	return nil
}

func indices(n *node) []int {
	out := make([]int, len(n.in))
	for i := range out {
		out[i] = i
	}
	return out
}

func reduce(n *node) error {
	o, f := n.op.(*ir.Reduce), n.facts[0]
	axes, err := ir.NormAxes(o.Axes, len(n.types[0].Shape))
	if err != nil {
		return err
	}
	if slices.Contains(axes, f.axis) {
		return errors.New("it reduces over the time")
	}
	if !o.Keep {
		f.axis -= len(slices.DeleteFunc(axes, func(a int) bool { return a > f.axis }))
	}
	n.all(f)
	return nil
}

// count counts along an axis that is not the time.
func count(n *node) error {
	if n.norm(n.op.(*ir.Range).Axis) == n.facts[0].axis {
		return errors.New("it counts the positions of the window")
	}
	return nil
}
