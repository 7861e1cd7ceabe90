package kernel

import (
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/cpu"
)

// aheadStream brings the memory that is wanted next into the second-level cache while tiles compute, spread evenly over
// them: weights are read once a run and mostly come from far away.
type aheadStream struct {
	base                 uintptr
	blocks, size, stride int // bytes
	pos, step            int
}

const (
	cacheLine = 64
	aheadRows = 5 // tiles of fewer rows do not fetch: they wait for the memory as it is
)

// newAheadStream is for blocks of size bytes, fetched by fetches instructions.
func newAheadStream(first []float32, blocks, size, stride, fetches int) aheadStream {
	if len(first) == 0 || blocks <= 0 || size <= 0 || fetches <= 0 {
		return aheadStream{}
	}
	return aheadStream{
		base: uintptr(unsafe.Pointer(&first[0])), blocks: blocks, size: size, stride: stride,
		step: min(cacheLine, ceilDiv(blocks*size, fetches)),
	}
}

// fetches is how many lines a tile fetches.
func (a *tileArgs) fetches() int { return ceilDiv(a.n, Panel) * tileFetches(a.taps, a.k) }

// tileFetches is how many lines a tile fetches in a panel.
func tileFetches(taps, k int) int { return taps * (k / 4 * 2) }

// next lets the tiles of a fetch the next part.
func (s *aheadStream) next(a *tileArgs) {
	if s.pos >= s.blocks*s.size {
		a.ahead, a.aheadStep = 0, 0
		return
	}
	block := s.pos / s.size
	a.ahead, a.aheadStep = s.base+uintptr(block*s.stride+s.pos%s.size), s.step
	s.pos = min(s.pos+a.tiles*a.fetches()*s.step, (block+1)*s.size)
}

// nextFloats is how much of the weights of the next product to bring near.
func nextFloats() int { return cpu.L2Bytes / 4 / 4 }

// aheadNext is the share in next of the tiles [t0, t1), while they work on the last panels and steps of k.
func (g *tileGrid) aheadNext(next []float32, panels, steps, t0, t1 int) aheadStream {
	if g.base < aheadRows {
		return aheadStream{}
	}
	n := min(len(next), nextFloats())
	from, to := n*t0/g.tiles, n*t1/g.tiles
	return newAheadStream(next[from:to], 1, (to-from)*4, 0, (t1-t0)*panels*tileFetches(1, steps))
}

// ahead is what follows the rows [k0, k1) of the panels [p0, p1) of b, which are ldb rows long: the next piece of them
// or the next panels.
func (g *tileGrid) ahead(b []float32, ldb, p0, p1, k0, k1, tiles int) aheadStream {
	if g.base < aheadRows {
		return aheadStream{}
	}
	k := g.key.k
	fetches := tiles * (p1 - p0) * tileFetches(1, k1-k0)
	stride := ldb * Panel * 4
	switch {
	case k1 < k:
		return newAheadStream(b[(p0*ldb+k1)*Panel:], p1-p0, (min(k, k1+g.piece)-k1)*Panel*4, stride, fetches)
	case p1 == g.panels:
		return aheadStream{}
	case g.piece < ldb:
		return newAheadStream(b[p1*ldb*Panel:], min(p1-p0, g.panels-p1), min(k, g.piece)*Panel*4, stride, fetches)
	default:
		return newAheadStream(b[p1*ldb*Panel:], 1, min(p1-p0, g.panels-p1)*stride, 0, fetches)
	}
}
