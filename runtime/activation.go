package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// activation is f as kernels take it.
func activation(f ir.Func) kernel.Activation {
	a, b := float32(f.A), float32(f.B)
	simple := map[string]kernel.ActKind{
		"": kernel.Linear, "sigmoid": kernel.Sigmoid, "tanh": kernel.Tanh, "softplus": kernel.Softplus, "softsign": kernel.Softsign,
		"silu": kernel.Silu, "gelu": kernel.Gelu, "gelu_tanh": kernel.GeluTanh, "selu": kernel.Selu, "mish": kernel.Mish,
		"log_sigmoid": kernel.LogSigmoid, "exp": kernel.Exp, "erf": kernel.Erf, "square": kernel.Square, "sqrt": kernel.Sqrt,
		"rsqrt": kernel.Rsqrt, "abs": kernel.Abs, "neg": kernel.Neg, "reciprocal": kernel.Reciprocal, "log": kernel.Log,
	}
	if k, ok := simple[f.Name]; ok {
		return kernel.Activation{Kind: k}
	}
	switch {
	case f.Name == "relu" && a == 0 && b == 0:
		return kernel.Activation{Kind: kernel.Relu}
	case f.Name == "relu" && b == 0:
		return kernel.Activation{Kind: kernel.LeakyRelu, P: a}
	case f.Name == "relu_max" && a == 0 && b == 0 && f.C == 6:
		return kernel.Activation{Kind: kernel.Relu6}
	case f.Name == "relu_max" && a == 0 && b == 0:
		return kernel.Activation{Kind: kernel.Clamp, Q: float32(f.C)}
	case f.Name == "clip":
		return kernel.Activation{Kind: kernel.Clamp, P: a, Q: b}
	case f.Name == "hard_tanh":
		return kernel.Activation{Kind: kernel.Clamp, P: -1, Q: 1}
	case f.Name == "hard_sigmoid":
		return kernel.Activation{Kind: kernel.HardSigmoid, P: a, Q: b}
	case f.Name == "hard_silu" && a == float32(1./6) && b == 0.5:
		return kernel.Activation{Kind: kernel.HardSwish}
	case f.Name == "elu":
		return kernel.Activation{Kind: kernel.Elu, P: a}
	}
	return kernel.Activation{Kind: kernel.Custom, Fn: pointwise(f)}
}
