package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Functions of rows take all rows in a call: rows are often short.
func rowFunctions() {
	softmax()
	layerNorm()
	gatherRows()
}

// eachRow emits body for every row, with registers of its own that point to the row.
func eachRow(rows, n GPVirtual, pointers []GPVirtual, body func()) {
	loop := label("rows")
	Label(loop)
	body()
	for _, p := range pointers {
		LEAQ(Mem{Base: p, Index: n, Scale: 4}, p)
	}
	DECQ(rows)
	JNZ(LabelRef(loop))
}

// fresh is a copy of r that may be used up.
func fresh(r GPVirtual) GPVirtual {
	c := GP64()
	MOVQ(r, c)
	return c
}

// softmax leaves NaN in all of a row that has one: its sum is NaN, whatever the maximum.
func softmax() {
	fn("softmax", "func(dst, src *float32, n, rows int)", "sets rows rows of n values of dst to the softmax of those of src.")
	dst, src, n := loadGP("dst"), loadGP("src"), loadGP("n")
	long, done := label("long"), label("done")
	CMPQ(n, Imm(uint64(lanes())))
	JG(LabelRef(long))
	shortSoftmax(dst, src, n)
	JMP(LabelRef(done))
	Label(long)
	eachRow(loadGP("rows"), n, []GPVirtual{dst, src}, func() {
		shift := vecs(4)
		for _, a := range shift {
			VMOVUPS(f32(math.Inf(-1)), a)
		}
		x := fresh(src)
		foldLoop([]GPVirtual{x}, fresh(n), func(i int) {
			VMAXPS(at(x, i*width), shift[i], shift[i])
		}, func(mask Register) {
			v := vec()
			loadVec(at(x, 0), mask, v)
			blend(mask, v, shift[0], v)
			VMAXPS(v, shift[0], shift[0])
		})
		VMAXPS(shift[1], shift[0], shift[0])
		VMAXPS(shift[3], shift[2], shift[2])
		VMAXPS(shift[2], shift[0], shift[0])
		broadcastMax(shift[0])
		inverse := inverseOf(expSumLoop(fresh(dst), fresh(src), fresh(n), shift[0]))
		y := fresh(dst)
		eachVector(fresh(n), []GPVirtual{y}, func(io unitIO) {
			v := io.load(at(y, 0))
			VMULPS(inverse, v, v)
			io.store(v, at(y, 0))
		})
	})
	Label(done)
	end()
}

// shortSoftmax is for rows that fit a vector. Four rows are loaded before one is stored: the processor takes a load for
// as wide as its vector, and has it wait for the stores before.
func shortSoftmax(dst, src, n GPVirtual) {
	rows, thrice, bytes := loadGP("rows"), GP64(), GP64()
	LEAQ(Mem{Base: n, Index: n, Scale: 2}, thrice)
	SHLQ(Imm(2), thrice)
	MOVQ(n, bytes)
	SHLQ(Imm(2), bytes)
	mask, least := tailMask(n), load(f32(math.Inf(-1)))
	row := func(p GPVirtual, i int) Mem {
		switch i {
		case 1, 2:
			return Mem{Base: p, Index: bytes, Scale: uint8(i)}
		case 3:
			return Mem{Base: p, Index: thrice, Scale: 1}
		}
		return at(p, 0)
	}
	group := func(count int) {
		ys := vecs(count)
		for i, x := range ys {
			loadVec(row(src, i), mask, x)
		}
		for i, x := range ys {
			shift, sum := vec(), vec()
			blend(mask, x, least, shift)
			broadcastMax(shift)
			VSUBPS(shift, x, x)
			y := expNotHigh(x)
			keep(mask, y)
			VMOVAPS(y, sum)
			horizontal(sum, func(a, b, c Op) { VADDPS(a, b, c) })
			VMULPS(inverseOf(sum), y, y)
			ys[i] = y
		}
		for i, y := range ys {
			storeVec(y, mask, row(dst, i))
		}
		for _, p := range []GPVirtual{src, dst} {
			LEAQ(Mem{Base: p, Index: bytes, Scale: uint8(count)}, p)
		}
		SUBQ(Imm(uint64(count)), rows)
	}
	four, one, done := label("four"), label("one"), label("short_done")
	Label(four)
	CMPQ(rows, Imm(4))
	JL(LabelRef(one))
	group(4)
	JMP(LabelRef(four))
	Label(one)
	TESTQ(rows, rows)
	JZ(LabelRef(done))
	group(1)
	JMP(LabelRef(one))
	Label(done)
}

// broadcastMax sets all lanes to the largest.
func broadcastMax(x VecVirtual) {
	horizontal(x, func(a, b, c Op) { VMAXPS(a, b, c) })
	VBROADCASTSS(x.AsX(), x)
}

// inverseOf is a vector of the inverse of the first lane.
func inverseOf(x VecVirtual) VecVirtual {
	y := load(f32(1))
	VDIVSS(x.AsX(), y.AsX(), y.AsX())
	VBROADCASTSS(y.AsX(), y)
	return y
}

func layerNorm() {
	fn("layerNorm", "func(dst, src, gamma, beta *float32, n, rows int, epsilon float32)",
		"sets rows rows of n values of dst to those of src with mean 0 and variance 1, times gamma and plus beta.")
	dst, src, n := loadGP("dst"), loadGP("src"), loadGP("n")
	eachRow(loadGP("rows"), n, []GPVirtual{dst, src}, func() {
		count, mean := XMM(), vec()
		VXORPS(count, count, count)
		VCVTSI2SSQ(n, count, count)
		sum := foldSum([]GPVirtual{fresh(src)}, fresh(n), nil, addValue)
		VDIVSS(count, sum.AsX(), sum.AsX())
		VBROADCASTSS(sum.AsX(), mean)
		squares := foldSum([]GPVirtual{fresh(src)}, fresh(n), mean, addSquare).AsX()
		VDIVSS(count, squares, squares)
		epsilon, err := Param("epsilon").Resolve()
		if err != nil {
			panic(err)
		}
		VADDSS(epsilon.Addr, squares, squares)
		VCVTSS2SD(squares, squares, squares)
		VSQRTSD(squares, squares, squares)
		one, scale := XMM(), vec()
		VMOVSS(f32(1), one)
		VCVTSS2SD(one, one, one)
		VDIVSD(squares, one, one)
		VCVTSD2SS(one, one, one)
		VBROADCASTSS(one, scale)
		x, y, gamma, beta := fresh(src), fresh(dst), loadGP("gamma"), loadGP("beta")
		eachVector(fresh(n), []GPVirtual{x, y, gamma, beta}, func(io unitIO) {
			v := io.load(at(x, 0))
			VSUBPS(mean, v, v)
			VMULPS(scale, v, v)
			VFMADD213PS(io.load(at(beta, 0)), io.load(at(gamma, 0)), v)
			io.store(v, at(y, 0))
		})
	})
	end()
}

// gatherRows fetches rows a few ahead: they may be anywhere.
func gatherRows() {
	const ahead = 8
	fn("gatherRows", "func(dst, table *float32, ids *int32, n, count int)", "sets row i of n values of dst to row ids[i] of table, for i < count.")
	dst, table, ids, n, left := loadGP("dst"), loadGP("table"), loadGP("ids"), loadGP("n"), loadGP("count")
	size, last := GP64(), GP64()
	LEAQ(Mem{Base: ids, Index: left, Scale: 4, Disp: -4}, last)
	MOVQ(n, size)
	SHLQ(Imm(2), size)
	eachRow(left, n, []GPVirtual{dst}, func() {
		id := GP64()
		LEAQ(at(ids, ahead*4), id)
		CMPQ(id, last)
		CMOVQHI(last, id)
		MOVLQSX(Mem{Base: id}, id)
		IMULQ(size, id)
		PREFETCHT0(Mem{Base: table, Index: id, Scale: 1})
		row := GP64()
		MOVLQSX(Mem{Base: ids}, row)
		IMULQ(size, row)
		ADDQ(table, row)
		to := fresh(dst)
		eachVector(fresh(n), []GPVirtual{row, to}, func(io unitIO) {
			io.store(io.load(at(row, 0)), at(to, 0))
		})
		ADDQ(Imm(4), ids)
	})
	end()
}
