package ir

import (
	"math"
	"slices"
)

// Func is an elementwise function with its parameters. The zero Func is the
// identity. It is the Unary op's parameter and the fused activation of others.
type Func struct {
	Name string `json:"name,omitempty"`
	A    Float  `json:"a,omitempty"`
	B    Float  `json:"b,omitempty"`
	C    Float  `json:"c,omitempty"`
}

// Funcs are the functions that a Func names, with what A, B and C mean.
// Activations follow keras.activations of Keras 3; hard_sigmoid takes its slope,
// because Keras 2 has 0.2 where Keras 3 has 1/6.
var Funcs = []string{
	"",             // x
	"relu",         // x > B ? x : A*(x-B)       (A negative slope, B threshold)
	"relu_max",     // min(relu, C) for x > B    (A, B as relu; C max value)
	"sigmoid",      // 1/(1+exp(-x))
	"tanh",         //
	"hard_sigmoid", // clip(A*x + B, 0, 1)
	"hard_silu",    // x * clip(A*x + B, 0, 1)
	"hard_tanh",    // clip(x, -1, 1)
	"hard_shrink",  // |x| > A ? x : 0
	"soft_shrink",  // x > A ? x-A : x < -A ? x+A : 0
	"tanh_shrink",  // x - tanh(x)
	"softplus",     // log(exp(x)+1)
	"softsign",     // x/(1+|x|)
	"silu",         // x*sigmoid(x)
	"gelu",         // x*(1+erf(x/sqrt 2))/2
	"gelu_tanh",    // 0.5x(1+tanh(sqrt(2/pi)(x+0.044715x^3)))
	"elu",          // x > 0 ? x : A*(exp(x)-1)
	"selu",         // 1.0507…*elu(x, 1.6732…)
	"celu",         // max(x,0) + min(0, A*(exp(x/A)-1))
	"mish",         // x*tanh(softplus(x))
	"log_sigmoid",  // -softplus(-x)
	"squareplus",   // (x+sqrt(x^2+A))/2
	"sparse_plus",  // 0 for x<=-1, (x+1)^2/4 for x<1, x for x>=1
	"sparse_sigmoid",
	"threshold", // x > A ? x : B
	"clip",      // min(max(x, A), B)
	"exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "square", "reciprocal",
	"abs", "neg", "sign", "floor", "ceil", "round", "trunc",
	"sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh",
	"erf", "erfc", "erfinv", "lgamma", "i0", "logit", "deg2rad", "rad2deg",
	"not", "isnan", "isinf", "isfinite", // give bool
}

// RowFuncs are the functions of a whole row of units that the recurrent ops take
// as activations beside Funcs.
var RowFuncs = []string{"softmax", "log_softmax", "sparsemax"}

// Rowwise reports whether f is one of RowFuncs.
func (f Func) Rowwise() bool { return slices.Contains(RowFuncs, f.Name) }

// Identity reports whether f does nothing.
func (f Func) Identity() bool { return f.Name == "" }

func (f Func) valid() error {
	if !slices.Contains(Funcs, f.Name) {
		return Errorf(ErrUnsupported, "elementwise function %q is not known", f.Name)
	}
	if f.Name == "relu_max" && (f.C < f.B || math.IsNaN(float64(f.C))) {
		return Errorf(ErrMalformed, "relu: max_value %v is below threshold %v", f.C, f.B)
	}
	return nil
}

// fusable rejects functions whose result is not of the input's dtype.
func (f Func) fusable() error {
	switch f.Name {
	case "not", "isnan", "isinf", "isfinite":
		return Errorf(ErrMalformed, "function %q cannot be an activation", f.Name)
	}
	return f.valid()
}
