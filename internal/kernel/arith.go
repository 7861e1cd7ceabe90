package kernel

// Every function takes slices of the length of its last source; dst may be one of the sources, and otherwise must not
// overlap them.

// Add sets dst = a + b.
func Add(dst, a, b []float32) { longBinary(opAdd, dst, a, b) }

// Sub sets dst = a - b.
func Sub(dst, a, b []float32) { longBinary(opSub, dst, a, b) }

// Mul sets dst = a · b.
func Mul(dst, a, b []float32) { longBinary(opMul, dst, a, b) }

// Div sets dst = a / b.
func Div(dst, a, b []float32) { longBinary(opDiv, dst, a, b) }

// Max sets dst = max(a, b); NaN in either gives NaN.
func Max(dst, a, b []float32) { longBinary(opMax, dst, a, b) }

// Min sets dst = min(a, b); NaN in either gives NaN.
func Min(dst, a, b []float32) { longBinary(opMin, dst, a, b) }

// AddScalar sets dst = a + s.
func AddScalar(dst, a []float32, s float32) { longScalar(opAdd, dst, a, s) }

// SubScalar sets dst = a - s.
func SubScalar(dst, a []float32, s float32) { longScalar(opSub, dst, a, s) }

// MulScalar sets dst = a · s.
func MulScalar(dst, a []float32, s float32) { longScalar(opMul, dst, a, s) }

// DivScalar sets dst = a / s.
func DivScalar(dst, a []float32, s float32) { longScalar(opDiv, dst, a, s) }

// MaxScalar sets dst = max(a, s).
func MaxScalar(dst, a []float32, s float32) { longScalar(opMax, dst, a, s) }

// MinScalar sets dst = min(a, s).
func MinScalar(dst, a []float32, s float32) { longScalar(opMin, dst, a, s) }

// RSubScalar sets dst = s - a.
func RSubScalar(dst, a []float32, s float32) { longScalar(opRSub, dst, a, s) }

// RDivScalar sets dst = s / a.
func RDivScalar(dst, a []float32, s float32) { longScalar(opRDiv, dst, a, s) }

// AddRow sets dst[i][j] = a[i][j] + row[j] for the rows of a.
func AddRow(dst, a, row []float32) {
	var buf [repeatFloats]float32
	row = repeatRow(&buf, row, len(a))
	n := len(row)
	if n == 0 {
		return
	}
	for len(a) >= n {
		longBinary(opAdd, dst[:n], a[:n], row)
		dst, a = dst[n:], a[n:]
	}
	binary(opAdd, dst[:len(a)], a, row[:len(a)])
}

// ScaleShiftRow sets dst[i][j] = a[i][j]·scale[j] + shift[j]: a BatchNormalization at inference.
func ScaleShiftRow(dst, a, scale, shift []float32) {
	var bufScale, bufShift [repeatFloats]float32
	shift = repeatRow(&bufShift, shift[:len(scale)], len(a))
	scale = repeatRow(&bufScale, scale, len(a))
	n := len(scale)
	if n == 0 {
		return
	}
	for len(a) >= n {
		fma(dst[:n], a[:n], scale, shift)
		dst, a = dst[n:], a[n:]
	}
	fma(dst[:len(a)], a, scale[:len(a)], shift[:len(a)])
}

// FMA sets dst = a·b + c.
func FMA(dst, a, b, c []float32) { fma(dst, a, b, c) }

// Axpy adds s·x to y.
func Axpy(y []float32, s float32, x []float32) { axpy(y, s, x) }

// Lerp sets dst = a + (b-a)·s, each operation rounded.
func Lerp(dst, a, b []float32, s float32) { lerp(dst, a, b, s) }

func longBinary(op arithOp, dst, a, b []float32) {
	for len(b) > longRun {
		binary(op, dst[:longRun], a[:longRun], b[:longRun])
		dst, a, b = dst[longRun:], a[longRun:], b[longRun:]
	}
	binary(op, dst, a, b)
}

func longScalar(op arithOp, dst, a []float32, s float32) {
	for len(a) > longRun {
		scalar(op, dst[:longRun], a[:longRun], s)
		dst, a = dst[longRun:], a[longRun:]
	}
	scalar(op, dst, a, s)
}

type arithOp uint8

const (
	opAdd arithOp = iota
	opSub
	opMul
	opDiv
	opMax
	opMin
	opRSub
	opRDiv
)

// repeatFloats is the length up to which short rows are repeated, so that a call works on more than one.
const repeatFloats = 256

// repeatRow repeats a row in buf as often as fits, if that pays for n values. The result is a whole number of rows.
func repeatRow(buf *[repeatFloats]float32, row []float32, n int) []float32 {
	if len(row) == 0 || len(row) > repeatFloats/2 || n < repeatFloats {
		return row
	}
	m := 0
	for m+len(row) <= repeatFloats {
		m += copy(buf[m:], row)
	}
	return buf[:m]
}

func binaryGeneric(op arithOp, dst, a, b []float32) {
	dst, a = dst[:len(b)], a[:len(b)]
	switch op {
	case opAdd:
		for i, v := range b {
			dst[i] = a[i] + v
		}
	case opSub:
		for i, v := range b {
			dst[i] = a[i] - v
		}
	case opMul:
		for i, v := range b {
			dst[i] = a[i] * v
		}
	case opDiv:
		for i, v := range b {
			dst[i] = a[i] / v
		}
	case opMax:
		for i, v := range b {
			dst[i] = max(a[i], v)
		}
	case opMin:
		for i, v := range b {
			dst[i] = min(a[i], v)
		}
	default:
		panic("kernel: operator needs a scalar")
	}
}

func scalarGeneric(op arithOp, dst, a []float32, s float32) {
	dst = dst[:len(a)]
	switch op {
	case opAdd:
		for i, v := range a {
			dst[i] = v + s
		}
	case opSub:
		for i, v := range a {
			dst[i] = v - s
		}
	case opMul:
		for i, v := range a {
			dst[i] = v * s
		}
	case opDiv:
		for i, v := range a {
			dst[i] = v / s
		}
	case opMax:
		for i, v := range a {
			dst[i] = max(v, s)
		}
	case opMin:
		for i, v := range a {
			dst[i] = min(v, s)
		}
	case opRSub:
		for i, v := range a {
			dst[i] = s - v
		}
	case opRDiv:
		for i, v := range a {
			dst[i] = s / v
		}
	}
}

func fmaGeneric(dst, a, b, c []float32) {
	dst, a, b = dst[:len(c)], a[:len(c)], b[:len(c)]
	for i, v := range c {
		dst[i] = a[i]*b[i] + v
	}
}

func lerpGeneric(dst, a, b []float32, s float32) {
	b, dst = b[:len(a)], dst[:len(a)]
	for i, v := range a {
		dst[i] = v + float32((b[i]-v)*s) // float32 keeps the two roundings
	}
}

func axpyGeneric(y []float32, s float32, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += s * v
	}
}
