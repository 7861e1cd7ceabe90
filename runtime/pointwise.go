package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// pointwise is f over slices, computed in float64 and rounded once. It is for
// functions that no kernel has.
func pointwise(f ir.Func) func(dst, src []float32) {
	g := scalarFunc(f)
	return func(dst, src []float32) {
		for i, x := range src {
			dst[i] = float32(g(float64(x)))
		}
	}
}

// scalarFunc is f on one number; it knows every function of ir.Funcs that gives
// a float.
func scalarFunc(f ir.Func) func(x float64) float64 {
	a, b, c := float64(f.A), float64(f.B), float64(f.C)
	switch f.Name {
	case "relu":
		return func(x float64) float64 { return leaky(x, a, b) }
	case "relu_max":
		return func(x float64) float64 { return min(leaky(x, a, b), c) }
	case "hard_sigmoid":
		return func(x float64) float64 { return min(max(a*x+b, 0), 1) }
	case "hard_silu":
		return func(x float64) float64 { return x * min(max(a*x+b, 0), 1) }
	case "hard_tanh":
		return func(x float64) float64 { return min(max(x, -1), 1) }
	case "hard_shrink":
		return func(x float64) float64 {
			if math.Abs(x) > a {
				return x
			}
			return 0
		}
	case "soft_shrink":
		return func(x float64) float64 {
			switch {
			case x > a:
				return x - a
			case x < -a:
				return x + a
			}
			return 0
		}
	case "elu":
		return func(x float64) float64 { return elu(x, a) }
	case "celu":
		return func(x float64) float64 { return max(x, 0) + min(0, a*math.Expm1(x/a)) }
	case "squareplus":
		return func(x float64) float64 { // Keras's square overflows
			square := x*x + a
			if square > math.MaxFloat32 {
				square = math.Inf(1)
			}
			return (x + math.Sqrt(square)) / 2
		}
	case "threshold":
		return func(x float64) float64 {
			if x > a {
				return x
			}
			return b
		}
	case "clip":
		return func(x float64) float64 { return min(max(x, a), b) }
	}
	return scalarFuncs[f.Name]
}

// leaky is Keras's relu with slope a below threshold b. Without a slope, what is
// not above a threshold other than 0 gives 0, be it NaN.
func leaky(x, a, b float64) float64 {
	switch {
	case x > b:
		return x
	case a == 0 && (b != 0 || x == x):
		return 0
	}
	return a * (x - b)
}

// scalarFuncs are the functions without parameters.
var scalarFuncs = map[string]func(x float64) float64{
	"":            func(x float64) float64 { return x },
	"sigmoid":     sigmoid,
	"tanh":        math.Tanh,
	"tanh_shrink": func(x float64) float64 { return x - math.Tanh(x) },
	"softplus":    softplus,
	"softsign":    func(x float64) float64 { return x / (1 + math.Abs(x)) },
	"silu":        func(x float64) float64 { return x * sigmoid(x) },
	"gelu":        func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 },
	"gelu_tanh":   func(x float64) float64 { return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) },
	"selu": func(x float64) float64 {
		return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)
	},
	"mish":           func(x float64) float64 { return x * math.Tanh(softplus(x)) },
	"log_sigmoid":    func(x float64) float64 { return -softplus(-x) },
	"sparse_plus":    sparsePlus,
	"sparse_sigmoid": func(x float64) float64 { return min(max((x+1)/2, 0), 1) },
	"exp":            math.Exp,
	"expm1":          math.Expm1,
	"log":            math.Log,
	"log1p":          math.Log1p,
	"log2":           math.Log2,
	"log10":          math.Log10,
	"sqrt":           math.Sqrt,
	"rsqrt":          func(x float64) float64 { return 1 / math.Sqrt(x) },
	"square":         func(x float64) float64 { return x * x },
	"reciprocal":     func(x float64) float64 { return 1 / x },
	"abs":            math.Abs,
	"neg":            func(x float64) float64 { return -x },
	"sign":           sign,
	"floor":          math.Floor,
	"ceil":           math.Ceil,
	"round":          math.RoundToEven,
	"trunc":          math.Trunc,
	"sin":            math.Sin,
	"cos":            math.Cos,
	"tan":            math.Tan,
	"asin":           math.Asin,
	"acos":           math.Acos,
	"atan":           math.Atan,
	"sinh":           math.Sinh,
	"cosh":           math.Cosh,
	"asinh":          math.Asinh,
	"acosh":          math.Acosh,
	"atanh":          math.Atanh,
	"erf":            math.Erf,
	"erfc":           math.Erfc,
	"erfinv":         math.Erfinv,
	"lgamma":         lgamma,
	"i0":             besselI0,
	"logit":          func(x float64) float64 { return math.Log(x / (1 - x)) },
	"deg2rad":        func(x float64) float64 { return x * (math.Pi / 180) },
	"rad2deg":        func(x float64) float64 { return x * (180 / math.Pi) },
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func elu(x, a float64) float64 {
	if x > 0 {
		return x
	}
	return a * math.Expm1(x)
}

func sparsePlus(x float64) float64 {
	switch {
	case x <= -1:
		return 0
	case x < 1:
		return (x + 1) * (x + 1) / 4
	}
	return x
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func lgamma(x float64) float64 {
	if math.IsInf(x, 0) {
		return math.Inf(1)
	}
	v, _ := math.Lgamma(x)
	return v
}

// besselI0 is the modified Bessel function of order 0: its power series, and
// for large x the asymptotic one, which at infinity is NaN, as in TensorFlow.
func besselI0(x float64) float64 {
	x = math.Abs(x)
	sum, term := 1.0, 1.0
	if x <= 30 {
		for k := 1.0; term > 1e-17*sum; k++ {
			term *= x / (2 * k) * (x / (2 * k))
			sum += term
		}
		return sum
	}
	for k := 1.0; k < 20; k++ {
		term *= (2*k - 1) * (2*k - 1) / (8 * k * x)
		sum += term
	}
	return math.Exp(x) / math.Sqrt(2*math.Pi*x) * sum
}
