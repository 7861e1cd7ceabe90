package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Offsets in windowArgs.
const (
	winX = 8 * iota
	winXStride
	winTaps
	winNTaps
	winW
	winBias
	winY
	winPixels
	winChannels
	winMode
	winLo // lo and hi share a word
	winScale
)

func windows() {
	emitWindow("depthwise", 4, (*windowGen).depthwise)
	emitWindow("maxPool", 4, (*windowGen).maxPool)
	emitWindow("avgPool", 4, (*windowGen).avgPool)
}

// windowGen emits the loops over channels, pixels and taps that depthwise convolution and pooling share.
type windowGen struct {
	compute func(w *windowGen) // from the taps of a group of pixels to its results in acc
	args    GPVirtual
	channel GPVirtual // byte offset of the block of channels
	x, y    GPVirtual // of the group, at the block
	s, s3   GPVirtual // bytes between pixels, and thrice that
	mask    Register  // of the channels, nil: all
	pixels  int
	vecs    int
	acc     []VecVirtual // [pixel·vecs+v]
}

func emitWindow(name string, pixels int, compute func(w *windowGen)) {
	fn(name, "func(a *byte)", "is "+name+"Generic for a windowArgs.")
	w := &windowGen{compute: compute, args: GP64(), channel: GP64(), s: GP64(), s3: GP64()}
	Load(Param("a"), w.args)
	MOVQ(at(w.args, winXStride), w.s)
	SHLQ(Imm(2), w.s)
	LEAQ(Mem{Base: w.s, Index: w.s, Scale: 2}, w.s3)
	XORQ(w.channel, w.channel)
	wide, narrow, rest, done := label("channels2"), label("channels1"), label("channels"), label("done")
	left := func() GPVirtual {
		n, c := GP64(), GP64()
		MOVQ(at(w.args, winChannels), n)
		MOVQ(w.channel, c)
		SHRQ(Imm(2), c)
		SUBQ(c, n)
		return n
	}
	Label(wide)
	CMPQ(left(), Imm(uint64(2*lanes())))
	JL(LabelRef(narrow))
	w.block(2, pixels)
	add(2*width, w.channel)
	JMP(LabelRef(wide))
	Label(narrow)
	CMPQ(left(), Imm(uint64(lanes())))
	JL(LabelRef(rest))
	w.block(1, pixels)
	add(width, w.channel)
	Label(rest)
	n := left()
	TESTQ(n, n)
	JZ(LabelRef(done))
	w.mask = tailMask(n)
	w.block(1, 1)
	Label(done)
	end()
}

// block computes all pixels for a block of channels.
func (w *windowGen) block(vecs, pixels int) {
	w.vecs = vecs
	w.x, w.y = GP64(), GP64()
	n := GP64()
	MOVQ(at(w.args, winX), w.x)
	ADDQ(w.channel, w.x)
	MOVQ(at(w.args, winY), w.y)
	ADDQ(w.channel, w.y)
	MOVQ(at(w.args, winPixels), n)
	many, single, done := label("pixels"), label("pixel"), label("pixels_done")
	if pixels > 1 {
		Label(many)
		CMPQ(n, Imm(uint64(pixels)))
		JL(LabelRef(single))
		w.group(pixels)
		LEAQ(Mem{Base: w.x, Index: w.s, Scale: uint8(pixels)}, w.x)
		SUBQ(Imm(uint64(pixels)), n)
		JMP(LabelRef(many))
	}
	Label(single)
	TESTQ(n, n)
	JZ(LabelRef(done))
	w.group(1)
	ADDQ(w.s, w.x)
	DECQ(n)
	JMP(LabelRef(single))
	Label(done)
}

// group computes pixels neighbours and stores them.
func (w *windowGen) group(pixels int) {
	w.pixels = pixels
	w.acc = vecs(pixels * w.vecs)
	w.compute(w)
	step := GP64()
	MOVQ(at(w.args, winChannels), step)
	for i, y := range w.acc {
		storeVec(y, w.mask, at(w.y, i%w.vecs*width))
		if i%w.vecs == w.vecs-1 {
			LEAQ(Mem{Base: w.y, Index: step, Scale: 4}, w.y)
		}
	}
}

// eachTap emits the loop over taps; f gets the address of the first pixel's input and of the tap's entry.
func (w *windowGen) eachTap(skip int, f func(x, tap GPVirtual)) {
	taps, n := GP64(), GP64()
	MOVQ(at(w.args, winTaps), taps)
	MOVQ(at(w.args, winNTaps), n)
	loop, done := label("tap"), label("taps_done")
	if skip > 0 {
		ADDQ(Imm(uint64(8*skip)), taps)
		SUBQ(Imm(uint64(skip)), n)
	} else {
		TESTQ(n, n)
	}
	JZ(LabelRef(done))
	Label(loop)
	x := GP64()
	MOVLQSX(at(taps, 0), x)
	LEAQ(Mem{Base: w.x, Index: x, Scale: 4}, x)
	f(x, taps)
	ADDQ(Imm(8), taps)
	DECQ(n)
	JNZ(LabelRef(loop))
	Label(done)
}

// input is vector v of pixel i of a tap at x.
func (w *windowGen) input(x Register, i, v int) Mem {
	m := Mem{Base: x, Disp: v * width}
	switch i {
	case 1:
		m.Index, m.Scale = w.s, 1
	case 2:
		m.Index, m.Scale = w.s, 2
	case 3:
		m.Index, m.Scale = w.s3, 1
	}
	return m
}

// load reads a vector, under the mask where there is one.
func (w *windowGen) load(m Mem) VecVirtual {
	y := vec()
	loadVec(m, w.mask, y)
	return y
}

func (w *windowGen) depthwise() {
	for _, y := range w.acc {
		zero(y)
	}
	noBias := label("no_bias")
	bias := GP64()
	MOVQ(at(w.args, winBias), bias)
	TESTQ(bias, bias)
	JZ(LabelRef(noBias))
	for i, y := range w.acc {
		loadVec(Mem{Base: bias, Index: w.channel, Scale: 1, Disp: i % w.vecs * width}, w.mask, y)
	}
	Label(noBias)
	weights := GP64()
	MOVQ(at(w.args, winW), weights)
	ADDQ(w.channel, weights)
	w.eachTap(0, func(x, tap GPVirtual) {
		at4 := GP64()
		MOVLQSX(at(tap, 4), at4)
		for v := range w.vecs {
			k := w.load(Mem{Base: weights, Index: at4, Scale: 4, Disp: v * width})
			for i := range w.pixels {
				if w.mask != nil {
					VFMADD231PS(w.load(w.input(x, i, v)), k, w.acc[i*w.vecs+v])
				} else {
					VFMADD231PS(w.input(x, i, v), k, w.acc[i*w.vecs+v])
				}
			}
		}
	})
	done := label("clamped")
	mode, bound := GP64(), vec()
	MOVQ(at(w.args, winMode), mode)
	TESTQ(mode, mode)
	JZ(LabelRef(done))
	VBROADCASTSS(at(w.args, winLo), bound)
	for _, y := range w.acc {
		VMAXPS(y, bound, y)
	}
	VBROADCASTSS(at(w.args, winLo+4), bound)
	for _, y := range w.acc {
		VMINPS(y, bound, y)
	}
	Label(done)
}

// maxPool leaves NaN out: of two operands VMAXPS gives the second when one is NaN,
// which is the maximum so far.
func (w *windowGen) maxPool() {
	least := vec()
	VBROADCASTSS(at(w.args, winLo), least)
	for _, y := range w.acc {
		VMOVAPS(least, y)
	}
	w.eachTap(0, func(x, _ GPVirtual) {
		for i, y := range w.acc {
			m := w.input(x, i/w.vecs, i%w.vecs)
			PREFETCHT1(m.Offset(w.vecs * width)) // the next block: pixels lie too far apart for the processor to foresee them
			VMAXPS(y, w.load(m), y)
		}
	})
}

func (w *windowGen) avgPool() {
	first := GP64()
	MOVQ(w.x, first)
	for i, y := range w.acc {
		VMOVAPS(w.load(w.input(first, i/w.vecs, i%w.vecs)), y)
	}
	w.eachTap(1, func(x, _ GPVirtual) {
		for i, y := range w.acc {
			if w.mask != nil {
				VADDPS(w.load(w.input(x, i/w.vecs, i%w.vecs)), y, y)
			} else {
				VADDPS(w.input(x, i/w.vecs, i%w.vecs), y, y)
			}
		}
	})
	scale := vec()
	VBROADCASTSS(at(w.args, winScale), scale)
	for _, y := range w.acc {
		VMULPS(scale, y, y)
	}
}
