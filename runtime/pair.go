package runtime

import "math"

// The functions of two numbers that Binary applies where no kernel does.

// comparison is the loop of a comparison of numbers. A repeated operand is laid
// out in a tile, so that one plain loop serves all steps.
func comparison[T float32 | int32 | int64](fn string) pairLoop[T, bool] {
	return func(dst []bool, a, b []T, stepA, stepB int) {
		if stepA == 1 && stepB == 1 {
			compare(fn, dst, a, b)
			return
		}
		var tile [256]T
		v := b[0]
		if stepA == 0 {
			v = a[0]
		}
		for i := range min(len(tile), len(dst)) {
			tile[i] = v
		}
		for len(dst) > 0 {
			n := min(len(tile), len(dst))
			if stepA == 0 {
				compare(fn, dst[:n], tile[:n], b)
				b = b[n*stepB:]
			} else {
				compare(fn, dst[:n], a, tile[:n])
				a = a[n:]
			}
			dst = dst[n:]
		}
	}
}

// compare calls the loops by name, so that the compiler sees that they keep
// nothing and a tile can stay on the stack.
func compare[T float32 | int32 | int64](fn string, dst []bool, a, b []T) {
	switch fn {
	case "eq":
		equal(dst, a, b)
	case "ne":
		notEqual(dst, a, b)
	case "lt":
		less(dst, a, b)
	case "le":
		lessEqual(dst, a, b)
	case "gt":
		less(dst, b, a)
	default:
		lessEqual(dst, b, a)
	}
}

func equal[T float32 | int32 | int64](dst []bool, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] == b[i]
	}
}

func notEqual[T float32 | int32 | int64](dst []bool, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] != b[i]
	}
}

func less[T float32 | int32 | int64](dst []bool, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] < b[i]
	}
}

func lessEqual[T float32 | int32 | int64](dst []bool, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] <= b[i]
	}
}

func boolPair(fn string) func(a, b bool) bool {
	switch fn {
	case "and":
		return func(a, b bool) bool { return a && b }
	case "or":
		return func(a, b bool) bool { return a || b }
	case "eq":
		return func(a, b bool) bool { return a == b }
	case "lt":
		return func(a, b bool) bool { return !a && b }
	case "le":
		return func(a, b bool) bool { return !a || b }
	case "gt":
		return func(a, b bool) bool { return a && !b }
	case "ge":
		return func(a, b bool) bool { return a || !b }
	}
	return func(a, b bool) bool { return a != b } // xor, ne
}

func floatPair(fn string) func(a, b float32) float32 {
	switch fn {
	case "divnonan":
		return func(a, b float32) float32 {
			if b == 0 {
				return 0
			}
			return a / b
		}
	case "floordiv":
		return func(a, b float32) float32 { return float32(math.Floor(float64(a / b))) }
	case "mod":
		return modFloat
	case "atan2":
		return func(a, b float32) float32 { return float32(math.Atan2(float64(a), float64(b))) }
	}
	return logAddExp
}

func powFloat(a, b float32) float32 { return float32(math.Pow(float64(a), float64(b))) }

// modFloat has the sign of the divisor.
func modFloat(a, b float32) float32 {
	r := float32(math.Mod(float64(a), float64(b)))
	if r != 0 && (b < 0) != (r < 0) {
		r += b
	}
	return r
}

func logAddExp(a, b float32) float32 {
	d := float64(a) - float64(b)
	if d != d {
		return a + b
	}
	return float32(float64(max(a, b)) + math.Log1p(math.Exp(-math.Abs(d))))
}

func intPair[T int32 | int64](fn string) func(a, b T) T {
	switch fn {
	case "add":
		return func(a, b T) T { return a + b }
	case "sub":
		return func(a, b T) T { return a - b }
	case "mul":
		return func(a, b T) T { return a * b }
	case "min":
		return func(a, b T) T { return min(a, b) }
	case "max":
		return func(a, b T) T { return max(a, b) }
	case "squared_difference":
		return func(a, b T) T { return (a - b) * (a - b) }
	case "floordiv":
		return func(a, b T) T {
			q := a / b
			if a%b != 0 && (a < 0) != (b < 0) {
				q--
			}
			return q
		}
	case "mod":
		return func(a, b T) T {
			r := a % b
			if r != 0 && (r < 0) != (b < 0) {
				r += b
			}
			return r
		}
	case "bitand":
		return func(a, b T) T { return a & b }
	case "bitor":
		return func(a, b T) T { return a | b }
	case "bitxor":
		return func(a, b T) T { return a ^ b }
	case "gcd":
		return func(a, b T) T {
			for b != 0 {
				a, b = b, a%b
			}
			if a < 0 {
				a = -a
			}
			return a
		}
	case "shl":
		return func(a, b T) T { return a << max(b, 0) }
	case "shr":
		return func(a, b T) T { return a >> max(b, 0) }
	}
	return powInt[T]
}

// powInt wraps like repeated multiplication.
func powInt[T int32 | int64](a, b T) T {
	r := T(1)
	for ; b > 0; b >>= 1 {
		if b&1 == 1 {
			r *= a
		}
		a *= a
	}
	return r
}
