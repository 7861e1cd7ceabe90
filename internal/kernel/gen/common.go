package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

var labels int

// label returns a name that is unique in the function.
func label(name string) string {
	labels++
	return fmt.Sprintf("%s_%d", name, labels)
}

// fn begins a function of the target, whose arguments do not escape. Its name gets the target's behind it.
func fn(name, signature, does string) { begin(name, attr.NOSPLIT, signature, does) }

// fnWithRoom is fn for one with much on the stack.
func fnWithRoom(name, signature, does string) { begin(name, attr.Attribute(0), signature, does) }

func begin(name string, a attr.Attribute, signature, does string) {
	emitted = append(emitted, emittedFn{name, signature, target})
	labels = 0
	name += target.name
	TEXT(name, a, signature)
	Pragma("noescape")
	Doc(name + " " + does)
}

// end leaves the function.
func end() {
	VZEROUPPER()
	RET()
}

// vectorLocals is room for n vectors on the stack, aligned: Go aligns frames to words, and vectors that straddle cache
// lines are slow. It keeps the room's address in a register.
func vectorLocals(n int) Mem {
	room, p := AllocLocal((n+1)*width), GP64()
	LEAQ(room.Offset(width-1), p)
	ANDQ(I32(-width), p)
	return Mem{Base: p}
}

var constants = map[uint32]Mem{}

const wordPrefix = "vec_" // begins the names of constants

// bits is a vector of 32-bit constants in memory. Equal constants share their place.
func bits(v uint32) Mem {
	if m, ok := constants[v]; ok {
		return m
	}
	m := GLOBL(fmt.Sprintf(wordPrefix+"%08x", v), attr.RODATA|attr.NOPTR)
	for i := range avx2.bytes / 4 {
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

// add adds a number of bytes to a pointer.
func add(bytes int, p Op) {
	switch {
	case bytes < 128:
		ADDQ(Imm(uint64(bytes)), p)
	case bytes == 128:
		SUBQ(I8(-128), p) // shorter
	default:
		ADDQ(U32(uint32(bytes)), p)
	}
}

func at(base Register, disp int) Mem { return Mem{Base: base, Disp: disp} }

// zero clears a register.
func zero(y VecVirtual) { VXORPS(y, y, y) }
