package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets in slidingArgs.
const (
	slideRows = 8 * iota
	_
	_
	_
	_
	_
	_
	slideW
	slideBias
	slideY
	slideFull
	slideTail
	slidePad
	slideLeft
	slidePixel
	slideBlocks
	slideLo // lo and hi share a word
	slideCount
	slideRowStep
	slideYStep
)

func slidings() {
	for _, k := range []int{3, 5, 7} {
		for _, s := range []int{1, 2} {
			emitSliding(k, s)
		}
	}
}

// slidingGen emits some rows of a k×k depthwise convolution with stride s, block of channels by block, so that the rows of
// a block find in the first-level cache what they share. A row goes along the
// columns of the input once; each column is added to all outputs it belongs to, which wait in registers. Output o is
// complete after the column o·s + k-1, counted from the left padding.
type slidingGen struct {
	k, s         int
	args         GPVirtual
	rows         []GPVirtual
	at, pixel, y GPVirtual // byte offset of the column, bytes from one column to the next, output
	in, out      Mem       // of the row: byte offset of the input, place of the output
	count        Mem       // rows left
	weights      []VecVirtual
	spilled      Mem
	held         int // weights that stay in registers
	acc          []VecVirtual
	bias, lo, hi VecVirtual
}

func emitSliding(k, s int) {
	fnWithRoom(fmt.Sprintf("depthwise%ds%d", k, s), "func(a *byte)",
		fmt.Sprintf("computes rows of a %d×%d depthwise convolution with stride %d for a slidingArgs.", k, k, s))
	g := &slidingGen{k: k, s: s, args: GP64(), at: GP64(), pixel: GP64(), y: GP64()}
	Load(Param("a"), g.args)
	locals := AllocLocal(40)
	block, blocks := locals, locals.Offset(8) // byte offset of the channels, blocks left
	g.in, g.out, g.count = locals.Offset(16), locals.Offset(24), locals.Offset(32)
	g.held = k * k
	if k > 3 {
		g.held = 11 - g.waiting()
		if target == avx512 {
			g.held = 27 - g.waiting()
		}
		g.spilled = vectorLocals(k * k)
	}
	MOVQ(at(g.args, slidePixel), g.pixel)
	t := GP64()
	MOVQ(at(g.args, slideBlocks), t)
	MOVQ(t, blocks)
	MOVQ(U32(0), block)
	g.lo, g.hi = vec(), vec()
	VBROADCASTSS(at(g.args, slideLo), g.lo)
	VBROADCASTSS(at(g.args, slideLo+4), g.hi)
	blockLoop(blocks, func() {
		c := GP64()
		MOVQ(block, c)
		g.block(c)
		add(width, block)
	})
	end()
}

// waiting is how many outputs wait for columns.
func (g *slidingGen) waiting() int { return (g.k-1)/g.s + 1 }

// block computes all rows of the channels at byte offset c.
func (g *slidingGen) block(c GPVirtual) {
	g.loadWeights(c)
	p := GP64()
	MOVQ(at(g.args, slideBias), p)
	g.bias = vec()
	VMOVUPS(Mem{Base: p, Index: c, Scale: 1}, g.bias)
	MOVQ(c, g.in)
	MOVQ(at(g.args, slideY), p)
	ADDQ(c, p)
	MOVQ(p, g.out)
	MOVQ(at(g.args, slideCount), p)
	MOVQ(p, g.count)
	loop := label("row")
	Label(loop)
	g.row()
	step := GP64()
	MOVQ(at(g.args, slideRowStep), step)
	ADDQ(step, g.in)
	MOVQ(at(g.args, slideYStep), step)
	ADDQ(step, g.out)
	DECQ(g.count)
	JNZ(LabelRef(loop))
}

// row computes all outputs of the block and the row.
func (g *slidingGen) row() {
	in := GP64()
	MOVQ(g.in, in)
	g.rows = nil
	for i := range g.k {
		r := GP64()
		MOVQ(at(g.args, slideRows+8*i), r)
		ADDQ(in, r)
		g.rows = append(g.rows, r)
	}
	MOVQ(g.out, g.y)
	g.acc = vecs(g.waiting())
	for _, y := range g.acc {
		VMOVAPS(g.bias, y)
	}
	XORQ(g.at, g.at)
	for v := range g.k - g.s {
		skip := label("padding")
		pad := GP64()
		MOVQ(at(g.args, slidePad), pad)
		CMPQ(pad, Imm(uint64(v)))
		JG(LabelRef(skip))
		g.column(func(i int) int { return v - g.s*i })
		Label(skip)
	}
	n := GP64()
	full, tail, done := label("full"), label("tail"), label("row_done")
	MOVQ(at(g.args, slideFull), n)
	TESTQ(n, n)
	JZ(LabelRef(tail))
	Label(full)
	for d := range g.s {
		g.column(func(i int) int { return g.k - g.s + d - g.s*i })
	}
	g.output()
	DECQ(n)
	JNZ(LabelRef(full))

	Label(tail)
	left := GP64()
	more := label("tail_loop")
	MOVQ(at(g.args, slideTail), n)
	MOVQ(at(g.args, slideLeft), left)
	TESTQ(n, n)
	JZ(LabelRef(done))
	Label(more)
	for d := range g.s {
		skip := label("padding")
		DECQ(left)
		JS(LabelRef(skip))
		g.column(func(i int) int { return g.k - g.s + d - g.s*i })
		Label(skip)
	}
	g.output()
	DECQ(n)
	JNZ(LabelRef(more))
	Label(done)
}

func (g *slidingGen) loadWeights(c GPVirtual) {
	w := GP64()
	MOVQ(at(g.args, slideW), w)
	ADDQ(c, w)
	g.weights = nil
	for i := range g.k * g.k {
		y := vec()
		VMOVUPS(Mem{Base: w}, y)
		if i >= g.held {
			VMOVUPS(y, g.spilled.Offset(i*width))
		} else {
			g.weights = append(g.weights, y)
		}
		if i < g.k*g.k-1 {
			ADDQ(g.pixel, w)
		}
	}
}

// column adds the next column of the input to every waiting output i whose kernel column kx(i) exists.
func (g *slidingGen) column(kx func(i int) int) {
	for r, row := range g.rows {
		x := vec()
		VMOVUPS(Mem{Base: row, Index: g.at, Scale: 1}, x)
		if r == g.k-1 { // the rows above came near with the output row before
			PREFETCHT1(Mem{Base: row, Index: g.at, Scale: 1, Disp: width})
		}
		for i, y := range g.acc {
			q := kx(i)
			if q < 0 || q >= g.k {
				continue
			}
			if r*g.k+q >= g.held {
				VFMADD231PS(g.spilled.Offset((r*g.k+q)*width), x, y)
			} else {
				VFMADD231PS(x, g.weights[r*g.k+q], y)
			}
		}
	}
	ADDQ(g.pixel, g.at)
}

// output clamps and stores the first waiting output.
func (g *slidingGen) output() {
	y := g.acc[0]
	VMAXPS(y, fit(g.lo), y)
	VMINPS(y, fit(g.hi), y)
	VMOVUPS(y, Mem{Base: g.y})
	ADDQ(g.pixel, g.y)
	for i := range len(g.acc) - 1 {
		VMOVAPS(g.acc[i+1], g.acc[i])
	}
	VMOVAPS(g.bias, g.acc[len(g.acc)-1])
}
