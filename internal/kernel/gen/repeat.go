package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// repeat emits the repetition of every value, by permutations of 8 values that make m vectors.
func repeat() {
	fn("repeat", "func(dst, src *float32, index *int32, n, m int)",
		"sets dst[i·m+j] = src[i] for i < n and j < m, n a multiple of 8; index has m vectors of lanes of src.")
	dst, src, n := loadGP("dst"), loadGP("src"), loadGP("n")
	loop, each := label("loop"), label("each")
	Label(loop)
	x, m, index := vec(), loadGP("m"), loadGP("index")
	VMOVUPS(at(src, 0), x)
	Label(each)
	y := vec()
	VMOVUPS(at(index, 0), y)
	VPERMPS(x, y, y)
	VMOVUPS(y, at(dst, 0))
	ADDQ(Imm(uint64(width)), index)
	ADDQ(Imm(uint64(width)), dst)
	DECQ(m)
	JNZ(LabelRef(each))
	ADDQ(Imm(uint64(width)), src)
	SUBQ(Imm(uint64(lanes())), n)
	JNZ(LabelRef(loop))
	end()
}
