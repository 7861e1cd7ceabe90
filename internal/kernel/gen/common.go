package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const lanes = 8 // float32 values in a YMM register

var labels int

// label returns a name that is unique in the file.
func label(name string) string {
	labels++
	return fmt.Sprintf("%s_%d", name, labels)
}

// fn begins a function whose arguments do not escape.
func fn(name, signature, doc string) {
	TEXT(name, attr.NOSPLIT, signature)
	Pragma("noescape")
	Doc(doc)
}

// end leaves the function.
func end() {
	VZEROUPPER()
	RET()
}

// vectorLocals is room for n vectors on the stack, aligned: Go aligns frames to words, and vectors that straddle cache
// lines are slow. It keeps the room's address in a register.
func vectorLocals(n int) Mem {
	room, p := AllocLocal((n+1)*32), GP64()
	LEAQ(room.Offset(31), p)
	ANDQ(I32(-32), p)
	return Mem{Base: p}
}

var constants = map[uint32]Mem{}

// bits is a vector of 32-bit constants in memory. Equal constants share their place.
func bits(v uint32) Mem {
	if m, ok := constants[v]; ok {
		return m
	}
	m := GLOBL(fmt.Sprintf("vec_%08x", v), attr.RODATA|attr.NOPTR)
	for i := range lanes {
		DATA(i*4, U32(v))
	}
	constants[v] = m
	return m
}

// f32 is a vector of equal float32 constants in memory.
func f32(v float64) Mem { return bits(math.Float32bits(float32(v))) }

const (
	signBit = 0x80000000
	absMask = 0x7fffffff
)

var maskTable *Mem

// tailMask loads into a register the mask of the first n lanes, n in 0..8.
func tailMask(n Register) VecVirtual {
	if maskTable == nil {
		m := GLOBL("tail_masks", attr.RODATA|attr.NOPTR)
		for i := range 2 * lanes {
			v := U32(0)
			if i < lanes {
				v = U32(math.MaxUint32)
			}
			DATA(i*4, v)
		}
		maskTable = &m
	}
	at, k, mask := GP64(), GP64(), YMM()
	LEAQ(*maskTable, at)
	MOVQ(n, k)
	NEGQ(k)
	VMOVUPS(Mem{Base: at, Index: k, Scale: 4, Disp: lanes * 4}, mask)
	return mask
}

// partialStore writes the first n lanes of y, 1..7, without touching what follows. y is destroyed.
func partialStore(y VecVirtual, to Mem, n Register) {
	p := GP64()
	LEAQ(to, p)
	for _, w := range []int{4, 2, 1} {
		skip := label("skip")
		TESTQ(U32(w), n)
		JZ(LabelRef(skip))
		switch w {
		case 4:
			VMOVUPS(y.AsX(), Mem{Base: p})
			ADDQ(Imm(16), p)
			VEXTRACTF128(Imm(1), y, y.AsX())
		case 2:
			VMOVLPS(y.AsX(), Mem{Base: p})
			ADDQ(Imm(8), p)
			VPERMILPS(Imm(0xe), y.AsX(), y.AsX())
		case 1:
			VMOVSS(y.AsX(), Mem{Base: p})
		}
		Label(skip)
	}
}

func at(base Register, disp int) Mem { return Mem{Base: base, Disp: disp} }

// ymms allocates n registers.
func ymms(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = YMM()
	}
	return v
}

// zero clears a register.
func zero(y VecVirtual) { VXORPS(y, y, y) }
