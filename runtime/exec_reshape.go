package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareReshape(c *compiler, n *ir.Node) (*executor, error) {
	return &executor{view: true}, nil
}
