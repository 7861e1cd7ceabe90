package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets in thinArgs.
const (
	thinA = 8 * iota
	thinZero
	thinOff
	thinPitch
	thinTaps
	thinK
	thinW
	thinBias
	thinY
	thinR
	thinGroups
)

// thinRows is how many rows are worked on together for 1 to 4 columns: as many as accumulators are left for, in fours.
var thinRows = []int{8, 6, 4, 3}

func thins() {
	for i, rows := range thinRows {
		thin(rows, i+1)
	}
}

// thin is thinGeneric for a fixed number of columns. The lanes of a vector are along k.
func thin(rows, columns int) {
	fn(fmt.Sprintf("thin%d", columns), "func(a *byte)", fmt.Sprintf("is thinGeneric for a thinArgs with %d columns.", columns))
	args := GP64()
	Load(Param("a"), args)
	locals := AllocLocal(2 * 8)
	taps, off0 := locals, locals.Offset(8)
	t := GP64()
	MOVQ(at(args, thinOff), t)
	MOVQ(t, off0)
	y, res := GP64(), GP64()
	MOVQ(at(args, thinY), y)
	MOVQ(at(args, thinR), res)

	group := label("group")
	Label(group)
	acc := vecs(rows * columns) // [row·columns+column]
	for _, v := range acc {
		zero(v)
	}
	w, off := GP64(), GP64()
	MOVQ(at(args, thinW), w)
	MOVQ(off0, off)
	n := GP64()
	MOVQ(at(args, thinTaps), n)
	tap := label("tap")
	Label(tap)
	MOVQ(n, taps)
	row := make([]GPVirtual, rows)
	for i := range row {
		row[i] = GP64()
		MOVLQSX(at(off, i*4), n)
		MOVQ(at(args, thinA), row[i])
		LEAQ(Mem{Base: row[i], Index: n, Scale: 4}, row[i])
		TESTQ(n, n)
		CMOVQLT(at(args, thinZero), row[i])
	}
	MOVQ(at(args, thinPitch), n)
	LEAQ(Mem{Base: off, Index: n, Scale: 4}, off)
	k := GP64()
	XORQ(k, k)
	loop := label("k")
	Label(loop)
	if columns < 4 {
		ws := vecs(columns)
		for c, v := range ws {
			VMOVUPS(at(w, c*width), v)
		}
		for i, r := range row {
			a := vec()
			VMOVUPS(Mem{Base: r, Index: k, Scale: 4}, a)
			for c, v := range ws {
				VFMADD231PS(v, a, acc[i*columns+c])
			}
		}
	} else { // there are registers for more rows than columns
		as := vecs(rows)
		for i, r := range row {
			VMOVUPS(Mem{Base: r, Index: k, Scale: 4}, as[i])
		}
		for c := range columns {
			v := vec()
			VMOVUPS(at(w, c*width), v)
			for i, a := range as {
				VFMADD231PS(v, a, acc[i*columns+c])
			}
		}
	}
	add(columns*width, w)
	add(lanes(), k)
	CMPQ(k, at(args, thinK))
	JL(LabelRef(loop))
	MOVQ(taps, n)
	DECQ(n)
	JNZ(LabelRef(tap))

	bias := GP64()
	MOVQ(at(args, thinBias), bias)
	for i := 0; i < len(acc); i += 4 {
		// The sums of four accumulators, side by side.
		VHADDPS(acc[i+1], acc[i], acc[i])
		VHADDPS(acc[i+3], acc[i+2], acc[i+2])
		VHADDPS(acc[i+2], acc[i], acc[i])
		VEXTRACTF128(Imm(1), acc[i], acc[i+1].AsX())
		sum := acc[i].AsX()
		VADDPS(acc[i+1].AsX(), sum, sum)
		VADDPS(at(bias, i*4), sum, sum)
		none := label("none")
		TESTQ(res, res)
		JZ(LabelRef(none))
		VADDPS(at(res, i*4), sum, sum)
		Label(none)
		VMOVUPS(sum, at(y, i*4))
	}
	add(len(acc)*4, y)
	last := label("last")
	TESTQ(res, res)
	JZ(LabelRef(last))
	add(len(acc)*4, res)
	Label(last)
	MOVQ(off0, off)
	add(rows*4, off)
	MOVQ(off, off0)
	DECQ(at(args, thinGroups))
	JNZ(LabelRef(group))
	end()
}
