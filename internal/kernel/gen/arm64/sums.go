package main

import "fmt"

// stepRows is the most sequences of a step.
const stepRows = 3

// sums writes stepGatesGeneric for a fixed number of gates and rows. Fields of stepArgs are words in its order.
func (g *gen) sums(gates, rows int) {
	g.fn(fmt.Sprintf("gates%dx%dNEON", gates, rows), 0, fmt.Sprintf("is stepGatesGeneric for a stepArgs with %d gates and %d rows.", gates, rows))
	const (
		u, size, blocks, h  = "R1", "R2", "R3", "R4"
		ldh, x, ldx, xblock = "R5", "R6", "R7", "R8"
		y, ldy, bias, k, p  = "R9", "R10", "R11", "R12", "R13"
		vb, va, perGate     = 24, 26, 2
	)
	row := func(i int) string { return fmt.Sprintf("R%d", 14+i) }
	n := perGate * gates
	acc := func(i, v int) int { return n*i + v }
	g.op("MOVD a+0(FP), R0")
	for i, reg := range []string{u, size, blocks, "", h, ldh, x, ldx, xblock, y, ldy, bias} {
		if reg != "" {
			g.op("MOVD %d(R0), %s", 8*i, reg)
		}
	}
	for _, reg := range []string{ldh, ldx, xblock, ldy} {
		g.op("LSL $2, %s, %s", reg, reg)
	}
	block, four, rest, one, store := g.label("block"), g.label("k4"), g.label("k_rest"), g.label("k1"), g.label("store")
	// each moves the n vectors of every row between registers and memory at base.
	each := func(base, ld string, move string) {
		g.op("MOVD %s, %s", base, p)
		for i := range rows {
			g.op("MOVD %s, R19", p)
			for v := 0; v < n; v += 2 {
				if move == "load" {
					g.op("VLD1.P 32(R19), %s", vectors(acc(i, v), 2))
				} else {
					g.op("VST1.P %s, 32(R19)", vectors(acc(i, v), 2))
				}
			}
			if i < rows-1 {
				g.op("ADD %s, %s, %s", ld, p, p)
			}
		}
	}
	g.at(block)
	each(x, ldx, "load")
	if gates == 3 {
		none := g.label("no_bias")
		g.op("CBZ %s, %s", bias, none)
		for i := range rows {
			g.op("VLD1 (%s), %s", bias, vectors(acc(i, 4), 2))
		}
		g.op("ADD $32, %s, %s", bias, bias)
		g.at(none)
	}
	for i := range rows {
		if i == 0 {
			g.op("MOVD %s, %s", h, row(0))
		} else {
			g.op("ADD %s, %s, %s", ldh, row(i-1), row(i))
		}
	}
	step := func(lane int) {
		for q := range gates {
			g.op("VLD1.P 32(%s), %s", u, vectors(vb, 2))
			for i := range rows {
				for v := range perGate {
					g.fmla(acc(i, perGate*q+v), vb+v, va+i, lane)
				}
			}
		}
	}
	g.op("SUBS $4, %s, %s", size, k)
	g.op("BLT %s", rest)
	g.at(four)
	for i := range rows {
		g.op("VLD1.P 16(%s), [V%d.S4]", row(i), va+i)
	}
	for lane := range 4 {
		step(lane)
	}
	g.op("SUBS $4, %s, %s", k, k)
	g.op("BGE %s", four)
	g.at(rest)
	g.op("ADDS $4, %s, %s", k, k)
	g.op("BEQ %s", store)
	g.at(one)
	for i := range rows {
		g.op("FMOVS.P 4(%s), F%d", row(i), va+i)
	}
	step(0)
	g.op("SUBS $1, %s, %s", k, k)
	g.op("BNE %s", one)
	g.at(store)
	each(y, ldy, "store")
	g.op("ADD %s, %s, %s", xblock, x, x)
	g.op("ADD $%d, %s, %s", n*16, y, y)
	g.op("SUBS $1, %s, %s", blocks, blocks)
	g.op("BNE %s", block)
	g.op("RET")
}
