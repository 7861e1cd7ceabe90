package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

func prepareCast(c *compiler, n *ir.Node) (*executor, error) {
	from, to := c.model.Type(n.Inputs[0]).DType, n.Op.(*ir.Cast).To
	if kindOf(from) == kindOf(to) && (from == to || !narrow(to)) {
		return &executor{view: true}, nil
	}
	return &executor{inplace: []int{0}, bind: func(b *binding) (step, error) {
		switch b.in[0].kind {
		case ir.Float32:
			return castFloat(b)
		case ir.Int32:
			return castInt[int32](b)
		case ir.Int64:
			return castInt[int64](b)
		case ir.Bool:
			return castBool(b)
		}
		return nil, badKind("cast", b.in[0].kind)
	}}, nil
}

func castFloat(b *binding) (step, error) {
	switch b.out[0].kind {
	case ir.Float32:
		return copyStep[float32](b), nil
	case ir.Int32:
		return mapStep(b, truncate32), nil
	case ir.Int64:
		return mapStep(b, truncate64), nil
	case ir.Bool:
		return mapStep(b, func(x float32) bool { return x != 0 }), nil
	}
	return nil, badKind("cast", b.out[0].kind)
}

func castInt[S int32 | int64](b *binding) (step, error) {
	switch b.out[0].kind {
	case ir.Float32:
		return convertStep[S, float32](b), nil
	case ir.Int32:
		return convertStep[S, int32](b), nil
	case ir.Int64:
		return convertStep[S, int64](b), nil
	case ir.Bool:
		return mapStep(b, func(v S) bool { return v != 0 }), nil
	}
	return nil, badKind("cast", b.out[0].kind)
}

func castBool(b *binding) (step, error) {
	switch b.out[0].kind {
	case ir.Float32:
		return mapStep(b, fromBool[float32]), nil
	case ir.Int32:
		return mapStep(b, fromBool[int32]), nil
	case ir.Int64:
		return mapStep(b, fromBool[int64]), nil
	}
	return nil, badKind("cast", b.out[0].kind)
}

func fromBool[T float32 | int32 | int64](v bool) T {
	if v {
		return 1
	}
	return 0
}

// truncate32 drops the fraction. What int32 cannot hold, NaN included, gives its
// least value, as TensorFlow on x86.
func truncate32(x float32) int32 {
	if x >= -1<<31 && x < 1<<31 {
		return int32(x)
	}
	return math.MinInt32
}

func truncate64(x float32) int64 {
	if x >= -1<<63 && x < 1<<63 {
		return int64(x)
	}
	return math.MinInt64
}

// convertStep converts numbers as Go does.
func convertStep[S int32 | int64, D float32 | int32 | int64](b *binding) step {
	in, out := slot[S](b.in[0]), slot[D](b.out[0])
	return newSpread(b, elems(b.out[0].shape), 0.6, 64, func(_, lo, hi int) {
		src, dst := (*in)[lo:hi], (*out)[lo:hi]
		for i, v := range src {
			dst[i] = D(v)
		}
	}).step
}

// copyStep copies input 0.
func copyStep[T Element](b *binding) step {
	in, out := slot[T](b.in[0]), slot[T](b.out[0])
	return newSpread(b, elems(b.out[0].shape), 0.2, 64, func(_, lo, hi int) {
		copy((*out)[lo:hi], (*in)[lo:hi])
	}).step
}
