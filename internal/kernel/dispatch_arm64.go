//go:build !noasm

package kernel

import (
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/cpu"
)

// The assembly reads its argument structs as 8-byte words in this order; the compiler rejects another one.
var (
	_ = [1]struct{}{}[unsafe.Offsetof(tileArgs{}.lo)-14*8]
	_ = [1]struct{}{}[unsafe.Offsetof(stepArgs{}.bias)-11*8]
)

func useNEON() bool { return level == cpu.NEON }

func tileRows(int) int { return 4 }
func stripPanels() int { return 1 }

func tile(a *tileArgs) {
	if !useNEON() {
		tileGeneric(a)
		return
	}
	t := *a
	for t.tiles > 1 {
		oneTileNEON(&t)
		t = t.next()
	}
	oneTileNEON(&t)
}

func oneTileNEON(a *tileArgs) {
	p := (*byte)(unsafe.Pointer(a))
	switch a.rows {
	case 1:
		tile1NEON(p)
	case 2:
		tile2NEON(p)
	case 3:
		tile3NEON(p)
	case 4:
		tile4NEON(p)
	default:
		panic("kernel: no tile of so many rows")
	}
}

// neonStepRows is the most rows of the step kernels.
const neonStepRows = 3

func blocksTogether(rows, gates int) int { return 0 }

func stepGates(a *stepArgs, gates int) {
	if !useNEON() {
		stepGatesGeneric(a, gates)
		return
	}
	if a.rows > neonStepRows {
		first, rest := *a, *a
		first.rows, rest.rows = neonStepRows, a.rows-neonStepRows
		rest.h = unsafe.Add(a.h, neonStepRows*a.ldh*4)
		rest.x = unsafe.Add(a.x, neonStepRows*a.ldx*4)
		rest.y = unsafe.Add(a.y, neonStepRows*a.ldy*4)
		stepGates(&first, gates)
		stepGates(&rest, gates)
		return
	}
	p := (*byte)(unsafe.Pointer(a))
	switch gates<<2 | a.rows {
	case 1<<2 | 1:
		gates1x1NEON(p)
	case 1<<2 | 2:
		gates1x2NEON(p)
	case 1<<2 | 3:
		gates1x3NEON(p)
	case 3<<2 | 1:
		gates3x1NEON(p)
	case 3<<2 | 2:
		gates3x2NEON(p)
	case 3<<2 | 3:
		gates3x3NEON(p)
	case 4<<2 | 1:
		gates4x1NEON(p)
	case 4<<2 | 2:
		gates4x2NEON(p)
	case 4<<2 | 3:
		gates4x3NEON(p)
	default:
		panic("kernel: no step of so many gates and rows")
	}
}

func applyActivation(a Activation, dst, src []float32) {
	if !useNEON() || a.Kind != Exp && a.Kind != Sigmoid && a.Kind != Tanh {
		applyGeneric(a, dst, src)
		return
	}
	whole := len(src) &^ 3
	if whole > 0 {
		applyNEON(a.Kind, dst, src[:whole])
	}
	if rest := src[whole:]; len(rest) > 0 {
		var t [4]float32
		copy(t[:], rest)
		applyNEON(a.Kind, t[:], t[:])
		copy(dst[whole:], t[:len(rest)])
	}
}

func applyNEON(k ActKind, dst, src []float32) {
	switch k {
	case Exp:
		expNEON(&dst[0], &src[0], len(src))
	case Sigmoid:
		sigmoidNEON(&dst[0], &src[0], len(src))
	case Tanh:
		tanhNEON(&dst[0], &src[0], len(src))
	}
}

func binary(op arithOp, dst, a, b []float32) {
	whole := len(b) &^ 3
	if !useNEON() || whole == 0 {
		binaryGeneric(op, dst, a, b)
		return
	}
	dst, a = dst[:len(b)], a[:len(b)]
	d, x, y := &dst[0], &a[0], &b[0]
	switch op {
	case opAdd:
		addNEON(d, x, y, whole)
	case opSub:
		subNEON(d, x, y, whole)
	case opMul:
		mulNEON(d, x, y, whole)
	case opDiv:
		divNEON(d, x, y, whole)
	case opMax:
		maxNEON(d, x, y, whole)
	case opMin:
		minNEON(d, x, y, whole)
	default:
		whole = 0
	}
	binaryGeneric(op, dst[whole:], a[whole:], b[whole:])
}
