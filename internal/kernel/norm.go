package kernel

import "math"

// Softmax sets each row of n values of dst to the softmax of that row of src. dst may be src.
func Softmax(dst, src []float32, n int) {
	for i := 0; i+n <= len(src) && n > 0; i += n {
		softmaxRow(dst[i:i+n], src[i:i+n])
	}
}

func softmaxRow(dst, src []float32) {
	s := expSum(dst, src, maximum(src))
	MulScalar(dst, dst, 1/s)
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
	for i := 0; i+n <= len(src) && n > 0; i += n {
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
