package main

import (
	"math"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set that kernels are emitted for: one description serves both. What they do differently, apart
// from the width of a vector, is in this file.
type isa struct {
	name  string // ends the names of functions
	bytes int    // of a vector
}

var (
	avx2   = isa{"AVX2", 32}
	avx512 = isa{"AVX512", 64}

	target = avx2       // what is being emitted
	width  = avx2.bytes // of the vectors that it uses at the moment
)

// emitFor emits functions for an instruction set.
func emitFor(s isa, functions ...func()) {
	target, width = s, s.bytes
	for _, f := range functions {
		f()
	}
}

// withWidth emits code with vectors of a number of bytes.
func withWidth(bytes int, f func()) {
	old := width
	width = bytes
	f()
	width = old
}

// widths are the numbers of bytes of the vectors that the target has, widest first.
func widths() []int {
	if target == avx512 {
		return []int{avx512.bytes, avx2.bytes}
	}
	return []int{avx2.bytes}
}

// blockLoop emits code for a number of blocks of 8 channels or units: as many at once as a vector holds.
func blockLoop(left Mem, body func()) {
	for _, w := range widths() {
		loop, rest := label("blocks"), label("blocks_left")
		Label(loop)
		CMPQ(left, Imm(uint64(w/avx2.bytes)))
		JL(LabelRef(rest))
		withWidth(w, body)
		SUBQ(Imm(uint64(w/avx2.bytes)), left)
		JMP(LabelRef(loop))
		Label(rest)
	}
}

// fit is the part of y that is as wide as the vectors in use.
func fit(y VecVirtual) Register {
	if width == avx512.bytes {
		return y
	}
	return y.AsY()
}

// lanes is the number of float32 values of a vector.
func lanes() int { return width / 4 }

// vec allocates a vector register.
func vec() VecVirtual {
	if width == avx512.bytes {
		return ZMM()
	}
	return YMM()
}

// vecs allocates n vector registers.
func vecs(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = vec()
	}
	return v
}

var maskTable *Mem

// tailMask loads into a register the mask of the first n lanes, n at most the lanes of a vector: a vector of words that
// are zero or all ones, or an opmask.
func tailMask(n GPVirtual) Register {
	if target == avx512 {
		bits, mask := GP32(), K()
		MOVL(U32(1<<16-1), bits)
		BZHIL(n.As32(), bits, bits)
		KMOVW(bits, mask)
		return mask
	}
	if maskTable == nil {
		table := GLOBL("tail_masks", attr.RODATA|attr.NOPTR)
		for i := range 2 * avx2.bytes / 4 {
			v := U32(0)
			if i < avx2.bytes/4 {
				v = U32(math.MaxUint32)
			}
			DATA(i*4, v)
		}
		maskTable = &table
	}
	p, k, mask := GP64(), GP64(), YMM()
	LEAQ(*maskTable, p)
	MOVQ(n, k)
	NEGQ(k)
	VMOVUPS(Mem{Base: p, Index: k, Scale: 4, Disp: avx2.bytes}, mask)
	return mask
}

// loadVec loads the lanes of a mask, and zeros for the others; all with no mask.
func loadVec(m Mem, mask Register, y Register) {
	switch {
	case mask == nil:
		VMOVUPS(m, y)
	case target == avx512:
		VMOVUPS_Z(m, mask, y)
	default:
		VMASKMOVPS(m, mask, y)
	}
}

// storeVec stores the lanes of a mask; all with no mask.
func storeVec(y Register, mask Register, m Mem) {
	switch {
	case mask == nil:
		VMOVUPS(y, m)
	case target == avx512:
		VMOVUPS(y, mask, m)
	default:
		VMASKMOVPS(y, mask, m)
	}
}

// keep clears the lanes of y that are not in the mask.
func keep(mask Register, y VecVirtual) {
	if target == avx512 {
		VMOVUPS_Z(y, mask, y)
		return
	}
	VANDPS(mask, y, y)
}

// blend sets dst to a in the lanes of the mask and to b in the others.
func blend(mask, a, b, dst Register) {
	if target == avx512 {
		VBLENDMPS(a, b, mask, dst)
		return
	}
	VBLENDVPS(mask, a, b, dst)
}

// negative is the mask of the lanes of x whose sign bit is set.
func negative(x VecVirtual) Register {
	if target == avx512 {
		k := K()
		VPMOVD2M(x, k)
		return k
	}
	return x
}

// unordered is the mask of the lanes where a or b is NaN.
func unordered(a, b VecVirtual) Register {
	if target == avx512 {
		k := K()
		VCMPPS(Imm(3), b, a, k)
		return k
	}
	y := YMM()
	VCMPPS(Imm(3), b, a, y)
	return y
}

// zeroMask is a mask of no lanes.
func zeroMask() Register {
	if target == avx512 {
		k := K()
		KXORW(k, k, k)
		return k
	}
	y := YMM()
	zero(y)
	return y
}

// orMask adds the lanes of a to b.
func orMask(a, b Register) {
	if target == avx512 {
		KORW(a, b, b)
		return
	}
	VORPS(a, b, b)
}

// jumpIfNone goes on at a label if the mask has no lanes.
func jumpIfNone(mask Register, to string) {
	if target == avx512 {
		KORTESTW(mask, mask)
	} else {
		m := GP32()
		VMOVMSKPS(mask, m)
		TESTL(m, m)
	}
	JZ(LabelRef(to))
}

// roundEven rounds to the nearest integers.
func roundEven(x, dst VecVirtual) {
	if target == avx512 {
		VRNDSCALEPS(Imm(0), x, dst)
		return
	}
	VROUNDPS(Imm(0), x, dst)
}

// horizontal combines the lanes of y into its first.
func horizontal(y VecVirtual, op func(a, b, c Op)) {
	t := vec()
	if width == avx512.bytes {
		VEXTRACTF64X4(Imm(1), y, t.AsY())
		op(t.AsY(), y.AsY(), y.AsY())
	}
	VEXTRACTF128(Imm(1), y.AsY(), t.AsX())
	op(t.AsX(), y.AsX(), y.AsX())
	VPERMILPS(Imm(0xe), y.AsX(), t.AsX())
	op(t.AsX(), y.AsX(), y.AsX())
	VPERMILPS(Imm(1), y.AsX(), t.AsX())
	op(t.AsX(), y.AsX(), y.AsX())
}

// broadcastConstants lets instructions with 512-bit registers read a constant, of which memory holds a vector of AVX2,
// as one word that they broadcast.
func broadcastConstants(i *ir.Instruction) error {
	wide, constant := false, false
	for _, op := range i.Operands {
		switch op := op.(type) {
		case Register:
			wide = wide || IsZMM(op)
		case Mem:
			constant = constant || strings.HasPrefix(op.Symbol.Name, wordPrefix)
		}
	}
	switch {
	case !wide || !constant:
	case i.Opcode == "VMOVUPS":
		i.Opcode = "VBROADCASTSS"
	default:
		i.Suffixes = append(i.Suffixes, "BCST")
	}
	return nil
}
