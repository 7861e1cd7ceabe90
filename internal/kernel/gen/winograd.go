package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The interpolation points of F(4,3) are 0, ±a, ±b and ∞.
const (
	winoA  = 0.75
	winoB  = 1.5
	winoA2 = winoA * winoA
	winoB2 = winoB * winoB
)

// Offsets in winoInputArgs.
const (
	winoInRows = 8 * iota
	_
	_
	_
	_
	_
	winoInFirst
	winoInLast
	winoInPixel
	winoInV
	winoInStride
	winoInBlocks
)

// Offsets in winoOutputArgs.
const (
	winoOutM = 8 * iota
	winoOutStride
	winoOutBias
	winoOutY
	winoOutRow
	winoOutPixel
	winoOutRows
	winoOutCols
	winoOutBlocks
	winoOutR
	winoOutLo // lo and hi share a word
)

func winograd() {
	emitWinogradInput()
	emitWinogradOutput()
	emitWinogradLineInput()
	for n := 2; n <= 5; n++ {
		emitWinogradLineOutput(n)
	}
}

// winogradFn begins a function with a 6×6 square of vectors on the stack.
func winogradFn(name, does string) (args GPVirtual, square Mem, counter Mem) {
	fnWithRoom(name, "func(a *byte)", does)
	args = GP64()
	Load(Param("a"), args)
	counter = AllocLocal(16)
	square = vectorLocals(36)
	return args, square, counter
}

// inputTransform is Bᵀ·d for one line of six.
func inputTransform(d []VecVirtual) []VecVirtual {
	out := vecs(6)
	t := vecs(4)
	sub := func(dst, x VecVirtual, c float64, y VecVirtual) { // dst = y - c·x
		VMOVAPS(y, dst)
		VFNMADD231PS(f32(c), x, dst)
	}
	sub(t[0], d[2], winoB2, d[4])
	sub(t[1], d[1], winoB2, d[3])
	VMULPS(f32(winoA), t[1], t[1])
	VADDPS(t[1], t[0], out[1])
	VSUBPS(t[1], t[0], out[2])
	sub(t[2], d[2], winoA2, d[4])
	sub(t[3], d[1], winoA2, d[3])
	VMULPS(f32(winoB), t[3], t[3])
	VADDPS(t[3], t[2], out[3])
	VSUBPS(t[3], t[2], out[4])
	sub(out[0], d[2], winoA2+winoB2, d[4])
	VFMADD231PS(f32(winoA2*winoB2), d[0], out[0])
	sub(out[5], d[3], winoA2+winoB2, d[5])
	VFMADD231PS(f32(winoA2*winoB2), d[1], out[5])
	return out
}

// outputTransform is Aᵀ·m for one line of six: n outputs, 2 to 5. m is destroyed.
func outputTransform(m []VecVirtual, n int) []VecVirtual {
	s1, d1, s2, d2 := vec(), m[1], vec(), m[3]
	VADDPS(m[2], m[1], s1)
	VSUBPS(m[2], m[1], d1)
	VADDPS(m[4], m[3], s2)
	VSUBPS(m[4], m[3], d2)
	y := vecs(n)
	VADDPS(s1, m[0], y[0])
	VADDPS(s2, y[0], y[0])
	a, b := 1.0, 1.0
	for i := 1; i < n; i++ {
		a, b = a*winoA, b*winoB
		pa, pb := d1, d2
		if i%2 == 0 {
			pa, pb = s1, s2
		}
		if i == n-1 {
			VMOVAPS(m[5], y[i])
			VFMADD231PS(f32(a), pa, y[i])
		} else {
			VMULPS(f32(a), pa, y[i])
		}
		VFMADD231PS(f32(b), pb, y[i])
	}
	return y
}

func emitWinogradInput() {
	args, square, counter := winogradFn("winoInput", "is winoInputGeneric for a winoInputArgs.")
	c := GP64() // byte offset of the channels
	XORQ(c, c)
	blocks := GP64()
	MOVQ(at(args, winoInBlocks), blocks)
	MOVQ(blocks, counter)
	blockLoop(counter, func() {
		winogradInputBlock(args, c, square)
		add(width, c)
	})
	end()
}

func winogradInputBlock(args, c GPVirtual, square Mem) {
	rows := make([]GPVirtual, 6)
	for i := range rows {
		rows[i] = GP64()
		MOVQ(at(args, winoInRows+8*i), rows[i])
	}
	column := GP64()
	MOVQ(c, column)
	for x := range 6 {
		outside, next := label("outside"), label("next")
		CMPQ(at(args, winoInFirst), Imm(uint64(x)))
		JG(LabelRef(outside))
		CMPQ(at(args, winoInLast), Imm(uint64(x)))
		JLE(LabelRef(outside))
		d := vecs(6)
		for i, r := range rows {
			VMOVUPS(Mem{Base: r, Index: column, Scale: 1}, d[i])
		}
		for i, y := range inputTransform(d) {
			VMOVUPS(y, square.Offset((i*6+x)*width))
		}
		ADDQ(at(args, winoInPixel), column)
		JMP(LabelRef(next))
		Label(outside)
		z := vec()
		zero(z)
		for i := range 6 {
			VMOVUPS(z, square.Offset((i*6+x)*width))
		}
		Label(next)
	}
	v, stride := GP64(), GP64()
	MOVQ(at(args, winoInV), v)
	ADDQ(c, v)
	MOVQ(at(args, winoInStride), stride)
	for i := range 6 {
		d := vecs(6)
		for x := range d {
			VMOVUPS(square.Offset((i*6+x)*width), d[x])
		}
		for _, y := range inputTransform(d) {
			VMOVUPS(y, Mem{Base: v})
			ADDQ(stride, v)
		}
	}
}

func emitWinogradOutput() {
	args, square, counter := winogradFn("winoOutput", "is winoOutputGeneric for a winoOutputArgs.")
	c := GP64()
	XORQ(c, c)
	blocks := GP64()
	MOVQ(at(args, winoOutBlocks), blocks)
	MOVQ(blocks, counter)
	lo, hi := vec(), vec()
	VBROADCASTSS(at(args, winoOutLo), lo)
	VBROADCASTSS(at(args, winoOutLo+4), hi)
	blockLoop(counter, func() {
		winogradOutputBlock(args, c, square, fit(lo), fit(hi))
		add(width, c)
	})
	end()
}

func winogradOutputBlock(args, c GPVirtual, square Mem, lo, hi Register) {
	stride, six := GP64(), GP64()
	MOVQ(at(args, winoOutStride), stride)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, six)
	ADDQ(six, six)
	first := GP64()
	MOVQ(at(args, winoOutM), first)
	ADDQ(c, first)
	for j := range 6 {
		p := GP64()
		MOVQ(first, p)
		m := vecs(6)
		for i := range m {
			VMOVUPS(Mem{Base: p}, m[i])
			if i < 5 {
				ADDQ(six, p)
			}
		}
		for r, y := range outputTransform(m, 4) {
			VMOVUPS(y, square.Offset((r*6+j)*width))
		}
		ADDQ(stride, first)
	}
	y, residual, b := outputPlaces(args, c)
	rows, done := GP64(), label("rows_done")
	MOVQ(at(args, winoOutRows), rows)
	for r := range 4 {
		m := vecs(6)
		for j := range m {
			VMOVUPS(square.Offset((r*6+j)*width), m[j])
		}
		storeOutputs(args, outputTransform(m, 4), y, residual, b, lo, hi)
		DECQ(rows)
		JZ(LabelRef(done))
		ADDQ(at(args, winoOutRow), y)
	}
	Label(done)
}

// outputPlaces returns where the outputs of the channels at byte offset c begin, how far the residual is from them, and
// their bias.
func outputPlaces(args, c GPVirtual) (y, residual GPVirtual, b VecVirtual) {
	y, residual, b = GP64(), GP64(), vec()
	// The residual is laid out like the output: one distance reaches it from everywhere.
	MOVQ(at(args, winoOutR), residual)
	SUBQ(at(args, winoOutY), residual)
	MOVQ(at(args, winoOutY), y)
	ADDQ(c, y)
	bias := GP64()
	MOVQ(at(args, winoOutBias), bias)
	VMOVUPS(Mem{Base: bias, Index: c, Scale: 1}, b)
	return y, residual, b
}

// storeOutputs finishes the outputs of a line from y on.
func storeOutputs(args GPVirtual, outputs []VecVirtual, y, residual GPVirtual, bias VecVirtual, lo, hi Register) {
	p, cols := GP64(), GP64()
	MOVQ(y, p)
	MOVQ(at(args, winoOutCols), cols)
	done := label("cols_done")
	for _, v := range outputs {
		VADDPS(bias, v, v)
		none := label("no_residual")
		CMPQ(at(args, winoOutR), Imm(0))
		JE(LabelRef(none))
		VADDPS(Mem{Base: p, Index: residual, Scale: 1}, v, v)
		Label(none)
		VMAXPS(v, lo, v)
		VMINPS(v, hi, v)
		VMOVUPS(v, Mem{Base: p})
		DECQ(cols)
		JZ(LabelRef(done))
		ADDQ(at(args, winoOutPixel), p)
	}
	Label(done)
}

func emitWinogradLineInput() {
	fn("winoLineInput", "func(a *byte)", "is winoLineInputGeneric for a winoInputArgs.")
	args, c, blocks := GP64(), GP64(), AllocLocal(8)
	Load(Param("a"), args)
	XORQ(c, c)
	t := GP64()
	MOVQ(at(args, winoInBlocks), t)
	MOVQ(t, blocks)
	blockLoop(blocks, func() {
		p := GP64()
		MOVQ(at(args, winoInRows), p)
		ADDQ(c, p)
		d := vecs(6)
		for x, y := range d {
			outside := label("outside")
			zero(y)
			CMPQ(at(args, winoInFirst), Imm(uint64(x)))
			JG(LabelRef(outside))
			CMPQ(at(args, winoInLast), Imm(uint64(x)))
			JLE(LabelRef(outside))
			VMOVUPS(Mem{Base: p}, y)
			ADDQ(at(args, winoInPixel), p)
			Label(outside)
		}
		v := GP64()
		MOVQ(at(args, winoInV), v)
		ADDQ(c, v)
		for _, y := range inputTransform(d) {
			VMOVUPS(y, Mem{Base: v})
			ADDQ(at(args, winoInStride), v)
		}
		add(width, c)
	})
	end()
}

// emitWinogradLineOutput is for tiles of n outputs.
func emitWinogradLineOutput(n int) {
	fn(fmt.Sprintf("winoLineOutput%d", n), "func(a *byte)", fmt.Sprintf("is winoLineOutputGeneric for a winoOutputArgs and tiles of %d.", n))
	args, c, blocks := GP64(), GP64(), AllocLocal(8)
	Load(Param("a"), args)
	XORQ(c, c)
	t := GP64()
	MOVQ(at(args, winoOutBlocks), t)
	MOVQ(t, blocks)
	lo, hi := vec(), vec()
	VBROADCASTSS(at(args, winoOutLo), lo)
	VBROADCASTSS(at(args, winoOutLo+4), hi)
	blockLoop(blocks, func() {
		p := GP64()
		MOVQ(at(args, winoOutM), p)
		ADDQ(c, p)
		m := vecs(6)
		for i, v := range m {
			VMOVUPS(Mem{Base: p}, v)
			if i < 5 {
				ADDQ(at(args, winoOutStride), p)
			}
		}
		y, residual, b := outputPlaces(args, c)
		storeOutputs(args, outputTransform(m, n), y, residual, b, fit(lo), fit(hi))
		add(width, c)
	})
	end()
}
