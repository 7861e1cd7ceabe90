package kernel

import "unsafe"

// rowTile is the number of sequences that share the reading of the weights.
const rowTile = 6

// nearSums is how many sums of a step the workspace holds, for the activations to find them in the second-level cache: but
// at least those of leastTiles tiles.
const (
	nearSums   = 64 << 10
	leastTiles = 3
)

// groupTiles is the number of tiles that go through a step together: the more, the less often the weights are read.
func (r *RNN) groupTiles() int {
	return max(leastTiles, nearSums/(rowTile*RNNCols(r.Units, r.Cell.Gates())))
}

// groupRows is the number of sequences of groupTiles tiles, if there are as many.
func (r *RNN) groupRows() int { return min(r.Batch, rowTile*r.groupTiles()) }

// blockGroup is the number of blocks of units that a thread takes together, so that one sequence's blocks can share the
// reading of the state. Sums have one order whatever the division.
const blockGroup = 4

// nearWeights is how many weights to go through with all tiles before the next, so that they stay in the first-level
// cache; of more than farWeights, a part is no longer there at the next step.
const (
	nearWeights = 4 << 10
	farWeights  = 6 << 10
)

// stepArgs describes the sums of the gates of rows sequences for some blocks of Lane units:
//
//	y[row][block][gate] = x[row][block][gate] + Σ_p h[row][p] · u[block][p][gate]
//
// Assembly reads this struct as 8-byte words: keep the order in step with gen. Strides are in floats.
type stepArgs struct {
	u      unsafe.Pointer // [blocks][k][gates][Lane]
	k      int            // units
	blocks int
	rows   int // 1..rowTile
	h      unsafe.Pointer
	ldh    int
	x      unsafe.Pointer
	ldx    int
	xblock int // from one block of x to the next
	y      unsafe.Pointer
	ldy    int
	bias   unsafe.Pointer // what gate 2 of 3 starts from instead of x, [blocks][Lane]; nil: x
	dir    int            // 1, or -1 for blocks from the last to the first, each at u, x, y and bias less than those of the one before
}

func (r *RNN) workerFloats() int {
	cols := RNNCols(r.Units, r.Cell.Gates())
	return (r.groupRows()+1)*cols + roundUp(r.Units, Lane)
}

// stepTiles computes a phase of step t for the sequences of tiles [i0, i1), at most groupTiles, and the blocks [k0, k1).
func (r *RNN) stepTiles(worker int, w *rnnWindow, t, phase, i0, i1, k0, k1 int) {
	work := r.workspace[worker*r.perWorker : (worker+1)*r.perWorker]
	cols := RNNCols(r.Units, r.Cell.Gates())
	b0, b1 := r.tileRow(i0), r.tileRow(i1)
	pre, act := work[:(b1-b0)*cols], work[r.groupRows()*cols:]
	each := k1 - k0
	if i1-i0 > 1 {
		n := max(1, blocksTogether(ceilDiv(r.Batch, r.tiles), r.Cell.gatesTogether()))
		each = max(n, nearWeights/(r.Units*r.Cell.Gates()*Lane)/n*n)
	}
	for k := k0; k < k1; k += each {
		for i := i0; i < i1; i++ {
			end := r.tileRow(i + 1)
			for b := r.tileRow(i); b < end; {
				e := r.unmasked(t, b, end)
				if e > b {
					r.sums(w, t, phase, b, e, k, min(k1, k+each), pre[(b-b0)*cols:], cols)
				}
				b = max(e, b+1)
			}
		}
	}
	for b := b0; b < b1; {
		e := r.unmasked(t, b, b1)
		if e > b {
			r.combine(w, t, phase, b, e, k0, k1, pre[(b-b0)*cols:], act)
		}
		b = max(e, b+1)
	}
}

// unmasked returns the first of the sequences [b, end) that is masked at step t, or end.
func (r *RNN) unmasked(t, b, end int) int {
	if r.Mask == nil {
		return end
	}
	for b < end && !r.masked(t, b) {
		b++
	}
	return b
}

// sums computes the gates of sequences [b0, b1), at most rowTile, and blocks [k0, k1), into pre, the first sequence's
// row of all blocks.
func (r *RNN) sums(w *rnnWindow, t, phase, b0, b1, k0, k1 int, pre []float32, cols int) {
	prev, ldp := r.next(t - 1)
	gates := r.Cell.Gates()
	x := r.at(w, r.xTime(t), b0)[k0*gates*Lane:]
	var a stepArgs // field by field: a literal would be made elsewhere and copied, which takes longer than a small step's sums
	a.u, a.k, a.blocks, a.rows = slicePtr(r.U, k0*r.Units*gates*Lane), r.Units, k1-k0, b1-b0
	a.h, a.ldh = slicePtr(prev, b0*ldp), ldp
	a.x, a.ldx, a.xblock = slicePtr(x, 0), w.batch, gates*Lane
	a.y, a.ldy = slicePtr(pre, k0*gates*Lane), cols
	if r.Cell == GRU {
		a.bias = slicePtr(r.UBias, k0*Lane)
	}
	if r.Cell != GRUResetBefore {
		stepBlocks(&a, r.Cell.gatesTogether(), t)
		return
	}
	// Each gate is a matrix of its own, and its sums are contiguous.
	size := PackedRecurrentFloats(r.Units, 1)
	first, last := 0, 2
	if phase == 1 {
		first, last = 2, 3
		a.h, a.ldh = slicePtr(r.rh, b0*r.Units), r.Units
	}
	for g := first; g < last; g++ {
		a.u = slicePtr(r.U, g*size+k0*Lane*r.Units)
		a.x = slicePtr(x, g*Lane)
		a.y = slicePtr(pre, g*cols/3+k0*Lane)
		stepBlocks(&a, r.Cell.gatesTogether(), t+g)
	}
}

// stepBlocks runs a step, in odd turns from the last block to the first: it begins with the weights that the turn
// before has ended with and that are still in the nearest cache. Sums are the same either way.
func stepBlocks(a *stepArgs, gates, turn int) {
	group := blocksTogether(a.rows, gates)
	if turn&1 == 0 || group == 0 || a.blocks <= group || a.blocks*a.k*gates*Lane <= farWeights {
		a.dir = 1
		stepGates(a, gates)
		return
	}
	whole := a.blocks / group * group
	b := *a
	if rest := a.blocks - whole; rest > 0 {
		b.skip(whole, gates)
		b.blocks, b.dir = rest, 1
		stepGates(&b, gates)
		b = *a
	}
	b.skip(whole-group, gates)
	b.blocks, b.dir = whole, -1
	stepGates(&b, gates)
}

// skip moves on by n blocks.
func (a *stepArgs) skip(n, gates int) {
	a.u = unsafe.Add(a.u, n*a.k*gates*Lane*4)
	a.x = unsafe.Add(a.x, n*a.xblock*4)
	a.y = unsafe.Add(a.y, n*gates*Lane*4)
	if a.bias != nil {
		a.bias = unsafe.Add(a.bias, n*Lane*4)
	}
}

// cellArgs describes what turns the sums pre of the gates of rows sequences into their new states, for some units whose
// gates lie together. Assembly reads this struct as 8-byte words: keep the order in step with gen. Strides are in floats.
type cellArgs struct {
	pre   unsafe.Pointer // [⌈units/Lane⌉][gates][Lane]; overwritten
	x     unsafe.Pointer // GRU: the projected input, likewise; GRUResetBefore: the sums of the reset gate
	h     unsafe.Pointer // GRU: the state before
	c     unsafe.Pointer // LSTM: the cell state; GRUResetBefore: the update gate
	y     unsafe.Pointer // the new state; before it of GRUResetBefore, what the reset gate has left of the state
	ldpre int
	ldx   int
	ldh   int
	ldc   int
	ldy   int
	units int
	rows  int     // at least 1
	p, q  float32 // of the hard sigmoid
}

// combine turns the sums of the blocks [k0, k1) of the sequences [b0, b1) into their new states. pre are the first
// sequence's of all blocks.
func (r *RNN) combine(w *rnnWindow, t, phase, b0, b1, k0, k1 int, pre, act []float32) {
	if r.fused && r.combineFused(w, t, phase, b0, b1, k0, k1, pre) {
		return
	}
	cols := RNNCols(r.Units, r.Cell.Gates())
	for b := b0; b < b1; b++ {
		r.combineRow(w, t, phase, b, k0, k1, pre[(b-b0)*cols:], act)
	}
}

// combineFused reports whether it has done what combine does.
func (r *RNN) combineFused(w *rnnWindow, t, phase, b0, b1, k0, k1 int, pre []float32) bool {
	gates, u0 := r.Cell.gatesTogether(), k0*Lane
	state := b0*r.Units + u0
	next, ldn := r.next(t)
	var a cellArgs // see sums
	a.pre, a.ldpre = slicePtr(pre, u0*gates), RNNCols(r.Units, r.Cell.Gates())
	a.y, a.ldy = slicePtr(next, b0*ldn+u0), ldn
	a.units, a.rows = min(r.Units, k1*Lane)-u0, b1-b0
	switch r.Cell {
	case LSTM:
		a.c, a.ldc = slicePtr(r.C, state), r.Units
		return fusedLSTM(r.Act, r.RecurrentAct, &a)
	case SimpleRNN:
		return fusedSimple(r.Act, &a)
	}
	prev, ldp := r.next(t - 1)
	a.h, a.ldh = slicePtr(prev, b0*ldp+u0), ldp
	if r.Cell == GRU {
		a.x, a.ldx = slicePtr(r.at(w, r.xTime(t), b0), u0*gates), w.batch
		return fusedGRU(r.Act, r.RecurrentAct, &a)
	}
	a.c, a.ldc = slicePtr(r.z, state), r.Units
	size := RNNCols(r.Units, 1)
	if phase == 1 {
		a.pre = slicePtr(pre, 2*size+u0)
		return fusedUpdate(&a)
	}
	a.x, a.ldx = slicePtr(pre, size+u0), a.ldpre
	a.y, a.ldy = slicePtr(r.rh, state), r.Units
	return fusedReset(r.RecurrentAct, &a)
}

// combineRow is combine for sequence b.
func (r *RNN) combineRow(w *rnnWindow, t, phase, b, k0, k1 int, pre, act []float32) {
	prev, ldp := r.next(t - 1)
	next, ldn := r.next(t)
	u0 := k0 * Lane
	n := min(r.Units, k1*Lane) - u0
	h, y := prev[b*ldp+u0:][:n], next[b*ldn+u0:][:n]
	switch r.Cell {
	case LSTM:
		r.lstm(pre[u0*4:k1*4*Lane], act, r.C[b*r.Units+u0:][:n], y)
	case GRU:
		r.gru(pre[u0*3:k1*3*Lane], act, r.at(w, r.xTime(t), b)[u0*3:], h, y)
	case GRUResetBefore:
		size := RNNCols(r.Units, 1)
		z, cand := pre[u0:][:n], pre[2*size+u0:][:n]
		state := b*r.Units + u0
		if phase == 0 {
			reset, gz, rh := pre[size+u0:][:n], r.z[state:][:n], r.rh[state:][:n]
			r.RecurrentAct.Apply(reset, reset)
			Mul(rh, reset, h)
			r.RecurrentAct.Apply(gz, z)
			return
		}
		r.Act.Apply(cand, cand)
		// z·h + (1-z)·g = g + z·(h-g).
		Sub(z, h, cand)
		FMA(y, z, r.z[state:state+n], cand)
	case SimpleRNN:
		r.Act.Apply(y, pre[u0:u0+n])
	}
}

// lstm turns the sums of the gates into the new cell state c and output y.
func (r *RNN) lstm(pre, act, c, y []float32) {
	cand := act[:len(pre)]
	r.Act.Apply(cand, pre)
	r.RecurrentAct.Apply(pre, pre)
	for u := range c {
		g := u/Lane*4*Lane + u%Lane
		c[u] = pre[g+Lane]*c[u] + pre[g]*cand[g+2*Lane]
	}
	tc := act[:len(c)]
	r.Act.Apply(tc, c)
	for u, v := range tc {
		y[u] = pre[u/Lane*4*Lane+u%Lane+3*Lane] * v
	}
}

// gru is for reset_after: pre's third gate is the recurrent part alone, x still holds the input part.
func (r *RNN) gru(pre, act, x, h, y []float32) {
	gates := act[:len(pre)]
	r.RecurrentAct.Apply(gates, pre)
	cand := act[len(pre):][:len(h)]
	for u := range cand {
		g := u/Lane*3*Lane + u%Lane
		cand[u] = x[g+2*Lane] + gates[g+Lane]*pre[g+2*Lane]
	}
	r.Act.Apply(cand, cand)
	for u, v := range cand {
		z := gates[u/Lane*3*Lane+u%Lane]
		y[u] = z*h[u] + (1-z)*v
	}
}

// stepGatesGeneric is the reference for stepArgs.
func stepGatesGeneric(a *stepArgs, gates int) {
	n := gates * Lane
	for i := range a.rows {
		h := tileRow(a.h, i*a.ldh, a.k)
		for blk := range a.blocks {
			u := tileRow(a.u, blk*a.k*n, a.k*n)
			y := tileRow(a.y, i*a.ldy+blk*n, n)
			copy(y, tileRow(a.x, i*a.ldx+blk*a.xblock, n))
			if a.bias != nil {
				copy(y[2*Lane:], tileRow(a.bias, blk*Lane, Lane))
			}
			for g := 0; g < n; g += 4 {
				s0, s1, s2, s3 := y[g], y[g+1], y[g+2], y[g+3]
				for p, v := range h {
					w := (*[4]float32)(u[p*n+g:])
					s0 += v * w[0]
					s1 += v * w[1]
					s2 += v * w[2]
					s3 += v * w[3]
				}
				y[g], y[g+1], y[g+2], y[g+3] = s0, s1, s2, s3
			}
		}
	}
}
