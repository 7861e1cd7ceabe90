package kernel

import "math"

// Softmax sets each row of n values of dst to the softmax of that row of src. dst may be src.
func Softmax(dst, src []float32, n int) {
	for at, end := 0, wholeRows(dst, src, n)*n; at < end; {
		to := min(end, at+rowsInCall(n)*n)
		softmax(dst[at:to], src[at:to], n)
		at = to
	}
}

// rowsInCall is how many rows of n values one call of assembly may go through.
func rowsInCall(n int) int { return max(1, longRun/max(1, n)) }

// wholeRows is the number of rows of n values of src, which dst has too.
func wholeRows(dst, src []float32, n int) int {
	if n <= 0 {
		return 0
	}
	rows := len(src) / n
	checkLen("dst", len(dst), rows*n)
	return rows
}

func softmaxGeneric(dst, src []float32, n int) {
	for i := 0; i < len(src); i += n {
		row := dst[i : i+n]
		s := expSumGeneric(row, src[i:i+n], maximumGeneric(src[i:i+n]))
		scalarGeneric(opMul, row, row, 1/s)
	}
}

// LogSoftmax sets each row of n values of dst to the logarithm of the softmax of that row of src. dst may be src.
// scratch has n values.
func LogSoftmax(dst, src []float32, n int, scratch []float32) {
	for i := 0; i+n <= len(src) && n > 0; i += n {
		row := src[i : i+n]
		m := maximum(row)
		s := expSum(scratch[:n], row, m)
		scalar(opSub, dst[i:i+n], row, m)
		scalar(opSub, dst[i:i+n], dst[i:i+n], float32(math.Log(float64(s))))
	}
}

// expSumGeneric sets dst = exp(src - shift) and returns its sum.
func expSumGeneric(dst, src []float32, shift float32) float32 {
	dst = dst[:len(src)]
	for i, x := range src {
		dst[i] = exp32(x - shift)
	}
	return sumGeneric(dst)
}

// LayerNorm normalizes each row of n values of src to mean 0 and variance 1, then scales by gamma and adds beta, each
// of n values or nil. dst may be src.
func LayerNorm(dst, src []float32, n int, gamma, beta []float32, epsilon float32) {
	end, i := wholeRows(dst, src, n)*n, 0
	for gamma != nil && beta != nil && i < end {
		to := min(end, i+rowsInCall(n)*n)
		if !layerNorm(dst[i:to], src[i:to], gamma[:n], beta[:n], epsilon) {
			break
		}
		i = to
	}
	for ; i < end; i += n {
		x, y := src[i:i+n], dst[i:i+n]
		mean := sum(x) / float32(n)
		variance := sumSquares(x, mean) / float32(n)
		normalizeRow(y, x, mean, float32(1/math.Sqrt(float64(variance+epsilon))), gamma, beta)
	}
}

// RMSNorm divides each row of n values of src by the root of its mean square, then scales by gamma (n values or nil).
func RMSNorm(dst, src []float32, n int, gamma []float32, epsilon float32) {
	for i := 0; i+n <= len(src) && n > 0; i += n {
		x, y := src[i:i+n], dst[i:i+n]
		ms := sumSquares(x, 0) / float32(n)
		normalizeRow(y, x, 0, float32(1/math.Sqrt(float64(ms+epsilon))), gamma, nil)
	}
}

// normalizeRow sets y = (x - mean)·rstd·gamma + beta.
func normalizeRow(y, x []float32, mean, rstd float32, gamma, beta []float32) {
	scalar(opSub, y, x, mean)
	scalar(opMul, y, y, rstd)
	switch {
	case gamma != nil && beta != nil:
		fma(y, y, gamma[:len(y)], beta[:len(y)])
	case gamma != nil:
		binary(opMul, y, y, gamma[:len(y)])
	case beta != nil:
		binary(opAdd, y, y, beta[:len(y)])
	}
}
