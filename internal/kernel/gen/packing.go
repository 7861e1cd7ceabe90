package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// copyPanel emits the packing of 16 columns into a panel, plain and multiplied by factors.
func copyPanel() {
	for _, scaled := range []bool{false, true} {
		name, signature, doc := "copyPanel", "func(panel, src *float32, ld, k int)", "src[p·ld+c]"
		if scaled {
			name, signature, doc = "copyPanelScaled", "func(panel, src *float32, ld, k int, scale *float32)", "src[p·ld+c]·scale[c]"
		}
		fn(name, signature, "sets panel[p][c] = "+doc+" for c < 16 and p < k.")
		dst, src, ld, k := loadGP("panel"), loadGP("src"), loadGP("ld"), loadGP("k")
		var scale []VecVirtual
		if scaled {
			p := loadGP("scale")
			scale = []VecVirtual{load(at(p, 0)), load(at(p, 32))}
		}
		SHLQ(Imm(2), ld)
		loop, done := label("loop"), label("done")
		TESTQ(k, k)
		JZ(LabelRef(done))
		Label(loop)
		PREFETCHT0(at(src, 128)) // for the panel after the next: rows lie too far apart for the processor to foresee them
		for v := range 2 {
			y := YMM()
			if scaled {
				VMULPS(at(src, v*32), scale[v], y)
			} else {
				VMOVUPS(at(src, v*32), y)
			}
			VMOVUPS(y, at(dst, v*32))
		}
		ADDQ(ld, src)
		ADDQ(Imm(64), dst)
		DECQ(k)
		JNZ(LabelRef(loop))
		Label(done)
		end()
	}
}

var doubles = map[uint64]Mem{}

// f64 is a vector of equal float64 constants in memory.
func f64(v float64) Mem {
	b := math.Float64bits(v)
	if m, ok := doubles[b]; ok {
		return m
	}
	m := GLOBL(fmt.Sprintf("vec_%016x", b), attr.RODATA|attr.NOPTR)
	for i := range 4 {
		DATA(i*8, U64(b))
	}
	doubles[b] = m
	return m
}

// winogradWeights emits the transform of the weights of one input channel and 16 output channels: in float64, into the
// 36 lines, which then go to their places past the caches, where they are not wanted soon.
func winogradWeights() {
	fn("winoWeights", "func(dst, lines, src, scale *float32, size, tap, ld, n int)",
		"sets dst[f·size+16·i+c], f < 36, i < n and c < 16, to the transform of src[t·tap+i·ld+c]·scale[c], t < 9. dst begins a cache line. lines is scratch.")
	to, lines, from, factors, size, tap := loadGP("dst"), loadGP("lines"), loadGP("src"), loadGP("scale"), loadGP("size"), loadGP("tap")
	square := AllocLocal(3*6*32 + 8)
	count := square.Offset(3 * 6 * 32)
	MOVQ(loadGP("n"), count)
	SHLQ(Imm(2), size)
	SHLQ(Imm(2), tap)
	next := label("next")
	Label(next)
	dst, src, scale, q := GP64(), GP64(), GP64(), GP64()
	MOVQ(to, dst)
	MOVQ(from, src)
	MOVQ(factors, scale)
	MOVQ(U32(4), q)
	quad := label("quad")
	Label(quad)
	factor := YMM()
	VCVTPS2PD(at(scale, 0), factor)
	tap3 := GP64()
	LEAQ(Mem{Base: tap, Index: tap, Scale: 2}, tap3)
	column := GP64()
	MOVQ(src, column)
	for kx := range 3 {
		g := []VecVirtual{YMM(), YMM(), YMM()}
		for ky, m := range []Mem{{Base: column}, {Base: column, Index: tap3, Scale: 1}, {Base: column, Index: tap3, Scale: 2}} {
			VCVTPS2PD(m, g[ky])
			VMULPD(factor, g[ky], g[ky])
		}
		for i, y := range winoWeightLine(g) {
			VMOVUPD(y, square.Offset((kx*6+i)*32))
		}
		ADDQ(tap, column)
	}
	for i := range 6 {
		g := []VecVirtual{YMM(), YMM(), YMM()}
		for kx := range g {
			VMOVUPD(square.Offset((kx*6+i)*32), g[kx])
		}
		for j, y := range winoWeightLine(g) {
			x := XMM()
			VCVTPD2PSY(y, x)
			VMOVUPS(x, at(lines, (i*6+j)*64))
		}
	}
	ADDQ(Imm(16), src)
	ADDQ(Imm(16), scale)
	ADDQ(Imm(16), lines)
	DECQ(q)
	JNZ(LabelRef(quad))
	SUBQ(Imm(64), lines)
	n := GP64()
	MOVQ(U32(36), n)
	place := label("place")
	Label(place)
	for v := range 2 {
		y := YMM()
		VMOVUPS(at(lines, v*32), y)
		VMOVNTPS(y, at(dst, v*32))
	}
	ADDQ(size, dst)
	ADDQ(Imm(64), lines)
	DECQ(n)
	JNZ(LabelRef(place))
	SUBQ(U32(36*64), lines)
	ADDQ(Imm(64), to)
	ld := loadGP("ld")
	LEAQ(Mem{Base: from, Index: ld, Scale: 4}, from)
	MOVQ(count, n)
	DECQ(n)
	MOVQ(n, count)
	JNZ(LabelRef(next))
	SFENCE()
	end()
}

// winoWeightLine is the function of that name in package kernel.
func winoWeightLine(g []VecVirtual) [6]VecVirtual {
	const (
		ka = 1 / (2 * winoA2 * (winoA2 - winoB2))
		kb = 1 / (2 * winoB2 * (winoB2 - winoA2))
	)
	var out [6]VecVirtual
	out[0], out[5] = YMM(), g[2]
	VMULPD(f64(1/(winoA2*winoB2)), g[0], out[0])
	for i, c := range []struct{ square, factor, odd float64 }{{winoA2, ka, ka * winoA}, {winoB2, kb, kb * winoB}} {
		even, odd, sum, diff := YMM(), YMM(), YMM(), YMM()
		VMOVUPD(f64(c.square), even)
		VFMADD213PD(g[0], g[2], even)
		VMULPD(f64(c.factor), even, even)
		VMULPD(f64(c.odd), g[1], odd)
		VADDPD(odd, even, sum)
		VSUBPD(odd, even, diff)
		out[1+2*i], out[2+2*i] = sum, diff
	}
	return out
}
