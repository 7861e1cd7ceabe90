package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// transpose emits the packing of 16 rows into a panel, 8 columns at a time.
func transpose() {
	fn("transposePanel", "func(panel, src *float32, ld, k int)", "sets panel[p][c] = src[c·ld+p] for c < 16 and p < k, k a multiple of 8.")
	dst := Load(Param("panel"), GP64())
	src := Load(Param("src"), GP64())
	ld := Load(Param("ld"), GP64())
	k := Load(Param("k"), GP64())
	SHLQ(Imm(2), ld)
	loop, done := label("loop"), label("done")
	TESTQ(k, k)
	JZ(LabelRef(done))
	Label(loop)
	row := GP64()
	MOVQ(src, row)
	for half := range 2 {
		rows := make([]VecVirtual, 8)
		for i := range rows {
			rows[i] = YMM()
			VMOVUPS(Mem{Base: row}, rows[i])
			ADDQ(ld, row)
		}
		for i, y := range transpose8(rows) {
			VMOVUPS(y, at(dst.(GPVirtual), i*64+half*32))
		}
	}
	ADDQ(Imm(32), src)
	ADDQ(U32(8*64), dst)
	SUBQ(Imm(8), k)
	JNZ(LabelRef(loop))
	Label(done)
	end()
}

// transposeTiles emits the transposition of a matrix, tile by tile.
func transposeTiles() {
	fn("transposeTiles", "func(dst, src *float32, rows, cols, ldd, lds int)",
		"sets dst[r·ldd+c] = src[c·lds+r] for r < rows and c < cols, both multiples of 8.")
	dst, src, rows, ldd, lds := loadGP("dst"), loadGP("src"), loadGP("rows"), loadGP("ldd"), loadGP("lds")
	SHLQ(Imm(2), ldd)
	SHLQ(Imm(2), lds)
	down, across := label("down"), label("across")
	Label(down)
	cols, to, from := loadGP("cols"), fresh(dst), fresh(src)
	Label(across)
	r := make([]VecVirtual, 8)
	for i := range r {
		r[i] = YMM()
		VMOVUPS(Mem{Base: from}, r[i])
		ADDQ(lds, from)
	}
	row := fresh(to)
	for _, y := range transpose8(r) {
		VMOVUPS(y, Mem{Base: row})
		ADDQ(ldd, row)
	}
	ADDQ(Imm(32), to)
	SUBQ(Imm(8), cols)
	JNZ(LabelRef(across))
	ADDQ(Imm(32), src)
	LEAQ(Mem{Base: dst, Index: ldd, Scale: 8}, dst)
	SUBQ(Imm(8), rows)
	JNZ(LabelRef(down))
	end()
}

// transpose8 transposes an 8×8 block held in registers.
func transpose8(r []VecVirtual) []VecVirtual {
	var u, v, out [8]VecVirtual
	for i := 0; i < 8; i += 2 {
		u[i], u[i+1] = YMM(), r[i+1]
		VUNPCKLPS(r[i+1], r[i], u[i])
		VUNPCKHPS(r[i+1], r[i], u[i+1])
	}
	for i := 0; i < 8; i += 4 {
		for j := range 2 {
			v[i+2*j], v[i+2*j+1] = YMM(), YMM()
			VSHUFPS(Imm(0x44), u[i+2+j], u[i+j], v[i+2*j])
			VSHUFPS(Imm(0xee), u[i+2+j], u[i+j], v[i+2*j+1])
		}
	}
	for i := range 4 {
		out[i], out[i+4] = YMM(), YMM()
		VPERM2F128(Imm(0x20), v[i+4], v[i], out[i])
		VPERM2F128(Imm(0x31), v[i+4], v[i], out[i+4])
	}
	return out[:]
}
