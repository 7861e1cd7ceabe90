package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	seluAlpha = 1.6732632423543772848170429916717
	seluScale = 1.0507009873554804934193349852946
)

func elementwise() {
	unary("exp", expFull)
	unary("sigmoid", sigmoid)
	unary("tanh", tanh)
	unary("erf", erf)
	unary("softplus", softplus)
	unary("logSigmoid", func(x VecVirtual) VecVirtual {
		VXORPS(bits(signBit), x, x)
		y := softplus(x)
		VXORPS(bits(signBit), y, y)
		return y
	})
	unary("mish", mish)
	unaryHolding("silu", logisticConstants, func(x VecVirtual, h held) VecVirtual {
		y := logistic(x, h)
		VMULPS(x, y, y)
		return y
	})
	unary("gelu", func(x VecVirtual) VecVirtual {
		t := vec()
		VMULPS(f32(0.70710678118654752440), x, t)
		y, half := erf(t), load(f32(0.5))
		VFMADD213PS(half, half, y)
		VMULPS(x, y, y)
		return y
	})
	unaryHolding("geluTanh", logisticConstants, func(x VecVirtual, h held) VecVirtual {
		// (1+tanh(u))/2 is sigmoid(2u).
		u := vec()
		VMULPS(x, x, u)
		VMULPS(f32(2*0.79788456080286535588*0.044715), u, u)
		VADDPS(f32(2*0.79788456080286535588), u, u)
		VMULPS(x, u, u)
		y := logistic(u, h)
		VMULPS(x, y, y)
		return y
	})
	unary("relu", func(x VecVirtual) VecVirtual {
		z := vec()
		zero(z)
		VMAXPS(x, z, z)
		return z
	})
	unary("hardSwish", func(x VecVirtual) VecVirtual {
		y := vec()
		VMOVAPS(x, y)
		VMULPS(f32(1./6), y, y)
		VADDPS(f32(0.5), y, y)
		VMAXPS(y, load(f32(0)), y)
		VMINPS(y, load(f32(1)), y)
		VMULPS(x, y, y)
		return y
	})
	unary("selu", func(x VecVirtual) VecVirtual {
		y := eluPart(x, load(f32(seluAlpha)))
		VMULPS(f32(seluScale), y, y)
		return y
	})
	unary("softsign", func(x VecVirtual) VecVirtual {
		y := abs(x)
		VADDPS(f32(1), y, y)
		VDIVPS(y, x, y)
		return y
	})
	unary("sqrt", func(x VecVirtual) VecVirtual { VSQRTPS(x, x); return x })
	unary("rsqrt", func(x VecVirtual) VecVirtual {
		VSQRTPS(x, x)
		VDIVPS(x, load(f32(1)), x)
		return x
	})
	unary("square", func(x VecVirtual) VecVirtual { VMULPS(x, x, x); return x })
	unary("abs", func(x VecVirtual) VecVirtual { VANDPS(bits(absMask), x, x); return x })
	unary("neg", func(x VecVirtual) VecVirtual { VXORPS(bits(signBit), x, x); return x })
	parametric("clamp", func(x, p, q VecVirtual) VecVirtual {
		VMAXPS(x, p, x)
		VMINPS(x, q, x)
		return x
	})
	parametric("leakyRelu", func(x, p, _ VecVirtual) VecVirtual {
		y := vec()
		VMULPS(p, x, y)
		blend(negative(x), y, x, y)
		return y
	})
	parametric("hardSigmoid", func(x, p, q VecVirtual) VecVirtual {
		VMULPS(p, x, x)
		VADDPS(q, x, x)
		VMAXPS(x, load(f32(0)), x)
		VMINPS(x, load(f32(1)), x)
		return x
	})
	parametric("elu", func(x, p, _ VecVirtual) VecVirtual { return eluPart(x, p) })
	expSum()
}

// unary emits name(dst, src, n): dst[i] = f(src[i]).
func unary(name string, f func(x VecVirtual) VecVirtual) {
	fn(name, "func(dst, src *float32, n int)", "sets dst[i] to the function of src[i] for i < n.")
	mapLoop(f)
	end()
}

// unaryHolding is unary with constants in registers.
func unaryHolding(name string, constants func() held, f func(x VecVirtual, h held) VecVirtual) {
	fn(name, "func(dst, src *float32, n int)", "sets dst[i] to the function of src[i] for i < n.")
	h := constants()
	mapLoop(func(x VecVirtual) VecVirtual { return f(x, h) })
	end()
}

// parametric is unary with two parameters.
func parametric(name string, f func(x, p, q VecVirtual) VecVirtual) {
	fn(name, "func(dst, src *float32, n int, p, q float32)", "sets dst[i] to the function of src[i] with parameters p and q for i < n.")
	p, q := broadcastParam("p"), broadcastParam("q")
	mapLoop(func(x VecVirtual) VecVirtual { return f(x, p, q) })
	end()
}

func broadcastParam(name string) VecVirtual {
	y := vec()
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(a.Addr, y)
	return y
}

// eachVector moves along n values: a vector at a time, and the values that are left in one under a mask. n is used up.
func eachVector(n GPVirtual, pointers []GPVirtual, body func(io unitIO)) {
	loop, tail, done := label("loop"), label("tail"), label("done")
	SUBQ(Imm(uint64(lanes())), n)
	JL(LabelRef(tail))
	Label(loop)
	body(unitIO{})
	for _, p := range pointers {
		ADDQ(Imm(uint64(width)), p)
	}
	SUBQ(Imm(uint64(lanes())), n)
	JGE(LabelRef(loop))
	Label(tail)
	ADDQ(Imm(uint64(lanes())), n)
	JZ(LabelRef(done))
	body(unitIO{mask: tailMask(n)})
	Label(done)
}

// mapLoop sets dst to f of src.
func mapLoop(f func(x VecVirtual) VecVirtual) {
	dst, src, n := loadGP("dst"), loadGP("src"), loadGP("n")
	eachVector(n, []GPVirtual{src, dst}, func(io unitIO) {
		io.store(f(io.load(at(src, 0))), at(dst, 0))
	})
}

// expSum is the numerator of a softmax and its sum.
func expSum() {
	fn("expSum", "func(dst, src *float32, n int, shift float32) float32", "sets dst[i] = exp(src[i]-shift) for i < n and returns the sum.")
	sum := expSumLoop(loadGP("dst"), loadGP("src"), loadGP("n"), broadcastParam("shift"))
	Store(sum.AsX(), ReturnIndex(0))
	end()
}

// expSumLoop sets dst to exp(src-shift), shift the maximum, and returns the sum. The pointers and n are used up.
func expSumLoop(dst, src, n GPVirtual, shift VecVirtual) (sum VecVirtual) {
	sum = vec()
	zero(sum)
	eachVector(n, []GPVirtual{src, dst}, func(io unitIO) {
		x := io.load(at(src, 0))
		VSUBPS(shift, x, x)
		y := expNotHigh(x)
		if io.mask != nil {
			keep(io.mask, y)
		}
		VADDPS(y, sum, sum)
		io.store(y, at(dst, 0))
	})
	horizontal(sum, func(a, b, c Op) { VADDPS(a, b, c) })
	return sum
}
