package exporter

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// rnn is one recurrent layer to be written.
type rnn struct {
	class  string
	r      ir.Recurrence
	gates  int // in the kernels' columns
	acts   []activation
	config object
}

// activation is one of a cell's, by its key in the config. Gates are those whose
// sums it is applied to, if it is applied to nothing else.
type activation struct {
	key   string
	f     ir.Func
	gates []int
}

func writeLSTM(n *node) {
	op := n.Op.(*ir.LSTM)
	n.rnn(rnn{class: "LSTM", r: op.Recurrence, gates: 4, acts: lstmActivations(op.Act, op.RecurrentAct), config: object{}})
}

func writeGRU(n *node) {
	op := n.Op.(*ir.GRU)
	acts := []activation{{"activation", op.Act, []int{2}}, {"recurrent_activation", op.RecurrentAct, []int{0, 1}}}
	n.rnn(rnn{class: "GRU", r: op.Recurrence, gates: 3, acts: acts, config: object{"reset_after": op.ResetAfter}})
}

func writeSimpleRNN(n *node) {
	op := n.Op.(*ir.SimpleRNN)
	n.rnn(rnn{class: "SimpleRNN", r: op.Recurrence, gates: 1, acts: []activation{{"activation", op.Act, []int{0}}}, config: object{}})
}

// lstmActivations are those of gates in the order i, f, c, o; the state, too,
// passes through act.
func lstmActivations(act, recurrent ir.Func) []activation {
	return []activation{{"activation", act, nil}, {"recurrent_activation", recurrent, []int{0, 1, 3}}}
}

func (n *node) rnn(c rnn) {
	v, dtype, ok := n.weights([]string{"kernel", "recurrent_kernel", "bias"}, 2, 1, 2, 3)
	if !ok {
		n.unsupported("its weights are computed; a layer of Keras 3 holds its own")
		return
	}
	c.config["units"], c.config["use_bias"] = v.tensors[1].Shape[0], n.has(3)
	n.recurrent(c, v, dtype, n.tensor(0), 4)
}

// recurrent adds a recurrent layer of x; the mask and initial states are the
// inputs from number rest on.
func (n *node) recurrent(c rnn, v variables, dtype any, x ref, rest int) {
	for _, a := range c.acts {
		if a.f.Name == "hard_sigmoid" && a.f.B == 0.5 && a.f.A > 0 && !sixth(a.f.A) && len(a.gates) > 0 {
			// clip(a*x + 0.5) is Keras 3's clip(x/6 + 0.5) of 6*a*x, and the gates'
			// sums x are linear in the weights.
			for i, t := range v.tensors {
				v.tensors[i] = scaleGates(t, c.gates, a.gates, 6*float64(a.f.A))
			}
			a.f.A = 1. / 6
		}
		name, ok := n.cellActivation(a.f)
		if !ok {
			return
		}
		c.config[a.key] = name
	}
	if c.r.Continue || c.r.InitialIfZero {
		n.unsupported("stateful: Keras 3 uses initial states in every call, this model only when the recorded ones are zero")
		return
	}
	stateful := c.r.State != ""
	if stateful && !n.typ(0).Shape[0].IsKnown() {
		n.unsupported("stateful: Keras 3 wants a known batch size, this input is %v", n.typ(0).Shape)
		return
	}
	state := slices.ContainsFunc(n.Outputs[1:], func(id ir.ValueID) bool { return n.used[id] })
	c.config["return_sequences"], c.config["return_state"] = c.r.ReturnSequences, state
	c.config["go_backwards"], c.config["zero_output_for_mask"] = c.r.GoBackwards, c.r.ZeroOutputForMask
	c.config["stateful"] = stateful
	masked := n.has(rest)
	if !masked {
		x = n.maskless(x)
	}
	l := n.layer(c.class, c.config, dtype, n.out(), x)
	v.path = "cell"
	l.weights = []variables{v}
	if masked {
		l.kwargs["mask"] = n.tensor(rest)
	}
	if n.has(rest + 1) {
		var states []any
		for i := rest + 1; i < len(n.Inputs); i++ {
			if !n.has(i) {
				n.unsupported("initial_state: some states are given and some are not")
				return
			}
			states = append(states, n.tensor(i))
		}
		l.kwargs["initial_state"] = states
	}
	for i, id := range n.Outputs {
		if i == 0 || state {
			n.values[id] = ref{l, i, n.m.Type(id)}
		}
	}
}

// cellActivation is an activation inside a cell: a name or, for what has none, a
// layer or a Functional model, which Keras calls as it does a function.
func (n *node) cellActivation(f ir.Func) (any, bool) {
	if f.Rowwise() {
		return f.Name, true
	}
	if name, ok := activationName(f); ok {
		return name, true
	}
	g := &graph{m: &ir.Model{Name: f.Name, Outputs: []ir.Port{{Name: f.Name}}}}
	typ := n.m.Type(n.Outputs[1]) // of a state
	typ.Shape = typ.Shape.Clone()
	typ.Shape[0] = ir.Sym("batch")
	g.input("x", typ)
	y, ok := (&node{g, n.Node}).apply(f, g.inputs[0], typ)
	if !ok {
		n.errs = append(n.errs, g.errs...)
		return nil, false
	}
	g.outputs = []ref{y}
	g.order()
	if l := y.of; len(g.layers) == 2 && !l.op {
		return l.serialized(), true
	}
	return g.config(), true
}

// scaleGates multiplies the columns of some gates.
func scaleGates(t *ir.Tensor, gates int, which []int, scale float64) *ir.Tensor {
	columns := t.Shape[len(t.Shape)-1]
	units := max(1, columns/gates)
	out := make([]float32, t.Elems())
	t.CopyFloat32s(out)
	for i := range out {
		if slices.Contains(which, i%columns/units) {
			out[i] = float32(float64(out[i]) * scale)
		}
	}
	return ir.OfFloat32(out, t.Shape...)
}

// writeConvLSTM writes the layer that the op and the convolution of its input
// come from; see reads.
func writeConvLSTM(n *node) {
	op := n.Op.(*ir.ConvLSTM)
	x, conv := n.convLSTM(n.Node)
	if conv == nil {
		n.unsupported("its input is not convolved as in a ConvLSTM of Keras 3")
		return
	}
	in := conv.Op.(*ir.Conv)
	c := &node{n.graph, conv}
	w, ok := c.heldWindow(in.Strides, in.Dilations)
	v, dtype, ok2 := n.weights([]string{"recurrent_kernel", "bias"}, 1, 1, 2)
	if !ok || !ok2 || w.dtype != dtype {
		n.unsupported("its weights are computed; a layer of Keras 3 holds its own")
		return
	}
	padding := "valid"
	if in.Padding.Same {
		padding = "same"
	}
	rank := w.rank
	rk := v.tensors[0].Shape
	if !slices.Equal(rk[:rank], w.kernel) || len(in.Padding.Before) > 0 || len(in.Padding.After) > 0 {
		n.unsupported("kernels %v and %v, padding %v: Keras 3 wants one size for both", w.kernel, rk[:rank], in.Padding)
		return
	}
	v = variables{names: append([]string{"kernel"}, v.names...), tensors: append([]*ir.Tensor{w.layer.tensors[0]}, v.tensors...), from: append(w.layer.from, v.from...)}
	config := object{"filters": rk[rank], "kernel_size": ints(w.kernel), "strides": ints(w.strides), "dilation_rate": ints(w.dilations), "padding": padding, "data_format": "channels_last", "use_bias": n.has(2)}
	class := []string{"ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"}[rank-1]
	n.recurrent(rnn{class: class, r: op.Recurrence, gates: 4, acts: lstmActivations(op.Act, op.RecurrentAct), config: config}, v, dtype, n.symbolic(n.values[x]), 3)
}

// convLSTM finds the sequence that a ConvLSTM's input is the convolution of, and
// that convolution: of all steps at once, between two reshapes.
func (g *graph) convLSTM(n *ir.Node) (x ir.ValueID, conv *ir.Node) {
	split := g.makers[n.Inputs[0]]
	if split == nil || split.Op.Kind() != "Reshape" {
		return ir.None, nil
	}
	conv = g.makers[split.Inputs[0]]
	if conv == nil || conv.Op.Kind() != "Conv" || len(conv.Inputs) > 2 && conv.Inputs[2] != ir.None || !conv.Op.(*ir.Conv).Act.Identity() || conv.Op.(*ir.Conv).Groups > 1 {
		return ir.None, nil
	}
	merged := g.makers[conv.Inputs[0]]
	if merged == nil || merged.Op.Kind() != "Reshape" {
		return ir.None, nil
	}
	x = merged.Inputs[0]
	xs, zs, ms := g.m.Type(x).Shape, g.m.Type(n.Inputs[0]).Shape, g.m.Type(merged.Outputs[0]).Shape
	if len(xs) != len(zs) || xs[0] != zs[0] || xs[1] != zs[1] || !slices.Equal(xs[2:], ms[1:]) {
		return ir.None, nil
	}
	return x, conv
}
