package ir

// Recurrence is what the recurrent ops share. They read x [batch, time, in] and
// give the output ([batch, time, units] with ReturnSequences, else the last
// step's [batch, units]) and the final states, each [batch, units].
//
// A masked step (mask [batch, time] bool, false) keeps the states; its output
// repeats the previous step's output, which is zeros before the first real step,
// or is zeros when ZeroOutputForMask.
//
// An activation may also be one of RowFuncs, over the units.
type Recurrence struct {
	GoBackwards       bool `json:"go_backwards,omitempty"` // time runs from the end; outputs are in that order
	ReturnSequences   bool `json:"return_sequences,omitempty"`
	ZeroOutputForMask bool `json:"zero_output_for_mask,omitempty"`
	// State names the session's slot that keeps the states from one run to the
	// next (Keras's stateful); empty for none. It starts as zeros.
	State string `json:"state,omitempty"`
	// Continue, with State, makes the runs of a session one sequence: initial
	// states hold for its first run only, and masked steps at the start of a later
	// run repeat the output of the run before.
	Continue bool `json:"continue,omitempty"`
	// InitialIfZero, with State, makes initial states hold only for a run that
	// finds all recorded states zero; else the recorded ones hold, as in tf.keras
	// (RNN._process_inputs). Without it given initial states always hold.
	InitialIfZero bool `json:"initial_if_zero,omitempty"`
}

func (r *Recurrence) infer(in []Type, gates, states int, acts ...Func) ([]Type, error) {
	for _, f := range acts {
		if f.Rowwise() {
			continue
		}
		if err := f.fusable(); err != nil {
			return nil, err
		}
	}
	if err := arity(in, 3, 5+states); err != nil {
		return nil, err
	}
	x, k, u := in[0].Shape, in[1].Shape, in[2].Shape
	if err := wantFloat(in, 0, 1, 2, 3); err != nil {
		return nil, err
	}
	if len(x) != 3 || len(k) != 2 || len(u) != 2 {
		return nil, Errorf(ErrShape, "input %v, kernel %v, recurrent kernel %v: want ranks 3, 2, 2", x, k, u)
	}
	units := u[0]
	if !units.IsKnown() || units.Size < 1 {
		return nil, Errorf(ErrShape, "recurrent kernel %v", u)
	}
	wide := Known(mulClamp(units.Size, gates))
	if !Compatible(x[2], k[0]) || !Compatible(k[1], wide) || !Compatible(u[1], wide) {
		return nil, Errorf(ErrShape, "input %v, kernel %v and recurrent kernel %v do not fit %d gates of %v units", x, k, u, gates, units)
	}
	if m := optional(in, 4); !m.Absent() {
		if m.DType != Bool {
			return nil, Errorf(ErrDType, "mask is %v, wants bool", m.DType)
		}
		if err := wantShape("mask", m, x[0], x[1]); err != nil {
			return nil, err
		}
	}
	out := []Type{{in[0].DType, Shape{x[0], x[1], units}}}
	if !r.ReturnSequences {
		out[0].Shape = Shape{x[0], units}
	}
	for i := range states {
		if err := wantShape("initial state", optional(in, 5+i), x[0], units); err != nil {
			return nil, err
		}
		out = append(out, Type{in[0].DType, Shape{x[0], units}})
	}
	return out, nil
}

// LSTM is Keras's LSTM; gates in the order i, f, c, o. Inputs: x, kernel
// [in, 4*units], recurrent kernel [units, 4*units], optional bias [4*units],
// optional mask, optional initial h and c. Outputs: output, h, c.
type LSTM struct {
	Recurrence
	Act          Func `json:"act,omitzero"`
	RecurrentAct Func `json:"recurrent_act,omitzero"`
}

func (*LSTM) Kind() string { return "LSTM" }

// Rowwise reports whether an activation is one of RowFuncs.
func (o *LSTM) Rowwise() bool { return o.Act.Rowwise() || o.RecurrentAct.Rowwise() }

func (o *LSTM) Infer(in []Type) ([]Type, error) {
	out, err := o.infer(in, 4, 2, o.Act, o.RecurrentAct)
	if err != nil {
		return nil, err
	}
	return out, wantShape("bias", optional(in, 3), in[1].Shape[1])
}

// GRU is Keras's GRU; gates in the order z, r, h. Inputs: x, kernel [in, 3*units],
// recurrent kernel [units, 3*units], optional bias ([3*units], or with ResetAfter
// [2, 3*units]: input then recurrent), optional mask, optional initial h.
// Outputs: output, h.
type GRU struct {
	Recurrence
	Act          Func `json:"act,omitzero"`
	RecurrentAct Func `json:"recurrent_act,omitzero"`
	ResetAfter   bool `json:"reset_after,omitempty"`
}

func (*GRU) Kind() string { return "GRU" }

// Rowwise reports whether an activation is one of RowFuncs.
func (o *GRU) Rowwise() bool { return o.Act.Rowwise() || o.RecurrentAct.Rowwise() }

func (o *GRU) Infer(in []Type) ([]Type, error) {
	out, err := o.infer(in, 3, 1, o.Act, o.RecurrentAct)
	if err != nil {
		return nil, err
	}
	if o.ResetAfter {
		return out, wantShape("bias", optional(in, 3), Known(2), in[1].Shape[1])
	}
	return out, wantShape("bias", optional(in, 3), in[1].Shape[1])
}

// SimpleRNN is Keras's SimpleRNN: h = act(x·kernel + bias + h·recurrent).
// Inputs: x, kernel [in, units], recurrent kernel [units, units], optional bias
// [units], optional mask, optional initial h. Outputs: output, h.
type SimpleRNN struct {
	Recurrence
	Act Func `json:"act,omitzero"`
}

func (*SimpleRNN) Kind() string { return "SimpleRNN" }

// Rowwise reports whether an activation is one of RowFuncs.
func (o *SimpleRNN) Rowwise() bool { return o.Act.Rowwise() }

func (o *SimpleRNN) Infer(in []Type) ([]Type, error) {
	out, err := o.infer(in, 1, 1, o.Act)
	if err != nil {
		return nil, err
	}
	return out, wantShape("bias", optional(in, 3), in[1].Shape[1])
}
