package kernel

import "sync/atomic"

// RNNRows makes the input of an RNN rows of a table, which is the X of the RNNInput: step t of sequence b reads row
// IDs[b·Steps+t]. What a row projects to depends on neither, so that it can be kept. It is always the same bits.
type RNNRows struct {
	IDs  []int32
	Kept *ProjectedRows // nil: none
}

// ProjectedRows are projections of the first rows of a table, each computed when it is first wanted. All RNNs that have
// this table, W and Bias may share them, at the same time: one computes a row, and those that want it meanwhile compute
// it for themselves.
type ProjectedRows struct {
	x     []float32
	cols  int
	state []atomic.Uint32 // by row
}

// The states of a kept row, which only rise.
const (
	rowAbsent = iota
	rowClaimed
	rowReady
)

// NewProjectedRows keeps rows rows of RNNCols(units, gates) in x, which need not be zero.
func NewProjectedRows(x []float32, rows, units, gates int) *ProjectedRows {
	return &ProjectedRows{x: x, cols: RNNCols(units, gates), state: make([]atomic.Uint32, rows)}
}

// Rows is how many rows are kept at most.
func (k *ProjectedRows) Rows() int { return len(k.state) }

func (k *ProjectedRows) row(id int32) []float32 { return k.x[int(id)*k.cols:][:k.cols] }

// find returns a row if it is there.
func (k *ProjectedRows) find(id int32) []float32 {
	if k == nil || int(id) >= len(k.state) || k.state[id].Load() != rowReady {
		return nil
	}
	return k.row(id)
}

// claim reports whether the caller has to compute a row and put it.
func (k *ProjectedRows) claim(id int32) bool {
	return k != nil && int(id) < len(k.state) && k.state[id].Load() == rowAbsent && k.state[id].CompareAndSwap(rowAbsent, rowClaimed)
}

func (k *ProjectedRows) put(id int32, row []float32) {
	copy(k.row(id), row)
	k.state[id].Store(rowReady)
}

// rowsTogether is how many rows are projected together, a multiple of leastRows: always whole tiles of at least as many,
// so that the sums of a row have one order.
const rowsTogether = 3 * leastRows

// rowsFloats is the scratch of one worker for looking rows up.
func (r *RNN) rowsFloats() int {
	if r.Input == nil || r.Input.Rows == nil {
		return 0
	}
	return rowsTogether * (r.Input.Size + RNNCols(r.Units, r.Cell.Gates()))
}

// rowsInPlace reports whether steps read kept rows where they are; otherwise they are copied into the window, where
// those of several sequences lie at one distance.
func (r *RNN) rowsInPlace() bool { return r.Batch == 1 && r.Input != nil && r.Input.Rows != nil }

// at returns the projected input of sequence b at time t of the input; those of the sequences after it follow at
// w.batch.
func (r *RNN) at(w *rnnWindow, t, b int) []float32 {
	if r.rowsInPlace() {
		if row := r.Input.Rows.Kept.find(r.Input.Rows.IDs[t]); row != nil {
			return row
		}
	}
	return w.at(t, b)
}

// lookUp fills the positions [p0, p1) of a window, in the order of its memory, but for masked ones and for rows that
// are read in place.
func (r *RNN) lookUp(worker int, w *rnnWindow, p0, p1 int) {
	in, cols, inPlace := r.Input, RNNCols(r.Units, r.Cell.Gates()), r.rowsInPlace()
	kept := in.Rows.Kept
	n := r.rowsFloats()
	scratch := r.gathered[worker*n : (worker+1)*n]
	group := rowGroup{x: scratch[:rowsTogether*in.Size], y: scratch[rowsTogether*in.Size:]}
	for p := p0; p < p1; p++ {
		b, t := w.b0+p%w.rows, w.t0+p/w.rows
		if r.Mask != nil && !r.Mask[b*r.Steps+t] {
			continue
		}
		id := in.Rows.IDs[b*r.Steps+t]
		row := kept.find(id)
		switch {
		case row == nil:
			group.add(in, id, p, kept.claim(id))
			if group.n == rowsTogether {
				group.finish(r, worker, w)
			}
		case !inPlace:
			copy(w.x[p*cols:], row)
		}
	}
	group.finish(r, worker, w)
}

// rowGroup is rows to be projected together.
type rowGroup struct {
	x, y []float32
	n    int
	ids  [rowsTogether]int32
	at   [rowsTogether]int // positions in the window
	keep [rowsTogether]bool
}

func (g *rowGroup) add(in *RNNInput, id int32, at int, keep bool) {
	copy(g.x[g.n*in.Size:], in.X[int(id)*in.Size:][:in.Size])
	g.ids[g.n], g.at[g.n], g.keep[g.n] = id, at, keep
	g.n++
}

func (g *rowGroup) finish(r *RNN, worker int, w *rnnWindow) {
	if g.n == 0 {
		return
	}
	in, cols := r.Input, RNNCols(r.Units, r.Cell.Gates())
	p := &r.projects[worker]
	p.M, p.N, p.K = roundUp(g.n, leastRows), cols, in.Size
	p.A, p.LDA, p.B, p.Bias, p.C, p.LDC = g.x, in.Size, in.W, in.Bias, g.y, cols
	clear(g.x[g.n*in.Size : p.M*in.Size])
	p.Run(nil)
	for i := range g.n {
		row := g.y[i*cols:][:cols]
		if g.keep[i] {
			in.Rows.Kept.put(g.ids[i], row)
		}
		if !g.keep[i] || !r.rowsInPlace() {
			copy(w.x[g.at[i]*cols:], row)
		}
	}
	g.n = 0
}
