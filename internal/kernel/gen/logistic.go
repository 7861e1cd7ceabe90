package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// held are constants that a loop keeps in registers.
type held map[float64]VecVirtual

func hold(values ...float64) held {
	h := held{}
	for _, v := range values {
		h[v] = load(f32(v))
	}
	return h
}

// of is the constant v, in its register or in memory.
func (h held) of(v float64) Op {
	if r, ok := h[v]; ok {
		return r
	}
	return f32(v)
}

func (h held) load(v float64) VecVirtual {
	if r, ok := h[v]; ok {
		return r
	}
	return load(f32(v))
}

const (
	// logistic computes 1+exp(-x) times logisticScale, which keeps it finite until its reciprocal vanishes.
	logisticScale = 1. / (1 << 24)
	logisticMagic = 3<<22 + 127 - 24 // its sum with a small integer has the exponent of logisticScale·2^n in the low bits
)

// logisticConstants are what logistic reads most.
func logisticConstants() held {
	return hold(-104, 65, logisticMagic, math.Log2E, ln2Hi, ln2Lo, logisticScale, 1)
}

// logistic is the sigmoid of x, without the care that sigmoid takes. x is kept.
func logistic(x VecVirtual, h held) VecVirtual {
	c, t, e := vec(), vec(), vec()
	VMAXPS(x, h.load(-104), c)
	VMINPS(c, h.load(65), c)
	VMOVUPS(h.of(logisticMagic), t)
	VFNMADD231PS(h.of(math.Log2E), c, t)
	VPSLLD(Imm(23), t, e)
	VSUBPS(h.of(logisticMagic), t, t)
	VFMADD231PS(h.of(ln2Hi), t, c)
	VFMADD231PS(h.of(ln2Lo), t, c)
	// c is now -r, and exp(r) = 1 + r + r²·q(r).
	p, r2 := vec(), vec()
	last := len(expQ5) - 1
	VMOVUPS(f32(-expQ5[last]), p)
	for i := last - 1; i >= 0; i-- {
		q := expQ5[i]
		if i%2 == 1 {
			q = -q
		}
		VFMADD213PS(f32(q), c, p)
	}
	VMULPS(c, c, r2)
	VFMSUB213PS(c, r2, p)
	VADDPS(h.of(1), p, p)
	VFMADD213PS(h.of(logisticScale), e, p)
	VDIVPS(p, h.load(logisticScale), p)
	return p
}
