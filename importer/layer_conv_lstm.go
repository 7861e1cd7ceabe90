package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var convLSTMLayers = []row{
	{class: "ConvLSTM1D", lower: convLSTM(1), mask: maskOwn, neutral: rnnNeutral},
	{class: "ConvLSTM2D", lower: convLSTM(2), mask: maskOwn, neutral: rnnNeutral},
	{class: "ConvLSTM3D", lower: convLSTM(3), mask: maskOwn, neutral: rnnNeutral},
}

// convLSTM convolves the inputs of all steps at once; what remains is the
// recurrence.
func convLSTM(rank int) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		ins := c.Many(l)
		if len(ins) == 0 || !l.WantRank(ins[0].ID, rank+3) {
			return nil
		}
		x := l.AsFloat(ins[0].ID)
		apply, carry := c.sequenceMask(l)
		w := l.windowArgs(rank)
		if w.first {
			x = l.stepsChannelsLast(x)
		}
		filters := l.PositiveInt("filters")
		cell := l.Scope.Scope("cell")
		kernel := cell.Weight("kernel", append(slices.Clone(w.kernel), l.Size(x, -1), 4*filters)...)
		recurrent := cell.Weight("recurrent_kernel", append(slices.Clone(w.kernel), filters, 4*filters)...)
		bias := ir.None
		if l.Bool("use_bias", true) {
			bias = cell.Weight("bias", 4*filters)
		}
		gate := "sigmoid"
		if !l.Keras3() {
			gate = "hard_sigmoid"
		}
		op := &ir.ConvLSTM{
			Recurrence: ir.Recurrence{
				GoBackwards: l.Bool("go_backwards", false), ReturnSequences: l.Bool("return_sequences", false),
				ZeroOutputForMask: l.zeroMasked() && l.Keras3(), // tf.keras forgets it
			},
			Act: l.cellActivation("activation", "tanh", rank+1), RecurrentAct: l.cellActivation("recurrent_activation", gate, rank+1),
		}
		if w.first && (op.Act.Rowwise() || op.RecurrentAct.Rowwise()) {
			l.Fail(ir.ErrUnsupported, "activation", "with data_format channels_first it looks along a spatial axis")
		}
		l.Bool("time_major", false)
		initial := c.initialState(l, ins)
		if l.err == nil && len(initial) != 0 && len(initial) != 2 {
			l.Fail(ir.ErrMalformed, "initial_state", "has %d tensors, the layer has 2 states", len(initial))
			return nil
		}
		for i := range initial {
			initial[i] = l.channelsLast(initial[i], w.first)
		}
		l.noConstants(c)
		if l.b.theano() {
			recurrent = l.oddWindow(recurrent, rank)
		}
		op.State, op.InitialIfZero = l.stateSlot(l.Bool("stateful", false), len(initial) > 0)
		z := l.window(x, windowArgs{rank: rank}, func(x ir.ValueID) ir.ValueID {
			return l.Add(&ir.Conv{Strides: w.strides, Dilations: w.dilated, Padding: l.centered(w).padding}, x, kernel)
		})
		if apply != ir.None && l.Rank(apply) > 2 {
			apply = l.pixelMask(apply, z, w.first)
		}
		states := l.AddN(op, append([]ir.ValueID{z, recurrent, bias, apply}, initial...)...)
		if states == nil {
			return nil
		}
		y := Value{states[0], ir.None}
		if op.ReturnSequences {
			y.Mask = carry
			if w.first {
				y.ID = l.stepsChannelsFirst(y.ID)
			}
		} else {
			y.ID = l.channelsBack(y.ID, w.first)
		}
		out := []Value{y}
		if l.Bool("return_state", false) {
			for _, s := range states[1:] {
				out = append(out, Value{l.channelsBack(s, w.first), ir.None})
			}
		}
		return out
	}
}

// pixelMask is a mask of more axes than batch and time as one of z's pixels.
func (l *Layer) pixelMask(mask, z ir.ValueID, first bool) ir.ValueID {
	if first {
		l.Fail(ir.ErrUnsupported, "mask", "has shape %v, wants [batch, time] with data_format channels_first", l.Shape(mask))
		return ir.None
	}
	pixels := l.Rank(z) - 1
	for l.err == nil && l.Rank(mask) < pixels {
		mask = l.ExpandDims(mask, -1)
	}
	return l.Add(&ir.Broadcast{Dims: extents(1, 0, pixels)}, mask, z)
}

// oddWindow gives a kernel an odd window by zeros at its end: padded as any other it
// is where an even one is with Theano's padding.
func (l *Layer) oddWindow(kernel ir.ValueID, rank int) ir.ValueID {
	pad := &ir.Pad{Before: make([]int, rank+2), After: make([]int, rank+2), Mode: "constant"}
	for i := range rank {
		pad.After[i] = 1 - l.Size(kernel, i)%2
	}
	if slices.Max(pad.After) == 0 {
		return kernel
	}
	return l.Add(pad, kernel)
}

// stepsChannelsLast turns [batch, time, channels, spatial...] to channels last.
func (l *Layer) stepsChannelsLast(x ir.ValueID) ir.ValueID {
	perm := []int{0, 1}
	for i := 3; i < l.Rank(x); i++ {
		perm = append(perm, i)
	}
	return l.Transpose(x, append(perm, 2)...)
}

// stepsChannelsFirst undoes stepsChannelsLast.
func (l *Layer) stepsChannelsFirst(x ir.ValueID) ir.ValueID {
	perm := []int{0, 1, l.Rank(x) - 1}
	for i := 2; i < l.Rank(x)-1; i++ {
		perm = append(perm, i)
	}
	return l.Transpose(x, perm...)
}
