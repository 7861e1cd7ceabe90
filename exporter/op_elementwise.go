package exporter

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// activationName is the name in keras.activations of exactly f.
func activationName(f ir.Func) (string, bool) {
	if f.Identity() {
		return "linear", true
	}
	if name, ok := plainActivations[f]; ok {
		return name, true
	}
	if (f.Name == "hard_sigmoid" || f.Name == "hard_silu") && sixth(f.A) && f.B == 0.5 {
		return f.Name, true
	}
	return "", false
}

// sixth reports whether a is Keras 3's slope of hard_sigmoid.
func sixth(a ir.Float) bool { return math.Abs(float64(a)-1./6) < 1e-7 }

var plainActivations = map[ir.Func]string{
	{Name: "relu"}:                "relu",
	{Name: "relu", A: 0.2}:        "leaky_relu",
	{Name: "relu_max", C: 6}:      "relu6",
	{Name: "sigmoid"}:             "sigmoid",
	{Name: "tanh"}:                "tanh",
	{Name: "hard_tanh"}:           "hard_tanh",
	{Name: "hard_shrink", A: 0.5}: "hard_shrink",
	{Name: "soft_shrink", A: 0.5}: "soft_shrink",
	{Name: "tanh_shrink"}:         "tanh_shrink",
	{Name: "softplus"}:            "softplus",
	{Name: "softsign"}:            "softsign",
	{Name: "silu"}:                "silu",
	{Name: "gelu"}:                "gelu",
	{Name: "elu", A: 1}:           "elu",
	{Name: "selu"}:                "selu",
	{Name: "celu", A: 1}:          "celu",
	{Name: "mish"}:                "mish",
	{Name: "log_sigmoid"}:         "log_sigmoid",
	{Name: "squareplus", A: 4}:    "squareplus",
	{Name: "sparse_plus"}:         "sparse_plus",
	{Name: "sparse_sigmoid"}:      "sparse_sigmoid",
	{Name: "exp"}:                 "exponential",
}

// operation is a class of keras.ops and the names of the parameters that hold A
// and B.
type operation struct {
	module, class, a, b string
}

var functions = map[string]operation{
	"celu":        {"nn", "Celu", "alpha", ""},
	"elu":         {"nn", "Elu", "alpha", ""},
	"hard_shrink": {"nn", "HardShrink", "threshold", ""},
	"soft_shrink": {"nn", "SoftShrink", "threshold", ""},
	"squareplus":  {"nn", "Squareplus", "b", ""},
	"threshold":   {"nn", "Threshold", "threshold", "default_value"},

	"exp": {"numpy", "Exp", "", ""}, "expm1": {"numpy", "Expm1", "", ""}, "log": {"numpy", "Log", "", ""},
	"log1p": {"numpy", "Log1p", "", ""}, "log2": {"numpy", "Log2", "", ""}, "log10": {"numpy", "Log10", "", ""},
	"sqrt": {"numpy", "Sqrt", "", ""}, "rsqrt": {"math", "Rsqrt", "", ""}, "square": {"numpy", "Square", "", ""},
	"reciprocal": {"numpy", "Reciprocal", "", ""}, "abs": {"numpy", "Absolute", "", ""}, "neg": {"numpy", "Negative", "", ""},
	"sign": {"numpy", "Sign", "", ""}, "floor": {"numpy", "Floor", "", ""}, "ceil": {"numpy", "Ceil", "", ""},
	"round": {"numpy", "Round", "", ""}, "trunc": {"numpy", "Trunc", "", ""},
	"sin": {"numpy", "Sin", "", ""}, "cos": {"numpy", "Cos", "", ""}, "tan": {"numpy", "Tan", "", ""},
	"asin": {"numpy", "Arcsin", "", ""}, "acos": {"numpy", "Arccos", "", ""}, "atan": {"numpy", "Arctan", "", ""},
	"sinh": {"numpy", "Sinh", "", ""}, "cosh": {"numpy", "Cosh", "", ""},
	"asinh": {"numpy", "Arcsinh", "", ""}, "acosh": {"numpy", "Arccosh", "", ""}, "atanh": {"numpy", "Arctanh", "", ""},
	"erf": {"math", "Erf", "", ""}, "erfinv": {"math", "Erfinv", "", ""}, "logit": {"math", "Logit", "", ""},
	"deg2rad": {"numpy", "Deg2rad", "", ""}, "rad2deg": {"numpy", "Rad2deg", "", ""},
	"not": {"numpy", "LogicalNot", "", ""}, "isnan": {"numpy", "Isnan", "", ""}, "isinf": {"numpy", "Isinf", "", ""}, "isfinite": {"numpy", "Isfinite", "", ""},
}

func writeUnary(n *node) {
	f := n.Op.(*ir.Unary).Func
	if f.Identity() {
		n.set(n.in(0))
		return
	}
	if r, ok := n.apply(f, n.tensor(0), n.out()); ok {
		n.set(r)
	}
}

// apply writes f(x), which has type typ.
func (n *node) apply(f ir.Func, x ref, typ ir.Type) (ref, bool) {
	if f.Identity() {
		return x, true
	}
	d := typ.DType
	op, isOp := functions[f.Name]
	if name, ok := activationName(f); ok && (!isOp || op.module == "nn") && d.IsFloat() {
		return n.layer("Activation", object{"activation": name}, d, typ, x).output(0), true
	}
	if isOp {
		config := object{}
		if op.a != "" {
			config[op.a] = f.A
		}
		if op.b != "" {
			config[op.b] = f.B
		}
		return n.op(op.module, op.class, typ, config, x), true
	}
	number := func(v ir.Float) *ir.Tensor { return scalar(float64(v), d) }
	step := func(class string, a, b any) ref { return n.op("numpy", class, typ, nil, a, b) }
	switch f.Name {
	case "relu", "relu_max":
		if !d.IsFloat() {
			if f.A != 0 || f.B != 0 {
				break
			}
			x = step("Maximum", x, number(0))
			if f.Name == "relu_max" {
				x = step("Minimum", x, number(f.C))
			}
			return x, true
		}
		config := object{"max_value": nil, "negative_slope": f.A, "threshold": f.B}
		if f.Name == "relu_max" {
			config["max_value"] = f.C
		}
		if f.A < 0 || f.B < 0 || f.Name == "relu_max" && f.C < 0 { // ReLU refuses these
			break
		}
		return n.layer("ReLU", config, d, typ, x).output(0), true
	case "hard_sigmoid", "hard_silu":
		y := step("Add", step("Multiply", x, number(f.A)), number(f.B))
		y = step("Minimum", step("Maximum", y, number(0)), number(1))
		if f.Name == "hard_silu" {
			y = step("Multiply", x, y)
		}
		return y, true
	case "clip":
		return step("Minimum", step("Maximum", x, number(f.A)), number(f.B)), true
	case "gelu_tanh":
		return n.op("nn", "Gelu", typ, object{"approximate": true}, x), true
	case "erfc":
		return step("Subtract", number(1), n.op("math", "Erf", typ, nil, x)), true
	}
	n.unsupported("Keras 3 has no function %s of %v with the parameters %v, %v, %v", f.Name, d, f.A, f.B, f.C)
	return ref{}, false
}

var binaries = map[string]string{
	"add": "Add", "sub": "Subtract", "mul": "Multiply", "div": "TrueDivide", "divnonan": "DivideNoNan",
	"floordiv": "FloorDivide", "mod": "Mod", "pow": "Power", "min": "Minimum", "max": "Maximum",
	"atan2": "Arctan2", "logaddexp": "Logaddexp", "gcd": "Gcd",
	"bitand": "BitwiseAnd", "bitor": "BitwiseOr", "bitxor": "BitwiseXor", "shl": "LeftShift", "shr": "RightShift",
	"eq": "Equal", "ne": "NotEqual", "lt": "Less", "le": "LessEqual", "gt": "Greater", "ge": "GreaterEqual",
	"and": "LogicalAnd", "or": "LogicalOr", "xor": "LogicalXor",
}

func writeBinary(n *node) {
	fn := n.Op.(*ir.Binary).Fn
	if fn == "squared_difference" {
		n.set(n.like("numpy", "Square", nil, n.like("numpy", "Subtract", nil, n.arg(0), n.arg(1))))
		return
	}
	if n.typ(0).DType == ir.String {
		n.compareText(fn)
		return
	}
	n.set(n.like("numpy", binaries[fn], nil, n.arg(0), n.arg(1)))
}
