package kernel

import "math"

// SumOf returns Σ x. The order of the sum depends on the length and the instruction set alone.
func SumOf(x []float32) float32 {
	if len(x) == 0 {
		return 0
	}
	return sum(x)
}

// MaxOf returns the largest of x, NaN if one is NaN, -Inf if there is none.
func MaxOf(x []float32) float32 {
	if len(x) == 0 {
		return float32(math.Inf(-1))
	}
	return maximum(x)
}

// MinOf returns the smallest of x, NaN if one is NaN, +Inf if there is none.
func MinOf(x []float32) float32 {
	if len(x) == 0 {
		return float32(math.Inf(1))
	}
	return minimum(x)
}

// VarianceOf returns the mean of (x - mean)².
func VarianceOf(x []float32, mean float32) float32 {
	if len(x) == 0 {
		return float32(math.NaN())
	}
	return sumSquares(x, mean) / float32(len(x))
}

// Dot returns Σ a·b.
func Dot(a, b []float32) float32 {
	if len(a) == 0 {
		return 0
	}
	return dot(a, b[:len(a)])
}

// SumCols sets dst[j] = Σ_i x[i][j] for the rows of len(dst) values of x.
func SumCols(dst, x []float32) {
	clear(dst)
	n := len(dst)
	if n == 0 {
		return
	}
	AddRows(dst, x, len(x)/n, n)
}

// AddRows adds rows of len(dst) values of x, the starts of which are stride apart, to dst.
func AddRows(dst, x []float32, rows, stride int) { rowsInto(opAdd, dst, x, rows, stride) }

// MaxRows raises dst to the largest of its columns, or NaN, of rows as AddRows takes them.
func MaxRows(dst, x []float32, rows, stride int) { rowsInto(opMax, dst, x, rows, stride) }

// MinRows lowers dst likewise.
func MinRows(dst, x []float32, rows, stride int) { rowsInto(opMin, dst, x, rows, stride) }

func rowsInto(op arithOp, dst, x []float32, rows, stride int) {
	if rows > 0 && len(dst) > 0 {
		checkLen("x", len(x), (rows-1)*stride+len(dst))
		for i := 0; i < rows; i += rowsInCall(len(dst)) {
			foldRows(op, dst, x[i*stride:], min(rows-i, rowsInCall(len(dst))), stride)
		}
	}
}

func foldRowsGeneric(op arithOp, dst, x []float32, rows, stride int) {
	for i := range rows {
		binary(op, dst, dst, x[i*stride:][:len(dst)])
	}
}

func sumGeneric(x []float32) float32 {
	var s [4]float32
	for ; len(x) >= 4; x = x[4:] {
		s[0] += x[0]
		s[1] += x[1]
		s[2] += x[2]
		s[3] += x[3]
	}
	for i, v := range x {
		s[i] += v
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

func sumSquaresGeneric(x []float32, mean float32) float32 {
	var s [4]float32
	for ; len(x) >= 4; x = x[4:] {
		for i := range s {
			d := x[i] - mean
			s[i] += d * d
		}
	}
	for i, v := range x {
		d := v - mean
		s[i] += d * d
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

func dotGeneric(a, b []float32) float32 {
	var s [4]float32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s[0] += a[i] * b[i]
		s[1] += a[i+1] * b[i+1]
		s[2] += a[i+2] * b[i+2]
		s[3] += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s[0] += a[i] * b[i]
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

func maximumGeneric(x []float32) float32 {
	m := x[0]
	for _, v := range x[1:] {
		m = max(m, v)
	}
	return m
}

func minimumGeneric(x []float32) float32 {
	m := x[0]
	for _, v := range x[1:] {
		m = min(m, v)
	}
	return m
}
