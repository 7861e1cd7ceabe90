package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareRange(c *compiler, n *ir.Node) (*executor, error) {
	return &executor{bind: func(b *binding) (step, error) {
		switch b.out[0].kind {
		case ir.Float32:
			return rangeStep[float32](b), nil
		case ir.Int64:
			return rangeStep[int64](b), nil
		}
		return rangeStep[int32](b), nil
	}}, nil
}

func rangeStep[T float32 | int32 | int64](b *binding) step {
	out := slot[T](b.out[0])
	return func(*exec) error {
		for i := range *out {
			(*out)[i] = T(i)
		}
		return nil
	}
}
