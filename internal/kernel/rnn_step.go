package kernel

// stepRows computes a phase of step t for sequences [b0, b1), at most rowTile, and blocks [k0, k1).
func (r *RNN) stepRows(worker, t, phase, b0, b1, k0, k1 int) {
	prev, ldp := r.next(t - 1)
	next, ldn := r.next(t)
	gates := r.Cell.Gates()
	x := r.X[r.xTime(t)*r.XStep+b0*r.XBatch+k0*gates*Lane:]
	u0 := k0 * Lane
	a := stepArgs{
		u: slicePtr(r.U, k0*r.Units*gates*Lane), k: r.Units, blocks: k1 - k0, rows: b1 - b0,
		h: slicePtr(prev, b0*ldp), ldh: ldp, x: slicePtr(x, 0), ldx: r.XBatch, xblock: gates * Lane,
		tail: min(Lane, r.Units-(k1-1)*Lane),
	}
	if r.Cell == GRU {
		a.bias = slicePtr(r.UBias, u0)
	}
	if r.fused {
		a.y, a.ldy = slicePtr(next, b0*ldn+u0), ldn
		if r.Cell == LSTM {
			a.c, a.ldc = slicePtr(r.C, b0*r.Units+u0), r.Units
			fusedLSTM(&a)
		} else {
			a.c, a.ldc = slicePtr(prev, b0*ldp+u0), ldp
			fusedGRU(&a)
		}
		return
	}
	work := r.workspace[worker*r.perWorker : (worker+1)*r.perWorker]
	cols := RNNCols(r.Units, gates)
	pre, act := work[:cols], work[cols:]
	units := min(r.Units, k1*Lane) - u0
	// One sequence at a time: the sums of several would not fit the workspace, and the activations dominate here.
	rows := a.rows
	a.rows = 1
	for i := range rows {
		b := b0 + i
		h := prev[b*ldp+u0:][:units]
		y := next[b*ldn+u0:][:units]
		a.h, a.x, a.y = slicePtr(prev, b*ldp), slicePtr(x, i*r.XBatch), slicePtr(pre, 0)
		switch r.Cell {
		case LSTM:
			stepGates(&a, 4)
			r.lstmCombine(pre[:a.blocks*4*Lane], act, r.C[b*r.Units+u0:][:units], y)
		case GRU:
			stepGates(&a, 3)
			r.gruCombine(pre[:a.blocks*3*Lane], act, x[i*r.XBatch:], h, y)
		case GRUResetBefore:
			r.resetBefore(&a, phase, b, u0, pre, x[i*r.XBatch:], h, y)
		case SimpleRNN:
			stepGates(&a, 1)
			r.Act.Apply(y, pre[:units])
		}
	}
}

// lstmCombine turns the sums of the gates into the new cell state c and output y.
func (r *RNN) lstmCombine(pre, act, c, y []float32) {
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

// gruCombine is for reset_after: pre's third gate is the recurrent part alone, x still holds the input part.
func (r *RNN) gruCombine(pre, act, x, h, y []float32) {
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

// resetBefore computes, in phase 0, the gates z and r·h of some units, and in phase 1 the new state from all of r·h.
func (r *RNN) resetBefore(a *stepArgs, phase, b, u0 int, pre, x, h, y []float32) {
	all := b * r.Units
	s := *a
	if phase == 0 {
		s.u = slicePtr(r.U, u0*r.Units*2)
		stepGates(&s, 2)
		gates := pre[:s.blocks*2*Lane]
		r.RecurrentAct.Apply(gates, gates)
		for u, v := range h {
			g := u/Lane*2*Lane + u%Lane
			r.z[all+u0+u] = gates[g]
			r.rh[all+u0+u] = gates[g+Lane] * v
		}
		return
	}
	s.u = slicePtr(r.U, PackedRecurrentFloats(r.Units, 2)+u0*r.Units)
	s.h = slicePtr(r.rh, all)
	s.x = slicePtr(x, 2*Lane)
	stepGates(&s, 1)
	cand := pre[:len(h)]
	r.Act.Apply(cand, cand)
	for u, v := range cand {
		z := r.z[all+u0+u]
		y[u] = z*h[u] + (1-z)*v
	}
}

// stepGatesGeneric sets y[row][block][gate] = x + Σ_p h[p]·u[p][gate] for Lane units at a time.
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
