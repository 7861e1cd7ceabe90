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

func tileRows() int { return 4 }

func tile(a *tileArgs) {
	if !useNEON() {
		tileGeneric(a)
		return
	}
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

func stepGates(a *stepArgs, gates int) {
	if !useNEON() {
		stepGatesGeneric(a, gates)
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
