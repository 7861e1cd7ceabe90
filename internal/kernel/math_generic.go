package kernel

import "math"

// The scalar functions compute in float64 and round once: within 1 ulp of the true value over the whole range,
// subnormal results included.

const (
	log2E = 1 / math.Ln2
	// Adding and subtracting it rounds a float64 of moderate size to the nearest integer.
	roundMagic = 1.5 * (1 << 52)
)

func exp64(x float32) float64 {
	v := float64(x)
	if !(v > -700) {
		if v != v {
			return v
		}
		return 0
	}
	if v > 700 {
		return math.Inf(1)
	}
	n := float64(v*log2E+roundMagic) - roundMagic
	r := v - n*math.Ln2
	p := 1 + r*(1+r*(1./2+r*(1./6+r*(1./24+r*(1./120+r*(1./720+r*(1./5040+r*(1./40320))))))))
	return p * math.Float64frombits(uint64(int64(n)+1023)<<52)
}

func exp32(x float32) float32 { return float32(exp64(x)) }

func sigmoid32(x float32) float32 { return float32(1 / (1 + exp64(-x))) }

func tanh64(v float64) float64 {
	x := v
	if x < 0 {
		x = -x
	}
	if x < 0.25 {
		// The continued fraction x/(1+x²/(3+x²/(5+x²/(7+x²/9)))).
		q := v * v
		return v / (1 + q/(3+q/(5+q/(7+q/9))))
	}
	if x > 30 {
		return math.Copysign(1, v)
	}
	t := exp64(float32(-2 * x))
	// float32(-2x) is exact when x is a float32; for wider x the difference is a factor of exp(-2x - float32(-2x)).
	t *= 1 + (-2*x - float64(float32(-2*x)))
	r := (1 - t) / (1 + t)
	if v < 0 {
		return -r
	}
	return r
}

func tanh32(x float32) float32 { return float32(tanh64(float64(x))) }

func softplus64(x float32) float64 {
	if x > 0 {
		return float64(x) + math.Log1p(exp64(-x))
	}
	return math.Log1p(exp64(x))
}

func expm1Generic(x float32) float64 {
	if x > -0.5 && x < 0.5 {
		return math.Expm1(float64(x))
	}
	return exp64(x) - 1
}

func geluTanh64(x float32) float64 {
	v := float64(x)
	return 0.5 * v * (1 + tanh64(0.79788456080286535588*(v+0.044715*v*v*v)))
}

func mish64(x float32) float64 {
	if x > 20 {
		return float64(x)
	}
	// With e = exp(x): tanh(log(1+e)) = (e²+2e)/(e²+2e+2).
	e := exp64(x)
	q := e * (e + 2)
	return float64(x) * (q / (q + 2))
}

// relu32 is max(x, 0) with NaN kept.
func relu32(x float32) float32 {
	if x < 0 {
		return 0
	}
	return x
}

func clamp32(x, lo, hi float32) float32 {
	if x < lo {
		x = lo
	}
	if x > hi {
		x = hi
	}
	return x
}

func applyGeneric(a Activation, dst, src []float32) {
	dst = dst[:len(src)]
	p, q := a.P, a.Q
	switch a.Kind {
	case Linear:
		copy(dst, src)
	case Relu:
		for i, x := range src {
			dst[i] = relu32(x)
		}
	case Relu6:
		for i, x := range src {
			dst[i] = clamp32(x, 0, 6)
		}
	case Clamp:
		for i, x := range src {
			dst[i] = clamp32(x, p, q)
		}
	case LeakyRelu:
		for i, x := range src {
			if x < 0 {
				x *= p
			}
			dst[i] = x
		}
	case Sigmoid:
		for i, x := range src {
			dst[i] = sigmoid32(x)
		}
	case Tanh:
		for i, x := range src {
			dst[i] = tanh32(x)
		}
	case HardSigmoid:
		for i, x := range src {
			dst[i] = clamp32(x*p+q, 0, 1)
		}
	case HardSwish:
		for i, x := range src {
			dst[i] = x * clamp32(x*float32(1./6)+0.5, 0, 1)
		}
	case Silu:
		for i, x := range src {
			dst[i] = silu32(x)
		}
	case Gelu:
		for i, x := range src {
			dst[i] = gelu32(x)
		}
	case GeluTanh:
		for i, x := range src {
			dst[i] = float32(geluTanh64(x))
		}
	case Elu:
		for i, x := range src {
			if x < 0 {
				x = float32(float64(p) * expm1Generic(x))
			}
			dst[i] = x
		}
	case Selu:
		for i, x := range src {
			if x < 0 {
				dst[i] = float32(seluScale * seluAlpha * expm1Generic(x))
			} else {
				dst[i] = seluScale * x
			}
		}
	case Softplus:
		for i, x := range src {
			dst[i] = float32(softplus64(x))
		}
	case LogSigmoid:
		for i, x := range src {
			dst[i] = -float32(softplus64(-x))
		}
	case Softsign:
		for i, x := range src {
			dst[i] = x / (1 + float32(math.Abs(float64(x))))
		}
	case Mish:
		for i, x := range src {
			dst[i] = mish32(x)
		}
	case Exp:
		for i, x := range src {
			dst[i] = exp32(x)
		}
	case Erf:
		for i, x := range src {
			dst[i] = float32(math.Erf(float64(x)))
		}
	case Square:
		for i, x := range src {
			dst[i] = x * x
		}
	case Sqrt:
		for i, x := range src {
			dst[i] = float32(math.Sqrt(float64(x)))
		}
	case Rsqrt:
		for i, x := range src {
			dst[i] = float32(1 / math.Sqrt(float64(x)))
		}
	case Abs:
		for i, x := range src {
			dst[i] = float32(math.Abs(float64(x)))
		}
	case Neg:
		for i, x := range src {
			dst[i] = -x
		}
	case Reciprocal:
		for i, x := range src {
			dst[i] = 1 / x
		}
	case Log:
		for i, x := range src {
			dst[i] = float32(math.Log(float64(x)))
		}
	default:
		panic("kernel: unknown activation")
	}
}

func silu32(x float32) float32 { return float32(float64(x) / (1 + exp64(-x))) }

func gelu32(x float32) float32 {
	return float32(0.5 * float64(x) * math.Erfc(-float64(x)*math.Sqrt2/2))
}

func mish32(x float32) float32 { return float32(mish64(x)) }
