package main

import (
	"fmt"
	"math"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets in stepArgs.
const (
	stepU = 8 * iota
	stepK
	stepBlocks
	stepRows
	stepH
	stepLDH
	stepX
	stepLDX
	stepXBlock
	stepY
	stepLDY
	stepBias
	stepDirection
)

// Offsets in cellArgs.
const (
	cellPre = 8 * iota
	cellX
	cellH
	cellC
	cellY
	cellLDPre
	cellLDX
	cellLDH
	cellLDC
	cellLDY
	cellUnits
	cellRows
	cellP // p and q share a word
)

// blockUnits is the constant Lane of package kernel.
const blockUnits = 8

// maxStepRows is how many rows share the reading of the weights; of more than fullStepRows, not all gates' sums fit the
// registers at once.
const (
	maxStepRows  = 6
	fullStepRows = 3
)

// joint is how many blocks a kernel works on at once, so that they share the broadcasts of the state.
func joint(gates, rows int) int {
	switch {
	case target == avx512 && gates == 1:
		return 4 // a block is half a vector
	case target == avx512:
		return 2
	case rows > 1:
		return 1
	case gates == 1:
		return 4
	default:
		return 2
	}
}

func cells() {
	for _, gates := range []int{1, 3, 4} {
		for rows := 1; rows <= maxStepRows; rows++ {
			switch {
			case target == avx512 || rows <= fullStepRows:
				emitGates(gates, rows)
			default:
				emitManyRows(gates, rows)
			}
		}
	}
	for _, g := range []gate{{}, {hard: true}, {relu: true}} {
		emitLSTM(g)
		emitGRU(g)
	}
	for _, g := range []gate{{}, {relu: true}} {
		emitSimple(g)
	}
	for _, g := range []gate{{}, {hard: true}} {
		emitReset(g)
		emitUpdate(g)
	}
}

// gatesGen emits the sums of all gates, blocks of units at a time; they stay in registers over the loop along the state.
type gatesGen struct {
	gates, rows int
	args, u     GPVirtual
	x, y, bias  Mem // of the current block
	blocks      Mem
}

func emitGates(gates, rows int) {
	fn(fmt.Sprintf("gates%dx%d", gates, rows), "func(a *byte)", fmt.Sprintf("is stepGatesGeneric for a stepArgs with %d gates and %d rows.", gates, rows))
	g := &gatesGen{gates: gates, rows: rows, args: GP64(), u: GP64()}
	Load(Param("a"), g.args)
	g.locals()
	numbers := []int{joint(gates, rows), 1}
	if target == avx512 && gates == 1 {
		numbers = []int{4, 3, 2, 1}
	}
	for _, n := range slices.Compact(numbers) {
		many, fewer := label("blocks"), label("fewer")
		Label(many)
		CMPQ(g.blocks, Imm(uint64(n)))
		JL(LabelRef(fewer))
		g.block(n)
		JMP(LabelRef(many))
		Label(fewer)
	}
	end()
}

// locals loads what moves from block to block.
func (g *gatesGen) locals() {
	locals := AllocLocal(5 * 8)
	g.x, g.y, g.bias, g.blocks = locals, locals.Offset(8), locals.Offset(16), locals.Offset(24)
	for _, f := range []struct {
		field int
		local Mem
	}{{stepX, g.x}, {stepY, g.y}, {stepBias, g.bias}, {stepBlocks, g.blocks}} {
		t := GP64()
		MOVQ(at(g.args, f.field), t)
		MOVQ(t, f.local)
	}
	MOVQ(at(g.args, stepU), g.u)
}

// together is how many blocks the kernels of more than fullStepRows rows take at once, so that passes are of enough sums
// to cover the latency of an FMA.
func together(gates, rows int) int {
	switch {
	case gates == 4 && rows == 4:
		return 3
	case gates == 4, gates*rows <= 12 && gates > 1:
		return 1
	default:
		return 2
	}
}

// emitManyRows emits the sums of more rows, in passes over as many vectors of gates as registers hold sums of.
func emitManyRows(gates, rows int) {
	fn(fmt.Sprintf("gates%dx%d", gates, rows), "func(a *byte)", fmt.Sprintf("is stepGatesGeneric for a stepArgs with %d gates and %d rows.", gates, rows))
	g := &gatesGen{gates: gates, rows: rows, args: GP64(), u: GP64()}
	Load(Param("a"), g.args)
	g.locals()
	k, h := GP64(), make([]GPVirtual, rows)
	MOVQ(at(g.args, stepK), k)
	ldh := GP64()
	MOVQ(at(g.args, stepLDH), ldh)
	for r := range h {
		h[r] = GP64()
		if r == 0 {
			MOVQ(at(g.args, stepH), h[r])
			LEAQ(Mem{Base: h[r], Index: k, Scale: 4}, h[r])
		} else {
			LEAQ(Mem{Base: h[r-1], Index: ldh, Scale: 4}, h[r])
		}
	}
	single, done := label("single"), label("done")
	if n := together(gates, rows); n > 1 {
		many := label("together")
		Label(many)
		CMPQ(g.blocks, Imm(uint64(n)))
		JL(LabelRef(single))
		g.passes(h, k, n)
		JMP(LabelRef(many))
	}
	Label(single)
	CMPQ(g.blocks, Imm(0))
	JE(LabelRef(done))
	g.passes(h, k, 1)
	JMP(LabelRef(single))
	Label(done)
	end()
}

// gateVector is the weights of a gate of one of the blocks taken together.
type gateVector struct{ block, gate int }

// passes computes n blocks and moves on to the next.
func (g *gatesGen) passes(h []GPVirtual, k GPVirtual, n int) {
	first := g.gates
	if n == 3 {
		first = 3 // the fourth gates come last: whole cache lines are read from afar, and the rest from near
	}
	var all []gateVector
	for b := range n {
		for q := range first {
			all = append(all, gateVector{b, q})
		}
	}
	for q := first; q < g.gates; q++ {
		for b := range n {
			all = append(all, gateVector{b, q})
		}
	}
	const most = 12 // sums that fit the registers, beside weights and state
	count := (len(all)*g.rows + most - 1) / most
	for i := range count {
		g.pass(h, k, all[i*len(all)/count:(i+1)*len(all)/count])
	}
	MOVQ(at(g.args, stepK), k)
	IMULQ(at(g.args, stepDirection), k)
	IMUL3Q(U32(uint32(n*g.gates*32)), k, k)
	ADDQ(k, g.u)
	next := GP64()
	MOVQ(at(g.args, stepXBlock), next)
	IMUL3Q(U32(uint32(n*4)), next, next)
	IMULQ(at(g.args, stepDirection), next)
	ADDQ(next, g.x)
	g.move(n*g.gates*32, g.y)
	if g.gates == 3 {
		none := label("no_bias")
		CMPQ(g.bias, Imm(0))
		JE(LabelRef(none))
		g.move(n*32, g.bias)
		Label(none)
	}
	SUBQ(Imm(uint64(n)), g.blocks)
}

// pass computes some gates. h ends at the last value of each row; k is free. A sum has one order in any pass.
func (g *gatesGen) pass(h []GPVirtual, k GPVirtual, vs []gateVector) {
	n, width := len(vs), g.gates*32
	acc := vecs(g.rows * n)
	x, ld, far := GP64(), GP64(), GP64()
	weights := func(base, far GPVirtual, disp int, v gateVector) Mem {
		m := at(base, disp)
		if v.block > 0 {
			m.Index, m.Scale = far, uint8(v.block)
		}
		return m
	}
	MOVQ(g.x, x)
	MOVQ(at(g.args, stepLDX), ld)
	if vs[n-1].block > 0 {
		MOVQ(at(g.args, stepXBlock), far)
		SHLQ(Imm(2), far)
	}
	for r := range g.rows {
		for i, v := range vs {
			VMOVUPS(weights(x, far, v.gate*32, v), acc[r*n+i])
		}
		if r < g.rows-1 {
			LEAQ(Mem{Base: x, Index: ld, Scale: 4}, x)
		}
	}
	if g.gates == 3 && slices.ContainsFunc(vs, func(v gateVector) bool { return v.gate == 2 }) {
		none := label("no_bias")
		MOVQ(g.bias, x)
		TESTQ(x, x)
		JZ(LabelRef(none))
		for i, v := range vs {
			for r := 0; r < g.rows && v.gate == 2; r++ {
				VMOVUPS(at(x, v.block*32), acc[r*n+i])
			}
		}
		Label(none)
	}
	u := GP64()
	MOVQ(g.u, u)
	MOVQ(at(g.args, stepK), k)
	if vs[n-1].block > 0 {
		far = GP64()
		IMUL3Q(U32(uint32(width)), k, far)
	}
	NEGQ(k)
	step := func(dh, dk int) {
		w, b := vecs(n), vec()
		for i, v := range vs {
			VMOVUPS(weights(u, far, dk*width+v.gate*32, v), w[i])
		}
		for r := range h {
			VBROADCASTSS(Mem{Base: h[r], Index: k, Scale: 4, Disp: dh * 4}, b)
			for i := range w {
				VFMADD231PS(w[i], b, acc[r*n+i])
			}
		}
	}
	const unroll = 4
	loop, rest, one, done := label("k"), label("k_rest"), label("k_one"), label("k_done")
	ADDQ(Imm(unroll), k)
	JG(LabelRef(rest))
	Label(loop)
	for i := range unroll {
		step(i-unroll, i)
	}
	ADDQ(U32(uint32(unroll*width)), u)
	ADDQ(Imm(unroll), k)
	JLE(LabelRef(loop))
	Label(rest)
	SUBQ(Imm(unroll), k)
	JGE(LabelRef(done))
	Label(one)
	step(0, 0)
	ADDQ(U32(uint32(width)), u)
	INCQ(k)
	JNZ(LabelRef(one))
	Label(done)
	y := GP64()
	MOVQ(g.y, y)
	MOVQ(at(g.args, stepLDY), ld)
	for r := range g.rows {
		for i, v := range vs {
			VMOVUPS(acc[r*n+i], at(y, (v.block*g.gates+v.gate)*32))
		}
		if r < g.rows-1 {
			LEAQ(Mem{Base: y, Index: ld, Scale: 4}, y)
		}
	}
}

// gateSpan is some of the gates of a block: a vector of a number of bytes, at an offset. A joined one is half a vector of
// its block, and the other half the same gate of the next.
type gateSpan struct {
	block, at, bytes int
	joined           bool
}

// spans are the vectors of n blocks.
func (g *gatesGen) spans(n int) []gateSpan {
	var all []gateSpan
	for b := 0; b < n; b++ {
		whole, pair := g.gates*blockUnits*4, g.joins() && b+1 < n
		last := whole - whole%target.bytes // the odd gate
		for _, block := range []int{b, b + 1} {
			for at := 0; at < last && (pair || block == b); at += target.bytes {
				all = append(all, gateSpan{block, at, target.bytes, false})
			}
		}
		switch {
		case pair:
			all = append(all, gateSpan{b, last, target.bytes, true})
			b++
		case last < whole:
			all = append(all, gateSpan{b, last, whole - last, false})
		}
	}
	return all
}

// joins reports whether the odd gates of two blocks fill a vector. A single row reads them sooner by themselves, where
// there are others.
func (g *gatesGen) joins() bool {
	return target == avx512 && g.gates%2 == 1 && (g.gates == 1 || g.rows > 1)
}

// reg allocates a register for a span.
func (s gateSpan) reg() (y VecVirtual) {
	withWidth(s.bytes, func() { y = vec() })
	return y
}

// of is the part of y that is as wide as the span.
func (s gateSpan) of(y VecVirtual) (part Register) {
	withWidth(s.bytes, func() { part = fit(y) })
	return part
}

// block computes n blocks and moves on to the next.
func (g *gatesGen) block(n int) {
	width := g.gates * blockUnits * 4
	spans := g.spans(n)
	// A block's sums have one order whether it is computed alone or with others.
	split := splits(g.rows*g.gates*joint(g.gates, g.rows), 1)
	if target == avx512 {
		split = splits(2*g.rows, 1)
	}
	acc := make([][]VecVirtual, split) // by row and span
	for s := range acc {
		for range g.rows {
			for _, sp := range spans {
				acc[s] = append(acc[s], sp.reg())
			}
		}
	}
	g.start(n, acc[0])
	for s := 1; s < split; s++ {
		for _, y := range acc[s] {
			zero(y)
		}
	}
	k := GP64()
	MOVQ(at(g.args, stepK), k)
	// Weights of the other blocks are whole blocks further on.
	var far, far3 GPVirtual
	if n > 1 {
		far = GP64()
		IMUL3Q(U32(uint32(width)), k, far)
	}
	if n > 3 {
		far3 = GP64()
		LEAQ(Mem{Base: far, Index: far, Scale: 2}, far3)
	}
	h := make([]GPVirtual, g.rows)
	ldh := GP64()
	MOVQ(at(g.args, stepLDH), ldh)
	for r := range h {
		h[r] = GP64()
		if r == 0 {
			MOVQ(at(g.args, stepH), h[r])
			LEAQ(Mem{Base: h[r], Index: k, Scale: 4}, h[r])
		} else {
			LEAQ(Mem{Base: h[r-1], Index: ldh, Scale: 4}, h[r])
		}
	}
	NEGQ(k)
	weights := func(dk, b, offset int) Mem {
		m := at(g.u, dk*width+offset)
		switch b {
		case 1, 2:
			m.Index, m.Scale = far, uint8(b)
		case 3:
			m.Index, m.Scale = far3, 1
		}
		return m
	}
	step := func(dh, dk, s int) {
		hs := vecs(g.rows)
		for r := range h {
			VBROADCASTSS(Mem{Base: h[r], Index: k, Scale: 4, Disp: dh * 4}, hs[r])
		}
		for q, sp := range spans {
			m := weights(dk, sp.block, sp.at)
			if g.rows == 1 && !sp.joined {
				VFMADD231PS(m, sp.of(hs[0]), acc[s][q])
				continue
			}
			w := sp.reg()
			if sp.joined {
				VBROADCASTF64X4(m, w) // rather than half of it, which avo would not take for the whole
				VINSERTF64X4(Imm(1), weights(dk, sp.block+1, sp.at), w, w)
			} else {
				VMOVUPS(m, w)
			}
			for r := range h {
				VFMADD231PS(w, sp.of(hs[r]), acc[s][r*len(spans)+q])
			}
		}
	}
	const unroll = 4
	loop, rest, one, done := label("k"), label("k_rest"), label("k_one"), label("k_done")
	ADDQ(Imm(unroll), k)
	JG(LabelRef(rest))
	Label(loop)
	for i := range unroll {
		step(i-unroll, i, i%split)
	}
	ADDQ(U32(uint32(unroll*width)), g.u)
	ADDQ(Imm(unroll), k)
	JLE(LabelRef(loop))
	Label(rest)
	SUBQ(Imm(unroll), k)
	JGE(LabelRef(done))
	Label(one)
	step(0, 0, 0)
	ADDQ(U32(uint32(width)), g.u)
	INCQ(k)
	JNZ(LabelRef(one))
	Label(done)
	switch n {
	case 2:
		ADDQ(far, g.u)
	case 3:
		LEAQ(Mem{Base: g.u, Index: far, Scale: 2}, g.u)
	case 4:
		ADDQ(far3, g.u)
	}
	g.turn(n, k)
	for m := split; m > 1; m /= 2 {
		for s := range m / 2 {
			for i, y := range acc[s] {
				VADDPS(acc[s+m/2][i], y, y)
			}
		}
	}
	y, ldy := GP64(), GP64()
	MOVQ(g.y, y)
	MOVQ(at(g.args, stepLDY), ldy)
	for r := range g.rows {
		for q, sp := range spans {
			sum, to := acc[0][r*len(spans)+q], sp.block*width+sp.at
			if sp.joined && g.gates > 1 {
				VMOVUPS(sum.AsY(), at(y, to))
				VEXTRACTF64X4(Imm(1), sum, at(y, to+width))
				continue
			}
			VMOVUPS(sum, at(y, to))
		}
		if r < g.rows-1 {
			LEAQ(Mem{Base: y, Index: ldy, Scale: 4}, y)
		}
	}
	g.move(n*width, g.y)
	SUBQ(Imm(uint64(n)), g.blocks)
}

// move moves a pointer on by a number of bytes, forwards or backwards.
func (g *gatesGen) move(bytes int, pointer Mem) {
	d := GP64()
	IMUL3Q(U32(uint32(bytes)), at(g.args, stepDirection), d)
	ADDQ(d, pointer)
}

// turn brings u, which has gone over n blocks, back to the n blocks before them when the direction is backwards.
func (g *gatesGen) turn(n int, k GPVirtual) {
	forwards := label("forwards")
	CMPQ(at(g.args, stepDirection), Imm(0))
	JG(LabelRef(forwards))
	MOVQ(at(g.args, stepK), k)
	IMUL3Q(U32(uint32(2*n*g.gates*32)), k, k)
	SUBQ(k, g.u)
	Label(forwards)
}

// start loads what the sums begin with, and moves x and bias on.
func (g *gatesGen) start(n int, acc []VecVirtual) {
	x, ldx, next, first := GP64(), GP64(), GP64(), GP64()
	MOVQ(at(g.args, stepLDX), ldx)
	MOVQ(at(g.args, stepXBlock), next)
	SHLQ(Imm(2), next)
	MOVQ(g.x, first)
	spans := g.spans(n)
	for b := range n {
		MOVQ(first, x)
		for r := range g.rows {
			for q, sp := range spans {
				y := acc[r*len(spans)+q]
				switch {
				case sp.joined && sp.block == b:
					VBROADCASTF64X4(at(x, sp.at), y)
				case sp.joined && sp.block+1 == b:
					VINSERTF64X4(Imm(1), at(x, sp.at), y, y)
				case sp.block == b:
					VMOVUPS(at(x, sp.at), y)
				}
			}
			if r < g.rows-1 {
				LEAQ(Mem{Base: x, Index: ldx, Scale: 4}, x)
			}
		}
		if b < n-1 {
			ADDQ(next, first)
		}
	}
	IMULQ(at(g.args, stepDirection), next)
	IMUL3Q(Imm(uint64(n)), next, next)
	ADDQ(next, g.x)
	if g.gates != 3 {
		return
	}
	bias := GP64()
	none := label("no_bias")
	MOVQ(g.bias, bias)
	TESTQ(bias, bias)
	JZ(LabelRef(none))
	for q, sp := range spans {
		if sp.at == 2*blockUnits*4 { // the third gate alone
			for r := range g.rows {
				VMOVUPS(at(bias, sp.block*blockUnits*4), acc[r*len(spans)+q])
			}
		}
	}
	g.move(n*32, g.bias)
	Label(none)
}

// gate is the recurrent activation: the sigmoid, or the hard sigmoid with slope p and offset q. Beside it, the activation
// is tanh or relu.
type gate struct {
	hard, relu bool
	p, q       VecVirtual
}

func (g *gate) name() string {
	switch {
	case g.hard:
		return "Hard"
	case g.relu:
		return "Relu"
	}
	return ""
}

// loadFields loads the slope and the offset of a cellArgs.
func (g *gate) loadFields(args GPVirtual) {
	if g.hard {
		g.p, g.q = vec(), vec()
		VBROADCASTSS(at(args, cellP), g.p)
		VBROADCASTSS(at(args, cellP+4), g.q)
	}
}

// scale multiplies the quotient num/den by the gate of e: a sigmoid goes to the denominator. den may be nil, for 1.
func (g *gate) scale(e *exponential, num, den VecVirtual) (VecVirtual, VecVirtual) {
	if g.hard {
		VFMADD213PS(fit(g.q), fit(g.p), e.x)
		VMAXPS(e.x, load(f32(0)), e.x)
		VMINPS(e.x, load(f32(1)), e.x)
		VMULPS(e.x, num, num)
		return num, den
	}
	d := e.sigmoidDen()
	if den != nil {
		VMULPS(den, d, d)
	}
	return num, d
}

// exponential is the power of 2 that a gate needs; nothing for a hard one.
func (g *gate) exponential(x VecVirtual) *exponential {
	e := &exponential{x: x, factor: -math.Log2E, limit: 125, q: exp2Q4}
	if g.hard {
		e.q = nil
	}
	return e
}

func divide(num, den VecVirtual) VecVirtual {
	if den != nil {
		VDIVPS(den, num, num)
	}
	return num
}

// Coefficients of q in 2^f = 1 + f·q(f) for |f| ≤ 1/2, fitted at Chebyshev nodes. The shorter one is for sums with 1.
var (
	exp2Q4 = []float64{0.6931471805599452, 0.24022346614243464, 0.0555038077400633, 0.009666562082070104, 0.0013381494026154525}
	exp2Q5 = []float64{0.6931471881163491, 0.2402265076134847, 0.055503566823863947, 0.009618082183388079, 0.0013391093247270773, 0.00015453361975523153}
)

// exponential is 2^t = s·(1+p) for t = x·factor cut to ±limit.
type exponential struct {
	x             VecVirtual
	factor, limit float64
	q             []float64
	s, p          VecVirtual
}

// compute computes exponentials side by side, so that their chains of dependent instructions overlap. Their x are
// destroyed.
func compute(all ...*exponential) {
	var es []*exponential
	longest := 0
	for _, e := range all {
		if e.q != nil {
			es = append(es, e)
			longest = max(longest, len(e.q))
		}
	}
	each := func(f func(e *exponential)) {
		for _, e := range es {
			f(e)
		}
	}
	// Adding this rounds to an integer, whose low bits then are those of an exponent.
	const round = 1.5*(1<<23) + 127
	each(func(e *exponential) { VMULPS(f32(e.factor), e.x, e.x) })
	each(func(e *exponential) { VMAXPS(e.x, load(f32(-e.limit)), e.x) })
	each(func(e *exponential) { VMINPS(e.x, load(f32(e.limit)), e.x) })
	each(func(e *exponential) { e.s = vec(); VADDPS(f32(round), e.x, e.s) })
	each(func(e *exponential) { e.p = vec(); VSUBPS(load(f32(round)), e.s, e.p); VSUBPS(e.p, e.x, e.x) })
	each(func(e *exponential) { VPSLLD(Imm(23), e.s, e.s) })
	for i := longest - 1; i >= 0; i-- {
		each(func(e *exponential) {
			switch {
			case i == len(e.q)-1:
				VMOVUPS(f32(e.q[i]), e.p)
			case i < len(e.q)-1:
				VFMADD213PS(f32(e.q[i]), e.x, e.p)
			}
		})
	}
	each(func(e *exponential) { VMULPS(e.x, e.p, e.p) })
}

// sigmoidDen is 1+exp(-x): the denominator of the sigmoid.
func (e *exponential) sigmoidDen() VecVirtual {
	VFMADD213PS(e.s, e.s, e.p)
	VADDPS(f32(1), e.p, e.p)
	return e.p
}

func tanhExponential(x VecVirtual) *exponential {
	return &exponential{x: x, factor: 2 * math.Log2E, limit: 30, q: exp2Q5}
}

// tanh gives numerator exp(2x)-1 and denominator exp(2x)+1.
func (e *exponential) tanh() (num, den VecVirtual) {
	num, den = vec(), vec()
	VADDPS(f32(-1), e.s, num)
	VFMADD231PS(e.s, e.p, num)
	VADDPS(f32(2), num, den)
	return num, den
}

// unitLoop goes over units, a vector at a time and then the units that are left, in the narrowest vector that holds their
// blocks. The pointers move by the given bytes a block; in the last part, io loads and stores under a mask.
func unitLoop(n GPVirtual, move map[GPVirtual]int, order []GPVirtual, body func(io unitIO)) {
	loop, rest, done := label("loop"), label("rest"), label("done")
	SUBQ(Imm(uint64(lanes())), n)
	JL(LabelRef(rest))
	Label(loop)
	body(unitIO{})
	for _, p := range order {
		ADDQ(U32(uint32(move[p]*lanes()/blockUnits)), p)
	}
	SUBQ(Imm(uint64(lanes())), n)
	JGE(LabelRef(loop))
	Label(rest)
	ADDQ(Imm(uint64(lanes())), n)
	JZ(LabelRef(done))
	if width > avx2.bytes {
		block, part := label("block"), label("part")
		CMPQ(n, Imm(blockUnits))
		JE(LabelRef(block))
		JL(LabelRef(part))
		body(unitIO{mask: tailMask(n)})
		JMP(LabelRef(done))
		Label(block)
		withWidth(avx2.bytes, func() { body(unitIO{}) })
		JMP(LabelRef(done))
		Label(part)
	}
	withWidth(avx2.bytes, func() { body(unitIO{mask: tailMask(n)}) })
	Label(done)
}

type unitIO struct{ mask Register }

// gate loads a gate of as many units as a vector holds; it takes size bytes from one block of units to the next.
func (io unitIO) gate(m Mem, size int) VecVirtual {
	y := vec()
	if width == avx2.bytes {
		VMOVUPS(m, y)
		return y
	}
	VMOVUPS(m, y.AsY())
	VINSERTF64X4(Imm(1), m.Offset(size), y, y)
	return y
}

// setGate stores one likewise.
func (io unitIO) setGate(y VecVirtual, m Mem, size int) {
	VMOVUPS(y.AsY(), m)
	if width == avx512.bytes {
		VEXTRACTF64X4(Imm(1), y, m.Offset(size))
	}
}

func (io unitIO) load(m Mem) VecVirtual {
	y := vec()
	loadVec(m, io.mask, y)
	return y
}

func (io unitIO) store(y VecVirtual, m Mem) { storeVec(y, io.mask, m) }

func loadGP(name string) GPVirtual { return Load(Param(name), GP64()).(GPVirtual) }

func (g *gate) activationName() string {
	if g.relu {
		return "relu"
	}
	return "tanh"
}

// activation is what compute has to compute for the activation of x.
func (g *gate) activation(x VecVirtual) *exponential {
	if !g.relu {
		return tanhExponential(x)
	}
	y := vec()
	zero(y)
	VMAXPS(x, y, y)
	return &exponential{s: y}
}

// activated gives numerator and denominator; there is no denominator for relu.
func (g *gate) activated(e *exponential) (num, den VecVirtual) {
	if g.relu {
		return e.s, nil
	}
	return e.tanh()
}

// cellLoop emits body for every row of a cellArgs. It gets what gives a copy of one of the fields, which are pointers.
func cellLoop(fields []int, g *gate, body func(field func(int) GPVirtual)) {
	args, rows := loadGP("a"), GP64()
	g.loadFields(args)
	pointers := map[int]GPVirtual{}
	for _, f := range fields {
		pointers[f] = GP64()
		MOVQ(at(args, f), pointers[f])
	}
	MOVQ(at(args, cellRows), rows)
	row, last := label("row"), label("last")
	Label(row)
	body(func(f int) GPVirtual {
		c := GP64()
		if p, ok := pointers[f]; ok {
			MOVQ(p, c)
		} else {
			MOVQ(at(args, f), c)
		}
		return c
	})
	DECQ(rows)
	JZ(LabelRef(last))
	for _, f := range fields {
		ld := GP64()
		MOVQ(at(args, f+cellLDPre), ld)
		LEAQ(Mem{Base: pointers[f], Index: ld, Scale: 4}, pointers[f])
	}
	JMP(LabelRef(row))
	Label(last)
}

// emitLSTM emits two loops, the cell state and then the output, because their chains of dependent instructions
// overlap better than a single long one.
func emitLSTM(g gate) {
	fn("lstm"+g.name()+"Cell", "func(a *byte)", "is RNN.lstm for the rows of a cellArgs, with "+g.activationName()+".")
	cellLoop([]int{cellPre, cellC, cellY}, &g, g.lstmRow)
	end()
}

func (g *gate) lstmRow(field func(int) GPVirtual) {
	pre, c, n := field(cellPre), field(cellC), field(cellUnits)
	unitLoop(n, map[GPVirtual]int{pre: 128, c: 32}, []GPVirtual{pre, c}, func(io unitIO) {
		// f·c + i·tanh(g), the second term as one quotient.
		f, i, cand := g.exponential(io.gate(at(pre, 32), 128)), g.exponential(io.gate(at(pre, 0), 128)), g.activation(io.gate(at(pre, 64), 128))
		compute(f, i, cand)
		old, oldDen := g.scale(f, io.load(at(c, 0)), nil)
		num, den := g.activated(cand)
		num, den = g.scale(i, num, den)
		old, num = divide(old, oldDen), divide(num, den)
		VADDPS(num, old, old)
		io.store(old, at(c, 0))
	})
	pre, c, n = field(cellPre), field(cellC), field(cellUnits)
	y := field(cellY)
	unitLoop(n, map[GPVirtual]int{pre: 128, c: 32, y: 32}, []GPVirtual{pre, c, y}, func(io unitIO) {
		o, cell := g.exponential(io.gate(at(pre, 96), 128)), g.activation(io.load(at(c, 0)))
		compute(o, cell)
		num, den := g.activated(cell)
		num, den = g.scale(o, num, den)
		io.store(divide(num, den), at(y, 0))
	})
}

func emitGRU(g gate) {
	fn("gru"+g.name()+"Cell", "func(a *byte)", "is RNN.gru for the rows of a cellArgs, with "+g.activationName()+". pre is overwritten.")
	cellLoop([]int{cellPre, cellX, cellH, cellY}, &g, g.gruRow)
	end()
}

func (g *gate) gruRow(field func(int) GPVirtual) {
	pre, x, n := field(cellPre), field(cellX), field(cellUnits)
	unitLoop(n, map[GPVirtual]int{pre: 96, x: 96}, []GPVirtual{pre, x}, func(io unitIO) {
		reset := g.exponential(io.gate(at(pre, 32), 96))
		compute(reset)
		cand := divide(g.scale(reset, io.gate(at(pre, 64), 96), nil))
		VADDPS(io.gate(at(x, 64), 96), cand, cand)
		io.setGate(cand, at(pre, 64), 96)
	})
	pre, n = field(cellPre), field(cellUnits)
	h, y := field(cellH), field(cellY)
	unitLoop(n, map[GPVirtual]int{pre: 96, h: 32, y: 32}, []GPVirtual{pre, h, y}, func(io unitIO) {
		update, next := g.exponential(io.gate(at(pre, 0), 96)), g.activation(io.gate(at(pre, 64), 96))
		compute(update, next)
		cand := divide(g.activated(next))
		// z·h + (1-z)·g = g + z·(h-g).
		d := io.load(at(h, 0))
		VSUBPS(cand, d, d)
		d = divide(g.scale(update, d, nil))
		VADDPS(cand, d, d)
		io.store(d, at(y, 0))
	})
}

func emitSimple(g gate) {
	fn("simple"+g.name()+"Cell", "func(a *byte)", "sets y to the "+g.activationName()+" of pre for the rows of a cellArgs.")
	cellLoop([]int{cellPre, cellY}, &g, func(field func(int) GPVirtual) {
		pre, y, n := field(cellPre), field(cellY), field(cellUnits)
		unitLoop(n, map[GPVirtual]int{pre: 32, y: 32}, []GPVirtual{pre, y}, func(io unitIO) {
			e := g.activation(io.load(at(pre, 0)))
			compute(e)
			io.store(divide(g.activated(e)), at(y, 0))
		})
	})
	end()
}

func emitReset(g gate) {
	fn("gruReset"+g.name()+"Cell", "func(a *byte)", "sets c to the gate of pre and y to h times the gate of x, for the rows of a cellArgs.")
	cellLoop([]int{cellPre, cellX, cellH, cellC, cellY}, &g, func(field func(int) GPVirtual) {
		z, r, h, gz, rh, n := field(cellPre), field(cellX), field(cellH), field(cellC), field(cellY), field(cellUnits)
		unitLoop(n, map[GPVirtual]int{z: 32, r: 32, h: 32, gz: 32, rh: 32}, []GPVirtual{z, r, h, gz, rh}, func(io unitIO) {
			update, reset := g.exponential(load(at(z, 0))), g.exponential(load(at(r, 0)))
			compute(update, reset)
			io.store(divide(g.scale(reset, io.load(at(h, 0)), nil)), at(rh, 0))
			io.store(divide(g.scale(update, load(f32(1)), nil)), at(gz, 0))
		})
	})
	end()
}

// emitUpdate has no gate left; it is emitted once.
func emitUpdate(g gate) {
	if g.hard {
		return
	}
	fn("gruUpdateCell", "func(a *byte)", "sets y to c·h + (1-c)·tanh(pre) for the rows of a cellArgs.")
	cellLoop([]int{cellPre, cellH, cellC, cellY}, &g, func(field func(int) GPVirtual) {
		cand, h, z, y, n := field(cellPre), field(cellH), field(cellC), field(cellY), field(cellUnits)
		unitLoop(n, map[GPVirtual]int{cand: 32, z: 32, h: 32, y: 32}, []GPVirtual{cand, z, h, y}, func(io unitIO) {
			e := tanhExponential(load(at(cand, 0)))
			compute(e)
			c := divide(e.tanh())
			d := io.load(at(h, 0))
			VSUBPS(c, d, d)
			VFMADD231PS(io.load(at(z, 0)), d, c)
			io.store(c, at(y, 0))
		})
	})
	end()
}
