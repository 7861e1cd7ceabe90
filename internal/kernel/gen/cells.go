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
	stepC
	stepLDC
	stepBias
	stepTail
)

const maxStepRows = 3

func cells() {
	for rows := 1; rows <= maxStepRows; rows++ {
		for gates := 1; gates <= 4; gates++ {
			emitCell(fmt.Sprintf("gates%dx%dAVX2", gates, rows), "is stepGatesGeneric", gates, rows, (*cellGen).storeSums)
		}
		emitCell(fmt.Sprintf("lstm%dAVX2", rows), "computes an LSTM step with sigmoid and tanh", 4, rows, (*cellGen).lstm)
		emitCell(fmt.Sprintf("gru%dAVX2", rows), "computes a GRU step, reset_after, with sigmoid and tanh", 3, rows, (*cellGen).gru)
	}
}

// cellGen emits the loop over blocks of units of a recurrent step. The sums of all gates of a block stay in registers
// over the loop along the state; what follows reads them from the stack.
type cellGen struct {
	gates, rows   int
	args, u       GPVirtual
	x, y, c, bias Mem // of the current block
	blocks        Mem
	sums          Mem // [row][gate]
}

func emitCell(name, doc string, gates, rows int, finish func(g *cellGen)) {
	fn(name, "func(a *byte)", fmt.Sprintf("%s %s for a stepArgs with %d gates and %d rows.", name, doc, gates, rows))
	g := &cellGen{gates: gates, rows: rows, args: GP64(), u: GP64()}
	Load(Param("a"), g.args)
	locals := AllocLocal(5*8 + gates*rows*32)
	g.x, g.y, g.c, g.bias, g.blocks = locals, locals.Offset(8), locals.Offset(16), locals.Offset(24), locals.Offset(32)
	g.sums = locals.Offset(40)
	for _, f := range []struct {
		field int
		local Mem
	}{{stepX, g.x}, {stepY, g.y}, {stepC, g.c}, {stepBias, g.bias}, {stepBlocks, g.blocks}} {
		t := GP64()
		MOVQ(at(g.args, f.field), t)
		MOVQ(t, f.local)
	}
	MOVQ(at(g.args, stepU), g.u)
	loop := label("block")
	Label(loop)
	g.products()
	finish(g)
	next := GP64()
	MOVQ(at(g.args, stepXBlock), next)
	SHLQ(Imm(2), next)
	ADDQ(next, g.x)
	if gates == 3 {
		bias := GP64()
		none := label("no_bias")
		MOVQ(g.bias, bias)
		TESTQ(bias, bias)
		JZ(LabelRef(none))
		ADDQ(Imm(32), g.bias)
		Label(none)
	}
	DECQ(g.blocks)
	JNZ(LabelRef(loop))
	end()
}

// products leaves in sums, for each row and gate, x + Σ h·u.
func (g *cellGen) products() {
	n := g.rows * g.gates
	split := splits(g.rows, g.gates)
	acc := make([][]VecVirtual, split)
	x, ldx := GP64(), GP64()
	MOVQ(g.x, x)
	MOVQ(at(g.args, stepLDX), ldx)
	acc[0] = ymms(n)
	for r := range g.rows {
		for q := range g.gates {
			VMOVUPS(at(x, q*32), acc[0][r*g.gates+q])
		}
		if r < g.rows-1 {
			LEAQ(Mem{Base: x, Index: ldx, Scale: 4}, x)
		}
	}
	if g.gates == 3 {
		bias := GP64()
		none := label("no_bias")
		MOVQ(g.bias, bias)
		TESTQ(bias, bias)
		JZ(LabelRef(none))
		for r := range g.rows {
			VMOVUPS(at(bias, 0), acc[0][r*g.gates+2])
		}
		Label(none)
	}
	for s := 1; s < split; s++ {
		acc[s] = ymms(n)
		for _, y := range acc[s] {
			zero(y)
		}
	}
	k := GP64()
	MOVQ(at(g.args, stepK), k)
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
	const unroll = 4
	width := g.gates * 32
	step := func(dk, s int) {
		hs := ymms(g.rows)
		for r := range h {
			VBROADCASTSS(Mem{Base: h[r], Index: k, Scale: 4, Disp: dk * 4}, hs[r])
		}
		for q := range g.gates {
			m := at(g.u, dk*width+q*32)
			if g.rows == 1 {
				VFMADD231PS(m, hs[0], acc[s][q])
				continue
			}
			w := YMM()
			VMOVUPS(m, w)
			for r := range h {
				VFMADD231PS(w, hs[r], acc[s][r*g.gates+q])
			}
		}
	}
	loop, rest, one, done := label("k"), label("k_rest"), label("k_one"), label("k_done")
	ADDQ(Imm(unroll), k)
	JG(LabelRef(rest))
	// Within the loop k is unroll ahead.
	for r := range h {
		SUBQ(Imm(unroll*4), h[r])
	}
	Label(loop)
	for i := range unroll {
		step(i, i%split)
	}
	ADDQ(U32(uint32(unroll*width)), g.u)
	ADDQ(Imm(unroll), k)
	JLE(LabelRef(loop))
	for r := range h {
		ADDQ(Imm(unroll*4), h[r])
	}
	Label(rest)
	SUBQ(Imm(unroll), k)
	JGE(LabelRef(done))
	Label(one)
	step(0, 0)
	ADDQ(U32(uint32(width)), g.u)
	INCQ(k)
	JNZ(LabelRef(one))
	Label(done)
	for n := split; n > 1; n /= 2 {
		for s := range n / 2 {
			for i, y := range acc[s] {
				VADDPS(acc[s+n/2][i], y, y)
			}
		}
	}
	for i, y := range acc[0] {
		VMOVUPS(y, g.sums.Offset(i*32))
	}
}

func (g *cellGen) sum(row, gate int) Mem { return g.sums.Offset((row*g.gates + gate) * 32) }

// storeSums writes the sums as they are.
func (g *cellGen) storeSums() {
	y, ld := GP64(), GP64()
	MOVQ(g.y, y)
	MOVQ(at(g.args, stepLDY), ld)
	for r := range g.rows {
		for q := range g.gates {
			t := YMM()
			VMOVUPS(g.sum(r, q), t)
			VMOVUPS(t, at(y, q*32))
		}
		LEAQ(Mem{Base: y, Index: ld, Scale: 4}, y)
	}
	ADDQ(U32(uint32(g.gates*32)), g.y)
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

// eachRow calls f for every row with its state vectors: f gets the old one (from c) and returns what to write to y and,
// if not nil, to c. The last block may be partial.
func (g *cellGen) eachRow(f func(row int, old VecVirtual) (y, c VecVirtual)) {
	y, c, ldy, ldc := GP64(), GP64(), GP64(), GP64()
	MOVQ(g.y, y)
	MOVQ(g.c, c)
	MOVQ(at(g.args, stepLDY), ldy)
	MOVQ(at(g.args, stepLDC), ldc)
	// n is the number of units of the block.
	n := GP64()
	tail := GP64()
	MOVQ(at(g.args, stepTail), tail)
	MOVQ(g.blocks, n)
	CMPQ(n, Imm(1))
	MOVQ(U32(lanes), n)
	CMOVQEQ(tail, n)
	for r := range g.rows {
		loaded, whole, stored, wholeStore := label("loaded"), label("whole"), label("stored"), label("whole_store")
		old := YMM()
		CMPQ(n, Imm(lanes))
		JE(LabelRef(whole))
		VMASKMOVPS(Mem{Base: c}, tailMask(n), old)
		JMP(LabelRef(loaded))
		Label(whole)
		VMOVUPS(Mem{Base: c}, old)
		Label(loaded)
		newY, newC := f(r, old)
		CMPQ(n, Imm(lanes))
		JE(LabelRef(wholeStore))
		mask := tailMask(n)
		VMASKMOVPS(newY, mask, Mem{Base: y})
		if newC != nil {
			VMASKMOVPS(newC, mask, Mem{Base: c})
		}
		JMP(LabelRef(stored))
		Label(wholeStore)
		VMOVUPS(newY, Mem{Base: y})
		if newC != nil {
			VMOVUPS(newC, Mem{Base: c})
		}
		Label(stored)
		if r < g.rows-1 {
			LEAQ(Mem{Base: y, Index: ldy, Scale: 4}, y)
			LEAQ(Mem{Base: c, Index: ldc, Scale: 4}, c)
		}
	}
	ADDQ(Imm(32), g.y)
	ADDQ(Imm(32), g.c)
}

func (g *cellGen) lstm() {
	g.eachRow(func(r int, c VecVirtual) (y, newC VecVirtual) {
		in, forget, out := sigmoidDen(load(g.sum(r, 0))), sigmoidDen(load(g.sum(r, 1))), sigmoidDen(load(g.sum(r, 3)))
		num, den := tanhParts(load(g.sum(r, 2)), expQ4)
		// f·c + i·g, with i·g as one quotient.
		VDIVPS(forget, c, c)
		VMULPS(den, in, in)
		VDIVPS(in, num, num)
		VADDPS(num, c, c)
		num, den = tanhParts(c, expQ4)
		VMULPS(den, out, out)
		VDIVPS(out, num, num)
		return num, c
	})
}

func (g *cellGen) gru() {
	x, ldx := GP64(), GP64()
	MOVQ(g.x, x)
	MOVQ(at(g.args, stepLDX), ldx)
	g.eachRow(func(r int, h VecVirtual) (y, _ VecVirtual) {
		z, reset := sigmoidDen(load(g.sum(r, 0))), sigmoidDen(load(g.sum(r, 1)))
		cand := load(g.sum(r, 2))
		VDIVPS(reset, cand, cand)
		VADDPS(at(x, 64), cand, cand)
		num, den := tanhParts(cand, expQ4)
		VDIVPS(den, num, num)
		// z·h + (1-z)·g = g + (h-g)/(1+exp(-z)).
		VSUBPS(num, h, h)
		VDIVPS(z, h, h)
		VADDPS(num, h, h)
		if r < g.rows-1 {
			LEAQ(Mem{Base: x, Index: ldx, Scale: 4}, x)
		}
		return h, nil
	})
}
