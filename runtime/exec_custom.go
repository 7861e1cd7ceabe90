package runtime

import "github.com/kerasgo/kerasgo/ir"

// OpFunc computes an op of your own. It reads in and fills the elements of out,
// whose shapes are those that the op's Infer returned. Optional inputs that are
// absent, and outputs that nothing reads, are nil. The tensors are valid only
// during the call. Several sessions may call it at once.
type OpFunc func(op ir.Op, in, out []*Tensor) error

// WithOp says how to compute an op that package ir does not have: any type that
// implements ir.Op and has this kind, added to the graph by an importer.LayerFunc.
// A model with such an op runs, but cannot be written as a .kgo.
func WithOp(kind string, f OpFunc) Option {
	return func(o *options) {
		if o.ops == nil {
			o.ops = map[string]OpFunc{}
		}
		o.ops[kind] = f
	}
}

// customOps refuses executors for ops that have one.
func (o *options) customOps() error {
	for kind := range o.ops {
		if executors[kind] != nil {
			return ir.Errorf(ir.ErrUsage, "runtime.WithOp(%q): the runtime has an op of this kind; give yours another", kind)
		}
	}
	return nil
}

// custom makes the executor of an op of the user's.
func custom(f OpFunc) prepare {
	return func(c *compiler, n *ir.Node) (*executor, error) {
		op := n.Op
		return &executor{bind: func(b *binding) (step, error) {
			in, out := tensorsOf(b.in), tensorsOf(b.out)
			return func(*exec) error {
				for i, x := range b.in { // the memory of model inputs changes from run to run
					if x != nil {
						in[i].buf.share(x)
					}
				}
				return f(op, in, out)
			}, nil
		}}, nil
	}
}

func tensorsOf(buffers []*buffer) []*Tensor {
	out := make([]*Tensor, len(buffers))
	for i, b := range buffers {
		if b != nil {
			out[i] = &Tensor{shape: b.shape, buf: *b}
		}
	}
	return out
}
