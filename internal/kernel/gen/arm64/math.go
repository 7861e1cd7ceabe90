package main

import (
	"fmt"
	"math"
)

// More words; see main.go.
func (g *gen) fsub(d, n, m int) { g.vector("fsub", 0x4ea0d400, d, n, m) }
func (g *gen) fmul(d, n, m int) { g.vector("fmul", 0x6e20dc00, d, n, m) }
func (g *gen) fdiv(d, n, m int) { g.vector("fdiv", 0x6e20fc00, d, n, m) }

// mla and mls write d ± n·m.
func (g *gen) mla(d, n, m int) { g.vector("fmla", 0x4e20cc00, d, n, m) }
func (g *gen) mls(d, n, m int) { g.vector("fmls", 0x4ea0cc00, d, n, m) }

// and, orr work on bits; bsl writes d = d ? n : m bit by bit.
func (g *gen) and(d, n, m int) { g.vector("and", 0x4e201c00, d, n, m) }
func (g *gen) orr(d, n, m int) { g.vector("orr", 0x4ea01c00, d, n, m) }
func (g *gen) bsl(d, n, m int) { g.vector("bsl", 0x6e601c00, d, n, m) }

func (g *gen) add(d, n, m int) { g.vector("add", 0x4ea08400, d, n, m) }
func (g *gen) sub(d, n, m int) { g.vector("sub", 0x6ea08400, d, n, m) }

func (g *gen) unary(name string, code uint32, d, n int) {
	g.op("WORD $0x%08x // %s v%d.4s, v%d.4s", code|uint32(n)<<5|uint32(d), name, d, n)
}

func (g *gen) fabs(d, n int)   { g.unary("fabs", 0x4ea0f800, d, n) }
func (g *gen) fneg(d, n int)   { g.unary("fneg", 0x6ea0f800, d, n) }
func (g *gen) frintn(d, n int) { g.unary("frintn", 0x4e218800, d, n) }
func (g *gen) fcvtns(d, n int) { g.unary("fcvtns", 0x4e21a800, d, n) }
func (g *gen) fltz(d, n int)   { g.unary("fcmlt-zero", 0x4ea0e800, d, n) }
func (g *gen) shl23(d, n int)  { g.unary("shl-23", 0x4f375400, d, n) }
func (g *gen) sshr1(d, n int)  { g.unary("sshr-1", 0x4f3f0400, d, n) }
func (g *gen) mov(d, n int)    { g.orr(d, n, n) }

// Constants of the functions, in registers from firstConst on.
const (
	cLog2E = iota
	cLn2Hi
	cLn2Lo
	cQ0
	cQ1
	cQ2
	cQ3
	cQ4
	cQ5
	cOne
	cBias // 127 as an integer
	cLow
	cHigh
	cSign
	cTanhLow // where exp(x)-1 is -1 and 2^n still normal
	constants

	firstConst = 32 - constants
)

// The polynomial and the split of ln 2 are those of the amd64 kernels.
func constantBits() [constants]uint32 {
	f := func(v float64) uint32 { return math.Float32bits(float32(v)) }
	const hi = 0.693145751953125
	return [constants]uint32{
		f(math.Log2E), f(hi), f(math.Ln2 - hi),
		f(0.5000000013538728), f(0.16666666681704134), f(0.041666464197423335), f(0.008333310844672072), f(0.0013933730714054831), f(0.00019891080448954405),
		f(1), 127, f(-104), f(89), 1 << 31, f(-80),
	}
}

func k(c int) int { return firstConst + c }

func (g *gen) elementwise() {
	for i, v := range constantBits() {
		fmt.Fprintf(&g.asm, "\nDATA math_constants<>+%d(SB)/4, $0x%08x", 4*i, v)
	}
	fmt.Fprintf(&g.asm, "\nGLOBL math_constants<>(SB), RODATA|NOPTR, $%d\n", 4*constants)
	g.mapping("exp", func() { g.exp(0) })
	g.mapping("sigmoid", g.sigmoid)
	g.mapping("tanh", g.tanh)
	g.binary("add", g.fadd)
	g.binary("sub", g.fsub)
	g.binary("mul", g.fmul)
	g.binary("div", g.fdiv)
	g.binary("max", g.fmax)
	g.binary("min", g.fmin)
}

// mapping writes a loop over vectors; body turns V0 into its function.
func (g *gen) mapping(name string, body func()) {
	fmt.Fprintf(&g.stubs, "\n// %sNEON sets dst[i] to the function of src[i] for i < n, n a positive multiple of 4.\n//\n//go:noescape\nfunc %sNEON(dst, src *float32, n int)\n", name, name)
	fmt.Fprintf(&g.asm, "\n// func %sNEON(dst, src *float32, n int)\nTEXT ·%sNEON(SB), NOSPLIT, $0-24\n", name, name)
	g.op("MOVD dst+0(FP), R0")
	g.op("MOVD src+8(FP), R1")
	g.op("MOVD n+16(FP), R2")
	g.op("MOVD $math_constants<>(SB), R3")
	for c := range constants {
		g.op("VLD1R.P 4(R3), [V%d.S4]", k(c))
	}
	loop := g.label("loop")
	g.at(loop)
	g.op("VLD1.P 16(R1), [V0.S4]")
	body()
	g.op("VST1.P [V0.S4], 16(R0)")
	g.op("SUBS $4, R2, R2")
	g.op("BGT %s", loop)
	g.op("RET")
}

// binary writes a loop over vectors of two sources.
func (g *gen) binary(name string, op func(d, n, m int)) {
	fmt.Fprintf(&g.stubs, "\n// %sNEON combines a[i] and b[i] into dst[i] for i < n, n a positive multiple of 4.\n//\n//go:noescape\nfunc %sNEON(dst, a, b *float32, n int)\n", name, name)
	fmt.Fprintf(&g.asm, "\n// func %sNEON(dst, a, b *float32, n int)\nTEXT ·%sNEON(SB), NOSPLIT, $0-32\n", name, name)
	g.op("MOVD dst+0(FP), R0")
	g.op("MOVD a+8(FP), R1")
	g.op("MOVD b+16(FP), R2")
	g.op("MOVD n+24(FP), R3")
	loop := g.label("loop")
	g.at(loop)
	g.op("VLD1.P 16(R1), [V0.S4]")
	g.op("VLD1.P 16(R2), [V1.S4]")
	op(0, 0, 1)
	g.op("VST1.P [V0.S4], 16(R0)")
	g.op("SUBS $4, R3, R3")
	g.op("BGT %s", loop)
	g.op("RET")
}

// reduce writes Vx = n·ln2 + r: n goes to V1, exp(r)-1 to V2; V3 and V4 are used.
func (g *gen) reduce(x int) {
	const n, p, r, r2 = 1, 2, 3, 4
	g.fmul(n, x, k(cLog2E))
	g.frintn(n, n)
	g.mov(r, x)
	g.mls(r, n, k(cLn2Hi))
	g.mls(r, n, k(cLn2Lo))
	g.mov(p, k(cQ5))
	for c := cQ4; c >= cQ0; c-- {
		g.mov(r2, k(c))
		g.mla(r2, p, r)
		g.mov(p, r2)
	}
	g.fmul(r2, r, r)
	g.mla(r, r2, p)
	g.mov(p, r)
}

// exp turns Vx into its exponential; V1..V4 are used.
func (g *gen) exp(x int) {
	g.fmax(x, x, k(cLow))
	g.fmin(x, x, k(cHigh))
	g.reduce(x)
	g.fadd(x, 2, k(cOne))
	// 2^n in two factors, since n exceeds the exponents of normal numbers at both ends.
	g.fcvtns(1, 1)
	g.sshr1(3, 1)
	g.sub(1, 1, 3)
	for _, v := range []int{3, 1} {
		g.add(v, v, k(cBias))
		g.shl23(v, v)
		g.fmul(x, x, v)
	}
}

func (g *gen) sigmoid() {
	const x, t, num = 0, 5, 6
	g.fabs(t, x)
	g.fneg(t, t)
	g.exp(t)
	// exp(-|x|) is the numerator for negative x.
	g.fltz(num, x)
	g.bsl(num, t, k(cOne))
	g.fadd(t, t, k(cOne))
	g.fdiv(0, num, t)
}

func (g *gen) tanh() {
	const x, y, t, sign = 0, 5, 6, 7
	g.fabs(y, x)
	g.fadd(y, y, y)
	g.fneg(y, y)
	g.fmax(y, y, k(cTanhLow))
	// exp(y)-1 = 2^n·(exp(r)-1) + (2^n-1).
	g.reduce(y)
	g.fcvtns(1, 1)
	g.add(1, 1, k(cBias))
	g.shl23(1, 1)
	g.fsub(t, 1, k(cOne))
	g.mla(t, 1, 2)
	g.fadd(y, t, k(cOne))
	g.fadd(y, y, k(cOne))
	g.fabs(t, t)
	g.and(sign, x, k(cSign))
	g.orr(t, t, sign)
	g.fdiv(0, t, y)
}
