package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareUnary(c *compiler, n *ir.Node) (*executor, error) {
	f := n.Op.(*ir.Unary).Func
	if f.Identity() {
		return &executor{view: true}, nil
	}
	e := &executor{inplace: []int{0}}
	e.bind = func(b *binding) (step, error) {
		in, out := b.in[0], b.out[0]
		switch in.kind {
		case ir.Float32:
			if out.kind == ir.Bool {
				return mapStep(b, floatTest(f.Name)), nil
			}
			return activationStep(b, activation(f)), nil
		case ir.Int32:
			if out.kind == ir.Bool {
				return mapStep(b, func(int32) bool { return f.Name == "isfinite" }), nil
			}
			return mapStep(b, intFunc[int32](f)), nil
		case ir.Int64:
			if out.kind == ir.Bool {
				return mapStep(b, func(int64) bool { return f.Name == "isfinite" }), nil
			}
			return mapStep(b, intFunc[int64](f)), nil
		case ir.Bool:
			if f.Name == "not" {
				return mapStep(b, func(v bool) bool { return !v }), nil
			}
		}
		return nil, badKind(f.Name, in.kind)
	}
	return e, nil
}

// activationStep applies act to input 0.
func activationStep(b *binding, act kernel.Activation) step {
	in, out := b.in[0], b.out[0]
	ns := 0.7
	switch act.Kind {
	case kernel.Relu, kernel.Relu6, kernel.Clamp, kernel.LeakyRelu, kernel.Abs, kernel.Neg, kernel.Square:
		ns = 0.15
	case kernel.Custom:
		ns = 10
	}
	return newSpread(b, elems(out.shape), ns, 64, func(_, lo, hi int) {
		act.Apply(out.f32[lo:hi], in.f32[lo:hi])
	}).step
}

// mapStep applies f to every element of input 0.
func mapStep[S, D Element](b *binding, f func(S) D) step {
	in, out := slot[S](b.in[0]), slot[D](b.out[0])
	return newSpread(b, elems(b.out[0].shape), 1.5, 64, func(_, lo, hi int) {
		src, dst := (*in)[lo:hi], (*out)[lo:hi]
		for i, v := range src {
			dst[i] = f(v)
		}
	}).step
}

func floatTest(name string) func(x float32) bool {
	switch name {
	case "isnan":
		return func(x float32) bool { return x != x }
	case "isinf":
		return func(x float32) bool { return math.IsInf(float64(x), 0) }
	}
	return func(x float32) bool { return x-x == 0 }
}

// intFunc is a function on integers; its parameters are clipped to their range.
func intFunc[T int32 | int64](f ir.Func) func(x T) T {
	a, b, c := clipTo[T](f.A), clipTo[T](f.B), clipTo[T](f.C)
	switch f.Name {
	case "relu", "relu_max":
		top := f.Name == "relu_max"
		slope := float64(f.A)
		return func(x T) T {
			switch {
			case x > b && top:
				return min(x, c)
			case x > b:
				return x
			case slope == 0:
				return 0
			}
			return T(slope * float64(x-b))
		}
	case "clip":
		return func(x T) T { return min(max(x, a), b) }
	case "abs":
		return func(x T) T { return max(x, -x) }
	case "neg":
		return func(x T) T { return -x }
	case "sign":
		return func(x T) T {
			switch {
			case x > 0:
				return 1
			case x < 0:
				return -1
			}
			return 0
		}
	case "square":
		return func(x T) T { return x * x }
	}
	return func(x T) T { return x } // floor, ceil, round, trunc
}

func clipTo[T int32 | int64](f ir.Float) T {
	var zero T
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	if _, ok := any(zero).(int32); ok {
		lo, hi = math.MinInt32, math.MaxInt32
	}
	switch v := float64(f); {
	case v != v:
		return 0
	case v <= float64(lo):
		return T(lo)
	case v >= float64(hi):
		return T(hi)
	default:
		return T(v)
	}
}
