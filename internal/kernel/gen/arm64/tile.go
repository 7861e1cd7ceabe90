package main

import "fmt"

// tileRows is the most rows of a tile: 16 accumulators, 4 vectors of B, one vector a row of A.
const tileRows = 4

// tile writes tileGeneric for a fixed number of rows. Fields of tileArgs are words in its order.
func (g *gen) tile(rows int) {
	g.fn(fmt.Sprintf("tile%dNEON", rows), 64, fmt.Sprintf("is tileGeneric for a tileArgs with %d rows.", rows))
	const (
		b, off, taps, k       = "R1", "R7", "R8", "R6"
		c, r, n, bias         = "R10", "R11", "R12", "R13"
		ldc, ldr, pitch, size = "R14", "R15", "R16", "R17"
		zero, a, mode         = "R20", "R21", "R22"
		t, none, p, q         = "R23", "R24", "R25", "R26"
		vb, va, lo, hi        = 16, 24, 28, 29
	)
	row := func(i int) string { return fmt.Sprintf("R%d", 2+i) }
	acc := func(i, v int) int { return 4*i + v }
	g.op("MOVD a+0(FP), R0")
	for i, reg := range []string{a, zero, "", pitch, "", size, b, bias, c, ldc, r, ldr, n, mode} {
		if reg != "" {
			g.op("MOVD %d(R0), %s", 8*i, reg)
		}
	}
	for _, reg := range []string{pitch, ldc, ldr} {
		g.op("LSL $2, %s, %s", reg, reg)
	}
	g.op("ADD $112, R0, %s", t)
	g.op("VLD1R (%s), [V%d.S4]", t, lo)
	g.op("ADD $116, R0, %s", t)
	g.op("VLD1R (%s), [V%d.S4]", t, hi)

	panel, tap, skip, next := g.label("panel"), g.label("tap"), g.label("skip"), g.label("next")
	four, rest, one, finish := g.label("k4"), g.label("k_rest"), g.label("k1"), g.label("finish")
	g.at(panel)
	for i := range rows {
		g.op("VLD1 (%s), %s", bias, vectors(acc(i, 0), 4))
	}
	g.op("MOVD 16(R0), %s", off)
	g.op("MOVD 32(R0), %s", taps)
	g.op("CBZ %s, %s", taps, finish)
	g.at(tap)
	for i := range rows {
		g.op("MOVW %d(%s), %s", 4*i, off, t)
		if i == 0 {
			g.op("MOVD %s, %s", t, none)
		} else {
			g.op("AND %s, %s, %s", t, none, none)
		}
		g.op("ADD %s<<2, %s, %s", t, a, row(i))
		g.op("CMP $0, %s", t)
		g.op("CSEL LT, %s, %s, %s", zero, row(i), row(i))
	}
	g.op("TBNZ $63, %s, %s", none, skip)
	g.op("SUBS $4, %s, %s", size, k)
	g.op("BLT %s", rest)
	g.at(four)
	for i := range rows {
		g.op("VLD1.P 16(%s), [V%d.S4]", row(i), va+i)
	}
	step := func(lane int) {
		g.op("VLD1.P 64(%s), %s", b, vectors(vb, 4))
		for i := range rows {
			for v := range 4 {
				g.fmla(acc(i, v), vb+v, va+i, lane)
			}
		}
	}
	for lane := range 4 {
		step(lane)
	}
	g.op("SUBS $4, %s, %s", k, k)
	g.op("BGE %s", four)
	g.at(rest)
	g.op("ADDS $4, %s, %s", k, k)
	g.op("BEQ %s", next)
	g.at(one)
	for i := range rows {
		g.op("FMOVS.P 4(%s), F%d", row(i), va+i)
	}
	step(0)
	g.op("SUBS $1, %s, %s", k, k)
	g.op("BNE %s", one)
	g.op("B %s", next)
	g.at(skip)
	g.op("ADD %s<<6, %s, %s", size, b, b)
	g.at(next)
	g.op("ADD %s, %s, %s", pitch, off, off)
	g.op("SUBS $1, %s, %s", taps, taps)
	g.op("BNE %s", tap)

	g.at(finish)
	partial, noRes, clamped := g.label("partial"), g.label("no_residual"), g.label("clamped")
	g.op("CMP $16, %s", n)
	g.op("BLT %s", partial)
	g.op("CBZ %s, %s", r, noRes)
	g.op("MOVD %s, %s", r, p)
	for i := range rows {
		g.op("VLD1 (%s), %s", p, vectors(vb, 4))
		for v := range 4 {
			g.fadd(acc(i, v), acc(i, v), vb+v)
		}
		g.op("ADD %s, %s, %s", ldr, p, p)
	}
	g.op("ADD $64, %s, %s", r, r)
	g.at(noRes)
	g.op("CBZ %s, %s", mode, clamped)
	for i := range 4 * rows {
		g.fmax(i, i, lo)
		g.fmin(i, i, hi)
	}
	g.at(clamped)
	g.op("MOVD %s, %s", c, p)
	for i := range rows {
		g.op("VST1 %s, (%s)", vectors(acc(i, 0), 4), p)
		g.op("ADD %s, %s, %s", ldc, p, p)
	}
	g.op("ADD $64, %s, %s", c, c)
	g.op("ADD $64, %s, %s", bias, bias)
	g.op("MOVD 168(R0), %s", t)
	g.op("ADD %s, %s, %s", t, b, b)
	g.op("SUBS $16, %s, %s", n, n)
	g.op("BGT %s", panel)
	g.op("RET")

	// The last columns go through the stack, one by one.
	g.at(partial)
	for i := range rows {
		loop, plain, unclamped := g.label("column"), g.label("no_residual"), g.label("unclamped")
		g.op("MOVD $buf-64(SP), %s", p)
		g.op("VST1 %s, (%s)", vectors(acc(i, 0), 4), p)
		g.op("MOVD $0, %s", q)
		g.at(loop)
		g.op("ADD %s<<2, %s, %s", q, p, t)
		g.op("FMOVS (%s), F30", t)
		g.op("CBZ %s, %s", r, plain)
		g.op("ADD %s<<2, %s, %s", q, r, t)
		g.op("FMOVS (%s), F31", t)
		g.op("FADDS F31, F30, F30")
		g.at(plain)
		g.op("CBZ %s, %s", mode, unclamped)
		g.op("FMAXS F%d, F30, F30", lo)
		g.op("FMINS F%d, F30, F30", hi)
		g.at(unclamped)
		g.op("ADD %s<<2, %s, %s", q, c, t)
		g.op("FMOVS F30, (%s)", t)
		g.op("ADD $1, %s, %s", q, q)
		g.op("CMP %s, %s", n, q)
		g.op("BLT %s", loop)
		if i == rows-1 {
			break
		}
		g.op("ADD %s, %s, %s", ldc, c, c)
		again := g.label("row")
		g.op("CBZ %s, %s", r, again)
		g.op("ADD %s, %s, %s", ldr, r, r)
		g.at(again)
	}
	g.op("RET")
}
