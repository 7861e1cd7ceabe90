package kernel

import (
	"sync/atomic"
	"time"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// Cell is a kind of recurrent layer.
type Cell uint8

const (
	LSTM           Cell = iota // gates i, f, c, o
	GRU                        // gates z, r, h; the reset gate is applied after the matrix product (reset_after)
	GRUResetBefore             // gates z, r, h; the reset gate is applied to the state before the product
	SimpleRNN                  // one gate
)

// Gates is the number of gates, the factor of units in Keras's kernels.
func (c Cell) Gates() int { return [...]int{LSTM: 4, GRU: 3, GRUResetBefore: 3, SimpleRNN: 1}[c] }

// gatesTogether is the number of gates that are summed together.
func (c Cell) gatesTogether() int {
	if c == GRUResetBefore {
		return 1
	}
	return c.Gates()
}

// RNN runs a batch of sequences through a recurrent layer. It projects their inputs itself, or X is the C of a Gemm
// over all time steps with the weights of PackRNNInput and PackRNNBias. A long sequence can be run in pieces, since H
// and C carry over.
//
// Like a Gemm, it belongs to one goroutine at a time and should outlive a call.
type RNN struct {
	Cell                Cell
	Units, Batch, Steps int

	Input *RNNInput // what Run projects, a few steps at a time, so that the projections stay near; nil: X is given

	X      []float32 // projected inputs: RNNCols values at t·XStep + b·XBatch
	XStep  int
	XBatch int

	U     []float32 // PackRecurrent; PackGRURecurrent for GRUResetBefore
	UBias []float32 // GRU: the recurrent bias of PackGRUBias

	H []float32 // [Batch][Units]: the state before the first step, and after Run the state after the last
	C []float32 // LSTM: the cell state, likewise

	Y      []float32 // output of step t at t·YStep + b·YBatch, Units long; nil: not wanted
	YStep  int
	YBatch int
	Last   []float32 // [Batch][Units]: output of the last step; nil: not wanted. It is H but for masked steps

	// Mask has a value at b·Steps + t; where it is false, the step keeps the state and its output repeats the output
	// before it, or is zero with ZeroMasked (Keras's zero_output_for_mask) or when there was none yet. nil: all true.
	Mask       []bool
	ZeroMasked bool
	Continues  bool // H is the output before the first step, which masked first steps repeat

	ReverseX bool // step t reads X and Mask of Steps-1-t (go_backwards)
	ReverseY bool // step t writes Y of Steps-1-t: with ReverseX, outputs are in the order of the inputs

	Act, RecurrentAct Activation

	Stop *atomic.Bool // when it becomes true Run ends soon, and what it has written is of no use; nil: never

	blocks    int
	tiles     int
	fused     bool
	direct    bool // the state lives in Y
	bufs      [2][]float32
	z, rh     []float32
	workspace []float32
	perWorker int
	near      []float32 // projections of a few steps: all workers' parts, or one
	gathered  []float32 // rows that are projected together, by worker

	projects []Gemm // by worker, made by the first Run
	window   rnnWindow
	t, phase int
	byBlocks bool
	chunks   int
	shares   int // of a projection
}

// ScratchFloats is the length of the scratch Run wants with a pool of threads threads.
func (r *RNN) ScratchFloats(threads int) int {
	return 4*r.Batch*r.Units + threads*(r.workerFloats()+r.rowsFloats()) + r.nearFloats(threads)
}

// Run advances all sequences by Steps steps. The result does not depend on p.
func (r *RNN) Run(p *workers.Pool, scratch []float32) {
	if r.Batch <= 0 || r.Units <= 0 {
		return
	}
	r.check(scratch, p)
	n := r.Batch * r.Units
	r.bufs = [2][]float32{scratch[:n], scratch[n : 2*n]}
	r.z, r.rh = scratch[2*n:3*n], scratch[3*n:4*n]
	r.perWorker = r.workerFloats()
	r.workspace, scratch = scratch[4*n:], scratch[4*n+p.Threads()*r.perWorker:]
	r.gathered, r.near = scratch, scratch[p.Threads()*r.rowsFloats():]
	r.blocks, r.tiles = ceilDiv(r.Units, Lane), ceilDiv(r.Batch, rowTile)
	if r.Input != nil && len(r.projects) < p.Threads() {
		r.projects = make([]Gemm, p.Threads())
	}
	r.direct = r.Y != nil && r.Mask == nil
	tanh, relu := r.Act.Kind == Tanh, r.Act.Kind == Relu
	sigmoid, hard := r.RecurrentAct.Kind == Sigmoid, r.RecurrentAct.Kind == HardSigmoid
	switch r.Cell {
	case SimpleRNN:
		r.fused = tanh || relu
	case GRUResetBefore:
		r.fused = tanh && (sigmoid || hard)
	default:
		r.fused = tanh && (sigmoid || hard) || relu && sigmoid
	}
	if r.Last != nil && r.Steps == 0 {
		clear(r.Last[:n])
	}
	if r.Steps <= 0 {
		return
	}
	stepMicros := 2 * float64(r.Cell.Gates()*r.Units*r.Units) * float64(r.Batch) / 35_000
	micros := func(m float64) time.Duration { return time.Duration(m * 1000) }
	threads := p.Threads()
	tiles := r.evenTiles(threads)
	switch {
	case r.byTiles(tiles, threads) && p.Worth(micros(stepMicros*float64(r.Steps))):
		r.tiles, r.byBlocks = tiles, false
		r.chunks = max(1, min(r.tiles/chunkTiles, 4*threads)/threads) * threads
		p.Run(r, r.chunks)
	case r.blocks > blockGroup && stepMicros >= 1.2 && p.Worth(micros(stepMicros*float64(r.Steps))):
		r.byBlocks = true
		groups := ceilDiv(r.blocks, blockGroup)
		r.chunks = ceilDiv(groups, ceilDiv(groups, max(2, min(threads, int(stepMicros)))))
		r.stepByStep(p, p)
	case r.tiles == 1 && r.Input != nil && p.Worth(micros(r.projectMicros())):
		r.byBlocks, r.chunks = true, 1
		r.stepByStep(p, nil)
	default:
		r.sequences(0, 0, r.tiles)
	}
	h, ld := r.next(r.Steps - 1)
	for b := range r.Batch {
		copy(r.H[b*r.Units:(b+1)*r.Units], h[b*ld:])
	}
	if r.Last != nil {
		r.lastOutputs()
	}
}

// chunkTiles is the least number of tiles of a chunk, where there are more chunks than threads.
const chunkTiles = 6

// tileRow is the first sequence of tile i; they are spread evenly.
func (r *RNN) tileRow(i int) int { return i * r.Batch / r.tiles }

// evenTiles is a number of tiles to divide among threads: as many for each where no tile gets so few rows that its sums
// have another order.
func (r *RNN) evenTiles(threads int) int {
	even := roundUp(r.tiles, threads)
	if r.Mask == nil && r.Batch/even >= leastRows {
		return even
	}
	return r.tiles
}

// byTiles reports whether dividing the tiles keeps all threads busy for most of the time.
func (r *RNN) byTiles(tiles, threads int) bool {
	most := max(leastRows, ceilDiv(r.Batch, tiles)) * ceilDiv(tiles, threads)
	return threads > 1 && 10*r.Batch >= 7*threads*most
}

func (r *RNN) check(scratch []float32, p *workers.Pool) {
	checkLen("scratch", len(scratch), r.ScratchFloats(p.Threads()))
	checkLen("U", len(r.U), PackedRecurrentFloats(r.Units, r.Cell.Gates()))
	checkLen("H", len(r.H), r.Batch*r.Units)
	if r.Cell == LSTM {
		checkLen("C", len(r.C), r.Batch*r.Units)
	}
	if r.Cell == GRU {
		checkLen("UBias", len(r.UBias), RNNCols(r.Units, 1))
	}
	if r.Last != nil {
		checkLen("Last", len(r.Last), r.Batch*r.Units)
	}
	if r.Steps <= 0 {
		return
	}
	if r.Mask != nil && len(r.Mask) < r.Batch*r.Steps {
		panic("kernel: Mask is too short")
	}
	if r.Input == nil {
		checkLen("X", len(r.X), (r.Steps-1)*r.XStep+(r.Batch-1)*r.XBatch+RNNCols(r.Units, r.Cell.Gates()))
	} else {
		r.Input.check(r)
	}
	if r.Y != nil {
		checkLen("Y", len(r.Y), (r.Steps-1)*r.YStep+(r.Batch-1)*r.YBatch+r.Units)
	}
}

// stepByStep divides the blocks of units: of the projections among the threads of p, of every step among those of steps.
func (r *RNN) stepByStep(p, steps *workers.Pool) {
	near := r.nearSteps()
	for t := 0; t < r.Steps && !r.stopped(); t += near {
		n := min(near, r.Steps-t)
		r.window = r.windowOf(r.near, t, n, 0, r.Batch)
		if r.Input != nil {
			r.phase = projecting
			r.shares = min(ceilDiv(r.blocks, projectGroup), max(r.chunks, p.Threads()))
			p.Run(r, r.shares)
		}
		for r.t = t; r.t < t+n; r.t++ {
			for r.phase = range r.phases() {
				steps.Run(r, r.chunks)
			}
			r.finishStep(r.t, 0, r.Batch)
		}
	}
}

func (r *RNN) stopped() bool { return r.Stop != nil && r.Stop.Load() }

// RunChunk is for the pool.
func (r *RNN) RunChunk(worker, chunk int) {
	if !r.byBlocks {
		r.sequences(worker, chunk*r.tiles/r.chunks, (chunk+1)*r.tiles/r.chunks)
		return
	}
	if r.phase == projecting {
		r.project(worker, &r.window, chunk, r.shares)
		return
	}
	k0, k1 := r.blocksOf(chunk, r.chunks, blockGroup)
	for i, n := 0, r.groupTiles(); i < r.tiles; i += n {
		r.stepTiles(worker, &r.window, r.t, r.phase, i, min(r.tiles, i+n), k0, k1)
	}
}

// blocksOf are the blocks of part i of n, in groups of as many.
func (r *RNN) blocksOf(i, n, group int) (k0, k1 int) {
	groups := ceilDiv(r.blocks, group)
	return i * groups / n * group, min(r.blocks, (i+1)*groups/n*group)
}

// sequences runs all steps of the sequences of tiles [i0, i1).
func (r *RNN) sequences(worker, i0, i1 int) {
	groups := ceilDiv(i1-i0, r.groupTiles())
	for g := range groups {
		r.group(worker, i0+g*(i1-i0)/groups, i0+(g+1)*(i1-i0)/groups)
	}
}

// group runs all steps of at most groupTiles tiles.
func (r *RNN) group(worker, i0, i1 int) {
	b0, b1 := r.tileRow(i0), r.tileRow(i1)
	mem := r.near
	if r.Input != nil && r.tiles > 1 {
		mem = mem[worker*r.groupFloats():]
	}
	near := r.nearSteps()
	for t := 0; t < r.Steps && !r.stopped(); t += near {
		n := min(near, r.Steps-t)
		w := r.windowOf(mem, t, n, b0, b1)
		if r.Input != nil {
			r.project(worker, &w, 0, 1)
		}
		for s := t; s < t+n; s++ {
			for phase := range r.phases() {
				r.stepTiles(worker, &w, s, phase, i0, i1, 0, r.blocks)
			}
			r.finishStep(s, b0, b1)
		}
	}
}

// phases is the number of parts of a step of which each needs the whole of the one before.
func (r *RNN) phases() int {
	if r.Cell == GRUResetBefore {
		return 2
	}
	return 1
}

func (r *RNN) xTime(t int) int {
	if r.ReverseX {
		return r.Steps - 1 - t
	}
	return t
}

func (r *RNN) yTime(t int) int {
	if r.ReverseY {
		return r.Steps - 1 - t
	}
	return t
}

func (r *RNN) masked(t, b int) bool { return r.Mask != nil && !r.Mask[b*r.Steps+r.xTime(t)] }

// next returns where the state after step t is, and the distance of its rows; step -1 is the initial state.
func (r *RNN) next(t int) (h []float32, ld int) {
	switch {
	case t < 0:
		return r.H, r.Units
	case r.direct:
		return r.Y[r.yTime(t)*r.YStep:], r.YBatch
	default:
		return r.bufs[t&1], r.Units
	}
}

// finishStep keeps the state of masked sequences and writes the outputs of [b0, b1).
func (r *RNN) finishStep(t, b0, b1 int) {
	if r.direct {
		return
	}
	prev, _ := r.next(t - 1)
	next, _ := r.next(t)
	u := r.Units
	for b := b0; b < b1; b++ {
		masked := r.masked(t, b)
		if masked {
			copy(next[b*u:(b+1)*u], prev[b*u:(b+1)*u])
		}
		if r.Y == nil {
			continue
		}
		y := r.Y[r.yTime(t)*r.YStep+b*r.YBatch:][:u]
		switch {
		case !masked:
			copy(y, next[b*u:(b+1)*u])
		case t == 0 && r.Continues && !r.ZeroMasked:
			copy(y, prev[b*u:(b+1)*u])
		case r.ZeroMasked || t == 0:
			clear(y)
		default:
			copy(y, r.Y[r.yTime(t-1)*r.YStep+b*r.YBatch:][:u])
		}
	}
}

func (r *RNN) lastOutputs() {
	u := r.Units
	for b := range r.Batch {
		t := r.Steps - 1
		for t >= 0 && r.masked(t, b) {
			t--
		}
		last := r.Last[b*u : (b+1)*u]
		if t < 0 && !r.Continues || r.ZeroMasked && t < r.Steps-1 {
			clear(last)
		} else {
			copy(last, r.H[b*u:(b+1)*u])
		}
	}
}
