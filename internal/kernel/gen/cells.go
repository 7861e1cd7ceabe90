package main

import (
	"fmt"

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
)

const maxStepRows = 3

// joint is how many blocks a single row's kernel works on at once, so that they share the broadcasts of the state.
func joint(gates int) int {
	if gates == 1 {
		return 4
	}
	return 2
}

func cells() {
	for _, gates := range []int{1, 3, 4} {
		for rows := 1; rows <= maxStepRows; rows++ {
			emitGates(gates, rows)
		}
	}
	for _, g := range []gate{{}, {hard: true}} {
		emitLSTM(g)
		emitGRU(g)
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
	name := fmt.Sprintf("gates%dx%dAVX2", gates, rows)
	fn(name, "func(a *byte)", fmt.Sprintf("%s is stepGatesGeneric for a stepArgs with %d gates and %d rows.", name, gates, rows))
	g := &gatesGen{gates: gates, rows: rows, args: GP64(), u: GP64()}
	Load(Param("a"), g.args)
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
	single, done := label("single"), label("done")
	if rows == 1 {
		many := label("joint")
		Label(many)
		CMPQ(g.blocks, Imm(uint64(joint(gates))))
		JL(LabelRef(single))
		g.block(joint(gates))
		JMP(LabelRef(many))
	}
	Label(single)
	CMPQ(g.blocks, Imm(0))
	JE(LabelRef(done))
	g.block(1)
	JMP(LabelRef(single))
	Label(done)
	end()
}

// block computes n blocks and moves on to the next.
func (g *gatesGen) block(n int) {
	width := g.gates * 32
	count := g.rows * g.gates * n
	// A block's sums have one order whether it is computed alone or with others.
	split := splits(count, 1)
	if g.rows == 1 {
		split = splits(g.gates*joint(g.gates), 1)
	}
	index := func(r, b, q int) int { return (r*n+b)*g.gates + q }
	acc := [][]VecVirtual{ymms(count)}
	g.start(n, acc[0], index)
	for s := 1; s < split; s++ {
		acc = append(acc, ymms(count))
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
	weights := func(dk, b, q int) Mem {
		m := at(g.u, dk*width+q*32)
		switch b {
		case 1, 2:
			m.Index, m.Scale = far, uint8(b)
		case 3:
			m.Index, m.Scale = far3, 1
		}
		return m
	}
	step := func(dh, dk, s int) {
		hs := ymms(g.rows)
		for r := range h {
			VBROADCASTSS(Mem{Base: h[r], Index: k, Scale: 4, Disp: dh * 4}, hs[r])
		}
		for b := range n {
			for q := range g.gates {
				if g.rows == 1 {
					VFMADD231PS(weights(dk, b, q), hs[0], acc[s][index(0, b, q)])
					continue
				}
				w := YMM()
				VMOVUPS(weights(dk, b, q), w)
				for r := range h {
					VFMADD231PS(w, hs[r], acc[s][index(r, b, q)])
				}
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
	case 4:
		ADDQ(far3, g.u)
	}
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
		for b := range n {
			for q := range g.gates {
				VMOVUPS(acc[0][index(r, b, q)], at(y, (b*g.gates+q)*32))
			}
		}
		if r < g.rows-1 {
			LEAQ(Mem{Base: y, Index: ldy, Scale: 4}, y)
		}
	}
	ADDQ(U32(uint32(n*width)), g.y)
	SUBQ(Imm(uint64(n)), g.blocks)
}

// start loads what the sums begin with, and moves x and bias on.
func (g *gatesGen) start(n int, acc []VecVirtual, index func(r, b, q int) int) {
	x, ldx, next := GP64(), GP64(), GP64()
	MOVQ(at(g.args, stepLDX), ldx)
	MOVQ(at(g.args, stepXBlock), next)
	SHLQ(Imm(2), next)
	for b := range n {
		MOVQ(g.x, x)
		for r := range g.rows {
			for q := range g.gates {
				VMOVUPS(at(x, q*32), acc[index(r, b, q)])
			}
			if r < g.rows-1 {
				LEAQ(Mem{Base: x, Index: ldx, Scale: 4}, x)
			}
		}
		ADDQ(next, g.x)
	}
	if g.gates != 3 {
		return
	}
	bias := GP64()
	none := label("no_bias")
	MOVQ(g.bias, bias)
	TESTQ(bias, bias)
	JZ(LabelRef(none))
	for b := range n {
		for r := range g.rows {
			VMOVUPS(at(bias, b*32), acc[index(r, b, 2)])
		}
	}
	ADDQ(U32(uint32(n*32)), g.bias)
	Label(none)
}

// gate is the recurrent activation: the sigmoid, or the hard sigmoid with slope p and offset q.
type gate struct {
	hard bool
	p, q VecVirtual
}

func (g *gate) name() string {
	if g.hard {
		return "Hard"
	}
	return ""
}

func (g *gate) loadParams() {
	if g.hard {
		g.p, g.q = broadcastParam("p"), broadcastParam("q")
	}
}

// scale multiplies the quotient num/den by the gate of x: a sigmoid goes to the denominator. den may be nil, for 1.
func (g *gate) scale(x, num, den VecVirtual) (VecVirtual, VecVirtual) {
	if g.hard {
		VFMADD213PS(g.q, g.p, x)
		VMAXPS(x, load(f32(0)), x)
		VMINPS(x, load(f32(1)), x)
		VMULPS(x, num, num)
		return num, den
	}
	d := sigmoidDen(x)
	if den != nil {
		VMULPS(den, d, d)
	}
	return num, d
}

func divide(num, den VecVirtual) VecVirtual {
	if den != nil {
		VDIVPS(den, num, num)
	}
	return num
}

// sigmoidDen is 1+exp(-x): the denominator of the sigmoid. x is destroyed.
func sigmoidDen(x VecVirtual) VecVirtual {
	VXORPS(bits(signBit), x, x)
	VMAXPS(x, load(f32(-80)), x)
	VMINPS(x, load(f32(80)), x)
	n, _, p := reduce(x, expQ4)
	s := pow2(n)
	VFMADD213PS(s, s, p)
	VADDPS(f32(1), p, p)
	return p
}

// unitLoop goes over units, a block at a time and then the units that are left. The pointers move by the given bytes
// a block; in the last part, io loads and stores under a mask.
func unitLoop(n GPVirtual, move map[GPVirtual]int, order []GPVirtual, body func(io unitIO)) {
	loop, tail, done := label("loop"), label("tail"), label("done")
	SUBQ(Imm(lanes), n)
	JL(LabelRef(tail))
	Label(loop)
	body(unitIO{})
	for _, p := range order {
		ADDQ(U32(uint32(move[p])), p)
	}
	SUBQ(Imm(lanes), n)
	JGE(LabelRef(loop))
	Label(tail)
	ADDQ(Imm(lanes), n)
	JZ(LabelRef(done))
	body(unitIO{mask: tailMask(n)})
	Label(done)
}

type unitIO struct{ mask VecVirtual }

func (io unitIO) load(m Mem) VecVirtual {
	y := YMM()
	if io.mask == nil {
		VMOVUPS(m, y)
	} else {
		VMASKMOVPS(m, io.mask, y)
	}
	return y
}

func (io unitIO) store(y VecVirtual, m Mem) {
	if io.mask == nil {
		VMOVUPS(y, m)
	} else {
		VMASKMOVPS(y, io.mask, m)
	}
}

func loadGP(name string) GPVirtual { return Load(Param(name), GP64()).(GPVirtual) }

// emitLSTM emits two loops, the cell state and then the output, because their chains of dependent instructions
// overlap better than a single long one.
func emitLSTM(g gate) {
	name := "lstm" + g.name() + "CellAVX2"
	fn(name, "func(pre, c, y *float32, n int, p, q float32)",
		name+" updates the cell state c and computes the output y of n units from the sums of the gates, with tanh.")
	g.loadParams()
	pre, c, n := loadGP("pre"), loadGP("c"), loadGP("n")
	unitLoop(n, map[GPVirtual]int{pre: 128, c: 32}, []GPVirtual{pre, c}, func(io unitIO) {
		// f·c + i·tanh(g), the second term as one quotient.
		old, oldDen := g.scale(load(at(pre, 32)), io.load(at(c, 0)), nil)
		num, den := tanhParts(load(at(pre, 64)), expQ4)
		num, den = g.scale(load(at(pre, 0)), num, den)
		old, num = divide(old, oldDen), divide(num, den)
		VADDPS(num, old, old)
		io.store(old, at(c, 0))
	})
	pre, c, y, n := loadGP("pre"), loadGP("c"), loadGP("y"), loadGP("n")
	unitLoop(n, map[GPVirtual]int{pre: 128, c: 32, y: 32}, []GPVirtual{pre, c, y}, func(io unitIO) {
		num, den := tanhParts(io.load(at(c, 0)), expQ4)
		num, den = g.scale(load(at(pre, 96)), num, den)
		io.store(divide(num, den), at(y, 0))
	})
	end()
}

func emitGRU(g gate) {
	name := "gru" + g.name() + "CellAVX2"
	fn(name, "func(pre, x, h, y *float32, n int, p, q float32)",
		name+" computes the state y of n units from the sums of the gates, the projected input x and the previous state h, with tanh and reset_after. pre is overwritten.")
	g.loadParams()
	pre, x, n := loadGP("pre"), loadGP("x"), loadGP("n")
	unitLoop(n, map[GPVirtual]int{pre: 96, x: 96}, []GPVirtual{pre, x}, func(io unitIO) {
		cand := divide(g.scale(load(at(pre, 32)), load(at(pre, 64)), nil))
		VADDPS(at(x, 64), cand, cand)
		VMOVUPS(cand, at(pre, 64))
	})
	pre, h, y, n := loadGP("pre"), loadGP("h"), loadGP("y"), loadGP("n")
	unitLoop(n, map[GPVirtual]int{pre: 96, h: 32, y: 32}, []GPVirtual{pre, h, y}, func(io unitIO) {
		cand := divide(tanhParts(load(at(pre, 64)), expQ4))
		// z·h + (1-z)·g = g + z·(h-g).
		d := io.load(at(h, 0))
		VSUBPS(cand, d, d)
		d = divide(g.scale(load(at(pre, 0)), d, nil))
		VADDPS(cand, d, d)
		io.store(d, at(y, 0))
	})
	end()
}
