package importer

import (
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Activation is what an activation argument names: an elementwise function, or
// one that looks along an axis.
type Activation struct {
	Func ir.Func // when Kind is ""
	Kind string  // "softmax", "log_softmax", "glu", "sparsemax", "crelu"; "layer"
	Axes []int   // of Kind

	layer *Layer // of Kind "layer": one that was given as the activation
}

// Elementwise reports whether an op can apply the activation itself.
func (a Activation) Elementwise() bool { return a.Kind == "" }

// hardSigmoid is clip(x/6+0.5, 0, 1) since Keras 3 and clip(x/5+0.5, 0, 1) before.
func (l *Layer) hardSigmoid(name string) ir.Func {
	slope := 0.2
	if l.Keras3() {
		slope = 1.0 / 6
	}
	return ir.Func{Name: name, A: ir.Float(slope), B: 0.5}
}

// activationFuncs are the activations without arguments of their own.
var activationFuncs = map[string]ir.Func{
	"linear": {}, "relu": {Name: "relu"}, "relu6": {Name: "relu_max", C: 6}, "leaky_relu": {Name: "relu", A: 0.2},
	"elu": {Name: "elu", A: 1}, "selu": {Name: "selu"}, "celu": {Name: "celu", A: 1},
	"softplus": {Name: "softplus"}, "softsign": {Name: "softsign"}, "squareplus": {Name: "squareplus", A: 4},
	"soft_shrink": {Name: "soft_shrink", A: 0.5}, "hard_shrink": {Name: "hard_shrink", A: 0.5}, "tanh_shrink": {Name: "tanh_shrink"},
	"sparse_plus": {Name: "sparse_plus"}, "sparse_sigmoid": {Name: "sparse_sigmoid"},
	"silu": {Name: "silu"}, "swish": {Name: "silu"}, "gelu": {Name: "gelu"}, "mish": {Name: "mish"},
	"tanh": {Name: "tanh"}, "hard_tanh": {Name: "hard_tanh"}, "sigmoid": {Name: "sigmoid"}, "log_sigmoid": {Name: "log_sigmoid"},
	"exponential": {Name: "exp"}, "exp": {Name: "exp"},
	// TensorFlow's and NumPy's names, which tf.keras 2 writes for their functions.
	"relu_v2": {Name: "relu"}, "swish_v2": {Name: "silu"}, "erf": {Name: "erf"}, "sin": {Name: "sin"}, "cos": {Name: "cos"},
	"square": {Name: "square"}, "abs": {Name: "abs"}, "identity": {}, "log": {Name: "log"}, "sqrt": {Name: "sqrt"},
}

// layersAsActivations are layers and models, some with weights of their own, that people give
// as an activation and that no function stands for.
var layersAsActivations = map[string]bool{"PReLU": true, "Identity": true, "Dropout": true, "BatchNormalization": true, "LayerNormalization": true, "UnitNormalization": true, "Functional": true, "Sequential": true}

// Activation reads an activation argument: null, a name, or a serialized
// function or layer.
func (l *Layer) Activation(key string, def ...string) Activation {
	v := l.cfg.get(key)
	if _, present := l.cfg.m[key]; !present && len(def) > 0 {
		v = def[0]
	}
	return l.activation(key, v)
}

func (l *Layer) activation(key string, v any) Activation {
	switch t := v.(type) {
	case nil:
		return Activation{}
	case string:
		return l.namedActivation(key, t, object{})
	case object:
		class := str(t["class_name"])
		switch c := t["config"].(type) {
		case string: // {"class_name": "function", "config": "relu"}
			return l.namedActivation(key, c, object{})
		case object:
			if layersAsActivations[class] {
				return Activation{Kind: "layer", layer: l.Sublayer(key, t)}
			}
			return l.namedActivation(key, class, c)
		case nil:
			if class != "" {
				return l.namedActivation(key, class, object{})
			}
		}
	}
	if o, ok := v.(object); ok && str(o["class_name"]) == "__lambda__" || list(v) != nil || at(v, "value") != nil {
		l.Fail(ir.ErrUnsupported, key, "is Python code, which is never run: "+ownActivation)
		return Activation{}
	}
	l.Unsupported(key, v)
	return Activation{}
}

const ownActivation = "rebuild the model with a function of keras.activations or, with activation=None and a Lambda layer behind this one, load the weights and save again; " +
	"--lambda (importer.WithLambda) then says what the Lambda computes"

func (l *Layer) namedActivation(key, name string, cfg object) Activation {
	if pkg, n, ok := strings.Cut(name, ">"); ok && kerasPackage(pkg) {
		name = n
	}
	num := func(k string, def float64) ir.Float {
		v, present := cfg[k]
		if !present || v == nil {
			return ir.Float(def)
		}
		f, ok := asFloat(at(v, "value"))
		if !ok {
			f, ok = asFloat(v)
		}
		if !ok {
			l.Fail(ir.ErrMalformed, key, "%s: %s is %s, wants a number", name, k, show(v))
		}
		return ir.Float(f)
	}
	axes := func() []int {
		switch a := cfg["axis"].(type) {
		case nil:
			return []int{-1}
		case []any:
			var out []int
			for _, e := range a {
				n, ok := asInt(e)
				if !ok {
					l.Fail(ir.ErrMalformed, key, "axis is %s", show(a))
				}
				out = append(out, n)
			}
			return out
		default:
			n, ok := asInt(a)
			if !ok {
				l.Fail(ir.ErrMalformed, key, "axis is %s", show(a))
			}
			return []int{n}
		}
	}
	fn := func(f ir.Func) Activation { return Activation{Func: f} }
	switch name {
	case "hard_sigmoid":
		return fn(l.hardSigmoid("hard_sigmoid"))
	case "hard_silu", "hard_swish":
		return fn(l.hardSigmoid("hard_silu"))
	case "softmax", "softmax_v2", "Softmax":
		return Activation{Kind: "softmax", Axes: axes()}
	case "log_softmax", "log_softmax_v2":
		return Activation{Kind: "log_softmax", Axes: axes()}
	case "crelu", "crelu_v2": // TensorFlow's
		return Activation{Kind: "crelu"}
	case "glu":
		return Activation{Kind: "glu", Axes: axes()}
	case "sparsemax":
		return Activation{Kind: "sparsemax", Axes: axes()}
	case "ReLU":
		f := ir.Func{Name: "relu", A: num("negative_slope", 0), B: num("threshold", 0)}
		if cfg["max_value"] != nil {
			f.Name, f.C = "relu_max", num("max_value", 0)
		}
		return fn(f)
	case "LeakyReLU":
		slope := num("alpha", 0.3)
		if _, ok := cfg["negative_slope"]; ok {
			slope = num("negative_slope", 0.3)
		}
		return fn(ir.Func{Name: "relu", A: slope})
	case "ELU":
		return fn(ir.Func{Name: "elu", A: num("alpha", 1)})
	case "ThresholdedReLU":
		return fn(ir.Func{Name: "threshold", A: num("theta", 1)})
	case "Activation":
		return l.activation(key, cfg["activation"])
	case "relu":
		f := ir.Func{Name: "relu", A: num("negative_slope", 0), B: num("threshold", 0)}
		if cfg["alpha"] != nil {
			f.A = num("alpha", 0)
		}
		if cfg["max_value"] != nil {
			f.Name, f.C = "relu_max", num("max_value", 0)
		}
		return fn(f)
	case "gelu", "Gelu":
		if cfg["approximate"] == true || name == "Gelu" && cfg["approximate"] == nil && cfg["name"] != nil {
			return fn(ir.Func{Name: "gelu_tanh"})
		}
		return fn(ir.Func{Name: "gelu"})
	}
	if f, ok := activationFuncs[name]; ok {
		return fn(f)
	}
	l.Fail(ir.ErrUnsupported, key, "activation %q is not known: "+ownActivation, name)
	return Activation{}
}

// ElementwiseActivation is Activation for ops that apply it inside, such as a
// recurrent cell's gates.
func (l *Layer) ElementwiseActivation(key string, def ...string) ir.Func {
	a := l.Activation(key, def...)
	if !a.Elementwise() {
		l.Fail(ir.ErrUnsupported, key, "%s is not supported inside this layer: it is not elementwise", a.Kind)
	}
	return a.Func
}

// Split separates an activation into what an op fuses and what remains to be
// applied to its output with Activate.
func (a Activation) Split() (fused ir.Func, rest Activation) {
	if a.Elementwise() {
		return a.Func, Activation{}
	}
	return ir.Func{}, a
}

// Activate applies an activation.
func (l *Layer) Activate(x ir.ValueID, a Activation) ir.ValueID {
	switch a.Kind {
	case "":
		return l.Unary(a.Func, x)
	case "softmax", "log_softmax":
		return l.Add(&ir.Softmax{Axes: a.Axes, Log: a.Kind == "log_softmax"}, x)
	case "glu":
		return l.glu(x, a.Axes)
	case "sparsemax":
		return l.sparsemax(x, a.Axes)
	case "crelu": // twice the channels
		both := l.Add(&ir.Concat{Axis: -1}, x, l.Unary(ir.Func{Name: "neg"}, x))
		return l.Unary(ir.Func{Name: "relu"}, both)
	case "layer":
		if out := l.through(a.layer, &Call{Args: []any{Value{x, ir.None}}}); len(out) == 1 {
			return out[0].ID
		}
	}
	return ir.None
}

// glu is the first half along the axis times the sigmoid of the second.
func (l *Layer) glu(x ir.ValueID, axes []int) ir.ValueID {
	if len(axes) != 1 {
		l.Fail(ir.ErrUnsupported, "axis", "glu over axes %v", axes)
		return ir.None
	}
	n := l.Size(x, axes[0])
	if n%2 != 0 {
		l.Fail(ir.ErrShape, "axis", "glu splits axis %d, whose size %d is odd", axes[0], n)
		return ir.None
	}
	half := n / 2
	a := l.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axes[0], End: &half}}}, x)
	b := l.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axes[0], Start: &half}}}, x)
	return l.Binary("mul", a, l.Unary(ir.Func{Name: "sigmoid"}, b))
}

// sparsemax is max(x-tau, 0). With the elements sorted, the k-th, at rank k, is
// in the support when 1 + k·x exceeds the sum of the first k. Keras's tau is
// (the sum of those sums over the support - 1) / the support's size; the paper
// has only the last sum there. Counting pairs needs no sort.
func (l *Layer) sparsemax(x ir.ValueID, axes []int) ir.ValueID {
	if len(axes) != 1 {
		l.Fail(ir.ErrUnsupported, "axis", "sparsemax over axes %v", axes)
		return ir.None
	}
	rank := l.Rank(x)
	axis, err := ir.NormAxis(axes[0], rank)
	if err != nil {
		l.fail(err)
		return ir.None
	}
	dt := l.Type(x).DType
	each := l.ExpandDims(x, axis+1) // [..., n, 1, ...]: the element judged
	others := l.ExpandDims(x, axis) // [..., 1, n, ...]: those it is compared with
	index := l.Add(&ir.Range{Axis: axis, DType: ir.Int32}, x)
	earlier := l.Binary("le", l.ExpandDims(index, 0), l.ExpandDims(index, 1))
	for range rank - 1 - axis {
		earlier = l.ExpandDims(earlier, -1)
	}
	tied := l.Binary("and", l.Binary("eq", others, each), earlier)
	before := l.Binary("or", l.Binary("gt", others, each), tied) // itself included
	sum := &ir.Reduce{Fn: "sum", Axes: []int{axis + 1}}
	place := l.Add(sum, l.Cast(before, dt))
	total := l.Add(sum, l.Add(&ir.Where{}, before, others, l.Scalar(0, dt)))
	one := l.Scalar(1, dt)
	support := l.Binary("gt", l.Binary("sub", x, l.Binary("div", l.Binary("sub", total, one), place)), l.Scalar(0, dt))
	keep := &ir.Reduce{Fn: "sum", Axes: []int{axis}, Keep: true}
	size := l.Add(keep, l.Cast(support, dt))
	inside := l.Add(keep, l.Add(&ir.Where{}, support, total, l.Scalar(0, dt)))
	tau := l.Binary("div", l.Binary("sub", inside, one), size)
	return l.Binary("max", l.Binary("sub", x, tau), l.Scalar(0, dt))
}
