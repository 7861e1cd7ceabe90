package kernel

import "math"

// ActKind names an elementwise function.
type ActKind uint8

// The functions, with the parameters P and Q of Activation that they read.
const (
	Linear      ActKind = iota
	Relu                // max(x, 0)
	Relu6               // min(max(x, 0), 6)
	Clamp               // min(max(x, P), Q)
	LeakyRelu           // x < 0 ? P·x : x
	Sigmoid             // 1 / (1+exp(-x))
	Tanh                //
	HardSigmoid         // min(max(P·x + Q, 0), 1); Keras 3: P = 1/6, Q = 0.5; Keras 2: P = 0.2, Q = 0.5
	HardSwish           // x · min(max(x/6 + 0.5, 0), 1)
	Silu                // x · sigmoid(x)
	Gelu                // x/2 · (1 + erf(x/√2))
	GeluTanh            // x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))
	Elu                 // x < 0 ? P·(exp(x)-1) : x
	Selu                // scaled ELU with Keras's constants
	Softplus            // log(1+exp(x))
	Softsign            // x / (1+|x|)
	Mish                // x · tanh(softplus(x))
	Exp                 //
	Erf                 //
	Square              // x²
	Sqrt                //
	Rsqrt               // 1/√x
	Abs                 //
	Neg                 //
	Reciprocal          // 1/x
	Log                 //
	LogSigmoid          // -softplus(-x)
	Custom              // Fn
	actKinds
)

// Activation is an elementwise function with its parameters. The zero value is the identity.
type Activation struct {
	Kind ActKind
	P, Q float32
	Fn   func(dst, src []float32) // Custom: like Apply, for slices of one length
}

const (
	seluAlpha = 1.6732632423543772848170429916717
	seluScale = 1.0507009873554804934193349852946
)

// clampMode tells a GEMM tile or a depthwise kernel what to do with the hot result.
type clampMode uint64

const (
	clampNone clampMode = iota
	clampRelu           // max with lo only, which is 0
	clampBoth
)

// clamp returns a as a clamp, and whether it is one.
func (a Activation) clamp() (mode clampMode, lo, hi float32, ok bool) {
	switch a.Kind {
	case Linear:
		return clampNone, 0, 0, true
	case Relu:
		return clampRelu, 0, float32(math.Inf(1)), true
	case Relu6:
		return clampBoth, 0, 6, true
	case Clamp:
		return clampBoth, a.P, a.Q, true
	}
	return clampNone, 0, 0, false
}

// Apply sets dst[i] = f(src[i]) for i < len(src). dst may be src; otherwise they must not overlap. NaN propagates.
func (a Activation) Apply(dst, src []float32) {
	n := len(src)
	if n == 0 {
		return
	}
	dst = dst[:n]
	if a.Kind == Linear {
		if &dst[0] != &src[0] {
			copy(dst, src)
		}
		return
	}
	if a.Kind == Custom {
		a.Fn(dst, src)
		return
	}
	for ; n > longRun; n -= longRun {
		applyActivation(a, dst[:longRun], src[:longRun])
		dst, src = dst[longRun:], src[longRun:]
	}
	applyActivation(a, dst, src)
}

// applyRows is Apply in place for rows of n values, ld apart.
func (a Activation) applyRows(c []float32, rows, n, ld int) {
	if n == ld {
		a.Apply(c[:rows*n], c[:rows*n])
		return
	}
	for i := range rows {
		row := c[i*ld:][:n]
		a.Apply(row, row)
	}
}

// longRun is the most values one call of assembly goes through, since it cannot be preempted.
const longRun = 1 << 16
