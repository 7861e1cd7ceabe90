package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// move copies a box of elements from a source to the output:
//
//	dst[toAt + Σ i[k]·to[k]] = src[fromAt + Σ i[k]·from[k]] for all i < shape
//
// Strides may be 0 or negative. Every op that only moves elements is a few moves.
type move struct {
	source       int // index of the source buffer
	shape        []int
	to, from     []int
	toAt, fromAt int
}

// box is a move made ready: axes merged, and split into an inner plane of rows
// and columns and the axes around it.
type box struct {
	source                         int
	outer, outerTo, outerFrom      []int
	rows, cols                     int
	rowTo, rowFrom, colTo, colFrom int
	toAt, fromAt                   int
	lines                          int // rows of all planes
}

func newBox(m move) (box, error) {
	var shape, to, from []int
	for i, n := range m.shape {
		if n == 1 {
			continue
		}
		if k := len(shape) - 1; k >= 0 && to[k] == m.to[i]*n && from[k] == m.from[i]*n {
			shape[k], to[k], from[k] = shape[k]*n, m.to[i], m.from[i]
			continue
		}
		shape, to, from = append(shape, n), append(to, m.to[i]), append(from, m.from[i])
	}
	b := box{source: m.source, rows: 1, cols: 1, toAt: m.toAt, fromAt: m.fromAt, lines: 1}
	if k := len(shape) - 1; k >= 0 {
		b.cols, b.colTo, b.colFrom = shape[k], to[k], from[k]
		shape, to, from = shape[:k], to[:k], from[:k]
	}
	row := len(shape) - 1
	if b.colFrom != 1 && b.colFrom != 0 { // the rows run along the source, if any axis does
		for i := range shape {
			if from[i] == 1 {
				row = i
			}
		}
	}
	for i, n := range shape {
		b.lines *= n
		if i == row {
			b.rows, b.rowTo, b.rowFrom = n, to[i], from[i]
			continue
		}
		b.outer, b.outerTo, b.outerFrom = append(b.outer, n), append(b.outerTo, to[i]), append(b.outerFrom, from[i])
	}
	if len(b.outer) > maxAxes {
		return box{}, ir.Errorf(ir.ErrUnsupported, "moving elements over more than %d axes that do not merge", maxAxes)
	}
	return b, nil
}

// lineTime is about how many nanoseconds a row takes.
func (b *box) lineTime(size int) float64 {
	switch {
	case b.colTo == 1 && (b.colFrom == 1 || b.colFrom == 0):
		return 4 + float64(b.cols*size)*0.05
	case b.colTo == 1 && b.rowFrom == 1:
		return 1 + float64(b.cols)*0.6
	}
	return 2 + float64(b.cols)
}

// bindMoves makes the step that does the moves from sources to dst.
func bindMoves(bd *binding, dst *buffer, sources []*buffer, moves ...move) (step, error) {
	switch dst.kind {
	case ir.Float32:
		return moveStep[float32](bd, dst, sources, moves)
	case ir.Int32:
		return moveStep[int32](bd, dst, sources, moves)
	case ir.Int64:
		return moveStep[int64](bd, dst, sources, moves)
	case ir.Bool:
		return moveStep[bool](bd, dst, sources, moves)
	}
	return moveStep[string](bd, dst, sources, moves)
}

func moveStep[T Element](bd *binding, dst *buffer, sources []*buffer, moves []move) (step, error) {
	var parts []*spread
	out := slot[T](dst)
	for _, m := range moves {
		if elems(m.shape) == 0 {
			continue
		}
		b, err := newBox(m)
		if err != nil {
			return nil, err
		}
		in := slot[T](sources[m.source])
		parts = append(parts, newSpread(bd, b.lines, b.lineTime(max(kindSize(dst.kind), 1)), 8, func(_, lo, hi int) {
			copyLines(*out, *in, &b, lo, hi)
		}))
	}
	if len(parts) == 1 {
		return parts[0].step, nil
	}
	return func(x *exec) error {
		for _, p := range parts {
			p.run(x)
		}
		return nil
	}, nil
}

// copyLines copies rows lo to hi, counted over all planes.
func copyLines[T Element](dst, src []T, b *box, lo, hi int) {
	var index [maxAxes]int
	to, from := b.toAt, b.fromAt
	plane, row := lo/b.rows, lo%b.rows
	for i := len(b.outer) - 1; i >= 0; i-- {
		index[i] = plane % b.outer[i]
		plane /= b.outer[i]
		to += index[i] * b.outerTo[i]
		from += index[i] * b.outerFrom[i]
	}
	for lo < hi {
		n := min(b.rows-row, hi-lo)
		copyPlane(dst, src, b, to+row*b.rowTo, from+row*b.rowFrom, n)
		lo += n
		row = 0
		for i := len(b.outer) - 1; i >= 0; i-- {
			index[i]++
			to += b.outerTo[i]
			from += b.outerFrom[i]
			if index[i] < b.outer[i] {
				break
			}
			index[i] = 0
			to -= b.outer[i] * b.outerTo[i]
			from -= b.outer[i] * b.outerFrom[i]
		}
	}
}

func copyPlane[T Element](dst, src []T, b *box, to, from, rows int) {
	cols := b.cols
	switch {
	case b.colTo == 1 && b.colFrom == 1 || cols == 1:
		if cols == 1 {
			for ; rows > 0; rows-- {
				dst[to] = src[from]
				to += b.rowTo
				from += b.rowFrom
			}
			return
		}
		for ; rows > 0; rows-- {
			copy(dst[to:to+cols], src[from:from+cols])
			to += b.rowTo
			from += b.rowFrom
		}
	case b.colTo == 1 && b.colFrom == 0:
		for ; rows > 0; rows-- {
			v := src[from]
			for i := range dst[to : to+cols] {
				dst[to+i] = v
			}
			to += b.rowTo
			from += b.rowFrom
		}
	case b.colTo == 1 && b.rowFrom == 1 && b.colFrom > 0:
		transposePlane(dst[to:], src[from:], rows, cols, b.rowTo, b.colFrom)
	default:
		for ; rows > 0; rows-- {
			t, f := to, from
			for range cols {
				dst[t] = src[f]
				t += b.colTo
				f += b.colFrom
			}
			to += b.rowTo
			from += b.rowFrom
		}
	}
}

// transposePlane sets dst[r·ldd+c] = src[c·lds+r], in blocks that fit the first
// level cache, of tiles of 8×8.
func transposePlane[T Element](dst, src []T, rows, cols, ldd, lds int) {
	if d, ok := any(dst).([]float32); ok && kernel.Transpose(d, any(src).([]float32), rows, cols, ldd, lds) {
		return
	}
	const blockRows, blockCols = 32, 64
	for r0 := 0; r0 < rows; r0 += blockRows {
		for c0 := 0; c0 < cols; c0 += blockCols {
			transposeBlock(dst[r0*ldd+c0:], src[c0*lds+r0:], min(blockRows, rows-r0), min(blockCols, cols-c0), ldd, lds)
		}
	}
}

func transposeBlock[T Element](dst, src []T, rows, cols, ldd, lds int) {
	r := 0
	for ; r+8 <= rows; r += 8 {
		c := 0
		for ; c+8 <= cols; c += 8 {
			transposeTile(dst[r*ldd+c:], src[c*lds+r:], ldd, lds)
		}
		for ; c < cols; c++ {
			s := (*[8]T)(src[c*lds+r:])
			d := dst[r*ldd+c:]
			for i := range 8 {
				d[i*ldd] = s[i]
			}
		}
	}
	for ; r < rows; r++ {
		for c := range cols {
			dst[r*ldd+c] = src[c*lds+r]
		}
	}
}

func transposeTile[T Element](dst, src []T, ldd, lds int) {
	s0, s1, s2, s3 := (*[8]T)(src), (*[8]T)(src[lds:]), (*[8]T)(src[2*lds:]), (*[8]T)(src[3*lds:])
	s4, s5, s6, s7 := (*[8]T)(src[4*lds:]), (*[8]T)(src[5*lds:]), (*[8]T)(src[6*lds:]), (*[8]T)(src[7*lds:])
	for i := range 8 {
		d := (*[8]T)(dst[i*ldd:])
		d[0], d[1], d[2], d[3] = s0[i], s1[i], s2[i], s3[i]
		d[4], d[5], d[6], d[7] = s4[i], s5[i], s6[i], s7[i]
	}
}
