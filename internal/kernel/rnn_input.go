package kernel

// RNNInput is the input of an RNN before the projection.
type RNNInput struct {
	X     []float32 // Size values at t·Step + b·Batch
	Size  int
	Step  int
	Batch int

	W    []float32 // PackRNNInput
	Bias []float32 // PackRNNBias; nil: none

	Rows *RNNRows // which rows of X the steps read, [rows][Size]; nil: X is what they read
}

func (in *RNNInput) check(r *RNN) {
	cols := RNNCols(r.Units, r.Cell.Gates())
	if in.Rows == nil {
		checkLen("Input.X", len(in.X), (r.Steps-1)*in.Step+(r.Batch-1)*in.Batch+in.Size)
	} else {
		checkLen("Input.Rows.IDs", len(in.Rows.IDs), r.Batch*r.Steps)
	}
	checkLen("Input.W", len(in.W), PackedBFloats(in.Size, cols))
	if in.Bias != nil {
		checkLen("Input.Bias", len(in.Bias), PackedBiasFloats(cols))
	}
}

// leastRows is the least number of sequences that a step projects: the kernels for fewer rows sum in another order, and
// results would depend on how sequences are divided. A tile that runs apart from others has as many.
const leastRows = 4

// nearProjections is how many projected values of one tile are made at a time.
const nearProjections = 64 << 10

// projectGroup is how many blocks are projected together: whole panels of the weights.
const projectGroup = 2

// projecting is the phase in which a window is projected.
const projecting = -1

// rnnWindow is a part of the projected inputs: of steps times from t0 on, in the order of the input, and rows sequences
// from b0 on.
type rnnWindow struct {
	x           []float32
	t0, steps   int
	b0, rows    int
	step, batch int
}

func (w *rnnWindow) at(t, b int) []float32 { return w.x[(t-w.t0)*w.step+(b-w.b0)*w.batch:] }

// nearSteps is the number of steps of a window. With one tile, its projections are a product over time; otherwise over
// the sequences, one step at a time.
func (r *RNN) nearSteps() int {
	switch {
	case r.Input == nil:
		return r.Steps
	case r.tiles > 1:
		return 1
	}
	windows := ceilDiv(r.Steps*r.Batch*RNNCols(r.Units, r.Cell.Gates()), nearProjections)
	return ceilDiv(r.Steps, max(1, min(windows, r.Steps)))
}

// projectMicros is about how long one thread projects a window; looking rows up takes next to nothing.
func (r *RNN) projectMicros() float64 {
	if r.Input.Rows != nil {
		return 0
	}
	return 2 * float64(r.nearSteps()*r.Batch) * float64(r.Input.Size*RNNCols(r.Units, r.Cell.Gates())) / flopsPerMicro
}

// groupFloats is the length of a window of groupTiles tiles.
func (r *RNN) groupFloats() int {
	return r.groupRows() * RNNCols(r.Units, r.Cell.Gates())
}

// nearFloats is the length of all windows that are in use at the same time.
func (r *RNN) nearFloats(threads int) int {
	if r.Input == nil {
		return 0
	}
	cols := RNNCols(r.Units, r.Cell.Gates())
	if r.Batch <= rowTile {
		return min(r.Steps*r.Batch*cols, nearProjections+r.Batch*cols)
	}
	return max(r.Batch*cols, threads*r.groupFloats())
}

// windowOf is the window of the n steps from t on of sequences [b0, b1), in mem unless X is given.
func (r *RNN) windowOf(mem []float32, t, n, b0, b1 int) rnnWindow {
	if r.Input == nil {
		return rnnWindow{x: r.X, steps: r.Steps, rows: r.Batch, step: r.XStep, batch: r.XBatch}
	}
	cols := RNNCols(r.Units, r.Cell.Gates())
	if r.tiles > 1 && r.Input.Rows == nil {
		b0 = max(0, min(b0, b1-leastRows))
		b1 = max(b1, b0+leastRows)
	}
	return rnnWindow{
		x: mem, t0: min(r.xTime(t), r.xTime(t+n-1)), steps: n, b0: b0, rows: b1 - b0, step: (b1 - b0) * cols, batch: cols,
	}
}

// project does part i of n of the projection of a window: of an equal share of the columns, or of rows of a table.
func (r *RNN) project(worker int, w *rnnWindow, i, n int) {
	if r.Input.Rows != nil {
		all := w.steps * w.rows
		r.lookUp(worker, w, i*all/n, (i+1)*all/n)
		return
	}
	k0, k1 := r.blocksOf(i, n, projectGroup)
	in, gates, g := r.Input, r.Cell.Gates(), &r.projects[worker]
	j0, j1 := k0*gates*Lane, k1*gates*Lane
	g.N, g.K, g.B = j1-j0, in.Size, in.W[j0*in.Size:]
	g.Bias = nil
	if in.Bias != nil {
		g.Bias = in.Bias[j0:]
	}
	if r.tiles == 1 {
		g.M, g.LDA, g.LDC = w.steps, in.Step, w.step
		for b := w.b0; b < w.b0+w.rows; b++ {
			g.A, g.C = in.X[w.t0*in.Step+b*in.Batch:], w.at(w.t0, b)[j0:]
			g.Run(nil)
		}
		return
	}
	g.M, g.LDA, g.LDC = w.rows, in.Batch, w.batch
	first, step := w.b0, w.rows
	if w.rows == 2*leastRows-1 { // lest 3 be apart
		g.M, step = leastRows, leastRows-1
	}
	for b := first; b+g.M <= w.b0+w.rows; b += step {
		g.A, g.C = in.X[w.t0*in.Step+b*in.Batch:], w.at(w.t0, b)[j0:]
		g.Run(nil)
	}
}
