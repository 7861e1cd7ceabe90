package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Coefficients of q in exp(r) = 1 + r + r²·q(r) for |r| ≤ ln(2)/2, fitted at Chebyshev nodes.
var (
	expQ5 = []float64{0.5000000013538728, 0.16666666681704134, 0.041666464197423335, 0.008333310844672072, 0.0013933730714054831, 0.00019891080448954405}
)

const (
	ln2Hi   = 0.693145751953125 // few bits: its product with an exponent is exact
	ln2Lo   = math.Ln2 - ln2Hi
	expLow  = -104 // exp is 0 below
	expHigh = 89   // exp is +Inf above
)

// horner evaluates a polynomial at x.
func horner(x VecVirtual, c []float64) VecVirtual {
	p := vec()
	VMOVUPS(f32(c[len(c)-1]), p)
	for i := len(c) - 2; i >= 0; i-- {
		VFMADD213PS(f32(c[i]), x, p)
	}
	return p
}

// reduce writes x as n·ln2 + r and returns n, as a float vector, and r.
func reduce(x VecVirtual) (n, r VecVirtual) {
	n, r = vec(), vec()
	VMULPS(f32(math.Log2E), x, n)
	roundEven(n, n)
	VMOVAPS(x, r)
	VFNMADD231PS(f32(ln2Hi), n, r)
	VFNMADD231PS(f32(ln2Lo), n, r)
	return n, r
}

// pow2 turns the integers n, as floats in -126..127, into 2^n.
func pow2(n VecVirtual) VecVirtual {
	e := vec()
	VCVTPS2DQ(n, e)
	VPADDD(bits(127), e, e)
	VPSLLD(Imm(23), e, e)
	return e
}

// expFull is exp over the whole range: exact at the ends, subnormal where the result is. x is destroyed.
func expFull(x VecVirtual) VecVirtual {
	VMINPS(x, load(f32(expHigh)), x)
	return expNotHigh(x)
}

// expNotHigh is expFull for x that are not above expHigh.
func expNotHigh(x VecVirtual) VecVirtual {
	VMAXPS(x, load(f32(expLow)), x)
	n, r := reduce(x)
	p := horner(r, append([]float64{1, 1}, expQ5...))
	if target == avx512 {
		VSCALEFPS(n, p, p)
		return p
	}
	// 2^n in two factors, since n exceeds the exponents of normal numbers at both ends.
	e, half := vec(), vec()
	VCVTPS2DQ(n, e)
	VPSRAD(Imm(1), e, half)
	VPSUBD(half, e, e)
	for _, v := range []VecVirtual{half, e} {
		VPADDD(bits(127), v, v)
		VPSLLD(Imm(23), v, v)
		VMULPS(v, p, p)
	}
	return p
}

// expm1Neg is exp(x)-1 for x ≤ 0. x is destroyed.
func expm1Neg(x VecVirtual, q []float64) VecVirtual {
	VMAXPS(x, load(f32(-80)), x)
	n, r := reduce(x)
	p := horner(r, q)
	r2 := vec()
	VMULPS(r, r, r2)
	VFMADD213PS(r, r2, p)
	s, t := pow2(n), vec()
	VADDPS(f32(-1), s, t)
	VFMADD213PS(t, s, p)
	return p
}

func load(m Mem) VecVirtual {
	y := vec()
	VMOVUPS(m, y)
	return y
}

func abs(x VecVirtual) VecVirtual {
	y := vec()
	VANDPS(bits(absMask), x, y)
	return y
}

func negAbs(x VecVirtual) VecVirtual {
	y := vec()
	VORPS(bits(signBit), x, y)
	return y
}

// sigmoid keeps x.
func sigmoid(x VecVirtual) VecVirtual {
	t := expNotHigh(negAbs(x))
	num, den := vec(), vec()
	VADDPS(f32(1), t, den)
	// exp(-|x|) is the numerator for negative x.
	blend(negative(x), t, load(f32(1)), num)
	VDIVPS(den, num, num)
	return num
}

// tanh destroys x.
func tanh(x VecVirtual) VecVirtual {
	e := tanhExponential(x)
	compute(e)
	return divide(e.tanh())
}

// Coefficients of erf(x)/x = P(x²)/Q(x²) for |x| < 3.93, fitted to the relative error.
var (
	erfP = []float64{1.1283791453715142, 0.19078156275377825, 0.05278998578657522, 0.0037795125201567806, 0.0002848065692411709, 2.041989732739452e-06}
	erfQ = []float64{1.0, 0.5024084776645197, 0.1142565849126369, 0.0149972427073435, 0.0011651895791827778, 3.800416558421018e-05}
)

// erf destroys x.
func erf(x VecVirtual) VecVirtual {
	const edge = 3.93 // erf is 1 in float32 from here on
	VMINPS(x, load(f32(edge)), x)
	VMAXPS(x, load(f32(-edge)), x)
	u := vec()
	VMULPS(x, x, u)
	p, q := horner(u, erfP), horner(u, erfQ)
	VMULPS(x, p, p)
	VDIVPS(q, p, p)
	VMINPS(p, load(f32(1)), p)
	VMAXPS(p, load(f32(-1)), p)
	return p
}

// Coefficients of atanh(s) = s + s³·g(s²) for s² ≤ 1/9.
var atanhG = []float64{0.3333333332501177, 0.2000000538498072, 0.14285152860700298, 0.11132355607746573, 0.08732351221050294, 0.10393808406347205}

// softplus is max(x, 0) + log(1+exp(-|x|)). x is kept.
func softplus(x VecVirtual) VecVirtual {
	t := expFull(negAbs(x))
	// log(1+t) = 2·atanh(s) with s = t/(2+t).
	den, s := vec(), vec()
	VADDPS(f32(2), t, den)
	VDIVPS(den, t, s)
	w := vec()
	VMULPS(s, s, w)
	g := horner(w, atanhG)
	VMULPS(w, g, g)
	VFMADD213PS(s, s, g)
	VADDPS(g, g, g)
	z := vec()
	zero(z)
	VMAXPS(x, z, z)
	VADDPS(z, g, g)
	return g
}

// mish is x·q/(q+2) with q = e·(e+2), e = exp(x). x is kept.
func mish(x VecVirtual) VecVirtual {
	c := vec()
	VMINPS(x, load(f32(20)), c)
	e := expNotHigh(c)
	q := vec()
	VADDPS(f32(2), e, q)
	VMULPS(e, q, q)
	VADDPS(f32(2), q, e)
	VDIVPS(e, q, q)
	VMULPS(x, q, q)
	return q
}

// eluPart is x for x ≥ 0, else scale·(exp(x)-1). x is kept.
func eluPart(x, scale VecVirtual) VecVirtual {
	y, z := vec(), vec()
	zero(z)
	VMINPS(x, z, y)
	t := expm1Neg(y, expQ5)
	VMULPS(scale, t, t)
	blend(negative(x), t, x, t)
	return t
}
