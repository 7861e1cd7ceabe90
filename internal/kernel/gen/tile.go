package main

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	panel     = 16
	aheadRows = 5 // from which on tiles fetch ahead: fewer rows wait for the memory as it is
	halfRows  = 4 // from which on vectors of 256 bits may take the place of those of 512: fewer rows wait for B
	maskRelu  = 1

	streamAhead = 2048 // bytes
)

// Offsets in tileArgs.
const (
	tileA = 8 * iota
	tileZero
	tileOff
	tilePitch
	tileTaps
	tileK
	tileB
	tileBias
	tileC
	tileLDC
	tileR
	tileLDR
	tileN
	tileMode
	tileLo // lo and hi share a word
	tileRows
	tileTiles
	tileNextA
	tileNextO
	tileAhead
	tileAheadStep
	tileSkip
	tileUniform
	tileHalves
)

func tiles() {
	rows := 6
	if target == avx512 {
		rows = 8
	}
	for r := 1; r <= rows; r++ {
		tile(r, false)
	}
	tile(1, true)
}

// strip is a number of columns that are computed at once.
type strip struct {
	width  int // of a vector, in bytes
	vecs   int
	panels int
	more   int  // there must be more columns than this
	halves bool // instead of one vector of 512 bits, where the processor has rather those
}

// strips are the strips of the tile, widest first.
func (g *tileGen) strips() []strip {
	if target == avx512 && g.stream {
		return []strip{{64, 1, 1, 8, false}, {32, 1, 1, 0, false}}
	}
	if target == avx512 {
		// With two panels, loads keep up with two multiply-adds of 512 bits a cycle.
		strips := []strip{{64, 2, 2, panel + 8, false}, {32, 2, 1, 8, true}, {64, 1, 1, 8, false}, {32, 1, 1, 0, false}}
		if g.rows < halfRows {
			strips = slices.Delete(strips, 1, 2)
		}
		return strips
	}
	return []strip{{32, 2, 1, 8, false}, {32, 1, 1, 0, false}}
}

// tile is tileGeneric for a fixed number of rows: all accumulators of a strip stay in registers. A tile with stream goes
// through B as one stream and fetches it ahead into the first-level cache.
func tile(rows int, stream bool) {
	name, does := fmt.Sprintf("tile%d", rows), fmt.Sprintf("is tileGeneric for a tileArgs with %d rows.", rows)
	if stream {
		name, does = name+"Stream", strings.TrimSuffix(does, ".")+" and a B in the second or third cache."
	}
	fn(name, "func(a *byte)", does)
	g := tileGen{rows: rows, stream: stream, args: GP64(), b: GP64(), ahead: GP64()}
	Load(Param("a"), g.args)
	MOVQ(at(g.args, tileAhead), g.ahead)
	locals := AllocLocal(7 * 8)
	for i, m := range []*Mem{&g.c, &g.r, &g.n, &g.bias, &g.taps, &g.off, &g.far} {
		*m = locals.Offset(8 * i)
	}
	start := label("tile")
	Label(start)
	for _, f := range []struct {
		field int
		local Mem
	}{{tileC, g.c}, {tileR, g.r}, {tileN, g.n}, {tileBias, g.bias}} {
		t := GP64()
		MOVQ(at(g.args, f.field), t)
		MOVQ(t, f.local)
	}
	MOVQ(at(g.args, tileB), g.b)
	done, padded := label("done"), label("padded")
	g.columns(g.uniformRows(padded), done)
	JMP(LabelRef(done))
	Label(padded)
	g.columns(nil, done)
	Label(done)
	g.next(start)
	end()
}

// uniformRows are the ends of the rows of the first tap, from which those of all taps of all panels are as far for each
// row. It goes to padded if that is not so, or there is no tap.
func (g *tileGen) uniformRows(padded string) []GPVirtual {
	off, k, any := GP64(), GP64(), GP64()
	uniform := label("uniform")
	CMPQ(at(g.args, tileUniform), Imm(0))
	JNE(LabelRef(uniform))
	CMPQ(at(g.args, tileTaps), Imm(1))
	JNE(LabelRef(padded))
	Label(uniform)
	MOVQ(at(g.args, tileOff), off)
	MOVQ(at(g.args, tileK), k)
	SHLQ(Imm(2), k)
	ADDQ(at(g.args, tileA), k)
	rows := make([]GPVirtual, g.rows)
	for i := range rows {
		rows[i] = GP64()
		MOVLQSX(at(off, i*4), rows[i])
		if i == 0 {
			MOVQ(rows[i], any)
		} else {
			ORQ(rows[i], any)
		}
		LEAQ(Mem{Base: k, Index: rows[i], Scale: 4}, rows[i])
	}
	TESTQ(any, any)
	JS(LabelRef(padded))
	return rows
}

// columns computes all columns, of uniformRows or, for nil, of any taps.
func (g *tileGen) columns(uniform []GPVirtual, done string) {
	loop := label("strip")
	Label(loop)
	for _, s := range g.strips() {
		narrower := label("narrower")
		if s.more > 0 {
			n := GP64()
			MOVQ(g.n, n)
			CMPQ(n, Imm(uint64(s.more)))
			JLE(LabelRef(narrower))
		}
		if s.halves {
			CMPQ(at(g.args, tileHalves), Imm(0))
			JE(LabelRef(narrower))
		}
		withWidth(s.width, func() { g.compute(s, uniform) })
		if s.more > 0 {
			g.advance(loop, done)
			Label(narrower)
		}
	}
}

// advance moves on to the columns after the strip and goes to more, or to done if there are none.
func (g *tileGen) advance(more, done string) {
	bytes := g.panels * panel * 4
	n := GP64()
	MOVQ(g.n, n)
	SUBQ(Imm(uint64(g.panels*panel)), n)
	JLE(LabelRef(done))
	MOVQ(n, g.n)
	ADDQ(at(g.args, tileSkip), g.b)
	if g.panels == 2 {
		ADDQ(g.far, g.b)
	}
	add(bytes, g.c)
	add(bytes, g.bias)
	r := GP64()
	MOVQ(g.r, r)
	TESTQ(r, r)
	JZ(LabelRef(more))
	add(bytes, g.r)
	JMP(LabelRef(more))
}

// next moves on to the next block of rows and goes to start, if there is one.
func (g *tileGen) next(start string) {
	last, ld, p := label("last"), GP64(), GP64()
	DECQ(at(g.args, tileTiles))
	JZ(LabelRef(last))
	advance := func(field, step int, times int) {
		MOVQ(at(g.args, step), ld)
		IMUL3Q(U32(uint32(times)), ld, ld)
		ADDQ(ld, at(g.args, field))
	}
	advance(tileA, tileNextA, 4)
	advance(tileOff, tileNextO, 4)
	advance(tileC, tileLDC, 4*g.rows)
	MOVQ(at(g.args, tileR), p)
	TESTQ(p, p)
	JZ(LabelRef(start))
	advance(tileR, tileLDR, 4*g.rows)
	JMP(LabelRef(start))
	Label(last)
}

type tileGen struct {
	strip
	rows           int
	stream         bool
	args, b        GPVirtual
	ahead          GPVirtual // what to bring into the second-level cache next
	c, r, n, bias  Mem       // of the current strip
	taps, off, far Mem       // far: from one panel of the strip to the next
	splits         int
	acc            [][]VecVirtual // [split][row·vecs+v]
}

// splits is over how many sets of accumulators the sum over k is spread, to hide the latency of the multiply-add.
func splits(rows, vecs int) int {
	switch n := rows * vecs; {
	case n <= 3:
		return 4
	case n <= 6:
		return 2
	}
	return 1
}

// splitSums is splits for the strip. A sum has one order in all strips that its column may be in, which depends on how
// threads divide the columns, and in all tiles of 4 rows or more, which recurrent layers rely on.
func (g *tileGen) splitSums() int {
	switch {
	case target == avx2:
		return splits(g.rows, g.vecs)
	case g.rows >= 4:
		return 1
	default:
		return splits(g.rows, 1)
	}
}

// compute computes a strip.
func (g *tileGen) compute(s strip, uniform []GPVirtual) {
	g.strip = s
	g.splits = g.splitSums()
	g.acc = nil
	bias := GP64()
	MOVQ(g.bias, bias)
	for s := range g.splits {
		g.acc = append(g.acc, vecs(g.rows*g.vecs))
		for i, y := range g.acc[s] {
			if s == 0 {
				VMOVUPS(at(bias, i%g.vecs*width), y)
			} else {
				zero(y)
			}
		}
	}
	if g.panels == 2 {
		far := GP64()
		MOVQ(at(g.args, tileK), far)
		IMULQ(at(g.args, tileTaps), far)
		SHLQ(Imm(6), far)
		ADDQ(at(g.args, tileSkip), far)
		MOVQ(far, g.far)
	}
	g.fetchResidual()
	if uniform != nil {
		g.uniformTaps(uniform)
	} else {
		g.allTaps()
	}
	g.finish()
}

// uniformTaps adds the products of all taps, each as far from the first for all rows.
func (g *tileGen) uniformTaps(rows []GPVirtual) {
	loop, done := label("tap"), label("taps_done")
	k, tap, off := GP64(), GP64(), GP64()
	XORQ(k, k)
	MOVQ(k, g.taps)
	Label(loop)
	g.products(rows, k)
	CMPQ(at(g.args, tileTaps), Imm(1)) // nearly always
	JE(LabelRef(done))
	MOVQ(g.taps, tap)
	INCQ(tap)
	CMPQ(tap, at(g.args, tileTaps))
	JE(LabelRef(done))
	MOVQ(tap, g.taps)
	IMULQ(at(g.args, tilePitch), tap)
	MOVQ(at(g.args, tileOff), off)
	MOVLQSX(Mem{Base: off, Index: tap, Scale: 4}, k)
	MOVLQSX(Mem{Base: off}, off)
	SUBQ(off, k)
	JMP(LabelRef(loop))
	Label(done)
}

// allTaps adds the products of all taps.
func (g *tileGen) allTaps() {
	off, taps := GP64(), GP64()
	MOVQ(at(g.args, tileOff), off)
	MOVQ(at(g.args, tileTaps), taps)
	loop, done, skip, next := label("tap"), label("taps_done"), label("tap_skip"), label("tap_next")
	TESTQ(taps, taps)
	JZ(LabelRef(done))

	Label(loop)
	MOVQ(taps, g.taps)
	MOVQ(off, g.off)
	rows := make([]GPVirtual, g.rows)
	none := GP64()
	for i := range rows {
		rows[i] = GP64()
		t := GP64()
		MOVLQSX(at(off, i*4), t)
		MOVQ(at(g.args, tileA), rows[i])
		LEAQ(Mem{Base: rows[i], Index: t, Scale: 4}, rows[i])
		if i == 0 {
			MOVQ(t, none)
		} else {
			ANDQ(t, none)
		}
		TESTQ(t, t)
		CMOVQLT(at(g.args, tileZero), rows[i])
	}
	TESTQ(none, none)
	JS(LabelRef(skip))
	k := GP64()
	MOVQ(at(g.args, tileK), k)
	for _, r := range rows {
		LEAQ(Mem{Base: r, Index: k, Scale: 4}, r)
	}
	zero := GP64()
	XORQ(zero, zero)
	g.products(rows, zero)
	JMP(LabelRef(next))

	Label(skip)
	MOVQ(at(g.args, tileK), k)
	SHLQ(Imm(6), k)
	ADDQ(k, g.b)

	Label(next)
	pitch := GP64()
	MOVQ(at(g.args, tilePitch), pitch)
	MOVQ(g.off, off)
	LEAQ(Mem{Base: off, Index: pitch, Scale: 4}, off)
	MOVQ(g.taps, taps)
	DECQ(taps)
	JNZ(LabelRef(loop))

	Label(done)
}

// fetchResidual brings the lines that finish reads into the first-level cache.
func (g *tileGen) fetchResidual() {
	none := label("fetch_none")
	r, ld := GP64(), GP64()
	MOVQ(g.r, r)
	TESTQ(r, r)
	JZ(LabelRef(none))
	MOVQ(at(g.args, tileLDR), ld)
	for range g.rows {
		for i := range g.panels {
			PREFETCHT0(at(r, i*panel*4))
		}
		LEAQ(Mem{Base: r, Index: ld, Scale: 4}, r)
	}
	Label(none)
}

// products adds the products of one tap, whose rows end as many values after rows as k says. k is used up.
func (g *tileGen) products(rows []GPVirtual, k GPVirtual) {
	left := GP64()
	MOVQ(at(g.args, tileK), left)
	SUBQ(left, k)
	var far GPVirtual
	if g.panels == 2 {
		far = GP64()
		MOVQ(g.far, far)
	}
	const unroll = 4
	loop, rest, one, done := label("k"), label("k_rest"), label("k_one"), label("k_done")
	SUBQ(Imm(unroll), left)
	JL(LabelRef(rest))
	Label(loop)
	for u := range unroll {
		g.step(rows, k, far, u, u*panel*4, u%g.splits)
		if g.stream {
			PREFETCHT0(at(g.b, u*panel*4+streamAhead))
		}
		if (u%2 == 1 || g.panels == 2) && g.rows >= aheadRows {
			PREFETCHT1(Mem{Base: g.ahead})
			ADDQ(at(g.args, tileAheadStep), g.ahead)
		}
	}
	ADDQ(U32(unroll*panel*4), g.b)
	ADDQ(Imm(unroll), k)
	SUBQ(Imm(unroll), left)
	JGE(LabelRef(loop))
	Label(rest)
	ADDQ(Imm(unroll), left)
	JZ(LabelRef(done))
	Label(one)
	g.step(rows, k, far, 0, 0, 0)
	ADDQ(Imm(panel*4), g.b)
	INCQ(k)
	DECQ(left)
	JNZ(LabelRef(one))
	Label(done)
}

func (g *tileGen) step(rows []GPVirtual, k, far Register, dk, db, split int) {
	acc := g.acc[split]
	bs := vecs(g.vecs)
	for v, b := range bs {
		m := at(g.b, db+v*width)
		if v > 0 && g.panels == 2 {
			m = Mem{Base: g.b, Index: far, Scale: 1, Disp: db}
		}
		VMOVUPS(m, b)
	}
	for i, r := range rows {
		a := vec()
		VBROADCASTSS(Mem{Base: r, Index: k, Scale: 4, Disp: dk * 4}, a)
		for v, b := range bs {
			VFMADD231PS(b, a, acc[i*g.vecs+v])
		}
	}
}

// finish adds the residual, clamps and stores.
func (g *tileGen) finish() {
	for n := g.splits; n > 1; n /= 2 {
		for s := range n / 2 {
			for i, y := range g.acc[s] {
				VADDPS(g.acc[s+n/2][i], y, y)
			}
		}
	}
	acc := g.acc[0]
	n := GP64()
	MOVQ(g.n, n)
	SUBQ(Imm(uint64(lanes()*(g.vecs-1))), n) // columns of the last vector
	partial := label("partial")
	stored := label("stored")

	noRes, fullRes, resDone := label("res_none"), label("res_full"), label("res_done")
	r, ld := GP64(), GP64()
	MOVQ(g.r, r)
	TESTQ(r, r)
	JZ(LabelRef(noRes))
	CMPQ(n, Imm(uint64(lanes())))
	JGE(LabelRef(fullRes))
	mask := tailMask(n)
	MOVQ(at(g.args, tileLDR), ld)
	for i := range g.rows {
		for v := range g.vecs {
			y := acc[i*g.vecs+v]
			if v == g.vecs-1 {
				t := vec()
				loadVec(at(r, v*width), mask, t)
				VADDPS(t, y, y)
			} else {
				VADDPS(at(r, v*width), y, y)
			}
		}
		LEAQ(Mem{Base: r, Index: ld, Scale: 4}, r)
	}
	JMP(LabelRef(resDone))
	Label(fullRes)
	MOVQ(at(g.args, tileLDR), ld)
	for i := range g.rows {
		for v := range g.vecs {
			y := acc[i*g.vecs+v]
			VADDPS(at(r, v*width), y, y)
		}
		LEAQ(Mem{Base: r, Index: ld, Scale: 4}, r)
	}
	Label(resDone)
	Label(noRes)

	mode := GP64()
	clamped, reluOnly := label("clamped"), label("relu")
	MOVQ(at(g.args, tileMode), mode)
	TESTQ(mode, mode)
	JZ(LabelRef(clamped))
	bound := vec()
	CMPQ(mode, Imm(maskRelu))
	JE(LabelRef(reluOnly))
	// NaN in the first operand in Go's order is what VMAXPS and VMINPS return.
	VBROADCASTSS(at(g.args, tileLo), bound)
	for _, y := range acc {
		VMAXPS(y, bound, y)
	}
	VBROADCASTSS(at(g.args, tileLo+4), bound)
	for _, y := range acc {
		VMINPS(y, bound, y)
	}
	JMP(LabelRef(clamped))
	Label(reluOnly)
	zero(bound)
	for _, y := range acc {
		VMAXPS(y, bound, y)
	}
	Label(clamped)

	c := GP64()
	MOVQ(g.c, c)
	CMPQ(n, Imm(uint64(lanes())))
	JL(LabelRef(partial))
	MOVQ(at(g.args, tileLDC), ld)
	for i := range g.rows {
		for v := range g.vecs {
			VMOVUPS(acc[i*g.vecs+v], at(c, v*width))
		}
		LEAQ(Mem{Base: c, Index: ld, Scale: 4}, c)
	}
	JMP(LabelRef(stored))
	Label(partial)
	var opmask Register
	if target == avx512 {
		opmask = tailMask(n)
	}
	MOVQ(at(g.args, tileLDC), ld)
	for i := range g.rows {
		for v := range g.vecs - 1 {
			VMOVUPS(acc[i*g.vecs+v], at(c, v*width))
		}
		last, to := acc[i*g.vecs+g.vecs-1], at(c, (g.vecs-1)*width)
		if opmask != nil {
			storeVec(last, opmask, to)
		} else {
			partialStore(last, to, n)
		}
		LEAQ(Mem{Base: c, Index: ld, Scale: 4}, c)
	}
	Label(stored)
}
