package kernel

import (
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// MatMul computes C = act(Scale·A·B) for Batch[0]·Batch[1] pairs of matrices that are both known only when running,
// as attention needs; two batch axes with strides of their own let heads stay inside a [batch, time, head, dim] tensor.
// Zero Scale means 1. Like a Gemm, it belongs to one goroutine at a time and should outlive a call.
type MatMul struct {
	Batch      [2]int
	M, N, K    int
	A, B, C    []float32
	SA, SB, SC [2]int // batch strides; 0 repeats the same matrix
	LDA        int    // row stride of A as stored: [M][K], or [K][M] with TransA
	LDB        int    // row stride of B as stored: [K][N], or [N][K] with TransB
	LDC        int
	TransA     bool
	TransB     bool
	Scale      float32
	Act        Activation

	grid          tileGrid
	group, groups int
	scratch       []float32
	perWorker     int
}

// ScratchFloats is the length of the scratch Run wants with a pool of threads threads.
func (m *MatMul) ScratchFloats(threads int) int {
	n := PackedBFloats(m.K, m.panelGroup()*Panel)
	if m.TransA {
		n += maxTileRows * m.K
	}
	return threads * n
}

func (m *MatMul) panelGroup() int {
	return min(ceilDiv(m.N, Panel), max(1, 32768/max(1, m.K*Panel)))
}

// Run computes C. The result does not depend on p.
func (m *MatMul) Run(p *workers.Pool, scratch []float32) {
	if m.M <= 0 || m.N <= 0 || m.Batch[0] <= 0 || m.Batch[1] <= 0 {
		return
	}
	rowsA, colsA, rowsB, colsB := m.M, m.K, m.K, m.N
	if m.TransA {
		rowsA, colsA = m.K, m.M
	}
	if m.TransB {
		rowsB, colsB = m.N, m.K
	}
	last := func(s [2]int) int { return (m.Batch[0]-1)*s[0] + (m.Batch[1]-1)*s[1] }
	if m.K > 0 {
		checkLen("A", len(m.A), last(m.SA)+(rowsA-1)*m.LDA+colsA)
		checkLen("B", len(m.B), last(m.SB)+(rowsB-1)*m.LDB+colsB)
	}
	checkLen("C", len(m.C), last(m.SC)+(m.M-1)*m.LDC+m.N)
	checkLen("scratch", len(scratch), m.ScratchFloats(p.Threads()))
	m.scratch = scratch
	m.perWorker = m.ScratchFloats(1)
	m.group = m.panelGroup()
	m.groups = ceilDiv(ceilDiv(m.N, Panel), m.group)
	m.grid.update(m.M, m.N, m.K, sumUnit, m.Batch[0]*m.Batch[1], p)
	if m.grid.key.threads == 1 {
		p = nil
	}
	p.Run(m, m.Batch[0]*m.Batch[1]*m.groups)
	m.scratch = nil
}

// RunChunk is for the pool.
func (m *MatMul) RunChunk(worker, chunk int) {
	group, batch := chunk%m.groups, chunk/m.groups
	b0, b1 := batch/m.Batch[1], batch%m.Batch[1]
	at := func(s [2]int) int { return b0*s[0] + b1*s[1] }
	j0 := group * m.group * Panel
	n := min(m.N-j0, m.group*Panel)
	scratch := m.scratch[worker*m.perWorker : (worker+1)*m.perWorker]
	scale := m.Scale
	if scale == 0 {
		scale = 1
	}
	if m.dots(at(m.SA), at(m.SB), at(m.SC), j0, n, scale) {
		return
	}
	if m.K > 0 {
		if m.TransB {
			packBTransScaled(scratch, m.K, n, m.B[at(m.SB)+j0*m.LDB:], m.LDB, scale)
		} else {
			packBScaled(scratch, m.K, n, m.B[at(m.SB)+j0:], m.LDB, scale)
		}
	}
	rows := scratch[PackedBFloats(m.K, m.group*Panel):]
	off := [maxTileRows]int32{}
	lda := m.LDA
	if m.TransA {
		lda = m.K
	}
	for i := range off {
		off[i] = int32(i * lda)
	}
	a := tileArgs{off: &off[0], taps: min(1, m.K), k: m.K, tiles: 1, ldc: m.LDC, n: n, b: unsafe.Pointer(unsafe.SliceData(scratch))}
	var clamps bool
	a.mode, a.lo, a.hi, clamps = m.Act.clamp()
	for t := 0; t < m.grid.tiles; {
		m0, count, tiles := m.grid.run(t, m.grid.tiles, n, !clamps)
		if m.TransA {
			tiles = 1
			for p := range m.K {
				for i, v := range m.A[at(m.SA)+p*m.LDA+m0:][:count] {
					rows[i*m.K+p] = v
				}
			}
			a.a = unsafe.Pointer(unsafe.SliceData(rows))
		} else {
			a.a = slicePtr(m.A, at(m.SA)+m0*lda)
		}
		t += tiles
		a.rows, a.tiles, a.nextA = count, tiles, count*lda
		a.zero = a.a
		a.c = slicePtr(m.C, at(m.SC)+m0*m.LDC+j0)
		tileBias(&a, nil, 0)
		if !clamps {
			m.Act.applyRows(m.C[at(m.SC)+m0*m.LDC+j0:], count*tiles, n, m.LDC)
		}
	}
}

// dots computes columns [j0, j0+n) as dot products, where one of the matrices is a vector and the values of both lie
// together along K. It reports whether that is so.
func (m *MatMul) dots(a, b, c, j0, n int, scale float32) bool {
	vectorA := m.M == 1 && (!m.TransA || m.LDA == 1)
	vectorB := m.N == 1 && (m.TransB || m.LDB == 1)
	switch {
	case m.K == 0:
		return false
	case vectorB && (vectorA || !m.TransA):
		x := m.B[b:][:m.K]
		for i := range m.M {
			m.C[c+i*m.LDC] = scale * dot(m.A[a+i*m.LDA:][:m.K], x)
			m.Act.applyRows(m.C[c+i*m.LDC:], 1, 1, m.LDC)
		}
	case vectorA && m.TransB:
		x := m.A[a:][:m.K]
		y := m.C[c+j0:][:n]
		for j := range y {
			y[j] = scale * dot(m.B[b+(j0+j)*m.LDB:][:m.K], x)
		}
		m.Act.applyRows(y, 1, n, n)
	default:
		return false
	}
	return true
}
