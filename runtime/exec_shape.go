package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareShapeOf(c *compiler, n *ir.Node) (*executor, error) {
	return &executor{bind: func(b *binding) (step, error) {
		out := b.out[0]
		dims, ok := b.types[0].Shape.Ints()
		if !ok {
			return nil, ir.Errorf(ir.ErrShape, "shape %v is open", b.types[0].Shape)
		}
		return func(*exec) error {
			for i, d := range dims {
				out.i32[i] = int32(d)
			}
			return nil
		}, nil
	}}, nil
}
