package kernel

import "unsafe"

// tileArgs describes rows × (panels·16) results, each the sum over taps of a dot product of length k:
//
//	c[i][j] = clamp(bias[j] + Σ_t Σ_p row(t, i)[p] · b[(t·k+p)][j] + r[i][j])
//
// where row(t, i) is a + off[t·pitch+i], or zero when that offset is negative. A tap whose offsets are negative for
// all rows is skipped. This is done for tiles blocks of rows, one after the other. Assembly reads this struct as 8-byte words: keep the order in step with gen.
type tileArgs struct {
	a      unsafe.Pointer
	zero   unsafe.Pointer // k zeros
	off    *int32         // in floats
	pitch  int            // in entries
	taps   int
	k      int
	b      unsafe.Pointer
	bias   unsafe.Pointer // panels·16 values
	c      unsafe.Pointer
	ldc    int            // in floats
	r      unsafe.Pointer // nil: none
	ldr    int            // in floats
	n      int            // columns wanted; the last panel may be partial
	mode   clampMode
	lo, hi float32
	rows   int
	tiles  int // at least 1; a, off, c and r move on with each
	nextA  int // from one tile to the next, in floats
	nextO  int // likewise of off, in entries

	ahead     uintptr // memory that is wanted soon, as a hint: a line is fetched every other step of k,
	aheadStep int     // this many bytes further on
	skip      int     // bytes of b between one panel and the next
	uniform   int     // not 0: no offset is negative, and those of a tap are as far from the first tap's for all rows

	halves int // not 0: of 512 bits and a panel, take two vectors of 256

	stream bool // for one row: b as one stream; not for assembly
}

// next is the next tile.
func (a tileArgs) next() tileArgs {
	a.a = unsafe.Add(a.a, a.nextA*4)
	a.off = (*int32)(unsafe.Add(unsafe.Pointer(a.off), a.nextO*4))
	a.c = unsafe.Add(a.c, a.rows*a.ldc*4)
	if a.r != nil {
		a.r = unsafe.Add(a.r, a.rows*a.ldr*4)
	}
	a.tiles--
	return a
}

const maxTileRows = 8

func tileRow(p unsafe.Pointer, off, n int) []float32 {
	return unsafe.Slice((*float32)(unsafe.Add(p, off*4)), n)
}

func tileGeneric(a *tileArgs) {
	t := *a
	for t.tiles > 1 {
		oneTileGeneric(&t)
		t = t.next()
	}
	oneTileGeneric(&t)
}

func oneTileGeneric(a *tileArgs) {
	kt := a.taps * a.k
	for j0 := 0; j0 < a.n; j0 += Panel {
		w := min(Panel, a.n-j0)
		panel := tileRow(unsafe.Add(a.b, j0/Panel*a.skip), j0*kt, kt*Panel)
		bias := tileRow(a.bias, j0, Panel)
		for j := 0; j < w; j += 4 {
			i := 0
			for ; i+4 <= a.rows; i += 4 {
				tileGeneric4x4(a, panel, bias, i, j0, j, min(4, w-j))
			}
			for ; i < a.rows; i++ {
				tileGeneric1x4(a, panel, bias, i, j0, j, min(4, w-j))
			}
		}
	}
}

// tapRow returns the k values of tap t for row i, and whether they are not all padding.
func (a *tileArgs) tapRow(t, i int) ([]float32, bool) {
	off := *(*int32)(unsafe.Add(unsafe.Pointer(a.off), (t*a.pitch+i)*4))
	if off < 0 {
		return tileRow(a.zero, 0, a.k), false
	}
	return tileRow(a.a, int(off), a.k), true
}

func (a *tileArgs) finish(acc *[4]float32, i, j, n int) {
	c := tileRow(a.c, i*a.ldc+j, n)
	if a.r != nil {
		for q, v := range tileRow(a.r, i*a.ldr+j, n) {
			acc[q] += v
		}
	}
	for q := range c {
		v := acc[q]
		if a.mode != clampNone {
			v = clamp32(v, a.lo, a.hi)
		}
		c[q] = v
	}
}

func tileGeneric4x4(a *tileArgs, panel, bias []float32, i, j0, j, n int) {
	var c [4][4]float32
	for q := range c {
		copy(c[q][:], bias[j:j+4])
	}
	c00, c01, c02, c03 := c[0][0], c[0][1], c[0][2], c[0][3]
	c10, c11, c12, c13 := c00, c01, c02, c03
	c20, c21, c22, c23 := c00, c01, c02, c03
	c30, c31, c32, c33 := c00, c01, c02, c03
	for t := range a.taps {
		a0, ok0 := a.tapRow(t, i)
		a1, ok1 := a.tapRow(t, i+1)
		a2, ok2 := a.tapRow(t, i+2)
		a3, ok3 := a.tapRow(t, i+3)
		if !(ok0 || ok1 || ok2 || ok3) {
			continue
		}
		b := panel[t*a.k*Panel+j:]
		a1, a2, a3 = a1[:len(a0)], a2[:len(a0)], a3[:len(a0)]
		for p := range a0 {
			bp := (*[4]float32)(b[p*Panel:])
			b0, b1, b2, b3 := bp[0], bp[1], bp[2], bp[3]
			v := a0[p]
			c00 += v * b0
			c01 += v * b1
			c02 += v * b2
			c03 += v * b3
			v = a1[p]
			c10 += v * b0
			c11 += v * b1
			c12 += v * b2
			c13 += v * b3
			v = a2[p]
			c20 += v * b0
			c21 += v * b1
			c22 += v * b2
			c23 += v * b3
			v = a3[p]
			c30 += v * b0
			c31 += v * b1
			c32 += v * b2
			c33 += v * b3
		}
	}
	a.finish(&[4]float32{c00, c01, c02, c03}, i, j0+j, n)
	a.finish(&[4]float32{c10, c11, c12, c13}, i+1, j0+j, n)
	a.finish(&[4]float32{c20, c21, c22, c23}, i+2, j0+j, n)
	a.finish(&[4]float32{c30, c31, c32, c33}, i+3, j0+j, n)
}

func tileGeneric1x4(a *tileArgs, panel, bias []float32, i, j0, j, n int) {
	c0, c1, c2, c3 := bias[j], bias[j+1], bias[j+2], bias[j+3]
	for t := range a.taps {
		row, ok := a.tapRow(t, i)
		if !ok {
			continue
		}
		b := panel[t*a.k*Panel+j:]
		for p, v := range row {
			bp := (*[4]float32)(b[p*Panel:])
			c0 += v * bp[0]
			c1 += v * bp[1]
			c2 += v * bp[2]
			c3 += v * bp[3]
		}
	}
	a.finish(&[4]float32{c0, c1, c2, c3}, i, j0+j, n)
}
